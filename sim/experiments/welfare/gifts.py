"""Gifts: what each was worth to its giver, by the draws that made her give it.

    giving = Giving(scenario, seed, people, schedule)
    giving.worths(paid, region).worth               # array of shape (n_gifts,), in minor units

A trace says what was given, not what for. But draws are a function of the person and the hour, so the moment is found
again: the visit whose draws choose just this gift at that day's price of a coin. They say what giving was worth then.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.calendar import Calendar
from sim.behavior.fraud import in_ring
from sim.behavior.gift import choose_gift, coins_worth, willing_to_pay
from sim.behavior.purposes import GIFT, VISIT
from sim.behavior.visit import HOUR_US, LOOK_AROUND_S, PAY_S, SECOND_US, instant_in_hour
from sim.experiments.welfare.demand import Curve, worth_of_bought, worth_of_held
from sim.experiments.welfare.people import People
from sim.experiments.welfare.schedule import Schedule
from sim.ledger import Item, Op, item_id
from sim.ledger.accounts import KIND_SPAN
from sim.scenario import Scenario
from sim.streams import draw, key_of
from sim.tables import Columns

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LONGEST_VISIT_H: Final = 8  # watching takes minutes in the mean, and no stream lasts a day


class Menu(NamedTuple):
    """All gifts by price: arrays of shape (n_gifts,), coins and item ids."""

    coins: Integers
    item: Integers


def menu_of(scenario: Scenario) -> Menu:
    """The gifts in the order in which the rule chooses among them."""
    gifts = sorted((gift.coins, n) for n, gift in enumerate(scenario.catalogs.gifts.gifts))
    coins, numbers = (np.array(column, np.int64) for column in zip(*gifts, strict=True))
    return Menu(coins, item_id(Item.GIFT, 0) + numbers)


def curves_of(scenario: Scenario) -> list[Curve]:
    """How the price of a coin deters, by region: the reference price is in its own money."""
    topup, elasticity = scenario.topup, float(scenario.gifting.price_elasticity)
    return [
        Curve(float(topup.hesitation), elasticity, region.each(topup.reference_cents_per_coin))
        for region in scenario.regions.values()
    ]


class Worths(NamedTuple):
    """Of each gift, in minor units of the giver's money: what it was worth, and what its coins cost on that day.

    Both are 0 for gifts that nobody chose to pay for: those of viewers who never pay, and those of stolen accounts.
    """

    worth: Floats
    cost: Floats


class Giving:
    """What it takes to find a moment again."""

    def __init__(self, scenario: Scenario, seed: int, people: People, schedule: Schedule) -> None:
        self.menu = menu_of(scenario)
        self._curves = curves_of(scenario)
        self._people = people
        self._schedule = schedule
        self._seed = key_of(seed)
        self._epoch_hour = Calendar(scenario).epoch_hour
        self._mood = float(scenario.gifting.mood_sigma)

    def __repr__(self) -> str:
        return f"<Giving of {len(self.menu.coins)} gifts>"

    def worths(self, paid: Columns, region: Integers) -> Worths:
        """Of the gifts among these accepted topups and gifts, in their order.

        Parameters
        ----------
        paid : columns of the trace, in canonical order
        region : of each viewer, by its place in the scenario
        """
        bought = _was_bought(paid)[paid["op"] == Op.GIFT]
        gifts = {name: column[paid["op"] == Op.GIFT] for name, column in paid.items()}
        number = gifts["actor"] % KIND_SPAN
        traits = [self._people.traits(n) for n in number.tolist()]
        on_web = np.array([one.buys_on_web for one in traits], np.bool_)
        price = self._schedule.coin_price(region[number], gifts["at_us"], on_web)
        found = Worths(np.zeros(len(number)), np.zeros(len(number)))
        chosen = np.array([one.is_giver for one in traits], np.bool_) & ~self._stolen(gifts)
        moments = zip(chosen.tolist(), *_plain(gifts), [one.willingness for one in traits], price.tolist(), strict=True)
        willing = np.array([self._willing(*moment) if is_own else 0.0 for is_own, *moment in moments], np.float64)
        for place, curve in enumerate(self._curves):
            for was_bought, worth_of in ((True, worth_of_bought), (False, worth_of_held)):
                these = chosen & (region[number] == place) & (bought == was_bought)
                coins = gifts["amount"][these]
                found.cost[these] = coins * price[these]
                found.worth[these] = worth_of(curve, self.menu.coins, coins, willing[these], price[these])
        return found

    def _willing(self, viewer: int, at_us: int, item: int, coins: int, willingness: float, price: float) -> float:
        """What giving was worth in the moment of a gift; what the gift cost, where the moment isn't found."""
        for hour in range(at_us // HOUR_US, max(at_us // HOUR_US - LONGEST_VISIT_H, -1), -1):
            occasion = self._epoch_hour + hour
            began_us = hour * HOUR_US + instant_in_hour(draw(self._seed, viewer, VISIT, occasion)[0])
            if began_us + LOOK_AROUND_S[0] * SECOND_US > at_us:
                continue
            words = draw(self._seed, viewer, GIFT, occasion)
            willing = willing_to_pay(words[1], willingness, self._mood)
            gift = choose_gift(self.menu.coins, coins_worth(willing, price), words[2])
            if gift >= 0 and self.menu.item[gift] == item:
                return willing
        return coins * price

    def _stolen(self, gifts: Columns) -> Bools:
        """Which gifts were given by a fraud ring."""
        share = self._schedule.ring_share(gifts["at_us"])
        if not share.any():
            return np.zeros(len(share), np.bool_)
        pairs = zip(gifts["actor"].tolist(), share.tolist(), strict=True)
        return np.array([in_ring(self._seed, viewer, of) for viewer, of in pairs], np.bool_)


def _plain(gifts: Columns) -> list[list[int]]:
    return [gifts[name].tolist() for name in ("actor", "at_us", "item", "amount")]


def _was_bought(paid: Columns) -> Bools:
    """Whether coins were bought for a record: the same viewer's record before is a topup, no longer ago than paying."""
    order = np.lexsort((paid["seq"], paid["actor"]))
    at_us, actor, is_topup = paid["at_us"][order], paid["actor"][order], paid["op"][order] == Op.TOPUP
    found = np.zeros(len(order), np.bool_)
    just_now = np.diff(at_us) <= PAY_S[1] * SECOND_US
    found[order[1:]] = is_topup[:-1] & (np.diff(actor) == 0) & just_now
    return found
