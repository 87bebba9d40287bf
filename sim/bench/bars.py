"""The bars: what a two-core machine was to reach, beside what was measured. Nothing is asserted."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

GIB: Final = 2**30
MILLION: Final = 1_000_000


class Bar(NamedTuple):
    """A figure and its bound, which is a least one or a most; `measured` is None where this run's sizes are others."""

    name: str
    measured: float | None
    bound: float
    is_least: bool
    unit: str

    @property
    def is_met(self) -> bool | None:
        """Whether the bar is met; None if it wasn't measured."""
        if self.measured is None:
            return None
        return self.measured >= self.bound if self.is_least else self.measured <= self.bound

    @property
    def margin(self) -> float | None:
        """How many times as good as the bar the figure is: from 1 on it is met."""
        if not self.measured:
            return None
        return self.measured / self.bound if self.is_least else self.bound / self.measured

    def document(self) -> dict[str, Any]:
        """The bar as JSON."""
        margin = None if self.margin is None else round(self.margin, 3)
        return {**self._asdict(), "is_met": self.is_met, "margin": margin}


def bars_of(numbers: Mapping[str, Any]) -> list[Bar]:
    """Every bar beside its figure."""
    sizes = {size["viewers"]: size for size in numbers["sizes"]}
    month, what_if = numbers["month"], numbers["what_if"]
    is_month = (month["viewers"], month["days"]) == (MILLION, 30)
    is_what_if = (what_if["viewers"], what_if["days"]) == (50_000, 30)
    country = sizes.get(10 * MILLION)
    gained = numbers["thread_scaling"] / numbers["arithmetic_scaling"]
    peers = numbers["ratios"]["windowed_trivial/simpy_trivial"]
    return [
        Bar("full rules, one thread", numbers["events_per_s"]["windowed_1_crowd"], 5e6, True, "events/s"),
        Bar("trivial rule, against plain SimPy", peers, 25, True, "×"),
        Bar("two threads, of arithmetic's gain", round(gained, 4), 0.85, True, "×"),
        Bar("a million viewers, 30 days", month["run_s"]["best"] if is_month else None, 60, False, "s"),
        Bar("what-if, command to table", what_if["command"]["run_s"]["best"] if is_what_if else None, 3.5, False, "s"),
        Bar("what-if, warm process", what_if["warm"]["run_s"]["best"] if is_what_if else None, 1, False, "s"),
        Bar("10 million viewers, a day", country and country["seconds"], 90, False, "s"),
        Bar("memory, of 1 GiB + 100 B a viewer", _memory(numbers), 1, False, "×"),
        Bar("an event, dearest size to cheapest", _unevenness(numbers), 1.5, False, "×"),
    ]


def _memory(numbers: Mapping[str, Any]) -> float:
    """The largest part of the allowance that any size took."""
    parts = [float(run["peak_rss_bytes"] / (GIB + 100 * run["viewers"])) for run in _sized(numbers)]
    return round(max(parts), 4)


def _sized(numbers: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*numbers["sizes"], numbers["month"]]


def _unevenness(numbers: Mapping[str, Any]) -> float | None:
    costs = [size["ns_per_event"] for size in numbers["sizes"]]
    return round(max(costs) / min(costs), 3) if len(costs) > 1 else None
