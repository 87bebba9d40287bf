"""The live sessions of a host over a run, by the clocks of the host's own zone."""

from collections.abc import Iterator
from datetime import date
from typing import Protocol

import numpy as np

from sim.agents.economy import Economy
from sim.agents.hosts import Host
from sim.agents.stage import Stage
from sim.behavior.labor import REST, session
from sim.behavior.types import Int64Array
from sim.scenario import Parameter

EPOCH_DAY = date(1970, 1, 1)
REACH = 1_000_000_000  # of all hours together, whatever the scale of their weights


class SessionTerms(Protocol):
    """What creators and sellers have in common."""

    @property
    def sessions_per_week(self) -> Parameter: ...

    @property
    def session_minutes(self) -> Parameter: ...


def sessions(economy: Economy, host: Host, terms: SessionTerms) -> Iterator[tuple[int, int, int]]:
    """(begin in us from the start, length in us, local day since 1970) of each session that begins inside the run."""
    per_week, minutes = float(terms.sessions_per_week), float(terms.session_minutes)
    start_hours = start_hours_reach(economy)
    for day in economy.calendar.local_days(host.zone):
        number = (day - EPOCH_DAY).days
        hour, length_us = session(economy.seed, host.account, number, per_week, minutes, start_hours)
        if hour != REST:
            begin_us = economy.calendar.instant_us(host.zone, day, hour)
            if 0 <= begin_us < economy.windows.duration_us:
                yield begin_us, length_us, number


def start_hours_reach(stage: Stage) -> Int64Array:
    """Running sum of the weights of the hours at which sessions begin: creators' and sellers' alike."""
    weights = stage.scenario.creators.start_hours
    total = sum(weights)
    return np.cumsum(np.array([round(weight * REACH / total) for weight in weights], np.int64))
