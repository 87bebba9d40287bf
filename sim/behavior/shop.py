"""Whether a viewer buys what a live seller shows."""

from typing import NamedTuple

from sim.behavior.purposes import WORTH
from sim.behavior.traits import log_normal
from sim.compiled import rule
from sim.elementary import normal_quantile
from sim.streams import draw, uniform


class ShopTerms(NamedTuple):
    """`consideration` is the chance that a shopper looks closely; `taste_sigma` is of a natural logarithm."""

    consideration: float
    taste_sigma: float


@rule
def worth_of(seed: int, viewer: int, item: int, usual_price: int, taste_sigma: float) -> float:
    """What a good is worth to a viewer, in minor units: its usual price in the median, the same at every visit."""
    words = draw(seed, viewer, WORTH, item)
    return log_normal(float(usual_price), taste_sigma, normal_quantile(uniform(words[0])))


@rule
def looks_closely(word: int, terms: ShopTerms) -> bool:
    """Whether a viewer thinks about buying at all."""
    return uniform(word) < terms.consideration


@rule
def buys(seed: int, viewer: int, word: int, item: int, price: int, usual_price: int, terms: ShopTerms) -> bool:
    """Whether a visit to a live seller ends in an order: at the usual price, for half of those who look closely."""
    if not looks_closely(word, terms):
        return False
    return worth_of(seed, viewer, item, usual_price, terms.taste_sigma) >= price
