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
from sim.experiments.paired import UNSAID, Interval, Mark, half_width, mark_of
from sim.experiments.payers import effective_payers
from sim.experiments.runs import Figures, Floats, Keep, Task, column, run_all
from sim.experiments.unknowns import design, drawn, unknowns
from sim.scenario import Scenario

OF_NO_SIZE: Final = ("share", "index", "days")
A_HEAD: Final = ("arpu", "arppu")


class Level(NamedTuple):
    """A metric of one scenario: arrays of shape (n_seeds,) and (n_draws,), in minor units where it is money.

    drawn : what it comes to under draws of what nobody knows, for as many people as the scenario has
    draw_viewers : people in the runs of these draws
    payers : effective ones in a run with the stated values, see `sim.experiments.payers`
    """

    metric: str
    unit: str
    currency: str
    seeds: list[int]
    values: Floats
    drawn: Floats
    draw_viewers: int
    payers: float = UNSAID

    @property
    def value(self) -> float:
        """The mean over the seeds."""
        return float(self.values.mean())

    @property
    def interval_seeds(self) -> Interval:
        """The 95 % interval of the mean over seeds."""
        half = half_width(self.values)
        return self.value - half, self.value + half

    @property
    def mark(self) -> Mark:
        """Whether so few payers make it that the interval over seeds isn't shown to cover what it says."""
        return mark_of(self.metric, self.unit, self.payers)

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
    scale, payers = scenario.viewers / people if grows else 1.0, effective_payers(figures[:seeds])
    return Level(name, unit, currency, chosen, *_split(figures, name, seeds, scale), people, payers)


def _split(figures: Sequence[Figures], name: str, seeds: int, scale: float) -> tuple[Floats, Floats]:
    values = column(figures, name)
    under_draws = values[seeds:] * scale
    return values[:seeds], under_draws[~np.isnan(under_draws)]
