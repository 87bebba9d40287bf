"""What viewers buy from live sellers, when hosts work, and how long the world takes."""

from math import log
from statistics import NormalDist

import numpy as np
import pytest

from sim.behavior.delay import DAY_US, around, memoryless
from sim.behavior.labor import WHOLE, opportunity, takes
from sim.behavior.shop import LIVE, TAB, VIDEO, ShopTerms, channel_of, item_of, looks_closely, worth_of
from sim.ledger import Item, item_id
from sim.streams import draw

N = 4_000
EVEN_HOURS = np.cumsum(np.ones(24, np.int64))


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0])
def test_orders_are_considerations_times_those_for_whom_it_is_worth_the_price(ratio: float) -> None:
    price = round(3500 * ratio)
    bought = [
        looks_closely(draw(1, viewer, 96, 0)[0], 0.4) and worth_of(1, viewer, 1, 3500, 0.8) >= price
        for viewer in range(N)
    ]
    expected = 0.4 * (1 - NormalDist().cdf(log(ratio) / 0.8))
    assert abs(np.mean(bought) - expected) <= 4 * np.sqrt(expected * (1 - expected) / N)


def test_visits_go_to_channels_by_their_shares() -> None:
    terms = ShopTerms(tab_share=0.2, video_share=0.5, taste_sigma=0.8, coin_share=0.5)
    channels = np.array([channel_of(draw(1, viewer, 96, 0)[2], terms) for viewer in range(N)])
    for channel, share in ((TAB, 0.2), (VIDEO, 0.5), (LIVE, 0.3)):
        assert np.mean(channels == channel) == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / N))


def test_a_channel_is_seen_in_the_item_and_not_in_the_worth() -> None:
    assert [item_of(channel, 7) for channel in (TAB, VIDEO, LIVE)] == [
        item_id(kind, 7) for kind in (Item.GOOD_SHOP, Item.GOOD_VIDEO, Item.GOOD_LIVE)
    ]
    assert worth_of(1, 5, 7, 3500, 0.8) != worth_of(1, 5, 8, 3500, 0.8)


def test_sessions_a_week_and_their_length() -> None:
    days = [opportunity(1, host, day, 120.0, EVEN_HOURS) for host in range(100) for day in range(70)]
    at_work = [(hour, length_us) for hour, length_us, word in days if takes(word, 4.0, WHOLE)]
    assert len(at_work) / len(days) == pytest.approx(4 / 7, abs=4 * 0.5 / np.sqrt(len(days)))
    minutes = np.array([length_us for _, length_us in at_work]) / 60_000_000
    assert minutes.min() >= 60
    assert minutes.max() <= 180
    assert minutes.mean() == pytest.approx(120, abs=4 * 34.7 / np.sqrt(len(minutes)))
    assert {hour for hour, _ in at_work} == set(range(24))


def test_delays_have_their_means() -> None:
    words = [draw(1, viewer, 97, 0)[0] for viewer in range(N)]
    even = np.array([around(word, 2.0) for word in words]) / DAY_US
    assert (even.min() >= 1, even.max() <= 3) == (True, True)
    assert even.mean() == pytest.approx(2.0, abs=4 * 0.58 / np.sqrt(N))
    waiting = np.array([memoryless(word, 2.0) for word in words]) / DAY_US
    assert waiting.mean() == pytest.approx(2.0, abs=4 * 2.0 / np.sqrt(N))
    assert np.mean(waiting > 2.0) == pytest.approx(np.exp(-1), abs=4 * 0.48 / np.sqrt(N))
