"""Packs on offer: bonus coins, packs for a while, and doubles, through whole runs on both engines."""

from datetime import timedelta
from functools import lru_cache

import msgspec
import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from random_scenarios import LIVELY
from sim.ledger import Item, Op, Outcome, Rule, item_id
from sim.scenario import PackOffer, PackPrice, Scenario, load
from sim.scenario.catalogs import Pack

HOUR_US = 3_600_000_000
BASE = load("us-baseline", ["viewers=300", "days=2", *LIVELY, "topup.web_share=0", "gifting.intent=0.6"])
N_PACKS = len(BASE.packs("US"))
GRAND = Pack("app-grand", "app", 400, 199, "", bonus=100, limited=True)


def with_packs(*more: Pack, offer: tuple[float, float, int] | None = None) -> Scenario:
    """The baseline with more packs, the last on offer from hour to hour with bonus coins."""
    catalog = BASE.catalogs.packs["packs-us"]
    packs = msgspec.structs.replace(catalog, packs=(*catalog.packs, *more))
    catalogs = msgspec.structs.replace(BASE.catalogs, packs={"packs-us": packs})
    begin, end, bonus = offer or (0, 0, 0)
    at, until = (BASE.start + timedelta(hours=hours) for hours in (begin, end))
    change = PackOffer(at=at, until=until, region="US", pack=packs.packs[-1].name, bonus_coins=bonus)
    return msgspec.structs.replace(BASE, catalogs=catalogs, interventions=(change,) if offer else ())


OFFERED = with_packs(GRAND, offer=(20.1, 30, 50))


@lru_cache
def reference(limited: bool) -> Result:
    return ran("reference", OFFERED if limited else with_packs())


def test_an_offer_gives_one_trace() -> None:
    assert_identical(ran("windowed", OFFERED, shards=2), reference(True))


def test_a_limited_pack_is_bought_while_it_is_on_offer_and_never_else() -> None:
    columns = reference(True).trace.columns
    bought = (columns["op"] == Op.TOPUP) & (columns["item"] == item_id(Item.PACK_APP, N_PACKS))
    at_us = columns["at_us"][bought]
    assert len(at_us) > 20
    begin_us = 20.25 * HOUR_US  # the first boundary at or after its date
    assert begin_us <= at_us.min()
    assert at_us.max() < 30 * HOUR_US
    assert (columns["outcome"][bought] == Outcome.ACCEPTED).all()


def test_an_offer_states_its_coins_and_takes_them_back() -> None:
    columns = reference(True).trace.columns
    stated = (columns["op"] == Op.POLICY) & (columns["peer"] == Rule.PACK_COINS) & (columns["item"] % 10**8 == N_PACKS)
    assert columns["amount"][stated].tolist() == [500, 550, 500]
    assert columns["at_us"][stated].tolist() == [0, 20.25 * HOUR_US, 30 * HOUR_US]


@pytest.mark.parametrize("n", [0, 3])
def test_a_double_of_a_pack_changes_nothing(n: int) -> None:
    """But for the policies that state it."""
    one = BASE.catalogs.packs["packs-us"].packs[n]
    twice = ran("reference", with_packs(msgspec.structs.replace(one, name="double"))).trace.columns
    once = reference(False).trace.columns
    kept = twice["op"] != Op.POLICY
    for name in ("at_us", "op", "actor", "peer", "item", "amount", "outcome"):
        np.testing.assert_array_equal(twice[name][kept], once[name][once["op"] != Op.POLICY], err_msg=name)


CUSTOM = Pack("any", "web", 30, 35, "", by_amount=True)
DEAR = PackPrice(at=BASE.start + timedelta(hours=24), region="US", pack="any", price_cents=70)


def by_amount() -> Scenario:
    scenario = msgspec.structs.replace(with_packs(CUSTOM), interventions=(DEAR,))
    lively = load("us-baseline", ["viewers=300", "days=2", *LIVELY, "topup.web_share=1"])
    return msgspec.structs.replace(scenario, topup=lively.topup)


def test_packs_by_amount_give_one_trace() -> None:
    assert_identical(ran("windowed", by_amount(), shards=2), ran("reference", by_amount()))


def test_a_pack_by_amount_brings_just_the_coins_that_are_wanted() -> None:
    """And the price follows its date: a coin for 35/30 cents on the first day, for 70/30 on the second."""
    result = ran("reference", by_amount())
    columns, coins = result.trace.columns, result.recognized["float_coins"]
    bought = (columns["op"] == Op.TOPUP) & (columns["item"] == item_id(Item.PACK_CUSTOM, N_PACKS))
    for day, each_ppm in ((0, 1_166_666), (1, 2_333_333)):
        these = bought & (columns["at_us"] // (24 * HOUR_US) == day) & (columns["outcome"] == Outcome.ACCEPTED)
        assert these.sum() > (50 if day == 0 else 0)
        amounts = columns["amount"][these]
        assert (coins[these] == amounts * 1_000_000 // each_ppm).all()
        assert coins[these].min() >= 30
        assert (amounts == -(-coins[these] * each_ppm // 1_000_000)).all()  # no cent more than they cost
    stated = (columns["op"] == Op.POLICY) & (columns["peer"] == Rule.COIN_PRICE) & (columns["item"] % 10**8 == N_PACKS)
    assert columns["amount"][stated].tolist() == [1_166_666, 2_333_333]
