"""Waves of refunds: which orders they take, and when."""

from functools import lru_cache

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from random_scenarios import LIVELY
from sim.behavior.wave import NO_WAVE, wave_of
from sim.ledger import Op, Outcome
from sim.scenario import Scenario, load
from sim.scenario.types import DAY_US

WAVES = np.array([(5 * DAY_US, 0, 2 * DAY_US, 1_000_000), (8 * DAY_US, 1, 9 * DAY_US, 1_000_000)])
BEGINS_US = 2 * DAY_US


@pytest.mark.parametrize(
    ("delivered_us", "region", "at_us"),
    [
        (3 * DAY_US, 0, 5 * DAY_US),
        (5 * DAY_US - 1, 0, 5 * DAY_US),
        (3 * DAY_US - 1, 0, NO_WAVE),  # too long ago
        (5 * DAY_US, 0, NO_WAVE),  # as it comes
        (3 * DAY_US, 1, 8 * DAY_US),  # elsewhere
        (0, 1, 8 * DAY_US),
        (3 * DAY_US, 2, NO_WAVE),
    ],
)
def test_a_wave_reaches_so_far_back_in_its_region(delivered_us: int, region: int, at_us: int) -> None:
    assert wave_of(1, 1, 1, delivered_us, region, WAVES) == at_us


@pytest.mark.parametrize("share_ppm", [0, 250_000, 1_000_000])
def test_a_wave_takes_its_share(share_ppm: int) -> None:
    waves = np.array([(5 * DAY_US, 0, 2 * DAY_US, share_ppm)])
    taken = np.mean([wave_of(1, 1, hour, 4 * DAY_US, 0, waves) != NO_WAVE for hour in range(4_000)])
    assert taken == pytest.approx(share_ppm / 1_000_000, abs=0.03)


@lru_cache
def lively(share: str) -> Scenario:
    wave = f"interventions=[{{ at = 2024-04-10T04:00:00Z, kind = 'refund_wave', share = {share}, days = 1 }}]"
    shop = ("sellers.stock_per_good=5", "sellers.return_rate=0", "sellers.import_return_rate=0")
    return load("us-baseline", ["viewers=150", "days=3", *LIVELY, *shop, wave])


@lru_cache
def windowed(share: str) -> Result:
    return ran("windowed", lively(share))


def accepted(result: Result, op: Op) -> dict[str, np.ndarray]:
    columns = result.trace.columns
    chosen = (columns["op"] == op) & (columns["outcome"] == Outcome.ACCEPTED)
    return {name: column[chosen] for name, column in columns.items()}


def test_a_whole_wave_takes_all_of_a_days_deliveries_at_one_boundary() -> None:
    captures, refunds = accepted(windowed("1"), Op.CAPTURE), accepted(windowed("1"), Op.REFUND)
    lately = (captures["at_us"] >= BEGINS_US - DAY_US) & (captures["at_us"] < BEGINS_US)
    assert len(refunds["seq"]) > 5
    assert {*refunds["at_us"].tolist()} == {BEGINS_US}
    assert {*refunds["ref"].tolist()} == {*captures["seq"][lately].tolist()}
    assert refunds["amount"].sum() == captures["amount"][lately].sum()


def test_no_affiliate_is_paid_for_what_a_wave_took() -> None:
    taken = {*accepted(windowed("1"), Op.REFUND)["ref"].tolist()}
    late = accepted(windowed("1"), Op.AFFILIATE)
    late = {name: column[late["at_us"] > BEGINS_US] for name, column in late.items()}
    assert not taken & {*late["ref"].tolist()}


@pytest.mark.parametrize("share", ["1", "0.4"])
def test_both_engines_send_back_alike(share: str) -> None:
    assert_identical(windowed(share), ran("reference", lively(share)))
