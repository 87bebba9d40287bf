"""The journal: a window's operations, put into canonical order and given their `seq` when the window closes.

Canonical order is (time, boundary before viewers, actor, step). Until a window closes, an operation is known by its
*ticket*, the count of operations when it happened; a later operation refers to an earlier one by ticket.
"""

from collections.abc import Callable
from typing import NamedTuple

from sim.ledger import Op, Operation, Outcome
from sim.ledger.operations import NO_REF

Sink = Callable[[Operation, Outcome], None]


class Row(NamedTuple):
    """An operation with its outcome; `operation.seq` and `operation.ref` are tickets."""

    operation: Operation
    outcome: Outcome
    by_viewer: bool
    occasion: int


class Journal:
    """Collects rows and hands them on in canonical order."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._rows: list[Row] = []
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
        """End the window: write its rows in canonical order, and return them so."""
        # Sorting is stable and one actor's rows come in the order of their steps.
        rows, self._rows = sorted(self._rows, key=_canonical), []
        for row in rows:
            ticket, ref = row.operation.seq, row.operation.ref
            self._seq_of[ticket] = self._written
            operation = row.operation._replace(seq=self._written, ref=NO_REF if ref == NO_REF else self._seq_of[ref])
            self._sink(operation, row.outcome)
            self._written += 1
        return rows


def _canonical(row: Row) -> tuple[int, bool, int]:
    return row.operation.at_us, row.by_viewer, row.operation.actor


def accepted_deed(row: Row) -> bool:
    """Whether agents should hear of it: an accepted operation of a viewer that changed something."""
    return row.by_viewer and row.outcome == Outcome.ACCEPTED and row.operation.op not in (Op.BALANCE, Op.HISTORY)
