"""From a scenario to a finished run.

    run = simulate(load("us-baseline"), progress=print)
    run.path, run.summary.kpis["bookings"]

The folder appears under its name when it is whole: trace, balances, metrics, manifest and summary.
"""

import time
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from sim.engines.reference import Progress, ReferenceEngine, unseen
from sim.engines.windowed import WindowedEngine
from sim.ledger import COIN, CURRENCY_BY_NAME, DIAMOND, REWARD, Closing
from sim.ledger.conservation import asset_flow, cash_flow
from sim.metrics.tally import Tally
from sim.runs import NewRun, Run, Summary, create_run, new_manifest, open_run, peak_rss_mb
from sim.scenario import Scenario, resolved
from sim.tables import Columns

ENGINES: Final = {"windowed": WindowedEngine, "reference": ReferenceEngine}


def simulate(
    scenario: Scenario,
    *,
    seed: int | None = None,
    engine: str = "reference",
    out: Path | None = None,
    progress: Progress = unseen,
) -> Run:
    """Simulate a scenario into a run's folder.

    Parameters
    ----------
    seed : another than the scenario's own
    engine : a key of `ENGINES`
    out : the folder, which must not exist; `results/runs/<scenario>-<seed>-<n>` unless given
    progress : called with the part of the work that is done, in [0, 1]

    Raises
    ------
    RunError : the folder exists, or can't be written; nothing is left of the run then
    ConservationError : the economy made or lost something (a bug)
    """
    seed = scenario.seed if seed is None else seed
    started_at = datetime.now(UTC)
    with create_run(scenario.name, seed, out) as run:
        run.write_manifest(new_manifest(scenario.name, resolved(scenario), scenario.digest, seed, engine, started_at))
        _run(run, scenario, seed, engine, progress)
    return open_run(run.path)


def _run(run: NewRun, scenario: Scenario, seed: int, engine: str, tell: Progress) -> None:
    began_s = time.perf_counter()
    with run.trace_writer() as writer:

        def record(block: Columns) -> None:
            writer.extend(block)
            tally.add(block)

        economy = ENGINES[engine](scenario, seed, record, progress=tell)
        tally = Tally(scenario, economy.creators_region)
        economy.run()
    wall_s = time.perf_counter() - began_s
    closing = economy.closing()
    kpis, series = tally.close(closing)
    run.write_table("metrics", series)
    run.write_table("balances", economy.balances())
    events = economy.visits + writer.rows
    run.write_summary(
        Summary(
            viewers=scenario.viewers,
            days=scenario.days,
            visits=economy.visits,
            operations=writer.rows,
            wall_s=round(wall_s, 3),
            events=events,
            events_per_s=round(events / wall_s, 1),
            operations_per_s=round(writer.rows / wall_s, 1),
            peak_rss_mb=peak_rss_mb(),
            trace_digest=writer.digest,
            conservation=conservation(closing, scenario),
            kpis=kpis,
        )
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
