"""An account of one run: what each party gained, in minor units, and what viewers and creators gained one by one.

account = account_of(heard)                         # a `Listener` has heard it
account.gains["platform_gain"]
account.gains["total_gain"]                         # worth less cost: what the parties pay each other cancels
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.merchants import goods_of
from sim.experiments.welfare import money
from sim.experiments.welfare.creators import Creators, creators_of
from sim.experiments.welfare.elsewhere import Diverted, diverted
from sim.experiments.welfare.gifts import Giving, Worths
from sim.experiments.welfare.goods import deliveries_of
from sim.experiments.welfare.heard import Heard, rows
from sim.experiments.welfare.parties import DOMESTIC, FIRMS
from sim.experiments.welfare.people import TENTHS, Fans, People, deciles
from sim.experiments.welfare.schedule import Schedule
from sim.experiments.welfare.sellers import Sellers, sellers_of
from sim.experiments.welfare.viewers import Viewers, viewers_of
from sim.ledger import Op


class Account(NamedTuple):
    """Who gained how much in a run.

    Attributes
    ----------
    currency : in whose minor units everything is
    gains : by the names of `sim.experiments.welfare.parties`
    money : by party, the part of its gain that is money; the sum of all is 0
    viewers, creators : one by one
    tenth, top : of each viewer, the tenth of fans by appetite (0: no fan), and whether of their top hundredth
    """

    currency: str
    gains: dict[str, float]
    money: dict[str, Fraction]
    viewers: Viewers
    creators: Creators
    tenth: npt.NDArray[np.int64]
    top: npt.NDArray[np.bool_]


def account_of(heard: Heard) -> Account:
    """Add a run up."""
    scenario, records, from_us = heard.scenario, heard.records, heard.begin.at_us
    means = np.array([region.means for region in scenario.regions.values()])
    people, goods = People(scenario, heard.seed, means[heard.regions]), goods_of(scenario)
    giving = Giving(scenario, heard.seed, people, Schedule(scenario, heard.seed))
    worths = giving.worths(rows(records, np.isin(records["op"], (Op.TOPUP, Op.GIFT))), heard.regions)
    delivered = deliveries_of(records, scenario, heard.seed, goods, heard.side.foreign)
    viewers, creators, moved = viewers_of(heard, worths, delivered), creators_of(heard), _money(heard)
    sellers = sellers_of(heard, float(moved[money.SELLERS]), delivered)
    away = diverted(scenario, heard.side.elsewhere, from_us, goods, _ratio(heard, worths), heard.rates)
    fans = people.fans()
    gains = _of_parties(heard, viewers, creators, sellers, moved, away)
    gains |= _of_groups(gains, viewers, creators, fans)
    n = scenario.viewers
    return Account(heard.rates.currency, gains, moved, viewers, creators, fans.tenths(n), fans.top(n))


def _ratio(heard: Heard, worths: Worths) -> float:
    """What gifts were worth beyond their cost, for each unit of it; 0 where nobody gave."""
    now = heard.records["at_us"][heard.records["op"] == Op.GIFT] >= heard.begin.at_us
    cost = float(worths.cost[now].sum())
    return float(worths.worth[now].sum()) / cost - 1.0 if cost else 0.0


def _money(heard: Heard) -> dict[str, Fraction]:
    """What each party gained in money; exact in each currency, and so is the sum."""
    affiliates = {code: int(heard.kpi("affiliate_income", code)) for code in heard.rates.of}
    end, begin = money.money_of(heard.end.closing, affiliates), money.money_of(heard.begin.closing, {})
    gained = money.less(end, begin)
    return {
        party: sum((by[party] * Fraction(heard.rates.of[code]) for code, by in gained.items()), Fraction(0))
        for party in money.PARTIES
    }


def _unspent(heard: Heard) -> float:
    """What all coins at hand are worth to viewers, by the rule that weighs those left over."""
    begin, end = heard.begin.closing.unspent_price, heard.end.closing.unspent_price
    more = sum(rate * (end.get(code, 0) - begin.get(code, 0)) for code, rate in heard.rates.of.items())
    return float(heard.scenario.topup.leftover_value) * more


def _of_parties(
    heard: Heard,
    viewers: Viewers,
    creators: Creators,
    sellers: Sellers,
    moved: Mapping[str, Fraction],
    away: Diverted,
) -> dict[str, float]:
    time = float(creators.time.sum())
    gains = {
        "viewer_surplus": float((viewers.gifts + viewers.goods).sum()) + _unspent(heard) + float(moved[money.VIEWERS]),
        "viewer_surplus_elsewhere": away.viewers,
        "creator_gain": float(moved[money.CREATORS]) - time,
        "creator_gain_elsewhere": away.creators,
        "domestic_seller_gain": sellers.domestic + away.domestic,
        "foreign_seller_gain": sellers.foreign + away.foreign,
        "offline_shop_gain": sellers.offline - away.offline_cost,
        "platform_gain": float(moved[money.PLATFORM]),
        "coin_float_gain": float(moved[money.FLOAT]),
        "store_gain": float(moved[money.STORES]),
        "state_gain": float(moved[money.STATES]),
        "rival_gain": away.rivals,
    }
    domestic, firms = (sum(gains[name] for name in names) for names in (DOMESTIC, FIRMS))
    return gains | {
        "creator_time": time,
        "local_seller_gain": gains["domestic_seller_gain"] + gains["offline_shop_gain"],
        "domestic_gain": domestic,
        "firm_gain": firms,
        "total_gain": domestic + gains["foreign_seller_gain"] + firms,
    }


def _of_groups(gains: Mapping[str, float], viewers: Viewers, creators: Creators, fans: Fans) -> dict[str, float]:
    """Without the top hundredth of fans; by tenths of fans and of creators."""
    n, surplus = len(viewers.gifts), viewers.surplus
    of_top = float(surplus[fans.top(n)].sum())
    by_tenth = np.bincount(fans.tenths(n), surplus, TENTHS + 1)
    net = deciles(creators.income - creators.time, creators.popularity)
    return {
        "viewer_surplus_without_top": gains["viewer_surplus"] - of_top,
        "total_gain_without_top": gains["total_gain"] - of_top,
        "viewer_surplus_no_fans": float(by_tenth[0]),
        **{f"viewer_surplus_tenth_{place}": float(by_tenth[place]) for place in range(1, TENTHS + 1)},
        **{f"creator_gain_tenth_{place}": float(net[place - 1]) for place in range(1, TENTHS + 1)},
    }
