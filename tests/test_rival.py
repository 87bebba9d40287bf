"""A rival's currency: fans and creators of both sides, who go where a fan's money brings more."""

from functools import lru_cache

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from random_scenarios import LIVELY
from sim.behavior.rival import gives_there, multi_homes
from sim.ledger import Kind, Op
from sim.ledger.accounts import KIND_SPAN
from sim.scenario import load
from sim.streams import draw
from sim.tables import Columns

N = 4_000
DAY_US = 86_400_000_000
LATE = "2024-04-09T04:00:00Z"  # a day after the start
SET = ("viewers=150", "days=2", *LIVELY, "rival.sensitivity=2")
MEANT = ("rival.viewer_share=0.6", "rival.creator_share=0.7")


@lru_cache
def reference(*changes: str) -> Result:
    return ran("reference", load("us-baseline", [*SET, *changes]))


@pytest.mark.parametrize("ratio", [0.25, 1.0, 3.0])
@pytest.mark.parametrize("sensitivity", [0.0, 1.0, 3.0])
def test_a_fan_of_both_goes_by_what_a_cent_brings(ratio: float, sensitivity: float) -> None:
    """There^s / (here^s + there^s)."""
    expected = ratio**sensitivity / (1 + ratio**sensitivity)
    there = np.mean([gives_there(draw(1, fan, 54, 0)[0], 0.33, 0.33 * ratio, sensitivity) for fan in range(N)])
    assert there == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / N))


@pytest.mark.parametrize(
    ("here", "there", "goes"),
    [(0.3, 0.0, False), (0.0, 0.3, True), (0.0, 0.0, False)],  # a side that brings nothing
)
def test_nobody_gives_where_it_brings_nothing(here: float, there: float, goes: bool) -> None:
    assert all(gives_there(draw(1, fan, 54, 0)[0], here, there, 2.0) is goes for fan in range(50))


def test_a_larger_share_of_both_holds_the_smaller() -> None:
    few, many = ({agent for agent in range(N) if multi_homes(1, agent, share)} for share in (0.2, 0.5))
    assert few < many
    assert len(many) / N == pytest.approx(0.5, abs=0.04)
    assert not any(multi_homes(1, agent, 0.0) for agent in range(50))


OFFER = f"interventions=[{{ kind = 'rival_offer', at = {LATE}, viewer_share = 0.9, creator_cents = 1.5 }}]"


@pytest.mark.parametrize("changes", [MEANT, (*MEANT, OFFER)], ids=["from the start", "an offer"])
def test_a_rival_gives_one_trace(changes: tuple[str, ...]) -> None:
    assert_identical(ran("windowed", load("us-baseline", [*SET, *changes]), shards=2), reference(*changes))


def gifts_elsewhere(result: Result) -> Columns:
    """Orders go elsewhere too, where what is wanted is sold out."""
    gifts = result.elsewhere["what"] == "gift"
    return {name: column[gifts] for name, column in result.elsewhere.items()}


def test_gifts_given_there_never_enter_the_trace_and_are_counted() -> None:
    alone, beside = reference("rival.viewer_share=0"), reference(*MEANT)
    assert not len(gifts_elsewhere(alone)["count"])
    assert "rival" not in alone.elsewhere["reason"]
    there = gifts_elsewhere(beside)
    assert set(there["reason"]) == set(there["route"]) == {"rival"}
    assert set(beside.elsewhere["what"][beside.elsewhere["reason"] == "rival"]) == {"gift"}
    assert there["count"].sum() >= 10
    assert there["amount"].sum() > 10 * 10
    gifts = [int((result.trace.columns["op"] == Op.GIFT).sum()) for result in (alone, beside)]
    assert gifts[1] < gifts[0]


def test_only_where_both_are_on_both_sides() -> None:
    assert not len(gifts_elsewhere(reference("rival.viewer_share=1", "rival.creator_share=0"))["count"])
    both = reference("rival.viewer_share=1", "rival.creator_share=0.5", "rival.sensitivity=100").trace.columns
    gifts = both["op"] == Op.GIFT
    creators = np.unique(both["peer"][gifts]).tolist()
    assert creators
    givers = [actor for actor in np.unique(both["actor"][gifts]).tolist() if actor // KIND_SPAN == Kind.VIEWER]
    assert givers
    paid = np.isin(both["actor"], both["actor"][both["op"] == Op.TOPUP])  # others give reward coins, to anyone
    assert not any(multi_homes(1, creator, 0.5) for creator in np.unique(both["peer"][gifts & paid]).tolist())


def test_an_offer_draws_fans_from_its_date_on() -> None:
    plain, offer = reference(*MEANT), reference(*MEANT, OFFER)
    for name in ("count", "amount"):
        early = [int(r.elsewhere[name][r.elsewhere["at_us"] < DAY_US].sum()) for r in (plain, offer)]
        late = [int(r.elsewhere[name][r.elsewhere["at_us"] >= DAY_US].sum()) for r in (plain, offer)]
        assert early[0] == early[1]
        assert late[1] > late[0]
