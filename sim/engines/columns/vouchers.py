"""Vouchers: store credit as columns, and the ledger's rules of it.

Each rule posts as its namesake in `sim.ledger.vouchers` and `sim.ledger.shopping`. Nobody holds two, so a viewer needs
a place and no list. The money that leaves a voucher for an order is posted here, what a bank adds where the order is.
"""

from typing import Final, NamedTuple

import numpy as np

from sim.behavior.types import Int64Array
from sim.compiled import inner
from sim.engines.columns.codes import ESCROW, EXPIRE, HOLDER, ORDER, PLATFORM, VOUCHER
from sim.engines.columns.rows import Struct, Structs
from sim.engines.columns.totals import Totals, post

NONE: Final = 0
NEVER: Final = 2**62

# A voucher: what it is worth, 0 once it is used; the least price that it pays for; when it expires (0: never); its
# ticket, and whose it is.
VOUCHERS: Final = np.dtype(
    [(name, np.int64) for name in ("amount", "minimum", "expires_us", "ticket", "viewer")], align=True
)
# Of each viewer: the number of the campaign that gave the last one, and one more than its place, or NONE.
COLLECTOR: Final = np.dtype([("campaign", np.int32), ("place", np.int32)])
# Places in `Vouchers.state`: how many there are, how many of them are used, and when the first expires.
COUNT, USED, NEXT_US = range(3)


class Vouchers(NamedTuple):
    """Vouchers given and not yet cleared away, in the order in which they were given: an array of `VOUCHERS`."""

    state: Int64Array
    voucher: Structs


def new_vouchers(capacity: int) -> Vouchers:
    """Room for vouchers."""
    return Vouchers(np.array([0, 0, NEVER], np.int64), np.zeros(capacity, VOUCHERS))


def new_collectors(n_viewers: int) -> Structs:
    """Nobody has been given any. Memory that nobody touches isn't there."""
    return np.zeros(n_viewers, COLLECTOR)


@inner
def grant(
    vouchers: Vouchers,
    collector: Struct,
    totals: Totals,
    viewer: int,
    asset: int,
    amount: int,
    minimum: int,
    expires_us: int,
    ticket: int,
) -> None:
    """Credit of the platform's for one order."""
    state = vouchers.state
    given = vouchers.voucher[state[COUNT]]
    state[COUNT] += 1
    collector.place = state[COUNT]
    given.amount = amount
    given.minimum = minimum
    given.expires_us = expires_us
    given.ticket = ticket
    given.viewer = viewer
    if expires_us:
        state[NEXT_US] = min(state[NEXT_US], expires_us)
    post(totals, VOUCHER, PLATFORM, asset, -amount)
    post(totals, VOUCHER, HOLDER, asset, amount)


@inner
def use(vouchers: Vouchers, collector: Struct, totals: Totals, asset: int, to_pay: int) -> int:
    """Pay for an order, tax included; what isn't needed goes back to the platform. Returns the part that pays."""
    given = vouchers.voucher[collector.place - 1]
    credit = min(given.amount, to_pay)
    post(totals, ORDER, HOLDER, asset, -given.amount)
    post(totals, ORDER, ESCROW, asset, credit)
    post(totals, ORDER, PLATFORM, asset, given.amount - credit)
    given.amount = 0
    collector.place = NONE
    vouchers.state[USED] += 1
    return int(credit)


@inner
def expire(voucher: Struct, collector: Struct, totals: Totals, asset: int) -> None:
    """Credit back to the platform."""
    post(totals, EXPIRE, HOLDER, asset, -voucher.amount)
    post(totals, EXPIRE, PLATFORM, asset, voucher.amount)
    voucher.amount = 0
    collector.place = NONE
