"""Money: integers in a named unit, exact rates, and the rounding rules.

    >>> portion(1999, 300_000)          # 30 % of $19.99
    600
    >>> format_amount(1999, USD)
    '$19.99'

An amount is an `int` in the smallest unit of its asset: coins, reward coins, diamonds, or a currency's minor unit.
A rate is an `int` in parts per million, so every rate is an exact fraction. No float ever touches a balance.

The functions of amounts are compiled too, for columns of 64 bits. So none of them makes a number beyond these on its
way: it divides first, and multiplies what the division leaves.
"""

from math import gcd
from typing import Final, NamedTuple

PPM: Final = 1_000_000
AMOUNT_MAX: Final = 10**12  # of one operation: ten billion dollars
WHOLE_MAX: Final = AMOUNT_MAX * PPM  # what as many coins may be worth, or a price may buy
_SMALL: Final = 2**31  # the product of two such numbers fits
_BITS: Final = WHOLE_MAX.bit_length()

NONE: Final = 0
COIN: Final = 1
REWARD: Final = 2
DIAMOND: Final = 3
CNY: Final = 156
IDR: Final = 360
GBP: Final = 826
USD: Final = 840
EUR: Final = 978


class Currency(NamedTuple):
    """A currency or an in-app asset: its code in the trace, its name, decimals of the minor unit, and its sign."""

    code: int
    name: str
    exponent: int
    sign: str = ""

    @property
    def is_fiat(self) -> bool:
        """Whether it is money of the world outside the app."""
        return self.code > DIAMOND


CURRENCIES: Final = {
    currency.code: currency
    for currency in (
        Currency(NONE, "none", 0),
        Currency(COIN, "coin", 0),
        Currency(REWARD, "reward", 0),
        Currency(DIAMOND, "diamond", 0),
        # Fiat codes are ISO 4217's numbers. Prices in rupiah are quoted without decimals, so its minor unit is Rp 1.
        Currency(CNY, "CNY", 2, "CN¥"),
        Currency(IDR, "IDR", 0, "Rp "),
        Currency(GBP, "GBP", 2, "£"),
        Currency(USD, "USD", 2, "$"),
        Currency(EUR, "EUR", 2, "€"),
    )
}
CURRENCY_BY_NAME: Final = {currency.name: currency for currency in CURRENCIES.values()}
FIAT: Final = frozenset(code for code, currency in CURRENCIES.items() if currency.is_fiat)


def is_fiat(code: int) -> bool:
    """Whether the code is a currency of the world outside the app."""
    return code in FIAT


def portion(amount: int, rate_ppm: int) -> int:
    """A rate of an amount >= 0, rounded half up to the unit."""
    return amount // PPM * rate_ppm + (amount % PPM * rate_ppm + PPM // 2) // PPM


def commission_of(net: int, rate_ppm: int, flat: int) -> int:
    """What the platform takes of an order: a rate of it, rounded half up, and a flat part; never more than all of it.

    >>> commission_of(2_000, 20_000, 30), commission_of(20, 20_000, 30)
    (70, 20)
    """
    return min(net // PPM * rate_ppm + (net % PPM * rate_ppm + PPM // 2) // PPM + flat, net)


def share_left(total: int, left: int, whole: int) -> int:
    """The share of `total` that still belongs to `left` of `whole`, rounded up.

    What leaves is the difference of two such shares. So however the whole is taken apart, the shares of the parts add
    up to `total` exactly, no share runs ahead of its part, and none lags by a unit or more.

    >>> share_left(100, 2, 3), share_left(100, 1, 3), share_left(100, 0, 3)
    (67, 34, 0)
    """
    if total < _SMALL and left < _SMALL:
        return -(-total * left // whole)
    share, rest = 0, 0  # long division of total % whole * left, bit by bit
    for bit in range(_BITS - 1, -1, -1):
        rest = 2 * rest + (left if total % whole >> bit & 1 else 0)
        share = 2 * share + rest // whole
        rest %= whole
    return total // whole * left + share + (1 if rest else 0)


def tax_inside(gross: int, rate_ppm: int) -> int:
    """The tax contained in a price that includes it; the net price is rounded half up.

    >>> tax_inside(100 + portion(100, 190_000), 190_000)
    19
    """
    whole = PPM + rate_ppm
    return gross - gross // whole * PPM - (gross % whole * PPM + whole // 2) // whole


def whole_units(quantity: int, value_ppm: int) -> tuple[int, int]:
    """The largest part of `quantity` worth whole minor units, and that worth: (quantity taken, minor units).

    >>> whole_units(2_643, 500_000)     # diamonds at half a cent: one stays
    (2642, 1321)
    """
    step = PPM // gcd(value_ppm, PPM)
    taken = quantity - quantity % step
    return taken, taken // PPM * value_ppm + taken % PPM * value_ppm // PPM


def format_amount(amount: int, code: int) -> str:
    """An amount as people read it: `$19.99`, `Rp 17,000`, `1,321 coins`."""
    currency = CURRENCIES[code]
    if not currency.is_fiat:
        return f"{amount:,} {currency.name}{'' if abs(amount) == 1 else 's'}"
    whole, minor = divmod(abs(amount), 10**currency.exponent)
    decimals = f".{minor:0{currency.exponent}d}" if currency.exponent else ""
    return f"{'-' if amount < 0 else ''}{currency.sign}{whole:,}{decimals}"
