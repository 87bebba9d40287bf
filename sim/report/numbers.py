"""Numbers as people read them: three significant digits in prose, exact figures in tables, always with a unit.

    >>> about_money(1_234_567, "USD"), money(1_234_567, "USD"), share(0.3141), duration(0.0018)
    ('$12,300', '$12,345.67', '31.4 %', '1.8 ms')

Commas for thousands, a point for decimals, and a thin no-break space before a unit, everywhere in a report.
"""

from collections.abc import Callable
from math import floor, log10
from typing import Final

from sim.ledger.money import CURRENCY_BY_NAME, format_amount

UNKNOWN: Final = "not known"
THIN: Final = "\u202f"
MINUS: Final = "\u2212"
MILLION: Final = 1_000_000


def money(minor: int | None, currency: str) -> str:
    """An exact amount: `$12,345.67`, `−$3.00`."""
    return UNKNOWN if minor is None else format_amount(minor, CURRENCY_BY_NAME[currency].code).replace("-", MINUS)


def about_money(minor: int | None, currency: str) -> str:
    """An amount in prose: three significant digits, no decimals from a hundred on, and millions as such: `$1.23m`."""
    if minor is None:
        return UNKNOWN
    unit = 10 ** CURRENCY_BY_NAME[currency].exponent
    if abs(minor) < 100 * unit:
        return money(minor, currency)
    if abs(significant(minor)) >= MILLION * unit:
        return short_money(minor, currency)
    return money(significant(minor), currency).removesuffix("." + "0" * CURRENCY_BY_NAME[currency].exponent)


def short_money(minor: int, currency: str) -> str:
    """`$3.6k`: for a label where there is little room.

    >>> short_money(99_996_000, "USD"), short_money(-820_000, "USD"), short_money(50, "USD"), short_money(0, "USD")
    ('$1m', '−$8.2k', '$0.50', '$0')
    """
    unit = 10 ** CURRENCY_BY_NAME[currency].exponent
    sign, whole = f"{MINUS if minor < 0 else ''}{CURRENCY_BY_NAME[currency].sign}", abs(minor) / unit
    for size, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if float(f"{whole:.3g}") >= size:
            return f"{sign}{float(f'{whole:.3g}') / size:g}{letter}"
    return f"{sign}{whole:.0f}" if whole >= 10 or whole == int(whole) else f"{sign}{whole:.2f}"


def signed(minor: int, currency: str, text_of: Callable[[int, str], str]) -> str:
    """An amount with its sign: `+$1,230`, `−$4`, `±$0`."""
    sign = "+" if minor > 0 else MINUS if minor < 0 else "±"
    return f"{sign}{text_of(abs(minor), currency)}"


def significant(number: int, digits: int = 3) -> int:
    """A whole number with all but its first digits rounded away."""
    return number if number == 0 else round(number, digits - 1 - floor(log10(abs(number))))


def count(number: int | None) -> str:
    """An exact count: `12,345`."""
    return UNKNOWN if number is None else f"{number:,}"


def share(fraction: float | None) -> str:
    """A percentage with three significant digits: `31.4 %`."""
    if fraction is None:
        return UNKNOWN
    percent = 100 * fraction
    if percent == 0 or abs(percent) >= 99.95:
        return f"{percent:.0f}{THIN}%"
    decimals = min(max(2 - floor(log10(abs(percent))), 0), 3)
    return f"{percent:.{decimals}f}{THIN}%"


def column_share(fraction: float) -> str:
    """A percentage in a column of such: one decimal, so that the points stand below each other."""
    return f"{100 * fraction:.1f}{THIN}%"


def index(value: float | None) -> str:
    """A number between 0 and 1, such as a Gini coefficient: `0.637`."""
    return UNKNOWN if value is None else f"{value:.3f}"


def rate(per_second: float | None) -> str:
    """Operations a second: `1,420/s`."""
    if per_second is None:
        return UNKNOWN
    return f"{significant(round(per_second)):,}/s" if per_second >= 10 else f"{per_second:.3g}/s"


def duration(seconds: float | None, *, aligned: bool = False) -> str:
    """A time in its natural unit: `820 µs`, `1.8 ms`, `12 s`, `3 min`; `aligned` keeps trailing zeros for a column."""
    if seconds is None:
        return UNKNOWN
    for unit, name in ((3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms")):
        if abs(seconds) >= 0.9995 * unit * (2 if unit >= 60 else 1):
            return f"{digits(seconds / unit, aligned=aligned)}{THIN}{name}"
    return f"{digits(seconds * 1e6, aligned=aligned and seconds > 0)}{THIN}µs"


def digits(value: float, *, aligned: bool = False) -> str:
    """Three significant digits: `0.238`, `1,230`; `aligned` keeps trailing zeros for a column."""
    if abs(value) >= 1000:
        return f"{significant(round(value)):,}"
    return f"{value:#.3g}".removesuffix(".") if aligned else f"{value:.3g}"


def plural(number: int, noun: str) -> str:
    """`1 day`, `7 days`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
