"""Which pack, through which channel, or none."""

import numpy as np
import pytest

from sim.behavior.topup import NO_PACK, Packs, TopupTerms, choose_pack, coin_price, coins_lacking, stays_away
from sim.streams import draw

#              coins, cents, on the web
LADDER = [(65, 99, 0), (330, 499, 0), (1321, 1999, 0), (65, 74, 1), (1321, 1499, 1)]
PACKS = Packs(*(np.array(column, np.int64) for column in zip(*LADDER, strict=True)))
PLAIN = TopupTerms(hesitation=0.3, price_elasticity=1.5, leftover_value=0.0, noise=0.0)
RICH = 10**9
N = 4_000


@pytest.mark.parametrize(
    ("shortfall", "on_web", "budget", "leftover_value", "pack"),
    [
        (1, False, RICH, 0.0, 0),  # the cheapest that is enough
        (65, False, RICH, 0.0, 0),  # just enough
        (66, False, RICH, 0.0, 1),  # one of the next, though two of the smallest would cost less
        (331, False, RICH, 0.0, 2),
        (1322, False, RICH, 0.0, 1),  # more than any: five of the next cost less than two of the largest
        (5 * 1321, False, RICH, 0.0, 2),
        (5 * 1321 + 1, False, RICH, 0.0, NO_PACK),  # nobody buys six
        (1, True, RICH, 0.0, 3),  # the same pack is cheaper on the web
        (1321, True, RICH, 0.0, 4),
        (1, False, 98, 0.0, NO_PACK),  # a cent short
        (1, False, 99, 0.0, 0),
        (1300, False, 499, 0.0, NO_PACK),  # the gift is out of reach, so no coin is bought for it
        (1, False, RICH, 1.0, 1),  # left-over coins at full value: the least price of a coin, 499/330
    ],
)
def test_the_choice_without_noise(shortfall: int, on_web: bool, budget: int, leftover_value: float, pack: int) -> None:
    terms = PLAIN._replace(leftover_value=leftover_value)
    assert choose_pack(1, 7, 42, PACKS, on_web, shortfall, budget, terms) == pack


def test_valued_leftovers_make_people_buy_ahead() -> None:
    def bought(leftover_value: float) -> float:
        terms = PLAIN._replace(leftover_value=leftover_value, noise=0.3)
        packs = [choose_pack(1, viewer, 42, PACKS, False, 50, RICH, terms) for viewer in range(500)]
        return float(PACKS.coins[packs].mean())

    assert bought(0.0) < bought(0.8) < bought(0.95)


@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_noise_makes_a_logit_choice_on_the_logarithm_of_cost(noise: float) -> None:
    """Each pack is bought with a chance in proportion to cost ** (-1 / noise)."""
    costs = np.array([1000, 1300, 3000], np.int64)
    alike = Packs(np.full(3, 70, np.int64), costs, np.zeros(3, np.int64))
    terms = PLAIN._replace(noise=noise)
    chosen = [choose_pack(1, viewer, 42, alike, False, 50, RICH, terms) for viewer in range(N)]
    weights = costs ** (-1 / noise)
    expected = weights / weights.sum()
    assert np.bincount(chosen, minlength=3) / N == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(N))


def test_the_price_of_a_coin_is_the_least_on_offer() -> None:
    assert coin_price(PACKS, False) == min(99 / 65, 499 / 330, 1999 / 1321)
    assert coin_price(PACKS, True) == min(74 / 65, 1499 / 1321)


@pytest.mark.parametrize("ratio", [1.0, 1.2, 2.0, 4.0])
def test_a_dearer_coin_deters_by_the_elasticity(ratio: float) -> None:
    """The chance to go on is (1 - hesitation) * ratio ** (1 - elasticity); giving in money does the rest."""
    expected = 0.7 * ratio ** (1 - PLAIN.price_elasticity)
    going_on = np.mean([not stays_away(draw(1, viewer, 93, 0)[0], 1.5 * ratio, 1.5, PLAIN) for viewer in range(N)])
    assert abs(going_on - expected) <= 4 * np.sqrt(expected * (1 - expected) / N)


def test_who_stays_away_from_a_price_stays_away_from_a_dearer_one() -> None:
    words = [draw(1, viewer, 93, 0)[0] for viewer in range(500)]
    cheap = {word for word in words if stays_away(word, 1.5, 1.5, PLAIN)}
    dear = {word for word in words if stays_away(word, 2.0, 1.5, PLAIN)}
    assert cheap < dear


@pytest.mark.parametrize(
    ("price", "coins", "rewards", "lacking"),
    [
        (5, 3, 0, 2),
        (5, 3, 1, 1),
        (5, 3, 2, 0),  # just enough
        (5, 3, 9, -3),  # more than enough
        (5, -3, 0, 8),  # what is owed, then the gift
        (5, -3, 9, 3),  # rewards would pay for the gift, but what is owed freezes it
    ],
)
def test_the_coins_that_a_gift_lacks(price: int, coins: int, rewards: int, lacking: int) -> None:
    assert coins_lacking(price, coins, rewards) == lacking
