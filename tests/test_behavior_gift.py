"""Whether viewers give, and what."""

from math import log

import numpy as np
import pytest

from sim.behavior.crowding import PLAIN
from sim.behavior.gift import NO_GIFT, GiftTerms, choose_gift, wants_to_give, willing_to_pay
from sim.streams import draw

TERMS = GiftTerms(intent=0.2, reward_intent=0.05, favourite_boost=2.0, mood_sigma=0.9, combo=0.3, most_eager=PLAIN)
MENU = np.array([1, 1, 5, 10, 99, 99, 99, 1000], np.int64)
N = 4_000


def words(purpose: int) -> list[int]:
    return [draw(1, viewer, purpose, 0)[0] for viewer in range(N)]


@pytest.mark.parametrize(
    ("is_giver", "has_rewards", "is_favourite", "chance"),
    [
        (True, False, False, 0.2),  # a giver
        (True, True, True, 0.4),  # a giver before a favourite
        (False, True, False, 0.05),  # someone who never pays, with reward coins
        (False, True, True, 0.1),
        (False, False, True, 0.0),  # nothing to give
    ],
)
def test_the_chance_of_wanting_to_give(is_giver: bool, has_rewards: bool, is_favourite: bool, chance: float) -> None:
    share = np.mean([wants_to_give(word, TERMS, is_giver, has_rewards, is_favourite, PLAIN) for word in words(90)])
    assert abs(share - chance) <= 4 * np.sqrt(chance * (1 - chance) / N)


@pytest.mark.parametrize(
    ("coins", "gifts"),
    [
        (0, {NO_GIFT}),  # nothing is free
        (1, {0, 1}),  # any of those that cost the same
        (4, {0, 1}),
        (5, {2}),
        (98, {3}),
        (99, {4, 5, 6}),
        (999, {4, 5, 6}),
        (10**9, {7}),  # the dearest on the menu
    ],
)
def test_the_dearest_gift_within_the_coins(coins: int, gifts: set[int]) -> None:
    assert {choose_gift(MENU, coins, word) for word in words(91)[:200]} == gifts


def test_willingness_has_the_stated_median_and_spread() -> None:
    logs = np.log([willing_to_pay(word, 150.0, 0.9) for word in words(92)])
    assert np.median(logs) == pytest.approx(log(150), abs=4 * 0.9 * 1.2533 / np.sqrt(N))
    assert logs.std() == pytest.approx(0.9, rel=4 / np.sqrt(2 * N))
