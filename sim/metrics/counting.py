"""Counting: one pass over a block of records, which adds each to the totals that it changes.

    count(records, counts, worth, step_us)

Compiled, in integers, and in place. A record costs a cell of the series and what its operation asks for; nothing here
grows with time, or with viewers who don't pay.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.compiled import rule
from sim.ledger import CURRENCIES, Item, Kind, Op, Outcome
from sim.ledger.accounts import KIND_SPAN
from sim.ledger.money import FIAT
from sim.ledger.operations import ITEM_SPAN
from sim.metrics.series import APP, CHANNEL_OF_ITEM, CHANNELS, LIVE, MEASURES, RECORDS, REGION_CODES
from sim.metrics.sums import Sums, add_to
from sim.tables import Columns

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
AnyArray = npt.NDArray[np.integer]

CURRENCY_CODES: Final = tuple(sorted(CURRENCIES))
FIAT_CODES: Final = tuple(sorted(FIAT))
OPS: Final = max(Op) + 1
CREATOR_0: Final = KIND_SPAN * Kind.CREATOR
NOWHERE: Final = -1
_CODE_SPAN: Final = 1024  # ISO's numbers have three digits


class Records(NamedTuple):
    """The columns of a block that are counted, arrays of one length."""

    at_us: AnyArray
    op: AnyArray
    actor: AnyArray
    peer: AnyArray
    item: AnyArray
    amount: AnyArray
    currency: AnyArray
    outcome: AnyArray
    revenue: AnyArray
    float_cost: AnyArray
    float_coins: AnyArray
    actor_region: AnyArray


class Counts(NamedTuple):
    """What a run has come to so far; regions and currencies by their place in `REGION_CODES`, `CURRENCY_CODES`.

    cells : the series, as `series.empty_cells`
    accepted : accepted operations, by operation
    amounts : their amounts, of shape (n_operations, n_currencies)
    is_used : whether a currency stands in any record
    currency_of_region : the code of the money that its topups and orders use
    spend : what each payer paid for coins
    packs : what each pack of the app brought
    income : of shape (n_fiat_currencies, n_creators), in millionths of a minor unit
    has_gifts : of shape (n_creators,)
    """

    cells: Int64Array
    accepted: Int64Array
    amounts: Int64Array
    is_used: BoolArray
    currency_of_region: Int64Array
    spend: Sums
    packs: Sums
    income: Int64Array
    has_gifts: BoolArray


class Worth(NamedTuple):
    """What creators earn by a diamond: from each instant on, by their region.

    region_of_creator : of shape (n_creators,), the region's place
    from_us : of shape (n_instants,), ascending from 0
    ppm, currency : of shape (n_instants, n_regions); `currency` is a place in `FIAT_CODES`, or `NOWHERE`
    """

    region_of_creator: AnyArray
    from_us: Int64Array
    ppm: Int64Array
    currency: Int64Array


def _places(codes: tuple[int, ...]) -> Int64Array:
    """The place of each code among all of them."""
    table = np.zeros(_CODE_SPAN, np.int64)
    table[list(codes)] = np.arange(len(codes))
    return table


def _channel_of_item_kind() -> Int64Array:
    table = np.full(2**31 // ITEM_SPAN + 1, APP)
    for kind, name in CHANNEL_OF_ITEM.items():
        table[kind] = CHANNELS.index(name)
    return table


PLACE_OF_REGION: Final = _places(REGION_CODES)
PLACE_OF_CURRENCY: Final = _places(CURRENCY_CODES)
_CHANNEL_OF_KIND: Final = _channel_of_item_kind()
_FIAT_FROM: Final = min(FIAT)

_OPEN, _POLICY, _TOPUP, _GIFT, _ORDER = int(Op.OPEN), int(Op.POLICY), int(Op.TOPUP), int(Op.GIFT), int(Op.ORDER)
_ACCEPTED: Final = int(Outcome.ACCEPTED)
_PACK_APP: Final = int(Item.PACK_APP)
# In the order of MEASURES
(
    _OPERATIONS,
    _DECLINED,
    _TOPUPS,
    _NEW_PAYERS,
    _BOOKINGS,
    _GIFTS,
    _COINS_GIVEN,
    _ORDERS,
    _GMV,
    _REVENUE,
    _FLOAT_COINS,
    _FLOAT_COST,
) = range(len(MEASURES))


def records_of(block: Columns) -> Records:
    """The counted columns of a block."""
    return Records(*(np.ascontiguousarray(block[name]) for name in Records._fields))


@rule
def count(records: Records, counts: Counts, worth: Worth, step_us: int) -> None:
    """Add a block's records, in canonical order, to the counts; these have room for all of them."""
    _, n_regions, n_channels, n_measures = counts.cells.shape
    cells = counts.cells.reshape(-1, n_measures)
    begin_us = end_us = step = instant = 0
    for i in range(len(records.op)):
        at_us, op, item, amount = records.at_us[i], records.op[i], records.item[i], records.amount[i]
        currency = np.int64(records.currency[i])
        is_accepted = records.outcome[i] == _ACCEPTED
        if not begin_us <= at_us < end_us:
            step = at_us // step_us
            begin_us, end_us = step * step_us, (step + 1) * step_us
        region = PLACE_OF_REGION[records.actor_region[i]]
        here = (step * n_regions + region) * n_channels + _channel(op, item)
        cells[here, RECORDS] += 1
        cells[here, _OPERATIONS] += op not in (_OPEN, _POLICY)
        cells[here, _DECLINED] += not is_accepted
        cells[here, _REVENUE] += records.revenue[i]
        cells[here, _FLOAT_COINS] += records.float_coins[i]
        cells[here, _FLOAT_COST] += records.float_cost[i]
        counts.is_used[PLACE_OF_CURRENCY[currency]] = True
        if op in (_TOPUP, _ORDER) and currency >= _FIAT_FROM:
            counts.currency_of_region[region] = currency
        if not is_accepted:
            continue
        counts.accepted[op] += 1
        counts.amounts[op, PLACE_OF_CURRENCY[currency]] += amount
        if op == _GIFT:
            cells[here, _GIFTS] += 1
            cells[here, _COINS_GIVEN] += amount
            while instant + 1 < len(worth.from_us) and worth.from_us[instant + 1] <= at_us:
                instant += 1
            _earn(counts, worth, instant, records.peer[i] - CREATOR_0, amount)
        elif op == _ORDER:
            cells[here, _ORDERS] += 1
            cells[here, _GMV] += amount
        elif op == _TOPUP and currency >= _FIAT_FROM:
            cells[here, _TOPUPS] += 1
            cells[here, _BOOKINGS] += amount
            cells[here, _NEW_PAYERS] += add_to(counts.spend, records.actor[i], currency, amount)
            if item // ITEM_SPAN == _PACK_APP:
                add_to(counts.packs, np.int64(item), currency, amount)


@rule
def _channel(op: int, item: int) -> int:
    """A topup's and an order's channel is its item's; a gift is given in a live stream; the rest happens in the app."""
    channel = _CHANNEL_OF_KIND[item // ITEM_SPAN] if item >= 0 else APP
    return LIVE if channel == APP and op == _GIFT else channel


@rule
def _earn(counts: Counts, worth: Worth, instant: int, creator: int, diamonds: int) -> None:
    if not 0 <= creator < len(worth.region_of_creator):
        raise IndexError("a gift to a creator beyond creators_region")  # compiled code would write beyond its arrays
    region = worth.region_of_creator[creator]
    counts.has_gifts[creator] = True
    currency = worth.currency[instant, region]
    if currency != NOWHERE:
        counts.income[currency, creator] += diamonds * worth.ppm[instant, region]
