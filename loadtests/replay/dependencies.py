"""Dependencies: which operations an operation must wait for, so that speed never changes an outcome.

    >>> gift, again, cash_out = ...                # two gifts of one viewer, then the creator's payout
    >>> dependencies(trace).waits_for
    array([0, 1, 2])

An operation waits for every earlier one on an account that it debits or checks, and for the record it answers. Credits
commute: an account that is only credited makes nobody wait, with one exception. A credit must not overtake an earlier
decline for want of funds on the same account, or it might undo it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.ledger import Lanes, lanes
from sim.ledger.operations import holds_back_credits

NONE: Final = -1
Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Dependencies:
    """A graph over operations 0 … n-1 in compressed rows.

    `successor[successor_start[i]:successor_start[i + 1]]` wait for operation i; `waits_for[i]` counts what i waits for.
    """

    waits_for: Int64Array
    successor_start: Int64Array
    successor: Int64Array


@dataclass(slots=True)
class _Lane:
    """What the next operation on an account has to wait for."""

    last: int = NONE
    credits: list[int] = field(default_factory=list)
    last_without_funds: int = NONE


def dependencies(
    op: Sequence[int],
    actor: Sequence[int],
    peer: Sequence[int],
    ref: Sequence[int],
    outcome: Sequence[int],
    seq: Sequence[int],
) -> Dependencies:
    """The graph of a trace's live operations, given in their canonical order, one entry a column and operation."""
    account_lanes: dict[int, _Lane] = defaultdict(_Lane)
    index = {number: i for i, number in enumerate(seq)}
    waits_for = np.zeros(len(op), np.int64)
    edges: list[tuple[int, int]] = []
    for i in range(len(op)):
        before = _join_lanes(i, lanes(op[i], actor[i], peer[i]), account_lanes)
        if holds_back_credits(op[i], outcome[i]):
            account_lanes[actor[i]].last_without_funds = i
        before.add(index.get(ref[i], NONE))
        before.discard(NONE)
        waits_for[i] = len(before)
        edges.extend((earlier, i) for earlier in before)
    return _compress(waits_for, edges)


def _join_lanes(i: int, touched: Lanes, account_lanes: dict[int, _Lane]) -> set[int]:
    before: set[int] = set()
    for account in touched.exclusive:
        lane = account_lanes[account]
        before.add(lane.last)
        before.update(lane.credits)
        lane.last = i
        lane.credits.clear()
    for account in touched.shared:
        lane = account_lanes[account]
        lane.credits.append(i)
        before.add(lane.last_without_funds)
    return before


def _compress(waits_for: Int64Array, edges: list[tuple[int, int]]) -> Dependencies:
    pairs = np.array(edges, np.int64).reshape(-1, 2)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    start = np.searchsorted(pairs[:, 0], np.arange(len(waits_for) + 1)).astype(np.int64)
    return Dependencies(waits_for, start, np.ascontiguousarray(pairs[:, 1]))
