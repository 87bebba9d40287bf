"""A keeper: holds shards for a run that is driven from another process, and answers what it is asked.

    keeper = Keeper()
    answer = keeper.answer(question("advance", scene))        # bytes to bytes
    harvests, visits = value_of(answer)

Questions and answers are bytes, so that whatever carries them, a pipe or a cluster, carries them alike, and a question
to all keepers is put into bytes once.
"""

import pickle
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np

from sim.compiled import sources_hash
from sim.engines.columns.division import Local
from sim.engines.columns.saving import Arrays
from sim.engines.columns.scene import Scene
from sim.engines.columns.shard import Harvest, Setting
from sim.engines.columns.viewer_audit import Audit
from sim.ledger.errors import CoinworksError


class Build(NamedTuple):
    """What must be alike wherever a part of one run is computed: the sources, and what compiles them."""

    coinworks: str
    numba: str
    numpy: str


class Part(NamedTuple):
    """The shards `begin` to `end` of `n_shards`, some at a time."""

    begin: int
    end: int
    n_shards: int
    threads: int

    def __str__(self) -> str:
        if self.end == self.begin:
            return "no shards"
        if self.end == self.begin + 1:
            return f"shard {self.end} of {self.n_shards}"
        return f"shards {self.begin + 1} to {self.end} of {self.n_shards}"


class Reaped(NamedTuple):
    """A window's harvests, and visits that began so far."""

    harvests: Sequence[Harvest]
    visits: int


def own_build() -> Build:
    """What runs here."""
    return Build(sources_hash(Path(__file__).parents[2]), numba.__version__, np.__version__)


class Keeper:
    """Shards of one run, once it was asked to start."""

    def __init__(self) -> None:
        self._division: Local | None = None

    def __repr__(self) -> str:
        return f"<Keeper of {self._division!r}>"

    def answer(self, asked: bytes) -> bytes:
        """Answer a question; what goes wrong is an answer too."""
        verb, arguments = pickle.loads(asked)  # noqa: S301  from the run that started this keeper
        try:
            answer: tuple[Any, Exception | None] = getattr(self, verb)(*arguments), None
        except Exception as problem:  # noqa: BLE001  raised again where the question came from
            answer = None, _sendable(problem)
        return pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)

    def start(self, setting: Setting, part: Part) -> None:
        """Draw the viewers of a part."""
        self._division = Local(setting, part.n_shards, part.threads, range(part.begin, part.end))

    def advance(self, scene: Scene) -> Reaped:
        """Let every shard live through one window."""
        return Reaped(self._kept.advance(scene), self._kept.visits)

    def audits(self) -> Sequence[Audit]:
        """What every shard's accounts say."""
        return self._kept.audits()

    def states(self) -> Sequence[Arrays]:
        """What every shard can't draw again."""
        return self._kept.states()

    def restore(self, states: Sequence[Arrays]) -> int:
        """Let every shard go on from its state; returns visits that began so far."""
        self._kept.restore(states)
        return self._kept.visits

    @property
    def _kept(self) -> Local:
        if self._division is None:  # a cluster made this keeper anew, after the one with the shards was lost
            raise ShardsGoneError("no shards are kept here")
        return self._division


class ShardsGoneError(CoinworksError):
    """A keeper that doesn't have what it is asked about."""


def question(verb: str, *arguments: object) -> bytes:
    """What to ask a keeper: one of its methods, and what to call it with."""
    return pickle.dumps((verb, arguments), pickle.HIGHEST_PROTOCOL)


def value_of(answer: bytes) -> Any:
    """What a keeper answered; what went wrong there is raised here."""
    value, problem = pickle.loads(answer)  # noqa: S301  from a keeper that this run started
    if problem is not None:
        raise problem
    return value


def _sendable(problem: Exception) -> Exception:
    """A problem that travels; bugs take along where they happened."""
    if isinstance(problem, CoinworksError):
        return problem
    where = "".join(traceback.format_exception(problem))
    try:
        pickle.loads(pickle.dumps(problem))  # noqa: S301  our own bytes
    except Exception:  # noqa: BLE001  whatever keeps it from travelling
        problem = RuntimeError(repr(problem))
    problem.add_note(f"where it was raised:\n{where}")
    return problem
