"""`coinworks replay`, and what `coinworks run` shares with it: results, exit statuses, and interruptions."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from loadtests.remote_wallet import RemoteWallet
from loadtests.traffic import Traffic
from loadtests.trial import Conditions
from loadtests.wallet.process import start_wallet
from sim.cli.group import execute
from sim.cli.trials import Tried, conditions, milliseconds, percent, try_wallet, verdict_line, wallet_to_try
from sim.ledger import CoinworksError
from traces import Town

COINWORKS = [sys.executable, "-m", "sim.cli"]
CSV = "at,op,actor,peer,amount\n" + "".join(f"{i * 10_000},gift,fan{i % 7},star,1\n" for i in range(100))


@pytest.fixture
def march(tmp_path: Path) -> Path:
    path = tmp_path / "march.csv"
    path.write_text(CSV)
    return path


def coinworks(cwd: Path, *arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COINWORKS, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_csv_replays_against_a_wallet_of_our_own(tmp_path: Path, march: Path) -> None:
    done = coinworks(tmp_path, "replay", "--trace", march, "--speed", "1", "--late-limit", "60s")
    assert done.returncode == 0, done.stderr
    first, *_, last = done.stdout.splitlines()
    assert first.startswith(
        "100 of 100 operations sent in 1.0 s: 100 acknowledged, 0 declined, 0 unknown, 0 unexpected"
    )
    assert last == "PASS: all 9 accounts agree, to the last coin. Wrote results/runs/march-trace-1/replay.json."
    folder = tmp_path / "results" / "runs" / "march-trace-1"
    assert sorted(path.name for path in folder.iterdir()) == ["names.csv", "replay.json", "requests.parquet", "trace"]


def test_json_is_what_the_file_says_and_a_missed_objective_fails(tmp_path: Path, march: Path) -> None:
    slo = ("--slo", "p99=1us", "--slo", "p50=9s")
    done = coinworks(
        tmp_path, "replay", "--trace", march, "--late-limit", "60s", "--out", "o", "--json", *slo, "--speed", "2"
    )
    assert done.returncode == 1
    numbers = json.loads(done.stdout)
    assert numbers == json.loads((tmp_path / "o" / "replay.json").read_text())
    readme = (Path(__file__).parents[1] / "loadtests" / "README.md").read_text()
    assert [name for name in numbers if name not in re.findall(r"\w+", readme)] == []
    assert numbers["schema"] == "coinworks/replay/1"
    assert (numbers["verdict"], numbers["reconciled"], numbers["mismatched_accounts"]) == ("FAIL", True, 0)
    assert [objective["is_met"] for objective in numbers["objectives"]] == [False, True]
    assert [reason[:12] for reason in numbers["reasons"]] == ["response p99"]
    assert set(numbers["latencies_ms"]) == {"overall", "operations"}
    assert list(numbers["latencies_ms"]["operations"]) == ["gift"]
    assert list(numbers["latencies_ms"]["overall"]["send_lag"]) == ["p50", "p90", "p99", "p99.9", "max"]
    assert 0 < numbers["generator"]["cpu_share"] < 1
    assert {"python", "locust", "gevent", "coinworks"} <= numbers["versions"].keys()


def test_another_wallet_can_be_the_target(tmp_path: Path, march: Path) -> None:
    with start_wallet(tmp_path / "wallet.db") as wallet:
        asked = ("replay", "--trace", march, "--target", wallet.url, "--speed", "2", "--late-limit", "60s")
        assert coinworks(tmp_path, *asked, COINWORKS_TOKEN=wallet.token).returncode == 0
        refused = coinworks(tmp_path, *asked, "--token", "nonsense")
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert "answered 401" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("replay",), 2, "expected a RUN, or --trace FILE"),
        (("replay", "some-run", "--trace", "x.csv"), 2, "expected a RUN, or --trace FILE"),
        (("replay", "no-such-run"), 1, "no-such-run: no such run"),
        (("replay", "--trace", "none.csv"), 1, "none.csv: no such trace"),
        (("replay", "--trace", "march.csv", "--speed", "0"), 1, "speed(=0) must be > 0"),
        (("replay", "--trace", "march.csv", "--speed", "2", "--duration", "3"), 2, "--speed or --duration, not both"),
        (("replay", "--trace", "march.csv", "--slo", "p98=1ms"), 1, "objective 'p98=1ms': expected p50|p90"),
        (("replay", "--trace", "march.csv", "--late-limit", "20"), 1, "duration '20': expected a number"),
        (("replay", "--trace", "march.csv", "--target", "http://127.0.0.1:9"), 1, "expected its service token"),
        (("replay", "--trace", "march.csv", "--target", "x", "--token", "t"), 1, "expected http://HOST:PORT"),
        (("replay", "--trace", "march.csv", "--target", "http://127.0.0.1:9", "--token", "t"), 1, "no wallet answers"),
        (("replay", "--trace", "march.csv", "--out", "."), 1, "exists already"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    tmp_path: Path,
    march: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    status: int,
    told: str,
) -> None:
    monkeypatch.chdir(march.parent)
    monkeypatch.delenv("COINWORKS_TOKEN", raising=False)
    assert execute(arguments) == status
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert told in line
    assert not list(tmp_path.glob("results/runs/*"))


def heed_interrupts() -> None:
    """Undo what `nohup`, or a shell with its background jobs, leaves to these tests: signals that are ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def started(cwd: Path, *arguments: str) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """A replay in the middle of its live part, and its children."""
    process = subprocess.Popen(
        [*COINWORKS, *arguments],
        cwd=cwd,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,  # noqa: PLW1509  no threads here
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        children = psutil.Process(process.pid).children(recursive=True)
        if any("locust" in " ".join(child.cmdline()) for child in children if child.is_running()):
            time.sleep(1.5)
            return process, psutil.Process(process.pid).children(recursive=True)
        time.sleep(0.05)
    raise AssertionError("no generator was started")


def test_ctrl_c_is_one_line_and_leaves_nothing(tmp_path: Path, march: Path) -> None:
    process, children = started(tmp_path, "replay", "--trace", str(march), "--duration", "60")
    assert len(children) == 2
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert process.stderr is not None
    assert process.stderr.read() == "coinworks: interrupted\n"
    process.stderr.close()
    assert not psutil.wait_procs(children, timeout=5)[1]
    assert not list((tmp_path / "results" / "runs").iterdir())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_is_an_interrupt(tmp_path: Path, march: Path, number: signal.Signals) -> None:
    process, children = started(tmp_path, "replay", "--trace", str(march), "--duration", "60")
    process.send_signal(number)
    assert process.wait(20) == 128 + number
    assert process.stderr is not None
    assert process.stderr.read() == f"coinworks: interrupted ({number.name})\n"
    process.stderr.close()
    assert not psutil.wait_procs(children, timeout=5)[1]
    assert not list((tmp_path / "results" / "runs").iterdir())


def test_a_wallet_of_our_own_that_ends_is_told_at_once(tmp_path: Path, march: Path) -> None:
    process, children = started(tmp_path, "replay", "--trace", str(march), "--duration", "60", "--out", "o")
    (wallet,) = (child for child in children if "loadtests.wallet" in child.cmdline())
    wallet.kill()
    assert process.wait(10) == 1
    assert process.stderr is not None
    told = process.stderr.read()
    process.stderr.close()
    assert re.fullmatch(
        r"coinworks: the wallet ended \(killed by SIGKILL\); \d+ of 100 operations were answered, as .+ says\n", told
    )
    assert not psutil.wait_procs(children, timeout=5)[1]
    assert json.loads((tmp_path / "o" / "replay.json").read_text())["complete"] is False


def test_a_wallet_of_our_own_has_its_last_words_elsewhere(tmp_path: Path) -> None:
    """On a disk that is full it could not say so."""
    files: list[str] = []

    def ask_a_killed_wallet() -> None:
        with wallet_to_try(None, None, tmp_path) as wallet:
            files.extend(path.name for path in tmp_path.rglob("*"))
            next(child for child in psutil.Process().children() if "loadtests.wallet" in child.cmdline()).kill()
            RemoteWallet(wallet.url, wallet.token).account_tokens(["b/viewer-0"])

    with pytest.raises(CoinworksError, match=r"^the wallet ended \(killed by SIGKILL\)$"):
        ask_a_killed_wallet()
    assert "wallet.db" in files
    assert not [name for name in files if name.endswith("log")]


def test_a_full_disk_names_the_results_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("loadtests.trial.run_trial", refuse)
    traffic = Traffic("none", Town().trace(), None, None)
    with pytest.raises(OSError, match="No space left") as error:
        try_wallet(traffic, Tried("http://127.0.0.1:9", "t"), Conditions(), tmp_path)
    assert error.value.filename == str(tmp_path)


def test_a_kill_leaves_no_process_behind(tmp_path: Path, march: Path) -> None:
    process, children = started(tmp_path, "replay", "--trace", str(march), "--duration", "60")
    process.kill()
    process.wait()
    assert process.stderr is not None
    process.stderr.close()
    assert not psutil.wait_procs(children, timeout=15)[1]


def test_run_closes_the_loop(tmp_path: Path) -> None:
    """A small town for a day: simulated, carried, compared and reported."""
    sizes = ("--viewers", "50", "--days", "1")
    done = coinworks(tmp_path, "run", "us-baseline", *sizes, "--duration", "1", "--late-limit", "60s")
    assert done.returncode == 0, done.stderr
    report = "results/runs/us-baseline-1-1/report.html"
    assert done.stdout.splitlines()[-1].startswith("PASS: all ")
    assert done.stdout.splitlines()[-1].endswith(f"Read the report: {report}")
    assert (tmp_path / report).exists()
    folder = (tmp_path / report).parent
    tables = ("balances", "elsewhere", "hosts_by_week", "metrics", "requests", "sellers_by_week", "shop")
    files = {"manifest.json", "replay.json", "summary.json", *(f"{table}.parquet" for table in tables)}
    assert {path.name for path in folder.iterdir()} == files | {"figures", "report.html", "trace"}


def test_a_run_in_which_nobody_comes_has_a_report_and_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    nobody = ("run", "us-baseline", "--viewers", "1", "--days", "1", "--set", "audience.visits_per_day=0")
    assert execute([*nobody]) == 0
    report = "results/runs/us-baseline-1-1/report.html"
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1 viewer, 1 day: ")
    assert lines[-1] == f"Nobody asked the wallet for anything, so nothing was replayed. Read the report: {report}"
    assert (tmp_path / report).exists()
    assert not (tmp_path / report).with_name("replay.json").exists()
    assert execute([*nobody, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["replay"] is None
    assert execute(["replay", "us-baseline-1-1"]) == 1
    assert "expected at least one to replay" in capsys.readouterr().err


def test_conditions_refuse_a_senseless_duration() -> None:
    import click

    options = {"speed": None, "duration": -1.0, "slos": (), "connections": 1, "deadline": 1.0, "late_limit": "20ms"}
    with pytest.raises(click.UsageError, match="--duration -1: expected more than 0 seconds"):
        conditions(options)


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (("--speed", "0"), "speed(=0) must be > 0"),
        (("--speed", "nan"), "speed(=nan) must be > 0"),
        (("--connections", "0"), "connections(=0) must be from 1"),
        (("--deadline", "-1"), "deadline(=-1 s) must be > 0"),
        (("--deadline", "nan"), "deadline(=nan s) must be > 0"),
    ],
)
def test_run_refuses_senseless_conditions_before_it_simulates(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    option: tuple[str, str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sim.model.simulate", lambda *_, **__: pytest.fail("it simulates"))
    assert execute(["run", "us-baseline", *option]) == 1
    assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("value", "text"), [(0.12345, "0.123"), (45.67, "45.7"), (1234.5, "1,234"), (None, "–")])
def test_milliseconds(value: float | None, text: str) -> None:
    assert milliseconds(value) == text


def test_percent() -> None:
    assert (percent(0.0951), percent(0.0), percent(1.0)) == ("9.51 %", "0 %", "100 %")


def test_the_verdict_names_the_first_difference() -> None:
    mismatches = [{"account": "viewer-7", "difference": "the wallet holds 1 coin, expected 2"}]
    numbers = {"verdict": "FAIL", "reasons": ["1 account does not agree"], "mismatches": mismatches}
    assert verdict_line(numbers) == (
        "FAIL: 1 account does not agree. First: viewer-7: the wallet holds 1 coin, expected 2."
    )
