"""What an engine did and what its accounts say in the end, as tests compare it.

    assert_identical(ran("windowed", scenario, threads=2), ran("reference", scenario))

As a program it runs a scenario in a process of its own, whose environment may pretend another CPU, and prints what came
out: `python engine_runs.py reference viewers=60 days=1`.
"""

import hashlib
import json
import math
import struct
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.agents.stage import Act, Process, Stage
from sim.divergence import first_divergence
from sim.engines.windowed import WindowedEngine
from sim.ledger.closing import Closing
from sim.metrics import RECOGNIZED
from sim.metrics.hosts import Hosts
from sim.metrics.tally import Found, Tally
from sim.model import ENGINES, ending_of
from sim.scenario import Scenario, load
from sim.tables import Columns
from sim.trace import SCHEMA, Digest, Trace


class Result(NamedTuple):
    """All that two engines must agree on; `recognized` are the columns that records have beside the trace's."""

    trace: Trace
    recognized: Columns
    visits: int
    hosts_by_week: Columns
    sellers_by_week: Columns
    balances: Columns
    closing: Closing
    found: Found
    hosts: Hosts
    elsewhere: Columns


def ran(engine: str, scenario: Scenario, *, acts: Sequence[tuple[int, Act]] = (), **options: Any) -> Result:
    """Run a scenario to its end on an engine by name; options are the engine's own.

    `acts` are put before the settlement at their instants, beside what the scenario's own people do.
    """
    blocks: list[Columns] = []
    economy = ENGINES[engine](scenario, scenario.seed, lambda block: blocks.append(copied(block)), **options)
    for at_us, act in acts:
        stage: Stage = economy.stage if isinstance(economy, WindowedEngine) else economy.economy
        stage.env.process(_put(stage, at_us, act))
    economy.run()
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in SCHEMA | RECOGNIZED}
    trace, recognized = ({name: columns[name] for name in names} for names in (SCHEMA, RECOGNIZED))
    tally = Tally(scenario, economy.hosts)
    for block in blocks:
        tally.add(block)
    return Result(
        Trace(trace),
        recognized,
        economy.visits,
        economy.hosts_by_week(),
        economy.sellers_by_week(),
        economy.balances(),
        economy.closing(),
        tally.close(ending_of(economy)),
        economy.hosts,
        economy.elsewhere.columns(),
    )


def _put(stage: Stage, at_us: int, act: Act) -> Process:
    yield stage.boundary(at_us)
    stage.propose(**act._asdict())


def copied(block: Columns) -> Columns:
    """An engine may use its arrays again."""
    return {name: column.copy() for name, column in block.items()}


def assert_identical(found: Result, expected: Result, names: tuple[str, str] = ("windowed", "reference")) -> None:
    """Fail unless two runs are the same, byte for byte; the first record that differs is shown in both versions."""
    divergence = first_divergence(expected.trace, found.trace, names[::-1])
    assert divergence is None, f"\n{divergence}"
    assert found.trace.digest == expected.trace.digest
    assert found.visits == expected.visits
    assert_same_columns(found.recognized, expected.recognized)
    assert_same_columns(found.hosts_by_week, expected.hosts_by_week)
    assert_same_columns(found.sellers_by_week, expected.sellers_by_week)
    assert_same_columns(found.balances, expected.balances)
    assert_same_columns(found.hosts._asdict(), expected.hosts._asdict())
    assert_same_columns(found.found.series, expected.found.series)
    assert_same_columns(found.found.shop, expected.found.shop)
    assert_same_columns(found.elsewhere, expected.elsewhere)
    assert found.closing == expected.closing
    assert found.found.kpis == expected.found.kpis
    assert found.found.by_region == expected.found.by_region
    assert found.found.by_channel == expected.found.by_channel


def assert_same_columns(found: Columns, expected: Columns) -> None:
    assert list(found) == list(expected)
    for name, column in expected.items():
        assert found[name].dtype == column.dtype, name
        np.testing.assert_array_equal(found[name], column, err_msg=name)


def exponentials_fingerprint() -> str:
    """A hash of many exponentials as the C library computes them: another code path of it rounds some otherwise."""
    values = [math.exp(n / 1000) for n in range(-20_000, 20_000)]
    return hashlib.sha256(struct.pack(f"{len(values)}d", *values)).hexdigest()


def main(engine: str, *overrides: str) -> None:
    digest, scenario = Digest(), load("us-baseline", overrides)
    ENGINES[engine](scenario, scenario.seed, digest.update).run()
    print(json.dumps({"digest": digest.hexdigest(), "exponentials": exponentials_fingerprint()}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
