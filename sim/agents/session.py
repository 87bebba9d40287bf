"""The live sessions of a host over a run, by the clocks of the host's own zone."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple, Protocol

import numpy as np

from sim.agents.economy import Economy
from sim.agents.hosts import Host
from sim.agents.stage import Stage
from sim.behavior.labor import opportunity, takes
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


class Session(NamedTuple):
    """A session that a host could begin; `day` is the host's own, since 1970, and `word` decides."""

    begin_us: int
    length_us: int
    day: int
    word: int


def opportunities(economy: Economy, host: Host, terms: SessionTerms) -> Iterator[Session]:
    """Each session that could begin inside the run; at its boundary the host `takes_it`, or not."""
    minutes, start_hours = float(terms.session_minutes), start_hours_reach(economy)
    for day in economy.calendar.local_days(host.zone):
        number = (day - EPOCH_DAY).days
        hour, length_us, word = opportunity(economy.seed, host.account, number, minutes, start_hours)
        begin_us = economy.calendar.instant_us(host.zone, day, hour)
        if 0 <= begin_us < economy.windows.duration_us:
            yield Session(begin_us, length_us, number, word)


def takes_it(economy: Economy, host: Host, session: Session, terms: SessionTerms) -> bool:
    """Whether a host goes live now, with this week's drive."""
    drive = int(economy.workforce.drive[host.place])
    return takes(session.word, float(terms.sessions_per_week), drive)


def start_hours_reach(stage: Stage) -> Int64Array:
    """Running sum of the weights of the hours at which sessions begin: creators' and sellers' alike."""
    weights = stage.scenario.creators.start_hours
    total = sum(weights)
    return np.cumsum(np.array([round(weight * REACH / total) for weight in weights], np.int64))
