"""The timeline: which of a scenario's interventions come, and when, under a seed.

    for came in realized(scenario, seed):
        came.change, came.at_us, came.until_us

A rule that comes with `chance` and after `delay_days` in the mean comes by a draw whose coordinates are the rule itself
(its kind, region, target and date) and not its place in the file. So a rule meets the same luck in every scenario that
has it, and one that comes with a chance of 0.3 comes under the same seed with 0.5.
"""

from datetime import UTC, datetime
from typing import Final, NamedTuple
from zlib import crc32

from sim.behavior.delay import memoryless
from sim.behavior.purposes import HAZARD
from sim.scenario.interventions import AnyIntervention
from sim.scenario.types import Scenario
from sim.streams import draw, key_of, uniform

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Realized(NamedTuple):
    """An intervention that comes, and the instants between which it holds, from the scenario's start."""

    change: AnyIntervention
    at_us: int
    until_us: int  # the end of the run at the latest


class Mark(NamedTuple):
    """A date to be drawn: from when to when, and in a few words what."""

    at_us: int
    until_us: int
    text: str


def realized(scenario: Scenario, seed: int) -> list[Realized]:
    """What comes before the end of the run, by date; of one date, in the file's order."""
    come = (_realized(scenario, seed, change) for change in scenario.interventions)
    return sorted((one for one in come if one is not None), key=lambda one: one.at_us)


def timeline(scenario: Scenario, seed: int) -> list[Mark]:
    """What comes, with the words for it."""
    return [
        Mark(one.at_us, one.until_us, " ".join(filter(None, (one.change.text, one.change.region))))
        for one in realized(scenario, seed)
    ]


def since_start_us(scenario: Scenario, instant: datetime) -> int:
    """An instant, in microseconds from the scenario's start."""
    return _between_us(scenario.start, instant)


def _realized(scenario: Scenario, seed: int, change: AnyIntervention) -> Realized | None:
    until_us = scenario.duration_us
    if change.until is not None:
        until_us = min(until_us, since_start_us(scenario, change.until))
    who = crc32(" ".join((change.kind, change.region or "", *change.target)).encode())
    words = draw(key_of(seed), who, HAZARD, _between_us(EPOCH, change.at))
    late_us = memoryless(words[1], float(change.delay_days))
    at_us = since_start_us(scenario, change.at) + late_us
    comes = uniform(words[0]) < float(change.chance) and at_us < until_us
    return Realized(change, at_us, until_us) if comes else None


def _between_us(begin: datetime, end: datetime) -> int:
    return round((end.astimezone(UTC) - begin.astimezone(UTC)).total_seconds() * 1_000_000)
