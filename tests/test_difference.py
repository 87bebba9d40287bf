"""Difference-in-differences: closed forms, the exact split into truth, bias and noise, and its errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.experiments.difference import CRITICAL, Estimate, estimate, least_effect, mean_effect, power
from sim.ledger.errors import CoinworksError

RNG = np.random.Generator(np.random.Philox(7))
NEVER = 10


def test_two_groups_and_two_days_give_the_textbooks_difference() -> None:
    """(11 - 4) - (6 - 3) = 4."""
    panel = np.array([[3, 10], [5, 12], [2, 5], [4, 7]])
    found = estimate(panel, np.array([1, 1, 2, 2]))
    assert found.effect == pytest.approx(4)
    assert found.error == pytest.approx(0)  # both changed alike within each group


def test_the_error_of_two_groups_is_the_textbooks() -> None:
    changes = [np.array([1.0, 4.0, 7.0]), np.array([0.0, 2.0, 1.0, 5.0])]
    panel = np.concatenate([np.column_stack([np.zeros(len(change)), change]) for change in changes])
    found = estimate(panel, np.array([1] * 3 + [2] * 4))
    assert found.effect == pytest.approx(4 - 2)
    assert found.error == pytest.approx(np.sqrt(sum(change.var(ddof=1) / len(change) for change in changes)))


def staggered(n: int = 300) -> np.ndarray:
    return np.repeat([3, 6, NEVER], n // 3)


def test_a_staggered_rollout_with_effects_that_differ_and_grow() -> None:
    """Viewers differ, days differ, and the effect grows with its age: plain means are wrong, this is right."""
    first = staggered()
    people, days = RNG.normal(size=(300, 1)) * 5, np.arange(10) ** 1.5
    effect = np.where(np.arange(10) >= first[:, None], 1.0 + np.arange(10) - first[:, None], 0.0)
    truth, on_controls = mean_effect(effect, first)
    assert on_controls == 0
    assert estimate(people + days + effect, first).effect == pytest.approx(truth)
    by_hand = [1 + age for age in range(7)] + [1 + age for age in range(4)]
    assert truth == pytest.approx(np.mean(by_hand))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_estimate_is_truth_less_what_controls_feel_plus_noise(seed: int) -> None:
    rng = np.random.Generator(np.random.Philox(seed))
    first = rng.choice([0, 2, 5, 9, NEVER], 40)
    first[:3] = 2, 5, NEVER
    without = rng.poisson(3, (40, 10))
    effect = np.where(np.arange(10) >= 2, rng.poisson(1, (40, 10)), 0)  # nobody feels anything before the first date
    effect[:, 2:][first[:, None].repeat(8, 1) == 5] //= 2
    spilled = np.where(np.arange(10) >= first[:, None], effect, 0)
    truth, on_controls = mean_effect(spilled, first)
    assert on_controls == 0
    noise = estimate(without, first).effect
    assert estimate(without + spilled, first).effect == pytest.approx(truth + noise)


def test_what_controls_feel_too_is_taken_for_no_effect() -> None:
    """Everybody gains 2 from the first date on, treated 3: the estimate says 1, the truth 3."""
    first = np.repeat([4, NEVER], 50)
    effect = np.where(np.arange(10) >= 4, 2.0, 0.0) + np.where(np.arange(10) >= first[:, None], 1.0, 0.0)
    assert mean_effect(effect, first) == (pytest.approx(3), pytest.approx(2))
    assert estimate(effect, first).effect == pytest.approx(1)


def test_the_base_is_the_mean_of_all_days_before() -> None:
    """(10 - (1 + 5) / 2) - (4 - (0 + 2) / 2) = 4, and not what the last day before would say, (10 - 5) - (4 - 2)."""
    panel = np.array([[1, 5, 10], [1, 5, 10], [0, 2, 4], [0, 2, 4]])
    assert estimate(panel, np.array([2, 2, 3, 3])).effect == pytest.approx(4)


def test_who_is_treated_later_is_a_control_until_then() -> None:
    """A cohort from day 1, one from day 2, nobody never: only day 1 can be compared, and only with the later ones."""
    panel = np.array([[0, 7, 9], [0, 7, 9], [0, 3, 90], [0, 3, 90]])
    assert estimate(panel, np.array([1, 1, 2, 2])).effect == pytest.approx(7 - 3)
    with_never = np.concatenate([panel, np.zeros((2, 3), np.int64)])
    # Of the first: 7 - (3 + 3 + 0 + 0) / 4 and 9 - 0; of the second: 90 - (0 + 3) / 2 - 0. Weights 2, 2 and 2.
    expected = (7 - 1.5 + 9 + 90 - 1.5) / 3
    assert estimate(with_never, np.array([1, 1, 2, 2, 3, 3])).effect == pytest.approx(expected)


def test_treated_viewer_days_weigh_alike() -> None:
    """Nine with an effect of 1 and one, from the same day on in another cohort's place, with 11: 2 in the mean."""
    first = np.array([2] * 9 + [1] + [3] * 4)
    effect = np.where(np.arange(3) >= first[:, None], np.where(first == 1, 11.0, 1.0)[:, None], 0.0)
    assert estimate(effect, first).effect == pytest.approx((9 * 1 + 2 * 11) / 11)
    assert mean_effect(effect, first)[0] == pytest.approx((9 * 1 + 2 * 11) / 11)


def test_an_effect_is_seen_on_either_side() -> None:
    assert Estimate(-2.0, 1.0).is_significant
    assert Estimate(2.0, 1.0).is_significant
    assert not Estimate(-1.9, 1.0).is_significant


def test_two_of_a_group_are_enough_for_an_error() -> None:
    """(3 - 1)^2 / 2 is their variance, and half of it the mean's."""
    panel = np.array([[0.0, 1.0], [0.0, 3.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    assert estimate(panel, np.array([1, 1, 2, 2, 2])).error == pytest.approx(1.0)


def test_the_error_is_the_spread_over_replications() -> None:
    first = staggered(150)
    found = [estimate(RNG.normal(size=(150, 10)), first) for _ in range(600)]
    spread = np.std([one.effect for one in found])
    assert np.mean([one.error for one in found]) == pytest.approx(spread, rel=4 / np.sqrt(2 * 600))
    seen = np.mean([one.is_significant for one in found])
    assert abs(seen - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 600)


def test_power_is_how_often_an_effect_is_seen() -> None:
    first = staggered(150)
    effect = np.where(np.arange(10) >= first[:, None], 0.2, 0.0)
    found = [estimate(RNG.normal(size=(150, 10)) + effect, first) for _ in range(600)]
    seen = np.mean([one.is_significant for one in found])
    expected = power(0.2, float(np.mean([one.error for one in found])))
    assert 0.2 < expected < 0.9
    assert abs(seen - expected) < 4 * np.sqrt(expected * (1 - expected) / 600)


@pytest.mark.parametrize("chance", [0.5, 0.8, 0.95])
def test_the_least_effect_has_its_power(chance: float) -> None:
    assert power(least_effect(3.0, chance), 3.0) == pytest.approx(chance, abs=1e-3)


def test_power_at_its_edges() -> None:
    assert power(0.0, 2.0) == pytest.approx(0.05)
    assert power(-5.0, 2.0) == pytest.approx(power(5.0, 2.0))
    assert (power(0.0, 0.0), power(1.0, 0.0)) == (0.0, 1.0)
    assert pytest.approx(1.96, abs=1e-3) == CRITICAL


@pytest.mark.parametrize("first", [[NEVER] * 4, [0] * 4, [0, 0, NEVER, NEVER], [3] * 4])
def test_without_anybody_to_compare_there_is_no_estimate(first: list[int]) -> None:
    with pytest.raises(CoinworksError, match="expected viewers who get it after the first day"):
        estimate(np.zeros((4, 10)), np.array(first))
