"""Visits as columns: in which hours viewers open the app, and the visits of an hour divided over its windows.

Nothing here depends on what happened, so it is dense: the same arithmetic for every viewer, several at once.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.purposes import ROSTER, VISIT
from sim.behavior.types import Int64Array
from sim.behavior.visit import HOUR_US, HOURS_A_DRAW, instant_in_hour, opens_in_hour
from sim.compiled import rule
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


def roster(world: World, crowd: Crowd, hour: int, words: Words, opens: npt.NDArray[np.uint8]) -> None:
    """Set `opens[viewer]`: bit k says whether the viewer opens the app in the k-th hour of this hour's ROSTER slot."""
    _roster(
        world.seed,
        world.epoch_hour,
        world.visit_weights,
        crowd.first,
        crowd.zone,
        crowd.visits_per_day,
        hour,
        words,
        opens,
    )


@rule
def _roster(seed, epoch_hour, weights, first, zone, visits_per_day, hour, words, opens):  # type: ignore[no-untyped-def]
    slot = (epoch_hour + hour) // HOURS_A_DRAW
    w0, w1, w2, w3 = words.w0, words.w1, words.w2, words.w3
    first_hour = slot * HOURS_A_DRAW - epoch_hour
    chance = np.zeros((weights.shape[0], HOURS_A_DRAW))
    for k in range(HOURS_A_DRAW):
        if 0 <= first_hour + k < weights.shape[1]:
            chance[:, k] = weights[:, first_hour + k]
    for begin in range(0, opens.shape[0], BLOCK):
        n = min(BLOCK, opens.shape[0] - begin)
        draw_row(seed, first + begin, ROSTER, slot, words)
        for i in range(n):
            viewer = begin + i
            of_zone = chance[zone[viewer]]
            per_day = visits_per_day[viewer]
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
    visits = Visits(hour, first_window, begin, np.empty(n, np.int32), np.empty(n, np.uint32))
    _divide(world, crowd, visits, bit, words, opens, np.empty(n + 1, np.int32), np.empty(n, np.uint32))
    return visits


@rule
def _count(opens: npt.NDArray[np.uint8], bit: int) -> int:
    n = 0
    for viewer in range(opens.shape[0]):
        n += (opens[viewer] >> bit) & 1
    return n


@rule
def _divide(
    world: World,
    crowd: Crowd,
    visits: Visits,
    bit: int,
    words: Words,
    opens: npt.NDArray[np.uint8],
    viewers: npt.NDArray[np.int32],
    into_us: npt.NDArray[np.uint32],
) -> None:
    """Counts first, records after: each visit goes straight to its place."""
    n = 0
    for viewer in range(opens.shape[0]):
        viewers[n] = viewer
        n += (opens[viewer] >> bit) & 1
    hour_us = visits.hour * HOUR_US
    begin = visits.begin
    for start in range(0, n, BLOCK):
        end = min(start + BLOCK, n)
        draw_each(world.seed, crowd.first, viewers[start:end], VISIT, world.epoch_hour + visits.hour, words)
        for i in range(start, end):
            into_us[i] = instant_in_hour(words.w0[i - start])
    if begin.shape[0] == 2:
        begin[1] = n
        visits.viewer[:] = viewers[:n]
        visits.into_us[:] = into_us[:n]
        return
    for i in range(n):
        begin[(hour_us + into_us[i]) // world.window_us - visits.first_window + 1] += 1
    for k in range(1, begin.shape[0]):
        begin[k] += begin[k - 1]
    place = begin[:-1].copy()
    for i in range(n):
        k = (hour_us + into_us[i]) // world.window_us - visits.first_window
        visits.viewer[place[k]] = viewers[i]
        visits.into_us[place[k]] = into_us[i]
        place[k] += 1
