"""What viewers buy from live sellers, when hosts work, and how long the world takes."""

from math import log
from statistics import NormalDist

import numpy as np
import pytest

from sim.behavior.delay import DAY_US, around, memoryless
from sim.behavior.labor import REST, session
from sim.behavior.shop import ShopTerms, buys
from sim.streams import draw

N = 4_000
EVEN_HOURS = np.cumsum(np.ones(24, np.int64))


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0])
def test_orders_are_considerations_times_those_for_whom_it_is_worth_the_price(ratio: float) -> None:
    terms = ShopTerms(consideration=0.4, taste_sigma=0.8)
    price = round(3500 * ratio)
    bought = [buys(1, viewer, draw(1, viewer, 96, 0)[0], 600_000_001, price, 3500, terms) for viewer in range(N)]
    expected = 0.4 * (1 - NormalDist().cdf(log(ratio) / 0.8))
    assert abs(np.mean(bought) - expected) <= 4 * np.sqrt(expected * (1 - expected) / N)


def test_sessions_a_week_and_their_length() -> None:
    days = [session(1, host, day, 4.0, 120.0, EVEN_HOURS) for host in range(100) for day in range(70)]
    at_work = [(hour, length_us) for hour, length_us in days if hour != REST]
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
