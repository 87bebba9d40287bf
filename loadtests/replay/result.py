"""The result: what the generator measured, as `requests.parquet` and as the numbers of `replay.json`.

    measured = read_measured(folder)
    write_requests(run / "requests.parquet", measured)
    numbers = summarize(measured, trace)

"rate" is operations sent a second, "throughput" answered with an outcome a second; every latency counts from the
planned instant unless it says service.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from loadtests.latency import latencies_ms
from loadtests.replay.plan import MEASURED, column, read_plan
from loadtests.replay.wire import NO_OUTCOME, NOT_SENT, UNKNOWN, outcome_name
from sim.ledger import Op, Outcome, account_name, lanes
from sim.ledger.operations import MOVES_MONEY
from sim.tables import write_parquet
from sim.trace import Trace

Columns = dict[str, npt.NDArray[Any]]

REQUEST_COLUMNS: Final = (
    "seq",
    "op",
    "planned_ns",
    "free_ns",
    "sent_ns",
    "done_ns",
    "status",
    "outcome",
    "replayed",
    "attempts",
)
NS: Final = 1_000_000_000
HOTTEST: Final = 10


def read_measured(folder: Path) -> Columns:
    """The plan's operations with all that was measured of them."""
    measured = {name: np.array(column(folder, name)) for name in ("seq", "op", "expected", "planned_ns", *MEASURED)}
    lost = (measured["sent_ns"] >= 0) & (measured["done_ns"] < 0)
    measured["outcome"][lost] = UNKNOWN
    return measured


def write_requests(path: Path, measured: Columns) -> None:
    """The raw nanoseconds of every operation; -1 is an instant that never came."""
    write_parquet(path, {name: measured[name] for name in REQUEST_COLUMNS})


def is_unexpected(measured: Columns) -> npt.NDArray[np.bool_]:
    """Where an answer differs from the trace. "Replayed" is right only after an unknown outcome."""
    answered = measured["done_ns"] >= 0
    differs = measured["outcome"] != measured["expected"]
    uncalled = (measured["replayed"] != 0) & (measured["unknown"] == 0)
    unexpected: npt.NDArray[np.bool_] = answered & (differs | uncalled)
    return unexpected


def counts(measured: Columns) -> dict[str, int]:
    """Operations by what became of them: sent = acknowledged + declined + unknown + without an outcome."""
    outcome, sent = measured["outcome"], measured["sent_ns"] >= 0
    moves = np.isin(measured["op"], [int(op) for op in MOVES_MONEY])
    return {
        "planned": len(outcome),
        "sent": int(sent.sum()),
        "moving_money": int((sent & moves).sum()),
        "acknowledged": int((outcome == Outcome.ACCEPTED).sum()),
        "declined": int(((outcome > Outcome.ACCEPTED) & (outcome < NOT_SENT)).sum()),
        "unknown": int((outcome == UNKNOWN).sum()),
        "without_outcome": int((outcome == NO_OUTCOME).sum()),
        "resolved": int(((measured["unknown"] != 0) & (measured["done_ns"] >= 0)).sum()),
        "unexpected": int(is_unexpected(measured).sum()),
    }


def first_divergent(measured: Columns, trace: Trace) -> dict[str, Any] | None:
    """The first record of the trace that got another answer."""
    rows = np.flatnonzero(is_unexpected(measured))
    if not len(rows):
        return None
    row = rows[0]
    operation = trace.record(int(measured["seq"][row]))
    return {
        "seq": operation.seq,
        "op": operation.op.code,
        "account": account_name(operation.actor),
        "at_us": operation.at_us,
        "expected": outcome_name(int(measured["expected"][row])),
        "outcome": outcome_name(int(measured["outcome"][row])),
        "status": int(measured["status"][row]),
        "replayed": bool(measured["replayed"][row]),
    }


def summarize(measured: Columns, trace: Trace) -> dict[str, Any]:
    """All numbers of a replay that follow from its requests."""
    answered = measured["done_ns"] >= 0
    seconds = max(int(measured["done_ns"].max()), 1) / NS
    sent = int((measured["sent_ns"] >= 0).sum())
    well = int((answered & (measured["outcome"] != NO_OUTCOME)).sum())
    return {
        **counts(measured),
        "outcomes": _by_outcome(measured),
        "first_divergent": first_divergent(measured, trace),
        "live_s": round(seconds, 6),
        "rate_per_s": round(sent / seconds, 1),
        "throughput_per_s": round(well / seconds, 1),
        "lane_blocked": _share(answered & (measured["lane_free_ns"] > measured["planned_ns"])),
        "connection_blocked": _share(answered & (measured["free_ns"] > measured["lane_free_ns"])),
        "latencies_ms": _latencies(measured),
        "timeline": timeline(measured),
        "hottest_accounts": hottest_accounts(measured, trace),
    }


def timeline(measured: Columns) -> dict[str, list[int]]:
    """Operations planned, sent and answered in each second from the start."""
    instants = {"planned": "planned_ns", "sent": "sent_ns", "answered": "done_ns"}
    seconds = {name: measured[column][measured[column] >= 0] // NS for name, column in instants.items()}
    length = 1 + max((int(values.max()) for values in seconds.values() if len(values)), default=0)
    return {
        "second": list(range(length)),
        **{name: np.bincount(values, minlength=length).tolist() for name, values in seconds.items()},
    }


def hottest_accounts(measured: Columns, trace: Trace, top: int = HOTTEST) -> list[dict[str, Any]]:
    """The accounts that most operations touched, debited and credited alike."""
    touched: dict[int, int] = {}
    for op, actor, peer in zip(
        *(_of_live(trace, measured, name).tolist() for name in ("op", "actor", "peer")), strict=True
    ):
        for account in {account for side in lanes(op, actor, peer) for account in side}:
            touched[account] = touched.get(account, 0) + 1
    ranked = sorted(touched.items(), key=lambda item: (-item[1], item[0]))[:top]
    total = len(measured["seq"])
    return [
        {"account": account_name(account), "operations": times, "share": round(times / total, 6)}
        for account, times in ranked
    ]


def generator_numbers(folder: Path) -> dict[str, float]:
    """The generator's own effort: CPU seconds a second of the replay."""
    progress = column(folder, "progress").tolist()
    cpu_ns, wall_ns = progress[3], max(progress[4], 1)
    return {"cpu_share": round(cpu_ns / wall_ns, 4), "wall_s": round(wall_ns / NS, 3)}


def plan_numbers(folder: Path) -> dict[str, Any]:
    """What the replay was asked to do."""
    plan = read_plan(folder)
    return {
        "book": plan.book,
        "target": plan.target,
        "speed": plan.pace.speed,
        "connections": plan.pace.connections,
        "deadline_s": plan.pace.deadline_s,
        "setup": plan.setup,
        "trace_digest": plan.trace_digest,
    }


def _latencies(measured: Columns) -> dict[str, Any]:
    by_operation = {}
    for op in np.unique(measured["op"]).tolist():
        rows = measured["op"] == op
        by_operation[Op(op).code] = latencies_ms({name: values[rows] for name, values in measured.items()})
    return {"overall": latencies_ms(measured), "operations": by_operation}


def _by_outcome(measured: Columns) -> dict[str, int]:
    codes, times = np.unique(measured["outcome"], return_counts=True)
    return {outcome_name(code): count for code, count in zip(codes.tolist(), times.tolist(), strict=True)}


def _share(rows: npt.NDArray[np.bool_]) -> float:
    return round(float(rows.mean()), 6)


def _of_live(trace: Trace, measured: Columns, name: str) -> npt.NDArray[Any]:
    return trace.columns[name][measured["seq"]]
