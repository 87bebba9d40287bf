"""Coins that pay for goods: what an order costs in them, who pays so, and what becomes of them."""

from pathlib import Path

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from sim.behavior.shop import pays_with_coins, price_in_coins
from sim.behavior.types import Int64Array
from sim.ledger import COIN, Op, Outcome
from sim.ledger.money import portion, tax_inside
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
