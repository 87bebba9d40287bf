"""Intervals of 95 % for a mean, where one is all that is asked.

>>> mean_interval(np.array([1.0, 2.0, 3.0]))
Interval(value=2.0, low=-0.484..., high=4.484...)
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

COVERED: Final = 0.95


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

    def times(self, factor: float) -> "Interval":
        """The same in other units, for a factor > 0."""
        return Interval(self.value * factor, self.low * factor, self.high * factor)


def mean_interval(values: Floats, covered: float = COVERED) -> Interval:
    """Student's interval of a mean; NaN bounds with fewer than two values.

    Parameters
    ----------
    values : of independent runs, array of shape (n_runs,)
    """
    from scipy.stats import t  # takes a third of a second to import

    n = len(values)
    mean = float(values.mean())
    if n < 2:
        return Interval(mean, float("nan"), float("nan"))
    half = float(t.ppf((1 + covered) / 2, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return Interval(mean, mean - half, mean + half)


def proportion_interval(hits: int, n: int, covered: float = COVERED) -> Interval:
    """Wilson's interval of a share that was counted.

    >>> proportion_interval(95, 100)
    Interval(value=0.95, low=0.888..., high=0.978...)

    Notes
    -----
    Wilson (1927), https://doi.org/10.1080/01621459.1927.10502953: the shares that a normal test would not reject.
    """
    from scipy.stats import norm

    z = float(norm.ppf((1 + covered) / 2))
    share, shrink = hits / n, 1 + z * z / n
    middle = (share + z * z / (2 * n)) / shrink
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / shrink
    return Interval(share, float(middle - half), float(middle + half))
