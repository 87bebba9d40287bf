"""Rows: what happened, in the order in which columns worked it out; `journal` puts it into canonical order.

A row that later ones may answer *makes* a ticket, an answer *refers* to one; the journal turns tickets into seqs.
Tickets are used again, so whoever gives one back promises that no row before it in canonical order still refers to it.
"""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.types import Int64Array
from sim.compiled import on_columns

NO_TICKET: Final = -1

ROW_TYPES: Final = {
    "at_us": np.dtype("<i8"),
    "op": np.dtype("u1"),
    "actor": np.dtype("<i8"),
    "peer": np.dtype("<i8"),
    "item": np.dtype("<i4"),
    "amount": np.dtype("<i8"),
    "currency": np.dtype("<u2"),
    "outcome": np.dtype("u1"),
    "makes": np.dtype("<i8"),
    "refers": np.dtype("<i8"),
    "revenue": np.dtype("<i8"),
    "float_cost": np.dtype("<i8"),
    "float_coins": np.dtype("<i8"),
    "actor_region": np.dtype("<u2"),
    "region": np.dtype("<u2"),
}


class Rows(NamedTuple):
    """Arrays of shape (capacity,), used up to `count[0]`; the fields are `ROW_TYPES`."""

    count: Int64Array
    at_us: Int64Array
    op: npt.NDArray[np.uint8]
    actor: Int64Array
    peer: Int64Array
    item: npt.NDArray[np.int32]
    amount: Int64Array
    currency: npt.NDArray[np.uint16]
    outcome: npt.NDArray[np.uint8]
    makes: Int64Array
    refers: Int64Array
    revenue: Int64Array
    float_cost: Int64Array
    float_coins: Int64Array
    actor_region: npt.NDArray[np.uint16]
    region: npt.NDArray[np.uint16]  # of an open or a policy, 0 for all others


def new_rows(capacity: int) -> Rows:
    """Room for so many rows."""
    return Rows(np.zeros(1, np.int64), *(np.zeros(capacity, kind) for kind in ROW_TYPES.values()))


def taken(rows: Rows) -> Rows:
    """Copies of the rows in use; the room is free again."""
    n = int(rows.count[0])
    rows.count[0] = 0
    return Rows(np.array([n]), *(column[:n].copy() for column in rows[1:]))


@on_columns
def note(
    rows: Rows,
    at_us: int,
    op: int,
    actor: int,
    peer: int,
    item: int,
    amount: int,
    currency: int,
    outcome: int,
    region: int,
) -> int:
    """Take down an operation, which nothing refers to and which earned nothing unless said later; returns its row."""
    row = rows.count[0]
    rows.count[0] = row + 1
    rows.at_us[row] = at_us
    rows.op[row] = op
    rows.actor[row] = actor
    rows.peer[row] = peer
    rows.item[row] = item
    rows.amount[row] = amount
    rows.currency[row] = currency
    rows.outcome[row] = outcome
    rows.makes[row] = NO_TICKET
    rows.refers[row] = NO_TICKET
    rows.revenue[row] = 0
    rows.float_cost[row] = 0
    rows.float_coins[row] = 0
    rows.actor_region[row] = region
    rows.region[row] = 0
    return int(row)


class Tickets(NamedTuple):
    """Tickets of one source: those given back, and [how many these are, the next new one, the stride of all sources]."""

    free: Int64Array
    state: Int64Array


def new_tickets(source: int, n_sources: int, capacity: int = 1024) -> Tickets:
    """Tickets `source`, `source + n_sources`, …: no other source gives out the same."""
    return Tickets(np.zeros(capacity, np.int64), np.array([0, source, n_sources], np.int64))


@on_columns
def take_ticket(tickets: Tickets) -> int:
    """A ticket that nobody holds."""
    state = tickets.state
    if state[0]:
        state[0] -= 1
        return int(tickets.free[state[0]])
    state[1] += state[2]
    return int(state[1] - state[2])


@on_columns
def give_back(tickets: Tickets, ticket: int) -> None:
    """Let a ticket be taken again. The stack must have room: see `room_for`."""
    tickets.free[tickets.state[0]] = ticket
    tickets.state[0] += 1


def room_for(tickets: Tickets, more: int) -> Tickets:
    """The tickets, with room to give back so many more."""
    needed = int(tickets.state[0]) + more
    if needed <= len(tickets.free):
        return tickets
    return tickets._replace(free=grown(tickets.free, needed))


def grown(column: npt.NDArray[Any], needed: int) -> npt.NDArray[Any]:
    """A column with at least so many places along its first axis, its contents kept: half as many again as before."""
    room = np.zeros((max(needed, len(column) * 3 // 2), *column.shape[1:]), column.dtype)
    room[: len(column)] = column
    return room
