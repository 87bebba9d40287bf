"""Evidence: what a report rests on, read once from a run's folder.

    >>> run = Evidence.of(open_run("us-baseline-1-1"))
    >>> run.kpi("bookings"), run.currency
    (1234567, 'USD')

A report is about one currency: the one with the most topups, where a scenario has several.
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

import numpy as np

from sim.ledger import CURRENCY_BY_NAME, CoinworksError, Item, Op
from sim.ledger.operations import ITEM_SPAN
from sim.metrics import stated
from sim.metrics.breakdown import accepted
from sim.metrics.series import HOUR_US
from sim.runs import Run
from sim.tables import Columns, read_parquet
from sim.trace import Trace

DAY_US: Final = 24 * HOUR_US
REPLAY_SCHEMA: Final = "coinworks/replay/1"


@dataclass(frozen=True)
class Evidence:
    """A run's scenario, key figures, time series and trace, and what a replay measured if there was one."""

    run: Run
    trace: Trace
    series: Columns
    replay: Mapping[str, Any] | None
    requests: Columns | None

    @classmethod
    def of(cls, run: Run) -> "Evidence":
        """Read a run's folder."""
        return cls(run, run.trace(), run.metrics(), _replay(run.path), _requests(run.path))

    @property
    def scenario(self) -> Mapping[str, Any]:
        """The resolved scenario, as plain values."""
        return self.run.manifest.scenario_resolved

    @cached_property
    def currency(self) -> str:
        """The name of the currency that the report is about."""
        names: list[str] = [region["currency"] for region in self.scenario["regions"].values()]
        paid = accepted(self.trace, Op.TOPUP)
        codes = self.trace.columns["currency"][paid]
        return max(dict.fromkeys(names), key=lambda name: int(np.sum(codes == CURRENCY_BY_NAME[name].code)))

    @property
    def currency_code(self) -> int:
        return CURRENCY_BY_NAME[self.currency].code

    def kpi(self, name: str) -> Any:
        """The value of a metric, in the report's currency; None where it is not known."""
        found = self.figure(name)
        return found["value"] if found else None

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
