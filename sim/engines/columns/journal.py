"""The journal: rows of several sources, put into canonical order and given their `seq`.

    journal.take(harvest_of_each_source)      # after each window
    journal.flush()                           # on to the trace and the metrics

Canonical order is (time, boundary before viewers, actor, step). Rows are kept until there are enough for the work to
be done on columns; then each goes straight to its place: counts first, records after. Nothing is sorted as a whole.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sim.behavior.types import Int64Array
from sim.compiled import rule
from sim.engines.columns.rows import ROW_TYPES, Rows, grown
from sim.ledger.operations import NO_REF
from sim.tables import Columns

Record = Callable[[Columns], None]

ENOUGH: Final = 65_536
N_CODES: Final = 32  # more than there are operations
_ORDER: Final = list(ROW_TYPES)


class Journal:
    """Collects rows and hands them on in canonical order."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._boundary: list[Rows] = []
        self._acts: list[Rows] = []
        self._waiting = 0
        self._seq_of: Int64Array = np.full(1024, NO_REF, np.int64)  # by ticket
        self.written = 0

    def __repr__(self) -> str:
        return f"<Journal written={self.written} waiting={self._waiting}>"

    def state(self) -> dict[str, Any]:
        """What later rows depend on; to be asked for after `flush`."""
        return {"seq_of": self._seq_of, "written": self.written}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on after the rows of another journal."""
        self._seq_of, self.written = state["seq_of"], state["written"]

    def take(self, boundary: list[Rows], acts: list[Rows]) -> None:
        """Take the rows of a window from its sources; each source's are in the order of steps for every actor."""
        self._boundary += boundary
        self._acts += acts
        self._waiting += sum(len(rows.at_us) for rows in (*boundary, *acts))
        if self._waiting >= ENOUGH:
            self.flush()

    def flush(self) -> None:
        """Hand on everything that was taken."""
        rows, n_boundary = _joined([*self._boundary, *self._acts]), sum(len(rows.at_us) for rows in self._boundary)
        self._boundary, self._acts, self._waiting = [], [], 0
        order = canonical_order(rows.at_us, rows.actor, rows.op, n_boundary)
        self._pass_on(Rows(rows.count, *(column[order] for column in rows[1:])))

    def _pass_on(self, rows: Rows) -> None:
        n = len(rows.at_us)
        highest = int(max(rows.makes.max(initial=-1), rows.refers.max(initial=-1)))
        if highest >= len(self._seq_of):
            self._seq_of = grown(self._seq_of, highest + 1)
        block = {name: column for name, column in zip(_ORDER, rows[1:], strict=True) if name not in ("makes", "refers")}
        block["seq"] = np.arange(self.written, self.written + n)
        block["ref"] = _resolved(self._seq_of, rows.makes, rows.refers, self.written)
        self.written += n
        self._record(block)


def _joined(parts: list[Rows]) -> Rows:
    n = sum(len(part.at_us) for part in parts)
    empty = [np.empty(0, kind) for kind in ROW_TYPES.values()]
    columns = zip(empty, *(part[1:] for part in parts), strict=True)
    return Rows(np.array([n]), *(np.concatenate(column) for column in columns))


@rule
def _resolved(seq_of: Int64Array, makes: Int64Array, refers: Int64Array, first_seq: int) -> Int64Array:
    """The `ref` of each row; tickets may be used again, so rows are gone through in order."""
    ref = np.empty(makes.shape[0], np.int64)
    for row in range(makes.shape[0]):
        ref[row] = NO_REF if refers[row] < 0 else seq_of[refers[row]]
        if makes[row] >= 0:
            seq_of[makes[row]] = first_seq + row
    return ref


@rule
def canonical_order(at_us: Int64Array, actor: Int64Array, op: npt.NDArray[np.uint8], n_boundary: int) -> Int64Array:
    """The places of rows in canonical order: the first `n_boundary` happened at boundaries, the others are viewers'.

    Boundary rows come window by window, each source's in order; viewers' rows in any order but that of each one's steps.
    """
    boundary = _boundary_order(at_us[:n_boundary], actor[:n_boundary], op[:n_boundary])
    acts = _acts_order(at_us[n_boundary:], actor[n_boundary:])
    order = np.empty(at_us.shape[0], np.int64)
    b, a = 0, 0
    for place in range(order.shape[0]):
        is_next = b < n_boundary and (a == acts.shape[0] or at_us[boundary[b]] <= at_us[n_boundary + acts[a]])
        if is_next:
            order[place] = boundary[b]
            b += 1
        else:
            order[place] = n_boundary + acts[a]
            a += 1
    return order


@rule
def _boundary_order(at_us: Int64Array, actor: Int64Array, op: npt.NDArray[np.uint8]) -> Int64Array:
    """By actor and operation inside each instant; sources that interleave are few, so most need no sorting."""
    order = np.arange(at_us.shape[0])
    key = actor * N_CODES + op
    begin = 0
    while begin < order.shape[0]:
        end, is_sorted = begin + 1, True
        while end < order.shape[0] and at_us[end] == at_us[begin]:
            is_sorted &= key[end - 1] <= key[end]
            end += 1
        if not is_sorted:
            order[begin:end] = begin + np.argsort(key[begin:end], kind="mergesort")
        begin = end
    return order


@rule
def _acts_order(at_us: Int64Array, actor: Int64Array) -> Int64Array:
    """By time and actor: into as many buckets of time as there are rows, then each to its place in its bucket."""
    n = at_us.shape[0]
    order = np.empty(n, np.int64)
    if n == 0:
        return order
    first = at_us.min()
    width = (at_us.max() - first) // n + 1
    begin = np.zeros(n + 1, np.int64)
    for row in range(n):
        begin[(at_us[row] - first) // width + 1] += 1
    for bucket in range(n):
        begin[bucket + 1] += begin[bucket]
    end = begin[:-1].copy()
    for row in range(n):
        bucket = (at_us[row] - first) // width
        place = end[bucket]
        end[bucket] += 1
        while place > begin[bucket] and _later(at_us, actor, order[place - 1], row):
            order[place] = order[place - 1]
            place -= 1
        order[place] = row
    return order


@rule
def _later(at_us: Int64Array, actor: Int64Array, one: int, other: int) -> bool:
    return at_us[one] > at_us[other] or (at_us[one] == at_us[other] and actor[one] > actor[other])
