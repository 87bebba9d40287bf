"""Trade: merchants' and goods' origins."""

import numpy as np
import pytest

from sim.agents.merchants import foreign_sellers, goods_of, most_goods, range_of
from sim.behavior.trade import Range, assort, is_foreign
from sim.ledger import Kind, account_id
from sim.scenario import load

SELLERS = [account_id(Kind.SELLER, n) for n in range(4_000)]
DOMESTIC, IMPORTED = np.array([0, 2, 4, 5, 7]), np.array([1, 3, 6])
NONE = np.empty(0, np.int64)


def supply(foreign: float, imported: float, each: int = 2, abroad: int = 2) -> Range:
    return Range(DOMESTIC, IMPORTED, foreign, imported, each, abroad)


def shelf(seller: int, of: Range) -> list[int]:
    goods = np.full(most_goods(of), -1)
    n_goods = assort(1, seller, of, goods)
    return [int(good) for good in goods[:n_goods]]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.7, 1.0])
def test_so_many_merchants_are_from_abroad(share: float) -> None:
    foreign = np.mean([is_foreign(1, seller, share) for seller in SELLERS])
    assert foreign == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / len(SELLERS)))


def test_who_is_from_abroad_stays_so_where_more_are() -> None:
    few, more = ({seller for seller in SELLERS if is_foreign(1, seller, share)} for share in (0.2, 0.5))
    assert few < more


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_domestic_shelf_holds_so_many_imported_goods(share: float) -> None:
    """One good a shelf, so that nothing runs out."""
    imported = np.mean([shelf(seller, supply(0.0, share, each=1))[0] in IMPORTED for seller in SELLERS])
    assert imported == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / len(SELLERS)))


@pytest.mark.parametrize(
    ("of", "n_goods", "origins"),
    [
        (supply(0.0, 0.0), 2, {False}),
        (supply(0.0, 1.0), 2, {True}),
        (supply(1.0, 0.0, abroad=3), 3, {True}),  # from abroad come imported goods only
        (supply(1.0, 0.0, abroad=9), 3, {True}),  # and no more of them than there are
        (supply(0.0, 0.0, each=9), 5, {False}),
        (supply(0.0, 0.5, each=9), 8, {False, True}),
        (supply(0.0, 0.001, each=9), 8, {False, True}),  # what has run out is replaced at once
        (supply(0.0, 0.0, each=0), 0, set()),
        (supply(0.0, 1.0)._replace(imported=NONE), 2, {False}),  # nothing is imported anywhere
        (supply(0.0, 0.0)._replace(domestic=NONE), 2, {True}),
    ],
)
def test_a_shelf_holds_different_goods_of_its_merchants_origins(of: Range, n_goods: int, origins: set[bool]) -> None:
    shelves = [shelf(seller, of) for seller in SELLERS[:200]]
    assert {len(goods) for goods in shelves} == {n_goods}
    assert all(len({*goods}) == n_goods for goods in shelves)
    assert {good in IMPORTED for goods in shelves for good in goods} == origins


def test_imported_goods_have_a_price_of_their_own_and_foreign_sellers_a_cost() -> None:
    overrides = ["sellers.import_price_factor=0.5", "sellers.foreign_cost_factor=0.75"]
    scenario = load("us-baseline", overrides)
    goods, catalog = goods_of(scenario), scenario.all_goods
    assert (catalog[0].imported, catalog[2].imported) == (True, False)
    assert (goods.usual_price[0], goods.price[0]) == (799, 400)  # half of a cent is rounded up
    assert (goods.usual_price[2], goods.price[2]) == (1299, 1299)
    assert (goods.cost[0], goods.foreign_cost[0]) == (240, 180)
    assert goods_of(load("us-baseline", ["sellers.import_price_factor=0"])).price[0] == 1  # nothing is given away


def test_a_price_factor_is_of_all_goods_and_leaves_what_buyers_compare_with() -> None:
    usual = goods_of(load("us-baseline"))
    goods = goods_of(load("us-baseline", ["sellers.import_price_factor=0.5", "sellers.price_factor=1.1"]))
    assert (goods.usual_price == usual.usual_price).all()
    assert (goods.cost == usual.cost).all()
    assert goods.price[0] == 440  # 799, halved to 400, and a tenth more
    assert goods.price[2] == 1429  # 1299


def test_the_baseline_has_both_origins() -> None:
    scenario = load("us-baseline")
    supply = range_of(scenario, "US")
    assert len(supply.domestic) > 0
    assert len(supply.imported) > 0
    assert foreign_sellers(scenario, 1, 1000).mean() == pytest.approx(0.1, abs=0.04)


def test_goods_cost_less_than_they_bring() -> None:
    assert all(good.cost_cents < good.price_cents for good in load("us-baseline").all_goods)
