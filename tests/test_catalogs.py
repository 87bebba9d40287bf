"""The catalogues hold what their sources say: every pack, every gift, and goods around the median order."""

from itertools import chain
from statistics import median

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


@pytest.mark.parametrize("kind", ["packs", "gifts", "goods"])
def test_every_row_has_a_source(kind: str) -> None:
    catalogs = load("us-baseline").catalogs
    rows = {
        "packs": chain.from_iterable(catalog.packs for catalog in catalogs.packs.values()),
        "gifts": catalogs.gifts.gifts,
        "goods": chain.from_iterable(catalog.goods for catalog in catalogs.goods.values()),
    }
    assert all(row.source for row in rows[kind])
