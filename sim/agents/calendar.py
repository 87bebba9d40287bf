"""Where people's evenings are: time zones, tabulated once, so that daylight saving is where it belongs."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from sim.behavior.types import Float64Array, Int64Array
from sim.behavior.visit import HOUR_US
from sim.scenario import Scenario

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SATURDAY = 5
LAST_HOUR = 23


class Zone(NamedTuple):
    """A time zone of a region, with its share of all viewers."""

    region: str
    name: str
    share: float


class Day(NamedTuple):
    """A local day: visits against a weekday, the weights of its hours, how readily people shop against other days."""

    visits: float
    hours: tuple[float, ...]
    shopping: float


def day_of(scenario: Scenario, region: str, day: date) -> Day:
    """A local day in a region. Seasons that overlap multiply, and of hours the last one's hold."""
    audience = scenario.audience
    visits = float(audience.weekend_factor) if day.weekday() >= SATURDAY else 1.0
    hours, shopping = audience.hours, 1.0
    for season in scenario.calendar:
        if season.holds(region, day):
            visits *= float(season.visits)
            shopping *= float(season.shopping)
            hours = season.hours or hours
    return Day(visits, tuple(map(float, hours)), shopping)


class Calendar:
    """The hours of a run, as each zone's clocks show them.

    Attributes
    ----------
    zones : the zones of all regions, in the scenario's order
    epoch_hour : the start in whole hours since 1970
    visit_weights : array of shape (n_zones, n_hours): the part of a weekday's visits that falls on each hour
    shopping : array of shape (n_zones, n_hours): how readily shoppers look closely at goods, against other days
    local_day : array of shape (n_zones, n_hours): days since 1970 on the local calendar
    """

    def __init__(self, scenario: Scenario) -> None:
        self.start = scenario.start.astimezone(UTC)
        self.days = scenario.days
        self.zones = [
            Zone(code, zone, float(region.share) * float(share))
            for code, region in scenario.regions.items()
            for zone, share in region.time_zones.items()
        ]
        self.epoch_hour = int((self.start - EPOCH).total_seconds()) // 3600
        n_hours = scenario.days * 24
        self.visit_weights: Float64Array = np.zeros((len(self.zones), n_hours))
        self.shopping: Float64Array = np.ones((len(self.zones), n_hours))
        self.local_day: Int64Array = np.zeros((len(self.zones), n_hours), np.int64)
        for row, zone in enumerate(self.zones):
            clock, begin = ZoneInfo(zone.name), 0
            local = [(self.start + timedelta(hours=hour)).astimezone(clock) for hour in range(n_hours)]
            for today, hours in groupby(local, datetime.date):
                day, shown = day_of(scenario, zone.region, today), [at.hour for at in hours]
                weight_of_all, span = sum(day.hours), slice(begin, begin + len(shown))
                self.visit_weights[row, span] = [day.visits * day.hours[hour] / weight_of_all for hour in shown]
                self.shopping[row, span] = day.shopping
                self.local_day[row, span] = today.toordinal() - EPOCH.toordinal()
                begin = span.stop

    def cumulative_shares(self) -> Int64Array:
        """Running sum of the zones' shares of the viewers, in millionths."""
        return np.cumsum([round(zone.share * 1_000_000) for zone in self.zones]).astype(np.int64)

    def day_of(self, zone: int, at_us: int) -> int:
        """The local day, counted from 1970, at an instant of the run."""
        return int(self.local_day[zone, at_us // HOUR_US])

    def local_days(self, zone: int) -> Iterator[date]:
        """The local dates that the run touches."""
        clock = ZoneInfo(self.zones[zone].name)
        day = self.start.astimezone(clock).date()
        last = (self.start + timedelta(days=self.days)).astimezone(clock).date()
        while day <= last:
            yield day
            day += timedelta(days=1)

    def instant_us(self, zone: int, day: date, hour: int) -> int:
        """Microseconds from the start to a local hour of a local day; negative before the start."""
        local = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(self.zones[zone].name))
        return (local - self.start) // timedelta(microseconds=1)

    def instants_us(self, zone: int, day: date) -> list[int]:
        """`instant_us` of every hour of a local day. Clocks change once a day at most: the ends tell of most days."""
        first_us, last_us = self.instant_us(zone, day, 0), self.instant_us(zone, day, LAST_HOUR)
        if last_us - first_us == LAST_HOUR * HOUR_US:
            return list(range(first_us, last_us + 1, HOUR_US))
        return [self.instant_us(zone, day, hour) for hour in range(LAST_HOUR + 1)]
