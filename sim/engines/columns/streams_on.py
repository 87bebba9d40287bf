"""Streams that are on, and what is shown of them during a window."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.publication import NO_GOOD
from sim.agents.shelves import NO_SLOT, Shelves
from sim.behavior.crowding import PLAIN
from sim.behavior.types import Int64Array
from sim.compiled import rule
from sim.engines.columns.agenda import Int32Array
from sim.engines.columns.timetable import Sessions


class Streams(NamedTuple):
    """Arrays of shape (n_streams,), by host. `slot` is the place of the good on the seller's shelf, or NO_SLOT."""

    host: Int32Array
    until_us: Int64Array
    slot: Int32Array


class Shown(NamedTuple):
    """What viewers see: arrays of shape (n_shown,), by host.

    Attributes
    ----------
    host : place of the host, creators first, then sellers
    reach : running sum of popularity
    good, price, stock : of what the stream shows; NO_GOOD, 0, 0 for creators
    eagerness : what it makes of the intent to give, in ppm
    """

    host: Int32Array
    until_us: Int64Array
    reach: Int64Array
    good: Int32Array
    price: Int64Array
    stock: Int64Array
    eagerness: Int64Array


def no_streams() -> Streams:
    """Nobody is live."""
    return Streams(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int32))


@rule
def go_on(
    on: Streams, sessions: Sessions, first: int, last: int, now_us: int, n_creators: int, goods: Int32Array
) -> Streams:
    """The streams after the sessions from `first` to `last` have begun: a host's later one replaces the earlier.

    Parameters
    ----------
    goods : how many each seller has to show; who has none doesn't go live
    """
    size = on.host.shape[0] + last - first
    after = Streams(np.empty(size, np.int32), np.empty(size, np.int64), np.empty(size, np.int32))
    i, n = 0, 0
    for k in range(first, last):
        place = sessions.place[k]
        while i < on.host.shape[0] and on.host[i] < place:
            n += _keep(after, n, on.host[i], on.until_us[i], on.slot[i], now_us)
            i += 1
        if i < on.host.shape[0] and on.host[i] == place:
            i += 1
        if k + 1 == last or sessions.place[k + 1] != place:
            slot = NO_SLOT
            if place >= n_creators:
                if not goods[place - n_creators]:
                    continue
                slot = sessions.day[k] % goods[place - n_creators]
            n += _keep(after, n, place, now_us + sessions.length_us[k], slot, now_us)
    while i < on.host.shape[0]:
        n += _keep(after, n, on.host[i], on.until_us[i], on.slot[i], now_us)
        i += 1
    return Streams(after.host[:n], after.until_us[:n], after.slot[:n])


def stay_on(on: Streams, place: int, slot: int, until_us: int, now_us: int) -> tuple[Streams, int]:
    """The streams with a host's on at least until an instant, showing what is on a slot; and for how much longer."""
    at = int(np.searchsorted(on.host, place))
    if at == len(on.host) or on.host[at] != place:
        on = Streams(np.insert(on.host, at, place), np.insert(on.until_us, at, now_us), np.insert(on.slot, at, slot))
    longer = max(until_us - int(on.until_us[at]), 0)
    on.until_us[at] += longer
    on.slot[at] = slot
    return on, longer


@rule
def count_hours(
    sessions: Sessions, first: int, last: int, n_creators: int, goods: Int32Array, live_us: Int64Array
) -> None:
    """Add the lengths of the sessions that begin to those of their hosts."""
    for k in range(first, last):
        place = sessions.place[k]
        if place < n_creators or goods[place - n_creators]:
            live_us[place] += sessions.length_us[k]


@rule
def _keep(streams: Streams, n: int, host: int, until_us: int, slot: int, now_us: int) -> int:
    """Write down a stream unless it has ended; returns how many streams that makes."""
    if until_us <= now_us:
        return 0
    streams.host[n], streams.until_us[n], streams.slot[n] = host, until_us, slot
    return 1


@rule
def show(
    on: Streams,
    weight: npt.NDArray[np.int32],
    shelves: Shelves,
    region: npt.NDArray[np.uint16],
    n_creators: int,
    hidden: npt.NDArray[np.bool_],
) -> Shown:
    """What is shown of the streams; `region` of each seller, `hidden` of each region whose sellers may not show."""
    seen = np.ones(on.host.shape[0], np.bool_)
    for i in range(on.host.shape[0]):
        if on.host[i] >= n_creators:
            seen[i] = not hidden[region[on.host[i] - n_creators]]
    on = Streams(on.host[seen], on.until_us[seen], on.slot[seen])
    n = on.host.shape[0]
    shown = Shown(
        on.host,
        on.until_us,
        np.empty(n, np.int64),
        np.empty(n, np.int32),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.full(n, PLAIN, np.int64),
    )
    reach = 0
    for i in range(n):
        host = on.host[i]
        reach += weight[host]
        shown.reach[i] = reach
        shown.good[i] = NO_GOOD
        if host >= n_creators:
            seller, slot = host - n_creators, on.slot[i]
            shown.good[i], shown.price[i] = shelves.good[seller, slot], shelves.price[seller, slot]
            shown.stock[i] = shelves.stock[seller, slot]
    return shown
