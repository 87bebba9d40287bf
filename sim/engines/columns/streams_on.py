"""Streams that are on, and what is shown of them during a window."""

from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from sim.agents.publication import NO_GOOD
from sim.agents.shelves import NO_SLOT, Shelves
from sim.behavior.crowding import PLAIN
from sim.behavior.types import Int64Array
from sim.compiled import on_columns
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


_Columns = TypeVar("_Columns", Streams, Shown)


def no_streams() -> Streams:
    """Nobody is live."""
    return Streams(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int32))


def go_on(
    on: Streams, sessions: Sessions, first: int, last: int, now_us: int, n_creators: int, goods: Int32Array
) -> Streams:
    """The streams after the sessions from `first` to `last` have begun: a host's later one replaces the earlier.

    Parameters
    ----------
    goods : how many each seller has to show; who has none doesn't go live
    """
    size = len(on.host) + last - first
    after = Streams(np.empty(size, np.int32), np.empty(size, np.int64), np.empty(size, np.int32))
    n = _go_on(on, sessions, first, last, now_us, n_creators, goods, after)
    return _first(after, n)


def _first(columns: _Columns, n: int) -> _Columns:
    parts: list[Any] = [column[:n] for column in columns]
    return type(columns)(*parts)


@on_columns
def _go_on(
    on: Streams,
    sessions: Sessions,
    first: int,
    last: int,
    now_us: int,
    n_creators: int,
    goods: Int32Array,
    after: Streams,
) -> int:
    """Write the streams of `go_on` down; returns how many they are."""
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
    return n


def stay_on(on: Streams, place: int, slot: int, until_us: int, now_us: int) -> tuple[Streams, int]:
    """The streams with a host's on at least until an instant, showing what is on a slot; and for how much longer."""
    at = int(np.searchsorted(on.host, place))
    if at == len(on.host) or on.host[at] != place:
        on = Streams(np.insert(on.host, at, place), np.insert(on.until_us, at, now_us), np.insert(on.slot, at, slot))
    longer = max(until_us - int(on.until_us[at]), 0)
    on.until_us[at] += longer
    on.slot[at] = slot
    return on, longer


@on_columns
def count_hours(
    sessions: Sessions, first: int, last: int, n_creators: int, goods: Int32Array, live_us: Int64Array
) -> None:
    """Add the lengths of the sessions that begin to those of their hosts."""
    for k in range(first, last):
        place = sessions.place[k]
        if place < n_creators or goods[place - n_creators]:
            live_us[place] += sessions.length_us[k]


@on_columns
def _keep(streams: Streams, n: int, host: int, until_us: int, slot: int, now_us: int) -> int:
    """Write down a stream unless it has ended; returns how many streams that makes."""
    if until_us <= now_us:
        return 0
    streams.host[n], streams.until_us[n], streams.slot[n] = host, until_us, slot
    return 1


def show(
    on: Streams,
    weight: npt.NDArray[np.int32],
    shelves: Shelves,
    region: npt.NDArray[np.uint16],
    n_creators: int,
    hidden: npt.NDArray[np.bool_],
) -> Shown:
    """What is shown of the streams; `region` of each seller, `hidden` of each region whose sellers may not show."""
    size = len(on.host)
    reach, price, stock, eagerness = np.empty((4, size), np.int64)
    room = Shown(
        np.empty(size, np.int32), np.empty(size, np.int64), reach, np.empty(size, np.int32), price, stock, eagerness
    )
    n = _show(on, weight, shelves, region, n_creators, hidden, room)
    return room if n == size else _first(room, n)


@on_columns
def _show(
    on: Streams,
    weight: npt.NDArray[np.int32],
    shelves: Shelves,
    region: npt.NDArray[np.uint16],
    n_creators: int,
    hidden: npt.NDArray[np.bool_],
    shown: Shown,
) -> int:
    """Write down what is shown; returns how many streams these are."""
    reach, n = 0, 0
    for i in range(on.host.shape[0]):
        host = on.host[i]
        good, price, stock = NO_GOOD, 0, 0
        if host >= n_creators:
            seller, slot = host - n_creators, on.slot[i]
            if hidden[region[seller]]:
                continue
            good, price, stock = shelves.good[seller, slot], shelves.price[seller, slot], shelves.stock[seller, slot]
        reach += weight[host]
        shown.host[n], shown.until_us[n], shown.reach[n] = host, on.until_us[i], reach
        shown.good[n], shown.price[n], shown.stock[n], shown.eagerness[n] = good, price, stock, PLAIN
        n += 1
    return n
