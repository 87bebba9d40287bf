"""The time series behind metrics.parquet: one row for each hour, region and channel in which anything happened.

    SELECT at_us // 86400000000 AS day, channel, sum(bookings) FROM 'metrics.parquet' GROUP BY ALL

Every measure is an amount of the hour, so it adds up over hours, regions (of one currency) and channels. A stock is
the sum of its changes: the coin float at an instant is the sum of `float_coins` up to it, the payers so far the sum of
`new_payers`.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from sim.ledger import REGIONS, Kind, Op, Outcome
from sim.ledger.accounts import KIND_SPAN
from sim.ledger.money import FIAT
from sim.metrics.breakdown import accepted, channels
from sim.metrics.recognition import Recognition
from sim.trace import Trace

Int64Array = npt.NDArray[np.int64]

HOUR_US: Final = 3_600_000_000

COLUMNS: Final = {
    "at_us": "start of the hour, in microseconds from the scenario's start",
    "region": "ISO 3166-1 number of the actor's region, 0 where there is none",
    "channel": "app, web, live, shop or video",
    "currency": "ISO 4217 number of the region's money, 0 where no money moved",
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
}


def time_series(trace: Trace, recognition: Recognition, step_us: int = HOUR_US) -> dict[str, npt.NDArray[np.generic]]:
    """Measures by step, region and channel, sorted by the three.

    Parameters
    ----------
    trace : the run's trace
    recognition : what each of its records earned
    step_us : length of a step, in microseconds

    Returns
    -------
    the columns of `COLUMNS`, arrays of one shape
    """
    step = trace.columns["at_us"] // step_us
    region = actor_regions(trace)
    channel_names, channel = np.unique(channels(trace), return_inverse=True)
    code = (step * (max(REGIONS) + 1) + region) * len(channel_names) + channel
    codes, row = np.unique(code, return_inverse=True)

    rest, channel_of_row = np.divmod(codes, len(channel_names))
    step_of_row, region_of_row = np.divmod(rest, max(REGIONS) + 1)
    columns: dict[str, npt.NDArray[np.generic]] = {
        "at_us": step_of_row * step_us,
        "region": region_of_row.astype(np.uint16),
        "channel": channel_names[channel_of_row],
        "currency": _currency_of_region(trace, region)[region_of_row],
    }
    for name, values in _measures(trace, recognition).items():
        columns[name] = np.zeros(len(codes), np.int64)
        np.add.at(columns[name], row, values)
    return columns


def _measures(trace: Trace, recognition: Recognition) -> dict[str, Int64Array]:
    amount = trace.columns["amount"]
    topup, gift, order = (accepted(trace, op) for op in (Op.TOPUP, Op.GIFT, Op.ORDER))
    asked = ~np.isin(trace.columns["op"], (Op.OPEN, Op.POLICY))
    paid = topup & np.isin(trace.columns["currency"], tuple(FIAT))
    return {
        "operations": asked.astype(np.int64),
        "declined": (trace.columns["outcome"] != Outcome.ACCEPTED).astype(np.int64),
        "topups": paid.astype(np.int64),
        "new_payers": _first_of_each(trace.columns["actor"], paid),
        "bookings": amount * (paid),
        "gifts": gift.astype(np.int64),
        "coins_given": amount * gift,
        "orders": order.astype(np.int64),
        "gmv": amount * order,
        "revenue": recognition.revenue,
        "float_coins": recognition.float_coins,
        "float_cost": recognition.float_cost,
    }


def _first_of_each(keys: Int64Array, mask: npt.NDArray[np.bool_]) -> Int64Array:
    """1 at the first masked record of each key, 0 elsewhere."""
    first = np.zeros(len(keys), np.int64)
    places = np.flatnonzero(mask)
    first[places[np.unique(keys[places], return_index=True)[1]]] = 1
    return first


def actor_regions(trace: Trace) -> Int64Array:
    """The region in which each record's actor was opened; 0 for a policy that binds everyone."""
    opened = accepted(trace, Op.OPEN)
    ids, regions = trace.columns["actor"][opened], trace.columns["region"][opened]
    order = np.argsort(ids)
    ids, regions = ids[order], regions[order].astype(np.int64)
    actor = trace.columns["actor"]
    place = np.minimum(np.searchsorted(ids, actor), max(len(ids) - 1, 0))
    return np.where(actor >= KIND_SPAN * Kind.VIEWER, regions[place], 0) if len(ids) else np.zeros(len(actor), np.int64)


def _currency_of_region(trace: Trace, region: Int64Array) -> npt.NDArray[np.uint16]:
    """The fiat currency that a region's topups and orders use, by region number."""
    table = np.zeros(max(REGIONS) + 1, np.uint16)
    money = np.isin(trace.columns["currency"], tuple(FIAT)) & np.isin(trace.columns["op"], (Op.TOPUP, Op.ORDER))
    table[region[money]] = trace.columns["currency"][money]
    return table
