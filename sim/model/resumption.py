"""Resumption: checkpoints of a run that goes on, and a run that goes on from one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.engines.forks import check_fork
from sim.engines.reference import Progress
from sim.engines.windowed import WindowedEngine
from sim.ledger import CoinworksError
from sim.model.manner import Manner
from sim.model.recorder import Recorder
from sim.runs import RUNS
from sim.runs.checkpoints import SUFFIX, Checkpoint, CheckpointDocument, program, write_checkpoint
from sim.scenario import Scenario, from_resolved, resolved
from sim.scenario.types import DAY_US
from sim.trace import TraceWriter


class Cutter:
    """Writes a run's checkpoints. They stand beside the run's folder and outlive a run that is killed.

    Raises
    ------
    CoinworksError : a day that the run doesn't have
    """

    def __init__(self, scenario: Scenario, seed: int, manner: Manner, out: Path | None) -> None:
        for day in manner.checkpoint_days:
            if not 0 < day < scenario.days:
                raise CoinworksError(f"checkpoint at day {day}: expected one from 1 to {scenario.days - 1}")
        self.instants_us = {day * DAY_US for day in manner.checkpoint_days}
        self.written: list[Path] = []
        self.recorder: Recorder | None = None
        self.writer: TraceWriter | None = None
        self._scenario, self._seed = scenario, seed
        self._stem = RUNS / f"{scenario.name}-{seed}" if out is None else out

    def save(self, at_us: int, shards: int, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Write the state of the run at an instant."""
        assert self.recorder is not None, "the recorder is there before the engine runs"
        path = self._stem.with_name(f"{self._stem.name}-day{at_us // DAY_US}{SUFFIX}")
        document = CheckpointDocument(
            scenario=self._scenario.name,
            scenario_resolved=resolved(self._scenario),
            seed=self._seed,
            at_us=at_us,
            shards=shards,
            records=self.recorder.records,
            keeps_trace=self.writer is not None,
            program=program(),
        )
        recorded = {name: np.asarray(column) for name, column in self.recorder.state().items()}
        write_checkpoint(path, document, {**state, **recorded}, self.writer.keep if self.writer else None)
        self.written.append(path)


def resumed(
    checkpoint: Checkpoint,
    scenario: Scenario,
    seed: int,
    manner: Manner,
    recorder: Recorder,
    cutter: Cutter,
    tell: Progress,
) -> WindowedEngine:
    """An engine that goes on where a checkpoint was cut.

    Raises
    ------
    CoinworksError : another seed, or a scenario that differs in what the past has settled; the message says in what
    """
    document = checkpoint.document
    if seed != document.seed:
        raise CoinworksError(f"{checkpoint.path}: made with seed {document.seed}, expected it and not {seed}")
    check_fork(document.scenario_resolved, scenario, document.at_us)
    arrays = checkpoint.arrays()
    places = manner.places()
    engine = WindowedEngine(
        scenario,
        seed,
        recorder,
        threads=manner.threads_in(places, scenario.viewers),
        places=places,
        shards=document.shards,
        begin_us=document.at_us,
        cuts=cutter.instants_us,
        save=cutter.save,
        opens=not manner.metrics_only or manner.with_digest,
        progress=tell,
    )
    recorder.restore(arrays, engine.hosts, checkpoint.trace)
    engine.go_on_from(arrays, from_resolved(document.scenario_resolved))
    return engine
