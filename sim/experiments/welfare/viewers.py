"""Viewers: what each gained, by what was given and kept, and what left her account."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.experiments.welfare.gifts import Worths
from sim.experiments.welfare.goods import Deliveries
from sim.experiments.welfare.heard import Heard, rows
from sim.ledger import Kind, Op
from sim.ledger.accounts import KIND_SPAN
from sim.tables import Columns

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

BUYS_COINS: Final = (Op.TOPUP, Op.CHARGEBACK, Op.COIN_REFUND)


class Viewers(NamedTuple):
    """What viewers gained one by one: arrays of shape (n_viewers,), in minor units.

    Attributes
    ----------
    gifts, goods : what was given, and what was kept, was worth
    paid_for_coins, paid_for_goods : money that left them, less what came back
    unspent : what the coins at hand are worth to them
    """

    gifts: Floats
    goods: Floats
    paid_for_coins: Floats
    paid_for_goods: Floats
    unspent: Floats

    @property
    def surplus(self) -> Floats:
        """Worth less money."""
        return self.gifts + self.goods + self.unspent - self.paid_for_coins - self.paid_for_goods


def viewers_of(heard: Heard, worths: Worths, delivered: Deliveries) -> Viewers:
    """Add up by viewer what happened between begin and end; `worths` are of all gifts, in their order."""
    records, from_us = heard.records, heard.begin.at_us
    gifts, bought = (rows(records, np.isin(records["op"], ops)) for ops in (Op.GIFT, BUYS_COINS))
    in_money = heard.rates.in_region[heard.regions]

    def summed(number: Integers, amount: Floats, at_us: Integers) -> Floats:
        now = at_us >= from_us
        return np.bincount(number[now] % KIND_SPAN, amount[now], len(in_money)) * in_money

    held_more = _unspent(heard, bought, heard.end.at_us) - _unspent(heard, bought, from_us)
    return Viewers(
        summed(gifts["actor"], worths.worth, gifts["at_us"]),
        summed(delivered.buyer, delivered.worth, delivered.at_us),
        summed(bought["actor"], _price(bought), bought["at_us"]),
        summed(delivered.buyer, delivered.paid, delivered.at_us),
        float(heard.scenario.topup.leftover_value) * held_more * in_money,
    )


def _price(bought: Columns) -> Floats:
    """What left the buyer's account: what a purchase, or its reversal, moved for everybody else."""
    price = bought["revenue"] + bought["float_cost"] + bought["tax"] + bought["store_fee"]
    return price.astype(np.float64)


def _unspent(heard: Heard, bought: Columns, until_us: int) -> Floats:
    """What each viewer paid for the coins at hand at an instant, at the mean price of all that she bought."""
    records, n = heard.records, len(heard.regions)
    whose = np.where(records["actor"] // KIND_SPAN == Kind.VIEWER, records["actor"], records["peer"])
    moves = (records["at_us"] < until_us) & (whose // KIND_SPAN == Kind.VIEWER)
    coins = np.bincount(whose[moves] % KIND_SPAN, records["float_coins"][moves], n)
    these = (bought["op"] == Op.TOPUP) & (bought["at_us"] < until_us)
    number = bought["actor"][these] % KIND_SPAN
    had, paid = (np.bincount(number, amount[these], n) for amount in (bought["float_coins"], _price(bought)))
    return np.where(had > 0, np.maximum(coins, 0) * paid / np.maximum(had, 1), 0.0)
