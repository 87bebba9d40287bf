"""The timetable: which sessions begin at which boundary, drawn one day ahead for all hosts.

    timetable = Timetable(stage, hosts, n_creators)
    sessions, first, last = timetable.begun(97, drive)  # those from `first` to `last` begin at boundary 97

A host's sessions are those of `sim.agents.session`, each at the first boundary after it begins and none before the one
before it. Nothing of a day is kept when the next one comes.
"""

from typing import Final, NamedTuple

import numpy as np

from sim.agents.session import EPOCH_DAY
from sim.agents.stage import Stage
from sim.behavior.labor import opportunity, takes
from sim.behavior.types import Int64Array
from sim.compiled import rule
from sim.engines.columns.agenda import Int32Array
from sim.engines.columns.host_columns import Hosts, account_of, part_of
from sim.scenario.types import DAY_US

HOURS: Final = 24
NO_DAY: Final = -1


class Sessions(NamedTuple):
    """Arrays of shape (n_sessions,), by boundary and host; of one host's at one boundary the last one holds."""

    place: Int32Array
    day: Int32Array  # on the host's own calendar, since 1970
    length_us: Int64Array


class Habits(NamedTuple):
    """How often and for how long creators and sellers go live, and from which hour (a running sum of weights)."""

    n_creators: int
    creators_per_week: float
    creators_minutes: float
    sellers_per_week: float
    sellers_minutes: float
    start_hours: Int64Array


class Clocks(NamedTuple):
    """The zones' days: arrays of shape (n_zones,), but `begin_us` (n_zones, n_days, 24).

    `first_day` is the day, since 1970, of place 0 on the axis of days; those from `since` to `until` are looked at.
    """

    begin_us: Int64Array
    first_day: Int64Array
    since: Int64Array
    until: Int64Array


class Span(NamedTuple):
    """Boundaries, from the first to before the last, and the units of time."""

    first: int
    last: int
    window_us: int
    duration_us: int


class Timetable:
    """The sessions of all hosts who ever go live: the first `n_live` of them."""

    def __init__(self, stage: Stage, hosts: Hosts, n_live: int, habits: Habits) -> None:
        self._stage = stage
        self._hosts = part_of(hosts, slice(n_live))
        self._habits = habits
        self._windows_a_day = DAY_US // stage.windows.window_us
        self._zones = [_zone_days(stage, zone) for zone in range(len(stage.calendar.zones))]
        self._begin_us = _padded(self._zones)
        self._first_day = np.array([_first_day(stage, zone) for zone in range(len(self._zones))], np.int64)
        self._bounds = [_bounds(begin_us, stage.windows.window_us) for begin_us in self._zones]
        self._day = NO_DAY
        self._sessions = Sessions(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int64))
        self._first: list[int] = []

    def __repr__(self) -> str:
        return f"<Timetable day={self._day} sessions={len(self._sessions.place)}>"

    def begun(self, boundary: int, drive: Int64Array) -> tuple[Sessions, int, int]:
        """The sessions that begin at a boundary: a day's, and from which to before which.

        `drive` is that of all hosts, and stays as it is for whole days.
        """
        day, place = divmod(boundary, self._windows_a_day)
        if day != self._day:
            self._draw(day, drive)
        return self._sessions, self._first[place], self._first[place + 1]

    def _draw(self, day: int, drive: Int64Array) -> None:
        stage, windows = self._stage, self._stage.windows
        first = day * self._windows_a_day
        span = Span(first, first + self._windows_a_day, windows.window_us, windows.duration_us)
        since = np.array([np.searchsorted(latest, span.first) for _, latest in self._bounds], np.int64)
        until = np.array([np.searchsorted(earliest, span.last) for earliest, _ in self._bounds], np.int64)
        clocks = Clocks(self._begin_us, self._first_day, since, until)
        capacity = len(self._hosts.zone) * max(int((until - since).max()), 0)
        due = np.empty(capacity, np.int32)
        drawn = Sessions(np.empty(capacity, np.int32), np.empty(capacity, np.int32), np.empty(capacity, np.int64))
        n = _draw_sessions(stage.seed, self._hosts, self._habits, drive, clocks, span, due, drawn)
        order = np.argsort(due[:n], kind="stable")
        self._day = day
        self._sessions = Sessions(drawn.place[:n][order], drawn.day[:n][order], drawn.length_us[:n][order])
        per_window = np.bincount(due[:n] - first, minlength=self._windows_a_day)
        self._first = [0, *np.cumsum(per_window).tolist()]


def _zone_days(stage: Stage, zone: int) -> Int64Array:
    """Array of shape (n_days, 24): the instant at which each hour of the zone's days begins."""
    days = stage.calendar.local_days(zone)
    return np.array([stage.calendar.instants_us(zone, day) for day in days], np.int64)


def _first_day(stage: Stage, zone: int) -> int:
    return (next(stage.calendar.local_days(zone)) - EPOCH_DAY).days


def _padded(zones: list[Int64Array]) -> Int64Array:
    padded = np.zeros((len(zones), max(map(len, zones)), HOURS), np.int64)
    for zone, begin_us in enumerate(zones):
        padded[zone, : len(begin_us)] = begin_us
    return padded


def _bounds(begin_us: Int64Array, window_us: int) -> tuple[Int64Array, Int64Array]:
    """By day, between which boundaries its sessions and all later ones, or all earlier ones, can begin.

    Days follow each other but where a zone moved over the date line: then a session waits for one of the day before.
    """
    boundary = -(-begin_us // window_us)
    earliest = np.minimum.accumulate(boundary.min(axis=1)[::-1])[::-1]
    return earliest, np.maximum.accumulate(boundary.max(axis=1))


@rule
def _draw_sessions(
    seed: int,
    hosts: Hosts,
    habits: Habits,
    drive: Int64Array,
    clocks: Clocks,
    span: Span,
    due: Int32Array,
    drawn: Sessions,
) -> int:
    n = 0
    for place in range(hosts.zone.shape[0]):
        account, zone = account_of(place, habits.n_creators), hosts.zone[place]
        per_week, minutes = habits.sellers_per_week, habits.sellers_minutes
        if place < habits.n_creators:
            per_week, minutes = habits.creators_per_week, habits.creators_minutes
        boundary = 0
        for k in range(clocks.since[zone], clocks.until[zone]):
            day = clocks.first_day[zone] + k
            hour, length_us, word = opportunity(seed, account, day, minutes, habits.start_hours)
            begin_us = clocks.begin_us[zone, k, hour]
            if begin_us < 0 or begin_us >= span.duration_us:
                continue
            boundary = max(boundary, -(-begin_us // span.window_us))
            if span.first <= boundary < span.last and takes(word, per_week, drive[place]):
                due[n], drawn.place[n], drawn.day[n], drawn.length_us[n] = boundary, place, day, length_us
                n += 1
    return n
