"""Hosts as columns: creators, then sellers, drawn as `sim.agents.hosts` draws them, one array a property."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents import hosts
from sim.agents.calendar import Calendar
from sim.behavior.purposes import TRAITS
from sim.behavior.types import Int64Array
from sim.behavior.watch import pick
from sim.compiled import rule
from sim.ledger import Kind
from sim.ledger.accounts import KIND_SPAN
from sim.scenario import Scenario
from sim.streams import draw

FIRST_CREATOR: Final = KIND_SPAN * int(Kind.CREATOR)
FIRST_SELLER: Final = KIND_SPAN * int(Kind.SELLER)

_popularity = rule(hosts.popularity)


class Hosts(NamedTuple):
    """Arrays of shape (n_hosts,), by place: creators first, then sellers."""

    zone: npt.NDArray[np.uint16]
    weight: npt.NDArray[np.int32]


def draw_hosts(scenario: Scenario, seed: int, calendar: Calendar) -> tuple[Hosts, int]:
    """All hosts of a scenario, and how many of them are creators."""
    creators, sellers = scenario.creators, scenario.sellers
    n_creators, n_sellers = (count.all for count in hosts.head_counts(scenario))
    drawn = Hosts(np.empty(n_creators + n_sellers, np.uint16), np.empty(n_creators + n_sellers, np.int32))
    zones, shape = calendar.cumulative_shares(), float(creators.popularity_shape)
    _draw(seed, FIRST_CREATOR, shape, zones, part_of(drawn, slice(n_creators)))
    shape = float(sellers.popularity_shape)
    _draw(seed, FIRST_SELLER, shape, zones, part_of(drawn, slice(n_creators, None)))
    return drawn, n_creators


def part_of(hosts: Hosts, places: slice) -> Hosts:
    """Some of the hosts, as views."""
    return Hosts(hosts.zone[places], hosts.weight[places])


@rule
def _draw(seed: int, first: int, shape: float, zones: Int64Array, drawn: Hosts) -> None:
    for n in range(drawn.zone.shape[0]):
        drawn.zone[n] = pick(zones, draw(seed, first + n, TRAITS, 1)[0])
        drawn.weight[n] = _popularity(seed, first + n, shape)


def accounts_of(n_creators: int, n_sellers: int) -> Int64Array:
    """The accounts of all hosts, by place."""
    return np.concatenate([FIRST_CREATOR + np.arange(n_creators), FIRST_SELLER + np.arange(n_sellers)])


@rule
def account_of(place: int, n_creators: int) -> int:
    """A host's account."""
    return FIRST_CREATOR + place if place < n_creators else FIRST_SELLER + place - n_creators
