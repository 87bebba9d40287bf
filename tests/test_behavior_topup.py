"""Which pack, through which channel, or none."""

import numpy as np
import pytest

from sim.behavior.topup import (
    NO_PACK,
    Packs,
    TopupTerms,
    choose_pack,
    coin_price,
    coins_for,
    coins_lacking,
    felt_price,
    largest_pack,
    packs_needed,
    price_of,
    stays_away,
)
from sim.streams import draw

#              coins, cents, on the web
LADDER = [(65, 99, 0), (330, 499, 0), (1321, 1999, 0), (65, 74, 1), (1321, 1499, 1)]
COLUMNS = [np.array(column, np.int64) for column in zip(*LADDER, strict=True)]
PACKS = Packs(*COLUMNS, np.ones(len(LADDER), np.int64), np.zeros(len(LADDER), np.int64))
PLAIN = TopupTerms(hesitation=0.3, price_elasticity=1.5, leftover_value=0.0, noise=0.0, left_digit=0.0)
CENTS = 100
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
    assert choose_pack(1, 7, 42, PACKS, on_web, shortfall, budget, CENTS, terms) == pack


def test_valued_leftovers_make_people_buy_ahead() -> None:
    def bought(leftover_value: float) -> float:
        terms = PLAIN._replace(leftover_value=leftover_value, noise=0.3)
        packs = [choose_pack(1, viewer, 42, PACKS, False, 50, RICH, CENTS, terms) for viewer in range(500)]
        return float(PACKS.coins[packs].mean())

    assert bought(0.0) < bought(0.8) < bought(0.95)


@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_noise_makes_a_logit_choice_on_the_logarithm_of_cost(noise: float) -> None:
    """Each pack is bought with a chance in proportion to cost ** (-1 / noise)."""
    costs = np.array([1000, 1300, 3000], np.int64)
    alike = Packs(np.full(3, 70, np.int64), costs, np.zeros(3, np.int64), np.ones(3, np.int64), np.zeros(3, np.int64))
    terms = PLAIN._replace(noise=noise)
    chosen = [choose_pack(1, viewer, 42, alike, False, 50, RICH, CENTS, terms) for viewer in range(N)]
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


def with_pack(coins: int, price: int, on_web: int, on_sale: int = 1, each: int = 0) -> Packs:
    """The ladder with one more pack at its end."""
    more = (coins, price, on_web, on_sale, each)
    return Packs(*(np.append(column, value) for column, value in zip(PACKS, more, strict=True)))


@pytest.mark.parametrize("double", LADDER)
def test_a_double_of_a_pack_changes_nobodys_choice(double: tuple[int, int, int]) -> None:
    """Red and blue buses: who buys, how many coins are wanted, and which pack, are the same with a pack twice."""
    terms, packs = PLAIN._replace(noise=0.5, leftover_value=0.5), with_pack(*double)
    for viewer in range(500):
        on_web, short = viewer % 2 == 0, 1 + viewer * 7 % 1500
        chosen = [choose_pack(1, viewer, 42, some, on_web, short, RICH, CENTS, terms) for some in (PACKS, packs)]
        assert chosen[0] == chosen[1]
    assert [coin_price(packs, on_web) for on_web in (False, True)] == [
        coin_price(PACKS, on_web) for on_web in (False, True)
    ]


def test_another_pack_at_no_lower_price_of_a_coin_brings_no_buyer() -> None:
    """Whether to buy depends on the least price of a coin alone; which pack is chosen within."""
    more = with_pack(150, 300, 0)
    words = [draw(1, viewer, 93, 0)[0] for viewer in range(500)]
    for word in words:
        few, many = (stays_away(word, coin_price(packs, False), 1.5, PLAIN) for packs in (PACKS, more))
        assert few == many
    terms = PLAIN._replace(noise=1.0)
    taken = [choose_pack(1, viewer, 42, more, False, 50, RICH, CENTS, terms) for viewer in range(500)]
    assert taken.count(len(LADDER)) > 50  # so it matters within


def test_a_pack_that_is_not_on_sale_is_none() -> None:
    packs = with_pack(10_000, 100, 0, on_sale=0)
    assert coin_price(packs, True) == coin_price(PACKS, True)
    assert largest_pack(packs, True) == largest_pack(PACKS, True)
    assert choose_pack(1, 7, 42, packs, True, 2_000, RICH, CENTS, PLAIN) != len(LADDER)
    nothing = PACKS._replace(on_sale=np.zeros(len(LADDER), np.int64))
    assert coin_price(nothing, True) == float("inf")
    assert stays_away(draw(1, 7, 93, 0)[0], coin_price(nothing, True), 1.5, PLAIN._replace(hesitation=0.0))
    assert choose_pack(1, 7, 42, nothing, True, 50, RICH, CENTS, PLAIN) == NO_PACK


@pytest.mark.parametrize(
    ("price", "unit", "left_digit", "felt"),
    [
        (1999, 100, 0.2, 1979.2),  # E3: a cent more, 2000, is felt as 20.8 cents more
        (2000, 100, 0.2, 2000.0),
        (1999, 100, 0.0, 1999.0),  # E4
        (17_000, 1, 0.2, 17_000.0),  # rupiah have no cents
    ],
)
def test_the_cents_below_a_whole_unit_are_felt_less(price: int, unit: int, left_digit: float, felt: float) -> None:
    assert felt_price(price, unit, left_digit) == pytest.approx(felt)


def test_a_price_just_below_a_whole_unit_draws_buyers() -> None:
    """By the closed form of the logit: two alike packs at 1999 and 2000, a fifth of the cents unseen."""
    packs = Packs(*(np.array(column, np.int64) for column in ((70, 71), (1999, 2000), (0, 0), (1, 1), (0, 0))))
    noise = 0.1
    terms = PLAIN._replace(noise=noise, left_digit=0.2)
    chosen = [choose_pack(1, viewer, 42, packs, False, 50, RICH, CENTS, terms) for viewer in range(N)]
    weights = np.array([1979.2, 2000.0]) ** (-1 / noise)
    assert np.mean(chosen) == pytest.approx(weights[1] / weights.sum(), abs=4 * 0.5 / np.sqrt(N))


@pytest.mark.parametrize(
    ("coins", "price", "brought"),
    [
        (30, 35, 30),  # 35 cents for 30 coins are 1.166667 cents each
        (1, 35, 30),  # no fewer than the least
        (31, 37, 31),  # 36.17 cents, rounded up to whole ones, which buy 31.7 coins
        (1_000_000, 1_166_666, 1_000_000),
    ],
)
def test_a_pack_by_amount_costs_what_its_coins_do(coins: int, price: int, brought: int) -> None:
    packs = with_pack(30, 35, 1, each=1_166_666)
    assert price_of(packs, len(LADDER), coins) == price
    assert coins_for(packs, len(LADDER), price) == brought
    assert packs_needed(packs, len(LADDER), coins) == 1
    assert [packs_needed(packs, 0, some) for some in (1, 65, 66, 131)] == [1, 1, 2, 3]


@pytest.mark.parametrize(
    ("shortfall", "on_web", "budget", "pack"),
    [
        (66, True, RICH, 5),  # just so many, where the next pack holds 330
        (66, False, RICH, 1),  # it is on the web
        (100_000, True, RICH, 5),  # more than five of the largest
        (66, True, 76, NO_PACK),  # 77 cents
    ],
)
def test_a_pack_by_amount_leaves_no_coin_over(shortfall: int, on_web: bool, budget: int, pack: int) -> None:
    packs = with_pack(30, 35, 1, each=1_166_666)
    assert choose_pack(1, 7, 42, packs, on_web, shortfall, budget, CENTS, PLAIN) == pack
