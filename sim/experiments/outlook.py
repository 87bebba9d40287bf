"""The outlook: what a scenario comes to as a distribution, where rules may come or not.

    told = outlook(load("high-stakes"), ["gmv", "revenue"], range(1, 101))
    told.metrics[0].quantiles                       # of gmv, at QUANTILES
    told.rules[0].effect, told.rules[0].error       # what it costs that the first rule comes, in means

A strategy is judged by what may become of it: each seed is one future, with its own people and its own rules. A rule's
effect is the mean of the futures in which it came, less that of the others; nothing else tells them apart in the mean,
for whether a rule comes is drawn by itself.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from typing import Final, NamedTuple

import numpy as np

from sim.experiments.runs import Figures, Floats, Keep, Task, column, run_all, unseen
from sim.scenario import Scenario
from sim.scenario.timeline import Mark, timeline

QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
HEADLINES: Final = ("gmv", "commission", "bookings", "revenue", "creator_income")


class Replication(NamedTuple):
    """One seeded run: its key figures, and which rules came when."""

    seed: int
    figures: Figures
    came: list[Mark]


class Outcome(NamedTuple):
    """A metric over all futures; `values` by seed, in minor units where it is money."""

    metric: str
    unit: str
    currency: str
    values: Floats

    @property
    def quantiles(self) -> Floats:
        """At QUANTILES, interpolated; NaN where nothing can be said."""
        known = self.values[~np.isnan(self.values)]
        return np.quantile(known, QUANTILES) if len(known) else np.full(len(QUANTILES), np.nan)

    @property
    def mean(self) -> float:
        """Over the seeds of which something can be said."""
        return float(np.nanmean(self.values)) if not np.isnan(self.values).all() else float("nan")


class RuleEffect(NamedTuple):
    """What a rule's coming changes in a metric's mean; `error` is its standard error, NaN without two of each kind."""

    rule: str
    metric: str
    share: float  # of the futures in which it came
    effect: float
    error: float


class Outlook(NamedTuple):
    """The distribution of a scenario's outcomes, and what each uncertain rule does to it."""

    seeds: list[int]
    metrics: list[Outcome]
    rules: list[RuleEffect]


def outlook(
    scenario: Scenario,
    metrics: Sequence[str],
    seeds: Iterable[int],
    executor: Executor | None = None,
    keep: Keep | None = None,
    on_done: Callable[[int], None] = unseen,
) -> Outlook:
    """Simulate a scenario under many seeds and sum up what became of it.

    Parameters
    ----------
    executor, keep, on_done : as `runs.run_all` has them

    Raises
    ------
    CoinworksError : a metric that the runs don't have
    """
    return summed_up(replicate(scenario, seeds, executor, keep, on_done), metrics)


def replicate(
    scenario: Scenario,
    seeds: Iterable[int],
    executor: Executor | None = None,
    keep: Keep | None = None,
    on_done: Callable[[int], None] = unseen,
) -> list[Replication]:
    """The runs of a scenario under these seeds, in their order, wherever they are made."""
    seeds = list(seeds)
    found = run_all([Task(scenario, seed) for seed in seeds], executor, keep, on_done)
    return [Replication(seed, figures, timeline(scenario, seed)) for seed, figures in zip(seeds, found, strict=True)]


def summed_up(found: Sequence[Replication], metrics: Sequence[str] = ()) -> Outlook:
    """What replications came to; of the headlines, unless metrics are named."""
    outcomes = [_outcome(found, metric) for metric in metrics or headlines(found)]
    return Outlook([one.seed for one in found], outcomes, list(_effects(found, outcomes)))


def headlines(found: Sequence[Replication]) -> list[str]:
    """The headline metrics that the runs have, one for each currency."""
    names = [name for name in found[0].figures if name.split(".")[0] in HEADLINES]
    return sorted(names, key=lambda name: HEADLINES.index(name.split(".")[0]))


def _outcome(found: Sequence[Replication], metric: str) -> Outcome:
    values = column([one.figures for one in found], metric)
    _, unit, currency = found[0].figures[metric]
    return Outcome(metric, unit, currency, values)


def _effects(found: Sequence[Replication], outcomes: Sequence[Outcome]) -> Iterable[RuleEffect]:
    """Of each rule that came in some futures and not in others."""
    rules = dict.fromkeys(mark.text for one in found for mark in one.came)
    for rule in rules:
        came = np.array([any(mark.text == rule for mark in one.came) for one in found])
        if came.all():
            continue
        for outcome in outcomes:
            effect, error = difference(outcome.values[came], outcome.values[~came])
            yield RuleEffect(rule, outcome.metric, float(came.mean()), effect, error)


def difference(ones: Floats, others: Floats) -> tuple[float, float]:
    """The difference of two means and its standard error (Welch), NaN with fewer than two of either."""
    ones, others = ones[~np.isnan(ones)], others[~np.isnan(others)]
    if min(len(ones), len(others)) < 2:
        return (float(ones.mean() - others.mean()) if len(ones) and len(others) else float("nan")), float("nan")
    error = np.sqrt(ones.var(ddof=1) / len(ones) + others.var(ddof=1) / len(others))
    return float(ones.mean() - others.mean()), float(error)
