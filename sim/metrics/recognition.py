"""Recognition: when money becomes the platform's, record by record.

    >>> recognized(Op.TOPUP, decision.entries)
    Moves(revenue=0, float_cost=1399, float_coins=1321)

A trace says what was asked, not what was posted. So an engine hands on, beside a record's own columns, what its posting
earned and by how much it moved the coin float: `RECOGNIZED` names these columns.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np

from sim.ledger import COIN, AccountClass, Entry, Op
from sim.ledger.money import is_fiat

RECOGNIZED: Final[dict[str, np.dtype[Any]]] = {
    "revenue": np.dtype("<i8"),  # minor units earned, before creators are paid
    "float_cost": np.dtype("<i8"),  # change of the money received for unspent coins, in minor units
    "float_coins": np.dtype("<i8"),  # change of the coins held by viewers, net of coins owed
    "actor_region": np.dtype("<u2"),  # region in which the actor was opened, 0 for nobody
}


class Moves(NamedTuple):
    """What one posting did: minor units of revenue and of the float at lot cost, and coins of the float."""

    revenue: int = 0
    float_cost: int = 0
    float_coins: int = 0


def recognized(op: Op, entries: Iterable[Entry]) -> Moves:
    """Revenue and float moved by a posting. Paying a creator is no loss: the income was."""
    revenue = cost = coins = 0
    for account, asset, amount in entries:
        if account.klass == AccountClass.PLATFORM and op != Op.PAYOUT:
            revenue += amount
        elif account.klass == AccountClass.EXCHANGE and is_fiat(asset):
            cost += amount
        elif account.klass == AccountClass.HOLDER and asset == COIN:
            coins += amount
    return Moves(revenue, cost, coins)
