"""Sellers: what they earned here, less goods, hours and weeks, and what their shops in the street gained or lost."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.traders import costs_of
from sim.behavior.topup import WEEK_US
from sim.behavior.visit import HOUR_US
from sim.experiments.welfare.goods import Deliveries
from sim.experiments.welfare.heard import Heard
from sim.experiments.welfare.rates import places_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Sellers(NamedTuple):
    """What sellers gained by origin, and what domestic ones' shops outside did, in minor units."""

    domestic: float
    foreign: float
    offline: float


def sellers_of(heard: Heard, received: float, delivered: Deliveries) -> Sellers:
    """What sellers gained.

    Parameters
    ----------
    received : money that all of them got, as `sim.experiments.welfare.money` has it
    """
    spent, abroad = _spent(heard, delivered), heard.total("foreign_seller_income")
    return Sellers(received - abroad - spent[0], abroad - spent[1], _offline(heard))


def _spent(heard: Heard, delivered: Deliveries) -> Floats:
    """What goods, hours live and weeks of being there cost, by origin: array of shape (2,), foreign last."""
    side, costs, rates = heard.side, costs_of(heard.scenario), heard.rates.in_region
    n_creators = len(side.hour_cost)
    region, now = side.hosts_region[n_creators:], delivered.at_us >= heard.begin.at_us
    goods = np.bincount(delivered.seller[now], delivered.cost[now], len(region))
    hours = (heard.end.live_us - heard.begin.live_us)[n_creators:] / HOUR_US * costs.hour[region]
    place, weeks = _region(heard), _counted_us(heard) / WEEK_US
    being_there = side.sellers_by_week["active"] * weeks * (costs.week * rates)[place]
    here, there = (goods + hours) * rates[region], side.sellers_by_week["foreign"]
    return (np.bincount(side.foreign, here, 2) + np.bincount(there, being_there, 2)).astype(np.float64)


def _offline(heard: Heard) -> float:
    """What their shops outside earned with the app around beyond what they earn without it."""
    table, place = heard.side.sellers_by_week, _region(heard)
    lasted = np.minimum((table["week"] + 1) * WEEK_US, heard.end.at_us) - table["week"] * WEEK_US
    each = np.floor(costs_of(heard.scenario).offline[place] * (lasted / WEEK_US))  # whole units, as the table has it
    domestic = heard.side.hosts_region[len(heard.side.hour_cost) :][~heard.side.foreign]
    alone = np.bincount(domestic, minlength=len(heard.scenario.regions))[place] * ~table["foreign"] * each
    counted = np.where(lasted > 0, _counted_us(heard) / np.maximum(lasted, 1), 0.0)
    return float(((table["offline"] - alone) * counted * heard.rates.in_region[place]).sum())


def _counted_us(heard: Heard) -> Integers:
    """How much of each row's week lies between begin and end; a week that is cut counts in proportion."""
    first = heard.side.sellers_by_week["week"] * WEEK_US
    counted: Integers = np.minimum(first + WEEK_US, heard.end.at_us) - np.maximum(first, heard.begin.at_us)
    return np.maximum(counted, 0)


def _region(heard: Heard) -> Integers:
    return places_of(heard.scenario, heard.side.sellers_by_week["region"].astype(np.int64))
