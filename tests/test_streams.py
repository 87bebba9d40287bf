"""Draws: the published answers first, then that coordinates never collide and words are even and independent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.compiled import rule
from sim.streams import Words, below, counter, draw, draw_each, draw_row, key_of, philox, uniform

ALL_ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("key", "count", "answer"),
    [
        ((0, 0), (0, 0, 0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((ALL_ONES,) * 2, (ALL_ONES,) * 4, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0xA4093822, 0x299F31D0),
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
    ids=["zeros", "ones", "digits of pi"],
)
def test_philox_gives_the_answers_published_with_random123(key, count, answer):
    assert " ".join(f"{word:08x}" for word in philox(*key, *count)) == answer


def test_a_draw_is_the_block_at_its_coordinates_under_the_seed():
    seed, agent, decision, occurrence = 0x1122334455667788, 0x0000AABB_CCDDEEFF, 0x1234, 0x0102030405060708
    expected = philox(0x55667788, 0x11223344, 0xCCDDEEFF, 0x1234AABB, 0x05060708, 0x01020304)
    assert draw(seed, agent, decision, occurrence) == expected


@pytest.mark.parametrize("seed", [0, 2**63 - 1, 2**63, 0xFEDCBA9876543210, 2**64 - 1])
def test_the_key_of_a_seed_keeps_its_64_bits(seed):
    assert -(2**63) <= key_of(seed) < 2**63
    assert draw(key_of(seed), 7, 3, 42) == philox(seed & ALL_ONES, seed >> 32, *counter(7, 3, 42))


def unpacked(words: tuple[int, int, int, int]) -> tuple[int, int, int]:
    """The coordinates behind the counter words, by plain Python: an inverse exists, so nothing collides."""
    agent = words[0] | (words[1] & 0xFFFF) << 32
    occurrence = words[2] | words[3] << 32
    return (agent - (agent >> 47 << 48), words[1] >> 16, occurrence - (occurrence >> 63 << 64))


@given(st.integers(-(2**47), 2**47 - 1), st.integers(0, 2**16 - 1), st.integers(-(2**63), 2**63 - 1))
def test_the_coordinates_can_be_read_back_from_the_counter(agent, decision, occurrence):
    assert unpacked(counter(agent, decision, occurrence)) == (agent, decision, occurrence)


@pytest.mark.parametrize("agent", [1_000000000000, 3_999999999999, -1])
def test_every_kind_of_account_and_nobody_fits(agent):
    assert unpacked(counter(agent, 65535, 2**40)) == (agent, 65535, 2**40)


def test_each_coordinate_changes_the_draw():
    base = (7, 1_000000000017, 3, 42)
    changed = [tuple(value + (i == place) for i, value in enumerate(base)) for place in range(4)]
    assert len({draw(*coordinates) for coordinates in [base, *changed]}) == 5


@rule
def words_of_many_agents(words):
    """Fills an (n, 4) array with the draws of agents 0 to n - 1."""
    for agent in range(len(words)):
        words[agent] = draw(1, 1_000000000000 + agent, 3, 42)


@pytest.fixture(scope="module")
def words():
    filled = np.empty((200_000, 4), np.uint32)
    words_of_many_agents(filled)
    return filled


def chi_square_z(counts: np.ndarray) -> float:
    """How many standard deviations even counts are from what chance gives."""
    expected = counts.sum() / counts.size
    statistic = ((counts - expected) ** 2 / expected).sum()
    freedom = counts.size - 1
    return (statistic - freedom) / (2 * freedom) ** 0.5


@pytest.mark.parametrize("shift", [0, 12, 24], ids=["low byte", "middle byte", "high byte"])
def test_every_byte_is_even(words, shift):
    for word in words.T:
        assert abs(chi_square_z(np.bincount((word >> shift) & 0xFF, minlength=256))) < 4


def test_words_of_a_block_and_of_neighbours_are_independent(words):
    top = (words >> 28).astype(np.int64)
    pairs = [(top[:, i], top[:, j]) for i in range(4) for j in range(i)]
    pairs += [(top[:-1, i], top[1:, i]) for i in range(4)]
    for one, other in pairs:
        assert abs(chi_square_z(np.bincount(one * 16 + other, minlength=256))) < 4


def test_a_compiled_caller_gets_the_same_draws(words):
    assert tuple(words[17].tolist()) == draw(1, 1_000000000017, 3, 42)


def test_uniforms_stay_inside_and_are_exact():
    assert uniform(0) == 2.0**-33
    assert uniform(ALL_ONES) == 1 - 2.0**-33
    assert uniform(2**31) == 0.5 + 2.0**-33


@pytest.mark.parametrize(
    ("word", "n", "expected"),
    [(0, 6, 0), (ALL_ONES, 6, 5), (2**31, 6, 3), (2**31 - 1, 6, 2), (ALL_ONES, 2**31 - 1, 2**31 - 2)],
)
def test_below_divides_the_words_evenly(word, n, expected):
    assert below(word, n) == expected
    assert below(np.uint32(word), n) == expected


def test_many_draws_at_once_are_the_draws_one_by_one() -> None:
    """Also where an agent's id crosses a word, and for the largest seed."""
    first, places = 2**32 - 5, np.array([0, 3, 4, 5, 6, 70_000], np.int32)
    for seed in (1, key_of(2**64 - 1)):
        row, each = (Words(*(np.zeros(n, np.uint32) for _ in range(4))) for n in (9, len(places)))
        draw_row(seed, first, 7, 2**40 + 1, row)
        draw_each(seed, first, places, 7, 2**40 + 1, each)
        assert list(zip(*row, strict=True)) == [draw(seed, first + i, 7, 2**40 + 1) for i in range(9)]
        assert list(zip(*each, strict=True)) == [draw(seed, first + int(i), 7, 2**40 + 1) for i in places]
