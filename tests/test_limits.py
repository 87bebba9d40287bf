"""Limits that bind viewers: a wallet that is off, a day's spending, the coins that an account may hold.

They are policies of a region or of everyone. What exceeds them is declined, which is traffic; who is declined leaves.
"""

from collections import Counter, defaultdict
from functools import lru_cache

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from random_scenarios import BRITAIN, LIVELY
from sim.agents.stage import Act
from sim.behavior.identity import tier_of
from sim.ledger import COIN, Op, Outcome, Rule
from sim.ledger.accounts import KIND_SPAN, NOBODY
from sim.ledger.money import USD
from sim.scenario import Scenario, load

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
US, GB = 840, 826
EVERYONE = 0
AT_ONCE = 1  # the first boundary after the opening
CHANGES = ("viewers=150", "days=2", *LIVELY, "regions.US.share=0.65", BRITAIN)

Acts = tuple[tuple[int, Act], ...]


def policy(at_us: int, rule: Rule, amount: int, region: int = EVERYONE) -> tuple[int, Act]:
    currency = 0 if rule == Rule.SUSPENDED else COIN
    return at_us, Act(Op.POLICY, NOBODY, peer=rule, amount=amount, currency=currency, region=region)


def scenario() -> Scenario:
    return load("us-baseline", list(CHANGES))


@lru_cache
def reference(acts: Acts = ()) -> Result:
    return ran("reference", scenario(), acts=acts)


SUSPENDED_IN_GB = (policy(6 * HOUR_US, Rule.SUSPENDED, 1, GB), policy(30 * HOUR_US, Rule.SUSPENDED, 0, GB))
LIMITS = {
    "suspended": SUSPENDED_IN_GB,
    "suspended everywhere": (policy(AT_ONCE, Rule.SUSPENDED, 1),),
    "spending": (policy(6 * HOUR_US, Rule.SPENDING_LIMIT, 300, US), policy(20 * HOUR_US, Rule.SPENDING_LIMIT, 2)),
    "cap": (policy(AT_ONCE, Rule.BALANCE_CAP, 1_000, GB), policy(12 * HOUR_US, Rule.BALANCE_CAP, 400)),
    "spending nothing": (policy(AT_ONCE, Rule.SPENDING_LIMIT, 0),),
}


@pytest.mark.parametrize("acts", LIMITS.values(), ids=LIMITS)
def test_limits_give_one_trace(acts: Acts) -> None:
    assert_identical(ran("windowed", scenario(), acts=acts, threads=2, shards=3), reference(acts))


def outcomes(result: Result, op: Op, chosen: np.ndarray | None = None) -> Counter[Outcome]:
    columns = result.trace.columns
    these = columns["op"] == op if chosen is None else (columns["op"] == op) & chosen
    return Counter(map(Outcome, columns["outcome"][these].tolist()))


def test_a_wallet_that_is_off_declines_everything_in_its_region_until_it_is_on_again() -> None:
    result = reference(SUSPENDED_IN_GB)
    columns, region = result.trace.columns, result.recognized["actor_region"]
    off = (region == GB) & (columns["at_us"] >= 6 * HOUR_US) & (columns["at_us"] < 30 * HOUR_US)
    request = columns["ref"] == -1
    for op in (Op.REWARD, Op.GIFT, Op.TOPUP, Op.ORDER, Op.PAYOUT):
        assert set(outcomes(result, op, off & request)) <= {Outcome.SUSPENDED}
        assert Outcome.SUSPENDED not in outcomes(result, op, ~off)
    assert outcomes(result, Op.GIFT, off)
    assert outcomes(result, Op.ORDER, off)
    back = (region == GB) & (columns["at_us"] >= 30 * HOUR_US)
    assert outcomes(result, Op.GIFT, back)[Outcome.ACCEPTED]


def test_orders_that_a_wallet_which_is_off_declines_are_wanted_elsewhere() -> None:
    result = reference(SUSPENDED_IN_GB)
    columns, away = result.trace.columns, result.elsewhere
    declined = (columns["op"] == Op.ORDER) & (columns["outcome"] == Outcome.SUSPENDED)
    off = (away["what"] == "order") & (away["reason"] == "suspended")
    assert declined.sum() > 10
    assert away["count"][off].sum() == declined.sum() == result.found.kpis["orders_barred"]["value"]
    assert away["amount"][off].sum() == columns["amount"][declined].sum() == result.found.kpis["gmv_barred"]["value"]
    assert set(away["region"][off].tolist()) == {GB}
    assert {"offline", "nothing"} <= set(away["route"][off].tolist()) <= {"offline", "nothing", "rival"}


def test_nobody_gives_more_on_a_day_than_the_limit() -> None:
    limit = 300
    result = reference((policy(AT_ONCE, Rule.SPENDING_LIMIT, limit),))
    columns = result.trace.columns
    gifts = (columns["op"] == Op.GIFT) & (columns["outcome"] == Outcome.ACCEPTED)
    given: defaultdict[tuple[int, int], int] = defaultdict(int)
    for actor, at_us, amount in zip(
        *(columns[name][gifts].tolist() for name in ("actor", "at_us", "amount")), strict=True
    ):
        given[actor, at_us // DAY_US] += amount
    assert 200 < max(given.values()) <= limit
    assert outcomes(result, Op.GIFT)[Outcome.OVER_LIMIT]


def test_no_topup_brings_more_than_an_account_may_hold() -> None:
    cap = 400
    result = reference((policy(AT_ONCE, Rule.BALANCE_CAP, cap),))
    balances = result.balances
    coins = (balances["asset"] == COIN) & (balances["owner"] // KIND_SPAN == 1)
    assert balances["amount"][coins].max() <= cap
    assert reference().balances["amount"].max() > cap
    assert outcomes(result, Op.TOPUP)[Outcome.OVER_CAP]


@pytest.mark.parametrize("acts", [LIMITS["suspended everywhere"], LIMITS["spending nothing"]], ids=["off", "nothing"])
def test_who_is_declined_leaves(acts: Acts) -> None:
    """Nobody buys coins after a tap for which coins would not have helped, and nobody taps twice in a visit."""
    columns = reference(acts).trace.columns
    last: dict[int, tuple[int, int]] = {}
    for op, actor, at_us, outcome in zip(
        *(columns[name].tolist() for name in ("op", "actor", "at_us", "outcome")), strict=True
    ):
        if op == Op.GIFT and actor in last and last[actor][0] == Op.GIFT:
            assert at_us - last[actor][1] > 5_000_000  # another visit: looking around takes 5 s
        if op == Op.TOPUP and outcome == Outcome.SUSPENDED and actor in last:
            assert last[actor][0] != Op.GIFT or at_us - last[actor][1] > 60_000_000
        if op in (Op.GIFT, Op.TOPUP):
            last[actor] = op, at_us
    assert not (columns["op"] == Op.GIFT)[columns["outcome"] == Outcome.ACCEPTED].any()


def test_a_limit_that_nobody_reaches_changes_nothing() -> None:
    high = reference((policy(AT_ONCE, Rule.SPENDING_LIMIT, 10**12), policy(AT_ONCE, Rule.BALANCE_CAP, 10**12)))
    assert len(high.trace) == len(reference().trace) + 2
    assert high.closing == reference().closing


def test_tiers_of_identification_are_bound_apart() -> None:
    """Who is not identified may hold less and top up less; the openings say who is."""
    verified = "regions.US.verified_share=0.5"
    tight = tuple(
        (AT_ONCE, Act(Op.POLICY, NOBODY, peer=rule, amount=amount, currency=currency, item=tier, region=US))
        for rule, amount, currency, tier in (
            (Rule.BALANCE_CAP, 300, COIN, 0),
            (Rule.BALANCE_CAP, 3_000, COIN, 1),
            (Rule.TOPUP_LIMIT, 500, USD, 0),
            (Rule.TOPUP_LIMIT, 5_000, USD, 1),
        )
    )
    tiered = load("us-baseline", [*CHANGES, "viewers=400", verified])
    result = ran("reference", tiered, acts=tight)
    assert_identical(ran("windowed", tiered, acts=tight, shards=2), result)
    columns, region = result.trace.columns, result.recognized["actor_region"]
    opens = (columns["op"] == Op.OPEN) & (columns["actor"] // KIND_SPAN == 1) & (region == US)
    tier = dict(zip(columns["actor"][opens].tolist(), columns["item"][opens].tolist(), strict=True))
    assert {*tier.values()} == {-1, 1}
    assert 0.3 < list(tier.values()).count(1) / len(tier) < 0.7
    bought: Counter[int] = Counter()
    topups = (columns["op"] == Op.TOPUP) & (region == US)
    assert {Outcome.OVER_LIMIT, Outcome.OVER_CAP} <= {Outcome(code) for code in columns["outcome"][topups].tolist()}
    accepted = topups & (columns["outcome"] == Outcome.ACCEPTED) & (columns["at_us"] > 0)
    for actor, amount in zip(columns["actor"][accepted].tolist(), columns["amount"][accepted].tolist(), strict=True):
        bought[actor] += amount
    for one, most in ((-1, 500), (1, 5_000)):
        assert 0.3 * most < max(total for actor, total in bought.items() if tier[actor] == one) <= most


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_share_is_identified_and_a_larger_one_holds_the_smaller(share: float) -> None:
    verified = {viewer for viewer in range(4_000) if tier_of(1, viewer, share)}
    assert len(verified) / 4_000 == pytest.approx(share, abs=0.03)
    assert verified <= {viewer for viewer in range(4_000) if tier_of(1, viewer, min(share + 0.2, 1.0))}
