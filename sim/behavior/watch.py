"""Which live stream a viewer watches: a favourite if one is live, else by popularity."""

from typing import Final, NamedTuple

from sim.behavior.types import Int64Array
from sim.compiled import rule
from sim.streams import below, uniform

NOTHING: Final = -1


class Live(NamedTuple):
    """Who is live, as published at the start of a window. Streams stand in the order of their hosts' ids.

    Attributes
    ----------
    host : array of shape (n_streams,), account ids
    until_us : array of shape (n_streams,): when each stream ends
    reach : array of shape (n_streams,): running sum of popularity weights
    place : array of shape (n_hosts,): each host's position in the arrays, or NOTHING
    """

    host: Int64Array
    until_us: Int64Array
    reach: Int64Array
    place: Int64Array


@rule
def pick(reach: Int64Array, word: int) -> int:
    """An index drawn with chances in proportion to the weights whose running sum is `reach`."""
    target = below(word, int(reach[-1]))
    low, high = 0, reach.shape[0] - 1
    while low < high:
        middle = (low + high) // 2
        if reach[middle] > target:
            high = middle
        else:
            low = middle + 1
    return low


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
def choose_stream(
    live: Live, favourites: Int64Array, favourite_share: float, at_us: int, words: tuple[int, int, int, int]
) -> int:
    """The stream that a viewer opens at an instant, as a position in `live`; NOTHING when it has just ended."""
    if live.host.shape[0] == 0:
        return NOTHING
    if uniform(words[0]) < favourite_share:
        place = live_favourite(live, favourites, at_us, words[1])
        if place != NOTHING:
            return place
    place = pick(live.reach, words[2])
    return place if live.until_us[place] > at_us else NOTHING
