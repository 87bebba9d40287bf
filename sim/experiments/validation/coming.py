"""Who opens the app on which day: drawn again from the rules, for reading nothing leaves no record.

came = coming(scenario, seed, people=1_024, days=30)
came.visits.mean(), came.daily_of_monthly
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.calendar import Calendar
from sim.agents.population import trait_terms
from sim.behavior.delay import DAY_US, memoryless
from sim.behavior.purposes import TRAITS, WATCH
from sim.behavior.traits import everyday_traits
from sim.behavior.visit import HOUR_US, NEVER, next_visit
from sim.behavior.watch import pick
from sim.ledger import Kind
from sim.ledger.accounts import account_id
from sim.scenario import Scenario
from sim.streams import draw, key_of

Int64Array = npt.NDArray[np.int64]
MINUTE_US = 60_000_000
MINUTES_A_DAY = 1_440


class Coming(NamedTuple):
    """Visits and minutes by viewer and day from the start: arrays of shape (n_people, n_days)."""

    visits: Int64Array
    minutes: npt.NDArray[np.float64]

    @property
    def minutes_a_visit(self) -> float:
        """In the mean over visits."""
        return float(self.minutes.sum() / self.visits.sum())

    @property
    def minutes_an_active_day(self) -> float:
        """In the mean over viewers and days on which they came."""
        return float(self.minutes.sum() / np.count_nonzero(self.visits))

    @property
    def monthly(self) -> float:
        """The part of the people who came at all."""
        return float((self.visits.sum(axis=1) > 0).mean())

    @property
    def daily_of_monthly(self) -> float:
        """Of those who came at all, the part who come on a day, in the mean over days."""
        return float((self.visits > 0).mean()) / self.monthly


def coming(scenario: Scenario, seed: int, people: int, days: int) -> Coming:
    """The visits of a scenario's first viewers in its first days.

    Notes
    -----
    How long somebody stays is not cut when one stream ends, for the app has others. What may change visits in a run is
    left out: hunters of rewards, and live hours that bring viewers back (`audience.supply_elasticity`).
    """
    calendar, terms, key = Calendar(scenario), trait_terms(scenario), key_of(seed)
    reach, weights = calendar.cumulative_shares(), calendar.visit_weights[:, : days * 24]
    watch_days = float(scenario.audience.watch_minutes) / MINUTES_A_DAY
    found = Coming(np.zeros((people, days), np.int64), np.zeros((people, days)))
    for place in range(people):
        account = account_id(Kind.VIEWER, place)
        zone = pick(reach, draw(key, account, TRAITS, 1)[0])
        a_day, hour = everyday_traits(key, account, terms).visits_per_day, 0
        while True:
            hour, _ = next_visit(key, account, a_day, weights[zone], calendar.epoch_hour, hour, hour * HOUR_US)
            if hour == NEVER:
                break
            stay_us = memoryless(draw(key, account, WATCH, calendar.epoch_hour + hour)[3], watch_days)
            found.visits[place, hour * HOUR_US // DAY_US] += 1
            found.minutes[place, hour * HOUR_US // DAY_US] += stay_us / MINUTE_US
            hour += 1
    return found
