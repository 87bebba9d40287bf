"""Turns: at which boundary which intervention takes hold, or gives way, in which region.

    for turn in turns(scenario, seed, windows.after):
        turn.at_us, turn.begins, turn.region, turn.change

Of several of one kind, region and target that hold at once, the one that came last counts. When it ends, the one before
it counts again, else what the scenario says without any.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from sim.scenario import Scenario
from sim.scenario.interventions import AnyIntervention
from sim.scenario.timeline import realized

NOWHERE = ""  # the region of what isn't regional


class Turn(NamedTuple):
    """An intervention takes hold in a region, or gives way to what the scenario says without any."""

    at_us: int
    begins: bool
    region: str
    change: AnyIntervention


class _Span(NamedTuple):
    """From which boundary to which an intervention holds."""

    begin_us: int
    end_us: int
    change: AnyIntervention


def turns(scenario: Scenario, seed: int, after: Callable[[int], int]) -> list[Turn]:
    """Every turn of a run, in order; `after` gives the first boundary at or after an instant."""
    spans: defaultdict[tuple[str, ...], list[_Span]] = defaultdict(list)
    once: list[Turn] = []
    for change, at_us, until_us, _ in realized(scenario, seed):
        for region in regions_of(scenario, change):
            if not change.lasts:
                once.append(Turn(after(at_us), True, region, change))
            elif after(at_us) < after(until_us):
                slot = (change.kind, region, *change.target)
                spans[slot].append(_Span(after(at_us), after(until_us), change))
    found = [turn for slot, its_spans in spans.items() for turn in _turns_of(slot[1], its_spans)]
    in_time = [turn for turn in (*found, *once) if turn.at_us < scenario.duration_us]
    return sorted(in_time, key=lambda turn: turn.at_us)


def regions_of(scenario: Scenario, change: AnyIntervention) -> tuple[str, ...]:
    """Where an intervention holds: its region, else all; one that can't be regional is in no region."""
    if not change.regional:
        return (NOWHERE,)
    return tuple(scenario.regions) if change.region is None else (change.region,)


def _turns_of(region: str, spans: Iterable[_Span]) -> Iterator[Turn]:
    """The turns of one thing that interventions change; `spans` by the date of what they hold."""
    spans = list(spans)
    held: _Span | None = None
    for at_us in sorted({instant for span in spans for instant in span[:2]}):
        holds = [span for span in spans if span.begin_us <= at_us < span.end_us]
        if holds and holds[-1] is not held:
            yield Turn(at_us, True, region, holds[-1].change)
        elif held is not None and not holds:
            yield Turn(at_us, False, region, held.change)
        held = holds[-1] if holds else None
