"""What is earned in the shop: affiliates' parts, and balances taken out."""

from functools import lru_cache
from itertools import groupby

import numpy as np
import pytest

from engine_runs import Result, ran
from random_scenarios import LIVELY
from sim.agents.merchants import NO_AFFILIATE, affiliates
from sim.ledger import Book, Kind, Op, Outcome, kind_of
from sim.ledger.money import portion
from sim.scenario import load
from sim.scenario.types import DAY_US

SHOPPERS = (
    "viewers=300",
    "days=3",
    *LIVELY,
    "sellers.stock_per_good=5",
    "sellers.affiliate_rate=0.15",
    "sellers.partial_refund_share=0.7",
)
RATE_PPM = 150_000
WINDOW_US = 900_000_000


@lru_cache
def lively(*changes: str) -> Result:
    scenario = load("us-baseline", [*SHOPPERS, *changes])
    return ran("windowed", scenario)


def records(result: Result, op: Op) -> dict[str, np.ndarray]:
    columns = result.trace.columns
    chosen = (columns["op"] == op) & (columns["outcome"] == Outcome.ACCEPTED)
    return {name: column[chosen] for name, column in columns.items()}


def test_an_affiliate_gets_a_rate_of_what_was_kept() -> None:
    result = lively()
    captures, refunds, shares = (records(result, op) for op in (Op.CAPTURE, Op.REFUND, Op.AFFILIATE))
    captured = dict(zip(captures["seq"].tolist(), captures["amount"].tolist(), strict=True))
    returned = dict(zip(refunds["ref"].tolist(), refunds["amount"].tolist(), strict=True))
    assert len(shares["seq"]) > 3
    for ref, amount in zip(shares["ref"].tolist(), shares["amount"].tolist(), strict=True):
        assert amount == portion(captured[ref] - returned.get(ref, 0), RATE_PPM)
    assert any(ref in returned for ref in shares["ref"].tolist())  # a part was sent back


def test_an_affiliate_is_paid_when_the_order_cant_come_back() -> None:
    result = lively()
    captures, shares = records(result, Op.CAPTURE), records(result, Op.AFFILIATE)
    delivered = dict(zip(captures["seq"].tolist(), captures["at_us"].tolist(), strict=True))
    waited = [at - delivered[ref] for ref, at in zip(shares["ref"].tolist(), shares["at_us"].tolist(), strict=True)]
    longest = 1.5 * 0.2 * DAY_US  # of `return_days`
    assert all(longest < us <= longest + 2 * WINDOW_US for us in waited)


def test_an_affiliate_is_paid_once_an_order() -> None:
    refs = records(lively(), Op.AFFILIATE)["ref"]
    assert len(np.unique(refs)) == len(refs)


@pytest.mark.parametrize("neutral", ["sellers.affiliate_share=0", "sellers.affiliate_rate=0"])
def test_nobody_works_with_affiliates_where_there_are_none(neutral: str) -> None:
    scenario = load("us-baseline", ["viewers=100", "days=2", *LIVELY, neutral])
    assert not len(records(ran("windowed", scenario), Op.AFFILIATE)["seq"])


def test_everything_above_the_floor_is_taken_out() -> None:
    """Nobody asks for less than the floor, and who asks asks for all that there is as the boundary begins.

    A refund at the same boundary may leave too little; then nothing is paid.
    """
    trace = lively("sellers.settle_floor_cents=5000").trace
    asked = trace.columns["op"] == Op.SETTLE
    assert set(trace.columns["outcome"][asked]) <= {Outcome.ACCEPTED, Outcome.INSUFFICIENT_FUNDS}
    assert trace.columns["amount"][asked].min() >= 5_000
    book, hosts = Book(), set()
    for _, together in groupby(map(trace.record, range(len(trace))), key=lambda operation: operation.at_us):
        operations = list(together)
        for ask in (operation for operation in operations if operation.op == Op.SETTLE):
            assert ask.amount == book.holders[ask.actor].cash[ask.currency]
            hosts.add(kind_of(ask.actor))
        for operation in operations:
            book.apply(operation)
    assert hosts == {Kind.SELLER, Kind.CREATOR}
    assert not len(records(lively("sellers.settle_every_days=0"), Op.SETTLE)["seq"])


def test_turns_to_take_money_out_come_every_few_days() -> None:
    """Even around the mean, half as long to half as long again; a turn at which there is too little is passed over."""
    every_us = 0.2 * DAY_US  # as LIVELY states it
    settled = records(lively("sellers.settle_floor_cents=1"), Op.SETTLE)
    order = np.lexsort((settled["at_us"], settled["actor"]))
    actor, at_us = settled["actor"][order], settled["at_us"][order]
    gaps = np.diff(at_us)[np.diff(actor) == 0]
    assert len(gaps) > 20
    assert gaps.min() > 0.5 * every_us - WINDOW_US
    assert (gaps <= 1.5 * every_us + WINDOW_US).mean() > 0.5


def test_no_seller_works_with_a_creator_of_another_region() -> None:
    scenario = load("us-baseline", ["sellers.affiliate_share=0.5"])
    sellers, creators = np.arange(4_000) % 2, np.arange(50) % 2
    partner = affiliates(scenario, 1, sellers, creators, np.cumsum(np.full(50, 7)))
    works = partner != NO_AFFILIATE
    assert np.mean(works) == pytest.approx(0.5, abs=0.03)
    assert (creators[partner[works]] == sellers[works]).all()


def test_popular_creators_have_more_affiliates() -> None:
    scenario = load("us-baseline", ["sellers.affiliate_share=1"])
    nowhere = np.zeros(4_000, np.int64)
    partner = affiliates(scenario, 1, nowhere, np.zeros(2, np.int64), np.array([900, 1_000]))
    assert np.mean(partner == 0) == pytest.approx(0.9, abs=0.03)
