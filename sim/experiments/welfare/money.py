"""Money: how much of it each party has gained, to the last minor unit, so that the parties' sum is nothing at all.

    held = money_of(closing)                        # by currency and party, exact
    sum(held[USD].values())                         # 0

What one party pays another receives. Money that has not found its owner yet stays with whom it would go back to: what
waits in escrow with its buyer. Only the money behind unspent coins belongs to nobody (a coin is no claim to its price)
and is a line of its own.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from sim.ledger import CURRENCIES, AccountClass, Closing, Op
from sim.metrics.summary import PAID_BY_FANS

VIEWERS: Final = "viewers"
CREATORS: Final = "creators"
SELLERS: Final = "sellers"
PLATFORM: Final = "platform"
FLOAT: Final = "float"
STORES: Final = "stores"
STATES: Final = "states"
PARTIES: Final = (VIEWERS, CREATORS, SELLERS, PLATFORM, FLOAT, STORES, STATES)

Money = dict[str, Fraction]


def money_of(closing: Closing, affiliates: Mapping[int, int]) -> dict[int, Money]:
    """What each party has gained in money since the opening, by currency.

    Parameters
    ----------
    affiliates : by currency, all that sellers paid creators for orders that they brought

    Notes
    -----
    viewers: what came back less what they paid, and what waits in escrow and in vouchers. creators: payouts, what their
    diamonds would bring, and what they earned as affiliates. sellers: what they took out and are owed. platform: its
    own account less what creators' diamonds would cost it. float: the money received for coins not yet spent.
    """
    currencies = {asset for _, _, asset in closing.flows if CURRENCIES[asset].is_fiat}
    return {currency: _in(closing, currency, affiliates.get(currency, 0)) for currency in sorted(currencies)}


def _in(closing: Closing, currency: int, affiliates: int) -> Money:
    def gained(klass: AccountClass, *ops: Op) -> int:
        return closing.flow(klass, currency, *(ops or SINCE_OPENING))

    payable = closing.creator_payable.get(currency, Fraction(0))
    vouchers = closing.voucher_balances.get(currency, 0)
    earned_in_shop = gained(AccountClass.HOLDER) + gained(AccountClass.BANK, Op.SETTLE)
    return {
        VIEWERS: Fraction(gained(AccountClass.BANK, *PAID_BY_FANS) + gained(AccountClass.ESCROW) + vouchers),
        CREATORS: gained(AccountClass.BANK, Op.PAYOUT, Op.PAYOUT_RETURN) + payable + affiliates,
        SELLERS: Fraction(earned_in_shop - affiliates - vouchers),
        PLATFORM: gained(AccountClass.PLATFORM) - payable,
        FLOAT: Fraction(gained(AccountClass.EXCHANGE)),
        STORES: Fraction(gained(AccountClass.STORE)),
        STATES: Fraction(gained(AccountClass.TAX)),
    }


SINCE_OPENING: Final = tuple(op for op in Op if op != Op.OPEN)


def less(end: Mapping[int, Money], begin: Mapping[int, Money]) -> dict[int, Money]:
    """The difference of two standings, by currency and party."""
    return {
        currency: {party: amount - begin.get(currency, {}).get(party, 0) for party, amount in money.items()}
        for currency, money in end.items()
    }
