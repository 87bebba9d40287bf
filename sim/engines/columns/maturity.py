"""Maturity: what falls due for viewers at a boundary: rewards and vouchers expire, topups are charged back.

Its rows are in order for each viewer, and the journal puts the viewers into order. `owned` is the room of `Viewers`.
"""

from typing import NamedTuple

from sim.behavior.types import Int64Array
from sim.compiled import inner, on_columns
from sim.engines.columns import purses as money
from sim.engines.columns import vouchers as credit
from sim.engines.columns.codes import ACCEPTED, CHARGEBACK, EXPIRE, WRONG_STATE
from sim.engines.columns.collecting import CREDIT
from sim.engines.columns.crowd import HAS_REWARDS, Crowd
from sim.engines.columns.held import Room, within
from sim.engines.columns.purses import COUNT, FIRST, MIXED
from sim.engines.columns.rows import Rows, Struct, Structs, give_back, note
from sim.engines.columns.viewers import Viewers
from sim.engines.columns.vouchers import NEVER, NEXT_US, USED
from sim.ledger import REWARD
from sim.ledger.accounts import NOBODY

viewers_in = within(Viewers)


class Due(NamedTuple):
    """How many grants expire with something left, and how many are past; the same of vouchers; topups charged back."""

    expiring: int
    past: int
    vouchers: int
    past_vouchers: int
    disputed: int


@on_columns
def due_at(owned: Room, boundary: int, window_us: int) -> Due:
    """What falls due at a boundary.

    Notes
    -----
    As long as all rewards live equally long, those of one window fall due at two boundaries in a row at most, and the
    search may end at the first that is due two boundaries later.
    """
    viewers = viewers_in(owned)
    grants, vouchers, disputes = viewers.grants, viewers.vouchers, viewers.disputes
    first, room, now_us = grants.state[FIRST], grants.grant.shape[0], boundary * window_us
    expiring, past, disputed, is_first = 0, 0, 0, True
    for k in range(grants.state[COUNT]):
        given = grants.grant[(first + k) % room]
        if given.expires_us > now_us + window_us and not grants.state[MIXED]:
            break
        expiring += given.expires_us <= now_us and given.left > 0
        is_first &= given.expires_us <= now_us
        past += is_first
    for i in range(disputes.state[0]):
        disputed += disputes.dispute[i].due == boundary
    unused = 0
    if vouchers.state[NEXT_US] <= now_us:
        for i in range(vouchers.state[credit.COUNT]):
            unused += _has_expired(vouchers.voucher[i], now_us)
    return Due(expiring, past, unused, unused + vouchers.state[USED], disputed)


@inner
def _has_expired(voucher: Struct, now_us: int) -> bool:
    return bool(voucher.amount > 0 and 0 < voucher.expires_us <= now_us)


@on_columns
def settle_grants(zones: Structs, owned: Room, now_us: int, window_us: int, rows: Rows) -> None:
    """Let the grants that are due break, as they were given, and free the places and tickets of all that are past."""
    viewers = viewers_in(owned)
    crowd, purses, grants = viewers.crowd, viewers.purses, viewers.grants
    state, room = grants.state, grants.grant.shape[0]
    for k in range(state[COUNT]):
        place = (state[FIRST] + k) % room
        given = grants.grant[place]
        if given.expires_us > now_us + window_us and not state[MIXED]:
            break
        if given.expires_us <= now_us and given.left > 0:
            viewer = purses[given.purse].viewer
            left = money.expire(purses, grants, viewers.totals, place)
            if not purses[given.purse].rewards:
                crowd.habits[viewer] &= ~HAS_REWARDS
            code = zones[crowd.zone[viewer]].code
            row = note(
                rows, now_us, EXPIRE, crowd.first + viewer, NOBODY, int(given.item), left, REWARD, ACCEPTED, code
            )
            rows.row[row].refers = given.ticket
    while state[COUNT] and grants.grant[state[FIRST]].expires_us <= now_us:
        give_back(viewers.tickets, grants.grant[state[FIRST]].ticket)
        state[FIRST] = (state[FIRST] + 1) % room
        state[COUNT] -= 1


@on_columns
def settle_vouchers(zones: Structs, owned: Room, now_us: int, rows: Rows) -> None:
    """Let the vouchers that are due expire, and clear away those and the used, whose tickets are free again."""
    viewers = viewers_in(owned)
    crowd, state, voucher = viewers.crowd, viewers.vouchers.state, viewers.vouchers.voucher
    kept, next_us = 0, NEVER
    for i in range(state[credit.COUNT]):
        given = voucher[i]
        collector, zone = viewers.collectors[given.viewer], zones[crowd.zone[given.viewer]]
        if _has_expired(given, now_us):
            account, amount = crowd.first + given.viewer, given.amount
            row = rows.row[
                note(rows, now_us, EXPIRE, account, NOBODY, CREDIT, amount, zone.currency, ACCEPTED, zone.code)
            ]
            row.refers = given.ticket
            row.revenue = given.amount
            credit.expire(given, collector, viewers.totals, zone.asset)
        if not given.amount:
            give_back(viewers.tickets, given.ticket)
            continue
        if given.expires_us:
            next_us = min(next_us, given.expires_us)
        voucher[kept] = given
        kept += 1
        collector.place = kept
    state[credit.COUNT] = kept
    state[USED] = 0
    state[NEXT_US] = next_us


@on_columns
def take_coins_back(zones: Structs, returned: Structs, owned: Room, debts: Int64Array) -> int:
    """Put coins of orders back into the purses that are here; `debts[:n]` are rows, and what debts earned in them."""
    viewers, n = viewers_in(owned), 0
    crowd = viewers.crowd
    for i in range(returned.shape[0]):
        back = returned[i]
        viewer = back.buyer - crowd.first
        if not 0 <= viewer < crowd.zone.shape[0]:
            continue
        asset, purse = zones[crowd.zone[viewer]].asset, crowd.purse[viewer]
        earned = money.take_back(viewers.purses, viewers.lots, viewers.totals, purse, asset, back)
        if earned:
            debts[n, 0] = back.row
            debts[n, 1] = earned
            n += 1
    return n


@inner
def _refuse(crowd: Crowd, zone: Struct, currency: int, dispute: Struct, now_us: int, rows: Rows) -> None:
    """Decline to charge back what was returned already."""
    account = crowd.first + dispute.viewer
    row = note(rows, now_us, CHARGEBACK, account, NOBODY, dispute.item, dispute.price, currency, WRONG_STATE, zone.code)
    rows.row[row].refers = dispute.ticket


@on_columns
def reverse(zones: Structs, rates_of: Structs, owned: Room, boundary: int, now_us: int, rows: Rows) -> None:
    """Charge back the topups that are due, the oldest first, and forget them."""
    viewers = viewers_in(owned)
    crowd, disputes = viewers.crowd, viewers.disputes
    kept = 0
    for i in range(disputes.state[0]):
        dispute = disputes.dispute[i]
        if dispute.due != boundary:
            disputes.dispute[kept] = dispute
            kept += 1
            continue
        zone = zones[crowd.zone[dispute.viewer]]
        if not dispute.coins:
            _refuse(crowd, zone, rates_of[zone.region].currency, dispute, now_us, rows)
            give_back(viewers.tickets, dispute.ticket)
            continue
        rates = rates_of[zone.region]
        lost, earned = money.charge_back(
            viewers.purses,
            viewers.lots,
            viewers.totals,
            crowd.purse[dispute.viewer],
            rates.asset,
            dispute.coins,
            dispute.price,
            dispute.fee,
            dispute.tax,
            dispute.serial,
        )
        account, price, item = crowd.first + dispute.viewer, dispute.price, dispute.item
        place = note(rows, now_us, CHARGEBACK, account, NOBODY, item, price, rates.currency, ACCEPTED, zone.code)
        row = rows.row[place]
        row.refers = dispute.ticket
        row.revenue = lost
        row.float_cost = -earned
        row.float_coins = -dispute.coins
        row.tax = -dispute.tax
        row.store_fee = -dispute.fee
        give_back(viewers.tickets, dispute.ticket)
    disputes.state[0] = kept
