"""Goods: what those that were delivered and kept are worth to their buyers, and what they cost their sellers.

Worth is the rule's own (`sim.behavior.shop.worth_of`): drawn once for each buyer and good, it decided the order. A good
counts from its delivery on; until then its price waits in the buyer's escrow and is still hers. What is sent back,
whole or by half, takes that part of its worth away, and of its cost nothing: the model's sellers can't sell it again.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.merchants import Goods
from sim.behavior.shop import worth_of
from sim.ledger import COIN, Op
from sim.ledger.accounts import KIND_SPAN
from sim.ledger.operations import ITEM_SPAN
from sim.scenario import Scenario
from sim.streams import key_of
from sim.tables import Columns

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

ANSWERS: Final = (Op.CAPTURE, Op.REFUND)


class Deliveries(NamedTuple):
    """Deliveries and what came back of them: arrays of shape (n,), money in minor units of the buyer's money.

    Attributes
    ----------
    at_us, buyer, seller : when, and the numbers of both
    worth : to the buyer, negative for what is sent back
    paid : price and tax in money, negative for what is paid back; 0 for what coins paid for
    cost : of the piece to its seller, 0 for what is sent back
    """

    at_us: Integers
    buyer: Integers
    seller: Integers
    worth: Floats
    paid: Floats
    cost: Floats


def deliveries_of(heard: Columns, scenario: Scenario, seed: int, goods: Goods, foreign: Bools) -> Deliveries:
    """What accepted orders, captures and refunds came to; `heard` has all of them from the start on."""
    of = {op: np.flatnonzero(heard["op"] == op) for op in (Op.ORDER, *ANSWERS)}
    captures, refunds = of[Op.CAPTURE], of[Op.REFUND]
    delivered = _found(heard, of[Op.ORDER], heard["ref"][captures])  # the order of each capture
    again = _places(heard["seq"][captures], heard["ref"][refunds])  # of each refund, which capture it answers
    back = heard["amount"][refunds] / heard["amount"][captures][again]
    worth = _worth(heard, delivered, scenario, seed, goods)
    seller = heard["peer"][delivered] % KIND_SPAN
    good = heard["item"][delivered] % ITEM_SPAN
    cost = np.where(foreign[seller], goods.foreign_cost[good], goods.cost[good])
    buyer = heard["actor"][delivered] % KIND_SPAN
    price = _in_money(heard, captures)
    credit = np.minimum(_vouchers(heard, delivered), price)
    paid, back_in_money = price - credit, credit[again] * back - _in_money(heard, refunds)
    return Deliveries(
        np.concatenate([heard["at_us"][captures], heard["at_us"][refunds]]),
        np.concatenate([buyer, buyer[again]]),
        np.concatenate([seller, seller[again]]),
        np.concatenate([worth, -worth[again] * back]),
        np.concatenate([paid, back_in_money]),
        np.concatenate([cost, np.zeros(len(refunds))]),
    )


def _in_money(heard: Columns, rows: Integers) -> Floats:
    """Price and tax of deliveries or refunds; whoever paid with coins has paid when she bought them."""
    paid = heard["amount"][rows] + np.abs(heard["tax"][rows])
    return np.where(heard["currency"][rows] == COIN, 0, paid).astype(np.float64)


def _vouchers(heard: Columns, orders: Integers) -> Floats:
    """What the voucher is for that pays a part of each order, 0 for most; it pays at most all of it."""
    granted = np.flatnonzero(heard["op"] == Op.VOUCHER)
    with_one = heard["ref"][orders] >= 0
    found = np.zeros(len(orders))
    found[with_one] = heard["amount"][_found(heard, granted, heard["ref"][orders][with_one])]
    return found


def _worth(heard: Columns, orders: Integers, scenario: Scenario, seed: int, goods: Goods) -> Floats:
    sigma, key = float(scenario.shopping.taste_sigma), key_of(seed)
    good = heard["item"][orders] % ITEM_SPAN
    asked = zip(heard["actor"][orders].tolist(), good.tolist(), goods.usual_price[good].tolist(), strict=True)
    return np.array([worth_of(key, *each, sigma) for each in asked], np.float64)


def _found(heard: Columns, rows: Integers, seqs: Integers) -> Integers:
    """Those of the rows that have these seqs."""
    found: Integers = rows[_places(heard["seq"][rows], seqs)]
    return found


def _places(ascending: Integers, seqs: Integers) -> Integers:
    return np.searchsorted(ascending, seqs)
