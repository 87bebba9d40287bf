"""Rows: what happened, in the order in which columns worked it out; `journal` puts it into canonical order.

A row that later ones may answer *makes* a ticket, an answer *refers* to one; the journal turns tickets into seqs.
Tickets are used again, so whoever gives one back promises that no row before it in canonical order still refers to it.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.types import Int64Array
from sim.compiled import inner

NO_TICKET: Final = -1

Structs = npt.NDArray[np.void]  # an array of records with named fields
Struct = Any  # one of them, by reference

ROW: Final = np.dtype(
    [
        ("at_us", np.int64),
        ("actor", np.int64),
        ("peer", np.int64),
        ("amount", np.int64),
        ("makes", np.int64),
        ("refers", np.int64),
        ("revenue", np.int64),
        ("float_cost", np.int64),
        ("float_coins", np.int64),
        ("tax", np.int64),
        ("store_fee", np.int64),
        ("debts", np.int64),
        ("item", np.int32),
        ("currency", np.uint16),
        ("actor_region", np.uint16),
        ("region", np.uint16),  # of an open or a policy, 0 for all others
        ("op", np.uint8),
        ("outcome", np.uint8),
    ],
    align=True,
)
NO_ROWS: Final = np.zeros(0, ROW)


@inner
def wide(number: Any) -> int:
    """A number as an int64, whatever the width of its column: so rules are compiled for one type."""
    return np.int64(number)  # type: ignore[return-value]  # a plain int outside


class Rows(NamedTuple):
    """Room for rows: an array of `ROW`, used up to `used[0]`."""

    used: Int64Array
    row: Structs


def new_rows(capacity: int) -> Rows:
    """Room for so many rows."""
    return Rows(np.zeros(1, np.int64), np.zeros(capacity, ROW))


def taken(rows: Rows) -> Structs:
    """A copy of the rows in use; the room is free again."""
    n = int(rows.used[0])
    if not n:
        return NO_ROWS
    rows.used[0] = 0
    return copied(rows.row[:n])


def copied(structs: Structs) -> Structs:
    """A copy of some records."""
    return _joined([structs], structs.dtype)


def joined(parts: Sequence[Structs], kind: np.dtype[np.void]) -> Structs:
    """The records of several arrays, all of a kind; of a single one, that itself.

    Notes
    -----
    As bytes, for NumPy would copy field by field. And as the very kind given: records that came from another process
    bear one of their own, and compiled code would take long to see that it is alike.
    """
    if len(parts) == 1 and parts[0].dtype is kind:
        return parts[0]
    return _joined(parts, kind)


def _joined(parts: Sequence[Structs], kind: np.dtype[np.void]) -> Structs:
    whole = bytearray().join(parts)  # type: ignore[arg-type]  # arrays are buffers, typed so from Python 3.12 on
    return np.frombuffer(whole, kind) if whole else np.zeros(0, kind)


@inner
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
    place = rows.used[0]
    rows.used[0] = place + 1
    row = rows.row[place]
    row.at_us = at_us
    row.op = op
    row.actor = actor
    row.peer = peer
    row.item = item
    row.amount = amount
    row.currency = currency
    row.outcome = outcome
    row.makes = NO_TICKET
    row.refers = NO_TICKET
    row.revenue = 0
    row.float_cost = 0
    row.float_coins = 0
    row.tax = 0
    row.store_fee = 0
    row.debts = 0
    row.actor_region = region
    row.region = 0
    return int(place)


class Tickets(NamedTuple):
    """Tickets of one source: those given back, and [how many these are, the next new one, the stride of sources]."""

    free: Int64Array
    state: Int64Array


def new_tickets(source: int, n_sources: int, capacity: int = 1024) -> Tickets:
    """Tickets `source`, `source + n_sources`, …: no other source gives out the same."""
    return Tickets(np.zeros(capacity, np.int64), np.array([0, source, n_sources], np.int64))


@inner
def take_ticket(tickets: Tickets) -> int:
    """A ticket that nobody holds."""
    state = tickets.state
    if state[0]:
        state[0] -= 1
        return int(tickets.free[state[0]])
    state[1] += state[2]
    return int(state[1] - state[2])


@inner
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
