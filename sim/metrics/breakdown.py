"""Breakdowns: one question each, asked of a trace's columns alone.

    >>> spend = spend_by_payer(trace, USD)          # who paid how much
    >>> spend.keys[0], spend.totals[0]
    (1000000000017, 1999)

Only accepted operations count, unless a function says otherwise. No book is needed, so a run can be asked again from
its files.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.ledger.accounts import KIND_SPAN, Kind
from sim.ledger.money import PPM
from sim.ledger.operations import Op, Rule
from sim.ledger.outcomes import Outcome
from sim.ledger.terms import ANY, Terms
from sim.metrics.worth import diamond_worth
from sim.trace import Trace

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


class Totals(NamedTuple):
    """Amounts summed by key: `keys` ascend, `totals` and `counts` stand beside them."""

    keys: Int64Array
    totals: Int64Array
    counts: Int64Array


def total_by(keys: npt.NDArray[np.integer], amounts: npt.NDArray[np.integer]) -> Totals:
    """Sum amounts by key, exactly.

    Parameters
    ----------
    keys, amounts : integer arrays of shape (n,)
    """
    unique, place, counts = np.unique(keys.astype(np.int64), return_inverse=True, return_counts=True)
    totals = np.zeros(len(unique), np.int64)
    np.add.at(totals, place, amounts.astype(np.int64))
    return Totals(unique, totals, counts.astype(np.int64))


def accepted(trace: Trace, op: Op) -> BoolArray:
    """Which records are accepted operations of a kind."""
    return np.asarray((trace.columns["op"] == op) & (trace.columns["outcome"] == Outcome.ACCEPTED))


def paid_topups(trace: Trace, currency: int) -> BoolArray:
    """Which records are topups paid in a currency."""
    paid: BoolArray = accepted(trace, Op.TOPUP) & (trace.columns["currency"] == currency)
    return paid


def spend_by_payer(trace: Trace, currency: int) -> Totals:
    """What each payer paid for coins, in minor units; charged-back topups count."""
    mask = paid_topups(trace, currency)
    return total_by(trace.columns["actor"][mask], trace.columns["amount"][mask])


def bookings_by_pack(trace: Trace, currency: int) -> Totals:
    """What each pack brought, in minor units, by item id."""
    mask = paid_topups(trace, currency)
    return total_by(trace.columns["item"][mask], trace.columns["amount"][mask])


def coins_by_gift(trace: Trace) -> Totals:
    """Coins given by gift, by item id; `counts` says how many gifts were sent."""
    mask = accepted(trace, Op.GIFT)
    return total_by(trace.columns["item"][mask], trace.columns["amount"][mask])


def income_by_creator(trace: Trace, currency: int) -> Totals:
    """What each creator paid in a currency earned from gifts, in millionths of its minor unit.

    Creators without income stand in it with 0. A diamond counts what it is worth at the instant of its gift in the
    creator's region, so a later change of its value does not rewrite income.
    """
    opened = accepted(trace, Op.OPEN) & np.asarray(trace.columns["actor"] // KIND_SPAN == Kind.CREATOR)
    creators, regions = trace.columns["actor"][opened], trace.columns["region"][opened]
    order = np.argsort(creators)
    creators, regions = creators[order], regions[order]

    gifts = accepted(trace, Op.GIFT)
    place = np.searchsorted(creators, trace.columns["peer"][gifts])
    diamonds, at_us = trace.columns["amount"][gifts], trace.columns["at_us"][gifts]
    terms = policies(trace)
    set_us = trace.columns["at_us"][accepted(trace, Op.POLICY)]
    income = np.zeros(len(creators), np.int64)
    paid_in = np.zeros(len(creators), np.int64)
    for region in np.unique(regions):
        here = regions[place] == region
        worth = diamond_worth(terms, set_us, int(region))
        in_force = np.searchsorted(worth.from_us, at_us[here], side="right") - 1
        earned = diamonds[here] * worth.ppm[in_force] * (worth.currency[in_force] == currency)
        np.add.at(income, place[here], earned)
        paid_in[regions == region] = worth.currency[-1]
    counts = np.bincount(place, minlength=len(creators)).astype(np.int64)
    mine = (paid_in == currency) | (income > 0)
    return Totals(creators[mine], income[mine], counts[mine])


def policies(trace: Trace) -> Terms:
    """Every policy of the trace, as terms to look up."""
    terms = Terms()
    for i in np.flatnonzero(accepted(trace, Op.POLICY)):
        record = trace.record(int(i))
        account = ANY if record.actor < 0 else record.actor
        terms.set(
            Rule(record.peer),
            record.amount,
            at_us=record.at_us,
            account=account,
            item=record.item,
            region=record.region,
            currency=record.currency,
        )
    return terms


def whole_minor(millionths: int) -> int:
    """Millionths of a minor unit, rounded half up to the unit."""
    return (millionths + PPM // 2) // PPM
