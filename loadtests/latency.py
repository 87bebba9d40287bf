"""Latency: exact percentiles of raw nanoseconds, and the four times of a request.

    >>> percentiles_ms(np.array([1, 2, 3, 4]) * 1_000_000)["p50"]
    2.0

    lane wait + send lag + service = response = done − planned        (exactly, in integers)

A percentile is the smallest measured value that at least so many of a hundred requests do not exceed: no
interpolation and no buckets.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]

PERCENTILES: Final = {
    "p50": Fraction(1, 2),
    "p90": Fraction(9, 10),
    "p99": Fraction(99, 100),
    "p99.9": Fraction(999, 1000),
    "max": Fraction(1),
}
NS_PER_MS: Final = 1_000_000
TIMES: Final = ("response", "service", "lane_wait", "send_lag")


def times_ns(requests: Mapping[str, npt.NDArray[Any]]) -> dict[str, Int64Array]:
    """The four times of every answered request, from the columns planned_ns, free_ns, sent_ns and done_ns."""
    answered = {
        name: requests[name][requests["done_ns"] >= 0] for name in ("planned_ns", "free_ns", "sent_ns", "done_ns")
    }
    return {
        "response": answered["done_ns"] - answered["planned_ns"],
        "service": answered["done_ns"] - answered["sent_ns"],
        "lane_wait": answered["free_ns"] - answered["planned_ns"],
        "send_lag": answered["sent_ns"] - answered["free_ns"],
    }


def percentile_ns(times: Int64Array, share: Fraction) -> int:
    """The smallest time that at least `share` of all do not exceed.

    Raises
    ------
    ValueError : there are no times, or `share` is not in (0, 1]
    """
    if not len(times) or not 0 < share <= 1:
        raise ValueError(f"percentile {share} of {len(times)} times: expected at least one, and a share in (0, 1]")
    rank = -(-len(times) * share.numerator // share.denominator)  # rounded up
    return int(np.partition(times, rank - 1)[rank - 1])


def percentiles_ms(times: Int64Array) -> dict[str, float | None]:
    """The usual percentiles in ms; None for each where nothing was measured."""
    ordered = np.sort(times)
    return {
        name: round(percentile_ns(ordered, share) / NS_PER_MS, 6) if len(ordered) else None
        for name, share in PERCENTILES.items()
    }


def latencies_ms(requests: Mapping[str, npt.NDArray[Any]]) -> dict[str, dict[str, float | None]]:
    """Percentiles of each of the four times."""
    return {name: percentiles_ms(times) for name, times in times_ns(requests).items()}
