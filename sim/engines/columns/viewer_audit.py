"""The audit: whether a shard's columns explain its totals, and what its accounts say when a run ends."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.types import Int64Array
from sim.compiled import on_columns
from sim.engines.columns.amounts import share_left
from sim.engines.columns.codes import HOLDER
from sim.engines.columns.purses import HELD_COINS, HELD_REWARDS, MIXED, NONE
from sim.engines.columns.rows import Structs, wide
from sim.engines.columns.scene import World
from sim.engines.columns.totals import COINS, FIRST_FIAT, N_CLASSES, REWARDS, Totals, by_class, summed
from sim.engines.columns.unspent import S_US, Unspent
from sim.engines.columns.viewers import Viewers
from sim.engines.columns.vouchers import COUNT
from sim.engines.columns.vouchers import NONE as NO_VOUCHER
from sim.ledger import COIN, CURRENCIES, REWARD, AccountClass
from sim.ledger.accounts import NOBODY, Account
from sim.ledger.errors import ConservationError
from sim.tables import Columns


class Audit(NamedTuple):
    """What the accounts of some viewers say."""

    totals: Totals
    balances: Columns
    unspent: Unspent
    vouchers: Int64Array  # that are held, in minor units, array of shape (n_assets,)
    people: Int64Array  # by time zone


def audited(world: World, viewers: Viewers) -> Audit:
    """Assert that every purse is explained by its lots and grants, and all purses by the totals.

    Raises
    ------
    ConservationError : names the account, or the asset, and the amounts
    """
    purses, totals = viewers.purses, viewers.totals
    n_assets = totals.amount.shape[2]
    unspent = Unspent(*np.zeros((len(Unspent._fields), n_assets), np.int64))
    keeps_grants = bool((purses["last_grant"] != NONE).any())
    purse, coins, rewards = _explain(world.zones, viewers, unspent)
    if purse >= 0:
        owner = Account(AccountClass.HOLDER, viewers.crowd.first + int(purses["viewer"][purse]))
        _equal(str(owner), "coin", max(int(purses["coins"][purse]), 0), coins)
        if keeps_grants:
            _equal(str(owner), "reward", int(purses["rewards"][purse]), rewards)
    _equal("all viewers", "coin", int(totals.amount[:, HOLDER, COINS].sum()), int(purses["coins"].sum()))
    _equal("all viewers", "reward", int(totals.amount[:, HOLDER, REWARDS].sum()), int(purses["rewards"].sum()))
    vouchers = _vouchers_held(world, viewers, n_assets)
    for place, currency in set(world.zones[["asset", "currency"]].tolist()):
        held, unit = int(totals.amount[:, HOLDER, place].sum()), f"{CURRENCIES[currency].name} in vouchers"
        _equal("all viewers", unit, held, int(vouchers[place]))
    people = np.bincount(viewers.crowd.zone, minlength=len(world.zones))
    return Audit(totals, _balances(world, viewers), unspent, vouchers, people)


def _vouchers_held(world: World, viewers: Viewers, n_assets: int) -> Int64Array:
    """What vouchers come to; each is its viewer's one and only."""
    voucher = viewers.vouchers.voucher[: int(viewers.vouchers.state[COUNT])]
    zone, place = world.zones[viewers.crowd.zone[voucher["viewer"]]], viewers.collectors["place"][voucher["viewer"]]
    is_lost = (voucher["amount"] > 0) & (place != np.arange(1, len(voucher) + 1))
    for i in np.flatnonzero(is_lost)[:1].tolist():
        owner = Account(AccountClass.HOLDER, viewers.crowd.first + int(voucher["viewer"][i]))
        unit = f"{CURRENCIES[int(zone['currency'][i])].name} in vouchers"
        _equal(str(owner), unit, 0, int(voucher["amount"][i]))
    held: Int64Array = np.zeros(n_assets, np.int64)
    np.add.at(held, zone["asset"], voucher["amount"])
    return held


def _equal(account: str, unit: str, stated: int, explained: int) -> None:
    if stated != explained:
        raise ConservationError(f"{account}: balance {stated} {unit}, but its parts explain {explained}")


def _balances(world: World, viewers: Viewers) -> Columns:
    """Every balance that an entry has touched, by account and asset."""
    purses = viewers.purses
    owners = viewers.crowd.first + purses["viewer"].astype(np.int64)
    parts: list[tuple[npt.NDArray[np.integer], ...]] = [
        (owners[held], np.full(int(held.sum()), asset), amounts[held])
        for asset, bit, amounts in ((COIN, HELD_COINS, purses["coins"]), (REWARD, HELD_REWARDS, purses["rewards"]))
        for held in [(purses["held"] & bit) != 0]
    ]
    parts.append(_voucher_balances(world, viewers))
    owner, asset, amount = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((asset, owner))
    return {
        "klass": np.full(len(order), AccountClass.HOLDER, np.uint8),
        "owner": owner[order],
        "asset": asset[order].astype(np.uint16),
        "amount": amount[order],
    }


def _voucher_balances(world: World, viewers: Viewers) -> tuple[npt.NDArray[np.integer], ...]:
    """Owner, currency and amount of everyone who was ever given a voucher."""
    viewer = np.flatnonzero(viewers.collectors["campaign"])
    place = viewers.collectors["place"][viewer]
    amount = np.where(place != NO_VOUCHER, viewers.vouchers.voucher["amount"][place - 1], 0)
    return viewers.crowd.first + viewer, world.zones["currency"][viewers.crowd.zone[viewer]], amount


@on_columns
def _explain(zones: Structs, viewers: Viewers, unspent: Unspent) -> tuple[int, int, int]:
    """Add up lots; returns the first purse that its lots or grants don't explain, with what they make, or -1."""
    lots, grants = viewers.lots.lot, viewers.grants.grant
    for purse in range(viewers.purses.shape[0]):
        mine = viewers.purses[purse]
        asset = zones[viewers.crowd.zone[mine.viewer]].asset
        coins, rewards = 0, 0
        place = wide(mine.first_lot)
        while place != NONE:
            lot = lots[place]
            coins += lot.left
            unspent.cost[asset] += share_left(lot.cost, lot.left, lot.coins)
            unspent.price[asset] += lot.price - share_left(lot.price, lot.coins - lot.left, lot.coins)
            unspent.coins[asset] += lot.left
            unspent.seconds[asset] += lot.left * (lot.at_us // S_US)
            place = lot.next
        place = wide(mine.first_grant)
        while place != NONE:
            rewards += grants[place].left
            place = wide(grants[place].next)
        # Of a purse whose rewards ceased to expire, its grants explain a part.
        explained = mine.last_grant == NONE or rewards == mine.rewards
        explained |= viewers.grants.state[MIXED] and rewards <= mine.rewards
        if coins != max(mine.coins, 0) or not explained:
            return purse, coins, rewards
    return -1, 0, 0


def combined(audits: Sequence[Audit], counterparties: Totals, in_escrow: Unspent) -> Audit:
    """The audits of all shards together, with the totals of everyone else and the coins in escrow."""
    balances = {name: np.concatenate([audit.balances[name] for audit in audits]) for name in audits[0].balances}
    return Audit(
        summed([counterparties, *(audit.totals for audit in audits)]),
        balances,
        Unspent(*np.sum([in_escrow, *(audit.unspent for audit in audits)], axis=0)),
        np.sum([audit.vouchers for audit in audits], axis=0),
        np.sum([audit.people for audit in audits], axis=0),
    )


def check_float(audit: Audit, assets: Sequence[int]) -> None:
    """Assert that the exchange holds the money behind unspent coins, and nothing else."""
    held = by_class(audit.totals)[AccountClass.EXCHANGE]
    for place in range(FIRST_FIAT, len(assets)):
        _equal("exchange", CURRENCIES[assets[place]].name, int(held[place]), int(audit.unspent.cost[place]))


def own_balances(totals: Totals, assets: Sequence[int]) -> Columns:
    """The balances of the classes that have a single account."""
    amounts, touched = by_class(totals), totals.entries.sum(axis=0) > 0
    rows = [
        (klass, NOBODY, code, amounts[klass, place])
        for klass in range(AccountClass.BREAKAGE, N_CLASSES)
        for place, code in enumerate(assets)
        if touched[klass, place]
    ]
    klass, owner, asset, amount = np.array(rows, np.int64).reshape(-1, 4).T
    return {
        "klass": klass.astype(np.uint8),
        "owner": owner,
        "asset": asset.astype(np.uint16),
        "amount": amount,
    }
