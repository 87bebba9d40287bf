"""Key figures by region: those that can be said of a region alone, from its part of the series.

>>> figures_by_region(economy, counts.cells, counts.returned, counts.currency_of_region)["GB"]["arpu"]
{'value': 12, 'unit': 'money', 'currency': 'GBP'}
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.ledger import CURRENCIES, REGIONS
from sim.metrics.definitions import METRIC
from sim.metrics.series import MEASURES, REGION_CODES, in_whole
from sim.metrics.summary import Economy, Kpis, Value, per_head, ratio, stated_as, total_measures

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


def figures_by_region(
    economy: Economy, cells: Int64Array, returned: Int64Array, currency_of_region: Int64Array
) -> dict[str, Kpis]:
    """The key figures of each region in which there are viewers, by its letters; none where there is one only.

    Parameters
    ----------
    cells : the series, as `sim.metrics.series.empty_cells` makes them
    returned : of shape (2, n_regions), see `sim.metrics.counting.Counts`
    currency_of_region : of shape (n_regions,)
    """
    inhabited = [code for code, viewers in sorted(economy.viewers_by_region.items()) if viewers]
    if len(inhabited) < 2:
        return {}
    found = {}
    for code in inhabited:
        place = REGION_CODES.index(code)
        currency = CURRENCIES[int(currency_of_region[place])].name
        found[REGIONS[code]] = {
            name: stated_as(METRIC[name], value, currency if METRIC[name].per_currency else "")
            for name, value in _figures(economy.viewers_by_region[code], cells[:, place], returned[:, place])
        }
    return found


def _figures(viewers: int, cells: Int64Array, returned: Int64Array) -> Iterator[tuple[str, Value]]:
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
