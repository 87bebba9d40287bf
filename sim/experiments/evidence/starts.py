"""Starts: a year from several starting states, and how much of the start is left in its end.

    found = long_runs(load("us-baseline", ["days=364", "window=3h"]), Kind.CREATOR, seeds=range(1, 6))
    found.starts[0].active                      # float array of shape (n_seeds, n_weeks): how many worked
    found.dependence("active", week=51)         # Interval: 0 where the start is forgotten, 1 where it stays

So many creators or sellers work at the start: half as many as the scenario states, as many, twice as many. Those who
could work are the same people in all of them, the first of whom work at the start; who else begins, and who leaves, is
decided by what a week brings. Only whole weeks are told.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec
import numpy as np

from sim.engines.windowed import WindowedEngine
from sim.experiments.evidence.interval import Interval, mean_interval
from sim.experiments.evidence.tasks import Tell, each, unseen
from sim.experiments.runs import Floats
from sim.ledger import Kind
from sim.ledger.errors import CoinworksError
from sim.model.measured import unheard
from sim.scenario import Parameter, Scenario
from sim.scenario.heads import how_many
from sim.tables import Columns

FACTORS: Final = (0.5, 1.0, 2.0)
ROOM: Final = 1.5  # people who could work, for each who does in the most crowded start
MEASURES: Final = ("active", "income")
NAMES: Final = {Kind.CREATOR: "creators", Kind.SELLER: "sellers"}
DAYS_A_WEEK: Final = 7
SMOOTHED: Final = 4  # weeks
LEAST: Final = 0.5  # instead of nobody or nothing, whose logarithm is none


class Start(NamedTuple):
    """A starting state, so many times what the scenario states; arrays of shape (n_seeds, n_weeks).

    Attributes
    ----------
    active : how many worked in a week
    income : what all of them earned in it, in minor units
    """

    factor: float
    active: Floats
    income: Floats

    def of(self, measure: str) -> Floats:
        """One of MEASURES; of the income, the mean of a week and the three before it, for a week may bring nothing."""
        return self.active if measure == "active" else trailing_mean(self.income, SMOOTHED)


class LongRuns(NamedTuple):
    """Every starting state, under the same seeds."""

    scenario: str
    viewers: int
    days: int
    kind: Kind
    currency: str
    everybody: int  # who could work
    seeds: list[int]
    starts: list[Start]

    @property
    def weeks(self) -> int:
        """Whole weeks of the run."""
        return int(self.starts[0].active.shape[1])

    def dependence(self, measure: str, week: int) -> Interval:
        """The elasticity of a week's number with respect to the starting one, seed by seed.

        Notes
        -----
        The slope of a least squares line through the logarithms: 0 where all starts come to the same, 1 where what
        began twice as large is so still.
        """
        factors = np.log([start.factor for start in self.starts])
        factors -= factors.mean()
        values = np.log(np.maximum([start.of(measure)[:, week] for start in self.starts], LEAST))
        return mean_interval(factors @ values / (factors @ factors))

    def halved(self, measure: str) -> int | None:
        """The first week in which less than half of the first week's dependence is left; None where it never is."""
        first = self.dependence(measure, 0).value
        for week in range(self.weeks):
            if self.dependence(measure, week).value < first / 2:
                return week
        return None


def long_runs(
    scenario: Scenario,
    kind: Kind,
    seeds: Iterable[int],
    *,
    factors: Sequence[float] = FACTORS,
    executor: Executor | None = None,
    tell: Tell = unseen,
) -> LongRuns:
    """Run a scenario from several starting states.

    Raises
    ------
    CoinworksError : less than a week, or several currencies
    """
    currencies = {region.currency for region in scenario.regions.values()}
    if len(currencies) > 1:
        raise CoinworksError(
            f"{scenario.name}: its regions have {', '.join(sorted(currencies))}; expected one currency"
        )
    if scenario.days < DAYS_A_WEEK:
        raise CoinworksError(f"{scenario.name}: {scenario.days} days: expected at least a week")
    seeds = list(seeds)
    tasks = [(variant, seed) for variant in starting(scenario, kind, factors) for seed in seeds]
    runs = each(_by_week, tasks, executor, tell)
    of_kind = np.array([[_weekly(run, kind, measure) for run in runs] for measure in MEASURES])
    active, income = of_kind[..., : scenario.days // DAYS_A_WEEK].reshape(2, len(factors), len(seeds), -1)
    starts = [Start(*row) for row in zip(factors, active, income, strict=True)]
    everybody = people(scenario, kind, factors)
    return LongRuns(scenario.name, scenario.viewers, scenario.days, kind, currencies.pop(), everybody, seeds, starts)


def trailing_mean(values: Floats, weeks: int) -> Floats:
    """The mean of each week and those before it, so many in all; of the first ones, of as many as there are.

    >>> trailing_mean(np.array([[2.0, 4.0, 6.0]]), 2)
    array([[2., 3., 5.]])
    """
    summed = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    ends = np.arange(1, values.shape[1] + 1)
    begins = np.maximum(ends - weeks, 0)
    return np.asarray((summed[:, ends] - summed[:, begins]) / (ends - begins), np.float64)


def starting(scenario: Scenario, kind: Kind, factors: Sequence[float]) -> list[Scenario]:
    """The scenario with so many times as many who work at the start, of the same people who could."""
    stated, everybody = _per_thousand(scenario, kind), people(scenario, kind, factors)
    return [_with_start(scenario, kind, stated * Decimal(str(factor)), everybody) for factor in factors]


def people(scenario: Scenario, kind: Kind, factors: Sequence[float]) -> int:
    """How many could work, whatever the start."""
    return round(ROOM * how_many(float(_per_thousand(scenario, kind)) * max(factors), scenario.viewers))


def _per_thousand(scenario: Scenario, kind: Kind) -> Decimal:
    table = scenario.creators if kind == Kind.CREATOR else scenario.sellers
    return table.per_thousand_viewers.value


def _with_start(scenario: Scenario, kind: Kind, per_thousand: Decimal, everybody: int) -> Scenario:
    working = how_many(float(per_thousand), scenario.viewers)
    hosts = Parameter(value=per_thousand)
    pool = Parameter(value=Decimal(2 * (everybody - working) + 1) / (2 * working))  # a half more, to be cut off
    if kind == Kind.CREATOR:
        creators = msgspec.structs.replace(scenario.creators, per_thousand_viewers=hosts, pool_factor=pool)
        return msgspec.structs.replace(scenario, creators=creators)
    sellers = msgspec.structs.replace(scenario.sellers, per_thousand_viewers=hosts)
    return msgspec.structs.replace(
        scenario, sellers=sellers, trade=msgspec.structs.replace(scenario.trade, pool_factor=pool)
    )


def _by_week(scenario: Scenario, seed: int) -> Columns:
    engine = WindowedEngine(scenario, seed, unheard, opens=False)
    engine.run()
    return engine.hosts_by_week()


def _weekly(by_week: Columns, kind: Kind, measure: str) -> Floats:
    """A measure of a kind of host by week, over all regions."""
    mine = by_week["kind"] == kind
    return np.bincount(by_week["week"][mine], by_week[measure][mine]).astype(np.float64)
