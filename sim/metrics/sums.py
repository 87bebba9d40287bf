"""Sums: totals by owner and currency, where there are so many owners that each may cost a few bytes only.

    >>> spend = empty_sums()
    >>> add_to(spend, 1_000000000017, 840, 1999)      # viewer 17 pays $19.99, for the first time
    True
    >>> listed(spend)
    Listed(owners=array([1000000000017]), currencies=array([840]), totals=array([1999]))

A hash table in two arrays. A key is owner x 1024 + currency, and an owner's home depends on the owner alone, so the
walk to a new key's place meets every key that this owner has already: who comes for the first time is known for free.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.compiled import rule

Int64Array = npt.NDArray[np.int64]
Integer = int | np.int64  # compiled, both are signed and have 64 bits

CURRENCY_SPAN: Final = 1024  # ISO 4217 numbers have three digits
FREE: Final = 0
LEAST_PLACES: Final = 64
FIBONACCI: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: neighbours land far apart


class Sums(NamedTuple):
    """The table: `keys` and `totals` of one length, a power of two; `taken` counts keys and owners."""

    keys: Int64Array
    totals: Int64Array
    taken: Int64Array


class Listed(NamedTuple):
    """The totals as columns, by ascending owner and currency."""

    owners: Int64Array
    currencies: Int64Array
    totals: Int64Array


@rule
def add_to(sums: Sums, owner: Integer, currency: Integer, amount: Integer) -> bool:
    """Add an amount to an owner's total, and say whether the owner is new. There must be room: see `with_room`."""
    key, last = owner * CURRENCY_SPAN + currency, len(sums.keys) - 1
    place = np.int64((np.uint64(owner) * FIBONACCI) >> np.uint64(32)) & last
    is_new = True
    while sums.keys[place] != FREE:
        if sums.keys[place] == key:
            sums.totals[place] += amount
            return False
        if sums.keys[place] // CURRENCY_SPAN == owner:
            is_new = False
        place = (place + 1) & last
    sums.keys[place] = key
    sums.totals[place] = amount
    sums.taken[0] += 1
    sums.taken[1] += is_new
    return is_new


@rule
def _add_all(sums: Sums, keys: Int64Array, totals: Int64Array) -> None:
    for i in range(len(keys)):
        if keys[i] != FREE:
            add_to(sums, keys[i] // CURRENCY_SPAN, keys[i] % CURRENCY_SPAN, totals[i])


def empty_sums() -> Sums:
    """No totals yet."""
    return _sums(np.zeros(0, np.int64), np.zeros(0, np.int64))


def restored_sums(saved: Listed) -> Sums:
    """The table that was listed."""
    return _sums(saved.owners * CURRENCY_SPAN + saved.currencies, saved.totals)


def with_room(sums: Sums, more: int) -> Sums:
    """The same table, or a larger one where `more` new keys might not find a place."""
    return sums if _is_room(int(sums.taken[0]) + more, len(sums.keys)) else _sums(sums.keys, sums.totals, more)


def listed(sums: Sums) -> Listed:
    """All totals in order."""
    used = np.flatnonzero(sums.keys)
    order = used[np.argsort(sums.keys[used])]
    owners, currencies = np.divmod(sums.keys[order], CURRENCY_SPAN)
    return Listed(owners, currencies, sums.totals[order])


def _sums(keys: Int64Array, totals: Int64Array, more: int = 0) -> Sums:
    places = LEAST_PLACES
    while not _is_room(int(np.count_nonzero(keys)) + more, places):
        places *= 2
    sums = Sums(np.zeros(places, np.int64), np.zeros(places, np.int64), np.zeros(2, np.int64))
    _add_all(sums, keys, totals)
    return sums


def _is_room(taken: int, places: int) -> bool:
    """At most two thirds of the places are taken: walks stay short, and a free one ends each."""
    return 3 * taken <= 2 * places
