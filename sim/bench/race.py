"""A race: several configurations, each in a process of its own, warmed up and then measured in turns.

results = race([Contender("windowed_1", (engine_run, "windowed", 1000, 1), warm_up=(engine_run, "windowed", 300, 4))])
results["windowed_1"].run_s
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from sim.bench.child import Child
from sim.bench.rounds import Spread, interleaved, spread
from sim.bench.tasks import Timed, peak_rss_bytes

Call = tuple[Any, ...]  # a function and its arguments
Tick = Callable[[], None]


@dataclass(frozen=True)
class Contender:
    """One configuration: what is measured, and what is done before, untimed, so that all caches are warm."""

    name: str
    once: Call
    warm_up: Call
    rounds: int = 1


@dataclass(frozen=True)
class Result:
    """What a configuration gave in its rounds, and the most memory that its process had."""

    runs: Sequence[Timed]
    peak_rss_bytes: int

    @property
    def best(self) -> Timed:
        """The quickest run."""
        return min(self.runs, key=lambda timed: timed.run_s)

    @property
    def run_s(self) -> Spread:
        """How long runs took."""
        return spread(timed.run_s for timed in self.runs)

    @property
    def events_per_s(self) -> float:
        """Events a second, in the best run."""
        return self.best.events / self.best.run_s

    @property
    def operations_per_s(self) -> float:
        """Operations a second, in the best run."""
        return self.best.operations / self.best.run_s

    def document(self) -> dict[str, Any]:
        """The measurement as JSON."""
        best = self.best
        return {
            "visits": best.visits,
            "operations": best.operations,
            "events_per_s": round(self.events_per_s, 1),
            "operations_per_s": round(self.operations_per_s, 1),
            "build_s": round(best.build_s, 4),
            "run_s": {name: round(time_s, 4) for name, time_s in self.run_s._asdict().items()},
            "rounds": len(self.runs),
            "peak_rss_bytes": self.peak_rss_bytes,
        }


def race(contenders: Sequence[Contender], tick: Tick) -> Mapping[str, Result]:
    """Measure configurations in turns; `tick` is called after each measurement.

    Raises
    ------
    BenchError : one of them failed
    """
    with ExitStack() as stack:
        children = {contender.name: stack.enter_context(Child(contender.name)) for contender in contenders}
        for contender in contenders:
            children[contender.name].ask(*contender.warm_up)

        def measure(contender: Contender) -> Timed:
            timed: Timed = children[contender.name].ask(*contender.once)
            tick()
            return timed

        runs = interleaved(
            {contender.name: partial(measure, contender) for contender in contenders},
            {contender.name: contender.rounds for contender in contenders},
        )
        return {name: Result(runs[name], child.ask(peak_rss_bytes)) for name, child in children.items()}
