"""Supply: more to see than in the first week brings viewers back, less keeps them away."""

import numpy as np
import pytest

from engine_runs import assert_identical, ran
from sim.agents.supply import LEAST_PULL, MOST_PULL, Supply, pull_of
from sim.scenario import load

LONG = ("viewers=60", "days=11", "window=1h", "audience.supply_elasticity=0.5", "creators.per_thousand_viewers=300")
BAN = "interventions=[{ kind = 'commerce_ban', at = 2024-04-15T04:00:00Z, advertising = false }]"


@pytest.mark.parametrize(
    ("live", "first", "elasticity", "pull"),
    [
        (100, 100, 0.7, 1.0),
        (200, 100, 1.0, 2.0),
        (400, 100, 0.5, 2.0),
        (50, 100, 1.0, 0.5),
        (25, 100, 0.5, 0.5),
        (0, 100, 0.5, LEAST_PULL),
        (1, 10**6, 1.0, LEAST_PULL),
        (10**6, 1, 1.0, MOST_PULL),
        (100, 0, 1.0, 1.0),  # nothing to compare with
    ],
)
def test_pull_is_the_ratio_of_live_hours_to_the_elasticity(
    live: int, first: int, elasticity: float, pull: float
) -> None:
    assert pull_of(live, first, elasticity) == pytest.approx(pull, rel=1e-12)


def test_a_day_looks_back_on_seven_and_the_first_week_on_nothing() -> None:
    supply = Supply(load("us-baseline", ["days=20", "audience.supply_elasticity=1"]))
    for day in range(20):
        supply.turn(day)
        past = [10 * (1 + (past >= 7)) for past in range(max(day - 7, 0), day)]
        assert supply.pull[0] == (sum(past) / 70 if day >= 7 else 1.0)
        for _ in range(10 * (1 + (day >= 7))):
            supply.see(day, np.zeros(1, np.int64))


def test_without_an_elasticity_nothing_is_counted() -> None:
    supply = Supply(load("us-baseline"))
    supply.see(0, np.zeros(5, np.int64))
    assert not supply.live.any()


def test_a_week_after_sellers_are_gone_fewer_come_in_both_engines_alike() -> None:
    gone = (*LONG, BAN, "sellers.per_thousand_viewers=300")
    fewer, same = load("us-baseline", gone), load("us-baseline", [*gone, "audience.supply_elasticity=0"])
    found = ran("reference", fewer)
    assert_identical(ran("windowed", fewer, shards=2), found)
    assert found.visits < ran("windowed", same).visits


def test_supply_survives_its_state() -> None:
    scenario = load("us-baseline", ["days=9", "audience.supply_elasticity=1"])
    supply, other = Supply(scenario), Supply(scenario)
    for day in range(8):
        supply.turn(day)
        supply.see(day, np.zeros(day + 1, np.int64))
    other.restore(supply.state())
    supply.turn(8)
    other.turn(8)
    assert supply.pull.tolist() == other.pull.tolist() != [1.0]
