"""Evidence: what a report rests on, read once from a run's folder.

    >>> run = Evidence.of(open_run("us-baseline-1-1"))
    >>> run.kpi("bookings"), run.currency
    (1234567, 'USD')

A report is about one currency: the one in which most is bought, where a scenario has several.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sim.ledger import CURRENCY_BY_NAME, CoinworksError, Item
from sim.ledger.operations import ITEM_SPAN
from sim.metrics import stated
from sim.metrics.series import HOUR_US
from sim.runs import Run
from sim.scenario import from_resolved
from sim.scenario.timeline import Mark, timeline
from sim.tables import Columns, read_parquet
from sim.trace import Trace

DAY_US: Final = 24 * HOUR_US
REPLAY_SCHEMA: Final = "coinworks/replay/1"


@dataclass(frozen=True)
class Evidence:
    """A run's scenario, key figures, time series and trace, and what a replay measured if there was one."""

    run: Run
    series: Columns
    shop: Columns
    elsewhere: Columns
    replay: Mapping[str, Any] | None
    requests: Columns | None
    told_in: str | None = None  # a currency, where it isn't the run's own choice

    @classmethod
    def of(cls, run: Run, told_in: str | None = None) -> "Evidence":
        """Read a run's folder."""
        tables = (run.metrics(), run.shop(), run.elsewhere())
        return cls(run, *tables, _replay(run.path), _requests(run.path), told_in)

    @cached_property
    def trace(self) -> Trace:
        """The trace; a run that was made with metrics only has none, see `keeps_trace`."""
        return self.run.trace()

    @cached_property
    def hosts_by_week(self) -> Columns:
        """Who works, begins and leaves."""
        return self.run.hosts_by_week()

    @property
    def keeps_trace(self) -> bool:
        return self.run.keeps_trace

    @cached_property
    def base(self) -> "Evidence | None":
        """The run that this one is compared with, in the same currency."""
        found = self.run.base
        return None if found is None else Evidence.of(found, self.currency)

    @property
    def name(self) -> str:
        """The name of the scenario."""
        return self.run.manifest.scenario

    @property
    def scenario(self) -> Mapping[str, Any]:
        """The resolved scenario, as plain values."""
        return self.run.manifest.scenario_resolved

    @cached_property
    def currency(self) -> str:
        """The name of the currency that the report is about."""
        if self.told_in is not None:
            return self.told_in
        names: list[str] = [region["currency"] for region in self.scenario["regions"].values()]
        return max(dict.fromkeys(names), key=lambda name: self._purchases(CURRENCY_BY_NAME[name].code))

    def _purchases(self, currency: int) -> int:
        mine = self.series["currency"] == currency
        return int(self.series["topups"][mine].sum() + self.series["orders"][mine].sum())

    @property
    def currency_code(self) -> int:
        return CURRENCY_BY_NAME[self.currency].code

    def kpi(self, name: str) -> Any:
        """The value of a metric, in the report's currency; None where it is not known."""
        found = self.figure(name)
        return found["value"] if found else None

    def total(self, measure: str, channel: str | None = None) -> int:
        """A measure of the series over the whole run, in the report's currency; through one channel or through all."""
        mine = self.series["currency"] == self.currency_code
        if channel is not None:
            mine = mine & (self.series["channel"] == channel)
        return int(self.series[measure][mine].sum())

    def figure(self, name: str) -> dict[str, Any] | None:
        """What the run states of a metric, in the report's currency: value and unit."""
        return stated(self.run.summary.kpis, name, self.currency)

    @cached_property
    def zone(self) -> ZoneInfo:
        """Where most of the region with the most viewers lives."""
        region = max(self.scenario["regions"].values(), key=lambda region: _number(region["share"]))
        zones = region["time_zones"]
        return ZoneInfo(max(zones, key=lambda name: _number(zones[name])))

    def at(self, at_us: int) -> datetime:
        """The local date and time of an instant of the scenario."""
        start = datetime.fromisoformat(self.scenario["start"])
        return (start + timedelta(microseconds=at_us)).astimezone(self.zone)

    def day_name(self, day: int) -> str:
        """`Mon 4` for the day, counted from the start."""
        return f"{self.at(day * DAY_US):%a} {self.at(day * DAY_US).day}"

    def day_in_prose(self, day: int) -> str:
        """`Saturday`, with its date where there are several."""
        at = self.at(day * DAY_US)
        return f"{at:%A}" if self.days <= 7 else f"{at:%A}, {at.day} {at:%B},"

    @cached_property
    def marks(self) -> list[Mark]:
        """The dates of what changed in this run, by date."""
        return timeline(from_resolved(self.scenario), self.run.manifest.seed)

    @property
    def days(self) -> int:
        """Days of the run; a day begun counts."""
        return ceil(self.run.summary.days)

    @cached_property
    def measured(self) -> tuple[Mapping[str, Any], Columns] | None:
        """The replay and its requests, if any was answered."""
        if self.replay is None or self.requests is None or not (self.requests["done_ns"] >= 0).any():
            return None
        return self.replay, self.requests

    def gift_name(self, item: int) -> str:
        """The name of a gift in the scenario's catalogue, or its number."""
        gifts = self.scenario["catalogs"]["gifts"]["gifts"]
        n = item % ITEM_SPAN
        return str(gifts[n]["name"]) if item // ITEM_SPAN == Item.GIFT and n < len(gifts) else f"gift {n}"


def _replay(folder: Path) -> Mapping[str, Any] | None:
    path = folder / "replay.json"
    if not path.exists():
        return None
    replay = json.loads(path.read_text("utf-8"))
    if replay.get("schema") != REPLAY_SCHEMA:
        raise CoinworksError(f"{path}: schema {replay.get('schema')!r}: expected {REPLAY_SCHEMA!r}")
    return dict(replay)


def _requests(folder: Path) -> Columns | None:
    path = folder / "requests.parquet"
    return read_parquet(path) if path.exists() else None


def _number(value: Any) -> float:
    return float(value["value"] if isinstance(value, Mapping) else value)
