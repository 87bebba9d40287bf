"""Difference-in-differences: the effect of what reaches some viewers earlier than others.

    found = estimate(panel, first_day)              # panel (n_viewers, n_days), first treated day of each viewer
    found.effect, found.error

For each cohort (those treated from the same day on) and each day from then on, the estimate compares the change since
before the cohort's first day with the change of those who aren't treated yet; treated viewer-days weigh alike. This is
the group-time effect of Callaway and Sant'Anna (2021, https://doi.org/10.1016/j.jeconom.2020.12.001) with controls not
yet treated, and the mean of all days before as the base. It is right if the others' change is what the cohort's would
have been: if nobody's treatment changes what the others do.

It is linear in the panel. So with a panel of the same people without treatment it splits, exactly, into

    estimate(with) = effect on the treated - effect on their controls + estimate(without)

the truth, the bias where treated and untreated meet, and the noise that the replication would show anyway.
"""

from collections.abc import Iterator
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.ledger.errors import CoinworksError

Floats = npt.NDArray[np.float64]
Int64Array = npt.NDArray[np.int64]

SIZE: Final = 0.05  # of the two-sided test
NORMAL: Final = NormalDist()
CRITICAL: Final = NORMAL.inv_cdf(1 - SIZE / 2)


class Estimate(NamedTuple):
    """An effect a treated viewer and day, and its standard error with viewers as clusters."""

    effect: float
    error: float

    @property
    def is_significant(self) -> bool:
        """Whether a two-sided test of the size SIZE sees it."""
        return bool(abs(self.effect) > CRITICAL * self.error)


class Cell(NamedTuple):
    """A cohort on a day, its controls, and the part of all treated viewer-days that it is."""

    first_day: int
    day: int
    cohort: npt.NDArray[np.bool_]
    controls: npt.NDArray[np.bool_]
    weight: float


def estimate(panel: npt.NDArray[np.integer | np.floating], first_day: Int64Array) -> Estimate:
    """The mean effect on treated viewer-days.

    Parameters
    ----------
    panel : outcomes, array of shape (n_viewers, n_days)
    first_day : the first treated day of each viewer, n_days where never; array of shape (n_viewers,)

    Raises
    ------
    CoinworksError : nobody is treated from a later day than the first, or nobody is left to compare with
    """
    scores = np.zeros(len(first_day))
    for cell in cells(first_day, panel.shape[1]):
        change = panel[:, cell.day] - panel[:, : cell.first_day].mean(axis=1)
        for group, sign in ((cell.cohort, 1), (cell.controls, -1)):
            scores[group] += sign * cell.weight * change[group] / group.sum()
    return Estimate(float(scores.sum()), _error(scores, first_day))


def mean_effect(panel: npt.NDArray[np.integer | np.floating], first_day: Int64Array) -> tuple[float, float]:
    """Of a panel of true effects (with less without): the mean over treated viewer-days, and over their controls."""
    found = [(cell, panel[:, cell.day]) for cell in cells(first_day, panel.shape[1])]
    treated = sum(cell.weight * float(effect[cell.cohort].mean()) for cell, effect in found)
    return treated, sum(cell.weight * float(effect[cell.controls].mean()) for cell, effect in found)


def cells(first_day: Int64Array, n_days: int) -> list[Cell]:
    """Every cohort and day that has controls; those treated from the first day on have no before, and are left out."""
    found = list(_cells(first_day, n_days))
    if not found:
        raise CoinworksError("a rollout: expected viewers who get it after the first day, and others who don't yet")
    total = sum(cell.weight for cell in found)
    return [cell._replace(weight=cell.weight / total) for cell in found]


def _cells(first_day: Int64Array, n_days: int) -> Iterator[Cell]:
    for first in sorted(set(first_day.tolist()) - {0, n_days}):
        cohort = first_day == first
        for day in range(first, n_days):
            controls = first_day > day
            if controls.any():
                yield Cell(first, day, cohort, controls, float(cohort.sum()))


def _error(scores: Floats, first_day: Int64Array) -> float:
    """Within a group, treated from the same day on, viewers' scores are independent and alike."""
    groups = [scores[first_day == first] for first in set(first_day.tolist())]
    return float(np.sqrt(sum(len(group) * group.var(ddof=1) for group in groups if len(group) > 1)))


def power(effect: float, error: float) -> float:
    """The chance that a two-sided test of the size SIZE sees an effect, where the estimate is normal.

    >>> round(power(0.0, 1.0), 3), round(power(2.8, 1.0), 2)
    (0.05, 0.8)
    """
    if error == 0:
        return float(effect != 0)
    shift = effect / error
    return NORMAL.cdf(shift - CRITICAL) + NORMAL.cdf(-shift - CRITICAL)


def least_effect(error: float, chance: float = 0.8) -> float:
    """The least effect that is seen with that chance: (z(1 - SIZE / 2) + z(chance)) standard errors."""
    return (CRITICAL + NORMAL.inv_cdf(chance)) * error
