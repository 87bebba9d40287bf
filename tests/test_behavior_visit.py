"""When viewers open the app."""

import numpy as np
import pytest

from sim.behavior.purposes import ROSTER, VISIT
from sim.behavior.visit import (
    HOUR_US,
    HOURS_A_DRAW,
    NEVER,
    SECOND_US,
    instant_in_hour,
    next_visit,
    opens_in_hour,
    pause_us,
    step_of,
)
from sim.streams import draw

HOURS = 4_000


def visits(chance: float, viewer: int = 7, hours: int = HOURS) -> dict[int, int]:
    roster = [word for slot in range(hours // HOURS_A_DRAW) for word in draw(1, viewer, ROSTER, slot)]
    return {
        hour: instant_in_hour(draw(1, viewer, VISIT, hour)[0])
        for hour, word in enumerate(roster)
        if opens_in_hour(word, chance)
    }


@pytest.mark.parametrize("chance", [0.0, 0.05, 0.3, 1.0])
def test_the_share_of_hours_with_a_visit_is_the_chance(chance: float) -> None:
    error = 4 * np.sqrt(chance * (1 - chance) / HOURS)
    assert abs(len(visits(chance)) / HOURS - chance) <= error


def test_instants_fill_the_hour_evenly() -> None:
    instants = np.array(list(visits(1.0).values())) / HOUR_US
    assert instants.min() >= 0
    assert instants.max() < 1
    assert abs(instants.mean() - 0.5) < 4 * np.sqrt(1 / 12 / HOURS)


def test_a_lower_chance_thins_visits_and_moves_none() -> None:
    many, few = visits(0.5), visits(0.2)
    assert few.items() < many.items()


def test_viewers_do_not_visit_together() -> None:
    assert len(visits(0.2, viewer=1).keys() & visits(0.2, viewer=2).keys()) / HOURS == pytest.approx(0.04, abs=0.015)


def test_the_next_visit_is_the_first_that_is_not_too_early() -> None:
    weights = np.full(48, 0.3)
    expected = [(hour, hour * HOUR_US + into) for hour, into in visits(0.3, hours=48).items()]
    hour, at_us = next_visit(1, 7, 1.0, weights, 0, 0, 0)
    found = []
    while hour != NEVER:
        found.append((hour, at_us))
        hour, at_us = next_visit(1, 7, 1.0, weights, 0, hour + 1, at_us)
    assert found == expected
    second = expected[1]
    assert next_visit(1, 7, 1.0, weights, 0, expected[0][0], expected[0][1] + 1) == second


def test_hours_count_from_1970_so_that_a_later_start_keeps_the_evenings() -> None:
    late = next_visit(1, 7, 1.0, np.full(100, 0.3), 20, 0, 0)
    early = next_visit(1, 7, 1.0, np.full(120, 0.3), 0, 20, 0)
    assert (late[0] + 20, late[1] + 20 * HOUR_US) == early


def test_pauses_stay_between_their_bounds() -> None:
    pauses = [pause_us(1, 7, step_of(5, step), (2, 10)) / SECOND_US for step in range(64)]
    assert min(pauses) >= 2
    assert max(pauses) < 10
    assert len(set(pauses)) == len(pauses)
