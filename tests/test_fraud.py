"""A fraud ring: a burst of large topups and gifts to one creator, of which the banks take back everything."""

from functools import lru_cache

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from random_scenarios import LIVELY
from sim.behavior.fraud import biggest_pack, in_ring
from sim.behavior.topup import NO_PACK
from sim.ledger import Item, Kind, Op, Outcome, account_id, item_id
from sim.scenario import load
from test_behavior_topup import LADDER, PACKS, with_pack

DAY_US = 86_400_000_000
FROM, UNTIL = "2024-04-09T04:00:00Z", "2024-04-10T04:00:00Z"  # the second of four days
SET = ("viewers=150", "days=4", *LIVELY, "audience.visits_per_day=8", "platform.chargeback_rate=0.1")
RING = f"interventions=[{{ kind = 'fraud_ring', at = {FROM}, until = {UNTIL}, share = 0.5, creator = 2, packs = 4 }}]"
STAR = account_id(Kind.CREATOR, 2)
LARGEST = item_id(Item.PACK_APP, 6)


@lru_cache
def reference(*changes: str) -> Result:
    return ran("reference", load("us-baseline", [*SET, *changes]))


def test_a_ring_gives_one_trace() -> None:
    assert_identical(ran("windowed", load("us-baseline", [*SET, RING]), shards=2), reference(RING))


def test_a_larger_share_holds_the_smaller() -> None:
    few, many = ({viewer for viewer in range(4_000) if in_ring(1, viewer, share)} for share in (0.1, 0.3))
    assert few < many
    assert len(many) / 4_000 == pytest.approx(0.3, abs=0.03)
    assert not any(in_ring(1, viewer, 0.0) for viewer in range(50))


def test_the_biggest_pack_is_the_one_with_the_most_coins_on_sale() -> None:
    assert biggest_pack(PACKS, False) == 2
    assert biggest_pack(with_pack(9_999, 1, 1), True) == len(LADDER)
    assert biggest_pack(with_pack(9_999, 1, 1, on_sale=0), True) == 2
    assert biggest_pack(with_pack(9_999, 1, 1, each=1), True) == 2
    assert biggest_pack(PACKS._replace(on_sale=np.zeros(len(LADDER), np.int64)), True) == NO_PACK


def test_a_ring_buys_and_gives_in_its_time_and_only_then() -> None:
    columns = reference(RING).trace.columns
    day = columns["at_us"] // DAY_US
    large = (columns["op"] == Op.TOPUP) & (columns["item"] == LARGEST)
    bought = [int((large & (day == n)).sum()) for n in range(4)]
    assert bought[1] > 20
    assert bought[1] > 5 * (bought[0] + bought[3] + 1)
    ring = (columns["op"] == Op.GIFT) & (day == 1) & np.isin(columns["actor"], columns["actor"][large & (day == 1)])
    assert (columns["peer"][ring] == STAR).mean() > 0.9
    assert columns["amount"][ring].sum() > 10 * columns["amount"][(columns["op"] == Op.GIFT) & (day == 0)].mean()


def test_every_topup_of_the_ring_is_charged_back() -> None:
    columns = reference(RING).trace.columns
    charged = set(columns["ref"][columns["op"] == Op.CHARGEBACK].tolist())
    stolen = (columns["op"] == Op.TOPUP) & (columns["item"] == LARGEST) & (columns["at_us"] // DAY_US == 1)
    accepted = columns["seq"][stolen & (columns["outcome"] == Outcome.ACCEPTED)].tolist()
    assert len(accepted) > 20
    assert len(charged.intersection(accepted)) >= 0.95 * len(accepted)  # some are still to come


def test_the_ring_leaves_the_first_day_alone() -> None:
    plain, ring = reference().trace.columns, reference(RING).trace.columns
    early = [int((columns["at_us"] < DAY_US).sum()) for columns in (plain, ring)]
    assert early[0] == early[1]
    assert all((plain[name][: early[0]] == ring[name][: early[0]]).all() for name in plain)
