"""Visits as columns: in which hours viewers open the app, and the visits of an hour divided over its windows.

Nothing here depends on what happened, so it is dense: the same arithmetic for every viewer, several at once.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.purposes import ROSTER, VISIT
from sim.behavior.types import Float64Array, Int64Array
from sim.behavior.visit import HOUR_US, HOURS_A_DRAW, instant_in_hour, opens_in_hour
from sim.compiled import on_columns
from sim.engines.columns.crowd import Crowd
from sim.engines.columns.scene import World
from sim.streams import Words, draw_each, draw_row

BLOCK: Final = 2048  # viewers whose draws fit the first cache


class Visits(NamedTuple):
    """The visits of one hour, by window and viewer; those of window `first_window + k` are `begin[k]:begin[k + 1]`.

    `viewer` counts within the crowd, `into_us` from the beginning of the hour.
    """

    hour: int
    first_window: int
    begin: Int64Array
    viewer: npt.NDArray[np.int32]
    into_us: npt.NDArray[np.uint32]


def new_words(n: int = BLOCK) -> Words:
    """Room for so many draws."""
    return Words(*(np.zeros(n, np.uint32) for _ in range(4)))


def roster(
    world: World, crowd: Crowd, hour: int, pull: Float64Array, words: Words, opens: npt.NDArray[np.uint8]
) -> None:
    """Set `opens[viewer]`: bit k says whether the viewer opens the app in the k-th hour of this hour's ROSTER slot.

    Parameters
    ----------
    pull : array of shape (n_regions,): what supply does to the chance, for as long as this roster holds
    """
    slot, weights = (world.epoch_hour + hour) // HOURS_A_DRAW, world.visit_weights
    chance = np.zeros((len(weights), HOURS_A_DRAW))
    for k in range(HOURS_A_DRAW):
        of_slot = slot * HOURS_A_DRAW + k - world.epoch_hour
        if 0 <= of_slot < weights.shape[1]:
            chance[:, k] = weights[:, of_slot] * pull[world.zones["region"]]
    _roster(world.seed, crowd.first, slot, crowd.zone, crowd.visits_per_day, chance, words, opens)


@on_columns
def _roster(
    seed: int,
    first: int,
    slot: int,
    zone: npt.NDArray[np.uint8],
    visits_per_day: Float64Array,
    chance: Float64Array,
    words: Words,
    opens: npt.NDArray[np.uint8],
) -> None:
    w0, w1, w2, w3 = words.w0, words.w1, words.w2, words.w3
    for begin in range(0, opens.shape[0], BLOCK):
        draw_row(seed, first + begin, ROSTER, slot, words)
        for i in range(min(BLOCK, opens.shape[0] - begin)):
            viewer = begin + i
            of_zone, per_day = chance[zone[viewer]], visits_per_day[viewer]
            opens[viewer] = (
                opens_in_hour(w0[i], per_day * of_zone[0])
                | (opens_in_hour(w1[i], per_day * of_zone[1]) << 1)
                | (opens_in_hour(w2[i], per_day * of_zone[2]) << 2)
                | (opens_in_hour(w3[i], per_day * of_zone[3]) << 3)
            )


def visits_of(world: World, crowd: Crowd, hour: int, words: Words, opens: npt.NDArray[np.uint8]) -> Visits:
    """The visits of an hour, divided over the windows that it touches."""
    bit = (world.epoch_hour + hour) % HOURS_A_DRAW
    n = _count(opens, bit)
    first_window = hour * HOUR_US // world.window_us
    last_window = ((hour + 1) * HOUR_US - 1) // world.window_us
    begin = np.zeros(last_window - first_window + 2, np.int64)
    viewers, into_us = np.empty(n + 1, np.int32), np.empty(n, np.uint32)
    _list(world.seed, world.epoch_hour + hour, crowd.first, bit, words, opens, viewers, into_us)
    if len(begin) == 2:
        begin[1] = n
        return Visits(hour, first_window, begin, viewers[:n], into_us)
    visits = Visits(hour, first_window, begin, np.empty(n, np.int32), np.empty(n, np.uint32))
    since_us = hour * HOUR_US - first_window * world.window_us
    _divide(visits.viewer, visits.into_us, begin, since_us, world.window_us, viewers, into_us, np.empty(n, np.uint16))
    return visits


@on_columns
def _count(opens: npt.NDArray[np.uint8], bit: int) -> int:
    n = 0
    for viewer in range(opens.shape[0]):
        n += (opens[viewer] >> bit) & 1
    return n


@on_columns
def _list(
    seed: int,
    occasion: int,
    first: int,
    bit: int,
    words: Words,
    opens: npt.NDArray[np.uint8],
    viewers: npt.NDArray[np.int32],
    into_us: npt.NDArray[np.uint32],
) -> None:
    """Who opens the app, and when. A viewer who doesn't is written down too, and overwritten by the next."""
    n = 0
    for viewer in range(opens.shape[0]):
        viewers[n] = viewer
        n += (opens[viewer] >> bit) & 1
    for start in range(0, n, BLOCK):
        end = min(start + BLOCK, n)
        draw_each(seed, first, viewers[start:end], VISIT, occasion, words)
        for i in range(start, end):
            into_us[i] = instant_in_hour(words.w0[i - start])


@on_columns
def _divide(
    viewer: npt.NDArray[np.int32],
    into_us: npt.NDArray[np.uint32],
    begin: Int64Array,
    since_us: int,
    window_us: int,
    viewers: npt.NDArray[np.int32],
    unsorted_us: npt.NDArray[np.uint32],
    window: npt.NDArray[np.uint16],
) -> None:
    """Counts first, records after: each visit goes straight to its place.

    Notes
    -----
    The division of floats is exact enough: below 2^12 windows an hour of less than 2^37 microseconds each, the quotient
    before a whole number is told from it by 2^-37, and a float below 2^12 by 2^-41.
    """
    n, since, width = viewer.shape[0], float(since_us), float(window_us)
    for i in range(n):
        window[i] = int((since + unsorted_us[i]) / width)
    for i in range(n):
        begin[window[i] + 1] += 1
    for k in range(1, begin.shape[0]):
        begin[k] += begin[k - 1]
    for i in range(n):  # `begin[k]` is where window k goes on for now
        place = begin[window[i]]
        begin[window[i]] += 1
        viewer[place] = viewers[i]
        into_us[place] = unsorted_us[i]
    for k in range(begin.shape[0] - 1, 0, -1):
        begin[k] = begin[k - 1]
    begin[0] = 0
