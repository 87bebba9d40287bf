"""Agenda: which records of a pool are due at which boundary.

    record = hire(agenda)           # a record that nobody uses
    put(agenda, record, 97)         # due at the 97th boundary
    n = take(agenda, 97, found)     # found[:n]: the records due now, in no order
    release(agenda, record)

Records of one boundary are chained, so a boundary at which nothing is due costs one comparison. The chains begin in a
ring, and a record due in a later lap is passed over until its own: so nothing here grows with the length of a run.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.types import Int64Array
from sim.compiled import rule
from sim.engines.columns.rows import Structs, grown

LAP: Final = 2**16
NOTHING: Final = -1
FREE: Final = -1  # the due of a record that nobody uses
NEVER: Final = 2**31 - 1

Int32Array = npt.NDArray[np.int32]

PLACE: Final = np.dtype([("head", np.int32), ("count", np.int32)])
ENTRY: Final = np.dtype([("due", np.int32), ("next", np.int32)])


class Agenda(NamedTuple):
    """`places` of the ring, an array of `PLACE`; `entries`, an `ENTRY` for each record.

    `state` is [boundaries of the run, first free record, records ever used, free ones among them]; what is due at or
    after the end of the run keeps its `due` and is in no chain.
    """

    places: Structs
    entries: Structs
    state: Int64Array


def new_agenda(n_boundaries: int, capacity: int = 1024) -> Agenda:
    """An agenda of a run, without records."""
    places = np.full(min(n_boundaries, LAP), np.array((NOTHING, 0), PLACE))
    entries = np.full(capacity, np.array((FREE, NOTHING), ENTRY))
    return Agenda(places, entries, np.array([n_boundaries, NOTHING, 0, 0]))


def capacity_of(agenda: Agenda) -> int:
    """How many records there is room for."""
    return len(agenda.entries)


def restored_agenda(due: Int32Array, n_boundaries: int) -> Agenda:
    """The agenda of records that are known by when they are due."""
    agenda = new_agenda(n_boundaries, len(due))
    _restore(agenda, due)
    return agenda


@rule
def _restore(agenda: Agenda, due: Int32Array) -> None:
    agenda.state[2] = due.shape[0]
    for record in range(due.shape[0]):
        if due[record] == FREE:
            release(agenda, record)
        else:
            put(agenda, record, int(due[record]))


def dues(agenda: Agenda) -> Int32Array:
    """When each record is due that was ever used: all that has to be known to restore an agenda."""
    due: Int32Array = agenda.entries["due"][: int(agenda.state[2])]
    return due


def needed(agenda: Agenda, more: int) -> int:
    """The capacity that so many more records need."""
    return int(agenda.state[2] - agenda.state[3]) + more


def enlarged(agenda: Agenda, capacity: int) -> Agenda:
    """The agenda with room for so many records, or more."""
    return agenda._replace(entries=grown(agenda.entries, capacity))


@rule
def due_at_most(agenda: Agenda, boundary: int) -> int:
    """How many records can be due at a boundary."""
    return int(agenda.places[boundary % agenda.places.shape[0]].count)


@rule
def hire(agenda: Agenda) -> int:
    """A record that nobody uses. There must be room: see `needed`."""
    state = agenda.state
    record = state[1]
    if record == NOTHING:
        state[2] += 1
        return int(state[2] - 1)
    state[1] = agenda.entries[record].next
    state[3] -= 1
    return int(record)


@rule
def release(agenda: Agenda, record: int) -> None:
    """Let a record be hired again, once it is taken from its boundary."""
    entry = agenda.entries[record]
    entry.due = FREE
    entry.next = agenda.state[1]
    agenda.state[1] = record
    agenda.state[3] += 1


@rule
def put(agenda: Agenda, record: int, boundary: int) -> bool:
    """Let a record be due at a boundary; returns whether that comes before the end of the run."""
    entry = agenda.entries[record]
    entry.due = min(boundary, NEVER)
    if boundary >= agenda.state[0]:
        return False
    place = agenda.places[boundary % agenda.places.shape[0]]
    entry.next = place.head
    place.head = record
    place.count += 1
    return True


@rule
def take(agenda: Agenda, boundary: int, found: Int32Array) -> int:
    """Take what is due at a boundary; returns how many, which are then at the beginning of `found`."""
    place = agenda.places[boundary % agenda.places.shape[0]]
    record = int(place.head)
    place.head = NOTHING
    place.count = 0
    n = 0
    while record != NOTHING:
        entry = agenda.entries[record]
        following = int(entry.next)
        if entry.due == boundary:
            found[n] = record
            n += 1
        else:
            put(agenda, record, int(entry.due))
        record = following
    return n
