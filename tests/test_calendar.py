"""Calendars: days of their own begin and end at local midnights, and change visits, hours and shopping."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from sim.agents.calendar import Calendar, Day, day_of
from sim.scenario import Scenario, check, load

HOURS = load("us-baseline").audience.hours
FEAST = "name = 'feast', first_day = 2024-04-10, last_day = 2024-04-11"


def calendar(*rows: str) -> Scenario:
    return load("us-baseline", [f"calendar=[{', '.join('{ ' + row + ' }' for row in rows)}]"])


@pytest.mark.parametrize(
    ("rows", "day", "visits", "shopping"),
    [
        ((), 10, 1.0, 1.0),
        ((f"{FEAST}, visits = 1.5, shopping = 3",), 9, 1.0, 1.0),  # the eve
        ((f"{FEAST}, visits = 1.5, shopping = 3",), 10, 1.5, 3.0),
        ((f"{FEAST}, visits = 1.5, shopping = 3",), 11, 1.5, 3.0),  # the last day is included
        ((f"{FEAST}, visits = 1.5, shopping = 3",), 12, 1.0, 1.0),
        ((f"{FEAST}, region = 'US', visits = 2",), 10, 2.0, 1.0),
        ((f"{FEAST}, visits = 2, shopping = 3", f"{FEAST}, visits = 0.25, shopping = 2"), 10, 0.5, 6.0),  # both hold
        ((f"{FEAST}, visits = 0",), 10, 0.0, 1.0),
        (("name = 'w', first_day = 2024-04-13, last_day = 2024-04-13, visits = 2",), 13, 2.3, 1.0),  # and a weekend
    ],
)
def test_a_day_of_a_season(rows: tuple[str, ...], day: int, visits: float, shopping: float) -> None:
    found = day_of(calendar(*rows), "US", date(2024, 4, day))
    assert found.visits == pytest.approx(visits, rel=1e-12)
    assert found.shopping == shopping
    assert found.hours == tuple(map(float, HOURS))


def test_a_season_of_another_region_changes_nothing() -> None:
    scenario = calendar(f"{FEAST}, visits = 2")
    assert day_of(scenario, "GB", date(2024, 4, 10)).visits == 2.0
    [season] = scenario.calendar
    assert season.holds("GB", date(2024, 4, 10))
    [mine] = calendar(f"{FEAST}, region = 'US'").calendar
    assert mine.holds("US", date(2024, 4, 10))
    assert not mine.holds("GB", date(2024, 4, 10))


def test_a_month_of_fasting_moves_the_hours_and_keeps_the_number_of_visits() -> None:
    night = ", ".join(["5"] * 5 + ["1"] * 19)
    usual, fasting = calendar(), calendar(f"{FEAST}, hours = [{night}]")
    assert day_of(fasting, "US", date(2024, 4, 10)) == Day(1.0, (5.0,) * 5 + (1.0,) * 19, 1.0)
    before, after = (Calendar(scenario).visit_weights for scenario in (usual, fasting))
    on = Calendar(fasting).local_day == (date(2024, 4, 10) - date(1970, 1, 1)).days
    assert after[on].sum() == pytest.approx(before[on].sum(), rel=1e-12)
    assert after[on].max() == pytest.approx(5 / 44)


def test_it_begins_at_each_zones_own_midnight() -> None:
    scenario = calendar(f"{FEAST}, shopping = 3")
    found = Calendar(scenario)
    for row, zone in enumerate(found.zones):
        hours = np.flatnonzero(found.shopping[row] == 3.0)
        assert len(hours) == 48
        assert found.instant_us(row, date(2024, 4, 10), 0) == hours[0] * 3_600_000_000, zone.name


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("last_day = 2024-04-09", "last_day = 2024-04-09: expected a date at or after its first_day, 2024-04-10"),
        ('last_day = 2024-04-10\nregion = "ID"', 'region = "ID": expected one of US'),
        ("last_day = 2024-04-10T00:00:00Z", "last_day = 2024-04-10T00:00:00+00:00: expected a date, like 2024-11-11"),
        (
            "last_day = 2024-04-10\nhours = [1]",
            "hours = [1]: expected 24 weights, one for each local hour (there are 1)",
        ),
        ("last_day = 2024-04-10\nvisits = -1", "visits = -1: expected a number in [0, 1000]"),
    ],
)
def test_a_wrong_season_is_told_with_its_key(tmp_path: Path, row: str, told: str) -> None:
    path = tmp_path / "my.toml"
    path.write_text(
        f'question = "?"\nextends = "us-baseline"\n[[calendar]]\nname = "x"\nfirst_day = 2024-04-10\n{row}\n'
    )
    [problem] = map(str, check(path))
    assert problem.endswith(f"calendar[0].{told}")
