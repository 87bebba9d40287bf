"""Recognition: when money becomes the platform's, record by record.

    >>> recognized(Op.TOPUP, decision.entries)
    Moves(revenue=0, float_cost=1399, float_coins=1321, tax=0, store_fee=600, debts=0)

A trace says what was asked, not what was posted. So an engine hands on, beside a record's own columns, what its posting
earned and by how much it moved the coin float: `RECOGNIZED` names these columns.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np

from sim.ledger import COIN, AccountClass, Entry, Op
from sim.ledger.money import is_fiat

RECOGNIZED: Final[dict[str, np.dtype[Any]]] = {
    "revenue": np.dtype("<i8"),  # minor units earned, before creators are paid
    "float_cost": np.dtype("<i8"),  # change of the money received for unspent coins, in minor units
    "float_coins": np.dtype("<i8"),  # change of the coins held by viewers or in escrow, net of coins owed
    "tax": np.dtype("<i8"),  # change of the tax due, in minor units
    "store_fee": np.dtype("<i8"),  # what app store or payment processor kept, in minor units
    "debts": np.dtype("<i8"),  # of the revenue, what coins that arrived settled of a debt
    "actor_region": np.dtype("<u2"),  # region in which the actor was opened, 0 for nobody
}


_OF_CLASS: Final = {AccountClass.TAX: "tax", AccountClass.STORE: "store_fee"}


class Moves(NamedTuple):
    """What one posting did: coins of the float, and minor units of everything else."""

    revenue: int = 0
    float_cost: int = 0
    float_coins: int = 0
    tax: int = 0
    store_fee: int = 0
    debts: int = 0


def recognized(op: Op, entries: Iterable[Entry], debts: int = 0) -> Moves:
    """Revenue, float, tax and fees moved by a posting. Paying a creator is no loss: the income was."""
    moved: Counter[str] = Counter(debts=debts)
    for account, asset, amount in entries:
        moved[_moved_by(op, account.klass, asset)] += amount
    return Moves(*(moved[name] for name in Moves._fields))


def _moved_by(op: Op, klass: AccountClass, asset: int) -> str:
    if klass == AccountClass.PLATFORM:
        return "" if op in (Op.PAYOUT, Op.PAYOUT_RETURN) else "revenue"
    if klass == AccountClass.EXCHANGE:
        return "float_cost" if is_fiat(asset) else ""
    if klass in (AccountClass.HOLDER, AccountClass.ESCROW):
        return "float_coins" if asset == COIN else ""
    return _OF_CLASS.get(klass, "")
