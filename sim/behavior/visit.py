"""When a viewer opens the app: at most once an hour, by local hour and weekday."""

from typing import Final

from sim.behavior.purposes import PAUSE, ROSTER, VISIT
from sim.behavior.types import Float64Array
from sim.compiled import rule
from sim.streams import draw, uniform

HOUR_US: Final = 3_600_000_000
SECOND_US: Final = 1_000_000
HOURS_A_DRAW: Final = 4  # a ROSTER draw has a word for each
STEPS: Final = 64
NEVER: Final = -1

# How long things take a person, in seconds: evenly between two bounds
SEE_BALANCE_S: Final = (2, 10)
LOOK_AROUND_S: Final = (5, 60)
SEE_COINS_S: Final = (2, 15)
CHOOSE_PACK_S: Final = (10, 60)
PAY_S: Final = (2, 8)
NEXT_GIFT_S: Final = (2, 40)


@rule
def step_of(occasion: int, step: int) -> int:
    """The coordinate of one step, in [0, STEPS), of an occasion."""
    return occasion * STEPS + step


@rule
def opens_in_hour(word: int, chance: float) -> bool:
    """Whether the viewer opens the app in an hour, by that hour's word of the ROSTER."""
    return uniform(word) < chance


@rule
def instant_in_hour(word: int) -> int:
    """Microseconds into the hour.

    Notes
    -----
    The instant is the hour's own and doesn't depend on the chance: a busier scenario adds visits and moves none.
    """
    return int(uniform(word) * HOUR_US)


@rule
def next_visit(
    seed: int, viewer: int, visits_per_day: float, weights: Float64Array, epoch_hour: int, hour: int, not_before_us: int
) -> tuple[int, int]:
    """The next visit at or after `not_before_us`, searched from `hour` on: (hour, instant), or (NEVER, NEVER).

    Parameters
    ----------
    visits_per_day : of this viewer, in the mean of a weekday
    weights : array of shape (n_hours,): the part of a weekday's visits that falls on each hour since the start
    epoch_hour : the start, in hours since 1970
    hour, not_before_us : hours and microseconds since the start
    """
    for candidate in range(hour, weights.shape[0]):
        on_clock = epoch_hour + candidate
        roster = draw(seed, viewer, ROSTER, on_clock // HOURS_A_DRAW)
        if opens_in_hour(roster[on_clock % HOURS_A_DRAW], visits_per_day * weights[candidate]):
            at_us = candidate * HOUR_US + instant_in_hour(draw(seed, viewer, VISIT, on_clock)[0])
            if at_us >= not_before_us:
                return candidate, at_us
    return NEVER, NEVER


@rule
def pause_of(word: int, bounds_s: tuple[int, int]) -> int:
    """How long a person takes from one step to the next, in microseconds."""
    least_s, most_s = bounds_s
    return int((least_s + uniform(word) * (most_s - least_s)) * SECOND_US)


@rule
def pause_us(seed: int, viewer: int, occasion: int, bounds_s: tuple[int, int]) -> int:
    """The pause after one step of a visit, in microseconds."""
    return pause_of(draw(seed, viewer, PAUSE, occasion)[0], bounds_s)
