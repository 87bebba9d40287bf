"""Replications: one scenario under several seeds, measured and not kept.

    with ProcessPoolExecutor() as executor:
        found = replicate(scenario, range(1, 21), executor)
    column(found, "bookings")                                           # array of shape (n_seeds,)

Under one seed two scenarios share their draws, so the difference of their replications, seed by seed, is the effect of
what they differ in, with most of the noise gone.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from os import sched_getaffinity
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.ledger.errors import CoinworksError
from sim.metrics.summary import Kpis
from sim.model.measured import measured
from sim.scenario import Scenario
from sim.scenario.timeline import Mark, timeline

Floats = npt.NDArray[np.float64]


class Replication(NamedTuple):
    """One seeded run: its key figures, and which rules came when."""

    seed: int
    kpis: Kpis
    came: list[Mark]


def replicate(scenario: Scenario, seeds: Iterable[int], executor: Executor | None = None) -> list[Replication]:
    """The runs of a scenario under these seeds, in their order, wherever they are made."""
    seeds = list(seeds)
    apply = map if executor is None else executor.map
    return list(apply(_one, [scenario] * len(seeds), seeds))


def column(replications: Sequence[Replication], metric: str) -> Floats:
    """A key figure over the replications: array of shape (n_seeds,), NaN where nothing can be said of it.

    Raises
    ------
    CoinworksError : the runs have no such key figure
    """
    if any(metric not in replication.kpis for replication in replications):
        known = ", ".join(replications[0].kpis)
        raise CoinworksError(f"metric {metric!r}: expected one of {known}")
    values = [replication.kpis[metric]["value"] for replication in replications]
    return np.array([np.nan if value is None else value for value in values], np.float64)


@contextmanager
def workers(wanted: int | None, tasks: int) -> Iterator[Executor | None]:
    """So many processes on this machine (as many as cores, unless given), or none where they wouldn't pay."""
    n = min(wanted or len(sched_getaffinity(0)), tasks)
    if n < 2:
        yield None
        return
    with ProcessPoolExecutor(n, mp_context=get_context("spawn")) as executor:
        yield executor


def _one(scenario: Scenario, seed: int) -> Replication:
    return Replication(seed, measured(scenario, seed).kpis, timeline(scenario, seed))
