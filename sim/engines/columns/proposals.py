"""Proposals: what creators, sellers and their buyers' orders want at one boundary, before it is settled.

They are settled in canonical order: by actor, operation, peer, and what they answer.
"""

from typing import Final, NamedTuple

import numpy as np

from sim.behavior.types import Int64Array
from sim.compiled import rule
from sim.engines.columns.rows import Structs

ANSWERS_NOTHING: Final = -1


class Clock(NamedTuple):
    """A boundary, in windows and in microseconds since the start, and the run's units of time and chance."""

    boundary: int
    now_us: int
    window_us: int
    windows_a_day: int
    seed: int


PROPOSAL: Final = np.dtype(
    [
        ("actor", np.int64),
        ("op", np.int64),
        ("peer", np.int64),
        ("number", np.int64),
        ("record", np.int64),
        ("amount", np.int64),
    ]
)


class Proposals(NamedTuple):
    """`wanted` is an array of `PROPOSAL`, used up to `made[0]`.

    `number` tells which of two like operations was first to be answered (ANSWERS_NOTHING comes before all); `record` is
    the order, creator or payout meant, by its place in its columns; `amount` is asked by a creator, else 0.
    """

    made: Int64Array
    wanted: Structs


def new_proposals(capacity: int) -> Proposals:
    """Room for proposals."""
    return Proposals(np.zeros(1, np.int64), np.empty(capacity, PROPOSAL))


@rule
def propose(proposals: Proposals, op: int, actor: int, peer: int, number: int, record: int, amount: int) -> None:
    """Put a proposal before the next settlement."""
    n = proposals.made[0]
    proposals.made[0] = n + 1
    wanted = proposals.wanted[n]
    wanted.op = op
    wanted.actor = actor
    wanted.peer = peer
    wanted.number = number
    wanted.record = record
    wanted.amount = amount


def canonical(proposals: Proposals) -> Int64Array:
    """The places of the proposals in canonical order."""
    wanted = proposals.wanted[: int(proposals.made[0])]
    return np.lexsort((wanted["number"], wanted["peer"], wanted["op"], wanted["actor"]))


@rule
def boundary_after(clock: Clock, instant_us: int) -> int:
    """The first boundary, in windows, at or after an instant and not in the past."""
    return max(-(-instant_us // clock.window_us), clock.boundary)


@rule
def settled_at(clock: Clock, instant_us: int) -> int:
    """The boundary that settles what is due at an instant, if it was planned after this one's settlement."""
    return max(boundary_after(clock, instant_us), clock.boundary + 1)
