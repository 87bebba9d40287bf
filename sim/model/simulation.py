"""Simulation: an engine runs a scenario into a folder, which appears under its name when it is whole."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from sim.engines.footprint import check_memory
from sim.engines.reference import Progress, ReferenceEngine, unseen
from sim.engines.windowed import WindowedEngine
from sim.ledger import COIN, CURRENCY_BY_NAME, DIAMOND, REWARD, Closing
from sim.ledger.conservation import asset_flow, cash_flow
from sim.metrics.hosts import Ending
from sim.model.manner import Manner
from sim.model.recorder import Recorder
from sim.model.resumption import Cutter, resumed
from sim.runs import NewRun, Run, Summary, create_run, new_manifest, open_run, peak_rss_mb
from sim.runs.checkpoints import Checkpoint, open_checkpoint
from sim.scenario import Scenario, resolved
from sim.trace import Digest

ENGINES: Final = {"windowed": WindowedEngine, "reference": ReferenceEngine}
Engine = WindowedEngine | ReferenceEngine
AS_USUAL: Final = Manner()


def simulate(
    scenario: Scenario,
    *,
    seed: int | None = None,
    manner: Manner = AS_USUAL,
    out: Path | None = None,
    progress: Progress = unseen,
) -> Run:
    """Simulate a scenario into a run's folder.

    Parameters
    ----------
    seed : another than the scenario's own
    manner : by which engine, on how many threads, and what is kept
    out : the folder, which must not exist; `results/runs/<scenario>-<seed>-<n>` unless given
    progress : called with the part of the work that is done, in [0, 1]

    Raises
    ------
    RunError : the folder exists, or can't be written; nothing is left of the run then
    CoinworksError : the viewers don't fit the memory, or the run can't go on from the checkpoint
    ConservationError : the economy made or lost something (a bug)
    """
    seed = scenario.seed if seed is None else seed
    check_memory(scenario, manner.engine)
    checkpoint = None if manner.resume is None else open_checkpoint(manner.resume)
    started_at = datetime.now(UTC)
    with create_run(scenario.name, seed, out) as run:
        told = new_manifest(scenario.name, resolved(scenario), scenario.digest, seed, manner.engine, started_at)
        run.write_manifest(told)
        _run(run, scenario, seed, manner, Cutter(scenario, seed, manner, out), checkpoint, progress)
    return open_run(run.path)


def _run(
    run: NewRun,
    scenario: Scenario,
    seed: int,
    manner: Manner,
    cutter: Cutter,
    checkpoint: Checkpoint | None,
    tell: Progress,
) -> None:
    began_s = time.perf_counter()
    with ExitStack() as stack:
        writer = None if manner.metrics_only else stack.enter_context(run.trace_writer())
        recorder = Recorder(scenario, writer, Digest() if manner.with_digest else None)
        cutter.recorder, cutter.writer = recorder, writer
        if manner.engine == "reference":
            economy: Engine = ReferenceEngine(scenario, seed, recorder, progress=tell)
            recorder.count(economy.hosts)
        elif checkpoint is not None:
            economy = resumed(checkpoint, scenario, seed, manner, recorder, cutter, tell)
        else:
            places = manner.places()
            economy = WindowedEngine(
                scenario,
                seed,
                recorder,
                threads=manner.threads_in(places, scenario.viewers),
                places=places,
                cuts=cutter.instants_us,
                save=cutter.save,
                opens=writer is not None or manner.with_digest,
                progress=tell,
            )
            recorder.count(economy.hosts)
        economy.run()
        recorder.leave_out(economy.unrecorded)
        digest = recorder.trace_digest()
    wall_s = time.perf_counter() - began_s
    _write_results(run, scenario, economy, recorder, digest, wall_s)


def _write_results(
    run: NewRun, scenario: Scenario, economy: Engine, recorder: Recorder, digest: str | None, wall_s: float
) -> None:
    ending = ending_of(economy)
    assert recorder.tally is not None, "the metrics begin when the engine is made"
    found = recorder.tally.close(ending)
    run.write_table("metrics", found.series)
    run.write_table("shop", found.shop)
    run.write_table("elsewhere", ending.elsewhere)
    run.write_table("balances", ending.balances)
    run.write_table("hosts_by_week", ending.hosts_by_week)
    run.write_table("sellers_by_week", ending.sellers_by_week)
    asked = recorder.records - recorder.set_up
    run.write_summary(
        Summary(
            viewers=scenario.viewers,
            days=scenario.days,
            visits=economy.visits,
            operations=recorder.records,
            wall_s=round(wall_s, 3),
            events=economy.visits + asked,
            events_per_s=round((economy.visits + asked) / wall_s, 1),
            operations_per_s=round(asked / wall_s, 1),
            peak_rss_mb=peak_rss_mb(),
            trace_digest=digest,
            conservation=conservation(ending.closing, scenario),
            kpis=found.kpis,
            by_region=found.by_region,
            by_channel=found.by_channel,
        )
    )


def ending_of(economy: Engine) -> Ending:
    """The end of a run, as its metrics need it."""
    return Ending(
        economy.closing(),
        economy.balances(),
        economy.viewers_by_region,
        economy.elsewhere.columns(),
        economy.hosts_by_week(),
        economy.sellers_by_week(),
    )


def conservation(closing: Closing, scenario: Scenario) -> dict[str, Any]:
    """Where every coin, diamond and cent came from and where it is."""
    currencies = {CURRENCY_BY_NAME[region.currency].code for region in scenario.regions.values()}
    return {
        "assets": [asset_flow(closing, asset)._asdict() for asset in (COIN, REWARD, DIAMOND)],
        "cash": [_plain(cash_flow(closing, currency)._asdict()) for currency in sorted(currencies)],
    }


def _plain(flow: dict[str, Any]) -> dict[str, Any]:
    """Fractions as text, since half a cent has no exact number in JSON."""
    return {name: str(value) if isinstance(value, Fraction) else value for name, value in flow.items()}
