"""Unspent coins given back for money, where there is a right to: who asks, what for, and what comes of it."""

from functools import lru_cache

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from random_scenarios import BRITAIN, LIVELY
from sim.behavior.balance import asks_back
from sim.ledger import COIN, Op, Outcome
from sim.metrics.series import CHANNELS
from sim.scenario import load

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
GB = 826
LATE = "2024-04-09T04:00:00Z"  # a day after the start
SET = (
    "viewers=150",
    "days=2",
    *LIVELY,
    "balance.share=1",
    "balance.page=0.6",
    "balance.limit_share=0",
    "regions.US.refund_days=0",
    "regions.US.share=0.65",
    BRITAIN,
    "topup.refund_intent=0.7",
)
RIGHT = "regions.US.refund_days=1"
DISPUTED = "platform.chargeback_rate=1"
IN_BRITAIN = f"interventions=[{{ kind = 'coin_refund_right', at = {LATE}, region = 'GB', days = 0.25 }}]"
SUSPENDED = f"interventions=[{{ kind = 'payment_licence', at = {LATE}, region = 'US' }}]"


@lru_cache
def reference(*changes: str) -> Result:
    return ran("reference", load("us-baseline", [*SET, *changes]))


@pytest.mark.parametrize(
    "changes",
    [(RIGHT,), (IN_BRITAIN,), (RIGHT, SUSPENDED), (RIGHT, DISPUTED)],
    ids=["right", "late", "suspended", "disputed"],
)
def test_refunds_give_one_trace(changes: tuple[str, ...]) -> None:
    assert_identical(ran("windowed", load("us-baseline", [*SET, *changes]), shards=2), reference(*changes))


def test_a_wish_is_a_chance_of_its_own() -> None:
    n, intent = 4_000, 0.3
    asks = np.mean([asks_back(1, viewer, 42, intent) for viewer in range(n)])
    assert asks == pytest.approx(intent, abs=4 * np.sqrt(intent * (1 - intent) / n))


def returned(result: Result) -> dict[str, np.ndarray]:
    columns = result.trace.columns | {"region_of": result.recognized["actor_region"]}
    these = columns["op"] == Op.COIN_REFUND
    return {name: column[these] for name, column in columns.items()}


def test_what_is_given_back_are_coins_of_a_topup_within_the_time() -> None:
    result = reference(RIGHT)
    columns, refunds = result.trace.columns, returned(result)
    assert len(refunds["seq"]) > 10
    assert (refunds["outcome"] == Outcome.ACCEPTED).all()
    assert (refunds["currency"] == COIN).all()
    topups = refunds["ref"]
    assert (columns["op"][topups] == Op.TOPUP).all()
    assert (columns["actor"][topups] == refunds["actor"]).all()
    assert (refunds["at_us"] - columns["at_us"][topups] < DAY_US).all()
    assert len(set(topups.tolist())) == len(topups)  # each once
    assert set(refunds["region_of"].tolist()) == {840}


def test_nobody_asks_without_the_right_or_without_the_page() -> None:
    assert not len(returned(reference())["seq"])
    assert not len(returned(reference(RIGHT, "balance.share=0"))["seq"])
    assert not len(returned(reference(RIGHT, "topup.refund_intent=0"))["seq"])


def test_a_right_holds_where_and_from_when_it_is_given() -> None:
    refunds = returned(reference(IN_BRITAIN))
    assert len(refunds["seq"]) > 3
    assert set(refunds["region_of"].tolist()) == {GB}
    assert refunds["at_us"].min() >= DAY_US
    topups = reference(IN_BRITAIN).trace.columns["at_us"][refunds["ref"]]
    assert (refunds["at_us"] - topups < DAY_US // 4).all()


def test_a_bank_takes_back_what_was_not_returned() -> None:
    result = reference(RIGHT, DISPUTED)
    columns, back = result.trace.columns, result.recognized["float_coins"]
    coins = dict(zip(columns["seq"].tolist(), back.tolist(), strict=True))
    given = dict(zip(returned(result)["ref"].tolist(), returned(result)["amount"].tolist(), strict=True))
    found = set()
    for n in np.flatnonzero(columns["op"] == Op.CHARGEBACK):
        topup, outcome = int(columns["ref"][n]), Outcome(columns["outcome"][n])
        left = coins[topup] - given.get(topup, 0)
        assert outcome == (Outcome.ACCEPTED if left else Outcome.WRONG_STATE)
        assert not left or -back[n] == left
        price = columns["amount"][topup]
        assert (columns["amount"][n] == price) == (left in (0, coins[topup]))
        found.add((topup in given, outcome))
    assert {(True, Outcome.ACCEPTED), (False, Outcome.ACCEPTED)} <= found


def test_coins_go_back_the_way_they_were_bought() -> None:
    result = reference(RIGHT)
    columns, refunds = result.trace.columns, returned(result)
    assert (refunds["item"] == columns["item"][refunds["ref"]]).all()
    series = result.found.series
    back = {name: int(series["coins_refunded"][series["channel"] == name].sum()) for name in CHANNELS}
    assert back["app"] > 0
    assert back["web"] > 0
    assert sum(back.values()) == result.found.kpis["coins_refunded"]["value"]


def test_a_suspended_wallet_gives_nothing_back() -> None:
    refunds = returned(reference(RIGHT, SUSPENDED))
    late = refunds["at_us"] >= DAY_US
    assert late.any()
    assert set(refunds["outcome"][late].tolist()) == {Outcome.SUSPENDED}
    assert set(refunds["outcome"][~late].tolist()) == {Outcome.ACCEPTED}
