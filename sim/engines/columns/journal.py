"""The journal: rows of several sources, put into canonical order and given their `seq`.

    journal.take(harvest_of_each_source)      # after each window
    journal.flush()                           # on to the trace and the metrics

Canonical order is (time, boundary before viewers, actor, step). Rows are kept until there are enough for the work to
be done on columns; then each goes straight to its place: counts first, records after. Nothing is sorted as a whole.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.types import Int64Array
from sim.compiled import inner, on_columns
from sim.engines.columns.rows import ROW, Struct, Structs, grown, joined
from sim.ledger.operations import NO_REF
from sim.tables import Columns

Record = Callable[[Columns], None]

ENOUGH: Final = 65_536
NOWHERE: Final = -1


class Block(NamedTuple):
    """A block of records: the columns of a trace, and those that the metrics add."""

    seq: Int64Array
    at_us: Int64Array
    op: npt.NDArray[np.uint8]
    actor: Int64Array
    peer: Int64Array
    item: npt.NDArray[np.int32]
    amount: Int64Array
    currency: npt.NDArray[np.uint16]
    ref: Int64Array
    outcome: npt.NDArray[np.uint8]
    region: npt.NDArray[np.uint16]
    revenue: Int64Array
    float_cost: Int64Array
    float_coins: Int64Array
    tax: Int64Array
    store_fee: Int64Array
    debts: Int64Array
    actor_region: npt.NDArray[np.uint16]


TYPES: Final = tuple(ROW[name] if name in (ROW.names or ()) else np.dtype(np.int64) for name in Block._fields)


class Journal:
    """Collects rows and hands them on in canonical order.

    Parameters
    ----------
    in_background : whether they are handed on from a thread of its own, while others come in
    """

    def __init__(self, record: Record, *, in_background: bool = False) -> None:
        self._record = record
        self._boundary: list[Structs] = []
        self._acts: list[Structs] = []
        self._waiting = 0
        self._seq_of: Int64Array = np.full(1024, NO_REF, np.int64)  # by ticket
        self._pool = ThreadPoolExecutor(1) if in_background else None
        self._writing: Future[None] | None = None
        self.written = 0

    def __repr__(self) -> str:
        return f"<Journal written={self.written} waiting={self._waiting}>"

    def state(self) -> dict[str, Any]:
        """What later rows depend on; to be asked for after `flush`."""
        return {"seq_of": self._seq_of, "written": self.written}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on after the rows of another journal."""
        self._seq_of, self.written = state["seq_of"], state["written"]

    def take(self, boundary: list[Structs], acts: list[Structs]) -> None:
        """Take the rows of a window from its sources; each source's are in the order of steps for every actor."""
        self._boundary += boundary
        self._acts += acts
        self._waiting += sum(map(len, boundary)) + sum(map(len, acts))
        if self._waiting >= ENOUGH:
            self._pass_on()

    def flush(self) -> None:
        """Hand on everything that was taken, and wait until it is recorded."""
        self._pass_on()
        self._wait()

    def close(self) -> None:
        """End the thread."""
        if self._pool is not None:
            self._pool.shutdown()

    def _pass_on(self) -> None:
        boundary, acts = self._boundary, self._acts
        self._boundary, self._acts, self._waiting = [], [], 0
        if self._pool is None:
            self._write(boundary, acts)
        else:
            self._wait()
            self._writing = self._pool.submit(self._write, boundary, acts)

    def _wait(self) -> None:
        """Until what was handed on before is recorded; what went wrong there is raised here."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            writing.result()

    def _write(self, of_boundary: list[Structs], of_acts: list[Structs]) -> None:
        boundary, acts = joined(of_boundary, ROW), joined(of_acts, ROW)
        in_order = _boundary_order(boundary) if len(of_boundary) > 1 else np.arange(len(boundary))
        n = len(boundary) + len(acts)
        highest = int(max(rows["makes"].max(initial=NO_REF) for rows in (boundary, acts)))
        if highest >= len(self._seq_of):
            self._seq_of = grown(self._seq_of, highest + 1)
        block = Block(*(np.empty(n, kind) for kind in TYPES))
        _write(boundary, in_order, acts, acts_order(acts), self._seq_of, self.written, block)
        self.written += n
        self._record(block._asdict())


def _boundary_order(rows: Structs) -> Int64Array:
    """The places of rows that come window by window, each source's in order: by time, actor and operation."""
    return np.lexsort((rows["op"], rows["actor"], rows["at_us"]))


def acts_order(rows: Structs) -> Int64Array:
    """The places of viewers' rows, of which each one's are in order: by time and actor."""
    n = len(rows)
    order = np.full(n, NOWHERE, np.int64)
    if n:
        first_us, last_us = int(rows["at_us"].min()), int(rows["at_us"].max())
        shift = max((last_us - first_us).bit_length() - n.bit_length(), 0)
        end = np.zeros(((last_us - first_us) >> shift) + 2, np.int64)
        _put_in_order(rows, first_us, shift, end, order)
    return order


@on_columns
def _put_in_order(rows: Structs, first_us: int, shift: int, end: Int64Array, order: Int64Array) -> None:
    """Into about as many buckets of time as there are rows, then each to its place in its bucket."""
    for row in range(order.shape[0]):
        end[((rows[row].at_us - first_us) >> shift) + 1] += 1
    for bucket in range(1, end.shape[0]):
        end[bucket] += end[bucket - 1]
    for row in range(order.shape[0]):
        bucket = (rows[row].at_us - first_us) >> shift
        place = end[bucket]
        end[bucket] += 1
        while place > 0 and order[place - 1] != NOWHERE and _later(rows[order[place - 1]], rows[row]):
            order[place] = order[place - 1]
            place -= 1
        order[place] = row


@inner
def _later(one: Struct, other: Struct) -> bool:
    return bool(one.at_us > other.at_us or (one.at_us == other.at_us and one.actor > other.actor))


@on_columns
def _write(
    boundary: Structs,
    boundary_order: Int64Array,
    acts: Structs,
    order: Int64Array,
    seq_of: Int64Array,
    first_seq: int,
    block: Block,
) -> None:
    """Write both down by time, at each instant what happened at a boundary first; tickets become seqs."""
    b, a = 0, 0
    for n in range(block.seq.shape[0]):
        if b < boundary_order.shape[0] and (
            a == order.shape[0] or boundary[boundary_order[b]].at_us <= acts[order[a]].at_us
        ):
            row = boundary[boundary_order[b]]
            b += 1
        else:
            row = acts[order[a]]
            a += 1
        block.seq[n] = first_seq + n
        block.ref[n] = NO_REF if row.refers < 0 else seq_of[row.refers]
        if row.makes >= 0:  # after the row's own: tickets may be used again
            seq_of[row.makes] = first_seq + n
        block.at_us[n] = row.at_us
        block.op[n] = row.op
        block.actor[n] = row.actor
        block.peer[n] = row.peer
        block.item[n] = row.item
        block.amount[n] = row.amount
        block.currency[n] = row.currency
        block.outcome[n] = row.outcome
        block.region[n] = row.region
        block.revenue[n] = row.revenue
        block.float_cost[n] = row.float_cost
        block.float_coins[n] = row.float_coins
        block.tax[n] = row.tax
        block.store_fee[n] = row.store_fee
        block.debts[n] = row.debts
        block.actor_region[n] = row.actor_region
