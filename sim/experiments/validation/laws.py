"""Whether incomes follow a power law: the tests of Clauset, Shalizi and Newman, "Power-law distributions in empirical
data", SIAM Review 51 (2009), which S11 used on creators.

    tail = power_law(incomes)
    tail.shape, tail.least
    likelihood_ratio(incomes)               # below -1.64: a lognormal tail describes them better, at 5 %
"""

from math import log, sqrt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST_TAIL: Final = 50  # incomes; fewer tell no law from another
LEAST_PART: Final = 4  # a quarter of the incomes at least: the law is said to hold of more than a few at the top
CUTS: Final = 50  # of the tail, tried


class Tail(NamedTuple):
    """A power law above `least`, with density in proportion to x ** -shape; `distance` is Kolmogorov's, of the fit."""

    shape: float
    least: float
    distance: float


def power_law(incomes: npt.ArrayLike) -> Tail:
    """The power law that describes the upper tail best, by maximum likelihood above the cut that fits it most closely.

    Unlike theirs, the tail holds a quarter of the incomes at least: a cut that may leave fifty gives no test any power.

    Parameters
    ----------
    incomes : array of shape (n,), each > 0, in any one unit

    Raises
    ------
    ValueError : fewer than LEAST_TAIL incomes, or one that isn't above 0
    """
    ordered = _ordered(incomes)
    least = max(LEAST_TAIL, len(ordered) // LEAST_PART)
    places = np.unique(np.linspace(0, len(ordered) - least, CUTS).astype(np.int64))
    return min((_fitted(ordered[place:]) for place in places), key=lambda tail: tail.distance)


def likelihood_ratio(incomes: npt.ArrayLike) -> float:
    """Vuong's normalized ratio of the likelihoods of a power law and of a lognormal law, both cut where the first fits.

    Returns
    -------
    below 0 where the lognormal law is nearer; standard normal where neither is

    Raises
    ------
    ValueError : fewer than LEAST_TAIL incomes, or one that isn't above 0
    """
    tail = power_law(incomes)
    above = _ordered(incomes)
    above = above[above >= tail.least]
    power = log(tail.shape - 1) - log(tail.least) - tail.shape * np.log(above / tail.least)
    gain = power - _lognormal(np.log(above), log(tail.least))
    spread = float(gain.std())
    return float(gain.sum() / (spread * sqrt(len(above)))) if spread else 0.0


def _ordered(incomes: npt.ArrayLike) -> Floats:
    ordered = np.sort(np.asarray(incomes, np.float64))
    if len(ordered) < LEAST_TAIL or ordered[0] <= 0:
        raise ValueError(f"incomes(n={len(ordered)}): expected at least {LEAST_TAIL}, each above 0")
    return ordered


def _fitted(above: Floats) -> Tail:
    """The law above its least income, and how far it is from what is seen."""
    least, n = float(above[0]), len(above)
    logs = np.log(above / least)
    shape = 1 + n / max(float(logs.sum()), 1e-12)
    expected = 1 - np.exp((1 - shape) * logs)
    distance = np.maximum(np.abs(expected - np.arange(n) / n), np.abs(expected - np.arange(1, n + 1) / n)).max()
    return Tail(shape, least, float(distance))


def _lognormal(logs: Floats, cut: float) -> Floats:
    """Log density of each income under the likeliest lognormal law above the cut, by its logarithm."""
    from scipy.optimize import minimize
    from scipy.stats import norm

    def densities(at: Floats) -> Floats:
        mean, sigma = float(at[0]), float(np.exp(at[1]))
        shown: Floats = norm.logpdf(logs, mean, sigma) - norm.logsf(cut, mean, sigma) - logs
        return shown

    start = np.array([logs.mean(), np.log(max(float(logs.std()), 1e-3))])
    bounds = [(start[0] - 50, start[0] + 50), (-7.0, 3.0)]
    found = minimize(lambda at: -float(densities(at).sum()), start, method="Nelder-Mead", bounds=bounds)
    return densities(found.x)
