"""Purses: viewers' coins and rewards as columns, and the ledger's rules of coins over them.

Each rule decides and posts exactly as its namesake in `sim.ledger.coins`; lots and grants are lists inside arrays, in
the order in which they are spent.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.types import Int64Array
from sim.compiled import inner
from sim.engines.columns.amounts import share_left
from sim.engines.columns.codes import (
    ACCEPTED,
    BANK,
    BREAKAGE,
    CANCEL,
    CHARGEBACK,
    COIN_REFUND,
    ESCROW,
    EXCHANGE,
    EXPIRE,
    FROZEN,
    GIFT,
    HOLDER,
    INSUFFICIENT_FUNDS,
    ORDER,
    OVER_CAP,
    OVER_LIMIT,
    PLATFORM,
    REWARD,
    STORE,
    SUSPENDED,
    TAX,
    TOPUP,
)
from sim.engines.columns.rates import NO_LIMIT
from sim.engines.columns.rows import Struct, Structs, wide
from sim.engines.columns.totals import COINS, DIAMONDS, REWARDS, Totals, amend, post

NONE: Final = -1
NEVER: Final = -1


HELD_COINS: Final = 1
HELD_REWARDS: Final = 2


# A purse:
#   viewer              whose it is
#   coins, rewards      held; coins are negative by what a chargeback left owing
#   first_, last_lot    the list of its lots, in the order in which they are spent; so with grants
#   came_on, watched    local day of the last visit that was rewarded, and what watching has brought on it
#   week, spent         minor units spent in that week
#   held                which assets an entry has ever touched
PURSE: Final = np.dtype(
    [
        ("coins", np.int64),
        ("rewards", np.int64),
        ("spent", np.int64),
        ("viewer", np.int32),
        ("first_lot", np.int32),
        ("last_lot", np.int32),
        ("first_grant", np.int32),
        ("last_grant", np.int32),
        ("came_on", np.int32),
        ("watched", np.int32),
        ("week", np.int32),
        ("held", np.int32),
    ],
    align=True,
)
# What is left of a topup's coins, what the topup cost the buyer, of it the tax, and brought the platform, when, of what
# pack, the topup's ticket if somebody may answer it, and the next lot.
LOT: Final = np.dtype(
    [
        (name, np.int64)
        for name in ("coins", "left", "cost", "price", "tax", "serial", "ticket", "at_us", "item", "next")
    ],
    align=True,
)
# A reward that expires at the first boundary from `expires_us` on; `item` says for what it was given.
GRANT: Final = np.dtype(
    [("ticket", np.int64), ("expires_us", np.int64)] + [(name, np.int32) for name in ("purse", "next", "item", "left")],
    align=True,
)
# The state of a ring of grants: its first and how many; the last one's life; whether lives differ, so that a later
# grant may expire before an earlier one.
FIRST, COUNT, LIFE_US, MIXED = range(4)


class Lots(NamedTuple):
    """Coins of topups not yet spent: an array of `LOT`. `state` is [first free, next never used, next serial]."""

    state: Int64Array
    lot: Structs


class Grants(NamedTuple):
    """Rewards that will expire: an array of `GRANT`, a ring in the order of windows. `state`: see `FIRST`.

    A grant whose boundary has passed, or that was spent, has nothing left; its place is free once it is the first.
    """

    state: Int64Array
    grant: Structs


class Spent(NamedTuple):
    """What an operation on a purse came to."""

    outcome: int
    earned: int  # the platform's, in minor units
    coins: int  # paid coins that left the purse


def new_purses(viewers: npt.NDArray[np.integer]) -> Structs:
    """Empty purses of these viewers."""
    purses = np.zeros(len(viewers), PURSE)
    purses["viewer"] = viewers
    for name in ("first_lot", "last_lot", "first_grant", "last_grant", "came_on", "week"):
        purses[name] = NONE
    return purses


def new_lots(capacity: int = 1024) -> Lots:
    """Room for lots."""
    return Lots(np.array([NONE, 0, 0], np.int64), np.zeros(capacity, LOT))


def new_grants(capacity: int = 4096) -> Grants:
    """Room for grants."""
    return Grants(np.array([0, 0, NEVER, 0], np.int64), np.zeros(capacity, GRANT))


@inner
def topup_outcome(mine: Struct, coins: int, paid: int, suspended: int, limits: Struct) -> int:
    """Whether a purse may take so many coins, with `paid` minor units for topups this month, within a tier's limits."""
    if suspended:
        return SUSPENDED
    if limits.topup_limit != NO_LIMIT and paid > limits.topup_limit:
        return OVER_LIMIT
    return OVER_CAP if limits.balance_cap != NO_LIMIT and mine.coins + coins > limits.balance_cap else ACCEPTED


@inner
def top_up(
    purses: Structs,
    lots: Lots,
    totals: Totals,
    purse: int,
    asset: int,
    item: int,
    coins: int,
    price: int,
    fee: int,
    tax: int,
    at_us: int,
    ticket: int,
) -> tuple[int, int]:
    """Coins minted as a lot, after what is owed; returns what that earned, and the lot's serial."""
    mine = purses[purse]
    owed = min(max(-mine.coins, 0), coins)
    cost = price - fee - tax
    left = coins - owed
    earned = cost - share_left(cost, left, coins)
    serial = lots.state[2]
    lots.state[2] += 1
    if left:
        place = _append_lot(purses, lots, purse)
        lot = lots.lot[place]
        lot.coins = coins
        lot.left = left
        lot.cost = cost
        lot.price = price
        lot.tax = tax
        lot.serial = serial
        lot.ticket = ticket
        lot.at_us = at_us
        lot.item = item
    mine.coins += coins
    mine.held |= HELD_COINS
    post(totals, TOPUP, BANK, asset, -price)
    post(totals, TOPUP, STORE, asset, fee)
    post(totals, TOPUP, TAX, asset, tax)
    post(totals, TOPUP, EXCHANGE, asset, cost - earned)
    post(totals, TOPUP, PLATFORM, asset, earned)
    post(totals, TOPUP, EXCHANGE, COINS, -coins)
    post(totals, TOPUP, HOLDER, COINS, coins)
    return earned, int(serial)


@inner
def _free_place(lots: Lots) -> int:
    """A place for a lot that nobody uses."""
    place = lots.state[0]
    if place == NONE:
        place = lots.state[1]
        lots.state[1] += 1
    else:
        lots.state[0] = lots.lot[place].next
    return int(place)


@inner
def _append_lot(purses: Structs, lots: Lots, purse: int) -> int:
    """A free place as the last of a purse's lots."""
    mine, place = purses[purse], _free_place(lots)
    lots.lot[place].next = NONE
    if mine.first_lot == NONE:
        mine.first_lot = place
    else:
        lots.lot[mine.last_lot].next = place
    mine.last_lot = place
    return int(place)


@inner
def _take_coins(purses: Structs, lots: Lots, purse: int, amount: int) -> int:
    """Take coins from the oldest lots; returns the money earned. What the lots lack is owed."""
    mine = purses[purse]
    mine.coins -= amount
    earned = 0
    while amount and mine.first_lot != NONE:
        place = mine.first_lot
        lot = lots.lot[place]
        before = lot.left
        taken = min(before, amount)
        after = before - taken
        earned += share_left(lot.cost, before, lot.coins) - share_left(lot.cost, after, lot.coins)
        lot.left = after
        amount -= taken
        if not after:
            mine.first_lot = lot.next
            lot.next = lots.state[0]
            lots.state[0] = place
    return int(earned)


@inner
def grant(
    purses: Structs,
    grants: Grants,
    totals: Totals,
    purse: int,
    item: int,
    amount: int,
    at_us: int,
    life_us: int,
    ticket: int,
) -> None:
    """Reward coins minted; where they never expire (a life of 0), nothing needs to tell them apart."""
    mine, state = purses[purse], grants.state
    if life_us != state[LIFE_US]:
        state[MIXED] |= state[LIFE_US] != NEVER
        state[LIFE_US] = life_us
    if life_us:
        place = (state[FIRST] + state[COUNT]) % grants.grant.shape[0]
        state[COUNT] += 1
        given = grants.grant[place]
        given.purse = purse
        given.item = item
        given.left = amount
        given.expires_us = at_us + life_us
        given.ticket = ticket
        _keep(mine, grants, place)
    mine.rewards += amount
    mine.held |= HELD_REWARDS
    post(totals, REWARD, EXCHANGE, REWARDS, -amount)
    post(totals, REWARD, HOLDER, REWARDS, amount)


@inner
def _keep(mine: Struct, grants: Grants, place: int) -> None:
    """Put a grant among a purse's own, behind those that expire no later."""
    grant, expires_us = grants.grant, grants.grant[place].expires_us
    if mine.first_grant == NONE or expires_us < grant[mine.first_grant].expires_us:
        grant[place].next = mine.first_grant
        if mine.first_grant == NONE:
            mine.last_grant = place
        mine.first_grant = place
        return
    before = wide(mine.last_grant)
    if expires_us < grant[before].expires_us:
        before = wide(mine.first_grant)
        while grant[grant[before].next].expires_us <= expires_us:
            before = wide(grant[before].next)
    grant[place].next = grant[before].next
    grant[before].next = place
    if grant[place].next == NONE:
        mine.last_grant = place


@inner
def _take_rewards(purses: Structs, grants: Grants, purse: int, amount: int) -> None:
    mine = purses[purse]
    mine.rewards -= amount
    while amount and mine.first_grant != NONE:
        given = grants.grant[mine.first_grant]
        taken = min(wide(given.left), amount)
        given.left -= taken
        amount -= taken
        if not given.left:
            mine.first_grant = given.next


@inner
def expire(purses: Structs, grants: Grants, totals: Totals, place: int) -> int:
    """Let what is left of a grant break; returns how much that is."""
    given = grants.grant[place]
    mine, left = purses[given.purse], wide(given.left)
    mine.rewards -= left
    given.left = 0
    # Of one viewer's grants the first expires first; of several at one boundary, whichever is asked for.
    while mine.first_grant != NONE and not grants.grant[mine.first_grant].left:
        mine.first_grant = grants.grant[mine.first_grant].next
    post(totals, EXPIRE, HOLDER, REWARDS, -left)
    post(totals, EXPIRE, BREAKAGE, REWARDS, left)
    return int(left)


@inner
def give(
    purses: Structs,
    lots: Lots,
    grants: Grants,
    totals: Totals,
    purse: int,
    asset: int,
    amount: int,
    suspended: int,
    room: int,
) -> Spent:
    """Coins retired, rewards first, and as many diamonds minted; the spent lots' money earned.

    `room` is what limits leave for today, in coins.
    """
    coins, rewards = purses[purse].coins, purses[purse].rewards
    if suspended:
        return Spent(SUSPENDED, 0, 0)
    if coins < 0:
        return Spent(FROZEN, 0, 0)
    if amount > room:
        return Spent(OVER_LIMIT, 0, 0)
    if coins + rewards < amount:
        return Spent(INSUFFICIENT_FUNDS, 0, 0)
    from_rewards = min(rewards, amount)
    from_coins = amount - from_rewards
    if from_rewards:
        _take_rewards(purses, grants, purse, from_rewards)
        post(totals, GIFT, HOLDER, REWARDS, -from_rewards)
        post(totals, GIFT, EXCHANGE, REWARDS, from_rewards)
    earned = 0
    if from_coins:
        earned = _take_coins(purses, lots, purse, from_coins)
        post(totals, GIFT, HOLDER, COINS, -from_coins)
        post(totals, GIFT, EXCHANGE, COINS, from_coins)
        post(totals, GIFT, EXCHANGE, asset, -earned)
        post(totals, GIFT, PLATFORM, asset, earned)
    post(totals, GIFT, EXCHANGE, DIAMONDS, -amount)
    post(totals, GIFT, HOLDER, DIAMONDS, amount)
    return Spent(ACCEPTED, int(earned), int(from_coins))


class Paid(NamedTuple):
    """How an order in coins went, and its lot: cost, price, and when the first of its coins were bought."""

    outcome: int
    cost: int
    price: int
    at_us: int


@inner
def pay(purses: Structs, lots: Lots, totals: Totals, purse: int, amount: int, suspended: int, room: int) -> Paid:
    """Bought coins, which the purse holds, into escrow: out of the oldest lots, as one."""
    if suspended:
        return Paid(SUSPENDED, 0, 0, 0)
    if amount > room:
        return Paid(OVER_LIMIT, 0, 0, 0)
    mine, cost, price = purses[purse], 0, 0
    at_us = wide(lots.lot[mine.first_lot].at_us)
    mine.coins -= amount
    left = amount
    while left:
        place = mine.first_lot
        lot = lots.lot[place]
        before, taken = lot.left, min(lot.left, left)
        after = before - taken
        cost += share_left(lot.cost, before, lot.coins) - share_left(lot.cost, after, lot.coins)
        price += _part(lot.price, before, lot.coins) - _part(lot.price, after, lot.coins)
        lot.left = after
        left -= taken
        if not after:
            mine.first_lot = lot.next
            lot.next = lots.state[0]
            lots.state[0] = place
    post(totals, ORDER, HOLDER, COINS, -amount)
    post(totals, ORDER, ESCROW, COINS, amount)
    return Paid(ACCEPTED, int(cost), int(price), at_us)


@inner
def take_back(purses: Structs, lots: Lots, totals: Totals, purse: int, asset: int, back: Struct) -> int:
    """Coins of an order that came to nothing, a `RETURNED`, as the first to be spent again; returns what debts earned.

    All other entries of the operation are posted where the order is.
    """
    mine, coins = purses[purse], wide(back.coins)
    owed = min(max(-mine.coins, 0), coins)
    left = coins - owed
    earned = back.cost - share_left(back.cost, left, coins)
    if left:
        place = _free_place(lots)
        lot = lots.lot[place]
        lot.coins = coins
        lot.left = left
        lot.cost = back.cost
        lot.price = back.price
        lot.tax = 0
        lot.serial = lots.state[2]
        lot.ticket = NONE
        lot.at_us = back.at_us
        lot.next = mine.first_lot
        lots.state[2] += 1
        if mine.first_lot == NONE:
            mine.last_lot = place
        mine.first_lot = place
    mine.coins += coins
    source = ESCROW if back.op == CANCEL else EXCHANGE
    post(totals, back.op, HOLDER, COINS, coins)
    post(totals, back.op, source, COINS, -coins)
    amend(totals, back.op, EXCHANGE, asset, back.exchange, -earned)
    amend(totals, back.op, PLATFORM, asset, back.platform, earned)
    return int(earned)


@inner
def charge_back(
    purses: Structs,
    lots: Lots,
    totals: Totals,
    purse: int,
    asset: int,
    coins: int,
    price: int,
    fee: int,
    tax: int,
    serial: int,
) -> tuple[int, int]:
    """What is left of a topup reversed, its coins first; returns the platform's part (a loss) and what lots earned."""
    _put_first(purses, lots, purse, serial)
    earned = _take_coins(purses, lots, purse, coins)
    lost = fee + tax - price + earned
    post(totals, CHARGEBACK, STORE, asset, -fee)
    post(totals, CHARGEBACK, TAX, asset, -tax)
    post(totals, CHARGEBACK, BANK, asset, price)
    post(totals, CHARGEBACK, PLATFORM, asset, lost)
    post(totals, CHARGEBACK, EXCHANGE, asset, -earned)
    post(totals, CHARGEBACK, HOLDER, COINS, -coins)
    post(totals, CHARGEBACK, EXCHANGE, COINS, coins)
    return lost, earned


@inner
def lot_to_return(mine: Struct, lots: Lots, bought_after_us: int) -> int:
    """The first lot of a topup after an instant, or NONE; what came back from the shop is no topup's."""
    place = wide(mine.first_lot)
    while place != NONE and (lots.lot[place].ticket == NONE or lots.lot[place].at_us <= bought_after_us):
        place = lots.lot[place].next
    return place


class Returned(NamedTuple):
    """What went back with the coins of a lot, in minor units: the platform's part is a loss."""

    lost: int
    earned: int
    fee: int
    tax: int


@inner
def give_back_coins(purses: Structs, lots: Lots, totals: Totals, purse: int, asset: int, place: int) -> Returned:
    """What is unspent of a topup returned, with its share of price, fee and tax."""
    lot = lots.lot[place]
    coins, whole = lot.left, lot.coins
    price = _part(lot.price, coins, whole)
    tax = _part(lot.tax, coins, whole)
    fee = _part(lot.price - lot.cost - lot.tax, coins, whole)
    _put_first(purses, lots, purse, lot.serial)
    earned = _take_coins(purses, lots, purse, coins)
    lost = fee + tax - price + earned
    post(totals, COIN_REFUND, STORE, asset, -fee)
    post(totals, COIN_REFUND, TAX, asset, -tax)
    post(totals, COIN_REFUND, BANK, asset, price)
    post(totals, COIN_REFUND, PLATFORM, asset, lost)
    post(totals, COIN_REFUND, EXCHANGE, asset, -earned)
    post(totals, COIN_REFUND, HOLDER, COINS, -coins)
    post(totals, COIN_REFUND, EXCHANGE, COINS, coins)
    return Returned(lost, earned, fee, tax)


@inner
def _part(total: int, coins: int, whole: int) -> int:
    """What leaves of a topup's money with the last of its coins."""
    return int(total - share_left(total, whole - coins, whole))


@inner
def _put_first(purses: Structs, lots: Lots, purse: int, serial: int) -> None:
    mine, before = purses[purse], wide(NONE)
    place = wide(mine.first_lot)
    while place != NONE and lots.lot[place].serial != serial:
        before, place = place, lots.lot[place].next
    if place == NONE or before == NONE:
        return
    lots.lot[before].next = lots.lot[place].next
    if mine.last_lot == place:
        mine.last_lot = before
    lots.lot[place].next = mine.first_lot
    mine.first_lot = place
