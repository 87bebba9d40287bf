"""A level: what one scenario comes to, where there is nothing to compare it with, and how sure that is.

    found = level(load("indonesia-no-ban"), "gmv", pairs=16, draws=64)
    found.value, found.interval_seeds, found.interval_parameters

Levels are known far less well than differences: nothing cancels.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Final, NamedTuple

import msgspec
import numpy as np

from sim.experiments.beliefs import DRAWS, QUANTILES, Label, label_of, size_of
from sim.experiments.compare import FIRST, Watch, named, unwatched
from sim.experiments.paired import LEVEL, Interval, quantile
from sim.experiments.runs import Figures, Floats, Keep, Task, column, run_all
from sim.experiments.unknowns import design, drawn, unknowns
from sim.scenario import Scenario

OF_NO_SIZE: Final = ("share", "index", "days")
A_HEAD: Final = ("arpu", "arppu")


class Level(NamedTuple):
    """A metric of one scenario: arrays of shape (n_seeds,) and (n_draws,), in minor units where it is money.

    drawn : what it comes to under draws of what nobody knows, for as many people as the scenario has
    draw_viewers : people in the runs of these draws
    """

    metric: str
    unit: str
    currency: str
    seeds: list[int]
    values: Floats
    drawn: Floats
    draw_viewers: int

    @property
    def value(self) -> float:
        """The mean over the seeds."""
        return float(self.values.mean())

    @property
    def interval_seeds(self) -> Interval:
        """The 95 % t-interval of the mean over seeds."""
        n = len(self.values)
        half = quantile(LEVEL, n) * float(self.values.std(ddof=1)) / n**0.5
        return self.value - half, self.value + half

    @property
    def interval_parameters(self) -> Interval:
        """From 5 % to 95 % of the draws."""
        low, high = np.quantile(self.drawn, QUANTILES)
        return float(low), float(high)

    @property
    def label(self) -> Label:
        """What it rests on; assumed in doubt."""
        return label_of(self.drawn, [])


def level(
    scenario: Scenario,
    metric: str,
    *,
    seeds: int = FIRST,
    draws: int = DRAWS,
    viewers: int | None = None,
    executor: Executor | None = None,
    keep: Keep | None = None,
    watch: Watch = unwatched,
) -> Level:
    """Run one scenario under some seeds, and under draws of what nobody knows.

    Parameters
    ----------
    viewers : people in the runs of the draws; `beliefs.size_of` unless given

    Raises
    ------
    CoinworksError : the runs don't have the metric
    """
    people = viewers or size_of(scenario)
    chosen = list(range(scenario.seed, scenario.seed + seeds))
    tasks = [Task(scenario, seed) for seed in chosen]
    found = unknowns(scenario, scenario)
    for n, row in enumerate(design(found, draws, scenario.seed)):
        smaller = msgspec.structs.replace(drawn(scenario, found, row), viewers=people)
        tasks.append(Task(smaller, scenario.seed + n))
    with watch("drawing what nobody knows", len(tasks)) as done:
        figures = run_all(tasks, executor, keep, done)
    name = named(metric, figures)
    _, unit, currency = figures[0][name]
    grows = unit not in OF_NO_SIZE and name.partition(".")[0] not in A_HEAD
    scale = scenario.viewers / people if grows else 1.0
    return Level(name, unit, currency, chosen, *_split(figures, name, seeds, scale), people)


def _split(figures: Sequence[Figures], name: str, seeds: int, scale: float) -> tuple[Floats, Floats]:
    values = column(figures, name)
    under_draws = values[seeds:] * scale
    return values[:seeds], under_draws[~np.isnan(under_draws)]
