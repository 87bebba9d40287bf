"""Metrics: closed forms of inequality, a week's money worked by hand, and sums that must agree."""

import io
import math
from collections.abc import Callable, Collection
from fractions import Fraction
from itertools import pairwise
from statistics import NormalDist
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.behavior import elsewhere as codes
from sim.ledger import COIN, Item, Kind, Op, Rule, account_id, item_id
from sim.ledger.money import GBP, USD
from sim.metrics import METRIC, gini, herfindahl, lorenz_curve, lorenz_share, stated
from sim.metrics.breakdown import bookings_by_pack, coins_by_gift, income_by_creator, spend_by_payer
from sim.metrics.elsewhere import Elsewhere, note_elsewhere
from sim.metrics.elsewhere import empty_cells as elsewhere_cells
from sim.metrics.series import COLUMNS, HOUR_US, Series
from sim.metrics.shop import COLUMNS as SHOP_COLUMNS
from sim.metrics.summary import Kpis
from sim.metrics.sums import add_to, empty_sums, listed, with_room
from sim.metrics.tally import Found, Tally
from sim.scenario import load
from traces import GOOD, PACK, Town, busy_town, rare_town

QUARTER_US = 15 * 60 * 1_000_000
DAY_US = 24 * HOUR_US
HOMES = {840: ("US", SimpleNamespace(currency="USD")), 826: ("GB", SimpleNamespace(currency="GBP"))}
GRID = (np.arange(200_000) + 0.5) / 200_000


def pareto(shape: float) -> np.ndarray:
    """The quantiles of a Pareto law from 10^6 on, as integers."""
    return np.round(1e6 * (1 - GRID) ** (-1 / shape)).astype(np.int64)


def lognormal(sigma: float) -> np.ndarray:
    """The quantiles of a lognormal law with median 10^6, as integers."""
    normal = NormalDist()
    return np.round(1e6 * np.exp(sigma * np.array([normal.inv_cdf(u) for u in GRID[::50]]))).astype(np.int64)


@pytest.mark.parametrize("shape", [2.0, 3.0, 5.0])
def test_gini_of_a_pareto_law(shape: float) -> None:
    """1 / (2a - 1), less what a grid of 200,000 cuts off the tail."""
    assert gini(pareto(shape)) == pytest.approx(1 / (2 * shape - 1), abs=2e-3)


@pytest.mark.parametrize("sigma", [0.5, 1.0])
def test_gini_of_a_lognormal_law(sigma: float) -> None:
    """2 Φ(σ / √2) - 1."""
    assert gini(lognormal(sigma)) == pytest.approx(2 * NormalDist().cdf(sigma / 2**0.5) - 1, abs=2e-3)


@pytest.mark.parametrize("shape", [2.0, 3.0])
@pytest.mark.parametrize("top", [Fraction(1, 100), Fraction(1, 10), Fraction(1)])
def test_top_share_of_a_pareto_law(shape: float, top: Fraction) -> None:
    """top ** (1 - 1/a)."""
    assert lorenz_share(pareto(shape), top) == pytest.approx(float(top) ** (1 - 1 / shape), abs=2e-3)


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([7], 0.0),  # one holder is equal to herself
        ([3, 3, 3, 3], 0.0),  # all the same
        ([0, 0, 0, 9], 0.75),  # one has everything: 1 - 1/n
        ([1, 3], 0.25),
        ([3, 1], 0.25),  # in any order
        ([0, 0], 0.0),  # nobody has anything
    ],
)
def test_gini_of_small_groups(amounts: list[int], expected: float) -> None:
    """A few holders, counted by hand."""
    assert gini(np.array(amounts)) == pytest.approx(expected)


@pytest.mark.parametrize("n", [1, 2, 50])
def test_concentration_of_equals_is_one_in_n(n: int) -> None:
    """HHI of n equal holders; those without anything change nothing."""
    assert herfindahl(np.full(n, 7)) == pytest.approx(1 / n)
    assert herfindahl(np.array([7] * n + [0] * n)) == pytest.approx(1 / n)


def test_concentration_of_a_lognormal_law() -> None:
    """exp(sigma^2) / n, less what a grid cuts off the tail."""
    amounts = lognormal(0.5)
    assert herfindahl(amounts) * len(amounts) == pytest.approx(math.exp(0.25), rel=5e-3)


def test_concentration_of_a_market_by_hand() -> None:
    """Shares of 50, 30 and 20 %: 0.25 + 0.09 + 0.04; nobody has anything: 0."""
    assert herfindahl(np.array([5, 2, 3])) == pytest.approx(0.38)
    assert herfindahl(np.zeros(3, np.int64)) == 0


def test_a_holder_on_the_edge_counts_in_part() -> None:
    """Of 4 holders the top 3/8 are the largest and half of the next."""
    assert lorenz_share(np.array([10, 20, 30, 40]), Fraction(3, 8)) == pytest.approx((40 + 15) / 100)
    assert lorenz_share(np.array([0, 0]), Fraction(1, 2)) == 0.0


def test_lorenz_curve_is_a_running_share() -> None:
    """From nothing to everything, the poorest first."""
    holders, held = lorenz_curve(np.array([6, 1, 3]))
    assert holders == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert held == pytest.approx([0, 0.1, 0.4, 1])


@pytest.mark.parametrize("measure", [gini, lorenz_curve, herfindahl])
def test_inequality_of_nobody_or_of_debts_is_refused(measure: Callable[[np.ndarray], object]) -> None:
    """Empty and negative amounts have no Lorenz curve."""
    with pytest.raises(ValueError, match="at least one holder"):
        measure(np.array([], np.int64))
    with pytest.raises(ValueError, match=r"amounts\(min=-1\) must be >= 0"):
        measure(np.array([2, -1]))
    with pytest.raises(ValueError, match=r"top\(=0\) must be in"):
        lorenz_share(np.array([1]), Fraction(0))


def a_scenario(town: Town, window_us: int = QUARTER_US) -> Any:
    homes = {holder.region for holder in town.book.holders.values()}
    regions = {name: home for code, (name, home) in HOMES.items() if code in homes}
    return SimpleNamespace(viewers=town.viewers(), window_us=window_us, duration_us=7 * DAY_US, regions=regions)


def new_tally(town: Town, window_us: int = QUARTER_US, state: dict[str, Any] | None = None) -> Tally:
    scenario = a_scenario(town, window_us)
    if state is not None:
        return Tally.restored(scenario, town.hosts(), state)
    return Tally(scenario, town.hosts())


def summarize(town: Town, window_us: int = QUARTER_US) -> tuple[Kpis, Series]:
    tally = new_tally(town, window_us)
    tally.add(town.block())
    found = tally.close(town.ending())
    return found.kpis, found.series


def everything(town: Town, foreign: Collection[int] = (), imported: Collection[int] = ()) -> Found:
    """All metrics of a town, whose sellers and goods have these origins."""
    tally = Tally(a_scenario(town), town.hosts(foreign, imported))
    tally.add(town.block())
    return tally.close(town.ending())


def key_figures(town: Town) -> Kpis:
    return summarize(town)[0]


def kpis(town: Town) -> dict[str, int | float | None]:
    return {name: figure["value"] for name, figure in key_figures(town).items()}


def test_a_dollar_in_the_app_splits_as_published() -> None:
    """C5: a pack at $19.99, spent whole, leaves 30 to the store, 33 to the creator and 37 to the platform."""
    town = Town()
    fan, star = town.viewer(), town.creator()
    town.viewer()
    town.topup(fan, at_us=1)
    town.gift(fan, star, 1_321, at_us=2)
    found = kpis(town)
    assert (found["bookings"], found["store_fees"]) == (1_999, 600)
    assert found["revenue"] == found["coin_revenue"] == 1_399
    assert found["creator_income"] == 661  # 660.5 cents, rounded half up
    assert found["take_rate"] == pytest.approx((1_399 - 661) / 1_999)
    assert (found["payers"], found["conversion"], found["arpu"], found["arppu"]) == (1, 0.5, 1_000, 1_999)
    assert (found["coin_float"], found["coin_float_coins"]) == (0, 0)


def test_unspent_coins_are_deferred_revenue() -> None:
    """Bookings count at once, revenue as the coins are spent; the take rate looks at spent coins only."""
    town = Town()
    fan, star = town.viewer(), town.creator()
    town.topup(fan, at_us=1)
    assert kpis(town)["revenue"] == 0
    assert kpis(town)["take_rate"] is None
    town.gift(fan, star, 1_000, at_us=2)
    found = kpis(town)
    assert found["revenue"] == 1_399 * 1_000 // 1_321
    assert (found["coin_float"], found["coin_float_coins"]) == (1_399 - found["revenue"], 321)
    assert found["take_rate"] == pytest.approx((found["revenue"] - 500) / (1_999 - 1_999 * 321 // 1_321))


COIN_PARTS = (
    "store_fees",
    "topup_tax",
    "charged_back",
    "coins_refunded",
    "creator_income",
    "coin_margin",
    "coin_float",
)


def debtor() -> Town:
    """Orders of 321 and of 300 coins out of a topup that the bank takes back: one cancelled, one refunded."""
    town = Town()
    town.add(Op.POLICY, -1, peer=Rule.SHOP_COIN_VALUE, amount=700_000, currency=USD)
    fan, seller = town.viewer(), town.seller()
    bought = town.topup(fan, 1)
    money = {"peer": seller, "item": GOOD, "currency": COIN}
    first, second = (town.add(Op.ORDER, fan, at_us=2, amount=coins, **money) for coins in (321, 300))
    sold = town.add(Op.CAPTURE, seller, at_us=3, peer=fan, amount=300, currency=COIN, ref=second)
    town.add(Op.CHARGEBACK, fan, at_us=4, item=PACK, amount=1_999, currency=USD, ref=bought)
    town.add(Op.CANCEL, fan, at_us=5, amount=321, ref=first, **money)
    town.add(Op.REFUND, fan, at_us=6, amount=300, ref=sold, **money)
    return town


@pytest.mark.parametrize("town", [busy_town, rare_town, debtor])
def test_bookings_are_shared_out_to_the_last_cent(town: Callable[[], Town]) -> None:
    """Store, tax, what went back, creators, platform, goods and unspent coins add up to what fans paid for coins."""
    found = kpis(town())
    assert found["charged_back"] + found["coins_refunded"] > 0
    assert sum(found[name] for name in (*COIN_PARTS, "coins_spent_on_goods")) == found["bookings"]


@pytest.mark.parametrize("town", [busy_town, rare_town, debtor])
def test_revenue_is_of_coins_and_of_goods(town: Callable[[], Town]) -> None:
    """Less what vouchers cost; the series recognizes the same, hour by hour."""
    found, series = summarize(town())
    parts = {name: found[name]["value"] for name in ("coin_revenue", "commission", "voucher_cost", "creator_income")}
    revenue = parts["coin_revenue"] + parts["commission"] - parts["voucher_cost"]
    assert found["revenue"]["value"] == revenue == series["revenue"].sum()
    assert found["platform_margin"]["value"] == revenue - parts["creator_income"]
    for name in ("commission", "tax", "store_fees", "coins_refunded", "coins_given", "gmv"):
        assert series[name].sum() == found[name]["value"], name


def test_goods_paid_in_coins_and_by_vouchers() -> None:
    """40 coins twice, of which one order is cancelled; of two vouchers of $5.00 one pays and one breaks."""
    found = kpis(rare_town())
    assert found["coins_paid"] == 80
    assert found["gmv"] == 3_500 + 2_000
    assert (found["vouchers_granted"], found["voucher_cost"]) == (1_000, 500)
    assert found["affiliate_income"] == 350
    assert found["coins_spent_on_goods"] == 43 - 10  # 40 coins had cost $0.43; 15 came back, as a lot of $0.10


def test_what_comes_back_of_a_voucher_is_no_commission() -> None:
    """$20.00 of which a voucher pays $5.00, delivered for 6 %, half of it sent back, then the rest.

    Either refund returns half of the commission, less a fee of a fifth, and half of the voucher.
    """
    town = Town()
    fan, seller = town.viewer(), town.seller()
    voucher = town.add(Op.VOUCHER, fan, at_us=1, amount=500, currency=USD)
    money = {"peer": seller, "item": GOOD, "currency": USD}
    order = town.add(Op.ORDER, fan, at_us=2, amount=2_000, ref=voucher, **money)
    before = kpis(town)
    assert (before["vouchers_used"], before["voucher_cost"]) == (500, 500)
    sold = town.add(Op.CAPTURE, seller, at_us=3, peer=fan, amount=2_000, currency=USD, ref=order)
    commission = kpis(town)["commission"]
    for back, cost in ((1_000, 250), (1_000, 0)):
        town.add(Op.REFUND, fan, at_us=4, amount=back, ref=sold, **money)
        found, series = summarize(town)
        assert found["voucher_cost"]["value"] == cost
        assert found["revenue"]["value"] == found["commission"]["value"] - cost
        assert series["commission"].sum() == found["commission"]["value"]
    assert found["commission"]["value"] < commission
    assert found["vouchers_used"]["value"] == 500


def test_a_voucher_that_comes_back_bit_by_bit_comes_back_whole() -> None:
    """Of seven cents a third is 2.33: two each by itself, and all seven together."""
    town = Town()
    fan, seller = town.viewer(), town.seller()
    voucher = town.add(Op.VOUCHER, fan, at_us=1, amount=7, currency=USD)
    money = {"peer": seller, "item": GOOD, "currency": USD}
    order = town.add(Op.ORDER, fan, at_us=2, amount=2_001, ref=voucher, **money)
    sold = town.add(Op.CAPTURE, seller, at_us=3, peer=fan, amount=2_001, currency=USD, ref=order)
    for _ in range(3):
        town.add(Op.REFUND, fan, at_us=4, amount=667, ref=sold, **money)
    assert kpis(town)["voucher_cost"] == 0


def test_what_comes_back_before_delivery_costs_no_voucher_either() -> None:
    """Of $20.00 with a voucher of $5.00 a part is cancelled, the rest delivered and refunded whole; one expires."""
    town = Town()
    fan, seller = town.viewer(), town.seller()
    used, unused = (town.add(Op.VOUCHER, fan, at_us=1, amount=500, currency=USD) for _ in range(2))
    money = {"peer": seller, "item": GOOD, "currency": USD}
    order = town.add(Op.ORDER, fan, at_us=2, amount=2_000, ref=used, **money)
    town.add(Op.CANCEL, fan, at_us=3, amount=500, ref=order, **money)
    sold = town.add(Op.CAPTURE, seller, at_us=4, peer=fan, amount=1_500, currency=USD, ref=order)
    town.add(Op.REFUND, fan, at_us=5, amount=1_500, ref=sold, **money)
    town.add(Op.EXPIRE, fan, at_us=6, amount=500, currency=USD, ref=unused)
    found = kpis(town)
    assert (found["vouchers_granted"], found["vouchers_used"], found["vouchers_expired"]) == (1_000, 500, 500)
    assert found["voucher_cost"] == 0
    assert found["revenue"] == found["commission"]


def test_what_coins_that_come_back_settle_of_a_debt_is_earned_by_coins() -> None:
    """No voucher returns it and no seller pays it: 321 coins had cost $3.40, 300 are worth $2.10 with their tax."""
    found, series = summarize(debtor())
    parts = {name: found[name]["value"] for name in ("coin_revenue", "commission", "voucher_cost")}
    spent, worth = 318, 210  # what 300 of 1,321 coins had cost
    assert parts["voucher_cost"] == 0
    assert parts["coin_revenue"] == 1_399 - spent - 1_399 + worth
    assert parts["commission"] == spent - worth  # the seller's commission was given back
    assert found["revenue"]["value"] == parts["coin_revenue"] + parts["commission"]
    assert series["commission"].sum() == parts["commission"]
    assert found["coins_spent_on_goods"]["value"] == spent - worth


def test_shop_sales_net_of_what_came_back() -> None:
    """Of 6 orders of $35.00 two are cancelled; of 4 deliveries two are refunded by $10.00 each."""
    found = kpis(busy_town())
    assert (found["orders"], found["gmv"]) == (6, 21_000)
    assert found["gmv_net"] == 21_000 - 2 * 3_500 - 2 * 1_000
    assert found["cancel_rate"] == pytest.approx(2 / 6)
    assert found["refund_rate"] == pytest.approx(2 / 4)
    assert found["commission"] == 4 * 210 - 2 * 60


def test_coins_age_until_they_are_spent() -> None:
    """1,321 coins of day 1 and 1,321 of day 5, at the end of day 7: 4 days in the mean; the oldest are spent first."""
    town = Town()
    fan, star = town.viewer(), town.creator()
    town.topup(fan, at_us=DAY_US)
    town.topup(fan, at_us=5 * DAY_US)
    assert key_figures(town)["float_age"] == {"value": pytest.approx(4.0), "unit": "days", "currency": "USD"}
    town.gift(fan, star, 1_321, at_us=6 * DAY_US)
    assert kpis(town)["float_age"] == pytest.approx(2.0)
    town.gift(fan, star, 1_321, at_us=6 * DAY_US)
    assert kpis(town)["float_age"] is None


def test_retention_looks_at_both_halves() -> None:
    """Of three viewers seen in the first half one comes back; who comes late only, or is acted upon, doesn't count."""
    town = Town()
    one, two, three, four, _silent = (town.viewer() for _ in range(5))
    town.topup(one, at_us=1)
    town.topup(two, at_us=2)
    topup = town.topup(three, at_us=3)
    half = 7 * DAY_US // 2
    town.add(Op.BALANCE, two, at_us=half - 1)
    town.add(Op.BALANCE, two, at_us=half)
    town.add(Op.BALANCE, two, at_us=half + 1)
    town.add(Op.HISTORY, four, at_us=half + 2)
    town.add(Op.CHARGEBACK, three, at_us=half + 3, amount=1_999, currency=USD, ref=topup)
    assert kpis(town)["retention"] == pytest.approx(1 / 3)


def test_rewards_cost_what_their_diamonds_are_worth() -> None:
    """Of a gift of 10 coins 4 are rewards, which are spent first: $0.02 of the $0.05 that the creator earns."""
    town = Town()
    fan, star = town.viewer(coins=100), town.creator()
    town.reward(fan, 4, at_us=1)
    town.gift(fan, star, 10, at_us=2)
    found, series = summarize(town)
    assert found["rewards_given"]["value"] == 4
    assert (found["creator_income"]["value"], found["reward_cost"]["value"]) == (5, 2)
    assert (series["creator_income"].sum(), series["reward_cost"].sum(), series["rewards_issued"].sum()) == (5, 2, 4)


def test_income_by_the_hour_adds_up_to_the_rounded_whole() -> None:
    """Three gifts worth half a cent each in three hours: 2 cents together, whatever each hour shows."""
    town = Town()
    fan, star = town.viewer(coins=100), town.creator()
    for turn in range(3):
        town.gift(fan, star, 1, at_us=turn * HOUR_US)
    found, series = summarize(town)
    assert found["creator_income"]["value"] == 2
    assert series["creator_income"].tolist()[-3:] == [1, 0, 1]


def test_tax_and_fees_hour_by_hour() -> None:
    """Coins' fees and goods' tax, with what chargebacks and refunds take back, sum to what the accounts say."""
    found, series = summarize(busy_town())
    assert series["tax"].sum() == found["tax"]["value"] == found["topup_tax"]["value"] + found["order_tax"]["value"]
    assert found["order_tax"]["value"] == 4 * 245 - 2 * 70  # 7 % of $35.00, and of the $10.00 given back
    assert series["store_fees"].sum() == found["store_fees"]["value"] == 19 * 600
    assert series["charged_back"].sum() == found["charged_back"]["value"]
    assert series["commission"].sum() == found["commission"]["value"]


def two_sellers() -> Town:
    """At home two orders of $35.00, one delivered and half refunded; abroad two, one delivered, one cancelled."""
    town = Town()
    fan, at_home, abroad = town.viewer(), town.seller(), town.seller()
    orders = [
        town.order(fan, seller, 3_500, at_us=turn) for turn, seller in enumerate((at_home, at_home, abroad, abroad))
    ]
    done = {"peer": fan, "amount": 3_500, "currency": USD}
    first = town.add(Op.CAPTURE, at_home, at_us=HOUR_US, ref=orders[0], **done)
    town.add(Op.CAPTURE, abroad, at_us=HOUR_US, ref=orders[2], **done)
    town.add(Op.CANCEL, fan, at_us=HOUR_US, peer=-1, amount=3_500, currency=USD, ref=orders[3])
    town.add(Op.REFUND, fan, at_us=2 * HOUR_US, peer=at_home, amount=1_750, currency=USD, ref=first)
    town.add(Op.SETTLE, abroad, at_us=3 * HOUR_US, amount=1_000, currency=USD)
    return town


def test_the_shop_by_origin_of_merchant_and_goods() -> None:
    """What answers an order counts under its origins, in the hour in which it happens."""
    shop = everything(two_sellers(), foreign=[1], imported=[0]).shop
    assert list(shop) == list(SHOP_COLUMNS)
    rows = list(
        zip(
            shop["at_us"] // HOUR_US,
            shop["merchant"],
            shop["orders"],
            shop["gmv"],
            shop["cancelled"],
            shop["delivered"],
            shop["refunded"],
            shop["commission"],
            strict=True,
        )
    )
    assert rows == [
        (0, "domestic", 2, 7_000, 0, 0, 0, 0),
        (0, "foreign", 2, 7_000, 0, 0, 0, 0),
        (1, "domestic", 0, 0, 0, 3_500, 0, 210),
        (1, "foreign", 0, 0, 3_500, 3_500, 0, 210),
        (2, "domestic", 0, 0, 0, 0, 1_750, -105),
    ]
    assert set(shop["goods"]) == {"imported"}
    assert set(shop["channel"]) == {"shop"}


def test_sellers_earn_what_they_hold_and_what_was_paid_out() -> None:
    """$35.00 less 6 %, less what a refund takes; a settlement is income already earned."""
    found = {name: figure["value"] for name, figure in everything(two_sellers(), foreign=[1]).kpis.items()}
    assert (found["domestic_seller_income"], found["foreign_seller_income"]) == (3_290 - 1_645, 3_290)
    assert found["seller_income"] == 3_290 - 1_645 + 3_290
    assert (found["sellers"], found["selling_sellers"]) == (2, 2)
    assert (found["seller_hhi"], found["foreign_merchant_share"]) == (0.5, 0.5)
    assert found["imported_goods_share"] == 0
    assert found["seller_gini"] == pytest.approx(gini(np.array([1_645, 3_290])))
    assert found["shop_take_rate"] == pytest.approx((2 * 210 - 105) / (7_000 - 1_750))


def test_fans_spend_what_leaves_their_bank() -> None:
    """Topups and orders with their tax, less chargebacks, cancels and refunds."""
    found = kpis(busy_town())
    kept = found["bookings"] - found["charged_back"]
    assert found["spent_by_fans"] == kept + (21_000 - 2 * 3_500 - 2 * 1_000) + 4 * 245 - 2 * 70


def test_each_region_has_its_own_figures() -> None:
    """Where there are two: heads, money in its own currency, and flows that add up to the whole."""
    found = everything(RICH)
    us, gb = found.by_region["US"], found.by_region["GB"]
    assert gb["bookings"] == {"value": 4 * 89, "unit": "money", "currency": "GBP"}
    assert (us["viewers"]["value"], gb["viewers"]["value"]) == (20, 1)
    assert (gb["payers"]["value"], gb["conversion"]["value"], gb["arpu"]["value"]) == (1, 1.0, 4 * 89)
    for name in ("gifts", "coins_given", "orders", "topups", "payers", "rewards_given"):
        assert us[name]["value"] + gb[name]["value"] == found.kpis[name]["value"], name
    assert set(gb) <= set(METRIC)
    assert everything(busy_town()).by_region == {}


def test_a_region_with_money_of_its_own_has_all_that_is_said_of_it() -> None:
    """Take rate, payers' Gini and the like are the currency's; creators' and sellers' are those of its own people."""
    found = everything(RICH)
    gb, income = found.by_region["GB"], income_by_creator(RICH.trace(), GBP).totals
    for name in ("take_rate", "coin_margin", "payer_gini", "float_age", "gmv_net", "creator_gini", "creator_hhi"):
        assert gb[name] == found.kpis[f"{name}.GBP"], name
    assert set(gb) >= {name for name, metric in METRIC.items() if metric.per_currency}
    assert gb["creators"]["value"] == 1
    assert gb["creator_hhi"]["value"] == herfindahl(income) == 1.0
    assert found.by_region["US"]["creators"]["value"] == found.kpis["creators"]["value"] - 1


def a_rich_neighbour() -> Town:
    """A fan and a creator in one region; two creators and a seller in another, where she gives and orders too."""
    town = Town()
    fan, star = town.viewer(), town.creator()
    others = [account_id(Kind.VIEWER, 1), *(account_id(Kind.CREATOR, n) for n in (1, 2)), account_id(Kind.SELLER, 0)]
    for account in others:
        town.add(Op.OPEN, account, region=826)
    town.topup(fan, at_us=1)
    for creator, coins in ((star, 9), (others[1], 5), (others[2], 5)):
        town.gift(fan, creator, coins, at_us=2)
    town.order(fan, others[3], 3_500, at_us=3)
    return town


def test_regions_that_share_their_money_have_their_own_creators_and_sellers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What rests on lots of coins is then known of the currency alone."""
    monkeypatch.setitem(HOMES, 826, ("GB", SimpleNamespace(currency="USD")))
    found = everything(a_rich_neighbour())
    us, gb = found.by_region["US"], found.by_region["GB"]
    assert "take_rate" not in us
    assert "take_rate" in found.kpis
    assert (us["creator_hhi"]["value"], gb["creator_hhi"]["value"]) == (1.0, 0.5)
    assert (us["creators"]["value"], gb["creators"]["value"]) == (1, 2)
    assert (us["seller_hhi"]["value"], gb["seller_hhi"]["value"]) == (None, 1.0)
    assert (us["sellers"]["value"], gb["selling_sellers"]["value"]) == (0, 1)
    assert gb["creator_income"]["currency"] == "USD"


def test_a_region_in_which_no_money_moves_has_its_own_all_the_same() -> None:
    town = busy_town()
    town.add(Op.OPEN, account_id(Kind.VIEWER, 20), at_us=9_000_000, region=826)
    found = everything(town)
    assert found.by_region["GB"]["bookings"] == {"value": 0, "unit": "money", "currency": "GBP"}
    assert found.by_region["GB"]["arppu"] == {"value": None, "unit": "money", "currency": "GBP"}
    assert found.kpis["bookings.GBP"]["value"] == 0
    assert set(found.series["currency"][found.series["region"] == 826]) == {GBP}


def test_money_a_head_is_of_those_who_have_that_money() -> None:
    """Twenty viewers in dollars, one in pounds who paid four times."""
    found = everything(RICH).kpis
    assert found["arpu.GBP"]["value"] == (4 + 1) * 89  # a dollar viewer paid once in pounds
    assert found["arppu.GBP"]["value"] == pytest.approx(5 * 89 / 2, abs=0.5)
    assert found["arpu.USD"]["value"] == (2 * found["bookings.USD"]["value"] + 20) // 40


def test_channels_have_figures_of_their_own() -> None:
    """Coins in the app and on the web, goods live, in the tab and in videos; together they are the whole."""
    found = everything(two_sellers())
    app, shop, live = (found.by_channel[name] for name in ("app", "shop", "live"))
    assert app["bookings"] == found.kpis["bookings"]
    assert shop["shop_take_rate"] == found.kpis["shop_take_rate"]
    assert (shop["gmv"], shop["gmv_net"]) == (found.kpis["gmv"], found.kpis["gmv_net"])
    assert (live["orders"]["value"], live["shop_take_rate"]["value"]) == (0, None)
    rich = everything(RICH)
    assert (
        sum(rich.by_channel[channel]["topups"]["value"] for channel in ("app", "web")) == rich.kpis["topups"]["value"]
    )
    assert set(rich.by_channel["web"]) == {
        "topups",
        *(f"{n}.{c}" for n in ("bookings", "store_fees") for c in ("USD", "GBP")),
    }
    assert rich.by_channel["live"]["gifts"] == rich.kpis["gifts"]
    assert set(found.by_channel) == {"app", "web", "live", "shop", "video"}


def test_orders_kept_away_by_a_rule() -> None:
    """A ban counts, a sold-out good doesn't; gifts on a rival platform stand apart."""
    town, cells = busy_town(), elsewhere_cells(1)
    for what, reason, route, amount in (
        (codes.ORDER, codes.BAN, codes.OFFLINE, 100),
        (codes.ORDER, codes.BAN, codes.NOWHERE, 50),
        (codes.ORDER, codes.STOCK, codes.AT_RIVAL, 30),
        (codes.GIFT, codes.RIVAL, codes.AT_RIVAL, 7),
    ):
        note_elsewhere(cells, 0, what, reason, route, 0, 0, amount)
    elsewhere = Elsewhere(load("us-baseline"))
    elsewhere.add(0, cells)
    tally = new_tally(town)
    tally.add(town.block())
    found = tally.close(town.ending()._replace(elsewhere=elsewhere.columns())).kpis
    expected = {
        "orders_barred": 2,
        "orders_lost": 1,
        "gmv_barred": 150,
        "gmv_to_offline": 100,
        "gmv_to_rivals": 30,
        "gifts_elsewhere": 1,
        "gifts_elsewhere_value": 7,
    }
    assert {name: found[name]["value"] for name in expected} == expected


def test_hosts_by_week_are_told_at_the_end_and_altogether() -> None:
    """Two weeks of two regions: who works in the last one, who came and went in both."""
    town = busy_town()
    tally = new_tally(town)
    tally.add(town.block())
    rows = [
        (0, 2, 840, 10, 0, 0),
        (0, 3, 840, 4, 0, 0),
        (1, 2, 840, 8, 1, 3),
        (1, 2, 826, 5, 2, 0),
        (1, 3, 840, 4, 0, 0),
    ]
    names = ("week", "kind", "region", "active", "entered", "left")
    by_week = {name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    found = tally.close(town.ending()._replace(hosts_by_week=by_week)).kpis
    told = [found[name]["value"] for name in ("active_creators", "creators_entered", "creators_left", "active_sellers")]
    assert told == [13, 3, 3, 4]


def test_sellers_by_week_by_origin() -> None:
    """Profit and offline shops of all weeks, who is active in the last; money of another currency stays apart."""
    town = busy_town()
    tally = new_tally(town)
    tally.add(town.block())
    names = ("week", "currency", "foreign", "active", "income", "offline")
    rows = [(0, USD, False, 5, 70, 20), (0, USD, True, 3, 40, 0), (1, USD, False, 4, -10, 30), (1, USD, True, 6, 1, 0)]
    rows += [(1, GBP, False, 2, 1_000, 1_000)]
    weeks = {name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    found = tally.close(town.ending()._replace(sellers_by_week=weeks)).kpis
    assert (found["active_domestic_sellers"]["value"], found["active_foreign_sellers"]["value"]) == (4 + 2, 6)
    assert (found["domestic_seller_profit"]["value"], found["foreign_seller_profit"]["value"]) == (60, 41)
    assert found["offline_income"]["value"] == 50


def test_every_metric_is_stated_and_every_figure_is_defined() -> None:
    """One table of definitions, no more and no less than the summary; shares lie in [0, 1]."""
    town = busy_town()
    found = key_figures(town)
    assert set(found) == set(METRIC)
    for name, figure in found.items():
        assert figure["unit"] == METRIC[name].unit
        assert ("currency" in figure) == METRIC[name].per_currency
        if figure["unit"] in {"share", "index"}:
            assert 0 <= figure["value"] <= 1, name


def test_a_town_where_nothing_happens() -> None:
    """No payers and no creators: counts are 0, and what nothing can be said of is None."""
    town = Town()
    town.viewer()
    found = kpis(town)
    assert (found["bookings"], found["payers"], found["conversion"]) == (0, 0, 0.0)
    assert found["arppu"] is found["payer_gini"] is found["creator_gini"] is found["refund_rate"] is None


def test_several_currencies_stay_apart() -> None:
    """Money is stated once a currency and never added up over them."""
    town = Town()
    town.topup(town.viewer(), at_us=1)
    british = item_id(Item.PACK_APP, 1)
    town.add(Op.POLICY, -1, at_us=1, peer=Rule.PACK_COINS, item=british, amount=65, currency=1)
    town.add(Op.TOPUP, town.viewer(), at_us=2, item=british, amount=89, currency=GBP)
    found = key_figures(town)
    assert "bookings" not in found
    assert stated(found, "bookings", "USD") == {"value": 1_999, "unit": "money", "currency": "USD"}
    assert stated(found, "bookings", "GBP") == {"value": 89, "unit": "money", "currency": "GBP"}
    assert stated(found, "payers", "GBP") == {"value": 2, "unit": "viewers"}


def test_income_counts_a_diamond_at_its_gift() -> None:
    """A later value does not rewrite income; creators without gifts stand in it with 0."""
    town = Town()
    fan, star, idle = town.viewer(coins=100), town.creator(), town.creator()
    town.gift(fan, star, 10, at_us=1)
    town.add(Op.POLICY, -1, at_us=5, peer=Rule.DIAMOND_VALUE, amount=250_000, currency=USD)
    town.gift(fan, star, 10, at_us=5)
    income = income_by_creator(town.trace(), USD)
    assert income.keys.tolist() == [star, idle]
    assert income.totals.tolist() == [10 * 500_000 + 10 * 250_000, 0]
    assert income.counts.tolist() == [2, 0]


def test_breakdowns_leave_out_declined_operations() -> None:
    """A gift without coins is in the traffic, not in the sums."""
    town = Town()
    fan, star = town.viewer(), town.creator()
    town.gift(fan, star, 5, at_us=1)
    town.topup(fan, at_us=2)
    town.topup(fan, at_us=2)
    town.gift(fan, star, 5, at_us=3)
    trace = town.trace()
    assert coins_by_gift(trace).counts.tolist() == [1]
    assert spend_by_payer(trace, USD).totals.tolist() == [2 * 1_999]
    assert bookings_by_pack(trace, USD).keys.tolist() == [PACK]
    assert kpis(town)["decline_rate"] == pytest.approx(1 / 4)


def test_the_series_adds_up_to_the_summary() -> None:
    """Flows sum to the run's totals, and changes of a stock to its end."""
    town = busy_town(spread_us=3 * DAY_US)
    town.topup(account_id(Kind.VIEWER, 0), at_us=3 * DAY_US)  # who pays again is no new payer
    found, series = summarize(town)
    assert list(series) == list(COLUMNS)
    sums = {name: int(column.sum()) for name, column in series.items() if column.dtype == np.int64}
    same = {name: name for name in ("bookings", "revenue", "topups", "gifts", "coins_given", "orders", "gmv")}
    for column, metric in {
        **same,
        "new_payers": "payers",
        "float_coins": "coin_float_coins",
        "float_cost": "coin_float",
    }.items():
        assert sums[column] == found[metric]["value"], column
    assert sums["declined"] > 0
    assert set(series["channel"]) == {"app", "live", "shop"}
    assert (series["at_us"] % HOUR_US == 0).all()
    assert len(set(series["at_us"])) > 24


def test_a_longer_window_makes_longer_steps() -> None:
    """The step is an hour, or the window where that is longer."""
    town = busy_town(fans=4, spread_us=3 * DAY_US)
    _, series = summarize(town, window_us=DAY_US)
    assert set(series["at_us"]) == {0, DAY_US, 2 * DAY_US}


def a_british_side(town: Town, at_us: int) -> Town:
    """Another currency comes to town, and a diamond's worth changes twice while gifts go on."""
    pack, fan, star = item_id(Item.PACK_APP, 1), account_id(Kind.VIEWER, 20), account_id(Kind.CREATOR, 2)
    town.add(Op.POLICY, -1, at_us=at_us, peer=Rule.PACK_COINS, item=pack, amount=65, currency=1)
    town.add(Op.POLICY, -1, at_us=at_us, peer=Rule.DIAMOND_VALUE, amount=400_001, currency=GBP, region=826)
    for account in (fan, star):
        town.add(Op.OPEN, account, at_us=at_us, region=826)
    for turn in range(1, 5):
        now_us = at_us + turn * HOUR_US
        town.add(Op.TOPUP, fan, at_us=now_us, item=pack, amount=89, currency=GBP, region=826)
        town.gift(fan, star, turn, at_us=now_us)
        town.gift(fan, account_id(Kind.CREATOR, 0), 3, at_us=now_us)
        worth = {"amount": 100_000 * turn, "currency": USD if turn > 2 else GBP}
        town.add(Op.POLICY, -1, at_us=now_us + 1, peer=Rule.DIAMOND_VALUE, region=826, **worth)
        town.gift(fan, star, 1, at_us=now_us + 1)
    town.add(Op.TOPUP, account_id(Kind.VIEWER, 0), at_us=at_us + 5 * HOUR_US, item=pack, amount=89, currency=GBP)
    return town


RICH = a_british_side(busy_town(spread_us=5 * HOUR_US), at_us=6 * HOUR_US)
N_RICH = len(RICH.rows)


def test_a_tally_says_what_the_trace_says() -> None:
    """Payers' spend, packs' bookings and creators' incomes are those that one asks of the whole trace."""
    trace, (found, series) = RICH.trace(), summarize(RICH)
    for currency, name in ((USD, "USD"), (GBP, "GBP")):
        spend, income = spend_by_payer(trace, currency).totals, income_by_creator(trace, currency).totals
        packs = bookings_by_pack(trace, currency).totals
        assert stated(found, "bookings", name)["value"] == spend.sum()
        assert stated(found, "payer_gini", name)["value"] == gini(spend)
        assert stated(found, "creator_income", name)["value"] == (int(income.sum()) + 500_000) // 1_000_000
        assert stated(found, "creator_gini", name)["value"] == gini(income)
        assert stated(found, "best_pack_share", name)["value"] == packs.max() / packs.sum()
    assert found["payers"]["value"] == int(series["new_payers"].sum()) == 21
    assert set(zip(series["region"].tolist(), series["currency"].tolist(), strict=True)) == {
        (0, 0),
        (840, USD),
        (826, GBP),
    }


def through_a_file(state: dict[str, Any]) -> dict[str, Any]:
    """A state written as plain arrays and read again; anything else is refused."""
    file = io.BytesIO()
    np.savez(file, **state)
    file.seek(0)
    return dict(np.load(file, allow_pickle=False))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, N_RICH), max_size=12), st.sets(st.integers(0, 12)))
def test_however_a_trace_is_divided(cuts: list[int], pauses: set[int]) -> None:
    """Blocks of any length, empty ones included, give the same; so does a tally put aside and taken up again."""
    block, tally = RICH.block(), new_tally(RICH)
    for turn, (begin, end) in enumerate(pairwise([0, *sorted(cuts), N_RICH])):
        tally.add({name: column[begin:end] for name, column in block.items()})
        if turn in pauses:
            tally = new_tally(RICH, state=through_a_file(tally.state()))
    found, expected = tally.close(RICH.ending()), everything(RICH)
    assert (found.kpis, found.by_region) == (expected.kpis, expected.by_region)
    for table, other in ((found.series, expected.series), (found.shop, expected.shop)):
        assert list(table) == list(other)
        for name, column in other.items():
            assert table[name].dtype == column.dtype
            assert table[name].tolist() == column.tolist(), name


def test_a_state_stays_as_it_was() -> None:
    """What has been put aside doesn't change when the tally goes on, or the one restored from it."""
    tally = new_tally(RICH)
    tally.add(RICH.block())
    state = tally.state()
    before = through_a_file(state)
    tally.add(RICH.block())
    new_tally(RICH, state=state).add(RICH.block())
    for name, column in before.items():
        assert np.array_equal(state[name], column), name


def test_a_run_without_its_opens_counts_people_all_the_same() -> None:
    """Viewers and creators are known from the start; a run that keeps no trace needn't open millions of accounts."""
    block, tally = RICH.block(), new_tally(RICH)
    others = block["op"] != Op.OPEN
    tally.add({name: column[others] for name, column in block.items()})
    assert tally.close(RICH.ending()).kpis == key_figures(RICH)


@pytest.mark.parametrize("lacking", ["creators_region", "sellers_region"])
def test_an_operation_with_nobody_known_is_refused(lacking: str) -> None:
    """Compiled code would write beyond its arrays."""
    hosts = RICH.hosts()
    if lacking == "sellers_region":
        hosts = hosts._replace(sellers_foreign=np.zeros(0, np.bool_))
    tally = Tally(a_scenario(RICH), hosts._replace(**{lacking: np.zeros(0, np.uint16)}))
    with pytest.raises(IndexError, match=lacking):
        tally.add(RICH.block())


def test_a_viewer_beyond_the_scenarios_is_refused() -> None:
    tally = Tally(SimpleNamespace(viewers=1, window_us=QUARTER_US, duration_us=DAY_US, regions={}), RICH.hosts())
    with pytest.raises(IndexError, match="a viewer beyond"):
        tally.add(RICH.block())


@pytest.mark.parametrize(
    ("gifts", "problem"), [([10**7], "a gift's worth is beyond 64 bits"), ([9 * 10**6, 10**6], "a creator's income is")]
)
def test_worths_beyond_64_bits_are_no_silent_nonsense(gifts: list[int], problem: str) -> None:
    town = Town()
    town.add(Op.POLICY, -1, peer=Rule.DIAMOND_VALUE, amount=10**12, currency=USD)
    fan, star = town.viewer(coins=10**8), town.creator()
    for coins in gifts:
        town.gift(fan, star, coins, 1)
    with pytest.raises(OverflowError, match=problem):
        summarize(town)


def test_sums_know_who_comes_for_the_first_time() -> None:
    """A growing table agrees with a dict, and an owner's second currency doesn't make a newcomer."""
    sums, totals, seen = empty_sums(), dict[tuple[int, int], int](), set[int]()
    draws = np.random.default_rng(1)
    for owner, unit in zip(draws.integers(0, 3_000, 9_000).tolist(), draws.integers(0, 2, 9_000).tolist(), strict=True):
        currency = (USD, GBP)[unit]
        sums = with_room(sums, 1)
        assert add_to(sums, owner, currency, owner + 1) == (owner not in seen)
        seen.add(owner)
        totals[owner, currency] = totals.get((owner, currency), 0) + owner + 1
    owners, currencies, amounts = (column.tolist() for column in listed(sums))
    assert list(zip(owners, currencies, strict=True)) == sorted(totals)
    assert amounts == [totals[key] for key in sorted(totals)]
    assert sums.taken.tolist() == [len(totals), len(seen)]
