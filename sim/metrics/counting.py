"""Counting: one pass over a block of records, which adds each to the totals that it changes.

    count(records, counts, worth, hosts, clock)

Compiled, in integers, and in place. A record costs a cell of the series and what its operation asks for; nothing here
grows with time but by orders, which later records answer, and by hours.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.compiled import inner, on_columns
from sim.ledger import CURRENCIES, REWARD, Item, Kind, Op, Outcome
from sim.ledger.accounts import KIND_SPAN
from sim.ledger.money import FIAT
from sim.ledger.operations import ITEM_SPAN, READS
from sim.metrics.credits import Credits, follow
from sim.metrics.hosts import FIAT_CODES, SELLER_0, Hosts
from sim.metrics.series import APP, CHANNEL_OF_ITEM, CHANNELS, LIVE, MEASURES, RECORDS, REGION_CODES
from sim.metrics.shop import MEASURES as SHOP_MEASURES
from sim.metrics.shop import N_ORIGINS, origins
from sim.metrics.sums import Sums, add_to
from sim.tables import Columns

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
ByteArray = npt.NDArray[np.uint8]
AnyArray = npt.NDArray[np.integer]

CURRENCY_CODES: Final = tuple(sorted(CURRENCIES))
OPS: Final = max(Op) + 1
VIEWER_0: Final = KIND_SPAN * Kind.VIEWER
CREATOR_0: Final = KIND_SPAN * Kind.CREATOR
NOWHERE: Final = -1
_CODE_SPAN: Final = 1024  # ISO's numbers have three digits


class Records(NamedTuple):
    """The columns of a block that are counted, arrays of one length."""

    seq: AnyArray
    at_us: AnyArray
    op: AnyArray
    actor: AnyArray
    peer: AnyArray
    item: AnyArray
    amount: AnyArray
    currency: AnyArray
    ref: AnyArray
    outcome: AnyArray
    revenue: AnyArray
    float_cost: AnyArray
    float_coins: AnyArray
    tax: AnyArray
    store_fee: AnyArray
    debts: AnyArray
    actor_region: AnyArray


class Counts(NamedTuple):
    """What a run has come to so far; regions and currencies by their place in `REGION_CODES`, `CURRENCY_CODES`.

    cells : the series, as `series.empty_cells`
    shop : the series of the shop, as `shop.empty_cells`
    orders_used, order_seq, order_place : how many orders and captures there are, the seq of each, and the place of its
        region, channel and origins among a step's cells of the shop
    accepted : accepted operations, by operation
    amounts : their amounts, of shape (n_operations, n_currencies)
    is_used : whether a currency stands in any record
    spend : what each payer paid for coins
    packs : what each pack of the app brought
    income : of shape (n_fiat_currencies, n_creators), in millionths of a minor unit
    has_gifts : of shape (n_creators,)
    sold, settled : what each seller's orders came to and what was paid out, of shape (n_fiat_currencies, n_sellers)
    credits : what vouchers pay, see `sim.metrics.credits`
    debts : what coins that arrived settled of debts, of shape (n_operations, n_regions)
    asked : a bit for each viewer who did anything, of shape (2, n_viewers / 8): in either half of the run
    returned : of shape (2, n_regions): how many did anything in the first half, and how many of these in the second
    """

    cells: Int64Array
    shop: Int64Array
    orders_used: Int64Array
    order_seq: Int64Array
    order_place: npt.NDArray[np.int16]
    accepted: Int64Array
    amounts: Int64Array
    is_used: BoolArray
    spend: Sums
    packs: Sums
    income: Int64Array
    has_gifts: BoolArray
    sold: Int64Array
    settled: Int64Array
    credits: Credits
    debts: Int64Array
    asked: ByteArray
    returned: Int64Array


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


class Clock(NamedTuple):
    """Microseconds: the step of the series, and the instant at which the second half of the run begins."""

    step_us: int
    half_us: int


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


def _by_op(ops: tuple[Op, ...]) -> BoolArray:
    table = np.zeros(OPS, np.bool_)
    table[list(ops)] = True
    return table


# What a viewer does, whether it is accepted or not; all else is done to her
ACTS: Final = (Op.TOPUP, Op.REWARD, Op.GIFT, Op.ORDER, Op.COIN_REFUND, Op.VOUCHER, Op.BALANCE, Op.HISTORY)

PLACE_OF_REGION: Final = _places(REGION_CODES)
PLACE_OF_CURRENCY: Final = _places(CURRENCY_CODES)
PLACE_OF_FIAT: Final = _places(FIAT_CODES)
_CHANNEL_OF_KIND: Final = _channel_of_item_kind()
_IS_ACT: Final = _by_op(ACTS)
_IS_READ: Final = _by_op(tuple(READS))
_IS_COINS: Final = _by_op((Op.TOPUP, Op.REWARD, Op.EXPIRE, Op.GIFT, Op.CHARGEBACK, Op.COIN_REFUND))
_IS_SHOP: Final = _by_op((Op.VOUCHER, Op.ORDER, Op.CAPTURE, Op.CANCEL, Op.REFUND, Op.SETTLE, Op.AFFILIATE))
_FIAT_FROM: Final = min(FIAT)

_OPEN, _POLICY, _TOPUP, _GIFT, _ORDER = int(Op.OPEN), int(Op.POLICY), int(Op.TOPUP), int(Op.GIFT), int(Op.ORDER)
_VOUCHER: Final = int(Op.VOUCHER)
_REWARD, _EXPIRE, _SETTLE = int(Op.REWARD), int(Op.EXPIRE), int(Op.SETTLE)
_CHARGEBACK, _COIN_REFUND = int(Op.CHARGEBACK), int(Op.COIN_REFUND)
_CAPTURE, _CANCEL, _REFUND, _AFFILIATE = int(Op.CAPTURE), int(Op.CANCEL), int(Op.REFUND), int(Op.AFFILIATE)
_ACCEPTED: Final = int(Outcome.ACCEPTED)
_SMALL: Final = 2**31
_MOST: Final = 2**63 - 1
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
    _COMMISSION,
    _TAX,
    _STORE_FEES,
    _CHARGED_BACK,
    _COINS_REFUNDED,
    _REWARDS_ISSUED,
    _REWARDS_GIVEN,
    _REWARDS_EXPIRED,
    _CREATOR_INCOME,
    _REWARD_COST,
) = range(len(MEASURES))
(
    _SHOP_ORDERS,
    _SHOP_GMV,
    _SHOP_COINS,
    _SHOP_CANCELLED,
    _SHOP_DELIVERED,
    _SHOP_REFUNDED,
    _SHOP_COMMISSION,
    _SHOP_AFFILIATES,
) = range(len(SHOP_MEASURES))


def records_of(block: Columns) -> Records:
    """The counted columns of a block."""
    return Records(*(np.ascontiguousarray(block[name]) for name in Records._fields))


def count(records: Records, counts: Counts, worth: Worth, hosts: Hosts, clock: Clock) -> None:
    """Add a block's records, in canonical order, to the counts; these have room for all of them."""
    cells, shop = (cells.reshape(-1, cells.shape[-1]) for cells in (counts.cells, counts.shop))
    _count(records, counts, cells, shop, worth, hosts, clock)


@on_columns
def _count(
    records: Records,
    counts: Counts,
    cells: Int64Array,
    shop: Int64Array,
    worth: Worth,
    hosts: Hosts,
    clock: Clock,
) -> None:
    _, n_regions, n_channels, _ = counts.cells.shape
    begin_us = end_us = step = instant = 0
    for i in range(len(records.op)):
        at_us, op = records.at_us[i], records.op[i]
        if not begin_us <= at_us < end_us:
            step = at_us // clock.step_us
            begin_us, end_us = step * clock.step_us, (step + 1) * clock.step_us
        region, channel = PLACE_OF_REGION[records.actor_region[i]], _channel(op, records.item[i])
        cell = cells[(step * n_regions + region) * n_channels + channel]
        is_accepted = records.outcome[i] == _ACCEPTED
        cell[RECORDS] += 1
        cell[_OPERATIONS] += op not in (_OPEN, _POLICY)
        cell[_DECLINED] += not is_accepted
        if _IS_ACT[op] and records.actor[i] < CREATOR_0:
            _return(counts, region, records.actor[i] - VIEWER_0, int(at_us >= clock.half_us))
        counts.accepted[op] += is_accepted
        if _IS_READ[op]:
            continue
        _count_money(records, i, cell, counts)
        if not is_accepted:
            continue
        counts.amounts[op, PLACE_OF_CURRENCY[np.int64(records.currency[i])]] += records.amount[i]
        counts.debts[op, region] += records.debts[i]
        if op == _GIFT:
            while instant + 1 < len(worth.from_us) and worth.from_us[instant + 1] <= at_us:
                instant += 1
            creator = _creator_of(records, i, worth)
            home = worth.region_of_creator[creator]
            earning = cells[(step * n_regions + home) * n_channels + LIVE]
            _earn(records, i, earning, counts, creator, worth.currency[instant, home], worth.ppm[instant, home])
        if _IS_COINS[op]:
            _count_coins(records, i, cell, counts)
        elif _IS_SHOP[op]:
            _count_shop(records, i, cell, counts, shop, hosts, step, region * n_channels + channel)


@inner
def _creator_of(records: Records, i: int, worth: Worth) -> int:
    creator = records.peer[i] - CREATOR_0
    if not 0 <= creator < len(worth.region_of_creator):
        raise IndexError("a gift to a creator beyond hosts.creators_region")  # compiled code would write anywhere
    return int(creator)


@inner
def _channel(op: int, item: int) -> int:
    """A topup's and an order's channel is its item's; a gift is given in a live stream; the rest happens in the app."""
    channel = _CHANNEL_OF_KIND[item // ITEM_SPAN] if item >= 0 else APP
    return LIVE if channel == APP and op == _GIFT else channel


@inner
def _count_money(records: Records, i: int, cell: Int64Array, counts: Counts) -> None:
    """What a record moved, and in which money; one that was declined moved nothing."""
    cell[_REVENUE] += records.revenue[i]
    cell[_FLOAT_COINS] += records.float_coins[i]
    cell[_FLOAT_COST] += records.float_cost[i]
    cell[_TAX] += records.tax[i]
    cell[_STORE_FEES] += records.store_fee[i]
    counts.is_used[PLACE_OF_CURRENCY[np.int64(records.currency[i])]] = True


@inner
def _return(counts: Counts, region: int, viewer: int, half: int) -> None:
    """Note that a viewer did something in a half of the run."""
    place, bit = viewer >> 3, np.uint8(1 << (viewer & 7))
    if not 0 <= place < counts.asked.shape[1]:
        raise IndexError("a viewer beyond the scenario's")
    if counts.asked[half, place] & bit:
        return
    counts.asked[half, place] |= bit
    if half == 0 or counts.asked[0, place] & bit:
        counts.returned[half, region] += 1


@inner
def _count_coins(records: Records, i: int, cell: Int64Array, counts: Counts) -> None:
    op, item, amount, currency = records.op[i], records.item[i], records.amount[i], np.int64(records.currency[i])
    if op == _GIFT:
        cell[_GIFTS] += 1
        cell[_COINS_GIVEN] += amount
        cell[_REWARDS_GIVEN] += amount + records.float_coins[i]
    elif op == _REWARD:
        cell[_REWARDS_ISSUED] += amount
    elif op == _EXPIRE:
        cell[_REWARDS_EXPIRED] += amount if currency == REWARD else 0
    elif op == _CHARGEBACK:
        cell[_CHARGED_BACK] += amount
    elif op == _COIN_REFUND:  # what fan gets, others give
        cell[_COINS_REFUNDED] -= records.revenue[i] + records.float_cost[i] + records.tax[i] + records.store_fee[i]
    elif op == _TOPUP and currency >= _FIAT_FROM:
        cell[_TOPUPS] += 1
        cell[_BOOKINGS] += amount
        cell[_NEW_PAYERS] += add_to(counts.spend, records.actor[i], currency, amount)
        if item // ITEM_SPAN == _PACK_APP:
            add_to(counts.packs, np.int64(item), currency, amount)


@inner
def _earn(
    records: Records, i: int, cell: Int64Array, counts: Counts, creator: int, currency: int, value_ppm: int
) -> None:
    """A gift's diamonds to its creator, whose region's cell it is."""
    counts.has_gifts[creator] = True
    if currency != NOWHERE:
        earned = _times(records.amount[i], value_ppm)
        if earned > _MOST - counts.income[currency, creator]:
            raise OverflowError("a creator's income is beyond 64 bits of millionths of a minor unit")
        counts.income[currency, creator] += earned
        cell[_CREATOR_INCOME] += earned
        cell[_REWARD_COST] += (records.amount[i] + records.float_coins[i]) * value_ppm


@inner
def _times(amount: int, value_ppm: int) -> int:
    """The worth of diamonds in millionths."""
    if (amount > _SMALL or value_ppm > _SMALL) and amount > _MOST // max(value_ppm, 1):
        raise OverflowError("a gift's worth is beyond 64 bits of millionths of a minor unit")
    return amount * value_ppm


@inner
def _count_shop(
    records: Records,
    i: int,
    cell: Int64Array,
    counts: Counts,
    shop: Int64Array,
    hosts: Hosts,
    step: int,
    place: int,
) -> None:
    op, amount, currency = records.op[i], records.amount[i], np.int64(records.currency[i])
    if op == _VOUCHER:
        _credit_returned(records, i, counts)
        return
    if op == _SETTLE:
        if records.actor[i] >= SELLER_0:
            counts.settled[PLACE_OF_FIAT[currency], records.actor[i] - SELLER_0] += amount
        return
    if op == _ORDER:
        seller = records.peer[i] - SELLER_0
        if not 0 <= seller < len(hosts.sellers_foreign):
            raise IndexError("an order from a seller beyond hosts.sellers_region")
        place = place * N_ORIGINS + origins(hosts.sellers_foreign[seller], _is_imported(hosts, records.item[i]))
        _remember(counts, records.seq[i], place)
        cell[_ORDERS] += 1
        if currency >= _FIAT_FROM:
            cell[_GMV] += amount
            counts.sold[PLACE_OF_FIAT[currency], seller] += amount
    else:
        place = _place_of(counts, records.ref[i])
    commission = records.revenue[i] - records.debts[i] - _credit_returned(records, i, counts)
    cell[_COMMISSION] += commission if op in (_CAPTURE, _REFUND) else 0
    if place != NOWHERE:
        sale = shop[step * (shop.shape[0] // counts.shop.shape[0]) + place]
        _count_sale(records, i, sale, counts, place, commission)


@inner
def _credit_returned(records: Records, i: int, counts: Counts) -> int:
    """What of a voucher a record gives back after delivery."""
    currency = np.int64(records.currency[i])
    back = follow(
        counts.credits,
        np.int64(records.op[i]),
        records.seq[i],
        records.ref[i],
        records.amount[i],
        currency,
        records.revenue[i],
        records.tax[i],
    )
    if back:
        counts.credits.returned[PLACE_OF_FIAT[currency]] += back
    return back


@inner
def _count_sale(records: Records, i: int, sale: Int64Array, counts: Counts, place: int, commission: int) -> None:
    """Into the shop's series, where the order stands."""
    op, in_money = records.op[i], records.currency[i] >= _FIAT_FROM
    amount = records.amount[i] if in_money else 0
    if op == _AFFILIATE:
        sale[_SHOP_AFFILIATES] += amount
        return
    if op == _ORDER:
        sale[_SHOP_ORDERS] += 1
        sale[_SHOP_GMV] += amount
        sale[_SHOP_COINS] += 0 if in_money else records.amount[i]
    elif op == _CANCEL:
        sale[_SHOP_CANCELLED] += amount
    elif op == _CAPTURE:
        sale[_SHOP_DELIVERED] += amount
        sale[_SHOP_COMMISSION] += commission if in_money else 0
        _remember(counts, records.seq[i], place)
    else:
        sale[_SHOP_REFUNDED] += amount
        sale[_SHOP_COMMISSION] += commission if in_money else 0


@inner
def _is_imported(hosts: Hosts, item: int) -> bool:
    good = item % ITEM_SPAN
    return bool(hosts.goods_imported[good]) if item >= 0 and good < len(hosts.goods_imported) else False


@inner
def _remember(counts: Counts, seq: int, place: int) -> None:
    """An order or a capture that later records may answer; seqs ascend."""
    n = counts.orders_used[0]
    counts.order_seq[n] = seq
    counts.order_place[n] = place
    counts.orders_used[0] = n + 1


@inner
def _place_of(counts: Counts, ref: int) -> int:
    """Where the order stands that a record answers, or `NOWHERE`."""
    low, high = 0, counts.orders_used[0]
    while low < high:
        middle = (low + high) // 2
        if counts.order_seq[middle] < ref:
            low = middle + 1
        else:
            high = middle
    is_known = low < counts.orders_used[0] and counts.order_seq[low] == ref
    return counts.order_place[low] if is_known else NOWHERE
