"""The catalogues hold what their sources say: every pack, every gift, and goods around the median order."""

from itertools import chain
from statistics import median
from typing import Any

import pytest

from sim.scenario import load
from sim.scenario.catalogs import Pack

# Section by section as the published list groups them; a gift that differs from its group's price says its own.
GIFTS = {
    1: "Rose, TikTok, GG, Ice Cream Cone, Heart Me, Thumbs Up, Cake Slice, Heart",
    2: "Team Bracelet",
    5: "Finger Heart, Potato, Tofu",
    9: "Applause, Cheer You Up",
    10: "Rosa, Friendship Necklace",
    20: "Perfume",
    30: "Doughnut",
    49: "Sign language love",
    88: "Butterfly",
    90: "Family",
    99: "Paper Crane, Cap, Little Crown, Hat and Mustache, Guitar",
    100: "Confetti, Hand Hearts",
    150: "Socks and Sandals",
    199: "Sunglasses, Love You, Garland Headpiece",
    299: "Boxing Gloves, Corgi, Duck",
    399: "Forever Rosa, Gaming Headset",
    499: "Coral",
    500: "Money Gun, VR Goggles",
    699: "Swan",
    899: "Train",
    999: "Travel with You",
    1_000: "Galaxy, Gold Mine, Disco Ball",
    1_088: "Fireworks",
    1_500: "Diamond Ring",
    1_999: "Airship",
    2_150: "Whale Diving",
    2_888: "Concert",
    2_988: "Motorcycle",
    3_000: "Meteor Shower",
    4_888: "Private Jet, Leon the Kitten",
    5_000: "Unicorn Fantasy, Flying Jets",
    5_500: "Wolf",
    6_999: "Celebration Time",
    7_000: "Sports Car",
    7_999: "Star Throne",
    8_000: "Safari Park",
    9_699: "Leon and Lili",
    10_000: "Interstellar",
    10_999: "Falcon",
    15_000: "Mammoth, Rosa Nebula",
    17_000: "Amusement Park",
    19_999: "Fly Love",
    20_000: "TikTok Shuttle, Castle Fantasy, Yacht",
    25_999: "Phoenix, Adam's Dream",
    26_999: "Dragon Flame",
    29_999: "Lion",
    30_000: "Gorilla, Sam the Whale",
    34_000: "Zeus",
    34_999: "TikTok Universe+",
    39_999: "TikTok Stars",
    41_999: "Fire Phoenix",
    42_999: "Pegasus",
    44_999: "TikTok Universe",
}

APP_LADDER_CENTS = {65: 99, 330: 499, 660: 999, 1321: 1999, 3303: 4999, 6607: 9999, 16500: 24999}

# What people pay in the app elsewhere, in the currency's minor unit (whole rupiah for IDR).
LADDERS = {
    "packs-gb": {40: 49, 65: 89, 330: 449, 660: 899, 1321: 1799, 3303: 4499, 6607: 8999, 16500: 21999},
    "packs-eu": {100: 109, 500: 549, 1000: 1099, 5000: 5499, 10000: 10999},
    "packs-id": {70: 17_000, 350: 85_000, 1400: 340_000, 3500: 850_000, 7000: 1_700_000, 17500: 4_250_000},
    "packs-cn": {60: 600, 300: 3000, 980: 9800, 2980: 29_800, 6480: 64_800},
}
# What a coin costs in the app there, from the cheapest to the dearest pack: in minor units.
COIN_PRICES = {"packs-gb": (1.22, 1.38), "packs-eu": (1.09, 1.10), "packs-id": (242, 244), "packs-cn": (10, 10)}
CURRENCIES = {"gb": "GBP", "eu": "EUR", "id": "IDR", "cn": "CNY"}
MEDIANS = {"goods-gb": 2_799, "goods-eu": 3_199, "goods-id": 79_000, "goods-cn": 7_900}


def elsewhere(name: str) -> Any:
    """A catalogue that no scenario of the United States names."""
    key, _, place = name.partition("-")
    home = {"currency": CURRENCIES[place], "packs": f"packs-{place}", "goods": f"goods-{place}"}
    scenario = load("us-baseline", {f"regions.US.{part}": stated for part, stated in home.items()})
    return getattr(scenario.catalogs, key)[name]


def packs(channel: str) -> tuple[Pack, ...]:
    return tuple(pack for pack in load("us-baseline").packs("US") if pack.channel == channel and not pack.by_amount)


def test_every_gift_of_the_list_is_there_at_its_price() -> None:
    expected = [(name, coins) for coins, names in GIFTS.items() for name in names.split(", ")]
    assert [(gift.name, gift.coins) for gift in load("us-baseline").catalogs.gifts.gifts] == expected
    assert len(expected) == 84


def test_the_app_ladder_is_the_published_one() -> None:
    assert {pack.coins: pack.price_cents for pack in packs("app")} == APP_LADDER_CENTS


def test_the_app_ladder_gives_no_quantity_discount() -> None:
    """A coin costs 1.51 to 1.53 cents from end to end."""
    assert all(1.51 < pack.price_cents / pack.coins < 1.53 for pack in packs("app"))


def test_the_web_sells_the_same_coins_for_a_quarter_less_to_the_nearest_cent() -> None:
    assert [pack.coins for pack in packs("web")] == list(APP_LADDER_CENTS)
    for pack in packs("web"):
        assert abs(4 * pack.price_cents - 3 * APP_LADDER_CENTS[pack.coins]) <= 2


def test_a_packs_name_says_its_channel_and_coins() -> None:
    assert all(pack.name == f"{pack.channel}-{pack.coins}" for pack in packs("app") + packs("web"))


def test_the_median_good_is_the_median_order() -> None:
    goods = load("us-baseline").catalogs.goods["goods-us"]
    stated = goods.median_price_cents
    assert median(good.price_cents for good in goods.goods) == int(stated)
    assert (stated.low, stated.high) == (2091, 5900)


def test_goods_cost_less_than_their_price_and_come_from_both_origins() -> None:
    goods = load("us-baseline").goods("US")
    assert all(0 < good.cost_cents < good.price_cents for good in goods)
    assert {good.name for good in goods if good.imported} >= {"Phone case", "Lip tint", "Cat tunnel", "Yoga leggings"}
    assert not all(good.imported for good in goods)


def test_coins_by_amount_cost_what_those_of_the_smallest_pack_on_the_web_do_and_are_an_offer() -> None:
    (custom,) = (pack for pack in load("us-baseline").packs("US") if pack.by_amount)
    smallest = packs("web")[0]
    assert (custom.channel, custom.coins, custom.price_cents) == ("web", smallest.coins, smallest.price_cents)
    assert custom.limited
    assert not any(pack.limited for pack in packs("web") + packs("app"))


# What a fan pays for the pack nearest to $5 and how many coins it has; what a creator gets for one; the source.
RIVALS = {
    "stars": (499, 310, 1, "M1"),
    "bits-desktop": (700, 500, 1, "M3"),
    "bits-mobile": (499, 245, 1, "M4"),
    "tokens": (499, 500, 0.5, "M7"),
}


def test_rivals_coins_cost_what_their_packs_say() -> None:
    rows = {row.name: row for row in load("us-baseline").catalogs.rivals.rivals}
    assert rows.keys() == RIVALS.keys()
    for name, (price_cents, coins, creator_cents, source) in RIVALS.items():
        assert float(rows[name].price_cents) == pytest.approx(price_cents / coins, abs=0.005)
        assert (float(rows[name].creator_cents), rows[name].source) == (creator_cents, source)


def test_in_china_the_web_costs_what_the_app_does() -> None:
    web = {pack.coins: pack.price_cents for pack in elsewhere("packs-cn").packs if pack.channel == "web"}
    assert web == LADDERS["packs-cn"]


@pytest.mark.parametrize("kind", ["packs", "gifts", "goods", "rivals"])
def test_every_row_has_a_source(kind: str) -> None:
    catalogs = load("us-baseline").catalogs
    rows = {
        "packs": chain.from_iterable(catalog.packs for catalog in catalogs.packs.values()),
        "gifts": catalogs.gifts.gifts,
        "goods": chain.from_iterable(catalog.goods for catalog in catalogs.goods.values()),
        "rivals": catalogs.rivals.rivals,
    }
    assert all(row.source for row in rows[kind])


@pytest.mark.parametrize("name", LADDERS)
def test_other_countries_ladders_are_the_reported_ones(name: str) -> None:
    sold = elsewhere(name).packs
    assert {pack.coins: pack.price_cents for pack in sold if pack.channel == "app"} == LADDERS[name]
    assert all(pack.name == f"{pack.channel}-{pack.coins}" and pack.source for pack in sold)


@pytest.mark.parametrize("name", LADDERS)
def test_what_a_coin_costs_elsewhere(name: str) -> None:
    low, high = COIN_PRICES[name]
    prices = [pack.price_cents / pack.coins for pack in elsewhere(name).packs if pack.channel == "app"]
    assert low <= min(prices) <= max(prices) <= high


@pytest.mark.parametrize("name", ["packs-gb", "packs-eu", "packs-id"])
def test_the_web_elsewhere_costs_a_quarter_less_to_the_nearest_unit(name: str) -> None:
    web = {pack.coins: pack.price_cents for pack in elsewhere(name).packs if pack.channel == "web"}
    assert web.keys() == LADDERS[name].keys()
    assert all(abs(4 * web[coins] - 3 * price) <= 2 for coins, price in LADDERS[name].items())


@pytest.mark.parametrize("name", MEDIANS)
def test_other_countries_goods_lie_around_their_median_order(name: str) -> None:
    catalog = elsewhere(name)
    assert median(good.price_cents for good in catalog.goods) == MEDIANS[name] == int(catalog.median_price_cents)
    assert all(0 < good.cost_cents < good.price_cents and good.source for good in catalog.goods)
    assert {good.imported for good in catalog.goods} == {False, True}
