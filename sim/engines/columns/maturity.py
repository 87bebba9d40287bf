"""Maturity: what falls due for viewers at a boundary, rewards that expire and topups that are charged back."""

from typing import Final

import numpy as np
import numpy.typing as npt

from sim.compiled import rule
from sim.engines.columns import purses as money
from sim.engines.columns.chain import CHECKIN, Disputes, Viewers
from sim.engines.columns.purses import Grants
from sim.engines.columns.rows import Rows, give_back, note
from sim.engines.columns.scene import Scene, World
from sim.ledger import REWARD, Op, Outcome
from sim.ledger.accounts import NOBODY

EXPIRE: Final = int(Op.EXPIRE)
CHARGEBACK: Final = int(Op.CHARGEBACK)
ACCEPTED: Final = int(Outcome.ACCEPTED)


@rule
def due_grants(grants: Grants, boundary: int) -> npt.NDArray[np.int32]:
    """The places of grants that expire at a boundary with something left, in the order in which they were given.

    Notes
    -----
    All rewards live equally long, so those of one window fall due at two boundaries in a row at most, and the search
    may end at the first that is due two boundaries later.
    """
    first, count, room = grants.state[0], grants.state[1], grants.purse.shape[0]
    n = 0
    for k in range(count):
        place = (first + k) % room
        if grants.due[place] > boundary + 1:
            break
        n += grants.due[place] == boundary and grants.left[place] > 0
    found = np.empty(n, np.int32)
    n = 0
    for k in range(count):
        place = (first + k) % room
        if grants.due[place] > boundary + 1:
            break
        if grants.due[place] == boundary and grants.left[place] > 0:
            found[n] = place
            n += 1
    return found


@rule
def settle_grants(
    world: World, scene: Scene, viewers: Viewers, places: npt.NDArray[np.int32], boundary: int, rows: Rows
) -> None:
    """Let these grants break, by account, and free the places and tickets of all that are past."""
    crowd, purses, grants = viewers.crowd, viewers.purses, viewers.grants
    owner = np.empty(places.shape[0], np.int32)
    for i in range(places.shape[0]):
        owner[i] = purses.viewer[grants.purse[places[i]]]
    for i in np.argsort(owner, kind="mergesort"):
        viewer, place = np.int64(owner[i]), places[i]
        left = money.expire(purses, grants, viewers.totals, place)
        code = world.zone_code[crowd.zone[viewer]]
        row = note(rows, scene.begin_us, EXPIRE, crowd.first + viewer, NOBODY, CHECKIN, left, REWARD, ACCEPTED, code)
        rows.refers[row] = grants.ticket[place]
    state = grants.state
    while state[1] and grants.due[state[0]] <= boundary:
        give_back(viewers.tickets, grants.ticket[state[0]])
        state[0] = (state[0] + 1) % grants.purse.shape[0]
        state[1] -= 1


@rule
def due_disputes(disputes: Disputes, boundary: int) -> int:
    """How many topups are charged back at a boundary."""
    n = 0
    for i in range(disputes.state[0]):
        n += disputes.due[i] == boundary
    return n


@rule
def reverse(world: World, scene: Scene, viewers: Viewers, n: int, boundary: int, rows: Rows) -> None:
    """Charge back the topups that are due, by account and age, and forget them."""
    crowd, disputes, purses = viewers.crowd, viewers.disputes, viewers.purses
    due, owner = np.empty(n, np.int32), np.empty(n, np.int64)
    k = 0
    for i in range(disputes.state[0]):
        if disputes.due[i] == boundary:
            due[k], owner[k] = i, disputes.viewer[i]
            k += 1
    for k in np.argsort(owner, kind="mergesort"):
        i, viewer = due[k], owner[k]
        region = world.zone_region[crowd.zone[viewer]]
        price, coins = disputes.price[i], disputes.coins[i]
        lost, earned = money.charge_back(
            purses,
            viewers.lots,
            viewers.totals,
            crowd.purse[viewer],
            scene.rates.asset[region],
            coins,
            price,
            disputes.fee[i],
            disputes.tax[i],
            disputes.serial[i],
        )
        account, currency = crowd.first + viewer, scene.rates.currency[region]
        code = world.zone_code[crowd.zone[viewer]]
        row = note(rows, scene.begin_us, CHARGEBACK, account, NOBODY, disputes.item[i], price, currency, ACCEPTED, code)
        rows.refers[row] = disputes.ticket[i]
        rows.revenue[row], rows.float_cost[row], rows.float_coins[row] = lost, -earned, -coins
        give_back(viewers.tickets, disputes.ticket[i])
    _forget(disputes, boundary)


@rule
def _forget(disputes: Disputes, boundary: int) -> None:
    kept = 0
    for i in range(disputes.state[0]):
        if disputes.due[i] != boundary:
            disputes.due[kept], disputes.viewer[kept], disputes.item[kept] = (
                disputes.due[i],
                disputes.viewer[i],
                disputes.item[i],
            )
            disputes.coins[kept], disputes.price[kept] = disputes.coins[i], disputes.price[i]
            disputes.fee[kept], disputes.tax[kept] = disputes.fee[i], disputes.tax[i]
            disputes.serial[kept], disputes.ticket[kept] = disputes.serial[i], disputes.ticket[i]
            kept += 1
    disputes.state[0] = kept
