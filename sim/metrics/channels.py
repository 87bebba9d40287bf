"""Key figures by channel: coins are bought in the app and on the web, goods live, in the shop and in videos.

>>> figures_by_channel(economy, parts)["live"]["shop_take_rate"]
{'value': 0.06, 'unit': 'share', 'currency': 'USD'}
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from sim.ledger import CURRENCIES
from sim.metrics.definitions import METRIC
from sim.metrics.regions import Parts
from sim.metrics.series import CHANNELS
from sim.metrics.shop import MEASURES as SHOP_MEASURES
from sim.metrics.summary import Economy, Figures, Kpis, sales_amounts, sales_figures, stated_as, total_measures

Int64Array = npt.NDArray[np.int64]

COUNTS: Final = {  # that may be said of a channel, where there are any
    "app": ("topups",),
    "web": ("topups",),
    "live": ("gifts", "coins_given", "orders"),
    "shop": ("orders",),
    "video": ("orders",),
}
OF_COINS: Final = ("app", "web")


def figures_by_channel(economy: Economy, parts: Parts) -> dict[str, Kpis]:
    """The key figures of each channel, by its name; those of money as `name.CURRENCY` where several currencies flow."""
    return {channel: _of_channel(economy, parts, channel) for channel in CHANNELS}


def _of_channel(economy: Economy, parts: Parts, channel: str) -> Kpis:
    place = CHANNELS.index(channel)
    cells, shop = parts.cells[:, :, place].sum(axis=0), parts.shop[:, :, place].sum(axis=0)
    measures = total_measures(cells)
    found = {name: stated_as(METRIC[name], measures[name]) for name in COUNTS[channel]}
    for code in economy.currencies:
        mine, currency = parts.currency_of_region == code, CURRENCIES[code].name
        figures = _of_coins(cells[mine]) if channel in OF_COINS else _of_goods(shop[mine].sum(axis=0))
        for name, value in figures:
            key = name if len(economy.currencies) == 1 else f"{name}.{currency}"
            found[key] = stated_as(METRIC[name], value, currency)
    return found


def _of_coins(cells: Int64Array) -> Figures:
    measures = total_measures(cells)
    yield "bookings", measures["bookings"]
    yield "store_fees", measures["store_fees"]


def _of_goods(sales: Int64Array) -> Figures:
    """Of the shop's measures by merchant and goods."""
    measures = dict(zip(SHOP_MEASURES, sales.sum(axis=(0, 1)).tolist(), strict=True))
    yield "gmv", measures["gmv"]
    yield "commission", measures["commission"]
    yield from sales_amounts(sales)
    yield from sales_figures(sales)
