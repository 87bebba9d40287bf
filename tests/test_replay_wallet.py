"""The replay against the real wallet, in bad times: frozen, killed, restarted, gone; and a generator made late."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine_runs import ran
from loadtests.latency import times_ns
from loadtests.remote_wallet import RemoteWallet
from loadtests.replay.launch import LOCUSTFILE, Generator, Progress
from loadtests.replay.plan import Pace, prepare
from loadtests.traffic import read_traffic
from loadtests.trial import Conditions, Trial, reckon, run_trial
from loadtests.wallet.process import WalletProcess, start_wallet
from sim.ledger import Op, Outcome
from sim.ledger.operations import MOVES_MONEY
from sim.scenario import load
from sim.tables import read_parquet
from sim.trace import Trace, TraceWriter
from traces import Town, busy_town, rare_town

NS = 1_000_000_000
NEVER_LATE = 60_000.0


def one_each(rate_per_s: int, seconds: float) -> Trace:
    """A steady load with one operation a payer, so that nobody waits for a lane."""
    town = Town()
    star = town.creator()
    fans = [town.viewer(1) for _ in range(round(rate_per_s * seconds))]
    for i, fan in enumerate(fans):
        town.gift(fan, star, 1, i * 1_000_000 // rate_per_s)
    return town.trace()


@pytest.fixture
def wallet(tmp_path: Path) -> Iterator[WalletProcess]:
    with start_wallet(tmp_path / "wallet.db") as process:
        yield process


def pause(pid: int, seconds: float) -> threading.Thread:
    """Freeze a process for a while, in the background."""

    def freeze() -> None:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(pid, signal.SIGCONT)

    thread = threading.Thread(target=freeze)
    thread.start()
    return thread


def test_every_operation_of_a_busy_town_reconciles(tmp_path: Path, wallet: WalletProcess) -> None:
    town = busy_town()
    conditions = Conditions(live_s=2, late_ms=NEVER_LATE)
    trial = run_trial(town.trace(), wallet.url, wallet.token, conditions, tmp_path)
    assert trial.verdict.word == "PASS", trial.numbers["mismatches"]
    assert (
        trial.numbers["sent"] == trial.numbers["planned"] == trial.numbers["acknowledged"] + trial.numbers["declined"]
    )
    assert trial.numbers["outcomes"].keys() == {"accepted", "insufficient_funds", "wrong_state"}
    trial.write(tmp_path)
    requests = read_parquet(tmp_path / "requests.parquet")
    assert list(requests) == [
        "seq", "op", "planned_ns", "free_ns", "sent_ns", "done_ns", "status", "outcome", "replayed", "attempts",
    ]  # fmt: skip
    assert not list(tmp_path.glob(".replay-*"))


def test_what_is_rare_reconciles_too(tmp_path: Path, wallet: WalletProcess) -> None:
    """Whatever no busy town does: together they do everything that moves money."""
    town = rare_town()
    trial = run_trial(town.trace(), wallet.url, wallet.token, Conditions(live_s=1, late_ms=NEVER_LATE), tmp_path)
    assert trial.verdict.word == "PASS", trial.numbers["mismatches"]
    done = {o.op for each in (town, busy_town()) for o, outcome in each.rows if outcome == Outcome.ACCEPTED}
    assert done >= MOVES_MONEY


SHOP = {Op.ORDER, Op.CAPTURE, Op.CANCEL, Op.REFUND, Op.SETTLE}


def accepted(trace: Trace) -> set[Op]:
    """What somebody did and was let do."""
    return {Op(op) for op in np.unique(trace.columns["op"][trace.columns["outcome"] == Outcome.ACCEPTED])}


def test_a_country_whose_shop_is_closed_and_comes_back_has_all_of_a_shop_in_its_trace() -> None:
    """At its own size, as `coinworks run indonesia-2023` has it."""
    assert accepted(ran("windowed", load("indonesia-2023")).trace) >= SHOP


def test_a_country_whose_shop_is_closed_and_comes_back_reconciles(tmp_path: Path, wallet: WalletProcess) -> None:
    country = ran("windowed", load("indonesia-2023", ["viewers=300"]))
    assert accepted(country.trace) >= SHOP
    conditions = Conditions(live_s=1, late_ms=NEVER_LATE)
    trial = run_trial(country.trace, wallet.url, wallet.token, conditions, tmp_path, simulated=country.balances)
    assert trial.verdict.word == "PASS", trial.numbers["mismatches"]
    assert trial.numbers["reconciled"] is True
    assert trial.numbers["sent"] == trial.numbers["planned"] > 20_000


def test_a_second_replay_does_its_work_anew(tmp_path: Path, wallet: WalletProcess) -> None:
    """Another nonce, another book: the same store serves again, and nothing is answered as replayed."""
    trace = one_each(100, 0.3)
    trials = [
        run_trial(trace, wallet.url, wallet.token, Conditions(speed=1, late_ms=NEVER_LATE), tmp_path) for _ in range(2)
    ]
    assert [trial.verdict.word for trial in trials] == ["PASS", "PASS"]
    assert trials[0].numbers["book"] != trials[1].numbers["book"]


@pytest.mark.alone
def test_a_wallet_frozen_for_a_second_shows_in_response_times(tmp_path: Path, wallet: WalletProcess) -> None:
    """The known answer: rate × 1 s requests, their response times spread evenly over 0 to 1 s.

    Service times alone show one slow request a connection (coordinated omission).
    """
    rate_per_s, connections, frozen_s = 150, 12, 1.0
    freezer: list[threading.Thread] = []

    def freeze_once(_total: int, progress: Progress) -> None:
        if progress.answered > rate_per_s // 2 and not freezer:
            freezer.append(pause(wallet.pid, frozen_s))

    conditions = Conditions(speed=1, connections=connections, late_ms=NEVER_LATE)
    trial = run_trial(one_each(rate_per_s, 3), wallet.url, wallet.token, conditions, tmp_path, on_progress=freeze_once)
    freezer[0].join()
    assert trial.verdict.word == "PASS"
    times = {name: values / NS for name, values in times_ns(trial.measured).items()}
    planned, done = trial.measured["planned_ns"] / NS, trial.measured["done_ns"] / NS
    thawed = done[np.argmax(times["service"])]
    caught = (thawed - frozen_s <= planned) & (planned < thawed)
    n = round(rate_per_s * frozen_s)
    assert caught.sum() == pytest.approx(n, abs=2)
    assert (done[caught] >= thawed - 0.01).all()  # nobody was answered meanwhile
    drained_s = done[caught].max() - thawed  # then the waiting ones are served one after another
    assert drained_s < 0.4
    # Kolmogorov and Smirnov at 0.1 %, against the uniform law on 0 … 1 s, which draining shifts by its length at most
    response = np.sort(times["response"][caught]) / frozen_s
    steps = np.arange(1, len(response) + 1) / len(response)
    assert np.abs(response - steps).max() < 1.95 / np.sqrt(n) + drained_s / frozen_s
    half = frozen_s / 2
    slow = int((times["response"] > half).sum())
    assert n / 2 - 2 <= slow <= n * (half + drained_s) / frozen_s + 2
    assert 1 <= (times["service"] > half).sum() <= connections


def test_kill_9_and_a_restart_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    first = start_wallet(tmp_path / "wallet.db")
    restarted: list[WalletProcess] = []

    def crash() -> None:
        first.kill()
        restarted.append(start_wallet(tmp_path / "wallet.db", port=first.port))

    crashes: list[threading.Thread] = []

    def crash_once(_total: int, progress: Progress) -> None:
        if progress.answered > 100 and not crashes:
            crashes.append(threading.Thread(target=crash))
            crashes[0].start()

    try:
        conditions = Conditions(live_s=3, late_ms=NEVER_LATE)
        trace = busy_town(fans=30, gifts=20).trace()
        trial = run_trial(trace, first.url, first.token, conditions, tmp_path, on_progress=crash_once)
        crashes[0].join()
    finally:
        for process in (first, *restarted):
            process.stop()
    assert trial.verdict.word == "PASS", trial.verdict
    assert trial.numbers["reconciled"] is True
    assert trial.numbers["resolved"] >= 1
    assert trial.numbers["unknown"] == 0


def test_a_wallet_gone_for_good_is_told_and_what_was_measured_is_kept(tmp_path: Path, wallet: WalletProcess) -> None:
    def kill_once(_total: int, progress: Progress) -> None:
        if progress.answered > 50 and wallet.is_alive():
            wallet.kill()

    conditions = Conditions(speed=1, deadline_s=0.5)
    trial = run_trial(one_each(100, 3), wallet.url, wallet.token, conditions, tmp_path, on_progress=kill_once)
    assert trial.is_wallet_gone
    assert (trial.verdict.word, trial.verdict.exit_code) == ("FAIL", 1)
    assert (trial.numbers["complete"], trial.numbers["reconciled"]) == (False, False)
    assert trial.numbers["unknown"] >= 1
    trial.write(tmp_path)
    kept = read_parquet(tmp_path / "requests.parquet")
    assert (kept["done_ns"] >= 0).sum() == trial.numbers["acknowledged"] > 50


def late_trial(tmp_path: Path, wallet: WalletProcess) -> Trial:
    """A replay whose generator is stopped for half a second."""
    trace = one_each(100, 2)
    folder = tmp_path / "plan"
    folder.mkdir()
    with RemoteWallet(wallet.url, wallet.token) as remote:
        prepare(trace, folder, remote, Pace(speed=1))
        with Generator(folder) as generator:
            stops: list[threading.Thread] = []

            def stop_once(progress: Progress) -> None:
                if progress.answered > 50 and not stops:
                    stops.append(pause(generator.pid, 0.5))

            state = generator.watch(stop_once)
            stops[0].join()
        return reckon(folder, state, trace, remote, Conditions(speed=1))


def test_a_late_generator_makes_it_invalid(tmp_path: Path, wallet: WalletProcess) -> None:
    trial = late_trial(tmp_path, wallet)
    assert (trial.verdict.word, trial.verdict.exit_code) == ("INVALID", 3)
    assert trial.numbers["reconciled"] is True
    assert trial.numbers["latencies_ms"]["overall"]["send_lag"]["max"] > 300


def test_a_generator_that_is_killed_makes_it_invalid(tmp_path: Path, wallet: WalletProcess) -> None:
    trace = one_each(100, 2)
    with RemoteWallet(wallet.url, wallet.token) as remote:
        prepare(trace, tmp_path, remote, Pace(speed=1))
        with Generator(tmp_path) as generator:
            killed: list[int] = []

            def kill_once(progress: Progress) -> None:
                if progress.answered > 50 and not killed:
                    killed.append(generator.pid)
                    os.kill(generator.pid, signal.SIGKILL)

            state = generator.watch(kill_once)
        trial = reckon(tmp_path, state, trace, remote, Conditions())
    assert (trial.verdict.word, trial.numbers["complete"]) == ("INVALID", False)
    assert 50 < trial.numbers["acknowledged"] < 200


@pytest.mark.parametrize(
    ("late_limit", "said", "status"), [("60s", "PASS", 0), ("1us", "INVALID: the generator was", 3)]
)
def test_plain_locust_replays_and_reckons(
    tmp_path: Path, wallet: WalletProcess, late_limit: str, said: str, status: int
) -> None:
    """The locustfile by itself: it compiles, sends, compares, and exits by the verdict."""
    folder = tmp_path / "traffic"
    with TraceWriter(folder / "trace") as writer:
        writer.extend(one_each(100, 1).columns)
    assert read_traffic(str(folder)).folder is None
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "locust",
            "-f",
            LOCUSTFILE,
            "--headless",
            "--run",
            folder,
            "--host",
            wallet.url,
            "--speed",
            "1",
            "--late-limit",
            late_limit,
        ],
        env={**os.environ, "COINWORKS_TOKEN": wallet.token},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert f"\ncoinworks: {said}" in f"\n{done.stdout}", done.stdout + done.stderr
    assert done.returncode == status
    assert "POST     gift" in done.stdout + done.stderr


def test_plain_locust_without_a_token_is_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "locust",
            "-f",
            LOCUSTFILE,
            "--headless",
            "--run",
            tmp_path,
            "--host",
            "http://127.0.0.1:9",
        ],
        env={name: value for name, value in os.environ.items() if name != "COINWORKS_TOKEN"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "the service token in COINWORKS_TOKEN" in done.stderr
    assert done.returncode == 1
