"""Verdicts: every target beside the model, in each place, with an interval over seeds.

rows = judge(found, targets())
[row for row in rows if row.verdict == OUTSIDE]
"""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.experiments.validation.moments import MOMENTS, Moments
from sim.experiments.validation.targets import Target

INSIDE: Final = "inside"
OUTSIDE: Final = "outside"
DISPUTED: Final = "disputed"
ELSEWHERE: Final = "not measured here"
LEVEL: Final = 0.95

Floats = npt.NDArray[np.float64]


class Row(NamedTuple):
    """A target in a place.

    Attributes
    ----------
    value : of the moment, the mean over seeds; NaN where no run can tell it
    low, high : its interval over seeds, 95 % by Student's t; of the world as the seeds draw it, not of the parameters
    verdict : inside or outside by the mean; disputed where the fact is; not measured here where it is about others
    note : where it lies outside, the likely reason; what else is to be known
    """

    target: Target
    place: str
    value: float
    low: float
    high: float
    seeds: int
    verdict: str
    note: str


def judge(found: Mapping[str, Sequence[Moments]], targets: Sequence[Target]) -> list[Row]:
    """All rows: the targets in their order, and of each the places in theirs.

    Parameters
    ----------
    found : by place, the moments of each seed
    """
    return [_judged(target, place, replications) for target in targets for place, replications in found.items()]


def _judged(target: Target, place: str, replications: Sequence[Moments]) -> Row:
    values = np.array([one.get(target.moment, np.nan) for one in replications], np.float64)
    value, low, high = interval(values)
    verdict = verdict_of(target, place, value)
    return Row(target, place, value, low, high, len(values), verdict, _note(target, place, verdict, (low, high)))


def interval(values: Floats) -> tuple[float, float, float]:
    """The mean of replications and its 95 % interval by Student's t; NaN where one of them tells nothing."""
    from scipy.stats import t

    n, mean = len(values), float(values.mean())
    if n < 2:
        return mean, float("nan"), float("nan")
    half = float(t.ppf((1 + LEVEL) / 2, n - 1)) * float(values.std(ddof=1)) / sqrt(n)
    return mean, mean - half, mean + half


def verdict_of(target: Target, place: str, value: float) -> str:
    """What is to be said of a target in a place."""
    if place not in target.places or np.isnan(value):
        return ELSEWHERE
    if target.disputed:
        return DISPUTED
    return INSIDE if target.holds(value) else OUTSIDE


def _note(target: Target, place: str, verdict: str, seen: tuple[float, float]) -> str:
    if verdict == DISPUTED:
        return target.disputed
    if verdict == ELSEWHERE:
        return ""
    crosses = any(bound_between(bound, seen) for bound in (target.low, target.high))
    edge = "the interval over seeds crosses the edge of the range" if crosses else ""
    reason = target.reason(place) if verdict == OUTSIDE else ""
    return "; ".join(text for text in (reason, edge) if text)


def bound_between(bound: float, seen: tuple[float, float]) -> bool:
    """Whether a bound of the range lies within an interval."""
    return seen[0] < bound < seen[1]


def title_of(target: Target) -> str:
    """The moment's title."""
    return MOMENTS[target.moment].title
