"""Common ground: two scenarios as they can be compared, for the same people and time.

    base, other, notes = common_ground(load("us-baseline"), load("gift-storm"))

What differs in size is made alike, and said; what can't be made alike is refused, with the reason.
"""

from typing import Any, NamedTuple

import msgspec

from sim.ledger.errors import CoinworksError
from sim.scenario import Scenario, ScenarioError, from_resolved, resolved
from sim.scenario.difference import differences


class Ground(NamedTuple):
    """Two scenarios alike in people, days, start and window, and what had to be changed for it."""

    base: Scenario
    other: Scenario
    notes: list[str]


def common_ground(base: Scenario, other: Scenario) -> Ground:
    """Both as far as they share people and time.

    Raises
    ------
    CoinworksError : the base can't begin when the other does, for it has something dated before
    """
    shared, notes = _shared(base, other)
    ours, theirs = (_resized(scenario, shared) for scenario in (base, other))
    if list(ours.regions) != list(theirs.regions):
        notes.append(f"people live in {', '.join(ours.regions)} there and in {', '.join(theirs.regions)} here")
    if not differences(ours, theirs):
        notes.append("nothing differs, so every difference is 0")
    return Ground(ours, theirs, notes)


def _shared(base: Scenario, other: Scenario) -> tuple[dict[str, Any], list[str]]:
    """What both are made to have, and the notes on it."""
    shared: dict[str, Any] = {}
    notes = []
    for key in ("days", "viewers"):
        one, two = getattr(base, key), getattr(other, key)
        if one != two:
            shared[key] = min(one, two)
            notes.append(f"{one:,} {key} in {base.name} and {two:,} in {other.name}: compared on {min(one, two):,}")
    if base.window_us != other.window_us:
        shared["window"] = min((base, other), key=lambda scenario: scenario.window_us).window
        notes.append(f"windows of {base.window} and {other.window}: both run with {shared['window']}")
    if base.start != other.start:
        shared["start"] = other.start
        notes.append(
            f"{base.name} begins at {base.start:%F %R} UTC and {other.name} at {other.start:%F %R}: both do then"
        )
    return shared, notes


def _resized(scenario: Scenario, shared: dict[str, Any]) -> Scenario:
    changed = msgspec.structs.replace(scenario, **shared)
    try:
        from_resolved(resolved(changed))
    except ScenarioError as error:
        stated = ", ".join(f"{key}={value}" for key, value in shared.items())
        raise CoinworksError(f"{scenario.name} can't be compared with {stated}: {error}") from None
    return changed
