"""A flash sale: the star sells a few pieces for less, most who want one go without, and afterwards all is as it was."""

import numpy as np
import pytest

from engine_runs import Result, assert_identical, ran
from sim.agents.flash import Flash, keenest, keenness, sale_price
from sim.agents.stage import FlashTerms
from sim.ledger import Op
from sim.scenario import load

CROWD = (
    "viewers=600",
    "days=1",
    "window=1min",
    "audience.visits_per_day=10",
    "shopping.shopper_share=1",
    "shopping.tab_share=0",
    "shopping.video_share=0",
    "sellers.per_thousand_viewers=10",
    "sellers.cancel_rate=0",
    "audience.favourite_share=0",
    "creators.per_thousand_viewers=1",
)
SALE = (
    "{ at = 2024-04-08T22:00:00Z, until = 2024-04-09T01:00:00Z, kind = 'flash_sale', region = 'US', discount = 0.5, "
    "stock = 3, interest = 50 }"
)
HOUR_US = 3_600_000_000


def scenario(*interventions: str) -> list[str]:
    return [*CROWD, f"interventions=[{', '.join(interventions)}]"]


@pytest.mark.parametrize(("price", "discount_ppm", "expected"), [(1000, 500_000, 500), (1, 900_000, 1), (7, 0, 7)])
def test_a_sale_takes_its_discount_off_and_leaves_at_least_a_unit(price: int, discount_ppm: int, expected: int) -> None:
    assert sale_price(price, FlashTerms(discount_ppm, 1, 1)) == expected


def test_only_the_star_is_watched_more_keenly_and_no_stream_more_than_the_keenest() -> None:
    assert keenness([Flash(1, FlashTerms(0, 3_000_000, 1))], 3).tolist() == [1_000_000, 3_000_000, 1_000_000]
    assert keenest(load("us-baseline", scenario())) == 1_000_000
    assert keenest(load("us-baseline", scenario(SALE))) == 50_000_000


@pytest.fixture(scope="module")
def sold() -> Result:
    return ran("windowed", load("us-baseline", scenario(SALE)))


def test_engines_hold_the_same_sale(sold: Result) -> None:
    assert_identical(sold, ran("reference", load("us-baseline", scenario(SALE))))


def test_more_want_a_piece_than_there_are(sold: Result) -> None:
    free = ran("windowed", load("us-baseline", scenario()))
    columns = sold.trace.columns
    in_time = (columns["at_us"] >= 18 * HOUR_US) & (columns["at_us"] < 21 * HOUR_US)
    orders = int(((columns["op"] == Op.ORDER) & in_time).sum())
    turned_away = int(sold.elsewhere["count"][sold.elsewhere["reason"] == "stock"].sum())
    assert orders >= 3
    assert turned_away > 0
    usual = free.trace.columns
    before = int((columns["at_us"] < 18 * HOUR_US).sum())
    for name in usual:
        np.testing.assert_array_equal(usual[name][:before], columns[name][:before])
