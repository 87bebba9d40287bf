"""How much creators work, week by week: by what an hour brought, who leaves, who begins, and that both are counted."""

from collections.abc import Sequence
from math import log
from typing import Any, cast

import numpy as np
import pytest
from simpy import Environment

from engine_runs import Result, assert_identical, ran
from random_scenarios import LIVELY
from sim.agents.economy import Economy, Ledger
from sim.agents.hosts import head_counts
from sim.agents.terms import packs_on_sale
from sim.behavior.labor import LaborTerms, an_hour_brings, begins, drive_after, own_hour_cost, takes
from sim.behavior.rival import moved, share_there
from sim.behavior.topup import WEEK_US
from sim.ledger import Kind, Op, Outcome
from sim.scenario import Scenario, load
from sim.streams import draw
from sim.tables import Columns

N = 4_000
HOUR_US = 3_600_000_000
TERMS = LaborTerms(200.0, 0.5, 0.5, 2, 500.0, 0.5)


def words(purpose: int) -> list[int]:
    return [draw(1, host, purpose, 0)[0] for host in range(N)]


@pytest.mark.parametrize(
    ("brought", "cost", "elasticity", "drive"),
    [
        (200.0, 200.0, 0.5, 1_000_000),  # an hour brings what it costs
        (800.0, 200.0, 0.25, 1_414_213),  # four times that: the square root of two
        (50.0, 200.0, 0.5, 500_000),
        (10**9, 200.0, 0.5, 1_750_000),  # the most
        (0.0, 200.0, 0.5, 250_000),  # nothing: the least
        (0.0, 200.0, 0.0, 1_000_000),  # nobody counts
        (0.0, 0.0, 0.5, 1_000_000),  # time costs nothing
    ],
)
def test_drive_follows_what_an_hour_brought(brought: float, cost: float, elasticity: float, drive: int) -> None:
    assert drive_after(brought, cost, elasticity) == pytest.approx(drive, abs=1)


@pytest.mark.parametrize(("drive", "share"), [(0, 0.0), (500_000, 2 / 7), (1_000_000, 4 / 7), (1_750_000, 1.0)])
def test_a_drive_is_the_part_of_the_chances_taken(drive: int, share: float) -> None:
    taken = np.mean([takes(word, 4.0, drive) for word in words(90)])
    assert abs(taken - share) <= 4 * np.sqrt(share * (1 - share) / N)


def test_whoever_takes_a_chance_takes_it_with_more_drive_too() -> None:
    assert all(takes(word, 4.0, 1_200_000) for word in words(91) if takes(word, 4.0, 900_000))


def test_an_hour_brings_income_over_hours() -> None:
    assert an_hour_brings(1_000, 4 * HOUR_US) == 250.0


def test_hours_cost_the_stated_median_with_the_stated_spread() -> None:
    logs = np.log([own_hour_cost(1, host, TERMS) for host in range(N)])
    assert np.median(logs) == pytest.approx(log(200), abs=4 * 0.5 * 1.2533 / np.sqrt(N))
    assert logs.std() == pytest.approx(0.5, rel=4 / np.sqrt(2 * N))


@pytest.mark.parametrize(
    ("profit", "sunk", "share"),
    [
        (500.0, 500.0, 0.0),  # the marginal entrant gains nothing
        (499.0, 500.0, 0.0),
        (-1.0, 0.0, 0.0),
        (1_000.0, 500.0, 0.2),  # half of the most
        (10.0, 0.0, 0.4),  # beginning costs nothing: the most
    ],
)
def test_entry_ends_where_profit_is_the_sunk_cost(profit: float, sunk: float, share: float) -> None:
    begun = np.mean([begins(word, profit, sunk, 0.4) for word in words(92)])
    assert abs(begun - share) <= 4 * np.sqrt(share * (1 - share) / N)


class Poor:
    """A ledger of those who have earned nothing."""

    def cash(self, account: int, currency: int) -> int:
        del account, currency
        return 0


def economy(*overrides: str) -> Economy:
    scenario = load("us-baseline", ["viewers=5000", "creators.hour_cost_sigma=0", *overrides])
    found = Economy(Environment(), scenario, 1, cast("Ledger", Poor()))
    found.packs = {region: packs_on_sale(scenario, region) for region in scenario.regions}
    return found


def a_week(found: Economy, coins: int, hours: int) -> None:
    """Give every working creator so many coins and hours, and let the week end."""
    week = found.workforce.now
    creators = slice(head_counts(found.scenario)[0].all)
    week.diamonds[creators] = np.where(week.active, coins, 0)[creators]
    week.live_us[creators] = np.where(week.active, hours * HOUR_US, 0)[creators]
    found.workforce.begin_week()


def of_creators(counts: Columns, name: str) -> list[int]:
    return cast("list[int]", counts[name][counts["kind"] == Kind.CREATOR].tolist())


def test_patience_ends_after_so_many_lean_weeks_in_a_row() -> None:
    found = economy("creators.hour_cost_cents=100", "creators.patience_weeks=2", "creators.pool_factor=0")
    for coins in (1_999, 2_000, 1_999, 1_999):  # half a cent each, in ten hours: 100 cents an hour are enough
        a_week(found, coins, 10)
    counts = found.workforce.by_week()
    assert of_creators(counts, "active") == [100, 100, 100, 100, 0]
    assert of_creators(counts, "left") == [0, 0, 0, 0, 100]
    assert of_creators(counts, "income")[:4] == [99_900, 100_000, 99_900, 99_900]
    assert of_creators(counts, "live_us")[:4] == [1_000 * HOUR_US] * 4


def test_a_week_without_sessions_says_nothing() -> None:
    found = economy("creators.hour_cost_cents=100", "creators.patience_weeks=1", "creators.labor_elasticity=1")
    a_week(found, 0, 0)
    assert of_creators(found.workforce.by_week(), "left") == [0, 0]
    assert set(found.workforce.drive[:100].tolist()) == {1_000_000}


def test_others_begin_when_it_pays_and_not_all_at_once() -> None:
    found = economy("creators.hour_cost_cents=0", "creators.pool_factor=10", "creators.entry_share=0.1")
    a_week(found, 2_000, 10)  # 1,000 cents each, twice the sunk cost
    began = of_creators(found.workforce.by_week(), "entered")[1]
    assert abs(began - 50) <= 4 * np.sqrt(1_000 * 0.05 * 0.95)
    assert of_creators(found.workforce.by_week(), "active") == [100, 100 + began]
    newcomers = found.workforce.now.active[100:1_100]
    assert newcomers.sum() == began


def test_where_beginning_costs_more_than_it_brings_nobody_does() -> None:
    found = economy("creators.hour_cost_cents=0", "creators.pool_factor=10", "creators.entry_cost_cents=1000")
    a_week(found, 2_000, 10)
    assert of_creators(found.workforce.by_week(), "entered") == [0, 0]


def weeks(*changes: str) -> Scenario:
    return load("us-baseline", ["viewers=150", "days=22", "window=6h", *LIVELY, *changes])


CHANGING = ("creators.pool_factor=1", "creators.entry_cost_cents=10", "creators.entry_share=0.5",
            "creators.patience_weeks=1", "creators.labor_elasticity=0.5")  # fmt: skip


def test_hosts_of_both_engines_decide_alike_and_something_happens() -> None:
    expected = ran("reference", weeks(*CHANGING))
    assert_identical(ran("windowed", weeks(*CHANGING), threads=2, shards=3), expected)
    assert sum(of_creators(expected.hosts_by_week, "entered")) > 0
    assert sum(of_creators(expected.hosts_by_week, "left")) > 0
    assert expected.hosts_by_week["week"].tolist() == sorted([0, 1, 2, 3] * 2)
    counted = expected.trace.columns["amount"][gifts(expected)].sum() // 2  # half a cent a coin
    assert sum(of_creators(expected.hosts_by_week, "income")) == pytest.approx(counted, abs=4 * 6)


def gifts(result: Result) -> Any:
    columns = result.trace.columns
    return (columns["op"] == Op.GIFT) & (columns["outcome"] == Outcome.ACCEPTED)


NEUTRAL: Sequence[str] = ("creators.labor_elasticity=0", "creators.patience_weeks=0", "creators.pool_factor=0")


def test_with_neutral_numbers_weeks_change_nothing() -> None:
    """Whatever an hour costs: nobody counts it, so the hours are those of a scenario without weeks."""
    cheap, dear = (ran("windowed", weeks(*NEUTRAL, f"creators.hour_cost_cents={cost}")) for cost in (0, 10**6))
    assert_identical(cheap, dear)
    assert of_creators(cheap.hosts_by_week, "active") == of_creators(cheap.hosts_by_week, "active")[:1] * 4


@pytest.mark.parametrize(
    ("here", "there", "viewer_share", "sensitivity", "share"),
    [
        (0.33, 0.66, 0.5, 2.0, 0.5),  # half of the fans, who bring twice as much
        (0.33, 0.33, 0.5, 2.0, 0.2),  # 1 / (1 + 2^2)
        (0.33, 0.33, 0.5, 0.0, 0.5),  # nobody counts
        (0.33, 0.66, 0.0, 2.0, 0.0),  # nobody is there
        (0.33, 0.0, 1.0, 2.0, 0.0),
        (0.0, 0.66, 0.5, 2.0, 1.0),  # nothing is to be had here
    ],
)
def test_hours_belong_where_they_bring_more(
    here: float, there: float, viewer_share: float, sensitivity: float, share: float
) -> None:
    assert share_there(here, there, viewer_share, sensitivity) == pytest.approx(share)


def test_hours_go_a_part_of_the_way_each_week() -> None:
    weeks, away = [], 0
    for _ in range(3):
        away = moved(away, 0.8, 0.5)
        weeks.append(away)
    assert weeks == [400_000, 600_000, 700_000]
    assert moved(700_000, 0.0, 0.5) == 350_000


def test_creators_on_both_sides_take_fewer_sessions_here() -> None:
    neutral = ("creators.labor_elasticity=0", "creators.patience_weeks=0", "creators.pool_factor=0")
    found = economy("rival.creator_share=0.5", "rival.viewer_share=0.5", "rival.mobility=1", *neutral)
    a_week(found, 0, 10)
    drives = np.unique(found.workforce.drive[:100], return_counts=True)
    assert drives[0][-1] == 1_000_000
    assert len(drives[0]) == 2
    assert abs(drives[1][0] - 50) <= 4 * 5
    offer = found.rival
    here = 0.5 / min(pack.price_cents / pack.coins for pack in found.scenario.packs("US") if pack.channel == "app")
    away = share_there(here, offer.creator_value / offer.price, 0.5, 2.0)
    assert drives[0][0] == pytest.approx(1_000_000 * (1 - away), abs=2)


def test_with_a_rival_hosts_of_both_engines_decide_alike() -> None:
    changes = weeks("rival.creator_share=0.7", "rival.viewer_share=0.7", "rival.mobility=0.5", *CHANGING)
    assert_identical(ran("windowed", changes, threads=2, shards=3), ran("reference", changes))


def test_a_week_is_seven_days() -> None:
    found = economy("days=14")  # at the end no other week begins
    assert [day for day in range(15) if found.workforce.is_due(day * WEEK_US // 7)] == [7]
