"""Paired differences: one metric of two scenarios under the same seeds, and how sure it is.

    >>> told = Difference("gmv", "money", "USD", np.array([100.0, 120.0, 110.0]), np.array([103.0, 122.0, 114.0]))
    >>> told.base, told.other, told.difference
    (110.0, 113.0, 3.0)
    >>> [round(bound, 2) for bound in told.interval_seeds]
    [0.52, 5.48]

Under one seed two scenarios share their draws, so what both have cancels, pair by pair. Money is in minor units.

Intervals are Student's, wider by what the skewness of the pairs says (`widening`). Where few payers make a metric, or
it rarely differs at all, they still cover less than they say, and the difference says so (`mark`).
"""

from collections.abc import Mapping
from math import sqrt
from typing import Final, Literal, NamedTuple

import numpy as np

from sim.experiments.beliefs import Belief, BreakEven, Label
from sim.experiments.runs import Floats
from sim.experiments.welfare import FIGURE

Interval = tuple[float, float]
Mark = Literal["", "few payers", "rare"]

LEVEL: Final = 0.95
HELD: Final = 0.9  # of intervals marked "few payers" hold the truth, about, by `evidence coverage`
ENOUGH_PAYERS: Final = 30  # effective ones in a run, see `payers`
LEAST: Final = 2  # pairs without which nothing can be said of chance
KNOW_SKEWNESS: Final = 8  # pairs
VARIES: Final = 0.6  # of itself, from where a metric is made by a few
UNSAID: Final = float("nan")
NOT_RELATIVE: Final = ("share", "index")
OF_PAYERS: Final = ("money", "coins")  # units of what payers make


class Difference(NamedTuple):
    """What a metric comes to in two scenarios, and the difference: other less base.

    Attributes
    ----------
    bases, others : by seed, arrays of shape (n_seeds,), NaN where nothing can be said
    read : how many metrics are read together
    p_joint : the p-value, corrected for that by Holm's method
    belief : what the draws of all that nobody knows make of it, where they were made
    break_even : the value of what matters most at which the sign turns, where it was looked for
    payers : effective ones in a run, NaN where that isn't known, see `sim.experiments.payers`
    """

    metric: str
    unit: str
    currency: str
    bases: Floats
    others: Floats
    read: int = 1
    p_joint: float = UNSAID
    belief: Belief | None = None
    break_even: BreakEven | None = None
    payers: float = UNSAID

    @property
    def differences(self) -> Floats:
        """Of each pair of which something can be said."""
        found = self.others - self.bases
        return found[~np.isnan(found)]

    @property
    def base(self) -> float:
        """The base's mean over these pairs."""
        return _mean(self.bases[~np.isnan(self.others - self.bases)])

    @property
    def other(self) -> float:
        """The other's mean over these pairs."""
        return _mean(self.others[~np.isnan(self.others - self.bases)])

    @property
    def difference(self) -> float:
        """Other less base, in the mean."""
        return _mean(self.differences)

    @property
    def is_relative(self) -> bool:
        """Whether it is told as a part of the base: not of shares, indices and gains, nor where the base is nothing.

        The level of a gain rests on demand beyond all prices seen, so that a part of it would mean nothing.
        """
        return self.unit not in NOT_RELATIVE and self.metric not in FIGURE and self.base > 0

    @property
    def relative(self) -> float:
        """The difference as a part of the base's mean; NaN where that is nothing."""
        return self.difference / self.base if self.base else UNSAID

    @property
    def error(self) -> float:
        """The standard error of the difference; NaN with fewer than two pairs."""
        return _error(self.differences)

    @property
    def error_told(self) -> float:
        """The same of what is told: where that is a part of the base, what moves with the base is no error.

        Notes
        -----
        A ratio of means: its linearization says that the error is that of the differences less the part of their own
        base (the ratio estimator of survey sampling). Where a policy adds a tenth in every pair, the tenth is known
        exactly, however bases vary.
        """
        return _error(self._told_of_each)

    @property
    def precision(self) -> float:
        """The half-width of `interval_told` as a part of the base's mean, or of the other's where that is nothing."""
        size = abs(self.base) or abs(self.other)
        half = half_width(self._told_of_each)
        return half / size if size else 0.0 if half == 0 else UNSAID

    @property
    def interval_seeds(self) -> Interval:
        """The 95 % interval of the difference over seeds: what is chance, if all that nobody knows is as stated."""
        return self._interval(LEVEL)

    @property
    def interval_told(self) -> Interval:
        """The same of what is told: of the part of the base, times its mean, where the difference is told as a part.

        >>> tenth = Difference("gmv", "money", "USD", np.array([100.0, 300.0]), np.array([110.0, 330.0]))
        >>> [round(bound, 9) for bound in tenth.interval_told]
        [20.0, 20.0]
        """
        half = half_width(self._told_of_each)
        return self.difference - half, self.difference + half

    @property
    def interval_joint(self) -> Interval:
        """The same, so that in 95 % of all comparisons every metric read is within its own (Bonferroni)."""
        return self._interval(1 - (1 - LEVEL) / self.read)

    @property
    def p_value(self) -> float:
        """Of no difference, by the paired t-test on both sides: the level at which `interval_seeds` touches 0."""
        from scipy.special import stdtr

        n = len(self.differences)
        if n < LEAST:
            return UNSAID
        if self.error == 0:
            return float(self.difference == 0)
        return float(2 * stdtr(n - 1, -abs(self.difference) / (self.error * widening(self.differences))))

    @property
    def mark(self) -> Mark:
        """Why its intervals over seeds aren't shown to cover what they say; empty where they are.

        "few payers": money or coins, or how unequal payers are, of fewer than `ENOUGH_PAYERS`: about `HELD` of them
        hold the truth. "rare": most pairs are the same, or the base varies by more than half of itself from seed to
        seed, so a few events make it; how many hold the truth isn't known.
        """
        if not self.differences.any():
            return ""
        return "rare" if self._is_rare else mark_of(self.metric, self.unit, self.payers)

    @property
    def _is_rare(self) -> bool:
        if 2 * np.count_nonzero(self.differences) < len(self.differences):
            return True
        bases = self.bases[~np.isnan(self.bases)]
        return self.is_relative and self.metric not in FIGURE and float(bases.std()) > VARIES * self.base

    @property
    def interval_parameters(self) -> Interval | None:
        """From 5 % to 95 % of the draws over what nobody knows, in the metric's unit; None where none were made."""
        if self.belief is None:
            return None
        size = self.base if self.belief.is_relative else 1.0
        low, high = self.belief.interval
        return low * size, high * size

    @property
    def sign_share(self) -> float | None:
        """Of these draws, those with the sign of the difference."""
        return None if self.belief is None else self.belief.sign_share

    @property
    def label(self) -> Label | None:
        """What it rests on: mechanism, fitted or assumed."""
        return None if self.belief is None else self.belief.label

    @property
    def is_told(self) -> bool:
        """Whether it can be told from chance where all metrics are read together: the joint interval doesn't hold 0."""
        low, high = self.interval_joint
        return low > 0 or high < 0

    @property
    def is_clear(self) -> bool:
        """Whether its sign is: the interval over seeds, and that over what nobody knows if drawn, lie beyond 0."""
        told = [interval for interval in (self.interval_told, self.interval_parameters) if interval is not None]
        return all(low > 0 for low, _ in told) or all(high < 0 for _, high in told)

    @property
    def _told_of_each(self) -> Floats:
        """Each pair's difference, less what moves with its base where a part of the base is told."""
        if not self.is_relative:
            return self.differences
        return self.differences - self.relative * self.bases[~np.isnan(self.others - self.bases)]

    def _interval(self, level: float) -> Interval:
        half = half_width(self.differences, level)
        return self.difference - half, self.difference + half


def mark_of(metric: str, unit: str, payers: float) -> Mark:
    """Whether so few effective payers make a metric that its interval isn't shown to cover what it says."""
    is_of_payers = unit in OF_PAYERS or metric.startswith("payer_")
    return "few payers" if is_of_payers and payers < ENOUGH_PAYERS else ""


def half_width(values: Floats, level: float = LEVEL) -> float:
    """Of the interval of that level for the mean of independent values, array of shape (n,); NaN of fewer than two."""
    return quantile(level, len(values)) * _error(values) * widening(values)


def widening(values: Floats) -> float:
    """How many times as wide as Student's the interval of a mean has to be, because its values are skewed.

    >>> widening(np.array([0.0] * 8)), widening(np.array([-1.0, 1.0] * 4))
    (1.0, 1.0)
    >>> round(widening(np.array([0.0] * 7 + [1.0])), 2)
    3.19

    Notes
    -----
    1 + (q^4 + 2 q^2 - 3) / 18 * G^2 / n, with the t-quantile q and the sample's skewness G, adjusted for its size
    (Joanes and Gill 1998): the second-order term of the Edgeworth expansion of |T| by which skewness moves the quantile
    of a symmetric interval (Hall 1988; Hall 1992, section 3.5). The kurtosis' term is small and left out. The
    first-order term, which moves an interval to one side (Johnson 1978; the transformation of Hall 1992b), cancels in a
    symmetric one, and is better left so: eight pairs hardly know the sign of their skewness, and with it fewer
    intervals hold the truth. Fewer than eight don't know its square either: 1.

    Fails where a sample seldom holds what makes the skewness: see `Difference.mark`.

    References
    ----------
    Hall (1988), J. Royal Statistical Society B 50, 35-45. Hall (1992), The Bootstrap and Edgeworth Expansion. Hall
    (1992b), J. Royal Statistical Society B 54, 221-228. Johnson (1978), J. American Statistical Association 73,
    536-544. Joanes and Gill (1998), The Statistician 47, 183-189.
    """
    n, centred = len(values), values - values.mean() if len(values) else values
    variance = float((centred**2).mean()) if n >= KNOW_SKEWNESS else 0.0
    if variance == 0:
        return 1.0
    skewness = float((centred**3).mean()) / (variance * sqrt(variance)) * sqrt(n * (n - 1)) / (n - 2)
    q = quantile(LEVEL, n)
    return 1 + (q**4 + 2 * q**2 - 3) / 18 * skewness**2 / n


def quantile(level: float, n: int) -> float:
    """Of Student's t with n - 1 degrees of freedom, for an interval of that level; NaN with fewer than two.

    >>> round(quantile(0.95, 8), 3)
    2.365
    """
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, (1 + level) / 2)) if n >= LEAST else UNSAID


def corrected(found: Mapping[str, Difference]) -> dict[str, Difference]:
    """Differences that are read together: how many of them can differ, and Holm's p-values.

    What is the same in every pair (the number of viewers) can't be taken for a finding, and isn't counted.
    """
    at_risk = {name: told.p_value for name, told in found.items() if told.error > 0}
    joint = holm(at_risk)
    read = max(len(at_risk), 1)
    return {name: told._replace(read=read, p_joint=joint.get(name, told.p_value)) for name, told in found.items()}


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Holm's step-down correction.

    >>> holm({"a": 0.01, "b": 0.04, "c": 0.03})
    {'a': 0.03, 'c': 0.06, 'b': 0.06}
    """
    joint: dict[str, float] = {}
    largest = 0.0
    for place, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[name]))
        joint[name] = largest
    return joint


def _error(values: Floats) -> float:
    """The standard error of a mean; NaN with fewer than two values."""
    n = len(values)
    return float(values.std(ddof=1)) / n**0.5 if n >= LEAST else UNSAID


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else UNSAID
