"""Hosts: the creators and sellers who go live. Popularity is Pareto, so a few have most of the audience."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.calendar import Calendar
from sim.behavior.purposes import POPULARITY, TRAITS
from sim.behavior.types import Int64Array
from sim.behavior.watch import pick
from sim.elementary import power
from sim.ledger import CoinworksError, Kind, account_id
from sim.ledger.accounts import KIND_SPAN
from sim.scenario import Scenario
from sim.scenario.heads import HeadCount, head_count
from sim.streams import draw, uniform

WEIGHT_UNIT = 100
# So that `below`, which takes a total up to 2^32, serves five million hosts (their mean is below 800 at any shape > 1).
HEAVIEST = 100_000
REACH_MAX = 2**32  # what `sim.streams.below` can draw from


class Host(NamedTuple):
    """A creator or seller: `place` counts creators first, then sellers. Who isn't one at the start may begin later."""

    place: int
    account: int
    zone: int
    weight: int
    starts: bool = True

    @property
    def is_seller(self) -> bool:
        return self.account // KIND_SPAN == Kind.SELLER


def head_counts(scenario: Scenario) -> tuple[HeadCount, HeadCount]:
    """Of creators and of sellers."""
    creators = float(scenario.creators.per_thousand_viewers), float(scenario.creators.pool_factor)
    sellers = float(scenario.sellers.per_thousand_viewers), float(scenario.trade.pool_factor)
    return head_count(*creators, scenario.viewers), head_count(*sellers, scenario.viewers)


def draw_hosts(scenario: Scenario, seed: int, calendar: Calendar) -> list[Host]:
    """All hosts of a scenario, creators first."""
    zones = calendar.cumulative_shares()
    hosts: list[Host] = []
    creators, sellers = head_counts(scenario)
    shapes = float(scenario.creators.popularity_shape), float(scenario.sellers.popularity_shape)
    for kind, shape, count in ((Kind.CREATOR, shapes[0], creators), (Kind.SELLER, shapes[1], sellers)):
        for n in range(count.all):
            account = account_id(kind, n)
            zone = pick(zones, draw(seed, account, TRAITS, 1)[0])
            weight = popularity(seed, account, shape)
            hosts.append(Host(len(hosts), account, zone, weight, n < count.starting))
    return hosts


def popularity(seed: int, account: int, shape: float) -> int:
    """A Pareto weight in hundredths of the least popular host's, cut off at a thousand times that."""
    words = draw(seed, account, POPULARITY, 0)
    return int(min(WEIGHT_UNIT * power(uniform(words[0]), -1.0 / shape), HEAVIEST))


def running_sum(hosts: list[Host]) -> Int64Array:
    """Running sum of the hosts' popularity."""
    return np.cumsum(np.array([host.weight for host in hosts], np.int64), dtype=np.int64)


def reach_of(hosts: list[Host]) -> Int64Array:
    """Running sum of the hosts' popularity, see `reach`."""
    return reach(np.array([host.weight for host in hosts], np.int64))


def reach(weights: npt.NDArray[np.integer]) -> Int64Array:
    """Running sum of popularity, to draw hosts from.

    Raises
    ------
    CoinworksError : the sum is too large to draw from, at about five million hosts
    """
    reach = np.cumsum(weights, dtype=np.int64)
    if reach[-1] >= REACH_MAX:
        raise CoinworksError(f"{len(weights):,} hosts: their popularity {reach[-1]:,} must be < {REACH_MAX:,}")
    return reach
