"""Runner: how an experiment's pairs of runs are made, the same for all of them.

    runner = Runner(viewers=2_000, executor=executor)
    bases, others = runner.pairs([(base, other)] * 8, seeds=range(1, 9))

Both scenarios of a pair run under one seed.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import NamedTuple

import msgspec

from sim.experiments.runs import Figures, Keep, Task, run_all, unseen
from sim.scenario import Scenario


class Runner(NamedTuple):
    """Makes pairs of runs.

    Attributes
    ----------
    viewers : people in each run; as many as its scenario says unless given
    from_day, welfare : as `Task` has them
    executor, keep, on_done : as `run_all` has them

    Examples
    --------
    >>> from sim.scenario import load
    >>> tiny = load("us-baseline", ["viewers=40", "days=1", "window=6h"])
    >>> bases, others = Runner(viewers=30).pairs([(tiny, tiny)] * 2, seeds=[1, 2])
    >>> [one["viewers"].value for one in (*bases, *others)]
    [30.0, 30.0, 30.0, 30.0]
    """

    viewers: int | None = None
    from_day: int = 0
    welfare: bool = False
    executor: Executor | None = None
    keep: Keep | None = None
    on_done: Callable[[int], None] = unseen

    def pairs(
        self, pairs: Sequence[tuple[Scenario, Scenario]], seeds: Sequence[int]
    ) -> tuple[list[Figures], list[Figures]]:
        """What the runs came to, of the bases and of the others, in the order of the pairs."""
        tasks = [
            Task(self._sized(scenario), seed, self.from_day, self.welfare)
            for pair, seed in zip(pairs, seeds, strict=True)
            for scenario in pair
        ]
        figures = run_all(tasks, self.executor, self.keep, self.on_done)
        return figures[::2], figures[1::2]

    def _sized(self, scenario: Scenario) -> Scenario:
        return scenario if self.viewers is None else msgspec.structs.replace(scenario, viewers=self.viewers)
