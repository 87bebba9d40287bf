"""Maturity: what falls due for viewers at a boundary, rewards that expire and topups that are charged back."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.types import Int64Array
from sim.compiled import on_columns
from sim.engines.columns import purses as money
from sim.engines.columns.chain import CHECKIN, Disputes, Viewers
from sim.engines.columns.purses import Grants
from sim.engines.columns.rows import Rows, Structs, Tickets, give_back, note, wide
from sim.engines.columns.scene import Scene, World
from sim.engines.columns.totals import Totals
from sim.ledger import REWARD, Op, Outcome
from sim.ledger.accounts import NOBODY

EXPIRE: Final = int(Op.EXPIRE)
CHARGEBACK: Final = int(Op.CHARGEBACK)
ACCEPTED: Final = int(Outcome.ACCEPTED)

Int32Array = npt.NDArray[np.int32]


class Due(NamedTuple):
    """How many grants expire with something left, how many are past, and how many topups are charged back."""

    expiring: int
    past: int
    disputed: int


@on_columns
def due_at(grants: Grants, disputes: Disputes, boundary: int) -> Due:
    """What falls due at a boundary.

    Notes
    -----
    All rewards live equally long, so those of one window fall due at two boundaries in a row at most, and the search
    may end at the first that is due two boundaries later.
    """
    first, room = grants.state[0], grants.grant.shape[0]
    expiring, past, disputed, is_first = 0, 0, 0, True
    for k in range(grants.state[1]):
        given = grants.grant[(first + k) % room]
        if given.due > boundary + 1:
            break
        expiring += given.due == boundary and given.left > 0
        is_first &= given.due <= boundary
        past += is_first
    for i in range(disputes.state[0]):
        disputed += disputes.dispute[i].due == boundary
    return Due(expiring, past, disputed)


def settle_grants(world: World, scene: Scene, viewers: Viewers, due: Due, rows: Rows) -> None:
    """Let the grants that are due break, by account, and free the places and tickets of all that are past."""
    places, owner = np.empty(due.expiring, np.int64), np.empty(due.expiring, np.int32)
    if due.expiring:
        _find_grants(viewers.purses, viewers.grants, scene.begin_us // world.window_us, places, owner)
    _settle_grants(
        world.zones,
        viewers.crowd.zone,
        viewers.crowd.first,
        scene.begin_us,
        viewers.purses,
        viewers.grants,
        viewers.totals,
        viewers.tickets,
        places[np.argsort(owner, kind="stable")],
        due.past,
        rows,
    )


@on_columns
def _find_grants(purses: Structs, grants: Grants, boundary: int, places: Int64Array, owner: Int32Array) -> None:
    """The grants that expire with something left, in the order in which they were given, and whose they are."""
    n, k = 0, 0
    while n < places.shape[0]:
        place = (grants.state[0] + k) % grants.grant.shape[0]
        k += 1
        given = grants.grant[place]
        if given.due == boundary and given.left > 0:
            places[n], owner[n] = place, purses[given.purse].viewer
            n += 1


@on_columns
def _settle_grants(
    zones: Structs,
    zone: npt.NDArray[np.uint8],
    first: int,
    now_us: int,
    purses: Structs,
    grants: Grants,
    totals: Totals,
    tickets: Tickets,
    places: Int64Array,
    past: int,
    rows: Rows,
) -> None:
    for place in places:
        given = grants.grant[place]
        viewer = purses[given.purse].viewer
        left = money.expire(purses, grants, totals, wide(place))
        row = note(
            rows, now_us, EXPIRE, first + viewer, NOBODY, CHECKIN, left, REWARD, ACCEPTED, zones[zone[viewer]].code
        )
        rows.row[row].refers = given.ticket
    state = grants.state
    for _ in range(past):
        give_back(tickets, grants.grant[state[0]].ticket)
        state[0] = (state[0] + 1) % grants.grant.shape[0]
        state[1] -= 1


def reverse(world: World, scene: Scene, viewers: Viewers, rows: Rows) -> None:
    """Charge back the topups that are due, by account and age, and forget them."""
    boundary = scene.begin_us // world.window_us
    known = viewers.disputes.dispute[: int(viewers.disputes.state[0])]
    due = np.flatnonzero(known["due"] == boundary)
    due = due[np.argsort(known["viewer"][due], kind="stable")]
    _reverse(world.zones, scene.rates.of, viewers, due, boundary, scene.begin_us, rows)


@on_columns
def _reverse(
    zones: Structs, rates_of: Structs, viewers: Viewers, due: Int64Array, boundary: int, now_us: int, rows: Rows
) -> None:
    crowd, disputes = viewers.crowd, viewers.disputes
    for i in due:
        dispute = disputes.dispute[i]
        viewer = dispute.viewer
        zone = zones[crowd.zone[viewer]]
        rates = rates_of[zone.region]
        lost, earned = money.charge_back(
            viewers.purses,
            viewers.lots,
            viewers.totals,
            crowd.purse[viewer],
            rates.asset,
            dispute.coins,
            dispute.price,
            dispute.fee,
            dispute.tax,
            dispute.serial,
        )
        account, price, item = crowd.first + viewer, dispute.price, dispute.item
        place = note(rows, now_us, CHARGEBACK, account, NOBODY, item, price, rates.currency, ACCEPTED, zone.code)
        row = rows.row[place]
        row.refers = dispute.ticket
        row.revenue = lost
        row.float_cost = -earned
        row.float_coins = -dispute.coins
        give_back(viewers.tickets, dispute.ticket)
    kept = 0
    for i in range(disputes.state[0]):
        if disputes.dispute[i].due != boundary:
            disputes.dispute[kept] = disputes.dispute[i]
            kept += 1
    disputes.state[0] = kept
