"""Key figures by region: those that can be said of a region alone.

>>> figures_by_region(economy, parts, kpis)["GB"]["arpu"]
{'value': 12, 'unit': 'money', 'currency': 'GBP'}

What is said of a currency is said of its region, where no other region has it. Of a region that shares its money the
rest is known from its part of the series and from its creators and sellers; not what rests on lots of coins (take rate,
age of the float) or on payers one by one.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.ledger import CURRENCIES, REGIONS, Kind
from sim.metrics.definitions import METRIC, stated
from sim.metrics.hosts import FIAT_CODES
from sim.metrics.series import MEASURES, REGION_CODES, in_whole
from sim.metrics.shop import MEASURES as SHOP_MEASURES
from sim.metrics.summary import (
    Economy,
    Figures,
    Kpis,
    creator_figures,
    elsewhere_amounts,
    elsewhere_counts,
    host_figures,
    origin_figures,
    per_head,
    profit_figures,
    ratio,
    rows,
    sales_amounts,
    sales_figures,
    seller_figures,
    stated_as,
    total_measures,
)

Int64Array = npt.NDArray[np.int64]

SAME: Final = {
    "topups": "topups",
    "bookings": "bookings",
    "revenue": "revenue",
    "commission": "commission",
    "tax": "tax",
    "store_fees": "store_fees",
    "charged_back": "charged_back",
    "coins_refunded": "coins_refunded",
    "coin_float_coins": "float_coins",
    "coin_float": "float_cost",
    "gifts": "gifts",
    "coins_given": "coins_given",
    "rewards_issued": "rewards_issued",
    "rewards_given": "rewards_given",
    "rewards_expired": "rewards_expired",
    "orders": "orders",
    "gmv": "gmv",
}


class Parts(NamedTuple):
    """What a run has come to, before regions and channels are added up; regions by their place.

    cells, shop : as `sim.metrics.series.empty_cells` and `sim.metrics.shop.empty_cells` make them
    returned : of shape (2, n_regions), see `sim.metrics.counting.Counts`
    currency_of_region : of shape (n_regions,)
    creators_region, sellers_region : of shape (n_creators,) and (n_sellers,)
    income : of shape (n_fiat_currencies, n_creators), in millionths of a minor unit
    has_gifts : of shape (n_creators,)
    """

    cells: Int64Array
    shop: Int64Array
    returned: Int64Array
    currency_of_region: Int64Array
    creators_region: npt.NDArray[np.uint8]
    sellers_region: npt.NDArray[np.uint8]
    income: Int64Array
    has_gifts: npt.NDArray[np.bool_]


def figures_by_region(economy: Economy, parts: Parts, kpis: Kpis) -> dict[str, Kpis]:
    """The key figures of each region in which there are viewers, by its letters; none where there is one only.

    Parameters
    ----------
    kpis : those of the whole run
    """
    inhabited = [code for code, viewers in sorted(economy.viewers_by_region.items()) if viewers]
    if len(inhabited) < 2:
        return {}
    money = {code: int(parts.currency_of_region[REGION_CODES.index(code)]) for code in inhabited}
    found = {}
    for code in inhabited:
        currency, is_alone = CURRENCIES[money[code]].name, list(money.values()).count(money[code]) == 1
        own = {
            name: stated_as(METRIC[name], value, currency if METRIC[name].per_currency else "")
            for name, value in _figures(economy, parts, code, money[code])
        }
        found[REGIONS[code]] = own | (_of_currency(kpis, currency, own) if is_alone else {})
    return found


def _of_currency(kpis: Kpis, currency: str, own: Mapping[str, object]) -> Kpis:
    """What a run says of a currency alone, beside what is said already."""
    of_money = {name: stated(kpis, name, currency) for name, metric in METRIC.items() if metric.per_currency}
    return {name: figure for name, figure in of_money.items() if figure is not None and name not in own}


def _figures(economy: Economy, parts: Parts, code: int, currency: int) -> Figures:
    place, viewers = REGION_CODES.index(code), economy.viewers_by_region[code]
    cells, returned = parts.cells[:, place], parts.returned[:, place]
    measures = total_measures(cells)
    payers, bookings = measures["new_payers"], measures["bookings"]
    yield "viewers", viewers
    yield "payers", payers
    yield "conversion", ratio(payers, viewers)
    yield "retention", ratio(int(returned[1]), int(returned[0]))
    yield "arpu", per_head(bookings, viewers)
    yield "arppu", per_head(bookings, payers)
    for name, measure in SAME.items():
        yield name, measures[measure]
    for name in ("creator_income", "reward_cost"):
        yield name, int(in_whole(cells[..., MEASURES.index(name)].sum(axis=1)).sum())
    yield "decline_rate", ratio(measures["declined"], measures["operations"])
    yield "breakage_rate", ratio(measures["rewards_expired"], measures["rewards_issued"])
    yield from _of_hosts(economy, parts, code, currency)
    sales = parts.shop[:, place].sum(axis=(0, 1))
    yield "coins_paid", int(sales[..., SHOP_MEASURES.index("coins")].sum())
    yield from sales_figures(sales)
    yield from sales_amounts(sales)
    elsewhere = rows(economy.elsewhere, region=code)
    yield from elsewhere_counts(elsewhere)
    yield from elsewhere_amounts(elsewhere)


def _of_hosts(economy: Economy, parts: Parts, code: int, currency: int) -> Figures:
    """Of the region's own creators and sellers, in its own money."""
    place = REGION_CODES.index(code)
    creators, sellers = parts.creators_region == place, parts.sellers_region == place
    mine = rows(economy.hosts_by_week, region=code)
    yield "creators", int(creators.sum())
    yield "earning_creators", int(parts.has_gifts[creators].sum())
    yield from host_figures(mine, Kind.CREATOR, "creators")
    yield "sellers", int(sellers.sum())
    yield from host_figures(mine, Kind.SELLER, "sellers")
    sellers_by_week = rows(economy.sellers_by_week, region=code)
    yield from origin_figures(sellers_by_week)
    yield from profit_figures(sellers_by_week)
    if currency in FIAT_CODES:
        yield from creator_figures(parts.income[FIAT_CODES.index(currency), creators])
        sold, income = economy.sold[currency][sellers], economy.seller_income[currency][sellers]
        yield "selling_sellers", int(np.count_nonzero(sold))
        yield from seller_figures(sold, income, economy.sellers_foreign[sellers])
