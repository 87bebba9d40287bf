"""What a law forbids, what it makes dearer, and where people go who can't buy here."""

from collections import Counter

import numpy as np
import pytest

from engine_runs import Result, ran
from sim.behavior.commerce import (
    NO_QUOTA,
    NO_REASON,
    Commerce,
    is_banned,
    is_hidden,
    legal_price,
    may_import,
    no_law,
    obstacle,
    refusal,
)
from sim.behavior.elsewhere import (
    AT_RIVAL,
    BAN,
    FLOOR,
    LIMIT,
    LINK_OUT,
    NOWHERE,
    OFFLINE,
    QUOTA,
    STOCK,
    SUSPENDED,
    ElsewhereTerms,
    route_of,
)
from sim.behavior.shop import LIVE, TAB, VIDEO
from sim.ledger import Item, Op, Outcome
from sim.ledger.operations import ITEM_SPAN
from sim.scenario import check, load

SHOPPERS = (
    "viewers=400",
    "days=3",
    "shopping.shopper_share=1",
    "shopping.tab_conversion=0.2",
    "shopping.video_conversion=0.2",
    "shopping.live_conversion=0.2",
    "sellers.per_thousand_viewers=50",
)
DAY_US = 86_400_000_000


def law(**fields: list[int]) -> Commerce:
    """What holds in two regions with a good each."""
    return no_law(2, 2)._replace(**{name: np.array(values, np.int64) for name, values in fields.items()})


def test_a_ban_is_of_a_region_and_a_channel() -> None:
    banned = law(banned=[1 << LIVE | 1 << VIDEO, 0])
    assert [is_banned(banned, 0, channel) for channel in (LIVE, TAB, VIDEO)] == [True, False, True]
    assert not any(is_banned(banned, 1, channel) for channel in (LIVE, TAB, VIDEO))


@pytest.mark.parametrize(
    ("channel", "advertised", "hidden"),
    [(LIVE, 0, True), (LIVE, 1, False), (VIDEO, 0, True), (VIDEO, 1, False), (TAB, 0, False), (TAB, 1, False)],
)
def test_what_is_banned_may_be_shown_if_it_may_be_advertised(channel: int, advertised: int, hidden: bool) -> None:
    everything = law(banned=[0b111, 0], advertised=[advertised, 0])
    assert is_hidden(everything, 0, channel) is hidden
    assert not is_hidden(everything, 1, channel)


@pytest.mark.parametrize(
    ("price", "is_foreign", "legal"), [(99, True, 100), (100, True, 100), (101, True, 101), (99, False, 99)]
)
def test_a_floor_binds_merchants_from_abroad(price: int, is_foreign: bool, legal: int) -> None:
    floor = law(floor=[0, 100])
    assert legal_price(floor, 1, price, is_foreign) == legal
    assert legal_price(floor, 0, price, is_foreign) == price  # an exempt good


def test_a_quota_counts_imports() -> None:
    quota = law(quota=[2, NO_QUOTA], left=[0, NO_QUOTA])
    assert not may_import(quota, 0, True)
    assert may_import(quota, 0, False)
    assert may_import(quota, 1, True)


@pytest.mark.parametrize(
    ("fields", "worth", "legal", "stock", "reason"),
    [
        ({}, 100.0, 100, 1, NO_REASON),
        ({}, 100.0, 100, 0, STOCK),
        ({}, 99.9, 100, 1, FLOOR),  # worth its own price, or nobody would ask
        ({"banned": [0b111, 0]}, 99.9, 100, 0, BAN),
        ({"left": [0, 0]}, 100.0, 100, 0, QUOTA),
        ({"left": [0, 0]}, 99.0, 100, 0, FLOOR),
        ({"left": [1, 0]}, 100.0, 100, 1, NO_REASON),
    ],
)
def test_an_obstacle_is_the_first_that_holds(
    fields: dict[str, list[int]], worth: float, legal: int, stock: int, reason: int
) -> None:
    assert obstacle(law(**fields), 0, LIVE, True, legal, worth, stock) == reason


def test_a_wallet_that_is_off_and_a_limit_are_obstacles_too() -> None:
    reasons = {outcome: refusal(outcome) for outcome in Outcome}
    named = {outcome: reason for outcome, reason in reasons.items() if reason != NO_REASON}
    assert named == {Outcome.SUSPENDED: SUSPENDED, Outcome.OVER_LIMIT: LIMIT}


def test_people_divert_by_the_stated_shares() -> None:
    terms = ElsewhereTerms(rival=0.5, offline=0.25, link_out=0.125)
    words = range(0, 2**32, 2**32 // 64)
    assert Counter(route_of(word, terms, True) for word in words) == {
        AT_RIVAL: 32,
        OFFLINE: 16,
        LINK_OUT: 8,
        NOWHERE: 8,
    }
    assert Counter(route_of(word, terms, False) for word in words) == {AT_RIVAL: 32, OFFLINE: 16, NOWHERE: 16}


def shopping(*interventions: str) -> Result:
    dated = ", ".join(f"{{ at = 2024-04-09T04:00:00Z, {change} }}" for change in interventions)
    return ran("windowed", load("us-baseline", [*SHOPPERS, "sellers.foreign_share=0.4", f"interventions=[{dated}]"]))


def orders(result: Result, since_us: int = 0, until_us: int = 3 * DAY_US) -> Counter[Item]:
    """Accepted orders by kind of item."""
    columns = result.trace.columns
    kept = (columns["op"] == Op.ORDER) & (columns["outcome"] == Outcome.ACCEPTED)
    kept &= (columns["at_us"] >= since_us) & (columns["at_us"] < until_us)
    return Counter(Item(kind) for kind in (columns["item"][kept] // ITEM_SPAN).tolist())


def diverted(result: Result, **wanted: str) -> int:
    columns = result.elsewhere
    kept = np.ones(len(columns["count"]), np.bool_)
    for name, value in wanted.items():
        kept &= columns[name] == value
    return int(columns["count"][kept].sum())


def test_a_ban_turns_orders_into_diverted_ones_one_for_one() -> None:
    """The same people want the same things: who would have ordered on the first day of the ban goes elsewhere."""
    free, banned = shopping(), shopping("kind = 'commerce_ban', channels = ['live', 'shop', 'video']")
    assert orders(banned, 0, DAY_US) == orders(free, 0, DAY_US)
    assert sum(orders(banned, DAY_US).values()) == 0
    assert diverted(banned, reason="ban") > 0.9 * sum(orders(free, DAY_US).values())
    assert diverted(banned, reason="ban", route="link_out") > 0
    assert diverted(free, reason="ban") == 0


def test_a_ban_of_one_channel_leaves_the_others_alone() -> None:
    free, banned = shopping(), shopping("kind = 'commerce_ban', channels = ['shop'], advertising = false")
    assert orders(banned, DAY_US)[Item.GOOD_SHOP] == 0
    assert orders(banned, DAY_US)[Item.GOOD_VIDEO] >= orders(free, DAY_US)[Item.GOOD_VIDEO] > 0
    assert diverted(banned, reason="ban", route="link_out") == 0
    assert diverted(banned, reason="ban") > 0


def test_a_floor_keeps_cheap_goods_of_foreign_merchants_out() -> None:
    floored = shopping("kind = 'price_floor', region = 'US', price_cents = 10000, exempt = ['beauty']")
    columns = floored.trace.columns
    seller = columns["peer"] % 1_000_000_000_000
    assert diverted(floored, reason="floor", merchant="foreign") == diverted(floored, reason="floor") > 0
    dear = (columns["op"] == Op.ORDER) & (columns["at_us"] >= DAY_US) & (columns["amount"] == 10_000)
    assert len(np.unique(seller[dear])) > 0  # some pay the floor


def test_a_quota_is_used_up_and_not_exceeded() -> None:
    """Orders beyond it are cancelled at the next boundary, and once it is used up nobody can order."""
    limited = shopping("kind = 'import_quota', region = 'US', orders_a_day = 5")
    assert diverted(limited, reason="quota", goods="imported") == diverted(limited, reason="quota") > 0


def test_shares_beyond_one_and_unknown_categories_are_told() -> None:
    problems = check("us-baseline", ["elsewhere.rival_share=0.9", "elsewhere.offline_share=0.2"])
    assert [problem.key for problem in problems if not problem.is_note] == ["elsewhere.link_out_share"]
    floor = "{ at = 2024-04-09T04:00:00Z, kind = 'price_floor', region = 'US', price_cents = 1, exempt = ['beuty'] }"
    [problem] = check("us-baseline", [f"interventions=[{floor}]"])
    assert "a category of goods in US" in str(problem)
    assert "beauty" in str(problem)
