"""What the shop takes of orders: a rate and a flat part, and another of those who begin to sell under a promotion."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from random_scenarios import INDONESIA, LIVELY
from sim.ledger import CURRENCY_BY_NAME, REGION_BY_NAME, Op, Outcome, Rule
from sim.ledger.accounts import KIND_SPAN, NOBODY
from sim.ledger.money import portion
from sim.model import Manner, simulate
from sim.scenario import load
from sim.scenario.types import DAY_US

START: Final = load("us-baseline").start
COMING: Final = (
    "viewers=120",
    "days=23",
    "window=6h",
    *LIVELY,
    "gifting.giver_share=0.1",
    "creators.per_thousand_viewers=20",
    "sellers.goods_each=2",
    "sellers.stock_per_good=30",
    "sellers.commission=0.06",
    "trade.week_cost_cents=0",
    "trade.hour_cost_cents=0",
    "trade.entry_cost_cents=1",
    "trade.entry_share=0.5",
    "trade.pool_factor=3",
    "trade.patience_weeks=0",
)
WEEKS: Final = 4


class Terms(NamedTuple):
    """What a trace has stated of commissions so far: by region and promotion, and each seller's promotion."""

    rate: dict[tuple[int, int], int]
    flat: dict[tuple[int, int, int], int]
    promotion: dict[int, int]


def on_day(day: float) -> str:
    return (START + timedelta(days=day)).isoformat()


def promoted(begin: float, end: float, days: int = 9, rate: float = 0.02, flat_cents: int = 30, more: str = "") -> str:
    said = f"rate = {rate}, flat_cents = {flat_cents}, days = {days}{more}"
    return f"{{ kind = 'new_seller_promotion', at = {on_day(begin)}, until = {on_day(end)}, {said} }}"


def changed(day: float, rate: float, flat: str = "", end: float | None = None) -> str:
    until = "" if end is None else f", until = {on_day(end)}"
    return f"{{ kind = 'commission', at = {on_day(day)}{until}, rate = {rate}{flat} }}"


def interventions(*changes: str) -> str:
    return f"interventions=[{', '.join(changes)}]"


@lru_cache
def coming(*changes: str, engine: str = "windowed") -> Result:
    return ran(engine, load("us-baseline", [*COMING, *changes]), **({"threads": 2} if engine == "windowed" else {}))


def records(result: Result) -> Iterator[dict[str, Any]]:
    columns: Mapping[str, Any] = result.trace.columns | {"revenue": result.recognized["revenue"]}
    for values in zip(*(columns[name].tolist() for name in columns), strict=True):
        record = dict(zip(columns, values, strict=True))
        if record["outcome"] == Outcome.ACCEPTED:
            yield record


def states(result: Result, rule: Rule) -> list[tuple[float, int, int]]:
    """Of a rule's policies after the start: the day, the seller's number or -1, and the value."""
    stated = (row for row in records(result) if row["op"] == Op.POLICY and row["peer"] == rule and row["at_us"])
    return [
        (row["at_us"] / DAY_US, row["actor"] % KIND_SPAN if row["actor"] > 0 else -1, row["amount"]) for row in stated
    ]


def note_policy(terms: Terms, row: Mapping[str, Any]) -> None:
    promotion = max(row["item"], 0)
    if row["peer"] == Rule.COMMISSION:
        terms.rate[row["region"], promotion] = row["amount"]
    elif row["peer"] == Rule.COMMISSION_FLAT:
        terms.flat[row["region"], promotion, row["currency"]] = row["amount"]
    elif row["peer"] == Rule.NEW_SELLER:
        assert row["actor"] != NOBODY
        terms.promotion[row["actor"]] = row["amount"]


def captures(result: Result) -> Iterator[tuple[int, int, int]]:
    """Of each delivery paid in money: the seller, what the platform took, and what the policies so far say it takes."""
    terms, homes = Terms({}, {}, {}), {}
    for row in records(result):
        if row["op"] == Op.OPEN:
            homes[row["actor"]] = row["region"]
        elif row["op"] == Op.POLICY:
            note_policy(terms, row)
        elif row["op"] == Op.CAPTURE:
            home, net, promotion = homes[row["actor"]], row["amount"], terms.promotion.get(row["actor"], 0)
            rate = terms.rate.get((home, promotion), terms.rate[0, 0])
            flat = terms.flat.get((home, promotion, row["currency"]), 0)
            yield row["actor"], row["revenue"], min((net * rate * 2 + 1_000_000) // 2_000_000 + flat, net)


def test_each_delivery_costs_the_rate_and_the_flat_part_that_hold_for_its_seller_then() -> None:
    """A flat part from the start, another rate in the middle, and sellers who pay as a promotion says."""
    changes = ("sellers.commission_flat_cents=45", interventions(promoted(5, 15), changed(10, 0.1, ", flat_cents = 7")))
    result = coming(*changes)
    told = list(captures(result))
    assert [taken for _, taken, _ in told] == [expected for _, _, expected in told]
    new = {seller for day, seller, number in states(result, Rule.NEW_SELLER) if number}
    sold = {seller % KIND_SPAN for seller, _, _ in told}
    assert len(told) > 300
    assert len(new & sold) > 3
    assert len(sold - new) > 3
    assert_identical(result, coming(*changes, engine="reference"))


def test_a_flat_part_is_in_each_regions_own_money() -> None:
    """A scenario's cents are converted; an intervention's are the region's own."""
    indonesian = ("regions.US.share=0.65", INDONESIA, "viewers=160", "days=9")
    flat = interventions(changed(4, 0.06, ", flat_cents = 2000, region = 'ID'"))
    result = coming(*indonesian, "sellers.commission_flat_cents=30", flat)
    told = list(captures(result))
    assert [taken for _, taken, _ in told] == [expected for _, _, expected in told]
    stated = [row for row in records(result) if row["op"] == Op.POLICY and row["peer"] == Rule.COMMISSION_FLAT]
    dollars, rupiah = CURRENCY_BY_NAME["USD"].code, CURRENCY_BY_NAME["IDR"].code
    us, indonesia = REGION_BY_NAME["US"], REGION_BY_NAME["ID"]
    said = sorted((row["region"], row["currency"], row["amount"]) for row in stated)
    assert said == sorted([(us, dollars, 30), (indonesia, rupiah, 4710), (indonesia, rupiah, 2000)])
    assert_identical(result, coming(*indonesian, "sellers.commission_flat_cents=30", flat, engine="reference"))


def test_a_commission_that_ends_or_says_no_flat_part_leaves_it_as_it_was() -> None:
    both = interventions(changed(2, 0.1, ", flat_cents = 7", end=3), changed(4, 0.2))
    result = coming("days=5", "sellers.commission_flat_cents=45", both)
    assert states(result, Rule.COMMISSION_FLAT) == [(2, -1, 7), (3, -1, 45), (4, -1, 45)]
    assert states(result, Rule.COMMISSION) == [(2, -1, 100_000), (3, -1, 60_000), (4, -1, 200_000)]


def test_who_begins_while_a_promotion_holds_has_it_for_its_days() -> None:
    """It holds from day 7 to 14: of those who begin on days 7, 14 and 21 only the first have it, till day 16."""
    result = coming(interventions(promoted(7, 14)))
    entered = [
        int(result.sellers_by_week["entered"][result.sellers_by_week["week"] == week].sum()) for week in range(WEEKS)
    ]
    assert all(entered[1:])
    stated = states(result, Rule.NEW_SELLER)
    began = [seller for day, seller, number in stated if number]
    assert stated == [(7, seller, 1) for seller in began] + [(16, seller, 0) for seller in began]
    assert len(began) == entered[1]
    assert_identical(result, coming(interventions(promoted(7, 14)), engine="reference"))


def test_each_promotion_has_its_number_and_its_terms() -> None:
    """Two of them, the second with nothing to pay; those of the first keep theirs."""
    result = coming(interventions(promoted(13, 20, 3, 0, 0), promoted(6, 13, 30)))
    stated = states(result, Rule.NEW_SELLER)
    assert {(day, number) for day, _, number in stated} == {(7, 1), (14, 2), (17, 0)}
    terms = [row for row in records(result) if row["op"] == Op.POLICY and row["item"] in (1, 2)]
    terms = [row for row in terms if row["peer"] in (Rule.COMMISSION, Rule.COMMISSION_FLAT)]
    assert [(row["at_us"] // DAY_US, row["item"], row["amount"]) for row in terms] == [
        (6, 1, 20_000),
        (6, 1, 30),
        (13, 2, 0),
        (13, 2, 0),
    ]
    told = list(captures(result))
    assert [taken for _, taken, _ in told] == [expected for _, _, expected in told]


def test_who_left_and_begins_again_is_not_new() -> None:
    """Who lost money for a week leaves, and with nobody else to begin only those come back."""
    back = ("trade.patience_weeks=1", "trade.week_cost_cents=10000", "trade.pool_factor=0", "trade.entry_share=1")
    result = coming(*back, "sellers.per_thousand_viewers=80", interventions(promoted(0, 23)))
    assert result.sellers_by_week["left"].sum()
    assert result.sellers_by_week["entered"].sum()
    assert not states(result, Rule.NEW_SELLER)


def test_a_promotion_lures_those_who_would_not_begin_without_it() -> None:
    """With nine tenths of each sale gone it pays nobody to begin; with nothing to pay for a while it does."""
    dear = ("sellers.commission=0.9", "trade.horizon_weeks=4")
    without, lured = coming(*dear), coming(*dear, interventions(promoted(0, 23, 60, 0, 0)))
    in_week_1 = [
        int(result.sellers_by_week["entered"][result.sellers_by_week["week"] == 1].sum()) for result in (without, lured)
    ]
    assert in_week_1[0] == 0
    assert in_week_1[1] > 0


def test_a_promotion_that_nobody_begins_under_changes_nothing_but_what_is_stated() -> None:
    nobody = ("trade.pool_factor=0", "days=9")
    plain, offered = coming(*nobody), coming(*nobody, interventions(promoted(1, 9)))
    rows = [offered.trace.columns["op"] != Op.POLICY, plain.trace.columns["op"] != Op.POLICY]
    for name in ("at_us", "op", "actor", "peer", "amount", "outcome"):
        np.testing.assert_array_equal(offered.trace.columns[name][rows[0]], plain.trace.columns[name][rows[1]])


def test_a_week_ends_before_what_changes_at_its_boundary_in_either_engine() -> None:
    """A creator's week is counted at what a diamond was worth in it."""
    halved = f"{{ kind = 'creator_share', at = {on_day(7)}, diamond_value_cents = 0.05 }}"
    changes = ("days=9", "gifting.giver_share=0.5", "creators.patience_weeks=1", interventions(halved))
    result = coming(*changes)
    assert_identical(result, coming(*changes, engine="reference"))


@pytest.mark.parametrize("day", [7, 12])
def test_a_run_cut_while_a_promotion_holds_goes_on_as_if_it_had_not_been(day: int, tmp_path: Path) -> None:
    """At the boundary at which sellers begin, and between that and the end of their days."""
    scenario = load("us-baseline", [*COMING, interventions(promoted(7, 14))])
    whole = simulate(scenario, manner=Manner(checkpoint_days=(day,), threads=2), out=tmp_path / "whole")
    rest = simulate(scenario, manner=Manner(resume=tmp_path / f"whole-day{day}.checkpoint"), out=tmp_path / "rest")
    for name, column in whole.trace().columns.items():
        np.testing.assert_array_equal(rest.trace().columns[name], column, err_msg=name)
    stated = whole.trace().columns["peer"][whole.trace().columns["op"] == Op.POLICY]
    assert (stated == Rule.NEW_SELLER).sum() > 4


SMALL: Final = ("viewers=600", "window=3h")


@lru_cache
def step_of_2024(*changes: str) -> Result:
    return ran("windowed", load("commission-2024", [*SMALL, *changes]), threads=2)


def test_the_step_of_2024_takes_6_percent_instead_of_2_and_30_cents() -> None:
    """From its day on each delivery pays the one, before it the other; in the counterfactual all of them the other."""
    step, none = step_of_2024(), step_of_2024("interventions=[]")
    delivered = [
        [
            (row["at_us"] >= 14 * DAY_US, row["amount"], row["revenue"])
            for row in records(result)
            if row["op"] == Op.CAPTURE
        ]
        for result in (step, none)
    ]
    for since, net, taken in delivered[0]:
        assert taken == (portion(net, 60_000) if since else min(portion(net, 20_000) + 30, net))
    assert all(taken == min(portion(net, 20_000) + 30, net) for _, net, taken in delivered[1])
    assert [row[:2] for row in delivered[0]] == [row[:2] for row in delivered[1]]  # sellers ask what they asked before
    sold, gained = (step.found.kpis[name]["value"] - none.found.kpis[name]["value"] for name in ("gmv", "commission"))
    assert (sold, gained > 0) == (0, True)
    assert step.found.kpis["seller_income"]["value"] - none.found.kpis["seller_income"]["value"] == -gained


def test_new_sellers_have_their_own_days_and_then_pay_6_percent() -> None:
    """In the scenario of 60 days: as stated for each of them, and nobody of those who sold from the start."""
    result = ran("windowed", load("new-sellers", ["viewers=600", "window=6h"]), threads=2)
    began = {seller: day for day, seller, number in states(result, Rule.NEW_SELLER) if number}
    ended = {seller: day for day, seller, number in states(result, Rule.NEW_SELLER) if not number}
    assert len(began) > 3
    assert min(began.values()) >= 28
    assert ended == {seller: day + 60 for seller, day in began.items() if day + 60 < 182}
    assert min(began) >= 9  # of 600 viewers 9 sell from the start
    told = list(captures(result))
    assert [taken for _, taken, _ in told] == [expected for _, _, expected in told]
