"""The journal: a window's operations, put into canonical order and given their `seq` when the window closes.

Canonical order is (time, boundary before viewers, actor, step). Until a window closes, an operation is known by its
*ticket*, the count of operations when it happened; a later operation refers to an earlier one by ticket.

Operations leave as blocks: a dict of arrays of one length, the trace's columns and those of `sim.metrics.RECOGNIZED`.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from sim.ledger import Op, Operation, Outcome
from sim.ledger.operations import NO_REF
from sim.metrics import RECOGNIZED, Moves
from sim.tables import Columns
from sim.trace import SCHEMA

Record = Callable[[Columns], None]

ROWS_PER_BLOCK: Final = 8_192
BLOCK: Final = {**SCHEMA, **RECOGNIZED}


class Row(NamedTuple):
    """An operation with its outcome and what it moved; `operation.seq` and `operation.ref` are tickets."""

    operation: Operation
    outcome: Outcome
    moves: Moves
    actor_region: int
    by_viewer: bool
    occasion: int


class Journal:
    """Collects rows and hands them on in canonical order."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._rows: list[Row] = []
        self._waiting: list[tuple[int, ...]] = []  # for a block
        self._seq_of: list[int] = []  # by ticket
        self._written = 0

    def __repr__(self) -> str:
        return f"<Journal written={self._written} open={len(self._rows)}>"

    @property
    def written(self) -> int:
        """Operations that have their place in the trace."""
        return self._written

    def next_ticket(self) -> int:
        """The ticket of the operation about to happen."""
        return len(self._seq_of)

    def note(self, row: Row) -> None:
        """Take down an operation that has just happened."""
        self._seq_of.append(-1)
        self._rows.append(row)

    def close(self) -> list[Row]:
        """End the window: give its rows their places in canonical order, and return them so."""
        # Sorting is stable and one actor's rows come in the order of their steps.
        rows, self._rows = sorted(self._rows, key=_canonical), []
        for row in rows:
            ticket, ref = row.operation.seq, row.operation.ref
            self._seq_of[ticket] = self._written
            operation = row.operation._replace(seq=self._written, ref=NO_REF if ref == NO_REF else self._seq_of[ref])
            self._waiting.append((*operation[:-1], row.outcome, operation.region, *row.moves, row.actor_region))
            self._written += 1
        if len(self._waiting) >= ROWS_PER_BLOCK:
            self.flush()
        return rows

    def flush(self) -> None:
        """Hand on what waits for a block to fill."""
        if self._waiting:
            values = np.array(self._waiting, np.int64)
            self._waiting = []
            self._record({name: values[:, i].astype(kind) for i, (name, kind) in enumerate(BLOCK.items())})


def _canonical(row: Row) -> tuple[int, bool, int]:
    return row.operation.at_us, row.by_viewer, row.operation.actor


def accepted_deed(row: Row) -> bool:
    """Whether agents should hear of it: an accepted operation of a viewer that changed something."""
    return row.by_viewer and row.outcome == Outcome.ACCEPTED and row.operation.op not in (Op.BALANCE, Op.HISTORY)
