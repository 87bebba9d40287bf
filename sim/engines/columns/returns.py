"""Returns: coins of orders that came to nothing, on their way from where orders are kept to their buyers' purses.

An order's row is written where the order is; what its coins then settle of a debt is added to that row.
"""

from typing import Final, NamedTuple

import numpy as np

from sim.behavior.types import Int64Array
from sim.compiled import inner
from sim.engines.columns.rows import Structs

# Coins that come back by an operation `op`, with cost, price and instant of the lot that they form; what the operation
# moved for the exchange and for the platform, in minor units; and its row at the boundary.
RETURNED: Final = np.dtype(
    [(name, np.int64) for name in ("buyer", "op", "coins", "cost", "price", "at_us", "exchange", "platform", "row")]
)
NO_RETURNS: Final = np.zeros(0, RETURNED)


class Returns(NamedTuple):
    """Room for an array of `RETURNED`, used up to `used[0]`."""

    used: Int64Array
    back: Structs


def new_returns(capacity: int) -> Returns:
    """Room for so many."""
    return Returns(np.zeros(1, np.int64), np.zeros(capacity, RETURNED))


@inner
def return_coins(
    returns: Returns,
    op: int,
    buyer: int,
    coins: int,
    cost: int,
    price: int,
    at_us: int,
    exchange: int,
    platform: int,
    row: int,
) -> None:
    """Send coins on their way, in canonical order."""
    back = returns.back[returns.used[0]]
    returns.used[0] += 1
    back.op = op
    back.buyer = buyer
    back.coins = coins
    back.cost = cost
    back.price = price
    back.at_us = at_us
    back.exchange = exchange
    back.platform = platform
    back.row = row


def note_debts(rows: Structs, debts: Int64Array) -> None:
    """Add what debts earned, pairs of a row and an amount, to their rows."""
    if len(debts):
        row, earned = debts.T
        rows["revenue"][row] += earned
        rows["debts"][row] += earned
        rows["float_cost"][row] -= earned
