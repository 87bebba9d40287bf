"""The locustfile: one user who dispatches a whole trace. `coinworks replay` starts it; it works with plain Locust too.

    locust -f loadtests/replay/locustfile.py --run results/runs/us-baseline-1-1 --host http://127.0.0.1:8787 --headless

Without `--headless` the web page starts it. The service token comes from COINWORKS_TOKEN, the speed from `--speed`, and
from `--late-limit` how late the generator may be before latencies are void. Each start draws a new book, so a wallet
can be loaded again and again. One user is enough: the trace says how many people act.

This process is patched by gevent, so everything that needs DuckDB runs in a process of its own.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from locust import User, events, task
from locust.argument_parser import LocustArgumentParser

from loadtests.replay.dispatcher import Dispatcher
from loadtests.replay.locust_table import log_requests, log_unexpected
from loadtests.replay.plan import FINISHED, PARENT, column
from loadtests.replay.wire import outcome_name
from sim.ledger import Op
from sim.ledger.operations import READS


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]  # locust's events have no types
def _add_arguments(parser: LocustArgumentParser) -> None:
    parser.add_argument(
        "--plan", env_var="COINWORKS_PLAN", default="", include_in_web_ui=False, help="folder of a prepared plan"
    )
    parser.add_argument("--run", env_var="COINWORKS_RUN", default="", help="run folder, or folder or CSV of a trace")
    parser.add_argument(
        "--speed", env_var="COINWORKS_SPEED", default="", help="times as fast as the trace; default: lasts 20 s"
    )
    parser.add_argument(
        "--late-limit",
        env_var="COINWORKS_LATE_LIMIT",
        default="",
        help="a later generator voids latencies; default: 20ms",
    )


class TraceUser(User):
    """Everybody in the trace at once."""

    fixed_count = 1

    @task
    def replay(self) -> None:
        """Replay the trace once, then end the run."""
        options = self.environment.parsed_options
        if options.plan:
            finished = _dispatch(Path(options.plan), self.environment) == FINISHED
        else:
            finished = self._replay_alone(options)
        if not finished:
            self.environment.process_exit_code = self.environment.process_exit_code or 1
        self.environment.runner.quit()

    def _replay_alone(self, options: Any) -> bool:
        """Prepare before and reckon after, as `coinworks replay` would."""
        with tempfile.TemporaryDirectory(prefix="coinworks-plan-") as folder:
            conditions = [
                *(("--speed", options.speed) if options.speed else ()),
                *(("--late-limit", options.late_limit) if options.late_limit else ()),
            ]
            if _alone("prepare", options.run, folder, "--target", self.host or "", *conditions):
                return False
            _dispatch(Path(folder), self.environment)
            status = _alone("reckon", options.run, folder, *conditions)
            self.environment.process_exit_code = status
        return status == 0


def _alone(*arguments: str) -> int:
    command = [sys.executable, "-m", "loadtests.replay.alone", *arguments]
    return subprocess.run(command, check=False).returncode  # noqa: S603  our own module


def _dispatch(folder: Path, environment: Any) -> int:
    table = _Table(folder, environment)
    return Dispatcher(folder, table.log).run()


class _Table:
    """Keeps Locust's statistics, and ends the replay when whoever started it is gone."""

    def __init__(self, folder: Path, environment: Any) -> None:
        self._stats = environment.stats
        self._columns = {name: column(folder, name) for name in ("op", "expected", "outcome", "planned_ns", "done_ns")}
        self._parent = int(os.environ.get(PARENT, "0"))

    def log(self, answered: list[int]) -> None:
        """Add operations answered since the last time."""
        if self._parent not in (0, os.getppid()):
            os.kill(os.getpid(), signal.SIGTERM)  # Locust's own way to end early
        if answered:
            rows = {name: values[answered] for name, values in self._columns.items()}
            for op in np.unique(rows["op"]).tolist():
                self._log_op(Op(op), {name: values[rows["op"] == op] for name, values in rows.items()})

    def _log_op(self, op: Op, rows: dict[str, Any]) -> None:
        method = "GET" if op in READS else "POST"
        log_requests(self._stats, method, op.code, rows["done_ns"] - rows["planned_ns"])
        wrong = rows["expected"] != rows["outcome"]
        for difference, count in _differences(rows["expected"][wrong].tolist(), rows["outcome"][wrong].tolist()):
            log_unexpected(self._stats, method, op.code, difference, count)


def _differences(expected: list[int], outcome: list[int]) -> Iterable[tuple[str, int]]:
    pairs = list(zip(expected, outcome, strict=True))
    for pair in sorted(set(pairs)):
        yield f"{outcome_name(pair[1])}, expected {outcome_name(pair[0])}", pairs.count(pair)
