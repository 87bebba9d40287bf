"""A trial: one replay of one trace against one wallet, from setup to verdict.

    trial = run_trial(run.trace(), wallet.url, wallet.token, Conditions(live_s=20), run.path, simulated=run.balances())
    trial.verdict.word, trial.numbers["latencies_ms"]["overall"]["response"]["p99"]
    trial.write(run.path)                  # replay.json and requests.parquet

Any wallet that speaks the HTTP contract can be tried. The plan is compiled first, Locust sends it from a process of its
own, the accounts are compared last. A wallet that is gone for good ends the trial early, with what was measured so far.
"""

import shlex
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy.typing as npt

from loadtests.reconcile import Reconciliation, reconcile
from loadtests.remote_wallet import RemoteWallet
from loadtests.replay.launch import Generator, Progress
from loadtests.replay.plan import (
    CONNECTIONS_DEFAULT,
    DEADLINE_S_DEFAULT,
    FINISHED,
    STOPPED,
    WALLET_GONE,
    Pace,
    prepare,
    speed_for,
)
from loadtests.replay.result import (
    Columns,
    generator_numbers,
    plan_numbers,
    read_measured,
    summarize,
    write_requests,
)
from loadtests.verdict import LATE_MS_DEFAULT, Findings, Objective, Verdict, verdict
from sim.runs import this_machine, write_json
from sim.runs.provenance import versions
from sim.trace import Trace

SCHEMA: Final = "coinworks/replay/1"
MISMATCHES_SHOWN: Final = 20
REPLAY_FILE: Final = "replay.json"
REQUESTS_FILE: Final = "requests.parquet"

Watcher = Callable[[int, Progress], None]


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """How a trial goes. Without a speed, the live part lasts `live_s` seconds, or about 20."""

    speed: float | None = None
    live_s: float | None = None
    connections: int = CONNECTIONS_DEFAULT
    deadline_s: float = DEADLINE_S_DEFAULT
    objectives: tuple[Objective, ...] = ()
    late_ms: float = LATE_MS_DEFAULT

    def pace(self, trace: Trace) -> Pace:
        """The pace at which a trace is replayed under these conditions."""
        speed = speed_for(trace, self.live_s) if self.speed is None else self.speed
        return Pace(speed, self.connections, self.deadline_s)


@dataclass(frozen=True)
class Trial:
    """What a replay showed: `numbers` is replay.json."""

    numbers: dict[str, Any]
    verdict: Verdict
    measured: Columns
    is_wallet_gone: bool

    def __repr__(self) -> str:
        return f"<Trial {self.verdict.word} sent={self.numbers['sent']}>"

    def write(self, folder: Path) -> None:
        """Put requests.parquet, then replay.json into a folder, in place of an earlier trial's."""
        (folder / REPLAY_FILE).unlink(missing_ok=True)
        write_requests(folder / REQUESTS_FILE, self.measured)
        write_json(folder / REPLAY_FILE, self.numbers)


def run_trial(
    trace: Trace,
    url: str,
    token: str,
    conditions: Conditions,
    scratch: Path,
    *,
    simulated: Mapping[str, npt.NDArray[Any]] | None = None,
    on_progress: Watcher | None = None,
    is_wallet_gone: Callable[[], object] = lambda: False,
) -> Trial:
    """Replay a trace against the wallet at `url`, compare every account, and judge.

    Parameters
    ----------
    scratch : a folder to work in; nothing is left there
    simulated : the simulator's balances, to be checked as well
    on_progress : called some times a second with the number of operations and the generator's counters
    is_wallet_gone : asked as often; whoever started the wallet knows that it ended, and need not wait for the deadline

    Raises
    ------
    CoinworksError : the wallet can't be reached or refuses the setup, or the trace can't be replayed
    """
    started_at = datetime.now(UTC)
    pace = conditions.pace(trace)
    with tempfile.TemporaryDirectory(prefix=".replay-", dir=scratch) as name, RemoteWallet(url, token) as wallet:
        folder = Path(name)
        plan = prepare(trace, folder, wallet, pace)
        with Generator(folder) as generator:
            state = generator.watch(on_progress and partial(on_progress, plan.operations), is_wallet_gone)
        return reckon(folder, state, trace, wallet, conditions, simulated, started_at)


def reckon(
    folder: Path,
    state: int,
    trace: Trace,
    wallet: RemoteWallet,
    conditions: Conditions,
    simulated: Mapping[str, npt.NDArray[Any]] | None = None,
    started_at: datetime | None = None,
) -> Trial:
    """Put together what a plan's folder holds after its replay: compare the accounts, and judge."""
    measured = read_measured(folder)
    plan = plan_numbers(folder)
    found = reconcile(trace, wallet, plan["book"], simulated) if state == FINISHED else None
    summary = summarize(measured, trace)
    latencies = summary["latencies_ms"]["overall"]
    judged = verdict(
        Findings(
            mismatched_accounts=None if found is None else len(found.mismatches),
            unexpected=summary["unexpected"],
            without_outcome=summary["without_outcome"],
            unknown=0 if state == STOPPED else summary["unknown"],  # stopped by us, so nobody knows
            is_complete=state == FINISHED,
            send_lag_ms_p99=latencies["send_lag"]["p99"],
            late_ms=conditions.late_ms,
            response_ms=latencies["response"],
            objectives=conditions.objectives,
        )
    )
    numbers = {
        "schema": SCHEMA,
        "verdict": judged.word,
        "reasons": list(judged.reasons),
        "exit_code": judged.exit_code,
        "complete": state == FINISHED,
        **_reconciled(found),
        **summary,
        "generator": {
            **generator_numbers(folder),
            "send_lag_ms_p99": latencies["send_lag"]["p99"],
            "late_ms": conditions.late_ms,
        },
        "objectives": [_judged(objective, latencies["response"]) for objective in conditions.objectives],
        **plan,
        "started_at": started_at,
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "versions": {**versions(), "locust": version("locust"), "gevent": version("gevent")},
        "machine": this_machine(),
    }
    return Trial(numbers, judged, measured, state == WALLET_GONE)


def _reconciled(found: Reconciliation | None) -> dict[str, Any]:
    if found is None:
        return {
            "reconciled": False,
            "mismatched_accounts": None,
            "mismatches": [],
            "accounts_compared": 0,
            "entries_compared": 0,
        }
    return {
        "reconciled": found.is_clean,
        "mismatched_accounts": len(found.mismatches),
        "mismatches": [mismatch._asdict() for mismatch in found.mismatches[:MISMATCHES_SHOWN]],
        "accounts_compared": found.accounts,
        "entries_compared": found.entries,
    }


def _judged(objective: Objective, response_ms: Mapping[str, float | None]) -> dict[str, Any]:
    measured_ms = response_ms[objective.percentile]
    is_met = measured_ms is not None and measured_ms <= objective.limit_ms
    return {**asdict(objective), "measured_ms": measured_ms, "is_met": is_met}
