"""Warm-up: the days in which a run still shows that it began from nothing, by a rule and not by eye.

    found = warm_up(base, other, seeds=range(1, 5))
    found.days, found.why

It is for questions without a date: what the price of a pack does in a usual week. A story with dates, of a rule that
comes on Thursday, is told whole (a terminating simulation; Law 2015, chapter 9): which days to leave out would decide
how much of it is before and how much after.

MSER-5 (White 1997): of all ways to leave the first batches of five observations out, the one after which the mean has
the least standard error; not more than half of the run. An observation is an hour of the metric's flow in the base,
averaged over some seeds, less what that hour of the week (of the day, in a short run) usually brings: evenings and
weekends are no warm-up. Days are left out whole.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from math import ceil
from typing import Final, NamedTuple

import numpy as np

from sim.experiments.runs import Floats
from sim.metrics.series import MEASURES
from sim.model.measured import measured
from sim.scenario import Scenario
from sim.scenario.types import DAY_US

BATCH: Final = 5
DAY_H: Final = 24
WEEK_H: Final = 7 * DAY_H
LEAST_WEEKS: Final = 3
USUAL: Final = "revenue"  # is recognized when coins are spent and parcels arrive, so it is the last to settle


class WarmUp(NamedTuple):
    """How many days are left out, and why so many."""

    days: int
    why: str


def warm_up(
    base: Scenario, other: Scenario, metric: str, seeds: Sequence[int], executor: Executor | None = None
) -> WarmUp:
    """How many days to leave out of a comparison.

    Parameters
    ----------
    metric : whose series is looked at, if it has one; the revenue's else
    seeds : of the base's runs that are looked at
    """
    if tells_of_dates(base, other):
        return WarmUp(0, "what is compared has dates, so the runs count whole")
    if base.days < 2:
        return WarmUp(0, "there is one day only")
    name = metric.partition(".")[0]
    measure = name if name in MEASURES else USUAL
    apply = map if executor is None else executor.map
    series = list(apply(hourly, [base] * len(seeds), [measure] * len(seeds), seeds))
    return WarmUp(settled_after(np.mean(series, axis=0)), f"MSER-5 on the base's hourly {measure}")


def settled_after(hours: Floats) -> int:
    """The days to leave out of an hourly series, array of shape (n_hours,)."""
    return min(ceil(mser(steadied(hours)) / DAY_H), len(hours) // DAY_H // 2)


def mser(values: Floats, batch: int = BATCH) -> int:
    """How many observations MSER leaves out, at most half.

    Notes
    -----
    Of n batch means it leaves out the d that minimize sum((mean - mean of the rest)^2) / (n - d)^2; the least of them
    where several do, so a series that doesn't vary keeps all.
    """
    n = len(values) // batch
    means = values[: n * batch].reshape(n, batch).mean(axis=1)
    errors = [float(((means[d:] - means[d:].mean()) ** 2).sum()) / (n - d) ** 2 for d in range(n // 2 + 1) if d < n]
    return int(np.argmin(errors)) * batch if errors else 0


def steadied(hours: Floats) -> Floats:
    """The series less what its hour usually brings: the median over the weeks, or over the days of less than three.

    A median, for the warm-up must not be taken for usual; and over the whole run, for what is fitted to a part of it
    makes that part look steadier than the rest.
    """
    cycle = WEEK_H if len(hours) >= LEAST_WEEKS * WEEK_H else DAY_H
    usual = np.array([np.median(hours[phase::cycle]) for phase in range(min(cycle, len(hours)))])
    return np.asarray(hours - usual[np.arange(len(hours)) % cycle], np.float64)


def hourly(scenario: Scenario, measure: str, seed: int) -> Floats:
    """A measure of all regions and channels by hour: array of shape (n_hours,); windows longer than that are spread."""
    series = measured(scenario, seed).series
    step_us = max(scenario.window_us, DAY_US // DAY_H)
    steps = np.bincount(series["at_us"] // step_us, series[measure], scenario.duration_us // step_us)
    spread = step_us * DAY_H // DAY_US
    return np.asarray(np.repeat(steps / spread, spread), np.float64)


def tells_of_dates(base: Scenario, other: Scenario) -> bool:
    """Whether the scenarios differ in an intervention or in their calendars."""
    ours, theirs = ({repr(dated) for dated in (*of.interventions, *of.calendar)} for of in (base, other))
    return ours != theirs
