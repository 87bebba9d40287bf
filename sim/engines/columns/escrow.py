"""Escrow by buyer: what each has paid for and not yet received, in a table of those who ever ordered.

    escrow = with_room(escrow, more=2)
    hold(escrow, buyer, asset, 1_391)       # and -1_391 when it is delivered

A hash table with open addressing: few viewers ever order, and everyone who did keeps an account, be it empty.
"""

from typing import Final, NamedTuple

import numpy as np

from sim.behavior.types import Int64Array
from sim.compiled import rule
from sim.engines.columns.rows import Structs

EMPTY: Final = 0  # no account has this id

BUYER: Final = np.dtype([("buyer", np.int64), ("amount", np.int64), ("asset", np.int64)])

Holdings = tuple[Int64Array, Int64Array, Int64Array]


class Escrow(NamedTuple):
    """`table` is an array of `BUYER` of shape (capacity,), a power of two; `buyers` is [how many]."""

    buyers: Int64Array
    table: Structs


def new_escrow(capacity: int = 1024) -> Escrow:
    """A table without buyers."""
    return Escrow(np.zeros(1, np.int64), np.full(capacity, np.array((EMPTY, 0, 0), BUYER)))


def with_room(escrow: Escrow, more: int) -> Escrow:
    """The table with room for so many more buyers; at most half of it is ever used."""
    if 2 * (int(escrow.buyers[0]) + more) <= len(escrow.table):
        return escrow
    return restored_escrow(*holdings(escrow), more)


def restored_escrow(buyer: Int64Array, asset: Int64Array, amount: Int64Array, more: int = 0) -> Escrow:
    """The table that holds these, with room for more."""
    escrow = new_escrow(1 << (2 * (len(buyer) + more)).bit_length())
    _fill(escrow, buyer, asset, amount)
    return escrow


@rule
def _fill(escrow: Escrow, buyer: Int64Array, asset: Int64Array, amount: Int64Array) -> None:
    for i in range(buyer.shape[0]):
        hold(escrow, buyer[i], asset[i], amount[i])


def holdings(escrow: Escrow) -> Holdings:
    """Buyer, asset (its place on the asset axis) and amount of everyone who ever ordered, by buyer; zeros included."""
    used = escrow.table[escrow.table["buyer"] != EMPTY]
    used = used[np.argsort(used["buyer"])]
    return used["buyer"].copy(), used["asset"].copy(), used["amount"].copy()


@rule
def hold(escrow: Escrow, buyer: int, asset: int, amount: int) -> None:
    """Add to what a buyer has in escrow. A buyer pays in one currency, the region's."""
    last = escrow.table.shape[0] - 1
    place = buyer & last
    while escrow.table[place].buyer != buyer:
        if escrow.table[place].buyer == EMPTY:
            escrow.table[place].buyer = buyer
            escrow.table[place].asset = asset
            escrow.buyers[0] += 1
            break
        place = (place + 1) & last
    escrow.table[place].amount += amount
