"""Regulation of the wallet: what each rule states to the ledger, what it does to people, and alike in both engines."""

from functools import lru_cache

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from random_scenarios import BRITAIN, LIVELY
from sim.agents.interventions.payments import coins_for
from sim.behavior.topup import Packs
from sim.ledger import Op, Outcome, Rule
from sim.ledger.accounts import NOBODY
from sim.ledger.money import AMOUNT_MAX
from sim.scenario import Scenario, load

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
US, GB = 840, 826
BASE = ("viewers=120", "days=2", "window=30min", *LIVELY, "regions.US.share=0.5", BRITAIN.replace("0.35", "0.5"))
SPAN = "at = 2024-04-08T10:00:00Z, until = 2024-04-09T04:00:00Z"  # hours 6 to 24 of the run
FROM_US, UNTIL_US = 6 * HOUR_US, 24 * HOUR_US


def scenario(*changes: str) -> Scenario:
    return load("us-baseline", [*BASE, f"interventions=[{', '.join(f'{{ {change} }}' for change in changes)}]"])


@lru_cache
def reference(*changes: str) -> Result:
    return ran("reference", scenario(*changes))


# Each rule over British wallets for 18 hours: the numbers it states, and those it puts back.
POLICIES: dict[str, tuple[str, list[tuple[Rule, int]], list[tuple[Rule, int]]]] = {
    "vat": (
        "kind = 'vat', topups = 0.11, orders = 0.12",
        [(Rule.TOPUP_TAX, 110_000), (Rule.ORDER_TAX, 120_000)],
        [(Rule.TOPUP_TAX, 200_000), (Rule.ORDER_TAX, 200_000)],
    ),
    "vat on orders alone": (
        "kind = 'vat', orders = 0.12",
        [(Rule.TOPUP_TAX, 200_000), (Rule.ORDER_TAX, 120_000)],
        [(Rule.TOPUP_TAX, 200_000), (Rule.ORDER_TAX, 200_000)],
    ),
    "store fee": (
        "kind = 'store_fee', channel = 'web', rate = 0",
        [(Rule.STORE_FEE, 0)] * 8,
        [(Rule.STORE_FEE, 30_000)] * 8,
    ),
    "payment licence": ("kind = 'payment_licence'", [(Rule.SUSPENDED, 1)], [(Rule.SUSPENDED, 0)]),
    "spending limit": (
        "kind = 'spending_limit', coins_a_day = 60",
        [(Rule.SPENDING_LIMIT, 60)],
        [(Rule.SPENDING_LIMIT, AMOUNT_MAX)],
    ),
    "reward expiry": (
        "kind = 'reward_expiry', days = 0.1",
        [(Rule.REWARD_LIFE, DAY_US // 10)],
        [(Rule.REWARD_LIFE, 35 * DAY_US // 100)],
    ),
    "rewards that never expire": (
        "kind = 'reward_expiry', days = 0",
        [(Rule.REWARD_LIFE, 0)],
        [(Rule.REWARD_LIFE, 35 * DAY_US // 100)],
    ),
    "commission": (
        "kind = 'commission', rate = 0.2",
        [(Rule.COMMISSION, 200_000), (Rule.COMMISSION_FLAT, 0)],
        [(Rule.COMMISSION, 60_000), (Rule.COMMISSION_FLAT, 0)],
    ),
    "commission with a flat part": (
        "kind = 'commission', rate = 0.02, flat_cents = 30",
        [(Rule.COMMISSION, 20_000), (Rule.COMMISSION_FLAT, 30)],
        [(Rule.COMMISSION, 60_000), (Rule.COMMISSION_FLAT, 0)],
    ),
    "a promotion of new sellers, which those keep who have it": (
        "kind = 'new_seller_promotion', rate = 0.02, flat_cents = 30, days = 60",
        [(Rule.COMMISSION, 20_000), (Rule.COMMISSION_FLAT, 30)],
        [],
    ),
}


def in_britain(change: str) -> str:
    return f"{SPAN}, region = 'GB', {change}"


@pytest.mark.parametrize(("change", "begin", "end"), POLICIES.values(), ids=POLICIES)
def test_each_rule_states_its_numbers_in_its_region_and_puts_them_back(
    change: str, begin: list[tuple[Rule, int]], end: list[tuple[Rule, int]]
) -> None:
    columns = reference(in_britain(change)).trace.columns
    of_nobody = columns["actor"] == NOBODY  # not the limits that viewers set themselves
    stated = (columns["op"] == Op.POLICY) & (columns["at_us"] > 0) & of_nobody
    rows = zip(*(columns[name][stated].tolist() for name in ("at_us", "region", "peer", "amount")), strict=True)
    assert list(rows) == [(FROM_US, GB, *row) for row in begin] + [(UNTIL_US, GB, *row) for row in end]


@pytest.mark.parametrize("change", [change for change, _, _ in POLICIES.values()], ids=POLICIES)
def test_each_rule_gives_one_trace(change: str) -> None:
    told = reference(in_britain(change))
    assert_identical(ran("windowed", scenario(in_britain(change)), threads=2, shards=3), told)


def between(result: Result, op: Op, begin_us: int, end_us: int, region: int = GB) -> np.ndarray:
    columns = result.trace.columns
    at_us = columns["at_us"]
    of_region = result.recognized["actor_region"] == region
    chosen: np.ndarray = (columns["op"] == op) & of_region & (at_us >= begin_us) & (at_us < end_us)
    return chosen


def test_a_wallet_without_a_licence_lets_nothing_through_there_and_everything_elsewhere() -> None:
    result = reference(in_britain("kind = 'payment_licence'"))
    outcome = result.trace.columns["outcome"]
    for op in (Op.TOPUP, Op.GIFT, Op.ORDER):
        assert set(outcome[between(result, op, FROM_US, UNTIL_US)]) == {Outcome.SUSPENDED}
        assert Outcome.SUSPENDED not in outcome[between(result, op, FROM_US, UNTIL_US, US)]
        assert Outcome.SUSPENDED not in outcome[between(result, op, UNTIL_US, 2 * DAY_US)]


def test_nobody_gives_more_in_a_day_than_the_regulator_allows() -> None:
    result = reference(in_britain("kind = 'spending_limit', coins_a_day = 60"))
    columns = result.trace.columns
    accepted = columns["outcome"] == Outcome.ACCEPTED
    # From the next day of the limit's days on: one begins at hour 0 of the run, when the limit isn't yet there.
    gave = between(result, Op.GIFT, FROM_US, UNTIL_US) & accepted
    totals = np.bincount(np.unique(columns["actor"][gave], return_inverse=True)[1], columns["amount"][gave])
    assert 0 < totals.max() <= 60
    free = between(reference(), Op.GIFT, FROM_US, UNTIL_US)
    assert reference().trace.columns["amount"][free].max() > 60


def test_rewards_live_as_long_as_the_rule_said_when_they_were_given() -> None:
    """Given before the rule: 8.4 hours. Under it: 2.4 hours. So some that were given later expire sooner."""
    result = reference(in_britain("kind = 'reward_expiry', days = 0.1"))
    columns = result.trace.columns
    rewards = dict(
        zip(columns["seq"][columns["op"] == Op.REWARD], columns["at_us"][columns["op"] == Op.REWARD], strict=True)
    )
    lives: dict[bool, set[float]] = {True: set(), False: set()}  # whole hours, by whether given under the rule
    expired = between(result, Op.EXPIRE, 0, 2 * DAY_US)
    for ref, at_us in zip(columns["ref"][expired], columns["at_us"][expired], strict=True):
        given_us = rewards[ref]
        lives[FROM_US <= given_us < UNTIL_US].add(float(-(-(at_us - given_us) // HOUR_US)))
    assert lives == {True: {3.0}, False: {9.0}}


def test_a_tax_alone_changes_nobodys_purchases() -> None:
    """It is contained in the price: fans pay as before, and the platform gets less."""
    taxed = reference(in_britain("kind = 'vat', topups = 0.9"))
    for op in (Op.TOPUP, Op.GIFT):
        counts = [int((result.trace.columns["op"] == op).sum()) for result in (taxed, reference())]
        assert counts[0] == counts[1] > 0
    earned = [int(result.recognized["revenue"].sum()) for result in (taxed, reference())]
    assert earned[0] < earned[1]


def test_a_rule_after_the_end_changes_nothing() -> None:
    late = "at = 2024-04-10T04:00:00Z, region = 'GB', kind = 'payment_licence'"
    assert reference(late).trace.digest == reference().trace.digest


@pytest.mark.parametrize(
    "changes",
    [
        ("at = 2024-04-08T10:00:00Z, kind = 'reward_expiry', days = 0.1",),
        (
            in_britain("kind = 'reward_expiry', days = 0"),
            "at = 2024-04-09T06:00:00Z, kind = 'reward_expiry', days = 0.05",
        ),
    ],
)
def test_lives_that_change_twice_give_one_trace(changes: tuple[str, ...]) -> None:
    assert_identical(ran("windowed", scenario(*changes), threads=2), reference(*changes))


@pytest.mark.parametrize(
    ("packs", "cents", "coins"),
    [
        ([(65, 99, 0, 1, 0)], 99, 65),
        ([(65, 99, 0, 1, 0)], 100, 65),  # rounded down, for a limit
        ([(65, 99, 0, 1, 0), (1321, 1999, 0, 1, 0)], 1999, 1321),  # by the cheapest coin
        ([(65, 99, 0, 1, 0), (1000, 99, 1, 1, 0)], 99, 65),  # not by the web's
        ([(65, 99, 0, 1, 0), (1000, 99, 0, 0, 0)], 99, 65),  # nor by what isn't on sale
        ([(65, 99, 1, 1, 0)], 99, AMOUNT_MAX),
        ([(65, 99, 0, 1, 0), (30, 30, 0, 1, 1_000_000)], 99, 99),  # by amount, at a cent a coin
        ([(65, 99, 0, 1, 0)], 0, 0),
    ],
)
def test_a_limit_in_money_as_coins(packs: list[tuple[int, ...]], cents: int, coins: int) -> None:
    assert coins_for(Packs(*np.array(packs, np.int64).T), cents) == coins


def test_electronic_money_is_limited_by_tier_of_identification() -> None:
    """All here are of tier 0: the limits of tier 1 bind nobody, and 2 dollars in 30 days are two small packs."""
    limits = "at = 2024-04-08T04:15:00Z, region = 'GB', kind = 'e_money_limits', tier = {}, topups_cents = 200"
    bound, unbound = reference(limits.format(0)), reference(limits.format(1))
    for told, is_bound in ((bound, True), (unbound, False)):
        outcome = told.trace.columns["outcome"][between(told, Op.TOPUP, HOUR_US, 2 * DAY_US)]
        assert (Outcome.OVER_LIMIT in outcome) == is_bound
    columns = bound.trace.columns
    paid = between(bound, Op.TOPUP, HOUR_US, 2 * DAY_US) & (columns["outcome"] == Outcome.ACCEPTED)
    totals = np.bincount(np.unique(columns["actor"][paid], return_inverse=True)[1], columns["amount"][paid])
    assert 0 < totals.max() <= 200


@pytest.mark.parametrize(
    "limit", ["topups_cents = 500", "balance_cents = 1500", "balance_cents = 0, topups_cents = 300"]
)
def test_limits_of_electronic_money_give_one_trace(limit: str) -> None:
    change = f"{SPAN}, region = 'GB', kind = 'e_money_limits', tier = 0, {limit}"
    assert_identical(ran("windowed", scenario(change), threads=2, shards=3), reference(change))


@pytest.mark.parametrize("warnings", [0, 1])
def test_a_ladder_of_sanctions_gives_one_trace_and_ends_all_sales(warnings: int) -> None:
    """Monitored for a day from hour 3 on, after a warning of a day; then nothing is sold."""
    steps = f"compliance = 0, warnings = {warnings}, warning_days = 1, monitoring_days = 1"
    change = f"at = 2024-04-08T07:00:00Z, region = 'GB', kind = 'sanctions', {steps}"
    told = reference(change)
    assert_identical(ran("windowed", scenario(change), threads=2), told)
    late = between(told, Op.ORDER, 27 * HOUR_US, 2 * DAY_US).any()
    assert late == bool(warnings)
    assert between(told, Op.ORDER, 27 * HOUR_US, 2 * DAY_US, US).any()


def test_a_balance_may_be_worth_so_much_at_most() -> None:
    """99 cents buy 65 coins in the app; 15 dollars of them are 991 at the price of the largest pack."""
    limit = "at = 2024-04-08T04:15:00Z, region = 'GB', kind = 'e_money_limits', tier = 0, balance_cents = 1500"
    columns = reference(limit).trace.columns
    cap = (columns["op"] == Op.POLICY) & (columns["peer"] == Rule.BALANCE_CAP)
    assert columns["amount"][cap].tolist() == [1500 * 6607 // 9999]
    assert (columns["outcome"][between(reference(limit), Op.TOPUP, HOUR_US, 2 * DAY_US)] == Outcome.OVER_CAP).any()
