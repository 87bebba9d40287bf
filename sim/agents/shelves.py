"""Shelves: which goods each seller shows, at what price, and how many pieces are left."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.merchants import FIRST_SELLER, Goods, goods_of, most_goods, range_of
from sim.agents.publication import NO_GOOD
from sim.behavior.trade import Range, assort
from sim.behavior.types import Int64Array
from sim.compiled import rule
from sim.scenario import Scenario

NO_SLOT: Final = -1

Int32Array = npt.NDArray[np.int32]


class Shelves(NamedTuple):
    """What sellers offer.

    Attributes
    ----------
    goods : how many each seller shows, array of shape (n_sellers,)
    good, price, stock : arrays of shape (n_sellers, most goods): the number of each good (NO_GOOD beyond a seller's
        last one), what a piece costs in minor units, and the pieces left
    """

    goods: Int32Array
    good: Int32Array
    price: Int64Array
    stock: Int64Array


def draw_shelves(scenario: Scenario, seed: int, region: npt.NDArray[np.integer]) -> Shelves:
    """Every seller's assortment at its first prices, nothing in stock yet.

    Parameters
    ----------
    region : array of shape (n_sellers,): each one's by its place in the scenario
    """
    supplies = [range_of(scenario, name) for name in scenario.regions]
    n_sellers = len(region)
    shape = (n_sellers, max(map(most_goods, supplies)))
    shelves = Shelves(
        np.zeros(n_sellers, np.int32),
        np.full(shape, NO_GOOD, np.int32),
        np.zeros(shape, np.int64),
        np.zeros(shape, np.int64),
    )
    for place, supply in enumerate(supplies):
        _draw_goods(seed, supply, goods_of(scenario), shelves, np.flatnonzero(region == place))
    return shelves


@rule
def _draw_goods(seed: int, supply: Range, goods: Goods, shelves: Shelves, sellers: Int64Array) -> None:
    drawn = np.empty(shelves.good.shape[1], np.int64)
    for seller in sellers:
        shelves.goods[seller] = assort(seed, FIRST_SELLER + seller, supply, drawn)
        for slot in range(shelves.goods[seller]):
            shelves.good[seller, slot] = drawn[slot]
            shelves.price[seller, slot] = goods.price[drawn[slot]]


@rule
def slot_of(shelves: Shelves, seller: int, good: int) -> int:
    """The place of a good on a seller's shelf."""
    for slot in range(shelves.goods[seller]):
        if shelves.good[seller, slot] == good:
            return slot
    return NO_SLOT
