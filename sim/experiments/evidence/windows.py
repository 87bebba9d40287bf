"""Windows: what another length of the window changes, for the metrics and for the busiest account.

    found = halving(load("us-baseline"), seeds=range(1, 21))
    found.length_s, found.lengths_s                 # 900; the half, and the double
    found.changes["bookings", 450].relative         # Interval: by how much the half moves it, of its value

Viewers see what was published when their window began, so a shorter window is a closer approximation and a longer one
shows which way it goes. The people and their chances are the same under every length: differences are taken seed by
seed. Where errors fall with the window in proportion, as much again is left to the limit of no window at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Final, NamedTuple

import msgspec
import numpy as np

from sim.experiments.evidence.interval import Interval, mean_interval
from sim.experiments.evidence.peaks import SECOND_US, Peaks
from sim.experiments.evidence.tasks import Tell, each, unseen
from sim.experiments.runs import Floats
from sim.ledger.errors import CoinworksError
from sim.metrics.summary import Kpis
from sim.model.measured import measured
from sim.scenario import Scenario
from sim.tables import Columns

METRICS: Final = ("bookings", "revenue", "creator_income", "gmv", "commission", "payers", "gifts", "orders")
SPANS_S: Final = {"peak_in_a_second": 1, "peak_in_a_minute": 60}  # of all that touches an account
BY_VIEWERS: Final = "peak_by_viewers"  # in a second, without what falls due at a boundary
PEAKS: Final = (*SPANS_S, BY_VIEWERS)
# By how much halving a window may move it, as this project states. What falls due at a boundary comes within a second.
STATED: Final = {"metric": 0.03, "peak": 0.1, "peak_in_a_second": 0.2}


class Change(NamedTuple):
    """What a length of the window makes of a metric, beside the scenario's own: arrays of shape (n_seeds,).

    Attributes
    ----------
    stated : the relative error that is stated for it
    """

    metric: str
    length_s: int
    bases: Floats
    values: Floats
    stated: float

    @property
    def relative(self) -> Interval:
        """By how much it moves, of the mean under the scenario's own window."""
        return mean_interval(self.values - self.bases).times(1 / float(self.bases.mean()))

    @property
    def verdict(self) -> str:
        """Whether the interval lies within the stated error, beyond it, or both."""
        low, high = self.relative[1:]
        if max(abs(low), abs(high)) <= self.stated:
            return "within"
        return "beyond" if low > self.stated or high < -self.stated else "not told"


class Windows(NamedTuple):
    """Every metric under every length."""

    scenario: str
    viewers: int
    days: int
    seeds: list[int]
    length_s: int
    lengths_s: tuple[int, ...]
    changes: Mapping[tuple[str, int], Change]


def halving(scenario: Scenario, seeds: Iterable[int], executor: Executor | None = None, tell: Tell = unseen) -> Windows:
    """Run a scenario with its window, with half of it and with the double.

    Raises
    ------
    CoinworksError : the window can't be halved or doubled in whole seconds that divide a day
    """
    seeds, own_s = list(seeds), scenario.window_us // SECOND_US
    if own_s % 2:
        raise CoinworksError(f"{scenario.name}: a window of {own_s} s: expected an even number of seconds, to halve it")
    lengths_s = (own_s // 2, 2 * own_s)
    variants = {own_s: scenario, **{length_s: with_window(scenario, length_s) for length_s in lengths_s}}
    tasks = [(variant, seed) for variant in variants.values() for seed in seeds]
    runs = each(_run, tasks, executor, tell)
    n = len(seeds)
    found = {length_s: runs[k * n : (k + 1) * n] for k, length_s in enumerate(variants)}
    return Windows(
        scenario.name,
        scenario.viewers,
        scenario.days,
        seeds,
        own_s,
        lengths_s,
        {
            (metric, length_s): Change(
                metric, length_s, _column(found[own_s], metric), _column(found[length_s], metric), _stated(metric)
            )
            for metric in (*METRICS, *PEAKS)
            for length_s in lengths_s
            if _column(found[own_s], metric).any()
        },
    )


def with_window(scenario: Scenario, length_s: int) -> Scenario:
    """The same with another window.

    Raises
    ------
    CoinworksError : a window that doesn't divide a day
    """
    if 86_400 % length_s:
        raise CoinworksError(f"{scenario.name}: a window of {length_s} s: expected one that divides a day")
    return msgspec.structs.replace(scenario, window=f"{length_s}s")


def _run(scenario: Scenario, seed: int) -> dict[str, float]:
    """The metrics and peaks of one run."""
    peaks = {name: Peaks(span_s * SECOND_US) for name, span_s in SPANS_S.items()}

    def hear(block: Columns) -> None:
        for peak in peaks.values():
            peak(block)

    kpis = measured(scenario, seed, hear).kpis
    return {
        **{metric: _value(kpis, metric) for metric in METRICS},
        **{name: float(peak.most) for name, peak in peaks.items()},
        BY_VIEWERS: float(peaks["peak_in_a_second"].most_by_viewers),
    }


def _value(kpis: Kpis, metric: str) -> float:
    """A metric of the only currency, 0 where there are several."""
    return float(kpis[metric]["value"]) if metric in kpis else 0.0


def _column(runs: Sequence[Mapping[str, float]], metric: str) -> Floats:
    return np.array([run[metric] for run in runs], np.float64)


def _stated(metric: str) -> float:
    return STATED.get(metric, STATED["peak" if metric in PEAKS else "metric"])
