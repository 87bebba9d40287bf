"""What is measured, at which sizes, and about how long that takes.

>>> Plan.up_to(size_of("1M")).sizes
(10000, 100000, 1000000)
"""

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from typing import Final

from sim.bench.errors import BenchError

UNITS: Final = {"": 1, "k": 1_000, "M": 1_000_000}
SMALLEST: Final = 10_000
LEAST: Final = 1_000  # below, half of the time is the clock's
MOST_OFTEN: Final = 1_000_000
EVENTS_PER_VIEWER_DAY: Final = 3.6
TRACE_BYTES: Final = 40  # a viewer and day, on disk, generously

# Rough figures of a two-core machine, only to say before how long it takes
START_S: Final = 3.0
REFERENCE_US: Final = 60.0
PEER_US: Final = 5.0
WINDOWED_US: Final = 0.25
WRITTEN_US: Final = 0.4


def size_of(text: str) -> int:
    """A number of people as one writes it: `500k`, `10M`, `20000`.

    Raises
    ------
    BenchError : not a number, or too small to measure anything
    """
    found = re.fullmatch(r"(\d+)([kM]?)", text)
    size = int(found[1]) * UNITS[found[2]] if found else 0
    if size < LEAST:
        raise BenchError(f"size {text!r}: expected a number of viewers of at least {LEAST:,}, as 100k or 10M")
    return size


@dataclass(frozen=True)
class Plan:
    """Numbers of viewers, days, and how often.

    Attributes
    ----------
    sizes : one day each, metrics only, to see how time and memory grow
    viewers : both engines side by side, one day, full rules
    crowd : one thread against two, one day, full rules
    trivial_viewers, trivial_days : the trivial rule in every tool
    what_if_viewers, what_if_days : an economist's question
    month_viewers, month_days : the trace written
    rounds : how often each is measured
    threads : as many as the bars are stated for
    """

    sizes: tuple[int, ...]
    viewers: int
    crowd: int
    trivial_viewers: int
    trivial_days: int
    what_if_viewers: int
    what_if_days: int
    month_viewers: int
    month_days: int
    rounds: int = 3
    threads: int = 2

    @classmethod
    def up_to(cls, largest: int, rounds: int = 3) -> "Plan":
        """The usual sizes, none above the largest; days are fewer only where that is far below the usual."""
        return cls(
            sizes=_sizes(largest),
            viewers=min(largest, 100_000),
            crowd=min(largest, 1_000_000),
            trivial_viewers=min(largest, 50_000),
            trivial_days=2,
            what_if_viewers=min(largest, 50_000),
            what_if_days=30 if largest >= SMALLEST else 2,
            month_viewers=min(largest, 1_000_000),
            month_days=30 if largest >= SMALLEST else 2,
            rounds=rounds,
        )

    @property
    def cores(self) -> int:
        """How many cores this process may use."""
        return len(os.sched_getaffinity(0))

    @property
    def expected_s(self) -> dict[str, float]:
        """About how many seconds each chapter takes."""

        def seconds(viewers: int, days: int, event_us: float, times: int = 1) -> float:
            return viewers * days * EVENTS_PER_VIEWER_DAY * event_us * times / 1e6

        again = self.rounds
        return {
            "engines": 3 * START_S
            + seconds(self.viewers, 1, REFERENCE_US)
            + seconds(self.viewers, 1, WINDOWED_US, 2 * again),
            "trivial": 3 * START_S + 2 * seconds(self.trivial_viewers, self.trivial_days, PEER_US, again),
            "threads": 3 * START_S + seconds(self.crowd, 1, WINDOWED_US, 2 * again) + again,
            "sizes": sum(START_S + seconds(size, 1, WINDOWED_US, n) for size, n in self.rounds_of_sizes.items()),
            "what_if": 4 * START_S
            + seconds(self.what_if_viewers, self.what_if_days, WINDOWED_US + WRITTEN_US, again + 1),
            "month": START_S + seconds(self.month_viewers, self.month_days, WRITTEN_US),
        }

    @property
    def rounds_of_sizes(self) -> dict[int, int]:
        """How often each size is measured: the largest take so long that once has to do."""
        return {size: self.rounds if size <= MOST_OFTEN else 1 for size in self.sizes}

    def check_room(self) -> None:
        """Refuse before starting what the disk has no room for.

        Raises
        ------
        BenchError : says how much there is and how much is needed
        """
        folder = tempfile.gettempdir()
        free, needed = shutil.disk_usage(folder).free, self.month_viewers * self.month_days * TRACE_BYTES
        if free < needed:
            raise BenchError(
                f"{folder}: {free / 1e9:.1f} GB free, expected {needed / 1e9:.1f} GB for a trace of "
                f"{self.month_viewers:,} viewers and {self.month_days} days; set TMPDIR, or a smaller --largest"
            )


def _sizes(largest: int) -> tuple[int, ...]:
    size, found = SMALLEST, []
    while size < largest:
        found.append(size)
        size *= 10
    return (*found, largest)
