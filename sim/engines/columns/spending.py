"""Spending: what was given today and bought this month, and own limits; who never pays costs nothing."""

from typing import Final

import numpy as np

from sim.compiled import inner
from sim.engines.columns.rates import NO_LIMIT
from sim.engines.columns.rows import Struct, Structs
from sim.ledger.coins import DAY_US, MONTH_US

NO_END: Final = 2**62

# By purse. Nothing of it needs to be set before it is used: memory that nobody touches isn't there.
#   day, given          a UTC day, and the coins given on it, rewards included
#   limited, limit      whether the viewer has set an own limit, and the coins it allows a day
#   month, bought       30 days, counted from the start, and the minor units of the topups in them
SPENDING: Final = np.dtype(
    [(name, np.int64) for name in ("given", "limit", "bought")]
    + [(name, np.int32) for name in ("day", "limited", "month")],
    align=True,
)


def new_spending(n_purses: int) -> Structs:
    """Nobody has given anything."""
    return np.zeros(n_purses, SPENDING)


@inner
def given_today(mine: Struct, at_us: int) -> int:
    """Coins given on the day of an instant."""
    return int(mine.given) if mine.day == at_us // DAY_US else 0


@inner
def room_today(mine: Struct, limit_of_region: int, at_us: int) -> int:
    """Coins that may still be given today: an own limit never lifts the region's."""
    limit = limit_of_region
    if mine.limited and (limit == NO_LIMIT or mine.limit < limit):
        limit = mine.limit
    return NO_END if limit == NO_LIMIT else limit - given_today(mine, at_us)


@inner
def bought_this_month(mine: Struct, at_us: int) -> int:
    """The prices of topups in the 30 days of an instant."""
    return int(mine.bought) if mine.month == at_us // MONTH_US else 0


@inner
def note_bought(mine: Struct, price: int, at_us: int) -> None:
    """Count an accepted topup."""
    mine.bought = bought_this_month(mine, at_us) + price
    mine.month = at_us // MONTH_US


@inner
def note_given(mine: Struct, amount: int, at_us: int) -> None:
    """Count an accepted gift."""
    mine.given = given_today(mine, at_us) + amount
    mine.day = at_us // DAY_US
