"""Demand: what somebody would have paid, in closed form, from the rules by which she chooses.

    curve = Curve(hesitation=0.3, elasticity=1.5, reference=1.513)
    curve.chance(price)                                 # by which the price of a coin doesn't keep a fan away
    area(curve, menu, willing, price)                   # surplus of a moment at that price, before chance decides
    mean_surplus(0.8)                                   # of a good that is worth its price, as a part of that price

A moment of giving wants the dearest gift that so much money buys, and goes on by a chance that falls with the price of
a coin. So its demand for coins at a price s is gift(willing / s) x chance(s), and its surplus at the price p is the
area under it from p on: a sum over the steps of the menu, each of an integral of a power.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LEAST_CHANCE: Final = 1e-12


class Curve(NamedTuple):
    """How the price of a coin, in minor units, deters from buying one (see `sim.behavior.topup.stays_away`).

    Attributes
    ----------
    hesitation : share of intended topups given up at the reference price
    elasticity : of the demand for coins around that price, as a positive exponent
    reference : price of a coin at which the hesitation was measured
    """

    hesitation: float
    elasticity: float
    reference: float

    def chance(self, price: Floats) -> Floats:
        """The chance to go on at a price: min(1, (1 - hesitation) (price / reference) ^ (1 - elasticity)).

        >>> Curve(0.3, 2.0, 1.5).chance(np.array([0.9, 1.5, 3.0]))
        array([1.  , 0.7 , 0.35])
        """
        if self.hesitation >= 1.0:
            return np.zeros_like(price)
        return np.minimum((1.0 - self.hesitation) * (price / self.reference) ** (1.0 - self.elasticity), 1.0)

    def below(self, price: Floats) -> Floats:
        """The integral of the chance from 0 to a price, in minor units.

        The chance is certain on one side of the price at which it becomes 1, and a power of the price on the other.

        >>> Curve(0.3, 1.0, 1.5).below(np.array([2.0]))
        array([1.4])
        >>> Curve(0.0, 3.0, 1.0).below(np.array([0.5, 2.0]))     # certain up to 1, then 1 / s ^ 2
        array([0.5, 1.5])
        """
        share, fall = 1.0 - self.hesitation, self.elasticity - 1.0
        if share <= 0.0:
            return np.zeros_like(price)
        if fall == 0.0:
            return share * price
        edge = self.reference * share ** (1.0 / fall)  # where the chance is 1
        low, high = np.minimum(price, edge), np.maximum(price, edge)
        if fall > 0.0:
            return np.where(price <= edge, price, edge + self._between(edge, high))
        return np.where(price <= edge, self._between(0.0, low), self._between(0.0, np.asarray(edge)) + price - edge)

    def _between(self, begin: float, end: Floats) -> Floats:
        """The integral of the power, where it is at most 1."""
        share, power = 1.0 - self.hesitation, 1.0 - self.elasticity
        if power == -1.0:
            return np.asarray(share * self.reference * np.log(end / begin))
        scale = share * self.reference**-power / (power + 1.0)
        return np.asarray(scale * (end ** (power + 1.0) - begin ** (power + 1.0)))


def area(curve: Curve, menu: Integers, willing: Floats, price: Floats) -> Floats:
    """The surplus that moments of giving bring in the mean at a price of a coin, before chance decides who goes on.

    Parameters
    ----------
    menu : ascending prices of gifts, in coins
    willing : array of shape (n,), what giving is worth in each moment, in minor units
    price : array of shape (n,), of a coin, in minor units

    Notes
    -----
    The k-th step of the menu is wanted while a coin costs at most willing / menu[k], so

        area = sum over k of (menu[k] - menu[k - 1]) x the integral of the chance from price to willing / menu[k].

    With a fine menu and prices at which the chance is a power this is willing x chance / (elasticity - 1), the surplus
    of iso-elastic demand, less what lies beyond the price at which the cheapest gift is too dear.
    """
    steps = np.diff(menu, prepend=0).astype(np.float64)
    total, before = np.zeros(len(willing)), curve.below(price)
    for coins, step in zip(menu.tolist(), steps.tolist(), strict=True):
        if step:
            total += step * np.maximum(curve.below(np.maximum(willing / coins, price)) - before, 0.0)
    return total


def worth_of_bought(curve: Curve, menu: Integers, gift: Integers, willing: Floats, price: Floats) -> Floats:
    """What gifts were worth for which coins were bought: their cost at the price of a coin, and the surplus above it.

    Chance has let them go on, so the area is taken on that condition.
    """
    return gift * price + area(curve, menu, willing, price) / np.maximum(curve.chance(price), LEAST_CHANCE)


def worth_of_held(curve: Curve, menu: Integers, gift: Integers, willing: Floats, price: Floats) -> Floats:
    """What gifts were worth that coins at hand paid for: nobody asked whether the price would have deterred.

    Notes
    -----
    Who would have gone on has the worth of a bought gift; who would not, values its coins at the price below which she
    would. In the mean that is gift x the integral of the chance from 0 to the price, and the area.
    """
    return gift * curve.below(price) + area(curve, menu, willing, price)


def mean_surplus(sigma: float, relative_price: float = 1.0) -> float:
    """What a good that is worth its price is worth beyond it, in the mean, as a part of the price.

    Parameters
    ----------
    sigma : of the logarithm of a good's worth, whose median is the usual price
    relative_price : the price, of the usual one

    Notes
    -----
    With m the relative price and N the normal distribution:
    E[W | W > m] / m - 1 = exp(sigma^2 / 2) N(sigma - ln m / sigma) / (m N(-ln m / sigma)) - 1.

    >>> round(mean_surplus(0.8), 4)
    1.1708
    """
    from scipy.special import ndtr

    if sigma <= 0.0:
        return max(1.0 / relative_price - 1.0, 0.0)
    z = np.log(relative_price) / sigma
    return float(np.exp(sigma**2 / 2.0) * ndtr(sigma - z) / (relative_price * ndtr(-z)) - 1.0)
