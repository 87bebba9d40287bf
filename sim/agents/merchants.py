"""Merchants and their goods: what a scenario says about origin, cost and price, arranged for the rules of trade.

goods = goods_of(scenario)
goods.price[17]                                     # what the 18th good is offered for at first, in minor units
foreign_sellers(scenario, seed, n_sellers)          # of each seller, whether from abroad
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.purposes import AFFILIATE
from sim.behavior.trade import Range, is_foreign
from sim.behavior.types import Int64Array
from sim.behavior.watch import pick
from sim.compiled import rule
from sim.ledger import Kind, account_id
from sim.ledger.accounts import KIND_SPAN
from sim.ledger.money import portion
from sim.scenario import Scenario
from sim.scenario.catalogs import Good
from sim.streams import draw, key_of, uniform

FIRST_SELLER: Final = KIND_SPAN * int(Kind.SELLER)
NO_AFFILIATE: Final = -1
ATTEMPTS: Final = 8

BoolArray = npt.NDArray[np.bool_]


class Goods(NamedTuple):
    """Every region's goods as columns: arrays of shape (n_goods,), by number, money in the region's minor units.

    Attributes
    ----------
    usual_price : what buyers compare a price with
    price : what a seller asks at first
    cost, foreign_cost : of a piece to a domestic and to a foreign seller
    """

    imported: BoolArray
    usual_price: Int64Array
    price: Int64Array
    cost: Int64Array
    foreign_cost: Int64Array


def goods_of(scenario: Scenario) -> Goods:
    """A scenario's goods. A price is at least one minor unit."""
    catalog, sellers = scenario.all_goods, scenario.sellers
    of_import, of_all, of_cost = (
        factor.ppm for factor in (sellers.import_price_factor, sellers.price_factor, sellers.foreign_cost_factor)
    )

    def offered(good: Good) -> int:
        price = portion(good.price_cents, of_import) if good.imported else good.price_cents
        return max(portion(price, of_all), 1)

    def column(values: list[int]) -> Int64Array:
        return np.array(values, np.int64)

    return Goods(
        np.array([good.imported for good in catalog], np.bool_),
        column([good.price_cents for good in catalog]),
        column([offered(good) for good in catalog]),
        column([good.cost_cents for good in catalog]),
        column([portion(good.cost_cents, of_cost) for good in catalog]),
    )


def range_of(scenario: Scenario, region: str) -> Range:
    """What a region's sellers may carry."""
    first, sellers = scenario.first_good[region], scenario.sellers
    imported = np.array([good.imported for good in scenario.goods(region)], np.bool_)
    return Range(
        first + np.flatnonzero(~imported),
        first + np.flatnonzero(imported),
        float(sellers.foreign_share),
        float(sellers.imported_share),
        int(sellers.goods_each),
        int(sellers.foreign_goods_each),
    )


def most_goods(supply: Range) -> int:
    """The most goods that a seller can carry."""
    n_goods = len(supply.domestic) + len(supply.imported)
    return min(max(supply.goods_each, supply.foreign_goods_each if supply.foreign_share > 0 else 0), n_goods)


def foreign_sellers(scenario: Scenario, seed: int, n_sellers: int) -> BoolArray:
    """Of each seller, whether from abroad: array of shape (n_sellers,)."""
    share, key = float(scenario.sellers.foreign_share), key_of(seed)
    return np.array([is_foreign(key, account_id(Kind.SELLER, n), share) for n in range(n_sellers)], np.bool_)


def affiliates(
    scenario: Scenario, seed: int, sellers_region: Int64Array, creators_region: Int64Array, creators_reach: Int64Array
) -> Int64Array:
    """With which creator each seller works, by number; NO_AFFILIATE for most. Array of shape (n_sellers,).

    Notes
    -----
    A creator is drawn by popularity among those of the seller's region; a seller who finds none there works alone.
    """
    found = np.full(len(sellers_region), NO_AFFILIATE, np.int64)
    share = float(scenario.sellers.affiliate_share)
    _draw_affiliates(key_of(seed), share, sellers_region, creators_region, creators_reach, found)
    return found


@rule
def _draw_affiliates(
    seed: int,
    share: float,
    sellers_region: Int64Array,
    creators_region: Int64Array,
    creators_reach: Int64Array,
    found: Int64Array,
) -> None:
    for n in range(found.shape[0]):
        if uniform(draw(seed, FIRST_SELLER + n, AFFILIATE, 0)[1]) >= share:
            continue
        for attempt in range(ATTEMPTS):
            creator = pick(creators_reach, draw(seed, FIRST_SELLER + n, AFFILIATE, attempt)[0])
            if creators_region[creator] == sellers_region[n]:
                found[n] = creator
                break
