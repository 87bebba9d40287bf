"""Shelves: which goods each seller shows, and how many pieces are left."""

from typing import Final, NamedTuple

import numpy as np

from sim.behavior.purposes import ASSORTMENT
from sim.behavior.types import Int64Array
from sim.compiled import rule
from sim.engines.columns.agenda import Int32Array
from sim.engines.columns.host_columns import FIRST_SELLER
from sim.scenario import Scenario
from sim.streams import below, draw

NO_SLOT: Final = -1


class Shelves(NamedTuple):
    """Arrays of shape (n_sellers, goods_each): the number of each good, and its pieces left."""

    good: Int32Array
    stock: Int64Array


def draw_shelves(scenario: Scenario, seed: int, n_sellers: int) -> Shelves:
    """Every seller's assortment, nothing in stock yet."""
    n_goods = len(scenario.catalogs.goods.goods)
    shape = (n_sellers, min(int(scenario.sellers.goods_each), n_goods))
    good = np.empty(shape, np.int32)
    _draw_goods(seed, n_goods, good)
    return Shelves(good, np.zeros(shape, np.int64))


@rule
def _draw_goods(seed: int, n_goods: int, goods: Int32Array) -> None:
    for seller in range(goods.shape[0]):
        n, turn = 0, 0
        while n < goods.shape[1]:  # drawn until all differ
            good = below(draw(seed, FIRST_SELLER + seller, ASSORTMENT, turn)[0], n_goods)
            turn += 1
            if not (goods[seller, :n] == good).any():
                goods[seller, n] = good
                n += 1


@rule
def slot_of(shelves: Shelves, seller: int, good: int) -> int:
    """The place of a good on a seller's shelf."""
    for slot in range(shelves.good.shape[1]):
        if shelves.good[seller, slot] == good:
            return slot
    return NO_SLOT
