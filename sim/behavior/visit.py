"""When a viewer opens the app: at most once an hour, by local hour and weekday."""

from typing import Final

from sim.behavior.purposes import PAUSE, VISIT
from sim.behavior.types import Float64Array
from sim.compiled import rule
from sim.streams import draw, uniform

HOUR_US: Final = 3_600_000_000
SECOND_US: Final = 1_000_000
STEPS: Final = 64
NEVER: Final = -1


@rule
def step_of(occasion: int, step: int) -> int:
    """The coordinate of one step, in [0, STEPS), of an occasion."""
    return occasion * STEPS + step


@rule
def visit_in_hour(seed: int, viewer: int, chance: float, hour: int) -> int:
    """Microseconds into the hour at which the viewer opens the app, or NEVER.

    Notes
    -----
    The instant is the hour's own and doesn't depend on the chance: a busier scenario adds visits and moves none.
    """
    words = draw(seed, viewer, VISIT, hour)
    if uniform(words[0]) >= chance:
        return NEVER
    return int(uniform(words[1]) * HOUR_US)


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
        into_us = visit_in_hour(seed, viewer, visits_per_day * weights[candidate], epoch_hour + candidate)
        if into_us != NEVER:
            at_us = candidate * HOUR_US + into_us
            if at_us >= not_before_us:
                return candidate, at_us
    return NEVER, NEVER


@rule
def pause_us(seed: int, viewer: int, occasion: int, least_s: int, most_s: int) -> int:
    """How long a person takes from one step to the next, evenly between two bounds in seconds."""
    words = draw(seed, viewer, PAUSE, occasion)
    return int((least_s + uniform(words[0]) * (most_s - least_s)) * SECOND_US)
