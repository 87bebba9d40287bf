"""The time series behind metrics.parquet: one row for each hour, region and channel in which anything happened.

    SELECT at_us // 86400000000 AS day, channel, sum(bookings) FROM 'metrics.parquet' GROUP BY ALL

Every measure is an amount of the hour, so it adds up over hours, regions (of one currency) and channels. The region
is the actor's; income is counted in the region of the creator. A stock is
the sum of its changes: the coin float at an instant is the sum of `float_coins` up to it, the payers so far the sum of
`new_payers`.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from sim.ledger import REGIONS, Item
from sim.ledger.money import PPM
from sim.scenario import Scenario

Int64Array = npt.NDArray[np.int64]
Series = dict[str, npt.NDArray[np.generic]]

HOUR_US: Final = 3_600_000_000

COLUMNS: Final = {
    "at_us": "start of the hour, in microseconds from the scenario's start",
    "region": "ISO 3166-1 number of the actor's region, 0 where there is none",
    "channel": "app, web, live, shop or video",
    "currency": "ISO 4217 number of the region's money, 0 where there is no region",
    "operations": "operations asked of the wallet, reads and declines included",
    "declined": "operations declined",
    "topups": "accepted topups paid in money",
    "new_payers": "viewers whose first topup this was",
    "bookings": "prices of accepted topups, in minor units",
    "gifts": "accepted gifts",
    "coins_given": "coins of accepted gifts",
    "orders": "accepted orders",
    "gmv": "prices of accepted orders before tax, in minor units",
    "revenue": "recognized revenue, in minor units; negative where chargebacks and refunds outweigh it",
    "float_coins": "change of the coins held by viewers, net of coins owed",
    "float_cost": "change of the money received for unspent coins, in minor units",
    "commission": "revenue of goods delivered and refunded, in minor units",
    "tax": "change of the tax due on coins and goods, in minor units",
    "store_fees": "what app stores and payment processors kept, in minor units",
    "charged_back": "prices of charged-back topups, in minor units",
    "coins_refunded": "money returned for unspent coins, in minor units",
    "rewards_issued": "reward coins granted",
    "rewards_given": "reward coins among the coins given",
    "rewards_expired": "coins that expired",
    "creator_income": "worth of the diamonds minted to the region's own creators, in minor units of their money",
    "reward_cost": "the part of creator_income that was given in reward coins",
}

REGION_CODES: Final = tuple(sorted(REGIONS))
CHANNELS: Final = ("app", "live", "shop", "video", "web")
APP: Final = CHANNELS.index("app")
LIVE: Final = CHANNELS.index("live")
CHANNEL_OF_ITEM: Final = {
    Item.PACK_WEB: "web",
    Item.PACK_CUSTOM: "web",
    Item.GOOD_SHOP: "shop",
    Item.GOOD_VIDEO: "video",
    Item.GOOD_LIVE: "live",
}

# The last axis of what is counted: the measures, and the records of whatever kind, setup included
MEASURES: Final = tuple(COLUMNS)[4:]
RECORDS: Final = len(MEASURES)
IN_MILLIONTHS: Final = ("creator_income", "reward_cost")  # of a minor unit, while they are counted


def step_us(scenario: Scenario) -> int:
    """The step of a scenario's series: an hour, or a window where that is longer."""
    return max(HOUR_US, scenario.window_us)


def empty_cells(n_steps: int) -> Int64Array:
    """Nothing counted: int64 array of shape (n_steps, n_regions, n_channels, n_measures + 1)."""
    return np.zeros((n_steps, len(REGION_CODES), len(CHANNELS), len(MEASURES) + 1), np.int64)


def series_columns(cells: Int64Array, step_us: int, currency_of_region: Int64Array) -> Series:
    """The columns of `COLUMNS`, sorted by the first three: the cells in which there was any record, or income.

    Parameters
    ----------
    cells : as `empty_cells` makes them
    step_us : length of a step, in microseconds
    currency_of_region : int64 array of shape (n_regions,), what its topups and orders use
    """
    step, region, channel = np.nonzero(cells.any(axis=-1))
    columns: Series = {
        "at_us": step * step_us,
        "region": np.array(REGION_CODES, np.uint16)[region],
        "channel": np.array(CHANNELS, "<U5")[channel],
        "currency": currency_of_region[region].astype(np.uint16),
    }
    found = cells[step, region, channel]
    for name in IN_MILLIONTHS:
        whole = in_whole(cells[..., MEASURES.index(name)])
        found[:, MEASURES.index(name)] = whole[step, region, channel]
    return columns | {name: found[:, place].copy() for place, name in enumerate(MEASURES)}


def in_whole(millionths: Int64Array) -> Int64Array:
    """Amounts of successive steps in whole units, so that up to any step they add up to the sum, rounded half up."""
    so_far = (np.cumsum(millionths, axis=0) + PPM // 2) // PPM
    return np.diff(so_far, axis=0, prepend=0)
