"""Metrics: closed forms of inequality, a week's money worked by hand, and sums that must agree."""

import io
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from statistics import NormalDist
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.ledger import Item, Kind, Op, Rule, account_id, closing_of, item_id
from sim.ledger.money import GBP, USD
from sim.metrics import METRIC, gini, lorenz_curve, lorenz_share, stated
from sim.metrics.breakdown import bookings_by_pack, coins_by_gift, income_by_creator, spend_by_payer
from sim.metrics.series import COLUMNS, HOUR_US, Series
from sim.metrics.summary import Kpis
from sim.metrics.sums import add_to, empty_sums, listed, with_room
from sim.metrics.tally import Tally
from traces import PACK, Town, busy_town

QUARTER_US = 15 * 60 * 1_000_000
DAY_US = 24 * HOUR_US
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


def test_a_holder_on_the_edge_counts_in_part() -> None:
    """Of 4 holders the top 3/8 are the largest and half of the next."""
    assert lorenz_share(np.array([10, 20, 30, 40]), Fraction(3, 8)) == pytest.approx((40 + 15) / 100)
    assert lorenz_share(np.array([0, 0]), Fraction(1, 2)) == 0.0


def test_lorenz_curve_is_a_running_share() -> None:
    """From nothing to everything, the poorest first."""
    holders, held = lorenz_curve(np.array([6, 1, 3]))
    assert holders == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert held == pytest.approx([0, 0.1, 0.4, 1])


@pytest.mark.parametrize("measure", [gini, lorenz_curve])
def test_inequality_of_nobody_or_of_debts_is_refused(measure: Callable[[np.ndarray], object]) -> None:
    """Empty and negative amounts have no Lorenz curve."""
    with pytest.raises(ValueError, match="at least one holder"):
        measure(np.array([], np.int64))
    with pytest.raises(ValueError, match=r"amounts\(min=-1\) must be >= 0"):
        measure(np.array([2, -1]))
    with pytest.raises(ValueError, match=r"top\(=0\) must be in"):
        lorenz_share(np.array([1]), Fraction(0))


def new_tally(town: Town, window_us: int = QUARTER_US, state: dict[str, Any] | None = None) -> Tally:
    scenario = SimpleNamespace(viewers=town.viewers(), window_us=window_us)
    if state is not None:
        return Tally.restored(scenario, town.creators_region(), state)
    return Tally(scenario, town.creators_region())


def summarize(town: Town, window_us: int = QUARTER_US) -> tuple[Kpis, Series]:
    tally = new_tally(town, window_us)
    tally.add(town.block())
    return tally.close(closing_of(town.book))


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


def test_bookings_are_shared_out_to_the_last_cent() -> None:
    """Store, tax, chargebacks, creators, platform and unspent coins add up to what fans paid."""
    found = kpis(busy_town())
    parts = ("store_fees", "topup_tax", "charged_back", "creator_income", "coin_margin", "coin_float")
    assert found["charged_back"] > 0
    assert sum(found[name] for name in parts) == found["bookings"]


def test_shop_sales_net_of_what_came_back() -> None:
    """Of 6 orders of $35.00 two are cancelled; of 4 deliveries two are refunded by $10.00 each."""
    found = kpis(busy_town())
    assert (found["orders"], found["gmv"]) == (6, 21_000)
    assert found["gmv_net"] == 21_000 - 2 * 3_500 - 2 * 1_000
    assert found["cancel_rate"] == pytest.approx(2 / 6)
    assert found["refund_rate"] == pytest.approx(2 / 4)
    assert found["commission"] == 4 * 210 - 2 * 60


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
    pack, fan, star = item_id(Item.PACK_APP, 1), account_id(Kind.VIEWER, 90), account_id(Kind.CREATOR, 2)
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
        (840, GBP),
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
    found, series = tally.close(closing_of(RICH.book))
    expected, expected_series = summarize(RICH)
    assert found == expected
    assert list(series) == list(expected_series)
    for name, column in expected_series.items():
        assert series[name].dtype == column.dtype
        assert series[name].tolist() == column.tolist(), name


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
    assert tally.close(closing_of(RICH.book))[0] == key_figures(RICH)


def test_a_gift_to_nobody_known_is_refused() -> None:
    """Compiled code would write beyond its arrays."""
    tally = Tally(SimpleNamespace(viewers=1, window_us=QUARTER_US), np.zeros(1, np.uint16))
    with pytest.raises(IndexError, match="creators_region"):
        tally.add(RICH.block())


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
