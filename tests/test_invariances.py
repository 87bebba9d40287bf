"""Invariances of the whole: what may change without anything real changing.

Money is a unit, coins are a unit, names are names; and twice the people are twice the flows.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pytest

from engine_runs import Result, ran
from random_scenarios import LIVELY
from sim.ledger import COIN, DIAMOND, REWARD, Op
from sim.ledger.money import FIAT
from sim.scenario import Scenario, from_resolved, load, resolved

# No digit is felt, no part of a price is rounded or given back, any number of diamonds is whole cents, in either unit.
EVEN: Final = (
    *LIVELY,
    "viewers=250",
    "days=3",
    "topup.left_digit=0",
    "sellers.partial_refund_share=0",
    "sellers.commission=0",
    "sellers.affiliate_share=0",
    "creators.diamond_value_cents=1",
    "topup.refund_intent=0",
)
AFTER_THE_END: Final = "interventions=[{ kind = 'rewards', at = 2024-04-12T00:00:00Z, checkin_coins = 900 }]"
SAME: Final = ("seq", "at_us", "op", "actor", "peer", "item", "currency", "ref", "outcome", "region")
COINS: Final = (COIN, REWARD, DIAMOND)
PER_HEAD: Final = ("topups", "gifts", "orders", "coins_given", "rewards_issued")
SEEDS: Final = 12
CROWDS: Final = (2_000, 4_000)


def scenario() -> Scenario:
    return load("us-baseline", EVEN)


@lru_cache
def lived() -> Result:
    return ran("windowed", scenario())


def changed(change: Callable[[dict[str, Any]], None]) -> Result:
    """A run of the scenario with something else in its plain values."""
    plain = resolved(scenario())
    change(plain)
    return ran("windowed", from_resolved(plain))


def scaled(value: Any, factor: float) -> Any:
    """A number of a scenario, bare or with its range left out."""
    return round(value["value"] * factor, 9) if isinstance(value, dict) else round(value * factor, 9)


def assert_scaled(found: Result, expected: Result, currencies: tuple[int, ...]) -> None:
    """The same records, but for amounts in some currencies, which are ten times as large."""
    one, other = found.trace.columns, expected.trace.columns
    for name in SAME:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)
    tenfold = np.isin(other["currency"], currencies) & (other["op"] != Op.POLICY)
    told = other["op"] != Op.POLICY
    np.testing.assert_array_equal(one["amount"][told], np.where(tenfold, 10, 1)[told] * other["amount"][told])
    assert tenfold.any()


def money_times_ten(plain: dict[str, Any]) -> None:
    plain["regions"]["US"]["rate"] = 10
    [packs], [goods] = plain["catalogs"]["packs"].values(), plain["catalogs"]["goods"].values()
    for row in (*packs["packs"], *goods["goods"]):
        for key in row.keys() & {"price_cents", "cost_cents"}:
            row[key] *= 10


def coins_times_ten(plain: dict[str, Any]) -> None:
    [packs] = plain["catalogs"]["packs"].values()
    for row in (*packs["packs"], *plain["catalogs"]["gifts"]["gifts"]):
        for key in row.keys() & {"coins", "bonus"}:
            row[key] *= 10
    for table, key, factor in (
        ("creators", "diamond_value_cents", 0.1),
        ("topup", "reference_cents_per_coin", 0.1),
        ("gifting", "board_coins", 10),
        ("rewards", "checkin_coins", 10),
        ("rewards", "watch_coins", 10),
        ("rewards", "watch_cap_coins", 10),
        ("rewards", "invite_coins", 10),
        ("rewards", "hunter_threshold_coins", 10),
    ):
        plain[table][key] = scaled(plain[table][key], factor)


def rename(plain: dict[str, Any]) -> None:
    plain["name"], plain["question"] = "another", "Another?"
    [packs], [goods] = plain["catalogs"]["packs"].values(), plain["catalogs"]["goods"].values()
    for rows in (packs["packs"], goods["goods"], plain["catalogs"]["gifts"]["gifts"]):
        for n, row in enumerate(rows):
            row["name"] = f"thing {n}"


def test_all_money_times_ten_with_incomes_changes_no_choice() -> None:
    """Prices, costs, budgets and what creators get: ten times as many cents, and everyone does what they did."""
    assert_scaled(changed(money_times_ten), lived(), tuple(FIAT))


def test_redenominating_coins_gifts_and_diamonds_changes_nothing_real() -> None:
    """Ten times as many coins in packs, gifts and rewards, each worth a tenth: money goes where it went."""
    found = changed(coins_times_ten)
    assert_scaled(found, lived(), COINS)
    for kpi in ("bookings", "revenue", "creator_income", "payouts", "coin_float"):
        assert found.found.kpis[kpi] == lived().found.kpis[kpi]


def test_money_in_the_unit_of_the_other_is_another_economy() -> None:
    """Else the two above would hold of anything: prices alone times ten are felt."""

    def dearer(plain: dict[str, Any]) -> None:
        money_times_ten(plain)
        plain["regions"]["US"]["rate"] = 1

    assert changed(dearer).found.kpis["topups"]["value"] < lived().found.kpis["topups"]["value"]


def test_names_change_nothing() -> None:
    assert changed(rename).trace.digest == lived().trace.digest


def test_a_policy_after_the_end_changes_nothing() -> None:
    assert ran("windowed", load("us-baseline", [*EVEN, AFTER_THE_END])).trace.digest == lived().trace.digest


@pytest.fixture(scope="module")
def per_head() -> dict[int, np.ndarray]:
    """Flows a head by number of viewers: arrays of shape (n_seeds, n_metrics)."""
    return {viewers: np.array([_flows(viewers, seed) for seed in range(SEEDS)]) for viewers in CROWDS}


def _flows(viewers: int, seed: int) -> list[float]:
    kpis = ran("windowed", load("us-baseline", [*LIVELY, f"viewers={viewers}", f"seed={seed}", "days=2"])).found.kpis
    return [kpis[name]["value"] / viewers for name in PER_HEAD]


@pytest.mark.parametrize("metric", PER_HEAD)
def test_twice_the_people_give_twice_the_flows(per_head: dict[int, np.ndarray], metric: str) -> None:
    """Within four standard errors of the difference between the means over independent replications."""
    few, many = (per_head[viewers][:, PER_HEAD.index(metric)] for viewers in CROWDS)
    error = np.sqrt((few.var(ddof=1) + many.var(ddof=1)) / SEEDS)
    assert abs(few.mean() - many.mean()) < 4 * error
    assert few.mean() > 0
