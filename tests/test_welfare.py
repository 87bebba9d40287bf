"""Welfare: closed forms of demand first, then accounts of small runs in which money cancels and moments are found."""

import doctest
import functools
import importlib
import math
from datetime import timedelta
from fractions import Fraction

import numpy as np
import pytest

from sim.agents.merchants import goods_of
from sim.experiments import welfare
from sim.experiments.compare import Comparison, compare
from sim.experiments.runs import Task, run
from sim.experiments.welfare.account import Account
from sim.experiments.welfare.demand import Curve, area, mean_surplus, worth_of_bought, worth_of_held
from sim.experiments.welfare.elsewhere import diverted
from sim.experiments.welfare.gifts import Giving, menu_of
from sim.experiments.welfare.goods import deliveries_of
from sim.experiments.welfare.people import People, deciles
from sim.experiments.welfare.rates import rates_of
from sim.experiments.welfare.schedule import Schedule
from sim.ledger import CoinworksError, Item, Kind, Op, Outcome, account_id, item_id
from sim.ledger.accounts import KIND_SPAN
from sim.ledger.operations import NO_REF
from sim.metrics.summary import Kpis
from sim.model.measured import measured
from sim.report.welfare import gains_figures, gains_rows, gains_table
from sim.scenario import Scenario, load
from sim.tables import Columns

START = load("us-baseline").start
LIVELY = (
    "viewers=150",
    "days=2",
    "window=1h",
    "gifting.giver_share=0.5",
    "gifting.intent=0.6",
    "gifting.willingness_median_cents=200",
    "platform.chargeback_rate=0.1",
    "shopping.tab_conversion=0.4",
    "shopping.video_conversion=0.4",
    "sellers.delivery_days=0.2",
    "sellers.return_days=0.1",
    "sellers.return_rate=0.4",
    "sellers.foreign_share=0.4",
    "sellers.per_thousand_viewers=40",
    "creators.labor_elasticity=0",
    "creators.payout_floor_cents=1",
)


@functools.cache
def lively(*more: str) -> Scenario:
    return load("us-baseline", [*LIVELY, *more])


@functools.cache
def account(*more: str, from_day: int = 0) -> Account:
    return welfare.measure(lively(*more), seed=1, from_day=from_day)


@functools.cache
def heard(*more: str) -> tuple[Columns, Kpis]:
    """A run's records in one block, and its key figures."""
    blocks: list[Columns] = []
    found = measured(lively(*more), 1, lambda block: blocks.append({n: np.array(c) for n, c in block.items()}))
    records = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    accepted = records["outcome"] == Outcome.ACCEPTED
    return {name: column[accepted].astype(np.int64) for name, column in records.items()}, found.kpis


def an_intervention(kind: str, day: float, **said: object) -> str:
    words = "".join(f", {name} = {value!r}" for name, value in said.items())
    return f"interventions=[{{ kind = '{kind}', at = {(START + timedelta(days=day)).isoformat()}{words} }}]"


@pytest.mark.parametrize("name", ["demand", "parties"])
def test_examples_of_docstrings(name: str) -> None:
    module = importlib.import_module(f"sim.experiments.welfare.{name}")
    assert doctest.testmod(module).failed == 0


def test_an_account_as_its_docstring_makes_it() -> None:
    assert doctest.testmod(welfare).failed == 0


# Demand


@pytest.mark.parametrize("elasticity", [0.5, 1.0, 1.5, 2.0, 4.0])
@pytest.mark.parametrize("price", [0.1, 1.0, 1.5, 40.0])
def test_the_integral_of_the_chance_is_that_of_its_curve(elasticity: float, price: float) -> None:
    curve = Curve(0.3, elasticity, 1.5)
    steps = (np.arange(400_000) + 0.5) * price / 400_000
    by_sum = curve.chance(steps).sum() * price / 400_000
    assert curve.below(np.array([price]))[0] == pytest.approx(by_sum, rel=1e-4)


def test_where_all_hesitate_nobody_goes_on() -> None:
    curve = Curve(1.0, 1.5, 1.5)
    assert curve.chance(np.array([0.1, 2.0])).tolist() == curve.below(np.array([0.1, 2.0])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("elasticity", [1.5, 2.0, 3.0])
def test_iso_elastic_demand_has_the_surplus_of_the_textbook(elasticity: float) -> None:
    """Spending / (elasticity - 1), less the part beyond the price at which the cheapest gift is too dear."""
    curve, price, willing = Curve(0.3, elasticity, 1.5), 1.5, 1e6
    menu = np.unique(np.geomspace(1, 1e6, 4000).astype(np.int64))
    found = area(curve, menu, np.array([willing]), np.array([price]))[0]
    spending = willing * curve.chance(np.array([price]))[0]
    beyond = willing * curve.chance(np.array([willing]))[0]
    assert found == pytest.approx((spending - beyond) / (elasticity - 1), rel=0.01)


def test_a_dearer_coin_takes_away_what_was_bought_times_the_rise() -> None:
    """The slope of a surplus is the demand: gift x chance, at every price but where the gift changes."""
    curve, menu, willing = Curve(0.3, 1.7, 1.5), np.array([1, 10, 100]), np.array([200.0])
    for price, gift in ((1.2, 100), (2.5, 10), (30.0, 1), (250.0, 0)):
        low, high = (area(curve, menu, willing, np.array([price + step]))[0] for step in (-1e-6, 1e-6))
        assert (low - high) / 2e-6 == pytest.approx(gift * curve.chance(np.array([price]))[0], rel=1e-4, abs=1e-9)


def test_a_single_gift_that_nobody_hesitates_to_buy_is_worth_what_giving_is_worth() -> None:
    curve, one = Curve(0.0, 1.0, 1.5), np.array([50])
    found = worth_of_bought(curve, one, one, np.array([120.0]), np.array([1.0]))
    assert found[0] == pytest.approx(120.0)
    assert worth_of_held(curve, one, one, np.array([120.0]), np.array([1.0]))[0] == pytest.approx(120.0)


def test_held_coins_are_worth_the_mean_over_those_who_would_and_would_not_have_bought() -> None:
    curve, menu = Curve(0.4, 2.5, 1.5), np.array([1, 5, 20])
    willing, price, gift = np.array([40.0]), np.array([1.6]), np.array([20])
    # Each u in (0, 1) is somebody who buys while chance(price) > u; the price up to which is found by search.
    us = (np.arange(20_000) + 0.5) / 20_000
    prices = np.linspace(1e-3, 200, 400_000)
    reservation = prices[np.searchsorted(-curve.chance(prices), -us).clip(max=len(prices) - 1)]
    spend_more = np.array([np.where(r > price[0], area_below(menu, 40.0, price[0], r), 0.0) for r in reservation])
    of_each = np.minimum(reservation, price[0]) * gift[0] + spend_more
    assert worth_of_held(curve, menu, gift, willing, price)[0] == pytest.approx(of_each.mean(), rel=2e-3)


def area_below(menu: np.ndarray, willing: float, price: float, most: float) -> float:
    """The area under the gifts that somebody wants who goes on up to a price."""
    steps = np.diff(menu, prepend=0)
    return float(sum(s * max(min(willing / g, most) - price, 0.0) for s, g in zip(steps, menu, strict=True)))


@pytest.mark.parametrize(("sigma", "relative"), [(0.8, 1.0), (0.3, 0.7), (1.5, 2.0)])
def test_log_normal_worth_has_the_surplus_of_the_textbook(sigma: float, relative: float) -> None:
    z = (np.arange(2_000_000) + 0.5) / 2_000_000
    from scipy.special import ndtri

    worth = np.exp(sigma * ndtri(z))
    buys = worth >= relative
    assert mean_surplus(sigma, relative) == pytest.approx(worth[buys].mean() / relative - 1, rel=1e-3)


def test_a_good_that_is_worth_the_same_to_all_leaves_what_its_price_is_below_that() -> None:
    assert mean_surplus(0.0, 0.8) == pytest.approx(0.25)
    assert mean_surplus(0.0, 1.2) == 0.0


# Moments, goods, dates


def test_every_gift_of_a_fan_finds_its_moment() -> None:
    """What giving was worth then buys just this gift: it, and nothing dearer on the menu."""
    records, _ = heard()
    scenario = lively()
    people, schedule = People(scenario, 1, np.ones(150)), Schedule(scenario, 1)
    giving, menu = Giving(scenario, 1, people, schedule), menu_of(scenario).coins
    gifts = {name: column[records["op"] == Op.GIFT] for name, column in records.items()}
    n_found = 0
    for viewer, at_us, item, coins in zip(
        *(gifts[n].tolist() for n in ("actor", "at_us", "item", "amount")), strict=True
    ):
        fan = people.traits(viewer % KIND_SPAN)
        if not fan.is_giver:
            continue
        price = float(schedule.price[0, 0, int(fan.buys_on_web)])
        willing = giving._willing(viewer, at_us, item, coins, fan.willingness, price)
        dearer = menu[menu > coins].min(initial=10**9)
        assert coins * price < willing < dearer * price
        n_found += 1
    assert n_found > 50


def test_gifts_are_worth_at_least_what_their_coins_cost_when_they_were_bought() -> None:
    records, _ = heard()
    paid = {name: column[np.isin(records["op"], (Op.TOPUP, Op.GIFT))] for name, column in records.items()}
    people = People(lively(), 1, np.ones(150))
    found = Giving(lively(), 1, people, Schedule(lively(), 1)).worths(paid, np.zeros(150, np.int64))
    number = paid["actor"][paid["op"] == Op.GIFT] % KIND_SPAN
    is_fan = np.array([people.traits(n).is_giver for n in number.tolist()])
    assert (found.worth[~is_fan] == 0).all()
    assert (found.worth[is_fan] > 0).all()
    assert found.worth.sum() > found.cost.sum() > 0


def test_goods_are_worth_their_price_to_those_who_ordered_and_nothing_once_sent_back() -> None:
    records, kpis = heard()
    scenario = lively()
    n_sellers = kpis["sellers"]["value"]
    found = deliveries_of(records, scenario, 1, goods_of(scenario), np.zeros(n_sellers, np.bool_))
    n = int((records["op"] == Op.CAPTURE).sum())
    back = int((records["op"] == Op.REFUND).sum())
    assert len(found.worth) == n + back
    assert back > 0
    assert (found.worth[:n] * 1.07 + 1 >= found.paid[:n]).all()
    assert (found.worth[n:] < 0).all()
    assert (found.cost[n:] == 0).all()
    whole = np.isclose(found.paid[n:], -records["amount"][records["op"] == Op.REFUND] * 1.07, atol=1.0)
    assert whole.all()


# A voucher, what an order with its tax costs, what its buyer pays, and what half of it brings back to her.
VOUCHERS = [
    (0, 1_070, 1_070, -535),  # none
    (300, 1_070, 770, -385),
    (2_000, 1_070, 0, 0),  # more than the order needs
]


@pytest.mark.parametrize(("voucher", "price", "paid", "back"), VOUCHERS)
def test_what_a_voucher_pays_its_buyer_does_not(voucher: int, price: int, paid: int, back: int) -> None:
    buyer, seller = account_id(Kind.VIEWER, 7), account_id(Kind.SELLER, 0)
    tax = price - 1_000
    rows = [
        (Op.VOUCHER, 0, NO_REF, buyer, 0, voucher, 0),
        (Op.ORDER, 1, 0 if voucher else NO_REF, buyer, seller, 1_000, 0),
        (Op.CAPTURE, 2, 1, seller, buyer, 1_000, tax),
        (Op.REFUND, 3, 2, buyer, seller, 500, -tax // 2),
    ]
    names = ("op", "seq", "ref", "actor", "peer", "amount", "tax")
    records = {name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    good = np.full(len(rows), item_id(Item.GOOD_SHOP, 0))
    records |= {"at_us": np.arange(len(rows)), "item": good, "currency": np.full(len(rows), 840)}
    scenario = lively()
    found = deliveries_of(records, scenario, 1, goods_of(scenario), np.zeros(1, np.bool_))
    assert found.paid.tolist() == [paid, back]


def test_a_schedule_knows_each_price_from_its_day_on() -> None:
    change = an_intervention("pack_price", 1, region="US", pack="web-16500", price_cents=9900)
    scenario = lively(change)
    packs = {pack.name: pack for pack in scenario.packs("US")}
    schedule = Schedule(scenario, 1)
    day = 86_400_000_000
    at = np.array([0, day - 1, day, 2 * day - 1])
    nowhere, web = np.zeros(4, np.int64), np.ones(4, np.bool_)
    usual = min(pack.price_cents / pack.coins for pack in packs.values())
    cheaper = 9900 / packs["web-16500"].coins
    assert schedule.coin_price(nowhere, at, web).tolist() == pytest.approx([usual, usual, cheaper, cheaper])
    assert schedule.coin_price(nowhere, at, ~web)[0] == pytest.approx(
        min(pack.price_cents / pack.coins for pack in packs.values() if pack.channel == "app")
    )


def test_a_stolen_account_gains_nothing_by_its_gifts() -> None:
    ring = an_intervention("fraud_ring", 0, share=1.0)
    robbed = account(ring)
    assert robbed.viewers.gifts.sum() == 0
    assert account().viewers.gifts.sum() > 0


# People


def test_tenths_hold_the_same_people_under_every_policy() -> None:
    base, other = account(), account(an_intervention("store_fee", 0, channel="app", rate=0.1))
    np.testing.assert_array_equal(base.tenth, other.tenth)
    np.testing.assert_array_equal(base.top, other.top)
    fans = People(lively(), 1, np.ones(150)).fans()
    assert np.bincount(base.tenth, minlength=11)[1:].sum() == len(fans.number)
    assert np.ptp(np.bincount(base.tenth, minlength=11)[1:]) <= 1
    assert base.top.sum() == 1
    assert fans.appetite.max() == fans.appetite[fans.number == np.flatnonzero(base.top)[0]][0]
    assert (base.tenth[base.top] == 10).all()


def test_appetite_is_at_most_the_budget() -> None:
    people = People(lively(), 1, np.ones(150))
    fans = people.fans()
    budgets = np.array([people.traits(n).weekly_budget for n in fans.number.tolist()])
    assert (fans.appetite <= budgets).all()
    assert (fans.appetite < budgets).any()


def test_deciles_add_up_by_rank() -> None:
    assert deciles(np.arange(20.0), -np.arange(20.0)).tolist() == [37, 33, 29, 25, 21, 17, 13, 9, 5, 1]


# Accounts


def test_money_cancels_to_the_last_unit_and_is_what_the_metrics_say() -> None:
    found, (_, kpis) = account(), heard()
    assert sum(found.money.values()) == 0
    assert all(isinstance(amount, Fraction) for amount in found.money.values())
    stated = {name: kpis[name]["value"] for name in kpis}
    assert found.money["stores"] == stated["store_fees"]
    assert found.money["states"] == stated["tax"]
    assert found.money["float"] == stated["coin_float"]
    assert found.money["sellers"] == stated["seller_income"]
    assert found.money["creators"] == pytest.approx(stated["creator_income"] + stated["affiliate_income"], abs=1)
    assert found.money["platform"] == pytest.approx(stated["platform_margin"], abs=1)
    assert found.creators.income.sum() == pytest.approx(stated["creator_income"], abs=1)


def test_the_parts_of_viewers_and_creators_make_the_whole() -> None:
    found = account()
    assert found.viewers.surplus.sum() == pytest.approx(found.gains["viewer_surplus"], rel=0.002)
    tenths = [found.gains[f"viewer_surplus_tenth_{n}"] for n in range(1, 11)]
    assert sum(tenths) + found.gains["viewer_surplus_no_fans"] == pytest.approx(found.viewers.surplus.sum())
    of_top = found.viewers.surplus[found.top].sum()
    assert found.gains["viewer_surplus_without_top"] == pytest.approx(found.gains["viewer_surplus"] - of_top)
    assert found.gains["total_gain_without_top"] == pytest.approx(found.gains["total_gain"] - of_top)
    net = [found.gains[f"creator_gain_tenth_{n}"] for n in range(1, 11)]
    assert sum(net) == pytest.approx((found.creators.income - found.creators.time).sum())


def test_the_total_is_worth_less_cost() -> None:
    found = account()
    parties = sum(found.gains[party.name] for party in welfare.PARTIES)
    assert found.gains["total_gain"] == pytest.approx(parties)
    assert found.gains["domestic_gain"] + found.gains["foreign_seller_gain"] + found.gains["firm_gain"] == (
        pytest.approx(parties)
    )
    local = found.gains["domestic_seller_gain"] + found.gains["offline_shop_gain"]
    assert found.gains["local_seller_gain"] == pytest.approx(local)


@pytest.mark.parametrize(
    ("fee", "pays", "gets"),
    [
        ("platform.store_fee=0.15", "store_gain", "platform_gain"),
        ("sellers.commission=0.02", "platform_gain", "domestic_seller_gain"),
        ("sellers.commission_flat_cents=45", "domestic_seller_gain", "platform_gain"),
        ("creators.diamond_value_cents=0.6", "platform_gain", "creator_gain"),
        ("regions.US.topup_tax=0.2", "platform_gain", "state_gain"),
    ],
)
def test_a_transfer_that_changes_nobodys_doing_cancels(fee: str, pays: str, gets: str) -> None:
    base, other = account(), account(fee)
    assert other.gains[gets] > base.gains[gets]
    assert other.gains[pays] < base.gains[pays]
    assert other.gains["viewer_surplus"] == pytest.approx(base.gains["viewer_surplus"])
    assert other.gains["total_gain"] == pytest.approx(base.gains["total_gain"], rel=1e-12)
    assert sum(other.money.values()) == 0


def test_a_policy_after_the_end_changes_no_gain_at_all() -> None:
    later = account(an_intervention("store_fee", 30, channel="app", rate=0.1))
    assert later.gains == account().gains


def test_days_add_up() -> None:
    first, rest, both = account("days=1"), account(from_day=1), account()
    for party in welfare.PARTIES:
        if party.name != "offline_shop_gain":  # rounded week by week
            parts = first.gains[party.name] + rest.gains[party.name]
            assert parts == pytest.approx(both.gains[party.name], rel=1e-6, abs=2.0), party.name
    assert sum(rest.money.values()) == 0


def test_hours_cost_creators_what_an_hour_costs_them() -> None:
    usual, dear = account().gains, account("creators.hour_cost_cents=50").gains
    assert dear["creator_time"] == pytest.approx(10 * usual["creator_time"])
    assert dear["creator_gain"] == pytest.approx(usual["creator_gain"] - 9 * usual["creator_time"])


def test_sellers_bear_their_goods_hours_and_weeks() -> None:
    base = account().gains
    week = account("trade.week_cost_cents=12000").gains
    weeks = 7000 * round(0.04 * 150) * 2 / 7
    sellers = ("domestic_seller_gain", "foreign_seller_gain")
    lost = sum(base[name] - week[name] for name in sellers)
    assert lost == pytest.approx(weeks)
    assert base["total_gain"] - week["total_gain"] == pytest.approx(weeks)
    hour = account("trade.hour_cost_cents=0").gains
    assert sum(hour[name] - base[name] for name in sellers) > 0


def test_imports_take_from_shops_outside_what_the_model_says() -> None:
    free = account("trade.displacement=0").gains
    assert free["offline_shop_gain"] == 0
    assert account().gains["offline_shop_gain"] < 0


def test_orders_that_a_ban_sends_elsewhere_are_worth_something_there() -> None:
    ban = an_intervention("commerce_ban", 0, region="US", channels=["live", "shop", "video"])
    banned = account(ban, "elsewhere.rival_share=0.5", "elsewhere.offline_share=0.3", "elsewhere.link_out_share=0")
    assert banned.gains["viewer_surplus_elsewhere"] > 0
    assert banned.gains["rival_gain"] > 0
    assert banned.gains["offline_shop_gain"] > 0
    assert banned.viewers.goods.sum() == 0
    lost = account(ban, "elsewhere.rival_share=0", "elsewhere.offline_share=0", "elsewhere.link_out_share=0")
    assert lost.gains["viewer_surplus_elsewhere"] == lost.gains["rival_gain"] == 0


def elsewhere_table(**column: list[object]) -> Columns:
    n = len(column["amount"])
    usual: dict[str, list[object]] = {
        "at_us": [0] * n,
        "region": [840] * n,
        "what": ["order"] * n,
        "route": ["rival"] * n,
        "merchant": ["domestic"] * n,
        "goods": ["domestic"] * n,
    }
    return {name: np.array(values) for name, values in (usual | column).items()}


def test_elsewhere_is_valued_by_hand() -> None:
    scenario = lively()
    goods, rates = goods_of(scenario), rates_of(scenario)
    mine = ~goods.imported
    cost = goods.cost[mine].sum() / goods.price[mine].sum()
    table = elsewhere_table(
        amount=[1000, 500, 100, 70, 10**6],
        route=["rival", "offline", "link_out", "nothing", "rival"],
        at_us=[5, 5, 5, 5, 4],
    )
    found = diverted(scenario, table, 5, goods, 2.0, rates)
    assert found.viewers == pytest.approx(1600 * mean_surplus(0.8))
    assert found.rivals == pytest.approx(1000 * (1 - cost))
    assert found.offline_cost == pytest.approx(500 * cost)
    assert (found.domestic, found.foreign, found.creators) == (pytest.approx(100 * (1 - cost)), 0, 0)
    offer = scenario.rival_currency
    gifts = diverted(scenario, elsewhere_table(amount=[300], what=["gift"]), 0, goods, 2.0, rates)
    assert gifts.viewers == 600
    assert gifts.creators == pytest.approx(300 * float(offer.creator_cents.value / offer.price_cents.value))
    assert gifts.creators + gifts.rivals == pytest.approx(300)


def test_one_money_is_kept_and_several_become_the_reference() -> None:
    assert rates_of(load("indonesia-no-ban")).currency == "IDR"
    assert set(rates_of(load("indonesia-no-ban")).of.values()) == {1.0}
    assert rates_of(lively()).currency == "USD"


def test_a_task_tells_the_gains_beside_the_metrics() -> None:
    scenario = lively()
    told = run(Task(scenario, 1, welfare=True))
    assert told["total_gain"] == (account().gains["total_gain"], "money", "USD")
    assert "total_gain" not in run(Task(scenario, 1))
    assert math.isfinite(told["bookings"].value)


def test_figures_have_their_definition() -> None:
    assert set(account().gains) == set(welfare.FIGURE)


# A comparison


@functools.cache
def compared() -> Comparison:
    """With a lower store fee, which changes nobody's doing."""
    return compare(lively(), lively("platform.store_fee=0.15"), pairs=2, warm_up_days=0, welfare=True)


def test_a_comparison_tells_gains_as_a_family_of_their_own() -> None:
    told = compared()
    assert told.gains is not None
    assert set(told.gains) == set(welfare.FIGURE)
    fee, margin = told.gains["store_gain"], told.gains["platform_gain"]
    assert (fee.bases > fee.others).all()
    assert told.gains["total_gain"].differences == pytest.approx([0, 0], abs=1e-6)
    assert margin.difference + told.gains["coin_float_gain"].difference == pytest.approx(-fee.difference)
    assert compare(lively(), lively("days=1"), pairs=2, warm_up_days=0).gains is None


def test_a_gain_can_be_asked_for_where_gains_are_told() -> None:
    dearer = lively("sellers.commission=0.1")
    told = compare(lively(), dearer, metric="store_gain", pairs=2, warm_up_days=0, welfare=True)
    assert told.answer.difference == 0
    with pytest.raises(CoinworksError, match="metric 'store_gain'"):
        compare(lively(), lively(), metric="store_gain", pairs=2)


def test_gains_are_told_in_a_table_and_in_figures() -> None:
    rows = {row["title"]: row for row in gains_rows(compared())}
    assert rows["All"]["difference"] == "±$0.00"
    assert rows["Stores and cards"]["difference"].startswith("−$")
    assert gains_table(compared()).row_count == len(rows)
    figures = gains_figures(compared())
    assert [figure.name for figure in figures] == ["gains"]
    lost = rows["Stores and cards"]["difference"]
    assert figures[0].title.endswith(f"stores and cards lose most ({lost}); all together ±$0.00")
    assert "Stores and cards" in figures[0].page_svg
    assert figures[0].csv.splitlines()[0] == "figure,base_minor,other_minor,difference_minor,low_minor,high_minor"


# Every system of the model at once: money cancels, and the viewers' parts still make their whole

SHOP_COINS = "interventions=[{ kind = 'coins_in_shop', at = %s, region = 'US', coin_value_cents = 100 }]"
VOUCHERS = (
    "interventions=[{ kind = 'voucher_campaign', at = %s, region = 'US', amount_cents = 500, minimum_cents = 1000, "
    "share = 0.9, days = 1 }]"
)
ABROAD = (
    "regions.US.share=0.5",
    (
        'regions.ID={ share = 0.5, currency = "IDR", rate = 157, income = 0.6, packs = "packs-id", '
        'goods = "goods-id", topup_tax = 0.1, order_tax = 0.11, time_zones = { "Asia/Jakarta" = 1.0 } }'
    ),
)


@pytest.mark.parametrize(
    "more", [(SHOP_COINS % START.isoformat(), "shopping.coin_share=1"), (VOUCHERS % START.isoformat(),), ABROAD]
)
def test_money_cancels_with_coins_in_the_shop_vouchers_and_several_moneys(more: tuple[str, ...]) -> None:
    found = account(*more)
    assert sum(found.money.values()) == 0
    assert found.currency == "USD"
    assert found.viewers.surplus.sum() == pytest.approx(found.gains["viewer_surplus"], rel=0.02)
    assert found.gains["total_gain"] != account().gains["total_gain"]


def test_a_voucher_is_a_gift_of_the_platform() -> None:
    base, given = account(), account(VOUCHERS % START.isoformat())
    assert given.viewers.goods.sum() > base.viewers.goods.sum()
    assert given.gains["viewer_surplus"] > base.gains["viewer_surplus"]
    assert given.gains["platform_gain"] < base.gains["platform_gain"]


def test_several_moneys_are_told_in_the_reference_at_the_stated_rates() -> None:
    rates = rates_of(lively(*ABROAD))
    assert rates.currency == "USD"
    assert rates.in_region.tolist() == [1.0, pytest.approx(1 / 157)]
    assert rates.of == {840: 1.0, 360: pytest.approx(1 / 157)}
