"""When a creator or seller goes live, and for how long."""

from typing import Final

from sim.behavior.purposes import SESSION
from sim.behavior.types import Int64Array
from sim.behavior.watch import pick
from sim.compiled import rule
from sim.streams import draw, uniform

REST: Final = -1
MINUTE_US: Final = 60_000_000


@rule
def session(
    seed: int, host: int, day: int, sessions_per_week: float, session_minutes: float, start_hours: Int64Array
) -> tuple[int, int]:
    """The local hour at which a host goes live on a day, and for how many microseconds; (REST, 0) on a day off.

    Parameters
    ----------
    start_hours : array of shape (24,): running sum of the hours' weights

    Notes
    -----
    A host goes live at most once a day. The length is even between half and one and a half times the mean.
    """
    words = draw(seed, host, SESSION, day)
    if uniform(words[0]) >= sessions_per_week / 7.0:
        return REST, 0
    length_us = int(session_minutes * (0.5 + uniform(words[2])) * MINUTE_US)
    return pick(start_hours, words[1]), length_us
