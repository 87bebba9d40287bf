"""Whether a viewer gives, and which gift: the dearest that is not above what giving is worth just now."""

from typing import Final, NamedTuple

from sim.behavior.crowding import PLAIN
from sim.behavior.traits import log_normal
from sim.behavior.types import Int64Array
from sim.behavior.visit import STEPS
from sim.compiled import rule
from sim.elementary import normal_quantile
from sim.streams import below, uniform

NO_GIFT: Final = -1
MOST_COINS: Final = 10**9

# The steps of giving, each with draws of its own
SEE_COINS: Final = 2
FIRST_GIFT: Final = 3
LAST_GIFT: Final = STEPS - 1


class GiftTerms(NamedTuple):
    """Shares in [0, 1]; `mood_sigma` is of a natural logarithm; no stream makes eager beyond `most_eager`, in ppm."""

    intent: float
    reward_intent: float
    favourite_boost: float
    mood_sigma: float
    combo: float
    most_eager: int


@rule
def wants_to_give(
    word: int, terms: GiftTerms, is_giver: bool, has_rewards: bool, is_favourite: bool, eagerness: int
) -> bool:
    """Whether a visit to a live creator makes a viewer want to give. Others may give reward coins.

    `eagerness` is what the stream makes of the intent, in ppm (see `sim.behavior.crowding`).
    """
    chance = terms.intent if is_giver else (terms.reward_intent if has_rewards else 0.0)
    if is_favourite:
        chance *= terms.favourite_boost
    return uniform(word) < chance * (eagerness / PLAIN)


@rule
def may_want_to_give(word: int, terms: GiftTerms, is_giver: bool) -> bool:
    """Whether any creator could make a viewer want to give, who is a giver or has rewards."""
    most = terms.most_eager
    return wants_to_give(word, terms, is_giver, True, False, most) or wants_to_give(
        word, terms, is_giver, True, True, most
    )


@rule
def willing_to_pay(word: int, median: float, mood_sigma: float) -> float:
    """What a gift is worth to the giver at this moment, in minor units."""
    return log_normal(median, mood_sigma, normal_quantile(uniform(word)))


@rule
def coins_worth(worth: float, coin_price: float) -> int:
    """How many coins a gift may cost that is worth so much money, at the price of a coin today."""
    return int(min(worth / coin_price, float(MOST_COINS)))


@rule
def dearest_within(prices: Int64Array, coins: int) -> int:
    """How many gifts of the ascending menu cost at most so many coins."""
    low, high = 0, prices.shape[0]
    while low < high:
        middle = (low + high) // 2
        if prices[middle] <= coins:
            low = middle + 1
        else:
            high = middle
    return low


@rule
def choose_gift(prices: Int64Array, coins: int, word: int) -> int:
    """The dearest gift within so many coins, any of those that cost the same; NO_GIFT where all are too dear.

    Parameters
    ----------
    prices : ascending array of shape (n_gifts,), in coins
    """
    within = dearest_within(prices, coins)
    if within == 0:
        return NO_GIFT
    first = dearest_within(prices, int(prices[within - 1]) - 1)
    return first + below(word, within - first)
