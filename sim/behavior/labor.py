"""When a creator or seller goes live, and for how long; how many of these chances are taken, week by week.

A host has one opportunity a day, drawn once for all scenarios. How many are taken is the host's *drive*: 1 takes as
many as the scenario states, and it follows what an hour brought in the week before, against what it costs the host.
Whoever earned less than that for weeks leaves; who isn't there begins when those who are earn enough to pay for it.
"""

from typing import Final, NamedTuple

from sim.behavior.purposes import ENTRY, HOUR_COST, SESSION
from sim.behavior.traits import log_normal
from sim.behavior.types import Int64Array
from sim.behavior.visit import HOUR_US
from sim.behavior.watch import pick
from sim.compiled import rule
from sim.elementary import normal_quantile, power
from sim.streams import draw, uniform

MINUTE_US: Final = 60_000_000
WHOLE: Final = 1_000_000  # drive is in parts per million
LEAST_DRIVE: Final = 0.25
MOST_DRIVE: Final = 1.75


class LaborTerms(NamedTuple):
    """What an hour costs (minor units, median and sigma of its logarithm), and what follows from what it brings.

    `elasticity` 0 leaves all hours as they are, `patience_weeks` 0 lets nobody leave, `entry_share` is of those who
    could begin and do so in a week, at most.
    """

    hour_cost: float
    hour_cost_sigma: float
    elasticity: float
    patience_weeks: int
    sunk_cost: float
    entry_share: float


@rule
def opportunity(
    seed: int, host: int, day: int, session_minutes: float, start_hours: Int64Array
) -> tuple[int, int, int]:
    """The local hour at which a host could go live on a day, for how many microseconds, and the word that decides.

    Parameters
    ----------
    start_hours : array of shape (24,): running sum of the hours' weights

    Notes
    -----
    A host goes live at most once a day. The length is even between half and one and a half times the mean.
    """
    words = draw(seed, host, SESSION, day)
    length_us = int(session_minutes * (0.5 + uniform(words[2])) * MINUTE_US)
    return pick(start_hours, words[1]), length_us, words[0]


@rule
def takes(word: int, sessions_per_week: float, drive: int) -> bool:
    """Whether a host with a drive, in ppm, goes live on a day."""
    return uniform(word) < sessions_per_week / 7.0 * (drive / WHOLE)


@rule
def own_hour_cost(seed: int, host: int, terms: LaborTerms) -> float:
    """What an hour of a host's time costs, in minor units."""
    z = normal_quantile(uniform(draw(seed, host, HOUR_COST, 0)[0]))
    return log_normal(terms.hour_cost, terms.hour_cost_sigma, z)


@rule
def an_hour_brings(income: int, live_us: int) -> float:
    """Minor units an hour, of a week in which a host was live."""
    return income * (HOUR_US / live_us)


@rule
def drive_after(brought: float, hour_cost: float, elasticity: float) -> int:
    """The drive, in ppm, after a week in which an hour brought so much: (brought / cost) ^ elasticity, in bounds."""
    if elasticity == 0.0 or hour_cost <= 0.0:
        return WHOLE
    wanted = power(brought / hour_cost, elasticity) if brought > 0.0 else 0.0
    return int(min(max(wanted, LEAST_DRIVE), MOST_DRIVE) * WHOLE)


@rule
def begins(word: int, profit: float, sunk_cost: float, entry_share: float) -> bool:
    """Whether somebody who could begin does so, when a week of those who work is worth so much more than its hours.

    Notes
    -----
    The chance falls to 0 where the profit is the sunk cost, so that whoever begins last gains about nothing by it.
    """
    return profit > sunk_cost and uniform(word) < entry_share * (1.0 - sunk_cost / profit)


@rule
def entry_word(seed: int, host: int, week: int) -> int:
    """The word that decides whether a host begins in a week."""
    return draw(seed, host, ENTRY, week)[0]
