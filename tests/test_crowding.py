"""What viewers see others give: boards that draw in, drive out and fade, audiences, and a star's storm of gifts."""

from typing import Any, cast

import numpy as np
import pytest
from simpy import Environment

from engine_runs import Result, assert_identical, ran
from random_scenarios import LIVELY
from sim.agents.boards import STARS_STAY_US, Boards, most_eager_in
from sim.agents.stage import Stage, Storm
from sim.agents.terms import packs_on_sale
from sim.behavior.crowding import PLAIN, Board, CrowdTerms, competes, eagerness, most_eager, saturation
from sim.behavior.gift import GiftTerms, may_want_to_give, wants_to_give
from sim.engines.columns.saving import restore_stage, state_of_stage
from sim.ledger import Op, Outcome
from sim.scenario import Scenario, load
from sim.streams import draw

N = 4_000
TERMS = CrowdTerms(300_000, 200_000, 100_000, 50_000, 1_000, 100)
NOBODY = Board(0, 0, False)


@pytest.mark.parametrize(
    ("seen", "half", "ppm"),
    [
        (0, 1_000, 0),
        (-1, 1_000, 0),
        (1_000, 1_000, 500_000),  # half of the effect
        (3_000, 1_000, 750_000),
        (10**15, 1_000, 999_999),  # never all of it
        (0, 0, 0),
        (1, 0, 1_000_000),  # where anything at all is enough
    ],
)
def test_an_effect_grows_with_what_is_seen_and_ends(seen: int, half: int, ppm: int) -> None:
    assert saturation(seen, half) == ppm


@pytest.mark.parametrize(
    ("board", "audience", "ppm"),
    [
        (NOBODY, 0, 1_000_000),  # nobody gave, nobody is there
        (Board(1_000, 0, False), 0, 1_150_000),  # half of crowding in, where a star is followed
        (Board(1_000, 0, True), 0, 900_000),  # half of crowding out, where fans compete
        (Board(0, 1_000, False), 0, 950_000),  # peers' gifts take from it in either
        (Board(0, 1_000, True), 0, 950_000),
        (NOBODY, 100, 1_025_000),  # an audience adds
        (Board(1_000, 1_000, False), 100, 1_119_812),  # 1.15 x 0.95 x 1.025
    ],
)
def test_three_effects_on_the_intent(board: Board, audience: int, ppm: int) -> None:
    assert eagerness(board, audience, TERMS) == ppm


def test_no_board_makes_more_eager_than_the_bound() -> None:
    most = most_eager(TERMS)
    assert most == 1_365_000
    for coins in (0, 10, 10**6, 10**12):
        assert eagerness(Board(coins, 0, False), 10**9, TERMS) <= most


def test_sessions_compete_in_the_stated_share() -> None:
    share = np.mean([competes(1, host, day, 0.3) for host in range(100) for day in range(N // 100)])
    assert abs(share - 0.3) <= 4 * np.sqrt(0.3 * 0.7 / N)


@pytest.mark.parametrize("eager", [0, 500_000, 1_000_000, 2_000_000])
def test_eagerness_multiplies_the_chance_and_nobody_else_wants(eager: int) -> None:
    terms = GiftTerms(0.2, 0.1, 2.0, 0.9, 0.3, most_eager=2_000_000)
    words = [draw(1, viewer, 98, 0)[0] for viewer in range(N)]
    wants = np.array([wants_to_give(word, terms, True, False, False, eager) for word in words])
    chance = 0.2 * eager / PLAIN
    assert abs(wants.mean() - chance) <= 4 * np.sqrt(chance * (1 - chance) / N)
    may = np.array([may_want_to_give(word, terms, True) for word in words])
    assert not (wants & ~may).any()


def boards(*changes: str) -> Boards:
    stage = Stage(Environment(), load("us-baseline", ["gifting.board_minutes=15", *changes]), 1)
    return Boards(stage, np.array([10, 30, 20]), np.zeros(3, np.int64), np.array([True, True, False]))


def test_a_board_fades_by_half_and_keeps_the_largest() -> None:
    found = boards()  # windows of 15 minutes
    found.hear(np.array([1, 1, 2]), np.array([100, 300, 7]))
    found.turn()
    assert found.state()["given"].tolist() == [0, 400, 7]
    assert found.state()["largest"].tolist() == [0, 300, 7]
    found.hear(np.array([1]), np.array([40]))
    found.turn()
    assert found.state()["given"].tolist() == [0, 240, 3]
    assert found.state()["largest"].tolist() == [0, 150, 3]
    found.begin([1, 3], [20_000, 20_000])  # the second is a seller
    assert found.state()["given"].tolist() == [0, 0, 3]


def test_what_fades_does_not_follow_the_window() -> None:
    short = boards("window=5min")
    short.hear(np.array([1]), np.array([8_000]))
    for _ in range(4):
        short.turn()  # taken down by the first, then a quarter of an hour
    assert short.state()["given"][1] == pytest.approx(4_000, abs=2)


def test_a_star_is_the_most_popular_of_those_who_work() -> None:
    found = boards()
    first, second, third = (Storm(factor * PLAIN, PLAIN) for factor in (2, 3, 4))
    found._stage.storms = {("US", 1): first, ("US", 2): second, ("US", 3): third}
    assert found.stars() == [(1, first), (0, second)]
    eager = found.eagerness([0, 1, 2], np.array([10, 40, 60]))
    calm = boards().eagerness([0, 1, 2], np.array([10, 40, 60]))
    assert eager.tolist() == [3 * calm[0], 2 * calm[1], calm[2]]


NEUTRAL = ("gifting.crowd_in=0", "gifting.crowd_out=0", "gifting.peer_effect=0", "gifting.audience_effect=0")


def lively(*changes: str) -> Scenario:
    return load("us-baseline", ["viewers=200", "days=2", *LIVELY, *NEUTRAL, *changes])


def given(result: Result) -> Any:
    columns = result.trace.columns
    return (columns["op"] == Op.GIFT) & (columns["outcome"] == Outcome.ACCEPTED)


@pytest.mark.parametrize(("effect", "more"), [("crowd_in", True), ("crowd_out", False), ("peer_effect", False)])
def test_each_effect_moves_gifts_its_way_in_both_engines(effect: str, more: bool) -> None:
    kind = "creators.competition_share=1" if effect == "crowd_out" else "creators.competition_share=0"
    changed = lively(f"gifting.{effect}=1", "gifting.board_coins=1", "gifting.board_minutes=1440", kind)
    expected = ran("reference", changed)
    assert_identical(ran("windowed", changed, threads=2, shards=3), expected)
    assert (given(expected).sum() > given(ran("windowed", lively(kind))).sum()) == more


def test_with_neutral_effects_boards_change_nothing() -> None:
    one, other = (ran("windowed", lively(f"gifting.board_coins={coins}")) for coins in (1, 10**6))
    assert_identical(one, other)


STORM = "interventions=[{{ kind='gift_storm', at=2024-04-08T20:10:00Z, until=2024-04-08T21:00:00Z, factor={} }}]"
ANNOUNCED = STORM.replace("factor={}", "factor=1, popularity={}")
FROM_US, UNTIL_US = (16 * 60 + 10) * 60_000_000, 17 * 3_600_000_000


def to_the_star(result: Result) -> tuple[int, int]:
    """Gifts while the storm is on: to whoever gets most of them, and all."""
    columns = result.trace.columns
    hot = given(result) & (columns["at_us"] >= FROM_US) & (columns["at_us"] < UNTIL_US)
    return int(np.unique(columns["peer"][hot], return_counts=True)[1].max(initial=0)), int(hot.sum())


def test_in_a_storm_the_star_is_live_and_gets_the_gifts() -> None:
    changes = ("window=1min", "gifting.intent=0.05", "viewers=800", "days=1")
    stormy, calm = (lively(STORM.format(factor), *changes) for factor in (20, 1))
    expected = ran("reference", stormy)
    assert_identical(ran("windowed", stormy, threads=2, shards=3), expected)
    star, everyone = to_the_star(expected)
    assert star >= everyone / 2
    assert star > 2 * to_the_star(ran("windowed", calm))[0]
    assert most_eager_in(stormy) == 20 * PLAIN


@pytest.mark.parametrize(
    ("usual", "times_ppm", "announced"),
    [(500, PLAIN, 500), (500, 3 * PLAIN, 1_500), (333, PLAIN // 2, 166), (100, 0, 1)],  # rounded down, never to nothing
)
def test_an_announced_star_is_so_many_times_as_popular(usual: int, times_ppm: int, announced: int) -> None:
    assert Storm(PLAIN, times_ppm).weight(usual) == announced


OPEN = ("audience.favourites=0", "gifting.combo=0", "viewers=800", "days=1", "window=1min")  # to any stream


def test_an_announced_storm_draws_viewers_to_the_star() -> None:
    """Where nobody follows anybody: of popularity w among w', p times as much is p w / (p w + w')."""
    usual, announced = (lively(ANNOUNCED.format(popularity), *OPEN) for popularity in (1, 4))
    expected = ran("reference", announced)
    assert_identical(ran("windowed", announced, threads=2, shards=3), expected)  # also as the storm is over
    (star, everyone), (fans, all_fans) = to_the_star(ran("windowed", usual)), to_the_star(expected)
    usually, found = star / everyone, fans / all_fans
    drawn = 4 * usually / (4 * usually + 1 - usually)
    slope = drawn * (1 - drawn) / (usually * (1 - usually))
    errors = np.sqrt([usually * (1 - usually) / everyone * slope**2, drawn * (1 - drawn) / all_fans])
    assert abs(found - drawn) <= 4 * np.hypot(*errors)
    assert found > usually + 0.1


def test_a_storm_is_kept_where_a_run_is_cut() -> None:
    scenario = load("us-baseline")
    before, after = (Stage(Environment(), scenario, 1) for _ in range(2))
    before.packs = {name: packs_on_sale(scenario, name) for name in scenario.regions}
    before.storms = {("US", 2): Storm(3 * PLAIN, 5 * PLAIN)}
    restore_stage(after, state_of_stage(before), scenario)
    assert after.storms == before.storms


def test_a_storm_of_factor_one_only_makes_the_star_live() -> None:
    calm, stormy = (cast("Any", ran("windowed", lively(*changes))) for changes in ((), (STORM.format(1),)))
    hours = [result.hosts_by_week["live_us"].sum() for result in (calm, stormy)]
    window_us = lively().window_us
    first, last = -(-FROM_US // window_us), (UNTIL_US - 1) // window_us  # boundaries at which the storm is on
    assert 0 <= hours[1] - hours[0] <= (last - first) * window_us + STARS_STAY_US
