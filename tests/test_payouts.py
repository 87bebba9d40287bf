"""Payouts beside the usual turns: a day on which all creators ask, some that come back, a diamond of another worth."""

from typing import Any

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from random_scenarios import LIVELY
from sim.ledger import Op, Outcome, Rule
from sim.scenario import load

DAY_US = 86_400_000_000
NOON = "2024-04-09T16:00:00Z"  # a day and a half from the start
NOON_US = 3 * DAY_US // 2


def lively(engine: str, *changes: str) -> Result:
    rare = ("creators.cash_out_every_days=30", "creators.payout_failure_rate=0")
    return ran(engine, load("us-baseline", ["viewers=200", "days=3", *LIVELY, *rare, *changes]))


def both(*changes: str) -> Result:
    expected = lively("reference", *changes)
    assert_identical(lively("windowed", *changes), expected)
    return expected


def of(result: Result, op: Op) -> dict[str, Any]:
    columns = result.trace.columns
    chosen = (columns["op"] == op) & (columns["outcome"] == Outcome.ACCEPTED)
    return {name: column[chosen] for name, column in columns.items()}


def test_on_payout_day_all_ask_at_one_boundary() -> None:
    change = f"interventions=[{{ kind='payout_day', at={NOON} }}]"
    asked = of(both(change), Op.PAYOUT)
    now = (asked["at_us"] == NOON_US) & (asked["ref"] == -1)
    usual = of(lively("windowed"), Op.PAYOUT)
    assert now.sum() >= 5
    assert ((usual["at_us"] == NOON_US) & (usual["ref"] == -1)).sum() <= 1
    assert len(set(asked["actor"][now].tolist())) == now.sum()


def test_whose_turn_it_is_anyway_asks_once() -> None:
    """With a turn at every boundary, payout days all evening change nothing."""
    days = ", ".join(f"{{ kind='payout_day', at=2024-04-10T0{hour}:00:00Z }}" for hour in range(6))
    always = ("creators.cash_out_every_days=0", "creators.payout_floor_cents=1", "window=1h")
    assert_identical(both(*always, f"interventions=[{days}]"), both(*always))


@pytest.mark.parametrize(("rate", "low", "high"), [(0, 0, 0), (0.5, 0.3, 0.7), (1, 1, 1)])
def test_payouts_come_back_in_the_stated_share(rate: float, low: float, high: float) -> None:
    often = ("creators.cash_out_every_days=0.1", "creators.payout_delay_days=0", f"creators.payout_failure_rate={rate}")
    result = both(*often)
    paid, returned = of(result, Op.PAYOUT), of(result, Op.PAYOUT_RETURN)
    n_paid = np.count_nonzero(paid["ref"] >= 0)
    assert n_paid > 30
    assert low * n_paid - 3 <= len(returned["ref"]) <= high * n_paid  # the last ones return after the end
    requests = result.trace.columns["amount"][returned["ref"]]
    assert returned["amount"].tolist() == requests.tolist()


def test_a_diamond_gets_another_worth_and_its_own_back() -> None:
    change = f"interventions=[{{ kind='creator_share', at={NOON}, until=2024-04-10T04:00:00Z, diamond_value_cents=1 }}]"
    policies = of(both("creators.cash_out_every_days=0.1", change), Op.POLICY)
    worth = policies["peer"] == Rule.DIAMOND_VALUE
    stated = zip(policies["at_us"][worth].tolist(), policies["amount"][worth].tolist(), strict=True)
    assert list(stated) == [(0, 500_000), (NOON_US, 1_000_000), (2 * DAY_US, 500_000)]
