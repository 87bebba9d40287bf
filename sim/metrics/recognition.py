"""Recognition: when money becomes the platform's, record by record.

    >>> recognize(trace).revenue.sum() == summarize(trace, book, scenario)[0]["revenue"]["value"]
    True

A trace says what was asked, not what was posted. Applying it once more to an empty book says what each record earned,
and by how much it moved the coin float. It does not judge the outcomes: reconciliation does.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.ledger import COIN, AccountClass, Book, Entry, Op
from sim.ledger.money import is_fiat
from sim.trace import Trace

Int64Array = npt.NDArray[np.int64]


class Recognition(NamedTuple):
    """Per record of a trace, int64 arrays of shape (n_records,): minor units of revenue and of float, and coins."""

    revenue: Int64Array
    float_cost: Int64Array
    float_coins: Int64Array


def recognize(trace: Trace) -> Recognition:
    """What each record earned the platform, and how it moved the coin float."""
    book = Book()
    moves = [_moves(operation.op, book.apply(operation).entries) for operation, _ in trace]
    columns = np.array(moves, np.int64).reshape(len(moves), 3)
    return Recognition(columns[:, 0], columns[:, 1], columns[:, 2])


def _moves(op: Op, entries: tuple[Entry, ...]) -> tuple[int, int, int]:
    """Revenue, float at lot cost and float in coins of one posting. Paying a creator is no loss: the income was."""
    revenue = cost = coins = 0
    for account, asset, amount in entries:
        if account.klass == AccountClass.PLATFORM and op != Op.PAYOUT:
            revenue += amount
        elif account.klass == AccountClass.EXCHANGE and is_fiat(asset):
            cost += amount
        elif account.klass == AccountClass.HOLDER and asset == COIN:
            coins += amount
    return revenue, cost, coins
