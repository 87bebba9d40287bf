"""What everyone knows during a window: who is live, what is shown, what coins cost, what is given, who has what."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.behavior.commerce import Commerce
from sim.behavior.fraud import Ring
from sim.behavior.reward import RewardOffer
from sim.behavior.rival import RivalOffer
from sim.behavior.topup import Packs
from sim.behavior.types import Float64Array, Int64Array
from sim.behavior.voucher import Campaign
from sim.behavior.watch import NOTHING, Live

NO_GOOD = -1


class Show(NamedTuple):
    """What is seen of each live stream: arrays of shape (n_streams,).

    Attributes
    ----------
    good, price, stock : of what it shows; NO_GOOD, 0, 0 for creators
    eagerness : what it makes of the intent to give, in ppm
    """

    good: Int64Array
    price: Int64Array
    stock: Int64Array
    eagerness: Int64Array


class Counter(NamedTuple):
    """Who sells in a region through the shop tab and videos: arrays of shape (n_sellers,).

    `reach` is the running sum of their popularity.
    """

    seller: Int64Array
    reach: Int64Array


class Offer(NamedTuple):
    """A good on a seller's shelf."""

    good: int
    price: int
    stock: int


class Publication(NamedTuple):
    """The state published at the start of a window.

    `counters` are by region, `shelves` by seller; `pull` has shape (n_regions,), see `sim.agents.supply`. `keenness`
    is, for each seller, how many times as readily those who watch look closely, in ppm.
    """

    live: Live
    show: Show
    counters: dict[str, Counter]
    shelves: dict[int, list[Offer]]
    keenness: Int64Array
    commerce: Commerce
    packs: dict[str, Packs]
    rewards: dict[str, RewardOffer]
    campaigns: dict[str, Campaign]
    pull: Float64Array
    balance_share: dict[str, float]
    rival: RivalOffer
    ring: Ring


class Stream(NamedTuple):
    """One live stream as its host announced it."""

    host: int
    account: int
    weight: int
    until_us: int
    good: int = NO_GOOD
    price: int = 0
    stock: int = 0


def watched(
    streams: list[Stream], n_hosts: int, eagerness: Callable[[list[int], Int64Array], Int64Array]
) -> tuple[Live, Show]:
    """The streams that are on, arranged by host; `eagerness` is asked for by hosts and their running popularity."""
    streams = sorted(streams)
    place = np.full(n_hosts, NOTHING, np.int64)
    for position, stream in enumerate(streams):
        place[stream.host] = position

    def column(values: list[int]) -> Int64Array:
        return np.array(values, np.int64)

    live = Live(
        column([stream.account for stream in streams]),
        column([stream.until_us for stream in streams]),
        np.cumsum(column([stream.weight for stream in streams])),
        place,
    )
    show = Show(
        column([stream.good for stream in streams]),
        column([stream.price for stream in streams]),
        column([stream.stock for stream in streams]),
        eagerness([stream.host for stream in streams], live.reach),
    )
    return live, show
