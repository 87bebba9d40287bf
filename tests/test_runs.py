"""Run folders: there when whole, gone otherwise, and opened with one clear line when something is wrong."""

import json
import os
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest

from sim.ledger.accounts import BANK, Account, AccountClass, Kind, account_id
from sim.ledger.money import COIN, USD
from sim.ledger.operations import Op, Operation
from sim.ledger.outcomes import Outcome
from sim.runs import (
    RUN_FILES,
    RUNS,
    NewRun,
    RunError,
    Summary,
    balance_columns,
    create_run,
    new_manifest,
    open_run,
    write_json,
)
from sim.runs.provenance import commit, this_machine
from sim.trace import TraceError

VIEWER = account_id(Kind.VIEWER, 17)
BALANCES = {(BANK, USD): -499, (Account(AccountClass.HOLDER, VIEWER), COIN): 330}


def fill(run, digest: str | None = None) -> None:
    run.write_table("balances", balance_columns(BALANCES))
    run.write_table("metrics", {"day": np.arange(7)})
    run.write_manifest(
        new_manifest("us-baseline", {"seed": 1}, "ab" * 32, 1, "reference", datetime(2024, 3, 4, tzinfo=UTC))
    )
    run.write_summary(
        Summary(
            viewers=10, days=7, visits=30, operations=1, wall_s=0.5, events=31, events_per_s=62.0, operations_per_s=2.0,
            peak_rss_mb=99.5, trace_digest=digest, conservation={"coin": 0}, kpis={"bookings_cents": 499},
        )
    )  # fmt: skip


def made(base: Path, scenario: str = "us-baseline") -> Path:
    with create_run(scenario, 1, base=base) as run:
        with run.trace_writer() as writer:
            writer.append(Operation(0, 0, Op.OPEN, VIEWER), Outcome.ACCEPTED)
        fill(run, writer.digest)
    return run.path


def attempt(act: Callable[[NewRun], None], base: Path = RUNS, out: Path | None = None) -> None:
    """Make a whole run, but act before it takes its name."""
    with create_run("us", 1, out, base) as run:
        fill(run)
        act(run)


def test_a_run_comes_back_as_it_was_made(tmp_path):
    run = open_run(made(tmp_path))
    assert run.manifest.scenario_resolved == {"seed": 1}
    assert run.manifest.started_at == datetime(2024, 3, 4, tzinfo=UTC)
    assert run.summary.kpis == {"bookings_cents": 499}
    assert run.trace().record(0) == Operation(0, 0, Op.OPEN, VIEWER)
    assert run.balances()["amount"].tolist() == [330, -499]
    assert run.metrics()["day"].tolist() == list(range(7))
    assert repr(run) == "<Run us-baseline-1-1 operations=1>"


def test_runs_number_themselves(tmp_path):
    (tmp_path / "us-baseline-1-7").mkdir()
    (tmp_path / "us-baseline-10-9").mkdir()
    assert [made(tmp_path).name for _ in range(2)] == ["us-baseline-1-8", "us-baseline-1-9"]
    assert made(tmp_path, "us").name == "us-1-1"


def test_a_run_is_hidden_until_it_is_whole(tmp_path):
    with create_run("us-baseline", 1, base=tmp_path) as run:
        assert [path.name[0] for path in tmp_path.iterdir()] == ["."]
        fill(run)
    assert list(tmp_path.iterdir()) == [run.path] == [tmp_path / "us-baseline-1-1"]


@pytest.mark.parametrize("end", [KeyboardInterrupt, ValueError, SystemExit])
@pytest.mark.parametrize("out", [None, "mine"])
def test_a_run_that_ends_badly_leaves_nothing(tmp_path, end, out):
    def stop(_: NewRun) -> None:
        raise end

    with pytest.raises(end):
        attempt(stop, base=tmp_path, out=tmp_path / out if out else None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", RUN_FILES)
def test_a_run_without_its_files_is_not_kept(tmp_path, missing):
    with pytest.raises(RunError, match=f"the run ended without {missing}"):
        attempt(lambda run: (run.path / missing).unlink(), base=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_out_is_the_folder_itself_and_its_parents_are_made(tmp_path):
    with create_run("us-baseline", 1, out=tmp_path / "a" / "b" / "mine") as run:
        fill(run)
    assert run.path == tmp_path / "a" / "b" / "mine"
    assert open_run(run.path).summary.viewers == 10


@pytest.mark.parametrize("kind", ["folder", "file", "dangling link"])
def test_an_out_that_exists_is_refused_at_once(tmp_path, kind):
    out = tmp_path / "mine"
    {"folder": out.mkdir, "file": out.touch, "dangling link": lambda: out.symlink_to("nowhere")}[kind]()
    with pytest.raises(RunError, match="mine: exists already"), create_run("us", 1, out=out):
        pytest.fail("the block must not run")
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_an_out_that_appears_meanwhile_is_left_alone(tmp_path, kind):
    out = tmp_path / "mine"
    appear = {"folder": out.mkdir, "file": out.touch}[kind]
    with pytest.raises(RunError, match="mine: was made by somebody else meanwhile"):
        attempt(lambda _: appear(), out=out)
    assert list(tmp_path.iterdir()) == [out]
    assert out.is_file() or list(out.iterdir()) == []


def test_runs_that_end_together_get_numbers_of_their_own(tmp_path):
    barrier = threading.Barrier(4)
    paths = []

    def go() -> None:
        with create_run("us", 1, base=tmp_path) as run:
            fill(run)
            barrier.wait(20)
        paths.append(run.path.name)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(paths) == ["us-1-1", "us-1-2", "us-1-3", "us-1-4"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(paths)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(RunError, match="file: cannot make a run's folder here"),
        create_run("us", 1, base=tmp_path / "file"),
    ):
        pytest.fail("the block must not run")


def test_a_run_is_found_by_its_name(tmp_path):
    path = made(tmp_path)
    assert open_run("us-baseline-1-1", base=tmp_path).path == path


def test_a_misspelt_run_gets_the_nearest_name(tmp_path):
    made(tmp_path)
    with pytest.raises(RunError, match="us-basline-1-1: no such run; did you mean us-baseline-1-1"):
        open_run("us-basline-1-1", base=tmp_path)


def test_without_any_run_that_is_said(tmp_path):
    with pytest.raises(RunError, match="has none yet"):
        open_run("us-baseline-1-1", base=tmp_path)


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"not a run's folder, it has no manifest\.json"):
        open_run(tmp_path)


@pytest.mark.parametrize("missing", RUN_FILES)
def test_a_run_that_lost_a_file_is_refused(tmp_path, missing):
    path = made(tmp_path)
    (path / missing).unlink()
    with pytest.raises(RunError, match=f"not a whole run, it has no {missing}$"):
        open_run(path)


def spoil(path: Path, content: str | dict[str, object]) -> None:
    path.write_text(content if isinstance(content, str) else json.dumps(json.loads(path.read_text()) | content))


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "manifest.json",
            {"schema": "coinworks/manifest/9"},
            "schema is coinworks/manifest/9, expected coinworks/manifest/1",
        ),
        (
            "summary.json",
            {"schema": "coinworks/manifest/1"},
            "schema is coinworks/manifest/1, expected coinworks/summary/1",
        ),
        ("manifest.json", {"seed": "one"}, r"Expected `int`, got `str` - at `\$\.seed`"),
        ("summary.json", "{}", "missing required field `schema`"),
        ("summary.json", '{"schema": "coinworks/summary/1"}', "missing required field `viewers`"),
        ("summary.json", "[1]", "Expected `object`"),
        ("summary.json", '{"schema": "coi', "truncated"),
    ],
)
def test_a_document_that_cannot_be_read_gets_one_line(tmp_path, name, content, expected):
    path = made(tmp_path)
    spoil(path / name, content)
    with pytest.raises(RunError, match=expected) as error:
        open_run(path)
    assert str(path / name) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_trace_that_is_not_the_summarys_is_refused(tmp_path):
    path = made(tmp_path)
    spoil(path / "summary.json", {"trace_digest": "0" * 64})
    with pytest.raises(TraceError, match="0" * 64):
        open_run(path).trace()


def test_a_run_without_trace_says_so(tmp_path):
    with create_run("us", 1, base=tmp_path) as run:
        fill(run, digest=None)
    with pytest.raises(RunError, match="kept no trace"):
        open_run(run.path).trace()


def test_balances_of_another_shape_are_refused(tmp_path):
    with create_run("us", 1, base=tmp_path) as run:
        fill(run)
        run.write_table("balances", {"owner": np.arange(2)})
    with pytest.raises(RunError, match="the columns are owner int64, expected klass uint8, owner int64"):
        open_run(run.path).balances()


def test_balances_are_ordered_by_account_and_asset():
    columns = balance_columns(BALANCES)
    assert {name: column.tolist() for name, column in columns.items()} == {
        "klass": [AccountClass.HOLDER, AccountClass.BANK],
        "owner": [VIEWER, -1],
        "asset": [COIN, USD],
        "amount": [330, -499],
    }
    assert len(balance_columns({})["owner"]) == 0


def test_json_is_readable_and_replaced_as_a_whole(tmp_path):
    path = tmp_path / "replay.json"
    write_json(path, {"schema": "coinworks/replay/1", "verdict": "PASS"})
    before = path.read_bytes()
    assert before == b'{\n  "schema": "coinworks/replay/1",\n  "verdict": "PASS"\n}\n'
    with pytest.raises(TypeError):
        write_json(path, {"verdict": object()})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_json_that_cannot_be_written_gets_one_line(tmp_path):
    with pytest.raises(RunError, match=r"nowhere/replay\.json: cannot write it: No such file or directory"):
        write_json(tmp_path / "nowhere" / "replay.json", {})


def test_the_manifest_says_how_to_read_and_repeat_the_run(monkeypatch):
    monkeypatch.setattr("sys.argv", ["/somewhere/bin/coinworks", "simulate", "us baseline", "--seed", "1"])
    manifest = msgspec.json.decode(msgspec.json.encode(new_manifest("us-baseline", {}, "", 1, "reference")))
    assert manifest["schema"] == "coinworks/manifest/1"
    assert manifest["codes"]["op"]["6"] == "gift"
    assert manifest["codes"]["outcome"]["7"] == "insufficient_funds"
    assert manifest["codes"]["currency"]["840"] == "USD"
    assert manifest["codes"]["region"]["840"] == "US"
    assert manifest["codes"]["rule"]["2"] == "store_fee"
    assert set(manifest["versions"]) == {"python", "coinworks", "numpy", "numba", "simpy", "duckdb"}
    assert manifest["command"] == "coinworks simulate 'us baseline' --seed 1"
    assert manifest["started_at"].endswith("Z")


def test_the_machine_has_cores_and_memory():
    machine = this_machine()
    assert machine.cores >= 1
    assert machine.memory_bytes > 2**28
    assert machine.cpu_model
    assert machine.platform


def git(folder: Path, *arguments: str) -> str:
    identity = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "PATH": os.environ["PATH"]}
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", "-C", folder, *settings, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=identity,
        timeout=20,
    )
    return done.stdout.strip()


def test_the_commit_is_named_and_whether_the_sources_differ_from_it(tmp_path):
    assert commit(tmp_path) is None
    git(tmp_path, "init", "-q")
    assert commit(tmp_path) is None, "nothing committed yet"
    source = tmp_path / "source.py"
    source.write_text("1")
    git(tmp_path, "add", "source.py")
    git(tmp_path, "commit", "-q", "-m", "one")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert commit(tmp_path) == head
    source.write_text("2")
    assert commit(tmp_path) == f"{head}-dirty"
    (tmp_path / "installed").mkdir()
    assert commit(tmp_path / "installed") is None, "a folder inside a repository is not its checkout"
