"""Runs of towns: a folder as the model writes it, of what happened in a small trace."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from sim.ledger.conservation import asset_flow, cash_flow
from sim.ledger.money import COIN, USD
from sim.metrics.tally import Tally
from sim.runs import Summary, create_run, new_manifest
from sim.scenario import Scenario, resolved
from sim.tables import Columns
from traces import Town


def town_run(
    folder: Path,
    town: Town,
    scenario: Scenario,
    *,
    foreign: Collection[int] = (),
    keeps_trace: bool = True,
    elsewhere: Columns | None = None,
    sellers_by_week: Columns | None = None,
    hosts_by_week: Columns | None = None,
) -> Path:
    """Write a town into a run's folder, as if it had been simulated from a scenario.

    Parameters
    ----------
    foreign : numbers of the sellers from abroad
    elsewhere, sellers_by_week, hosts_by_week : columns of the run's ending; nothing unless given
    """
    ending, block, digest = town.ending(), town.block(), None
    given = {"elsewhere": elsewhere, "sellers_by_week": sellers_by_week, "hosts_by_week": hosts_by_week}
    ending = ending._replace(**{name: table for name, table in given.items() if table is not None})
    tally = Tally(scenario, town.hosts(foreign))
    tally.add(block)
    found = tally.close(ending)
    with create_run(scenario.name, 1, folder) as run:
        if keeps_trace:
            with run.trace_writer() as writer:
                writer.extend(block)
            digest = writer.close()
        tables = {"metrics": found.series, "shop": found.shop, "elsewhere": ending.elsewhere}
        for name, table in {**tables, "balances": ending.balances, "hosts_by_week": ending.hosts_by_week}.items():
            run.write_table(name, table)
        run.write_manifest(new_manifest(scenario.name, resolved(scenario), scenario.digest, 1, "reference"))
        run.write_summary(_summary(scenario, found.kpis, len(block["op"]), digest, _conservation(ending.closing)))
    return folder


def _conservation(closing: Any) -> dict[str, Any]:
    cash = {
        name: value if isinstance(value, int | str) else str(value)
        for name, value in cash_flow(closing, USD)._asdict().items()
    }
    return {"assets": [asset_flow(closing, COIN)._asdict()], "cash": [cash]}


def _summary(
    scenario: Scenario, kpis: dict[str, Any], rows: int, digest: str | None, conservation: dict[str, Any]
) -> Summary:
    speeds = {"wall_s": 1.0, "events": rows, "events_per_s": 1.0, "operations_per_s": 1.0, "peak_rss_mb": 1.0}
    return Summary(
        viewers=scenario.viewers,
        days=scenario.days,
        visits=9,
        operations=rows,
        trace_digest=digest,
        conservation=conservation,
        kpis=kpis,
        **speeds,
    )
