"""Locust's own table, fed in batches: each request counts in its entry and in the total, as if logged one by one."""

import time
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.ma  # np.unique would import it at its first call: a 26 ms stall in the middle of the load
import numpy.typing as npt
from locust.stats import RequestStats, StatsEntry, bucket_response_time

NS_PER_MS: Final = 1_000_000


def log_requests(stats: RequestStats, method: str, name: str, response_ns: npt.NDArray[np.int64]) -> None:
    """Add requests of one name, by their response times from the planned instant."""
    response_ms = (response_ns + NS_PER_MS // 2) // NS_PER_MS
    values, counts = np.unique(response_ms, return_counts=True)
    for entry in (stats.get(name, method), stats.total):
        _log(entry, values.tolist(), counts.tolist())


def log_unexpected(stats: RequestStats, method: str, name: str, difference: str, count: int) -> None:
    """Add outcomes that differ from the trace's as failures."""
    for _ in range(count):
        stats.log_error(method, name, difference)


def _log(entry: StatsEntry, values: Sequence[int], counts: Sequence[int]) -> None:
    now_s = time.time()
    if (
        entry.use_response_times_cache
        and entry.last_request_timestamp
        and int(now_s) > int(entry.last_request_timestamp)
    ):
        entry._cache_response_times(int(now_s) - 1)  # noqa: SLF001  what StatsEntry.log does, once a batch
    requests = sum(counts)
    entry.num_requests += requests
    entry.num_reqs_per_sec[int(now_s)] += requests
    entry.last_request_timestamp = now_s
    entry.total_response_time += sum(value * count for value, count in zip(values, counts, strict=True))
    entry.min_response_time = values[0] if entry.min_response_time is None else min(entry.min_response_time, values[0])
    entry.max_response_time = max(entry.max_response_time, values[-1])
    for value, count in zip(values, counts, strict=True):
        entry.response_times[bucket_response_time(value)] += count
