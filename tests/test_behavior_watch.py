"""Which stream viewers open."""

import numpy as np
import pytest

from sim.behavior.watch import NOTHING, Live, choose_stream, pick
from sim.streams import draw

N = 4_000
NOBODY_LIVE = Live(*(np.zeros(0, np.int64) for _ in range(3)), np.full(5, NOTHING, np.int64))
# Hosts 0, 2 and 3 of five are live, with weights 10, 30 and 60; host 3 stops at 50.
LIVE = Live(
    np.array([100, 102, 103], np.int64),
    np.array([90, 90, 50], np.int64),
    np.array([10, 40, 100], np.int64),
    np.array([0, NOTHING, 1, 2, NOTHING], np.int64),
)


def blocks(purpose: int) -> list[tuple[int, int, int, int]]:
    return [draw(1, viewer, purpose, 0) for viewer in range(N)]


def shares(favourites: list[int], favourite_share: float, at_us: int) -> dict[int, float]:
    wanted = np.array(favourites, np.int64)
    chosen = [choose_stream(LIVE, wanted, favourite_share, at_us, words) for words in blocks(94)]
    return {place: chosen.count(place) / N for place in set(chosen)}


@pytest.mark.parametrize(
    ("favourites", "favourite_share", "at_us", "expected"),
    [
        ([1, 4], 1.0, 0, {0: 0.1, 1: 0.3, 2: 0.6}),  # no favourite is live: by popularity
        ([0, 2], 1.0, 0, {0: 0.5, 1: 0.5}),  # two are: all alike
        ([0], 0.5, 0, {0: 0.55, 1: 0.15, 2: 0.3}),  # half of the time
        ([3], 1.0, 50, {0: 0.1, 1: 0.3, NOTHING: 0.6}),  # host 3 has just stopped: who comes for it finds nothing
    ],
)
def test_favourites_first_then_popularity(
    favourites: list[int], favourite_share: float, at_us: int, expected: dict[int, float]
) -> None:
    assert shares(favourites, favourite_share, at_us) == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(N))


def test_nobody_is_live() -> None:
    assert choose_stream(NOBODY_LIVE, np.array([0], np.int64), 0.5, 0, (1, 2, 3, 4)) == NOTHING


def test_picking_is_in_proportion_to_weight_and_never_picks_a_weightless_one() -> None:
    reach = np.cumsum(np.array([0, 1, 0, 3], np.int64))
    picked = [pick(reach, words[2]) for words in blocks(95)]
    assert set(picked) == {1, 3}
    assert picked.count(3) / N == pytest.approx(0.75, abs=4 * 0.433 / np.sqrt(N))
