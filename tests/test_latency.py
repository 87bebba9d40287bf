"""Latency: percentiles without interpolation, and four times that add up to the nanosecond."""

from fractions import Fraction

import numpy as np
import pytest

from loadtests.latency import PERCENTILES, latencies_ms, percentile_ns, percentiles_ms, times_ns


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (Fraction(1, 2), 500),  # half of 1 … 1000 do not exceed 500
        (Fraction(9, 10), 900),
        (Fraction(999, 1000), 999),
        (Fraction(1), 1000),
        (Fraction(1, 10_000), 1),  # the smallest there is
        (Fraction(5001, 10_000), 501),  # one more than a half needs the next
    ],
)
def test_percentile_of_one_to_a_thousand(share: Fraction, expected: int) -> None:
    times = np.random.default_rng(3).permutation(np.arange(1, 1001))
    assert percentile_ns(times, share) == expected


def test_a_percentile_is_a_measured_value() -> None:
    """No interpolation: half of {1, 100} is 1, and p99 of a single request is that request."""
    assert percentile_ns(np.array([100, 1]), Fraction(1, 2)) == 1
    assert percentile_ns(np.array([7]), Fraction(99, 100)) == 7


@pytest.mark.parametrize(("times", "share"), [([], Fraction(1, 2)), ([1], Fraction(0)), ([1], Fraction(2))])
def test_a_percentile_of_nothing_or_of_a_senseless_share_is_refused(times: list[int], share: Fraction) -> None:
    with pytest.raises(ValueError, match="expected at least one"):
        percentile_ns(np.array(times, np.int64), share)


def requests(n: int = 1_000) -> dict[str, np.ndarray]:
    draws = np.random.default_rng(5)
    planned = np.sort(draws.integers(0, 10**10, n))
    free = planned + draws.integers(0, 10**7, n)
    sent = free + draws.integers(0, 10**5, n)
    return {"planned_ns": planned, "free_ns": free, "sent_ns": sent, "done_ns": sent + draws.integers(1, 10**8, n)}


def test_the_three_parts_add_up_to_the_response() -> None:
    times = times_ns(requests())
    assert (times["lane_wait"] + times["send_lag"] + times["service"] == times["response"]).all()


def test_what_was_never_answered_has_no_times() -> None:
    measured = requests(10)
    measured["done_ns"][4:] = -1
    assert {len(times) for times in times_ns(measured).values()} == {4}


def test_nothing_measured_is_none_not_zero() -> None:
    assert percentiles_ms(np.array([], np.int64)) == dict.fromkeys(PERCENTILES)


def test_milliseconds_keep_the_nanosecond() -> None:
    measured = {
        name: np.array([value])
        for name, value in {"planned_ns": 0, "free_ns": 1, "sent_ns": 3, "done_ns": 1_234_567}.items()
    }
    found = latencies_ms(measured)
    assert found["response"]["max"] == 1.234567
    assert (found["lane_wait"]["p50"], found["send_lag"]["p50"]) == (1e-6, 2e-6)
