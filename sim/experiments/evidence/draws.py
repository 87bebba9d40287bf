"""Common draws: how many times fewer runs a comparison needs, since both of its sides share their draws.

    found = common_draws(load("us-baseline"), seeds=range(1, 41))
    found["bookings"].times_fewer                   # Interval: independent runs needed for one pair of common ones

The policy is a price change of 5 %. With common draws the variance of a difference is that of the pairs' differences;
with independent draws it is the sum of both sides' variances. Their ratio is that of the runs needed for one precision,
and all three are estimated from the same pairs.
"""

from collections.abc import Iterable
from concurrent.futures import Executor
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

import msgspec
import numpy as np

from sim.experiments.evidence.interval import Interval
from sim.experiments.evidence.tasks import Tell, unseen
from sim.experiments.paired import LEVEL, quantile
from sim.experiments.runs import Floats, Keep, Task, column, run_all
from sim.ledger.errors import CoinworksError
from sim.scenario import PackPrice, Scenario

DEARER: Final = Decimal("1.05")
METRICS: Final = ("bookings", "topups", "payers", "coins_given", "gifts", "revenue", "creator_income")


class Draws(NamedTuple):
    """A metric under both prices, seed by seed: arrays of shape (n_seeds,)."""

    metric: str
    bases: Floats
    others: Floats

    @property
    def relative(self) -> float:
        """The mean difference, of the base."""
        return float((self.others - self.bases).mean() / self.bases.mean())

    @property
    def times_fewer(self) -> Interval:
        """The variance of a difference under independent draws, over that under common ones."""
        return variance_ratio(self.bases, self.others)


def common_draws(
    scenario: Scenario,
    seeds: Iterable[int],
    executor: Executor | None = None,
    keep: Keep | None = None,
    tell: Tell = unseen,
) -> list[Draws]:
    """Run a scenario and the same with coins dearer by 5 % under the same seeds; of metrics with anything in them.

    Raises
    ------
    CoinworksError : nothing happens in any of the runs
    """
    seeds = list(seeds)
    tasks = [Task(one, seed) for one in (scenario, dearer(scenario)) for seed in seeds]
    found = run_all(tasks, executor, keep, on_done=lambda done: tell(done / len(tasks)))
    bases, others = found[: len(seeds)], found[len(seeds) :]
    draws = [Draws(metric, column(bases, metric), column(others, metric)) for metric in METRICS]
    told = [one for one in draws if one.bases.any()]
    if not told:
        raise CoinworksError(f"{scenario.name}: nobody buys coins under these seeds; expected more viewers or days")
    return told


def dearer(scenario: Scenario, factor: Decimal = DEARER) -> Scenario:
    """The same where every coin pack costs so many times as much from the start on, rounded half up."""
    changes = tuple(
        PackPrice(
            at=scenario.start,
            region=region,
            pack=pack.name,
            price_cents=int((pack.price_cents * factor).to_integral_value(ROUND_HALF_UP)),
        )
        for region in scenario.regions
        for pack in scenario.packs(region)
    )
    return msgspec.structs.replace(
        scenario, name=f"{scenario.name}, dearer coins", interventions=(*changes, *scenario.interventions)
    )


def variance_ratio(ones: Floats, others: Floats) -> Interval:
    """Sum of two variances over that of the difference, pair by pair, with the jackknife's interval of its logarithm.

    Parameters
    ----------
    ones, others : of pairs, arrays of shape (n_pairs,), n >= 3

    Notes
    -----
    For normal pairs of equal variance that correlate by r it is 1 / (1 - r). The jackknife leaves each pair out once
    (Efron and Tibshirani 1993, ch. 11) and takes the logarithm as normal. Pairs without any difference give infinity.
    """
    if np.array_equal(ones, others):
        return Interval(float("inf"), float("inf"), float("inf"))
    n = len(ones)
    log = _log_ratio(ones, others)
    without = np.array([_log_ratio(np.delete(ones, k), np.delete(others, k)) for k in range(n)])
    error = np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    half = quantile(LEVEL, n) * float(error)
    return Interval(*(float(np.exp(bound)) for bound in (log, log - half, log + half)))


def _log_ratio(ones: Floats, others: Floats) -> float:
    return float(np.log(ones.var(ddof=1) + others.var(ddof=1)) - np.log((others - ones).var(ddof=1)))
