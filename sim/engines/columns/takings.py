"""Takings: what sellers, and creators as their affiliates, earned in the shop, taken out now and then.

What `sim.agents.takings` tells as a process, decided and posted as `sim.ledger.earnings` does. Hosts are known by their
place: creators first, then sellers.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.delay import around, memoryless
from sim.behavior.purposes import SETTLEMENT
from sim.behavior.types import Int64Array
from sim.compiled import inner, rule
from sim.engines.columns.agenda import Agenda, Int32Array, hire, new_agenda, put, take
from sim.engines.columns.codes import ACCEPTED, BANK, BELOW_FLOOR, HOLDER, INSUFFICIENT_FUNDS, SETTLE, SUSPENDED
from sim.engines.columns.host_columns import account_of
from sim.engines.columns.proposals import ANSWERS_NOTHING, Clock, Proposals, propose, settled_at
from sim.engines.columns.rates import Rates
from sim.engines.columns.rows import Rows, Structs, note
from sim.engines.columns.totals import FIRST_FIAT, Totals, post
from sim.ledger.accounts import NOBODY
from sim.ledger.money import AMOUNT_MAX
from sim.ledger.operations import NO_ITEM
from sim.streams import draw

# An earner: the host's place, turns considered so far, and when the next one is meant to be.
EARNER: Final = np.dtype([("turn_at_us", np.int64), ("turn", np.int32), ("host", np.int32)])


class Takings(NamedTuple):
    """Money earned in the shop, and the turns to take it out.

    Attributes
    ----------
    cash, had_cash : arrays of shape (n_hosts, n_currencies): what hosts are owed, and whether they ever were
    region : array of shape (n_hosts,), by its place in `Rates`
    turns, earners : when an earner's next turn is due, and the earner, an `EARNER`
    """

    cash: Int64Array
    had_cash: npt.NDArray[np.bool_]
    region: npt.NDArray[np.uint16]
    turns: Agenda
    earners: Structs


def new_takings(region: npt.NDArray[np.uint16], earners: Int32Array, n_currencies: int, n_boundaries: int) -> Takings:
    """No cash yet, and no turns; `earners` are the places of those who will have them."""
    shape = (len(region), n_currencies)
    records = np.zeros(len(earners), EARNER)
    records["host"] = earners
    turns = new_agenda(n_boundaries, max(len(earners), 1))
    return Takings(np.zeros(shape, np.int64), np.zeros(shape, np.bool_), region, turns, records)


@rule
def plan_takings(takings: Takings, n_creators: int, every_days: float, clock: Clock) -> None:
    """Plan every earner's first turn, which is not at the start itself."""
    for n in range(takings.earners.shape[0]):
        earner = takings.earners[n]
        account = account_of(int(earner.host), n_creators)
        earner.turn_at_us = memoryless(draw(clock.seed, account, SETTLEMENT, 0)[0], every_days)
        put(takings.turns, hire(takings.turns), settled_at(clock, earner.turn_at_us))


@rule
def takings_due(
    takings: Takings,
    found: Int32Array,
    n_creators: int,
    every_days: float,
    floor: Int64Array,
    rates: Rates,
    proposals: Proposals,
    clock: Clock,
) -> None:
    """Let the earners whose turn it is ask for all that they have, if that is above the region's floor."""
    for i in range(take(takings.turns, clock.boundary, found)):
        n = int(found[i])
        earner = takings.earners[n]
        host = int(earner.host)
        region, account = takings.region[host], account_of(host, n_creators)
        earner.turn += 1
        amount = min(takings.cash[host, rates.of[region].asset - FIRST_FIAT], AMOUNT_MAX)
        if amount >= max(floor[region], 1):
            propose(proposals, SETTLE, account, NOBODY, ANSWERS_NOTHING, host, amount)
        word = draw(clock.seed, account, SETTLEMENT, int(earner.turn))[0]
        earner.turn_at_us += around(word, every_days)
        put(takings.turns, n, settled_at(clock, earner.turn_at_us))


@inner
def add_cash(takings: Takings, totals: Totals, op: int, host: int, asset: int, amount: int) -> None:
    """Change what a host is owed; refunds may take it below zero."""
    post(totals, op, HOLDER, asset, amount)
    takings.cash[host, asset - FIRST_FIAT] += amount
    takings.had_cash[host, asset - FIRST_FIAT] |= amount != 0


@inner
def settle(
    takings: Takings, host: int, account: int, amount: int, rates: Rates, totals: Totals, rows: Rows, clock: Clock
) -> int:
    """Pay out what a host asked for, unless something says no; returns the amount paid."""
    of = rates.of[takings.region[host]]
    outcome = ACCEPTED
    if of.suspended:
        outcome = SUSPENDED
    elif amount < of.settle_floor:
        outcome = BELOW_FLOOR
    elif takings.cash[host, of.asset - FIRST_FIAT] < amount:
        outcome = INSUFFICIENT_FUNDS
    note(rows, clock.now_us, SETTLE, account, NOBODY, NO_ITEM, amount, of.currency, outcome, of.code)
    if outcome != ACCEPTED:
        return 0
    add_cash(takings, totals, SETTLE, host, of.asset, -amount)
    post(totals, SETTLE, BANK, of.asset, amount)
    return amount
