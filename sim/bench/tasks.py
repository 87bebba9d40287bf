"""What is measured, as functions that a `Child` carries out and times. Times are seconds of the wall clock."""

import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from sim.bench.errors import BenchError
from sim.bench.trivial import Counts, Population
from sim.compiled import rule
from sim.ledger import Op
from sim.runs import open_run, peak_rss_mb
from sim.tables import Columns

SCENARIO: Final = "us-baseline"
WARM_UP: Final = (300, 4)  # viewers and days: enough for payouts, deliveries and chargebacks to come up
WARM_UP_REFERENCE: Final = (100, 1)


class Timed(NamedTuple):
    """One measurement: `build_s` until everyone is there, `run_s` to the end of the run."""

    build_s: float
    run_s: float
    visits: int
    operations: int
    digest: str | None = None
    counts: Counts | None = None

    @property
    def events(self) -> int:
        """Visits and operations."""
        return self.visits + self.operations


class Economy(Protocol):
    """The trivial rule, in some tool."""

    def run(self) -> None:
        """Let everyone live to the end."""

    def counts(self) -> Counts:
        """What happened."""


def peak_rss_bytes() -> int:
    """The most memory that this process has had, or one that it started and waited for."""
    started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return max(round(peak_rss_mb() * 1e6), started)


def engine_run(engine: str, viewers: int, days: int, threads: int = 1) -> Timed:
    """Run the baseline with its full rules; its records are kept in memory, and their digest is taken afterwards."""
    from sim.model import ENGINES
    from sim.scenario import load
    from sim.trace import Digest

    scenario = load(SCENARIO, [f"viewers={viewers}", f"days={days}"])
    blocks: list[Columns] = []
    options: dict[str, Any] = {"threads": threads} if engine == "windowed" else {}
    began_s = time.perf_counter()
    economy = ENGINES[engine](scenario, scenario.seed, blocks.append, **options)
    built_s = time.perf_counter()
    economy.run()
    ended_s = time.perf_counter()
    digest = Digest()
    for block in blocks:
        digest.update(block)
    operations = sum(int((block["op"] > Op.POLICY).sum()) for block in blocks)
    return Timed(built_s - began_s, ended_s - built_s, economy.visits, operations, digest.hexdigest())


def trivial_run(tool: str, population: Population) -> Timed:
    """Run the trivial rule in `simpy`, `columns` or `mesa`."""
    economy_of = _tools()[tool]
    began_s = time.perf_counter()
    economy = economy_of(population)
    built_s = time.perf_counter()
    economy.run()
    ended_s = time.perf_counter()
    counts = economy.counts()
    return Timed(built_s - began_s, ended_s - built_s, counts.visits, counts.operations, counts=counts)


def _tools() -> dict[str, Any]:
    """Each tool is imported where it is used: another tool's memory isn't its own."""

    def simpy(population: Population) -> Economy:
        from sim.bench.trivial_simpy import SimpyEconomy

        return SimpyEconomy(population)

    def columns(population: Population) -> Economy:
        from sim.bench.trivial_columns import ColumnsEconomy

        return ColumnsEconomy(population)

    def mesa(population: Population) -> Economy:
        from sim.bench.trivial_mesa import MesaEconomy

        return MesaEconomy(population)

    return {"simpy": simpy, "columns": columns, "mesa": mesa}


def metrics_run(viewers: int, days: int, threads: int) -> Timed:
    """From the scenario to its metrics, which are all that is kept."""
    from sim.engines.windowed import WindowedEngine
    from sim.model import ending_of
    from sim.model.recorder import Recorder
    from sim.scenario import load

    began_s = time.perf_counter()
    scenario = load(SCENARIO, [f"viewers={viewers}", f"days={days}"])
    recorder = Recorder(scenario, writer=None, digest=None)
    economy = WindowedEngine(scenario, scenario.seed, recorder, threads=threads, opens=False)
    recorder.count(economy.hosts)
    economy.run()
    assert recorder.tally is not None, "the metrics began above"
    recorder.tally.close(ending_of(economy))
    run_s = time.perf_counter() - began_s
    return Timed(0.0, run_s, economy.visits, recorder.records - recorder.set_up)


def simulation(viewers: int, days: int, threads: int) -> Timed:
    """What `coinworks simulate` does, from the scenario to the run's folder with its trace, which is thrown away."""
    from sim.model import Manner, simulate
    from sim.scenario import load

    with tempfile.TemporaryDirectory(prefix="coinworks-bench-") as scratch:
        began_s = time.perf_counter()
        scenario = load(SCENARIO, [f"viewers={viewers}", f"days={days}"])
        summary = simulate(scenario, manner=Manner(threads=threads), out=Path(scratch) / "run").summary
        run_s = time.perf_counter() - began_s
    return Timed(0.0, run_s, summary.visits, summary.events - summary.visits, summary.trace_digest)


def arithmetic_run(threads: int, rounds: int) -> Timed:
    """Let so many threads do so many rounds of integer arithmetic each, which touches no memory."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(_mixed, [1] * threads, range(threads)))  # the threads are there, the rule is compiled
        began_s = time.perf_counter()
        list(pool.map(_mixed, [rounds] * threads, range(threads)))
        return Timed(0.0, time.perf_counter() - began_s, visits=0, operations=0)


@rule
def _mixed(rounds: int, word: int) -> int:
    for _ in range(rounds):
        word = word * 6364136223846793005 + 1442695040888963407
        word ^= word >> 33
    return word


def command_run(viewers: int, days: int) -> Timed:
    """`coinworks simulate` as one types it: from the start of the interpreter to the table.

    Raises
    ------
    BenchError : the command failed
    """
    sizes = ["--viewers", str(viewers), "--days", str(days)]
    with tempfile.TemporaryDirectory(prefix="coinworks-bench-") as scratch:
        run = Path(scratch) / "run"
        command = [sys.executable, "-m", "sim.cli", "simulate", SCENARIO, *sizes, "--out", str(run)]
        began_s = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own command
        run_s = time.perf_counter() - began_s
        if done.returncode != 0:
            raise BenchError(f"coinworks simulate failed: {done.stderr.strip().splitlines()[-1:]}")
        summary = open_run(run).summary
    return Timed(0.0, run_s, summary.visits, summary.events - summary.visits, summary.trace_digest)
