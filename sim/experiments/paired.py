"""Paired differences: one metric of two scenarios under the same seeds, and how sure it is.

    >>> told = Difference("gmv", "money", "USD", np.array([100.0, 120.0, 110.0]), np.array([103.0, 122.0, 114.0]))
    >>> told.base, told.other, told.difference
    (110.0, 113.0, 3.0)
    >>> [round(bound, 2) for bound in told.interval_seeds]
    [0.52, 5.48]

Under one seed two scenarios share their draws, so what both have cancels, pair by pair. Money is in minor units.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from sim.experiments.beliefs import Belief, BreakEven, Label
from sim.experiments.runs import Floats
from sim.experiments.welfare import FIGURE

Interval = tuple[float, float]

LEVEL: Final = 0.95
KEPT: Final = 0.95  # of the draws, without which a sign isn't clear; so the interval over them holds no 0
LEAST: Final = 2  # pairs without which nothing can be said of chance
UNSAID: Final = float("nan")
NOT_RELATIVE: Final = ("share", "index")


class Difference(NamedTuple):
    """What a metric comes to in two scenarios, and the difference: other less base.

    Attributes
    ----------
    bases, others : by seed, arrays of shape (n_seeds,), NaN where nothing can be said
    read : how many metrics are read together
    p_joint : the p-value, corrected for that by Holm's method
    belief : what the draws of all that nobody knows make of it, where they were made
    break_even : the value of what matters most at which the sign turns, where it was looked for
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
        n = len(self.differences)
        return float(self.differences.std(ddof=1)) / n**0.5 if n >= LEAST else UNSAID

    @property
    def error_told(self) -> float:
        """The same of what is told: where that is a part of the base, what moves with the base is no error.

        Notes
        -----
        A ratio of means: its linearization says that the error is that of the differences less the part of their own
        base (the ratio estimator of survey sampling). Where a policy adds a tenth in every pair, the tenth is known
        exactly, however bases vary.
        """
        if not self.is_relative:
            return self.error
        n, bases = len(self.differences), self.bases[~np.isnan(self.others - self.bases)]
        return float((self.differences - self.relative * bases).std(ddof=1)) / n**0.5 if n >= LEAST else UNSAID

    @property
    def precision(self) -> float:
        """The half-width of `interval_told` as a part of the base's mean, or of the other's where that is nothing."""
        size = abs(self.base) or abs(self.other)
        half = quantile(LEVEL, len(self.differences)) * self.error_told
        return half / size if size else 0.0 if half == 0 else UNSAID

    @property
    def interval_seeds(self) -> Interval:
        """The 95 % t-interval of the difference over seeds: what is chance, if all that nobody knows is as stated."""
        return self._interval(LEVEL)

    @property
    def interval_told(self) -> Interval:
        """The same of what is told: of the part of the base, times its mean, where the difference is told as a part.

        >>> tenth = Difference("gmv", "money", "USD", np.array([100.0, 300.0]), np.array([110.0, 330.0]))
        >>> [round(bound, 9) for bound in tenth.interval_told]
        [20.0, 20.0]
        """
        half = quantile(LEVEL, len(self.differences)) * self.error_told
        return self.difference - half, self.difference + half

    @property
    def interval_joint(self) -> Interval:
        """The same, so that in 95 % of all comparisons every metric read is within its own (Bonferroni)."""
        return self._interval(1 - (1 - LEVEL) / self.read)

    @property
    def p_value(self) -> float:
        """Of no difference, by the paired t-test on both sides."""
        from scipy.special import stdtr

        n = len(self.differences)
        if n < LEAST:
            return UNSAID
        if self.error == 0:
            return float(self.difference == 0)
        return float(2 * stdtr(n - 1, -abs(self.difference) / self.error))

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
        """Whether its sign is: neither chance over seeds nor, where it was drawn, what nobody knows may turn it."""
        low, high = self.interval_told
        return (low > 0 or high < 0) and (self.sign_share is None or self.sign_share >= KEPT)

    def _interval(self, level: float) -> Interval:
        half = quantile(level, len(self.differences)) * self.error
        return self.difference - half, self.difference + half


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


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else UNSAID
