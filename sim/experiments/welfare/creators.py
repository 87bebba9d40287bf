"""Creators: what each earned by gifts, and what the hours live cost."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.hosts import popularity
from sim.behavior.visit import HOUR_US
from sim.experiments.welfare.heard import Heard, rows
from sim.ledger import REGION_BY_NAME, Kind, Op, Rule
from sim.ledger.accounts import KIND_SPAN, account_id
from sim.ledger.money import PPM
from sim.ledger.terms import Terms
from sim.metrics.worth import diamond_worth
from sim.streams import key_of
from sim.tables import Columns

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Creators(NamedTuple):
    """What creators gained one by one: arrays of shape (n_creators,), money in minor units.

    Attributes
    ----------
    income : of gifts, each diamond at its worth on the day
    time : what their hours live cost them
    popularity : drawn once, whatever happens
    """

    income: Floats
    time: Floats
    popularity: Floats


def creators_of(heard: Heard) -> Creators:
    """Add up by creator what happened between begin and end."""
    n, records = len(heard.side.hour_cost), heard.records
    region = heard.side.hosts_region[:n]
    gifts = rows(records, (records["op"] == Op.GIFT) & (records["at_us"] >= heard.begin.at_us))
    income = np.bincount(gifts["peer"] % KIND_SPAN, gifts["amount"] * _worth_ppm(heard, gifts, region) / PPM, n)
    time = (heard.end.live_us - heard.begin.live_us)[:n] / HOUR_US * heard.side.hour_cost
    shape, key = float(heard.scenario.creators.popularity_shape), key_of(heard.seed)
    known = [popularity(key, account_id(Kind.CREATOR, number), shape) for number in range(n)]
    in_money = heard.rates.in_region[region]
    return Creators(income * in_money, time * in_money, np.array(known, np.float64))


def _worth_ppm(heard: Heard, gifts: Columns, region: Integers) -> Integers:
    """What a diamond of each gift was worth in its creator's region, in ppm of a minor unit."""
    records, terms = heard.records, Terms()
    stated = rows(records, (records["op"] == Op.POLICY) & (records["peer"] == Rule.DIAMOND_VALUE))
    columns = (stated[name].tolist() for name in ("at_us", "region", "amount", "currency"))
    for at_us, code, value, currency in zip(*columns, strict=True):
        terms.set(Rule.DIAMOND_VALUE, value, at_us=at_us, region=code, currency=currency)
    home = region[gifts["peer"] % KIND_SPAN]
    found = np.zeros(len(home), np.int64)
    for place, name in enumerate(heard.scenario.regions):
        worth = diamond_worth(terms, stated["at_us"], REGION_BY_NAME[name])
        here = home == place
        found[here] = worth.ppm[np.searchsorted(worth.from_us, gifts["at_us"][here], side="right") - 1]
    return found
