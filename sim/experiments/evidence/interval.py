"""Intervals of 95 % for a mean, where one is all that is asked.

>>> mean_interval(np.array([1.0, 2.0, 3.0]))
Interval(value=2.0, low=-0.484..., high=4.484...)
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from sim.experiments.paired import LEVEL, UNSAID, quantile
from sim.experiments.runs import Floats


class Interval(NamedTuple):
    """A value and what it may be."""

    value: float
    low: float
    high: float

    def __contains__(self, value: object) -> bool:
        return isinstance(value, float | int) and self.low <= value <= self.high

    @property
    def half(self) -> float:
        """Half of its width."""
        return (self.high - self.low) / 2

    def less(self, number: float) -> "Interval":
        """The same from another zero."""
        return Interval(*(bound - number for bound in self))

    def times(self, factor: float) -> "Interval":
        """The same in other units, for a factor > 0."""
        return Interval(self.value * factor, self.low * factor, self.high * factor)


def mean_interval(values: Floats) -> Interval:
    """Student's interval of a mean; NaN bounds with fewer than two values.

    Parameters
    ----------
    values : of independent runs, array of shape (n_runs,)
    """
    n = len(values)
    mean, half = float(values.mean()), quantile(LEVEL, n) * float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else UNSAID
    return Interval(mean, mean - half, mean + half)


def proportion_interval(hits: int, n: int, covered: float = LEVEL) -> Interval:
    """Wilson's interval of a share that was counted.

    >>> proportion_interval(95, 100)
    Interval(value=0.95, low=0.888..., high=0.978...)

    Notes
    -----
    Wilson (1927), https://doi.org/10.1080/01621459.1927.10502953: the shares that a normal test would not reject.
    """
    z = NormalDist().inv_cdf((1 + covered) / 2)
    share, shrink = hits / n, 1 + z * z / n
    middle = (share + z * z / (2 * n)) / shrink
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / shrink
    return Interval(share, float(middle - half), float(middle + half))
