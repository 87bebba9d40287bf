"""Rewards: coming, watching and inviting bring coins, within caps; hunters come for them alone."""

from collections import defaultdict
from functools import lru_cache

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from random_scenarios import zones
from sim.agents.population import trait_terms
from sim.behavior.reward import RewardOffer, coins_for_watching, draws_hunters, friend_joins
from sim.behavior.traits import everyday_traits
from sim.ledger import Item, Op, Outcome
from sim.ledger.operations import ITEM_SPAN
from sim.scenario import load
from sim.scenario.types import DAY_US

UTC_ONLY = zones({"UTC": 1})
LITE = (
    UTC_ONLY,
    "viewers=150",
    "days=4",
    "start=2024-04-08T00:00:00Z",
    "rewards.checkin_share=0.5",
    "rewards.watch_coins=5",
    "rewards.watch_cap_coins=12",
    "rewards.invite_coins=40",
    "rewards.invite_rate=0.1",
    "rewards.hunter_share=0.4",
    "rewards.hunter_threshold_coins=15",
)
FROM_DAY_2 = "interventions=[{ kind = 'rewards', at = 2024-04-10T00:00:00Z, watch_coins = 0 }]"
N = 20_000


@lru_cache
def lived(*changes: str) -> Result:
    return ran("reference", load("us-baseline", [*LITE, *changes]))


def given(result: Result, kind: Item) -> dict[tuple[int, int], list[int]]:
    """The coins of a kind by viewer and day."""
    columns = result.trace.columns
    mine = (columns["op"] == Op.REWARD) & (columns["item"] // ITEM_SPAN == kind)
    coins: dict[tuple[int, int], list[int]] = defaultdict(list)
    for viewer, at_us, amount in zip(
        *(columns[name][mine].tolist() for name in ("actor", "at_us", "amount")), strict=True
    ):
        coins[viewer, at_us // DAY_US].append(amount)
    return coins


@pytest.mark.parametrize(
    ("watch", "cap", "earned", "coins"),
    [(5, 12, 0, 5), (5, 12, 10, 2), (5, 12, 12, 0), (5, 12, 15, 0), (5, 0, 0, 0), (0, 12, 0, 0), (20, 12, 0, 12)],
)
def test_watching_brings_coins_up_to_the_days_cap(watch: int, cap: int, earned: int, coins: int) -> None:
    assert coins_for_watching(RewardOffer(0, watch, cap, 0), earned) == coins


@pytest.mark.parametrize(
    ("offer", "threshold", "draws"),
    [
        (RewardOffer(3, 5, 12, 0), 15, True),  # the check-in and the cap
        (RewardOffer(3, 5, 12, 0), 16, False),
        (RewardOffer(3, 0, 12, 0), 4, False),  # a cap without coins is nothing
        (RewardOffer(0, 0, 0, 500), 1, False),  # friends are not to be counted on
        (RewardOffer(0, 0, 0, 0), 0, False),  # nothing is not worth coming for
    ],
)
def test_what_a_day_brings_draws_hunters(offer: RewardOffer, threshold: int, draws: bool) -> None:
    assert draws_hunters(offer, threshold) == draws


def test_friends_join_at_the_stated_rate_a_day() -> None:
    joined = np.mean([friend_joins(1, viewer, 19_000, 0.1) for viewer in range(N)])
    assert abs(joined - 0.1) < 4 * np.sqrt(0.09 / N)


def test_hunters_are_a_share_of_collectors_come_more_often_and_never_pay() -> None:
    terms = trait_terms(load("us-baseline", ["rewards.hunter_share=0.3", "rewards.hunter_visits=2.5"]))
    usual = trait_terms(load("us-baseline"))
    people = [(everyday_traits(1, viewer, terms), everyday_traits(1, viewer, usual)) for viewer in range(N)]
    hunters = [pair for pair in people if pair[0].hunts]
    collectors = sum(one.checks_in for one, _ in people)
    assert abs(len(hunters) / collectors - 0.3) < 4 * np.sqrt(0.21 / collectors)
    assert all(one.checks_in and not one.is_giver and not one.is_shopper for one, _ in hunters)
    assert all(one.visits_per_day == other.visits_per_day * 2.5 for one, other in hunters)
    assert all(one == other for one, other in people if not one.hunts)


def test_no_day_brings_more_than_the_cap_and_each_first_visit_its_check_in() -> None:
    result = lived()
    watched, came = given(result, Item.REWARD_WATCH), given(result, Item.REWARD_CHECKIN)
    assert max(map(sum, watched.values())) == 12
    assert {tuple(coins) for coins in watched.values()} <= {(5,), (5, 5), (5, 5, 2)}
    assert set(map(tuple, came.values())) == {(3,)}
    assert watched.keys() == came.keys()
    assert given(result, Item.REWARD_INVITE).keys() < came.keys()


def test_hunters_stay_away_as_soon_as_it_is_not_worth_it() -> None:
    """From the third day on watching brings nothing: the check-in alone doesn't bring them."""
    result = lived(FROM_DAY_2)
    terms, seed = trait_terms(load("us-baseline", LITE)), 1
    came: dict[bool, set[int]] = {False: set(), True: set()}
    for viewer, day in given(result, Item.REWARD_CHECKIN):
        came[bool(everyday_traits(seed, viewer, terms).hunts)].add(day)
    assert came == {False: {0, 1, 2, 3}, True: {0, 1}}
    assert {day for _, day in given(result, Item.REWARD_WATCH)} == {0, 1}
    assert result.visits < lived().visits


def test_a_hunters_gifts_are_of_reward_coins_alone() -> None:
    result, terms = lived("gifting.reward_intent=1"), trait_terms(load("us-baseline", LITE))
    columns = result.trace.columns
    bought = set(columns["actor"][columns["op"] == Op.TOPUP].tolist())
    gave = set(columns["actor"][(columns["op"] == Op.GIFT) & (columns["outcome"] == Outcome.ACCEPTED)].tolist())
    hunters = {viewer for viewer in gave | bought if everyday_traits(1, viewer, terms).hunts}
    assert hunters
    assert not hunters & bought


def test_both_engines_reward_alike() -> None:
    scenario = load("us-baseline", [*LITE, FROM_DAY_2])
    assert_identical(ran("windowed", scenario, shards=3), lived(FROM_DAY_2))


def test_without_rewards_nobody_collects() -> None:
    none = lived("rewards.checkin_coins=0", "rewards.watch_coins=0", "rewards.invite_coins=0")
    assert not (none.trace.columns["op"] == Op.REWARD).any()
