"""Purses: viewers' coins and rewards as columns, and the ledger's rules of coins over them.

Each rule decides and posts exactly as its namesake in `sim.ledger.coins`; lots and grants are lists inside arrays, in
the order in which they are spent.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.types import Int64Array
from sim.compiled import on_columns
from sim.engines.columns.amounts import share_left
from sim.engines.columns.totals import COINS, DIAMONDS, REWARDS, Totals, post
from sim.ledger import AccountClass, Op, Outcome

NONE: Final = -1
NEVER: Final = -1

# Compiled code knows an enum's members only as numbers.
HOLDER: Final = int(AccountClass.HOLDER)
BREAKAGE: Final = int(AccountClass.BREAKAGE)
PLATFORM: Final = int(AccountClass.PLATFORM)
TAX: Final = int(AccountClass.TAX)
STORE: Final = int(AccountClass.STORE)
BANK: Final = int(AccountClass.BANK)
EXCHANGE: Final = int(AccountClass.EXCHANGE)
TOPUP: Final = int(Op.TOPUP)
REWARD: Final = int(Op.REWARD)
EXPIRE: Final = int(Op.EXPIRE)
GIFT: Final = int(Op.GIFT)
CHARGEBACK: Final = int(Op.CHARGEBACK)
ACCEPTED: Final = int(Outcome.ACCEPTED)
FROZEN: Final = int(Outcome.FROZEN)
INSUFFICIENT_FUNDS: Final = int(Outcome.INSUFFICIENT_FUNDS)

HELD_COINS: Final = 1
HELD_REWARDS: Final = 2


class Purses(NamedTuple):
    """Arrays of shape (n_purses,). `coins` is negative by what a chargeback left owing."""

    viewer: npt.NDArray[np.int32]
    coins: Int64Array
    rewards: Int64Array
    first_lot: npt.NDArray[np.int32]
    last_lot: npt.NDArray[np.int32]
    first_grant: npt.NDArray[np.int32]
    last_grant: npt.NDArray[np.int32]
    checked_in: npt.NDArray[np.int32]  # local day of the last check-in
    week: npt.NDArray[np.int32]
    spent: Int64Array  # in that week, minor units
    held: npt.NDArray[np.uint8]  # which assets an entry has ever touched


class Lots(NamedTuple):
    """Coins of topups not yet spent. `state` is [how many are free, the next one never used, the next serial]."""

    state: Int64Array
    free: npt.NDArray[np.int32]
    next: npt.NDArray[np.int32]
    coins: Int64Array
    left: Int64Array
    cost: Int64Array
    price: Int64Array
    serial: Int64Array


class Grants(NamedTuple):
    """Rewards that will expire, a ring in the order of their windows. `state` is [first, how many].

    A grant whose boundary has passed, or that was spent, has nothing left; its place is free once it is the first.
    """

    state: Int64Array
    purse: npt.NDArray[np.int32]
    next: npt.NDArray[np.int32]
    left: npt.NDArray[np.int32]
    due: npt.NDArray[np.int32]  # the boundary at which it expires
    ticket: Int64Array


class Spent(NamedTuple):
    """What an operation on a purse came to."""

    outcome: int
    earned: int  # the platform's, in minor units
    coins: int  # paid coins that left the purse


def new_purses(viewers: npt.NDArray[np.int32]) -> Purses:
    """Empty purses of these viewers."""
    n = len(viewers)
    index = [np.full(n, NONE, np.int32) for _ in range(6)]
    return Purses(
        viewers, np.zeros(n, np.int64), np.zeros(n, np.int64), *index, np.zeros(n, np.int64), np.zeros(n, np.uint8)
    )


def new_lots(capacity: int = 1024) -> Lots:
    """Room for lots."""
    index = [np.zeros(capacity, np.int32) for _ in range(2)]
    return Lots(np.zeros(3, np.int64), *index, *(np.zeros(capacity, np.int64) for _ in range(5)))


def new_grants(capacity: int = 1024) -> Grants:
    """Room for grants."""
    return Grants(
        np.zeros(2, np.int64), *(np.zeros(capacity, np.int32) for _ in range(4)), np.zeros(capacity, np.int64)
    )


@on_columns
def top_up(
    purses: Purses, lots: Lots, totals: Totals, purse: int, asset: int, coins: int, price: int, fee: int, tax: int
) -> tuple[int, int]:
    """Coins minted as a lot, after what is owed; returns what that earned, and the lot's serial."""
    owed = min(max(-purses.coins[purse], 0), coins)
    cost = price - fee - tax
    left = coins - owed
    earned = cost - share_left(cost, left, coins)
    serial = lots.state[2]
    lots.state[2] += 1
    if left:
        _append_lot(purses, lots, purse, coins, left, cost, price, serial)
    purses.coins[purse] += coins
    purses.held[purse] |= HELD_COINS
    post(totals, TOPUP, BANK, asset, -price)
    post(totals, TOPUP, STORE, asset, fee)
    post(totals, TOPUP, TAX, asset, tax)
    post(totals, TOPUP, EXCHANGE, asset, cost - earned)
    post(totals, TOPUP, PLATFORM, asset, earned)
    post(totals, TOPUP, EXCHANGE, COINS, -coins)
    post(totals, TOPUP, HOLDER, COINS, coins)
    return earned, int(serial)


@on_columns
def _append_lot(
    purses: Purses, lots: Lots, purse: int, coins: int, left: int, cost: int, price: int, serial: int
) -> None:
    state = lots.state
    if state[0]:
        state[0] -= 1
        lot = np.int64(lots.free[state[0]])
    else:
        lot = state[1]
        state[1] += 1
    lots.coins[lot], lots.left[lot], lots.cost[lot], lots.price[lot] = coins, left, cost, price
    lots.serial[lot] = serial
    lots.next[lot] = NONE
    if purses.first_lot[purse] == NONE:
        purses.first_lot[purse] = lot
    else:
        lots.next[purses.last_lot[purse]] = lot
    purses.last_lot[purse] = lot


@on_columns
def _take_coins(purses: Purses, lots: Lots, purse: int, amount: int) -> int:
    """Take coins from the oldest lots; returns the money earned. What the lots lack is owed."""
    purses.coins[purse] -= amount
    earned = 0
    while amount and purses.first_lot[purse] != NONE:
        lot = purses.first_lot[purse]
        before = lots.left[lot]
        taken = min(before, amount)
        after = before - taken
        coins, cost = lots.coins[lot], lots.cost[lot]
        earned += share_left(cost, before, coins) - share_left(cost, after, coins)
        lots.left[lot] = after
        amount -= taken
        if not after:
            purses.first_lot[purse] = lots.next[lot]
            lots.free[lots.state[0]] = lot
            lots.state[0] += 1
    return int(earned)


@on_columns
def grant(purses: Purses, grants: Grants, totals: Totals, purse: int, amount: int, due: int, ticket: int) -> None:
    """Reward coins minted; where they never expire (`due` NEVER), nothing needs to tell them apart."""
    if due != NEVER:
        place = (grants.state[0] + grants.state[1]) % grants.purse.shape[0]
        grants.state[1] += 1
        grants.purse[place], grants.left[place], grants.due[place] = purse, amount, due
        grants.ticket[place] = ticket
        grants.next[place] = NONE
        if purses.first_grant[purse] == NONE:
            purses.first_grant[purse] = place
        else:
            grants.next[purses.last_grant[purse]] = place
        purses.last_grant[purse] = place
    purses.rewards[purse] += amount
    purses.held[purse] |= HELD_REWARDS
    post(totals, REWARD, EXCHANGE, REWARDS, -amount)
    post(totals, REWARD, HOLDER, REWARDS, amount)


@on_columns
def _take_rewards(purses: Purses, grants: Grants, purse: int, amount: int) -> None:
    purses.rewards[purse] -= amount
    while amount and purses.first_grant[purse] != NONE:
        place = purses.first_grant[purse]
        taken = min(np.int64(grants.left[place]), amount)
        grants.left[place] -= taken
        amount -= taken
        if not grants.left[place]:
            purses.first_grant[purse] = grants.next[place]


@on_columns
def expire(purses: Purses, grants: Grants, totals: Totals, place: int) -> int:
    """Let what is left of a grant break; returns how much that is."""
    purse = grants.purse[place]
    left = np.int64(grants.left[place])
    purses.first_grant[purse] = grants.next[place]  # of one viewer's grants the first expires first
    purses.rewards[purse] -= left
    grants.left[place] = 0
    post(totals, EXPIRE, HOLDER, REWARDS, -left)
    post(totals, EXPIRE, BREAKAGE, REWARDS, left)
    return int(left)


@on_columns
def give(purses: Purses, lots: Lots, grants: Grants, totals: Totals, purse: int, asset: int, amount: int) -> Spent:
    """Coins retired, rewards first, and as many diamonds minted; the spent lots' money earned."""
    coins, rewards = purses.coins[purse], purses.rewards[purse]
    if coins < 0:
        return Spent(FROZEN, 0, 0)
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


@on_columns
def charge_back(
    purses: Purses,
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
    """A topup reversed in full, its own coins first; returns the platform's part (a loss) and what it earned of lots."""
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


@on_columns
def _put_first(purses: Purses, lots: Lots, purse: int, serial: int) -> None:
    before, lot = NONE, purses.first_lot[purse]
    while lot != NONE and lots.serial[lot] != serial:
        before, lot = lot, lots.next[lot]
    if lot == NONE or before == NONE:
        return
    lots.next[before] = lots.next[lot]
    if purses.last_lot[purse] == lot:
        purses.last_lot[purse] = before
    lots.next[lot] = purses.first_lot[purse]
    purses.first_lot[purse] = lot
