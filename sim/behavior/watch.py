"""Which live stream a viewer watches: a favourite if one is live, else by popularity."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.types import Int64Array
from sim.compiled import rule
from sim.streams import IndexArray, below, uniform

NOTHING: Final = -1
GUIDE_BITS: Final = 16  # at most: a guide that leaves the cache helps no more

Int32Array = npt.NDArray[np.int32]


class Live(NamedTuple):
    """Who is live, as published at the start of a window. Streams stand in the order of their hosts' ids.

    Attributes
    ----------
    host : array of shape (n_streams,), account ids
    until_us : array of shape (n_streams,): when each stream ends
    reach : array of shape (n_streams,): running sum of popularity weights
    place : array of shape (n_hosts,): each host's position in the arrays, or NOTHING
    """

    host: IndexArray
    until_us: Int64Array
    reach: Int64Array
    place: IndexArray


@rule
def pick(reach: Int64Array, word: int) -> int:
    """An index drawn with chances in proportion to the weights whose running sum is `reach`."""
    return pick_between(reach, word, 0, reach.shape[0] - 1)


@rule
def pick_between(reach: Int64Array, word: int, low: int, high: int) -> int:
    """The same by someone who knows that it is between two indices, both included."""
    target = below(word, int(reach[-1]))
    while low < high:
        middle = (low + high) // 2
        if reach[middle] > target:
            high = middle
        else:
            low = middle + 1
    return low


@rule
def fill_guide(reach: Int64Array, guide: Int32Array) -> None:
    """Set a guide of 2^k + 1 places: whom the first word of each of 2^k equal parts picks, and the last of all."""
    part = 2**32 // (guide.shape[0] - 1)
    for k in range(guide.shape[0] - 1):
        guide[k] = pick(reach, k * part)
    guide[-1] = reach.shape[0] - 1


def new_guide(reach: Int64Array) -> Int32Array:
    """A guide of about as many parts as there are to pick from."""
    guide = np.zeros((1 << min(len(reach).bit_length(), GUIDE_BITS)) + 1, np.int32)
    fill_guide(reach, guide)
    return guide


@rule
def pick_by(reach: Int64Array, guide: Int32Array, word: int) -> int:
    """The same as `pick`, almost without a search."""
    part = below(word, guide.shape[0] - 1)
    return pick_between(reach, word, int(guide[part]), int(guide[part + 1]))


@rule
def live_favourite(live: Live, favourites: Int64Array, at_us: int, word: int) -> int:
    """One of the favourites who are live, all alike, as a position in `live`; NOTHING when none is."""
    count = 0
    for favourite in favourites:
        place = live.place[favourite]
        if place != NOTHING and live.until_us[place] > at_us:
            count += 1
    if count == 0:
        return NOTHING
    chosen = below(word, count)
    for favourite in favourites:
        place = live.place[favourite]
        if place != NOTHING and live.until_us[place] > at_us:
            if chosen == 0:
                return int(place)
            chosen -= 1
    return NOTHING


@rule
def still_on(live: Live, place: int, at_us: int) -> int:
    """The stream at a position, or NOTHING when it has just ended."""
    return place if live.until_us[place] > at_us else NOTHING


@rule
def choose_favourite(
    live: Live, favourites: Int64Array, favourite_share: float, at_us: int, words: tuple[int, int, int, int]
) -> int:
    """The favourite whose stream a viewer opens, as a position in `live`; NOTHING when it is to be another's."""
    return live_favourite(live, favourites, at_us, words[1]) if uniform(words[0]) < favourite_share else NOTHING


@rule
def choose_stream(
    live: Live, favourites: Int64Array, favourite_share: float, at_us: int, words: tuple[int, int, int, int]
) -> int:
    """The stream that a viewer opens at an instant, as a position in `live`; NOTHING when it has just ended."""
    if live.host.shape[0] == 0:
        return NOTHING
    place = choose_favourite(live, favourites, favourite_share, at_us, words)
    return place if place != NOTHING else still_on(live, pick(live.reach, words[2]), at_us)
