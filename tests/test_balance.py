"""The Balance page: who has it, the limits that givers set themselves there, and what left-over coins are worth."""

from collections import defaultdict
from functools import lru_cache

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from random_scenarios import LIVELY
from sim.behavior.balance import has_page, own_limit, sets_limit, valuing_leftovers
from sim.behavior.topup import TopupTerms
from sim.ledger import Op, Outcome, Rule
from sim.ledger.accounts import NOBODY
from sim.scenario import load

N = 4_000
DAY_US = 86_400_000_000
LATE = "2024-04-09T04:00:00Z"  # a day after the start
SET = ("viewers=150", "days=2", *LIVELY, "balance.page=0.5", "balance.limit_share=0.5", "balance.share=0")
ROLLOUT = f"interventions=[{{ kind = 'balance_rollout', at = {LATE}, share = 0.5 }}]"


@lru_cache
def reference(*changes: str) -> Result:
    return ran("reference", load("us-baseline", [*SET, *changes]))


@pytest.mark.parametrize("share", [0.0, 0.25, 0.6, 1.0])
def test_a_share_of_the_viewers_has_the_page(share: float) -> None:
    have = np.mean([has_page(1, viewer, share) for viewer in range(N)])
    assert have == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / N))


def test_a_larger_share_holds_the_smaller() -> None:
    early, late = ({viewer for viewer in range(N) if has_page(1, viewer, share)} for share in (0.3, 0.5))
    assert early < late


def test_who_sets_a_limit_has_nothing_to_do_with_who_has_the_page() -> None:
    both = np.mean([has_page(1, viewer, 0.5) and sets_limit(1, viewer, 0.5) for viewer in range(N)])
    assert both == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / N))


@pytest.mark.parametrize(
    ("weekly_budget", "factor", "coin_price", "coins"),
    [
        (2_100, 1.0, 1.5, 200),  # $3 a day at 1.5 cents a coin
        (2_100, 0.5, 1.5, 100),
        (0, 1.0, 1.5, 0),
        (2_100, 1.0, float("inf"), 0),  # nothing is for sale
        (10**15, 1000.0, 0.001, 10**15),
    ],
)
def test_an_own_limit_is_a_days_part_of_the_budget(
    weekly_budget: int, factor: float, coin_price: float, coins: int
) -> None:
    assert own_limit(weekly_budget, factor, coin_price) == coins


def test_nothing_but_the_value_of_leftovers_is_another() -> None:
    terms = TopupTerms(*range(5))
    assert valuing_leftovers(terms, 9.0) == terms._replace(leftover_value=9.0)


@pytest.mark.parametrize("changes", [(ROLLOUT,), ("balance.share=1",), ("balance.share=1", "balance.limit_factor=0")])
def test_balances_give_one_trace(changes: tuple[str, ...]) -> None:
    assert_identical(ran("windowed", load("us-baseline", [*SET, *changes]), shards=2), reference(*changes))


def limits(result: Result) -> dict[int, tuple[int, int]]:
    """The own limits by account: from when, and how many coins a day."""
    columns = result.trace.columns
    own = (columns["op"] == Op.POLICY) & (columns["actor"] != NOBODY)
    assert (columns["peer"][own] == Rule.SPENDING_LIMIT).all()
    actors = columns["actor"][own].tolist()
    assert len(set(actors)) == len(actors)  # once and for all
    return dict(zip(actors, zip(columns["at_us"][own], columns["amount"][own], strict=True), strict=True))


def test_only_those_who_have_the_page_see_it_from_its_date_on() -> None:
    columns, seed = reference(ROLLOUT).trace.columns, 1
    reads = columns["op"] == Op.HISTORY
    assert columns["at_us"][reads].min() >= DAY_US
    readers = set(columns["actor"][reads].tolist())
    assert len(readers) > 30
    assert all(has_page(seed, reader, 0.5) for reader in readers)
    assert not (reference().trace.columns["op"] == Op.HISTORY).any()
    assert set(limits(reference(ROLLOUT))) <= readers


def test_own_limits_are_kept() -> None:
    result = reference("balance.share=1", "balance.limit_factor=0.3")
    columns, own = result.trace.columns, limits(result)
    assert len(own) > 10
    gifts = columns["op"] == Op.GIFT
    given: defaultdict[tuple[int, int], int] = defaultdict(int)
    names = ("actor", "at_us", "amount", "outcome")
    declined = 0
    for actor, at_us, amount, outcome in zip(*(columns[name][gifts].tolist() for name in names), strict=True):
        day = at_us // DAY_US
        since_us, limit = own.get(actor, (at_us + 1, 0))
        if outcome == Outcome.ACCEPTED:
            given[actor, day] += amount
            assert at_us < since_us or given[actor, day] <= limit
        elif outcome == Outcome.OVER_LIMIT:
            declined += 1
            assert at_us > since_us
            assert given[actor, day] + amount > limit
    assert declined > 5


def test_leftovers_that_are_worth_more_make_those_who_have_the_page_buy_ahead() -> None:
    def mean_price(value: str) -> float:
        changes = ("viewers=600", "balance.share=1", "balance.limit_share=0", f"balance.leftover_value={value}")
        columns = reference(*changes).trace.columns
        return float(columns["amount"][columns["op"] == Op.TOPUP].mean())

    assert mean_price("0.95") > 1.05 * mean_price("0")
