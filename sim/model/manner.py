"""The manner in which a run is made: by which engine, on how much of the machine, and what is kept of it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sim.engines.columns.processes import processes
from sim.engines.columns.remote_division import Place
from sim.ledger import CoinworksError

WORTH_A_THREAD: Final = 250_000  # viewers; with fewer, handing over a window costs more than the help is worth


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How a run is made. Nothing here changes what comes out.

    Attributes
    ----------
    engine : `windowed` or `reference`
    threads : as many as there are cores and pay, unless given; in other processes one each
    processes, cluster : divide the viewers over so many processes, or over the workers of a Dask scheduler
    metrics_only : write no trace
    with_digest : of the trace, also where none is written
    checkpoint_days : write a checkpoint when so many days have passed
    resume : go on from this checkpoint

    Raises
    ------
    CoinworksError : the reference engine is asked for what only the windowed one does
    """

    engine: str = "windowed"
    threads: int | None = None
    processes: int | None = None
    cluster: str | None = None
    metrics_only: bool = False
    with_digest: bool = False
    checkpoint_days: Sequence[int] = ()
    resume: Path | None = None

    def __post_init__(self) -> None:
        for name in ("threads", "processes", "cluster", "checkpoint_days", "resume"):
            if self.engine != "windowed" and getattr(self, name):
                raise CoinworksError(f"{name.replace('_', ' ')}: only the windowed engine has them, not the reference")

        if self.processes and self.cluster:
            raise CoinworksError("processes and cluster: expected one of them")

    def places(self) -> Sequence[Place]:
        """The other processes that shall keep the viewers; none where this one does.

        Raises
        ------
        CoinworksError : no scheduler answers, or its workers run another program
        """
        if self.cluster:
            from sim.engines.columns.cluster import workers  # an extra: its library need not be there

            return workers(self.cluster)
        return processes(self.processes) if self.processes else ()

    def threads_in(self, places: Sequence[Place], viewers: int) -> int:
        """How many threads shall work in each place."""
        cores = len(os.sched_getaffinity(0))
        return self.threads or (1 if places else min(cores, max(viewers // WORTH_A_THREAD, 1)))
