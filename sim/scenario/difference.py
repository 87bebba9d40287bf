"""The difference between two scenarios, key by key.

    >>> differences(load("us-baseline"), load("us-baseline", ["sellers.commission=0.08"]))
    [Difference(key='sellers.commission', one=0.06, other=0.08)]

A Parameter counts by its value: its range, source and basis change nothing that happens.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sim.scenario.resolved import resolved
from sim.scenario.types import Scenario

SAYS_NOTHING = (
    "name",
    "question",
    "about",
    "base",
    "headline",
    "seed",
)  # of what happens, once the seed of a run is given


class Difference(NamedTuple):
    """A key and what two scenarios say; None where one lacks it."""

    key: str
    one: Any
    other: Any

    def __str__(self) -> str:
        return f"{self.key} is {self.one!r} there and {self.other!r} here"


def differences(one: Scenario | Mapping[str, Any], other: Scenario | Mapping[str, Any]) -> list[Difference]:
    """Every key in which two scenarios differ, in the order of the scenario's tables; either may be resolved."""
    left, right = (dict(_leaves("", _plain(scenario))) for scenario in (one, other))
    keys = dict.fromkeys([*left, *right])
    return [Difference(key, left.get(key), right.get(key)) for key in keys if left.get(key) != right.get(key)]


def _plain(scenario: Scenario | Mapping[str, Any]) -> Mapping[str, Any]:
    plain = resolved(scenario) if isinstance(scenario, Scenario) else scenario
    return {key: value for key, value in plain.items() if key not in SAYS_NOTHING}


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and "basis" in value:
        yield path, value["value"]
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}" if path else key, item)
    else:
        yield path, value
