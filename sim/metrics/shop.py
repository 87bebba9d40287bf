"""The shop's series behind shop.parquet: what was sold by whom, hour by hour, by both origins.

    SELECT at_us // 604800000000 AS week, merchant, sum(gmv) FROM 'shop.parquet' GROUP BY ALL

The merchant's origin and the goods' origin are two things: where merchants from abroad are shut out, imported goods
still come in through local accounts. What answers an order (its delivery, a cancel, a refund) is counted in the hour in
which it happens, under the order's own region, channel and origins.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from sim.behavior.elsewhere import GOODS, MERCHANTS
from sim.compiled import rule
from sim.metrics.series import CHANNELS, REGION_CODES, Series

Int64Array = npt.NDArray[np.int64]

COLUMNS: Final = {
    "at_us": "start of the hour, in microseconds from the scenario's start",
    "region": "ISO 3166-1 number of the buyer's region",
    "channel": "live, shop or video",
    "currency": "ISO 4217 number of the region's money",
    "merchant": "domestic or foreign: origin of the seller",
    "goods": "domestic or imported: origin of the good",
    "orders": "accepted orders",
    "gmv": "prices of orders paid in money, before tax, in minor units",
    "coins": "coins of orders paid in coins",
    "cancelled": "of gmv, given back before delivery",
    "delivered": "of gmv, captured from escrow on delivery",
    "refunded": "of gmv, given back after delivery",
    "commission": "the platform's part of delivered, less what it gave back, in minor units",
    "affiliates": "what sellers paid creators who sold for them, in minor units",
}
MEASURES: Final = tuple(COLUMNS)[6:]
N_ORIGINS: Final = len(MERCHANTS) * len(GOODS)


@rule
def origins(is_foreign: bool, is_imported: bool) -> int:
    """The place of a pair of origins."""
    return int(is_foreign) * len(GOODS) + int(is_imported)


def empty_cells(n_steps: int) -> Int64Array:
    """Nothing counted: of shape (n_steps, n_regions, n_channels, n_merchant_origins, n_goods_origins, n_measures)."""
    return np.zeros((n_steps, len(REGION_CODES), len(CHANNELS), len(MERCHANTS), len(GOODS), len(MEASURES)), np.int64)


def shop_columns(cells: Int64Array, step_us: int, currency_of_region: Int64Array) -> Series:
    """The columns of `COLUMNS`, sorted by the first three and both origins: the cells in which anything happened.

    Parameters
    ----------
    cells : as `empty_cells` makes them
    step_us : length of a step, in microseconds
    currency_of_region : int64 array of shape (n_regions,), what its topups and orders use
    """
    step, region, channel, merchant, goods = np.nonzero(cells.any(axis=-1))
    columns: Series = {
        "at_us": step * step_us,
        "region": np.array(REGION_CODES, np.uint16)[region],
        "channel": np.array(CHANNELS, "<U5")[channel],
        "currency": currency_of_region[region].astype(np.uint16),
        "merchant": np.array(MERCHANTS)[merchant],
        "goods": np.array(GOODS)[goods],
    }
    found = cells[step, region, channel, merchant, goods]
    return columns | {name: found[:, place].copy() for place, name in enumerate(MEASURES)}
