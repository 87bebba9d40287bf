"""Replications: one scenario under several seeds, and which rules came in each.

    with workers(None, 20) as executor:
        found = replicate(scenario, range(1, 21), executor)
    column([one.figures for one in found], "bookings")                  # array of shape (n_seeds,)

Under one seed two scenarios share their draws, so the difference of their replications, seed by seed, is the effect of
what they differ in, with most of the noise gone.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from os import sched_getaffinity
from typing import NamedTuple

from sim.experiments.runs import Figures, Task, run_all
from sim.scenario import Scenario
from sim.scenario.timeline import Mark, timeline


class Replication(NamedTuple):
    """One seeded run: its key figures, and which rules came when."""

    seed: int
    figures: Figures
    came: list[Mark]


def replicate(scenario: Scenario, seeds: Iterable[int], executor: Executor | None = None) -> list[Replication]:
    """The runs of a scenario under these seeds, in their order, wherever they are made."""
    seeds = list(seeds)
    found = run_all([Task(scenario, seed) for seed in seeds], executor)
    return [Replication(seed, figures, timeline(scenario, seed)) for seed, figures in zip(seeds, found, strict=True)]


@contextmanager
def workers(wanted: int | None, tasks: int) -> Iterator[Executor | None]:
    """So many processes on this machine (as many as cores, unless given), or none where they wouldn't pay."""
    n = min(wanted or len(sched_getaffinity(0)), tasks)
    if n < 2:
        yield None
        return
    with ProcessPoolExecutor(n, mp_context=get_context("spawn")) as executor:
        yield executor
