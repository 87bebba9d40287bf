"""What sellers do from week to week, rule by rule."""

from statistics import mean

import pytest

from sim.behavior.labor import begins
from sim.behavior.selling import UNKNOWN, an_hour_earns, changes_live, offline_income, profit_of, promotion_saves
from sim.behavior.shelf import MOST_PIECES, is_slow, rate_of, reprice, restock
from sim.behavior.visit import HOUR_US

SURE, NEVER = 0, 2**32 - 1  # words of a draw: below every share, above every share but 1
TENTH = 100_000


@pytest.mark.parametrize(
    ("amount", "rate_ppm", "expected"),
    [(10, 250_000, 3), (9, 250_000, 2), (-10, 250_000, -2), (-11, 250_000, -3), (7, 1_000_000, 7), (7, 0, 0)],
)
def test_a_rate_is_rounded_half_up(amount: int, rate_ppm: int, expected: int) -> None:
    assert rate_of(amount, rate_ppm) == expected


@pytest.mark.parametrize(
    ("price", "sold_out", "slow", "step_ppm", "expected"),
    [
        (1000, True, False, TENTH, 1100),
        (1000, True, True, TENTH, 1100),  # few pieces, all gone
        (1000, False, True, TENTH, 900),
        (1000, False, False, TENTH, 1000),
        (1450, True, False, TENTH, 1500),  # up to the highest price
        (1600, True, False, TENTH, 1600),  # which may have been passed before
        (620, False, True, TENTH, 600),  # down to the cost
        (500, False, True, TENTH, 500),  # below which it may have begun
        (1000, True, False, 0, 1000),  # neutral
        (1000, False, True, 0, 1000),
    ],
)
def test_prices_follow_what_sold_within_their_bounds(
    price: int, sold_out: bool, slow: bool, step_ppm: int, expected: int
) -> None:
    assert reprice(price, 600, 1500, step_ppm, sold_out, slow) == expected


def test_a_price_never_falls_to_nothing() -> None:
    assert reprice(1, 0, 10, 1_000_000, False, True) == 1


@pytest.mark.parametrize(("sold", "slow"), [(0, True), (3, True), (4, False), (5, False)])
def test_slow_is_what_sells_less_than_a_share_of_a_days_stock(sold: int, slow: bool) -> None:
    assert is_slow(sold, 40, TENTH) == slow


@pytest.mark.parametrize(
    ("level", "busiest", "sold_out", "weight_ppm", "expected"),
    [
        (40, 10, False, 1_000_000, 15),  # half as many again as on the busiest day
        (40, 10, False, 500_000, 28),  # half of the way, 27.5
        (10, 10, True, 1_000_000, 15),
        (20, 10, True, 1_000_000, 30),  # gone over two days: twenty were wanted, or more
        (10, 14, True, 1_000_000, 21),  # pieces came back and were sold again
        (40, 0, False, 1_000_000, 1),  # one to show
        (40, 0, True, 0, 40),  # neutral
        (0, 9, True, 0, 0),
    ],
)
def test_stock_follows_what_was_wanted(
    level: int, busiest: int, sold_out: bool, weight_ppm: int, expected: int
) -> None:
    assert restock(level, busiest, sold_out, weight_ppm, 1_500_000) == expected


def test_stock_is_bounded() -> None:
    level = 40
    for _ in range(100):
        level = restock(level, level, True, 1_000_000, 1_000_000_000)
    assert level == MOST_PIECES


def test_an_hour_earns_its_margin() -> None:
    assert an_hour_earns(3_000, 2 * HOUR_US) == 1_500
    assert an_hour_earns(3_000, 0) == UNKNOWN
    assert an_hour_earns(-3_000, HOUR_US) == UNKNOWN


@pytest.mark.parametrize(
    ("sells_live", "earned", "word", "share", "changes"),
    [
        (False, 2_001.0, SURE, 0.1, True),
        (False, 2_001.0, NEVER, 0.1, False),  # another week, perhaps
        (False, 2_000.0, SURE, 0.1, False),  # it must pay
        (True, 2_001.0, SURE, 0.1, False),
        (True, 1_999.0, SURE, 0.1, True),
        (True, UNKNOWN, SURE, 0.1, True),
        (True, 1_999.0, SURE, 0.0, False),  # neutral
        (False, 2_001.0, SURE, 0.0, False),
    ],
)
def test_selling_live_is_for_hours_that_pay(
    sells_live: bool, earned: float, word: int, share: float, changes: bool
) -> None:
    assert changes_live(word, sells_live, earned, 2_000.0, share) == changes


def test_a_week_leaves_what_its_costs_leave() -> None:
    assert profit_of(10_000, 5_000, 2_000, 3 * HOUR_US // 2) == 10_000 - 5_000 - 3_000


@pytest.mark.parametrize(
    ("imported", "displacement_ppm", "diverted", "expected"),
    [
        (0, 300_000, 0, 30_000),
        (100_000, 300_000, 0, 27_000),  # ten shops lose 3,000 each
        (100_000, 0, 0, 30_000),
        (100_000, 1_000_000, 0, 20_000),
        (10_000_000, 300_000, 0, 0),  # a shop without customers is closed, and owes nothing
        (100_000, 300_000, 50_000, 32_000),  # and gain what was wanted in the app and not sold there
    ],
)
def test_domestic_shops_lose_to_imports_and_gain_what_is_diverted(
    imported: int, displacement_ppm: int, diverted: int, expected: int
) -> None:
    assert offline_income(30_000, imported, displacement_ppm, diverted, shops=10) == expected


@pytest.mark.parametrize("pie", [200_000, 1_000_000])
@pytest.mark.parametrize("sunk", [2_000, 4_000])
def test_the_last_entrant_gains_about_nothing(pie: int, sunk: int) -> None:
    """Sellers who divide a pie enter until a share of it just pays for entering: pie / sunk of them."""
    words = [(2 * k + 1) * 2**31 // 1_000 for k in range(1_000)]  # evenly spread: a thousand who might begin
    sellers, entrants = 10.0, []
    for _ in range(1_000):
        profit = pie / sellers
        entering = mean(begins(word, profit, float(sunk), 0.02) for word in words) * (1_000 - sellers)
        sellers += entering
        entrants.append(entering)
    assert sellers == pytest.approx(pie / sunk, rel=0.05)
    assert pie / sellers - sunk == pytest.approx(0.0, abs=0.05 * sunk)
    assert entrants[-1] < 0.1


@pytest.mark.parametrize(
    ("promotion", "weeks", "expected"),
    [
        # 4 sellers sold 40 orders of $20 and paid 6 %: $12 each; 2 % + $0.30 of as many are $7, so $5 less
        ((20_000, 30, 84), 12.0, 500.0),  # all of the 12 weeks
        ((20_000, 30, 60), 12.0, 500.0 * 60 / 84),  # T23: 60 of 84 days
        ((20_000, 30, 7), 12.0, 500.0 / 12),
        ((20_000, 30, 3660), 12.0, 500.0),  # nobody looks further
        ((20_000, 30, 7), 0.5, 500.0),  # half a week of it
        ((0, 0, 84), 12.0, 1200.0),  # nothing to pay: all of the commission
        ((60_000, 0, 84), 12.0, 0.0),  # what others pay
        ((100_000, 0, 84), 12.0, -800.0),  # more than they do
        ((0, 2500, 84), 12.0, 1200.0 - 10 * 2000),  # no more than all of each order
    ],
)
def test_a_promotion_saves_what_the_others_pay_more_on_as_many_orders(
    promotion: tuple[int, int, int], weeks: float, expected: float
) -> None:
    assert promotion_saves(4, 40, 80_000, 4_800, *promotion, weeks) == pytest.approx(expected)


@pytest.mark.parametrize(("sellers", "orders"), [(0, 0), (4, 0)])
def test_a_promotion_saves_nothing_where_nothing_is_sold(sellers: int, orders: int) -> None:
    assert promotion_saves(sellers, orders, 0, 0, 20_000, 30, 60, 12.0) == 0.0
