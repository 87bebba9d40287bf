"""The plan of a replay: a trace compiled into arrays and ready requests, so that the load costs no thinking.

    with RemoteWallet(url, token) as wallet:
        plan = prepare(trace, folder, wallet, Pace(speed=30_000))
    locust -f loadtests/replay/locustfile.py --headless --plan FOLDER

Preparing draws the replay's book, announces terms and accounts to the wallet, fetches a token for each account, and
writes a folder that the generator maps into memory. The folder holds tokens: only its owner may read it.
"""

import io
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from loadtests.remote_wallet import RemoteWallet
from loadtests.replay.dependencies import dependencies
from loadtests.replay.wire import NOT_SENT, request
from sim.ledger import CoinworksError, Op, Operation, account_name, needs_service_token
from sim.ledger.operations import SETUP
from sim.trace import Trace

LIVE_S_DEFAULT: Final = 20.0
CONNECTIONS_DEFAULT: Final = 256
CONNECTIONS_MAX: Final = 20_000
DEADLINE_S_DEFAULT: Final = 30.0
ANSWER_S_MAX: Final = 10.0
NS_PER_US: Final = 1_000
REQUESTS_FILE: Final = "requests.bin"
PARENT: Final = "COINWORKS_PARENT"  # the environment's word for whose end ends the generator

INPUTS: Final = (
    "seq",
    "op",
    "expected",
    "planned_ns",
    "request_start",
    "waits_for",
    "successor_start",
    "successor",
)
# What the generator measures, and what stands where it measured nothing. Instants count from the start; -1 is never.
MEASURED: Final = {
    "lane_free_ns": ("<i8", -1),
    "free_ns": ("<i8", -1),
    "sent_ns": ("<i8", -1),
    "done_ns": ("<i8", -1),
    "status": ("<u2", 0),
    "outcome": ("u1", NOT_SENT),
    "replayed": ("u1", 0),
    "attempts": ("<u2", 0),
    "unknown": ("u1", 0),  # 1: an answer was lost, and the outcome looked up by its key
}
# Counters that the generator keeps for whoever watches.
PROGRESS: Final = ("planned", "sent", "answered", "generator_cpu_ns", "wall_ns", "state")
RUNNING, FINISHED, WALLET_GONE, STOPPED = 1, 2, 3, 4


class PlanError(CoinworksError):
    """A trace that can't be replayed, or a folder that holds no plan."""


class Pace(msgspec.Struct, frozen=True):
    """How a replay goes: how fast, over how many connections, and how long it waits for a lost wallet."""

    speed: float
    connections: int = CONNECTIONS_DEFAULT
    deadline_s: float = DEADLINE_S_DEFAULT
    answer_s: float = ANSWER_S_MAX  # an answer that takes longer is lost


class Plan(msgspec.Struct, frozen=True):
    """What the plan's folder says of itself."""

    book: str
    target: str
    pace: Pace
    operations: int
    setup: int
    trace_digest: str
    service_token: str
    names: dict[str, int]  # operations by name, for Locust's table
    schema: str = "coinworks/plan/1"


def speed_for(trace: Trace, live_s: float | None = None) -> float:
    """The speed at which the live part of a trace lasts so long; unless told, 20 s and never slower than life."""
    at_us = trace.columns["at_us"][_is_live(trace)]
    span_s = float(at_us[-1] - at_us[0]) / 1e6 if len(at_us) else 0.0
    if live_s is None:
        return max(span_s / LIVE_S_DEFAULT, 1.0)
    return span_s / live_s if span_s else 1.0  # a single instant lasts no time at any speed


def asks_anything(trace: Trace) -> bool:
    """Whether there is anything to replay beside the setup."""
    return bool(_is_live(trace).any())


def prepare(trace: Trace, folder: Path, wallet: RemoteWallet, pace: Pace) -> Plan:
    """Compile a trace into a plan for one wallet, and set the wallet up for it.

    Raises
    ------
    PlanError : the trace has nothing to replay, or the pace makes no sense
    WalletError : the wallet refuses the setup
    """
    check_pace(pace)
    live = np.flatnonzero(_is_live(trace))
    if not asks_anything(trace):
        raise PlanError("the trace has no operations beside its setup: expected at least one to replay")
    book = f"r{secrets.token_hex(5)}"
    setup = wallet.announce((trace.record(int(i)) for i in np.flatnonzero(~_is_live(trace))), book)
    operations = [trace.record(int(i)) for i in live]
    tokens = _tokens(operations, wallet, book)
    starts = _write_requests(folder / REQUESTS_FILE, operations, book, wallet, tokens)
    columns = {name: column[live] for name, column in trace.columns.items()}
    _write_inputs(folder, columns, starts, pace)
    for name, (dtype, nothing) in MEASURED.items():
        _save(folder, name, np.full(len(live), nothing, dtype))
    _save(folder, "progress", np.zeros(len(PROGRESS), np.int64))
    plan = Plan(
        book=book,
        target=str(wallet.target),
        pace=pace,
        operations=len(live),
        setup=setup,
        trace_digest=trace.digest,
        service_token=wallet.token,
        names={op.code: int(op) for op in Op},
    )
    _write_private(folder / "plan.json", msgspec.json.encode(plan))
    return plan


def check_pace(pace: Pace) -> None:
    """Refuse a pace that means nothing."""
    if not 0 < pace.speed < float("inf"):
        raise PlanError(f"speed(={pace.speed:g}) must be > 0")
    if not 1 <= pace.connections <= CONNECTIONS_MAX:
        raise PlanError(f"connections(={pace.connections}) must be from 1 to {CONNECTIONS_MAX}")
    if not 0 < pace.deadline_s < float("inf"):
        raise PlanError(f"deadline(={pace.deadline_s:g} s) must be > 0")


def read_plan(folder: Path) -> Plan:
    """The plan in a folder."""
    try:
        return msgspec.json.decode((folder / "plan.json").read_bytes(), type=Plan)
    except (OSError, msgspec.MsgspecError) as error:
        raise PlanError(
            f"{folder}: no plan there ({error}): expected what `coinworks replay` or --run prepares"
        ) from None


def column(folder: Path, name: str, *, writable: bool = False) -> npt.NDArray[Any]:
    """One column of the plan, mapped into memory."""
    mapped: npt.NDArray[Any] = np.load(folder / f"{name}.npy", mmap_mode="r+" if writable else "r")
    return mapped


def _is_live(trace: Trace) -> npt.NDArray[np.bool_]:
    return ~np.isin(trace.columns["op"], [int(op) for op in SETUP])


def _tokens(operations: Iterable[Operation], wallet: RemoteWallet, book: str) -> dict[int, str]:
    """The token of every account that acts for itself."""
    accounts = sorted({done.actor for done in operations if not needs_service_token(done.op, done.peer, done.ref)})
    issued = wallet.account_tokens([f"{book}/{account_name(account)}" for account in accounts])
    return dict(zip(accounts, issued, strict=True))


def _write_requests(
    path: Path, operations: list[Operation], book: str, wallet: RemoteWallet, tokens: dict[int, str]
) -> npt.NDArray[np.int64]:
    """All requests end to end; returns where each starts, and the end."""
    starts = np.zeros(len(operations) + 1, np.int64)
    with _private(path) as file:
        for i, operation in enumerate(operations):
            by_service = needs_service_token(operation.op, operation.peer, operation.ref)
            token = wallet.token if by_service else tokens[operation.actor]
            starts[i + 1] = starts[i] + file.write(request(operation, book, wallet.target, token))
    return starts


def _write_inputs(folder: Path, live: dict[str, npt.NDArray[Any]], starts: npt.NDArray[np.int64], pace: Pace) -> None:
    at_us = live["at_us"]
    wanted = ("op", "actor", "peer", "ref", "outcome", "seq")
    graph = dependencies(*(live[name].tolist() for name in wanted))
    inputs = {
        "seq": live["seq"],
        "op": live["op"],
        "expected": live["outcome"],
        "planned_ns": np.rint((at_us - at_us[0]) * (NS_PER_US / pace.speed)).astype(np.int64),
        "request_start": starts,
        "waits_for": graph.waits_for,
        "successor_start": graph.successor_start,
        "successor": graph.successor,
    }
    for name in INPUTS:
        _save(folder, name, inputs[name])


def _save(folder: Path, name: str, values: npt.NDArray[Any]) -> None:
    """Through memory, because NumPy's own writing to a full disk fails without saying why."""
    content = io.BytesIO()
    np.save(content, values)
    (folder / f"{name}.npy").write_bytes(content.getbuffer())


def _private(path: Path) -> Any:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _write_private(path: Path, content: bytes) -> None:
    with _private(path) as file:
        file.write(content)
