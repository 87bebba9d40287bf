"""The answer to a scenario's question: its headline metric over some seeds, beside its base's under the same ones.

    found = answer(scenario, load_base("uk", scenario), range(1, 6))
    found.value, found.base                     # means over the seeds
    found.changes                               # of each seed, base to scenario: the people are the same

Differences are taken seed by seed, for under one seed both share their draws.
"""

from collections.abc import Iterable
from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np

from sim.experiments.runs import Floats, Task, column, run_all
from sim.ledger.errors import CoinworksError
from sim.scenario import Scenario


class Answer(NamedTuple):
    """A metric by seed: arrays of shape (n_seeds,), in minor units where it is money; no `bases` without a base."""

    metric: str
    unit: str
    currency: str
    seeds: list[int]
    values: Floats
    bases: Floats | None

    @property
    def value(self) -> float:
        """The mean over the seeds."""
        return float(self.values.mean())

    @property
    def base(self) -> float | None:
        """The base's mean over the seeds."""
        return None if self.bases is None else float(self.bases.mean())

    @property
    def is_relative(self) -> bool:
        """Whether a change is told as a part of the base, and not as a difference of shares or indices."""
        return self.unit not in ("share", "index")

    @property
    def changes(self) -> Floats:
        """Of each seed: the part of the base that is more or less, or the difference of shares and indices."""
        if self.bases is None:
            return np.zeros(0)
        difference = self.values - self.bases
        return difference / self.bases if self.is_relative else difference


def answer(scenario: Scenario, base: Scenario | None, seeds: Iterable[int], executor: Executor | None = None) -> Answer:
    """Run a scenario, and its base, under these seeds.

    Raises
    ------
    CoinworksError : the scenario names no headline metric, or nothing can be said of it
    """
    seeds = list(seeds)
    if scenario.headline is None:
        raise CoinworksError(f"{scenario.name}: expected a headline, the metric in which its answer is told")
    found = run_all([Task(scenario, seed) for seed in seeds], executor)
    values = column(found, scenario.headline)
    bases = None if base is None else column(run_all([Task(base, seed) for seed in seeds], executor), scenario.headline)
    if np.isnan(values).any() or (bases is not None and np.isnan(bases).any()):
        raise CoinworksError(f"{scenario.name}: nothing can be said of {scenario.headline} under some of its seeds")
    _, unit, currency = found[0][scenario.headline]
    return Answer(scenario.headline, unit, currency, seeds, values, bases)
