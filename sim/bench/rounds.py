"""Interleaved measurements: first each once, then each again, so that a slow minute of the machine slows all alike.

>>> spread([2.0, 1.0, 4.0])
Spread(best=1.0, median=2.0, worst=4.0)
"""

from collections.abc import Callable, Iterable, Mapping
from statistics import median
from typing import NamedTuple, TypeVar

_Result = TypeVar("_Result")


class Spread(NamedTuple):
    """Of several times, in seconds. The best is the least disturbed; how far the worst lies tells of the machine."""

    best: float
    median: float
    worst: float


def spread(times_s: Iterable[float]) -> Spread:
    """Best, median and worst."""
    times = sorted(times_s)
    return Spread(times[0], median(times), times[-1])


def interleaved(measure: Mapping[str, Callable[[], _Result]], rounds: Mapping[str, int]) -> dict[str, list[_Result]]:
    """What each gave in its rounds, of which some may have fewer."""
    results: dict[str, list[_Result]] = {name: [] for name in measure}
    for round_ in range(max(rounds.values())):
        for name, once in measure.items():
            if round_ < rounds[name]:
                results[name].append(once())
    return results
