"""The timeline: which of a scenario's interventions come, and when, under a seed.

    for came in realized(scenario, seed):
        came.change, came.at_us, came.until_us

A rule that comes with `chance` and after `delay_days` in the mean comes by a draw whose coordinates are the rule itself
(its kind, region, target and date) and not its place in the file. So a rule meets the same luck in every scenario that
has it, and one that comes with a chance of 0.3 comes under the same seed with 0.5.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple
from zlib import crc32

from sim.behavior.delay import memoryless
from sim.behavior.purposes import COMPLIANCE, HAZARD
from sim.scenario.interventions import AnyIntervention, Sanctions
from sim.scenario.types import DAY_US, Scenario
from sim.streams import draw, key_of, uniform

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Realized(NamedTuple):
    """An intervention that comes, and the instants between which it holds, from the scenario's start.

    `text` are the words for it; what a ladder of sanctions brings has none, for the ladder is told by its steps.
    """

    change: AnyIntervention
    at_us: int
    until_us: int  # the end of the run at the latest
    text: str


class Mark(NamedTuple):
    """A date to be drawn: from when to when, and in a few words what."""

    at_us: int
    until_us: int
    text: str


def realized(scenario: Scenario, seed: int) -> list[Realized]:
    """What comes before the end of the run, by date; of one date, in the file's order."""
    come = (one for change in scenario.interventions for one in _realized(scenario, seed, change))
    return sorted(come, key=lambda one: one.at_us)


def timeline(scenario: Scenario, seed: int) -> list[Mark]:
    """What comes, with the words for it."""
    return [
        Mark(one.at_us, one.until_us, " ".join(filter(None, (one.text, one.change.region))))
        for one in realized(scenario, seed)
        if one.text
    ]


def since_start_us(scenario: Scenario, instant: datetime) -> int:
    """An instant, in microseconds from the scenario's start."""
    return _between_us(scenario.start, instant)


def _realized(scenario: Scenario, seed: int, change: AnyIntervention) -> Iterator[Realized]:
    until_us = scenario.duration_us
    if change.until is not None:
        until_us = min(until_us, since_start_us(scenario, change.until))
    words = draw(key_of(seed), _who(change), HAZARD, _between_us(EPOCH, change.at))
    at_us = since_start_us(scenario, change.at) + memoryless(words[1], float(change.delay_days))
    if uniform(words[0]) >= float(change.chance) or at_us >= until_us:
        return
    if isinstance(change, Sanctions):
        yield from _climbed(change, seed, at_us, until_us)
    else:
        yield Realized(change, at_us, until_us, change.text)


def _climbed(ladder: Sanctions, seed: int, at_us: int, until_us: int) -> Iterator[Realized]:
    """The steps of a ladder up to the one after which the platform complies."""
    for n, step in enumerate(ladder.steps):
        end_us = min(at_us + step.days * DAY_US, until_us) if step.days else until_us
        yield Realized(ladder, at_us, end_us, step.text)
        for effect in step.effects:
            yield Realized(effect, at_us, end_us, "")
        luck = draw(key_of(seed), _who(ladder), COMPLIANCE, _between_us(EPOCH, ladder.at) + n)[0]
        if uniform(luck) < float(ladder.compliance) or end_us >= until_us:
            return
        at_us = end_us


def _who(change: AnyIntervention) -> int:
    """A rule as the agent of its draws."""
    return crc32(" ".join((change.kind, change.region or "", *change.target)).encode())


def _between_us(begin: datetime, end: datetime) -> int:
    return round((end.astimezone(UTC) - begin.astimezone(UTC)).total_seconds() * 1_000_000)
