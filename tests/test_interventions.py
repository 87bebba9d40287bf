"""Interventions: when they come, what holds where, and what goes back when they end."""

from datetime import timedelta
from decimal import Decimal
from math import exp
from typing import Any

import msgspec
import pytest

from sim.agents.interventions.effects import EFFECTS
from sim.agents.interventions.turns import turns
from sim.scenario import AnyIntervention, CommerceBan, Commission, PackPrice, Parameter, Rewards, Scenario, load
from sim.scenario.interventions import Sanctions
from sim.scenario.interventions.payments import PaymentLicence
from sim.scenario.timeline import Mark, realized, timeline
from sim.scenario.types import DAY_US

HOUR_US = 3_600_000_000
BASE = load("us-baseline", ["days=10", "window=1h"])


def at(hours: float) -> Any:
    return BASE.start + timedelta(hours=hours)


def with_(*changes: AnyIntervention) -> Scenario:
    return msgspec.structs.replace(BASE, interventions=changes)


def commission(rate: str, begin: float, end: float | None = None, **fields: Any) -> Commission:
    until = None if end is None else at(end)
    return Commission(at=at(begin), until=until, rate=Parameter(value=Decimal(rate)), **fields)


def happened(scenario: Scenario, seed: int = 1) -> list[tuple[float, str, str]]:
    """Hour, region, and the rate that holds from then on; `usual` for the scenario's own."""
    hour_us = scenario.window_us
    found = []
    for turn in turns(scenario, seed, lambda instant_us: -(-instant_us // hour_us) * hour_us):
        assert isinstance(turn.change, Commission)
        found.append((turn.at_us / HOUR_US, turn.region, str(turn.change.rate.value) if turn.begins else "usual"))
    return found


CASES = {
    "for good": ([commission("0.1", 5)], [(5, "US", "0.1")]),
    "until": ([commission("0.1", 5, 8)], [(5, "US", "0.1"), (8, "US", "usual")]),
    "off the grid, at the next boundary": ([commission("0.1", 4.5, 7.01)], [(5, "US", "0.1"), (8, "US", "usual")]),
    "shorter than a window: never": ([commission("0.1", 4.1, 4.9)], []),
    "the later date holds, whatever the file's order": (
        [commission("0.2", 6), commission("0.1", 5)],
        [(5, "US", "0.1"), (6, "US", "0.2")],
    ),
    "of two in one window the later": ([commission("0.1", 4.2), commission("0.2", 4.7)], [(5, "US", "0.2")]),
    "a while inside what is for good": (
        [commission("0.1", 5), commission("0.2", 6, 7)],
        [(5, "US", "0.1"), (6, "US", "0.2"), (7, "US", "0.1")],
    ),
    "one takes over where another ends": (
        [commission("0.1", 5, 7), commission("0.2", 7, 9)],
        [(5, "US", "0.1"), (7, "US", "0.2"), (9, "US", "usual")],
    ),
    "after the end of the run: never": ([commission("0.1", 240)], []),
    "what never came for lack of a chance": ([commission("0.1", 5, chance=Parameter(value=Decimal(0)))], []),
}


@pytest.mark.parametrize(("changes", "expected"), CASES.values(), ids=CASES.keys())
def test_what_holds_from_when_on(changes: list[AnyIntervention], expected: list[tuple[float, str, str]]) -> None:
    assert happened(with_(*changes)) == expected


def test_everywhere_is_each_region_and_a_regions_own_change_holds_there_alone() -> None:
    britain = msgspec.structs.replace(BASE.regions["US"])
    two = msgspec.structs.replace(
        with_(commission("0.1", 5), commission("0.2", 6, 7, region="GB")), regions={**BASE.regions, "GB": britain}
    )
    assert happened(two) == [(5, "US", "0.1"), (5, "GB", "0.1"), (6, "GB", "0.2"), (7, "GB", "0.1")]


def test_different_targets_do_not_meet() -> None:
    packs = [PackPrice(at=at(5), until=at(7), region="US", pack=pack, price_cents=9) for pack in ("web-65", "app-65")]
    told = [(turn.at_us // HOUR_US, turn.begins) for turn in turns(with_(*packs), 1, lambda us: us)]
    assert told == [(5, True), (5, True), (7, False), (7, False)]


def test_every_kind_has_an_effect() -> None:
    assert set(EFFECTS) == set(AnyIntervention.__args__)


SEEDS = range(2_000)


def test_an_uncertain_rule_comes_with_its_chance_and_more_chance_only_adds_to_it() -> None:
    came = {}
    for chance in ("0.3", "0.5"):
        rule = with_(commission("0.1", 5, chance=Parameter(value=Decimal(chance))))
        came[chance] = {seed for seed in SEEDS if realized(rule, seed)}
    error = (0.25 / len(SEEDS)) ** 0.5
    assert abs(len(came["0.3"]) / len(SEEDS) - 0.3) < 3 * error
    assert abs(len(came["0.5"]) / len(SEEDS) - 0.5) < 3 * error
    assert came["0.3"] < came["0.5"]


def test_a_late_rule_has_a_constant_hazard_and_what_comes_after_the_end_never_came() -> None:
    """Within ten days at a mean of four, after the first: 1 - exp(-9/4)."""
    rule = with_(commission("0.1", 24, delay_days=Parameter(value=Decimal(4))))
    late_days = [one.at_us / DAY_US - 1 for seed in SEEDS for one in realized(rule, seed)]
    error = 3 * (0.25 / len(SEEDS)) ** 0.5
    assert abs(len(late_days) / len(SEEDS) - (1 - exp(-9 / 4))) < error
    assert abs(sum(late < 2 for late in late_days) / len(SEEDS) - (1 - exp(-2 / 4))) < error
    assert max(late_days) < 9


def test_a_rule_meets_the_same_luck_in_another_scenario() -> None:
    uncertain = {"chance": Parameter(value=Decimal("0.5")), "delay_days": Parameter(value=Decimal(2))}
    rule = commission("0.1", 5, **uncertain)
    alone, among = with_(rule), with_(Rewards(at=at(1), checkin_coins=5), commission("0.3", 2), rule)
    for seed in range(50):
        assert realized(alone, seed) == [one for one in realized(among, seed) if one.change == rule]


def test_rules_of_one_kind_on_two_dates_have_luck_of_their_own() -> None:
    half = Parameter(value=Decimal("0.5"))
    rules = with_(commission("0.1", 5, chance=half), commission("0.1", 6, chance=half))
    assert {len(realized(rules, seed)) for seed in range(50)} == {0, 1, 2}


def test_the_timeline_says_what_came_and_until_when() -> None:
    scenario = with_(commission("0.085", 5, 8), PackPrice(at=at(2), region="US", pack="web-65", price_cents=9))
    assert timeline(scenario, 1) == [
        Mark(2 * HOUR_US, 10 * DAY_US, "web-65 for 9 US"),
        Mark(5 * HOUR_US, 8 * HOUR_US, "commission 8.5 %"),
    ]


def test_whether_a_rule_comes_says_nothing_about_how_late_it_is() -> None:
    half, late = Parameter(value=Decimal("0.5")), Parameter(value=Decimal(4))
    rule = with_(commission("0.1", 24, chance=half, delay_days=late))
    came = sum(bool(realized(rule, seed)) for seed in SEEDS) / len(SEEDS)
    assert abs(came - 0.5 * (1 - exp(-9 / 4))) < 3 * (0.25 / len(SEEDS)) ** 0.5


def ladder(compliance: str, end: float | None = None, **fields: Any) -> Sanctions:
    share = Parameter(value=Decimal(compliance))
    until = None if end is None else at(end)
    days = {"warning_days": 1, "monitoring_days": 1, "blacklist_days": 2, "block_days": 1}
    return Sanctions(at=at(24), until=until, region="US", compliance=share, **days | fields)


def test_a_ladder_is_climbed_step_by_step_and_its_steps_are_bans_and_suspensions() -> None:
    scenario = with_(ladder("0"))
    assert timeline(scenario, 1) == [
        Mark(1 * DAY_US, 2 * DAY_US, "first warning US"),
        Mark(2 * DAY_US, 3 * DAY_US, "second warning US"),
        Mark(3 * DAY_US, 4 * DAY_US, "third warning US"),
        Mark(4 * DAY_US, 5 * DAY_US, "monitoring list US"),
        Mark(5 * DAY_US, 7 * DAY_US, "blacklist US"),
        Mark(7 * DAY_US, 8 * DAY_US, "temporary block US"),
        Mark(8 * DAY_US, 10 * DAY_US, "licence revoked US"),
    ]
    told = [turn for turn in turns(scenario, 1, lambda us: us) if not isinstance(turn.change, Sanctions)]
    bans = [(turn.at_us // DAY_US, turn.begins, turn.change) for turn in told]
    assert bans == [
        (5, True, CommerceBan(at=at(24), region="US")),
        (7, True, CommerceBan(at=at(24), region="US", advertising=False)),
        (8, True, CommerceBan(at=at(24), region="US", advertising=False)),
        (8, True, PaymentLicence(at=at(24), region="US")),
    ]


def test_who_complies_at_once_is_only_warned() -> None:
    assert [mark.text for mark in timeline(with_(ladder("1")), 1)] == ["first warning US"]
    assert [mark.text for mark in timeline(with_(ladder("1", warnings=0)), 1)] == ["monitoring list US"]


def test_a_pardon_ends_a_ladder_and_what_it_brought() -> None:
    told = turns(with_(ladder("0", 24 * 6)), 1, lambda us: us)
    bans = [(turn.at_us // DAY_US, turn.begins) for turn in told if isinstance(turn.change, CommerceBan)]
    assert bans == [(5, True), (6, False)]


def test_each_step_is_climbed_with_the_same_chance() -> None:
    """With 0.3 the second step is seen by 0.7 of all seeds, the third by 0.49; more compliance climbs less far."""
    heights = {}
    for compliance in ("0.3", "0.6"):
        scenario = with_(ladder(compliance))
        heights[compliance] = [len(timeline(scenario, seed)) for seed in SEEDS]
    for step, share in ((2, 0.7), (3, 0.49), (4, 0.343)):
        seen = sum(height >= step for height in heights["0.3"]) / len(SEEDS)
        assert abs(seen - share) < 3 * (0.25 / len(SEEDS)) ** 0.5
    assert all(low >= high for low, high in zip(*heights.values(), strict=True))
