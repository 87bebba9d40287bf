"""Coins that pay for goods: what an order costs in them, who pays so, and what becomes of them."""

from pathlib import Path

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from sim.behavior.gift import FIRST_GIFT, SEE_COINS
from sim.behavior.shop import ORDERING, pays_with_coins, price_in_coins, with_tax
from sim.behavior.topup import is_no_dearer_in_coins
from sim.behavior.types import Int64Array
from sim.ledger import COIN, Item, Op, Outcome
from sim.ledger.money import portion, tax_inside
from sim.ledger.operations import item_kind
from sim.model import Manner, simulate
from sim.scenario import Scenario, load

LIVELY = (
    "viewers=300",
    "days=2",
    "window=1h",
    "audience.visits_per_day=10",
    "creators.per_thousand_viewers=60",
    "creators.sessions_per_week=7",
    "gifting.giver_share=0.8",
    "gifting.intent=0.4",
    "gifting.willingness_median_cents=3000",
    "topup.hesitation=0",
    "topup.leftover_value=0.9",
    "topup.weekly_budget_median_cents=500000",
    "topup.refund_intent=0.3",
    "regions.US.refund_days=1",
    "regions.US.order_tax=0.07",
    "balance.share=0.6",
    "balance.page=0.3",
    "balance.limit_share=0.2",
    "balance.limit_factor=0.00005",
    "shopping.shopper_share=1",
    "shopping.tab_share=0.3",
    "shopping.tab_conversion=0.3",
    "shopping.video_conversion=0.3",
    "shopping.live_conversion=0.3",
    "shopping.coin_share=0.7",
    "sellers.per_thousand_viewers=40",
    "sellers.delivery_days=0.2",
    "sellers.cancel_rate=0.3",
    "sellers.return_rate=0.6",
    "sellers.return_days=0.2",
    "sellers.affiliate_share=0.6",
    "sellers.settle_every_days=0.2",
    "sellers.imported_share=0.5",
    "trade.displacement=0.5",
    "trade.offline_cents_per_week=100000000",
    "platform.chargeback_rate=0.5",
    "platform.chargeback_delay_days=0.1",
)
ACCEPTS = (
    "kind = 'coins_in_shop', at = 2024-04-08T04:00:00Z, until = 2024-04-09T16:00:00Z, region = 'US', "
    "coin_value_cents = 600.3"
)


def lively(*more: str) -> Scenario:
    return load("us-baseline", [*LIVELY, f"interventions=[{{ {ACCEPTS} }}]", *more])


@pytest.fixture(scope="module")
def reference() -> Result:
    """What the readable engine makes of it; conservation holds at every boundary."""
    return ran("reference", lively(), check_every_window=True)


def at_a_usual_value(coin_value_cents: float, *more: str, also: str = "") -> Scenario:
    """Coins cost about what they are worth, so that few hold enough for a good and many could buy what lacks."""
    accepts = ACCEPTS.replace("600.3", str(coin_value_cents))
    return load("us-baseline", [*LIVELY, f"interventions=[{{ {accepts} }}{also}]", *more])


def both(scenario: Scenario) -> Result:
    """What both engines make of it."""
    expected = ran("reference", scenario, check_every_window=True)
    assert_identical(ran("windowed", scenario, shards=3), expected)
    return expected


def topups_for_orders(result: Result, *, in_money: bool = False) -> list[tuple[int, list[int]]]:
    """The rows of orders before which coins were bought at the same instant, each with those of its topups."""
    columns, found = result.trace.columns, []
    topups: dict[tuple[int, int], list[int]] = {}
    for row in np.flatnonzero((columns["op"] == Op.TOPUP) | (columns["op"] == Op.ORDER)):
        who_and_when = int(columns["actor"][row]), int(columns["at_us"][row])
        if columns["op"][row] == Op.TOPUP:
            topups.setdefault(who_and_when, []).append(int(row))
        elif who_and_when in topups and (columns["currency"][row] != COIN) == in_money:
            found.append((int(row), topups[who_and_when]))
    return found


def in_coins(result: Result, op: Op, outcome: Outcome = Outcome.ACCEPTED) -> Int64Array:
    columns = result.trace.columns
    return np.flatnonzero((columns["op"] == op) & (columns["currency"] == COIN) & (columns["outcome"] == outcome))


def test_orders_beyond_an_own_limit_are_wanted_elsewhere(reference: Result) -> None:
    away = reference.elsewhere
    beyond = (away["what"] == "order") & (away["reason"] == "limit")
    assert away["count"][beyond].sum() == len(in_coins(reference, Op.ORDER, Outcome.OVER_LIMIT)) > 0


@pytest.mark.parametrize(
    ("price", "tax_ppm", "value_ppm", "coins"),
    [
        (100, 0, 1_000_000, 100),
        (100, 0, 2_000_000, 50),
        (100, 0, 3_000_000, 34),  # 33 would be worth 99
        (100, 70_000, 1_000_000, 107),
        (1, 0, 10_000_000, 1),
        (100, 0, 999_999, 101),
        (0, 70_000, 1_000_000, 0),
        (100, 70_000, 0, 0),  # not taken
    ],
)
def test_an_order_costs_the_fewest_coins_worth_it(price: int, tax_ppm: int, value_ppm: int, coins: int) -> None:
    assert price_in_coins(price, tax_ppm, value_ppm) == coins


@pytest.mark.parametrize("price", [1, 7, 1299, 10**10])
@pytest.mark.parametrize("tax_ppm", [0, 1, 70_000, 190_000, 1_000_000])
@pytest.mark.parametrize("value_ppm", [1, 333_333, 1_000_000, 1_234_567, 1_000_000_000])
def test_its_seller_gets_no_less_than_by_money(price: int, tax_ppm: int, value_ppm: int) -> None:
    coins = price_in_coins(price, tax_ppm, value_ppm)
    worth = portion(coins, value_ppm)
    assert worth - tax_inside(worth, tax_ppm) >= price
    assert (coins - 1) * value_ppm < (price + portion(price, tax_ppm)) * 1_000_000


def test_the_stated_share_pays_with_coins() -> None:
    paid = [pays_with_coins(1, viewer, 7, 0.3) for viewer in range(4000)]
    assert 0.27 < sum(paid) / 4000 < 0.33
    assert not any(pays_with_coins(1, viewer, 7, 0.0) for viewer in range(100))


@pytest.mark.parametrize(
    ("outlay", "held", "spare", "price", "coin_value", "is_no_dearer"),
    [
        (100, 0, 0, 100, 0.5, True),  # as much as in money
        (101, 0, 0, 100, 0.5, False),
        (110, 0, 20, 100, 0.5, True),  # 20 are left over, worth 10
        (110, 0, 19, 100, 0.5, False),
        (110, 0, 20, 100, 0.0, False),  # worth nothing to her
        (80, 40, 0, 100, 0.5, True),  # those that she has are worth 20 to her
        (80, 41, 0, 100, 0.5, False),
        (80, 41, 1, 100, 0.5, True),
        (80, 10**6, 0, 100, 0.0, True),
        (100, -50, 0, 100, 0.5, True),  # what she owes is in the outlay already
        (101, -50, 0, 100, 0.5, False),
    ],
)
def test_coins_are_bought_for_an_order_that_costs_no_more_by_it(
    outlay: int, held: int, spare: int, price: int, coin_value: float, is_no_dearer: bool
) -> None:
    assert is_no_dearer_in_coins(outlay, held, spare, price, coin_value) is is_no_dearer


def test_an_order_costs_its_tax_too() -> None:
    assert [with_tax(price, 70_000) for price in (0, 100, 1299)] == [0, 107, 1390]  # 1389.93


def test_a_topup_for_an_order_shares_no_draw_with_one_for_a_gift() -> None:
    assert 0 <= ORDERING < SEE_COINS < FIRST_GIFT


def test_coins_are_bought_for_orders() -> None:
    result = both(at_a_usual_value(2))
    columns, found = result.trace.columns, topups_for_orders(result)
    assert len(found) >= 100
    for order, topups in found:
        assert columns["outcome"][topups].tolist() == [Outcome.ACCEPTED]
        assert columns["seq"][order] == columns["seq"][topups[-1]] + 1  # at once
    assert columns["outcome"][[order for order, _ in found]].tolist().count(Outcome.ACCEPTED) >= 100
    disputed = columns["ref"][columns["op"] == Op.CHARGEBACK]
    assert np.isin(disputed, columns["seq"][[topup for _, topups in found for topup in topups]]).any()


def test_whoever_values_no_coin_pays_no_more_than_in_money() -> None:
    terms = ("topup.leftover_value=0", "balance.leftover_value=0")
    result = both(at_a_usual_value(2, *terms))
    amount, found = result.trace.columns["amount"], topups_for_orders(result)
    assert len(found) >= 20
    for order, topups in found:
        assert amount[topups].sum() <= amount[order] * 2


def test_hardly_anybody_buys_coins_that_are_worth_less_than_they_cost() -> None:
    result = both(at_a_usual_value(0.2, "topup.leftover_value=0", "balance.leftover_value=0"))
    assert not topups_for_orders(result)


def test_several_packs_are_bought_where_none_is_large_enough() -> None:
    cheap = ", { kind = 'pack_price', at = 2024-04-08T04:00:00Z, region = 'US', pack = 'web-16500', price_cents = 100 }"
    found = topups_for_orders(both(at_a_usual_value(0.2, "topup.web_share=1", also=cheap)))
    assert max(len(topups) for _, topups in found) > 1


def test_coins_by_amount_are_bought_for_orders_to_the_coin() -> None:
    offer = ", { kind = 'pack_offer', at = 2024-04-08T04:00:00Z, region = 'US', pack = 'web-custom' }"
    nothing_left = "topup.leftover_value=0", "balance.leftover_value=0"
    more = "topup.web_share=1", "topup.noise=0", "platform.chargeback_rate=0"
    result = both(at_a_usual_value(1.2, *nothing_left, *more, also=offer))
    amount, item, found = result.trace.columns["amount"], result.trace.columns["item"], topups_for_orders(result)
    by_amount = [(order, topup) for order, (topup, *_) in found if item_kind(int(item[topup])) is Item.PACK_CUSTOM]
    assert len(by_amount) >= 20
    lacking = [int(amount[order] * 74 / 65 - amount[topup]) for order, topup in by_amount]  # what was held already
    assert min(lacking) == 0
    assert lacking.count(0) >= 10


def test_whose_topup_is_declined_pays_with_money() -> None:
    cap = ", { kind = 'e_money_limits', at = 2024-04-08T05:00:00Z, region = 'US', tier = 0, balance_cents = 10000 }"
    result = both(at_a_usual_value(2, "topup.web_share=1", "balance.limit_share=0", also=cap))
    outcome, found = result.trace.columns["outcome"], topups_for_orders(result, in_money=True)
    assert found
    for order, topups in found:
        assert outcome[topups[-1]] == Outcome.OVER_CAP
        assert outcome[order] == Outcome.ACCEPTED


def test_coins_are_bought_for_orders_only_within_the_budget_of_the_week() -> None:
    assert not topups_for_orders(both(at_a_usual_value(2, "topup.weekly_budget_median_cents=1")))


def test_coins_are_bought_in_the_scenario_that_asks_about_them() -> None:
    assert simulate(load("coins-in-the-shop")).summary.kpis["coins_paid"]["value"] > 0


def test_everything_happens_that_can(reference: Result) -> None:
    for op, least in ((Op.ORDER, 60), (Op.CAPTURE, 20), (Op.CANCEL, 15), (Op.REFUND, 8)):
        assert len(in_coins(reference, op)) >= least, op
    assert len(in_coins(reference, Op.ORDER, Outcome.OVER_LIMIT))
    assert reference.recognized["revenue"][in_coins(reference, Op.CANCEL)].any()  # coins that came back to a debtor
    columns = reference.trace.columns
    captures = columns["seq"][in_coins(reference, Op.CAPTURE)]
    shared = columns["op"] == Op.AFFILIATE
    assert np.isin(columns["ref"][shared], captures).any()
    assert (columns["currency"][shared] != COIN).all()


@pytest.mark.parametrize("options", [{}, {"threads": 2, "shards": 5}, {"shards": 60}])
def test_columns_do_what_the_ledger_says(reference: Result, options: dict[str, int]) -> None:
    assert_identical(ran("windowed", lively(), **options), reference)


@pytest.mark.parametrize("more", [("window=24h", "days=5"), ("window=5min", "seed=3"), ("window=6h", "seed=4")])
def test_windows_of_any_length_are_the_same_in_both(more: tuple[str, ...]) -> None:
    scenario = lively(*more)
    expected = ran("reference", scenario, check_every_window=True)
    assert len(in_coins(expected, Op.REFUND))
    assert_identical(ran("windowed", scenario, shards=3), expected)


def test_coins_pay_only_while_the_shop_takes_them(reference: Result) -> None:
    at_us = reference.trace.columns["at_us"][in_coins(reference, Op.ORDER)]
    hour_us = 3_600_000_000
    assert at_us.max() < 36 * hour_us  # from 04:00 on the 8th to 16:00 on the 9th
    without = ran("windowed", load("us-baseline", list(LIVELY)))
    assert not len(in_coins(without, Op.ORDER))
    assert without.found.kpis["coins_paid"]["value"] == 0


def test_coins_paid_are_counted(reference: Result) -> None:
    orders = in_coins(reference, Op.ORDER)
    assert reference.found.kpis["coins_paid"]["value"] == reference.trace.columns["amount"][orders].sum()


@pytest.mark.parametrize("processes", [None, 2])
def test_a_run_that_was_cut_goes_on(tmp_path: Path, processes: int | None) -> None:
    scenario = lively()
    whole = simulate(scenario, manner=Manner(checkpoint_days=(1,)), out=tmp_path / "run")
    manner = Manner(resume=tmp_path / "run-day1.checkpoint", processes=processes)
    rest = simulate(scenario, manner=manner, out=tmp_path / "rest")
    assert rest.summary.trace_digest == whole.summary.trace_digest
    assert rest.summary.kpis == whole.summary.kpis
    assert len(np.flatnonzero(whole.trace().columns["currency"][whole.trace().columns["op"] == Op.ORDER] == COIN))
