"""Shards in other processes, on this machine or on others.

    with closing(Remote(setting, processes(2), n_shards=2, threads=1)) as division:
        harvests = division.advance(scene)          # the same, in the same order, as `Local` gives

A *place* is where a keeper lives: `processes.processes` makes them here, `cluster.workers` finds them on a cluster. In
a window each place gets the scene, and answers with its harvests: nothing else travels. A place that is lost ends the
run, for the shards it kept are gone.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final, Protocol

from sim.engines.columns.keeper import Part, ShardsGoneError, question, value_of
from sim.engines.columns.saving import Arrays
from sim.engines.columns.scene import Scene
from sim.engines.columns.shard import Harvest, Setting
from sim.engines.columns.viewer_audit import Audit
from sim.ledger.errors import CoinworksError

LOOK_EVERY_S: Final = 0.5  # so soon a loss is noticed while another place works


class LostError(Exception):
    """A place that answers no more. The division says which shards that were, and when."""


class Place(Protocol):
    """Where a keeper lives."""

    name: str

    def ask(self, asked: bytes) -> None:
        """Send a question; there is one at a time."""

    def answer(self, timeout_s: float) -> bytes | None:
        """The answer, or None if there is none yet.

        Raises
        ------
        LostError : there will be none
        """

    def leave(self) -> None:
        """Let the keeper go, whatever it does; called again, this does nothing."""


class Remote:
    """Shards at several places; every place has as many, give or take one.

    Raises
    ------
    CoinworksError : a place is lost
    """

    def __init__(self, setting: Setting, places: Sequence[Place], n_shards: int, threads: int) -> None:
        bounds = [n_shards * k // len(places) for k in range(len(places) + 1)]
        self.visits = 0
        self._setting = setting
        self._places = places
        self._parts = [Part(bounds[k], bounds[k + 1], n_shards, threads) for k in range(len(places))]
        self._when = "at the start"
        try:
            self._ask([question("start", setting, part) for part in self._parts])
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<Remote shards={self._parts[-1].end} places={len(self._places)}>"

    def advance(self, scene: Scene) -> Sequence[Harvest]:
        """Let every shard live through one window."""
        instant = self._setting.calendar.start + timedelta(microseconds=scene.begin_us)
        self._when = f"in the window at {instant:%Y-%m-%d %H:%M:%S} UTC"
        reaped = self._ask_all("advance", scene)
        self.visits = sum(visits for _, visits in reaped)
        return [harvest for harvests, _ in reaped for harvest in harvests]

    def audits(self) -> Sequence[Audit]:
        """What every shard's accounts say, once they are found right."""
        return [audit for audits in self._ask_all("audits") for audit in audits]

    def states(self) -> Sequence[Arrays]:
        """What every shard can't draw again, for a checkpoint."""
        return [state for states in self._ask_all("states") for state in states]

    def restore(self, states: Sequence[Arrays]) -> None:
        """Let every shard go on from its state."""
        self.visits = sum(self._ask([question("restore", states[part.begin : part.end]) for part in self._parts]))

    def close(self) -> None:
        """Let all places go."""
        for place in self._places:
            place.leave()

    def _ask_all(self, verb: str, *arguments: object) -> list[Any]:
        return self._ask([question(verb, *arguments)] * len(self._places))

    def _ask(self, questions: Sequence[bytes]) -> list[Any]:
        """Ask every place its question; returns the answers in the order of places."""
        for k, asked in enumerate(questions):
            try:
                self._places[k].ask(asked)
            except LostError:
                raise self._lost(k) from None
        answers = dict(self._answers())
        return [answers[k] for k in range(len(questions))]

    def _answers(self) -> Iterator[tuple[int, Any]]:
        """The number of each place with its answer, as they come."""
        waiting = list(range(len(self._places)))
        while waiting:
            patience_s = LOOK_EVERY_S
            for k in list(waiting):
                try:
                    answer = self._places[k].answer(patience_s)
                    if answer is not None:
                        waiting.remove(k)
                        yield k, value_of(answer)
                except (LostError, ShardsGoneError):
                    raise self._lost(k) from None
                if answer is None:
                    patience_s = 0.0  # one of them is waited for; the others are looked at

    def _lost(self, k: int) -> CoinworksError:
        return CoinworksError(
            f"{self._places[k].name} with {self._parts[k]} was lost {self._when}: "
            "this run can't go on; its last checkpoint, if it wrote one, is intact"
        )
