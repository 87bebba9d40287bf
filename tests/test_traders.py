"""Sellers over weeks: what they change, and what stays while they are neutral."""

from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from random_scenarios import LIVELY
from sim.agents.merchants import goods_of
from sim.agents.shelves import Shelves, draw_shelves
from sim.agents.traders import (
    Costs,
    Seen,
    Trade,
    TradeTerms,
    _decide,
    costs_of,
    end_day,
    new_trade,
    note_order,
    note_sale,
    seen_of,
)
from sim.agents.workforce import Week
from sim.ledger import Item, Op, Outcome
from sim.ledger.operations import ITEM_SPAN
from sim.scenario import load
from sim.streams import key_of

WEEKS = (
    "viewers=120",
    "days=16",
    "window=1h",
    *LIVELY,
    "sellers.stock_per_good=3",
    "sellers.goods_each=2",
    "sellers.foreign_share=0.4",
    "creators.per_thousand_viewers=20",
    "trade.reprice_step=0",
    "trade.restock_weight=0",
    "trade.take_up_share=0",
    "trade.patience_weeks=0",
    "trade.entry_share=0",
    "trade.pool_factor=0",
)
BOLD = ("trade.reprice_step=0.1", "trade.restock_weight=0.5")


@lru_cache
def weeks(*changes: str) -> Result:
    return ran("windowed", load("us-baseline", [*WEEKS, *changes]))


def prices(result: Result) -> dict[tuple[int, int], list[int]]:
    """By seller and good, what was paid, in order."""
    columns = result.trace.columns
    ordered = (columns["op"] == Op.ORDER) & (columns["outcome"] == Outcome.ACCEPTED)
    paid: dict[tuple[int, int], list[int]] = {}
    for seller, item, amount in zip(
        *(columns[name][ordered].tolist() for name in ("peer", "item", "amount")), strict=True
    ):
        paid.setdefault((seller, item % ITEM_SPAN), []).append(amount)
    return paid


def total(result: Result, column: str, **where: Any) -> int:
    table = result.sellers_by_week
    chosen = np.ones(len(table["week"]), np.bool_)
    for name, value in where.items():
        chosen &= table[name] == value
    return int(table[column][chosen].sum())


def test_neutral_sellers_change_nothing() -> None:
    paid = prices(weeks())
    assert len(paid) > 3
    assert all(len({*amounts}) == 1 for amounts in paid.values())
    assert total(weeks(), "entered") == total(weeks(), "left") == 0
    assert {total(weeks(), "active", week=week) for week in range(3)} == {total(weeks(), "selling_live", week=0)}


def test_costs_of_neutral_sellers_dont_matter() -> None:
    """Only who adapts asks what it costs."""
    dear = ("trade.hour_cost_cents=1000000", "trade.week_cost_cents=1000000", "trade.entry_cost_cents=1")
    assert weeks(*dear).trace.digest == weeks().trace.digest


def test_prices_move_by_a_step_a_week_and_stay_above_cost() -> None:
    goods = load("us-baseline").all_goods
    changed = 0
    for (_, good), amounts in prices(weeks(*BOLD)).items():
        levels = list(dict.fromkeys(amounts))
        changed += len(levels) > 1
        assert min(levels) >= goods[good].cost_cents * 0.8 - 1  # a foreign seller's
        assert max(levels) <= goods[good].price_cents * 1.5 + 1
        for before, after in pairwise(levels):
            assert after / before == pytest.approx(1.1 if after > before else 0.9, abs=0.001)
    assert changed > 2


def test_who_doesnt_sell_live_is_not_live() -> None:
    result = weeks("trade.live_share=0", "sellers.settle_every_days=0")
    items = result.trace.columns["item"][result.trace.columns["op"] == Op.ORDER] // ITEM_SPAN
    assert Item.GOOD_LIVE not in items
    assert len(items)
    assert total(result, "live_us") == total(result, "selling_live") == 0


def test_losses_drive_sellers_out() -> None:
    result = weeks("trade.patience_weeks=1", "trade.week_cost_cents=100000000")
    everyone = total(result, "active", week=0)
    assert total(result, "left", week=1) == everyone
    assert total(result, "active", week=1) == 0
    orders = result.trace.columns["at_us"][result.trace.columns["op"] == Op.ORDER]
    assert orders.max() < 7 * 86_400_000_000


def test_patience_lasts_so_many_weeks() -> None:
    result = weeks("trade.patience_weeks=2", "trade.week_cost_cents=100000000")
    assert total(result, "left", week=1) == 0
    assert total(result, "left", week=2) == total(result, "active", week=0)


@pytest.mark.parametrize(("sunk", "enters"), [("1", True), ("1000000000", False)])
def test_sellers_enter_while_it_pays(sunk: str, enters: bool) -> None:
    changes = ("trade.pool_factor=3", "trade.entry_share=1", "trade.week_cost_cents=0", "trade.hour_cost_cents=0")
    result = weeks(*changes, f"trade.entry_cost_cents={sunk}")
    assert (total(result, "entered") > 0) == enters
    assert total(result, "active", week=2) == total(result, "active", week=0) + total(result, "entered")


def test_a_shop_in_the_street_decides_nothing_here() -> None:
    """Who has one has it anyway: what the app brings has to pay for beginning, and for going on."""
    changes = ("trade.pool_factor=2", "trade.week_cost_cents=50000", "trade.patience_weeks=1")
    poor, rich = (weeks(*changes, f"trade.offline_cents_per_week={income}") for income in ("0", "200000"))
    assert total(rich, "entered") == 0
    assert total(rich, "left") > 0
    assert rich.trace.digest == poor.trace.digest


def test_a_shop_in_the_street_stays_whoever_sells_here() -> None:
    """A shop of each domestic merchant, of those too who left or might begin."""
    changes = ("trade.pool_factor=2", "trade.displacement=0", "elsewhere.offline_share=0")
    gone = weeks(*changes, "trade.patience_weeks=1", "trade.week_cost_cents=100000000")
    assert total(gone, "active", week=1) == 0
    shops = int((~gone.hosts.sellers_foreign).sum())
    assert shops > total(gone, "active", week=0)
    assert total(gone, "offline", week=0) == total(gone, "offline", week=1) == 30_000 * shops


def test_a_week_without_a_sale_tells_sellers_nothing() -> None:
    """Under a ban they wait: nobody leaves or begins, and no price falls, until something can be sold again."""
    start = load("us-baseline").start
    until = (start + timedelta(days=8)).isoformat()
    closed = f"interventions=[{{ kind = 'commerce_ban', at = {start.isoformat()}, until = {until} }}]"
    costs = ("trade.week_cost_cents=100000000", "trade.patience_weeks=1", "trade.pool_factor=2", *BOLD)
    result = weeks(closed, *costs)
    assert total(result, "left", week=1) == total(result, "entered", week=1) == 0
    assert total(result, "left", week=2) == total(result, "active", week=0)
    usual = {what: amounts[0] for what, amounts in prices(weeks()).items()}
    reopened = {what: amounts[0] for what, amounts in prices(result).items() if what in usual}
    assert len(reopened) > 3
    assert reopened == {what: usual[what] for what in reopened}


def test_sellers_see_the_middle_one_of_their_region_and_not_its_star() -> None:
    """Of those who sell; live, of those who were. Nobody in the third region sells, or ever did."""
    n = 9
    region = np.array([0, 0, 0, 0, 1, 1, 0, 0, 1])
    active = np.array([1, 1, 1, 1, 1, 1, 1, 0, 0], np.bool_)
    live_us = np.array([5, 0, 5, 5, 0, 0, 5, 5, 5])
    zeros = np.zeros(n, np.int64)
    week = Week(active, zeros, live_us, zeros, zeros, zeros)
    profit = np.array([9_000_000, 300, -100, 200, 50, 40, 400, 800, 900])
    earned = np.array([70_000.0, -1.0, 30.0, 10.0, -1.0, -1.0, 20.0, 80.0, 90.0])
    sold = np.array([[1, 2], [0, 1], [0, 0], [0, 0], [0, 0], [0, 0], [3, 0], [0, 0], [0, 0]])
    seen = seen_of(week, region, sold, profit, earned, 3)
    assert seen.sold.tolist() == [7, 0, 0]
    assert seen.profit.tolist() == [300, 40, 0]  # of two in the middle, the lower
    assert seen.was_live.tolist() == [True, False, False]
    assert seen.an_hour.tolist() == [20.0, 0.0, 0.0]


def test_foreign_goods_cost_domestic_shops_what_they_displace() -> None:
    no_diversion = "elsewhere.offline_share=0"  # else orders of what is sold out here add to what shops earn
    untouched, hit = (weeks(no_diversion, f"trade.displacement={share}") for share in ("0", "0.2"))
    assert total(untouched, "offline", foreign=True) == 0
    domestic = total(untouched, "active", week=0, foreign=False)
    assert total(untouched, "offline", week=0) == 30_000 * domestic
    assert total(untouched, "offline", week=2) == 30_000 * 2 // 7 * domestic  # two days of a week
    assert total(hit, "offline", week=0) < total(untouched, "offline", week=0)
    assert hit.trace.digest == untouched.trace.digest  # nobody leaves for it here


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(BOLD, id="prices and stock"),
        pytest.param(("trade.take_up_share=0.5", "trade.live_share=0.5"), id="live"),
        pytest.param(
            (
                *BOLD,
                "trade.pool_factor=2",
                "trade.entry_share=0.5",
                "trade.patience_weeks=1",
                "trade.take_up_share=0.3",
                "trade.live_share=0.5",
                "trade.entry_cost_cents=100",
                "trade.offline_cents_per_week=2000",
            ),
            id="everything",
        ),
    ],
)
def test_both_engines_decide_alike(changes: tuple[str, ...]) -> None:
    scenario = load("us-baseline", [*WEEKS, *changes])
    assert_identical(weeks(*changes), ran("reference", scenario))


# A week's decisions by themselves: two sellers of a region, or three.

CALM = TradeTerms(0, 0, 0, 1_500_000, 1.0, 2, 1.0, 0, 40)  # who would gain by something does it at once
COSTS = Costs(*(np.array([cents]) for cents in (100, 0, 0, 0)))  # an hour live costs a dollar


def sellers(n: int) -> tuple[Trade, Week, Shelves]:
    scenario, key, region = load("us-baseline", ["sellers.goods_each=1"]), key_of(1), np.zeros(n, np.int64)
    shelves = draw_shelves(scenario, key, region)
    zeros = [np.zeros(n, np.int64) for _ in range(4)]
    week = Week(np.ones(n, np.bool_), *zeros, np.zeros(n, np.int64))
    return new_trade(scenario, key, shelves, goods_of(scenario), np.zeros(n, np.bool_)), week, shelves


def think(
    state: tuple[Trade, Week, Shelves], profit: list[int], earned: list[float], seen: Seen, terms: TradeTerms = CALM
) -> None:
    trade, week, shelves = state
    n = len(profit)
    given = (np.zeros(n, np.int64), np.array(profit), np.array(earned), seen, np.zeros(n))
    _decide(key_of(1), 1, trade, week, shelves, *given, terms, COSTS)


def saw(sold: int = 9, profit: int = 0, was_live: bool = False, an_hour: float = 0.0) -> Seen:
    return Seen(np.array([sold]), np.array([profit]), np.array([was_live]), np.array([an_hour]))


def test_losses_count_in_a_row_and_nothing_is_no_loss() -> None:
    state = sellers(2)
    active = []
    for profit in ([-1, -1], [0, -1], [-1, 0], [-1, 0]):
        think(state, profit, [0.0, 0.0], saw())
        active.append(state[1].active.tolist())
    assert active == [[True, True], [True, False], [True, False], [False, False]]


def test_who_comes_back_has_as_much_patience_as_at_first() -> None:
    state = sellers(1)
    stay = []
    for profit, others in ((-1, 0), (-1, 0), (0, 7), (-1, 7), (-1, 7)):
        think(state, [profit], [0.0], saw(profit=others))
        stay.append(bool(state[1].active[0]))
    assert stay == [True, False, True, True, False]


def test_who_is_live_weighs_the_own_hours_and_others_the_middle_ones() -> None:
    state = sellers(3)
    trade, week, _ = state
    trade.sells_live[:] = (True, False, True)
    week.live_us[:] = (5, 0, 0)  # the last sells live, but was not on
    think(state, [0, 0, 0], [50.0, -1.0, -1.0], saw(was_live=True, an_hour=500.0))
    assert trade.sells_live.tolist() == [False, True, True]


def test_where_nobody_was_live_nobody_learns_what_it_brings() -> None:
    state = sellers(2)
    state[0].sells_live[:] = (True, False)
    think(state, [0, 0], [-1.0, -1.0], saw())
    assert state[0].sells_live.tolist() == [True, False]


def test_stock_follows_the_busiest_day_the_current_one_included_and_whether_it_ran_out() -> None:
    """Of 40 a day, all of the way to one and a half times what was wanted; what sold out wanted what there was."""
    state = sellers(3)
    trade = state[0]
    for seller, days in enumerate(((4, 2), (2, 4), (4, 2))):
        for pieces in days:
            end_day(trade, seller)
            for k in range(pieces):
                note_sale(trade, seller, 0, 0 if seller == 2 and k == 3 else 5)
    think(state, [0, 0, 0], [0.0, 0.0, 0.0], saw(), CALM._replace(restock_weight=1_000_000))
    assert (40 + trade.extra[:, 0]).tolist() == [6, 6, 60]


def test_a_sale_in_a_live_stream_leaves_what_commission_and_cost_leave() -> None:
    trade = sellers(1)[0]
    cost = int(trade.cost[0, 0])
    note_order(trade, 0, 0, cost + 500, 30, True, False)
    note_order(trade, 0, 0, cost + 500, 30, False, True)
    assert (trade.margin[0], trade.imported_sales[0]) == (470, cost + 500)


def test_a_sunk_cost_is_borne_over_the_weeks_that_it_has_to_last() -> None:
    costs = costs_of(load("us-baseline", ["trade.entry_cost_cents=1200", "trade.horizon_weeks=12"]))
    assert costs.entry.tolist() == [100]
