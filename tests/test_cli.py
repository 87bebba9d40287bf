"""The command: help for everybody, quick; mistakes told in one line."""

import errno
import os
import re
import resource
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import click
import pytest

from sim.cli import group, terminal
from sim.ledger.errors import CoinworksError
from sim.paths import scenarios_dir

VERBS = [name for names in group.VERBS.values() for name in names]
HEAVY = {"numpy", "numba", "duckdb", "matplotlib", "simpy", "locust", "gevent", "apsw", "starlette", "rich", "msgspec"}


def command(name: str) -> click.Command:
    found = group.coinworks.get_command(click.Context(group.coinworks), name)
    assert found is not None
    return found


def examples(name: str) -> list[str]:
    """The lines of a verb's help that call it, less what the shell does with them."""
    lines = (command(name).help or "").splitlines()
    return [line.split(" > ")[0] for line in map(str.strip, lines) if re.match(rf"coinworks {name}\b", line)]


def parsed(verb: str, arguments: list[str]) -> click.Context:
    """What a verb, or a group's own verb, makes of its arguments."""
    found = command(verb)
    if isinstance(found, click.Group):
        found, arguments = found.commands[arguments[0]], arguments[1:]
    return found.make_context(verb, arguments)


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make `coinworks scenarios` raise."""

    def callback(**_options: object) -> NoReturn:
        raise error

    monkeypatch.setattr(command("scenarios"), "callback", callback)


def test_alone_it_helps(capsys: pytest.CaptureFixture[str]) -> None:
    assert group.execute([]) == 0
    out = capsys.readouterr().out
    assert "coinworks run us-baseline" in out
    assert all(re.search(rf"^  {verb}  +\S", out, re.MULTILINE) for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example_that_parses(verb: str) -> None:
    """Documentation is executed: each example is split as a shell would and parsed by its verb."""
    assert examples(verb), f"coinworks {verb} --help has no example"
    for example in examples(verb):
        assert parsed(verb, shlex.split(example)[2:]).params


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_is_explained(verb: str) -> None:
    found = command(verb)
    commands = found.commands.values() if isinstance(found, click.Group) else [found]
    options = [option for each in commands for option in each.params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from sim.cli.group import execute; execute(['--help']);"
        "print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert set(done.stderr.split()) & HEAVY == set()
    assert "Usage: coinworks" in done.stdout


def test_help_is_quick() -> None:
    """0.3 s of computing, best of five: waiting for a core that another test uses is not the command's fault."""

    def cpu_seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "sim.cli", "--help"], capture_output=True, check=True, timeout=30)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(cpu_seconds() for _ in range(5)) <= 0.3


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["simualte"], "no such command: simualte; did you mean simulate? (see coinworks --help)"),
        (["xyzzy"], "no such command: xyzzy (see coinworks --help)"),
        (["simulate"], "missing argument 'SCENARIO' (see coinworks simulate --help)"),
        (["simulate", "a", "--viewers", "-3"], "invalid value for '--viewers': -3 is not in the range x>=1"),
    ],
    ids=["misspelt", "unknown", "missing", "out of range"],
)
def test_wrong_usage_is_one_line_and_status_2(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert group.execute(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"coinworks: {line}")
    assert told.err.count("\n") == 1


class VerdictError(CoinworksError):
    exit_code = 3


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (CoinworksError("runs/x: no such run"), 1, "runs/x: no such run"),
        (VerdictError("late"), 3, "late"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.Abort(), 130, "interrupted"),
        (click.FileError("x.toml", "not there"), 1, "could not open file 'x.toml': not there"),
        (OSError(errno.ENOSPC, "No space left on device", "runs/x"), 1, "runs/x: No space left on device"),
    ],
    ids=["mistake", "own status", "Ctrl-C", "aborted prompt", "click's own", "full disk"],
)
def test_mistakes_are_one_line(
    error: BaseException,
    status: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    failing(monkeypatch, error)
    assert group.execute(["scenarios"]) == status
    assert capsys.readouterr().err.lower() == f"coinworks: {line}\n".lower()


@pytest.mark.parametrize("error", [ZeroDivisionError(), FileNotFoundError(errno.ENOENT, "No such file")])
def test_our_bugs_keep_their_traceback(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, error)
    with pytest.raises(type(error)):
        group.execute(["scenarios"])


def test_traceback_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, CoinworksError("x"))
    monkeypatch.setenv("COINWORKS_TRACEBACK", "1")
    with pytest.raises(CoinworksError):
        group.execute(["scenarios"])


def test_status_is_what_the_verb_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command("scenarios"), "callback", lambda **_options: 3)
    assert group.execute(["scenarios"]) == 3


@pytest.mark.parametrize("arguments", [["scenarios"], ["check", "us-baseline"]], ids=["a table", "a line"])
def test_reader_who_leaves_hears_nothing(arguments: list[str]) -> None:
    """`coinworks scenarios | head -0`: no traceback, and a status that says that not all was read."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "sim.cli", *arguments], stdout=writing, stderr=subprocess.PIPE, timeout=30
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def test_works_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenarios are found by their stem wherever one stands."""
    monkeypatch.chdir(tmp_path)
    assert (scenarios_dir() / "us-baseline.toml").is_file()
    assert group.execute(["check", "us-baseline"]) == 0


@pytest.mark.parametrize(
    ("done", "elapsed_s", "line"),
    [
        (0, 3.0, "0 of 7 days, 0 days/s"),
        (3, 6.0, "3 of 7 days, 0.5 days/s, 8 s left"),
        (7, 6.0, "7 of 7 days, 1.17 days/s, 0 s left"),
        (0.1, 60.0, "0.1 of 7 days, 0.00167 days/s, 69 min left"),
    ],
)
def test_progress_line(done: float, elapsed_s: float, line: str) -> None:
    assert terminal.progress_line(done, 7, "days", elapsed_s) == line


@pytest.mark.parametrize(
    ("is_terminal", "patience_s", "is_drawn"), [(True, 0, True), (True, 60, False), (False, 0, False)]
)
def test_progress_is_for_those_who_watch_and_wait(
    is_terminal: bool,
    patience_s: float,
    is_drawn: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    monkeypatch.setattr(terminal, "PATIENCE_S", patience_s)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with terminal.progress("simulating", total=7, unit="days") as done:
        done(3.5)
    assert ("simulating" in capsys.readouterr().err) is is_drawn


def test_tables_are_plain_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """No escape codes, and numbers end in one column."""
    table = terminal.new_table("pack", "coins>")
    table.add_row("coins-65", "65")
    table.add_row("coins-16500", "16,500")
    terminal.show(table)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    ends = {len(line.rstrip()) for line in out.splitlines() if re.search(r"\d|coins", line)}
    assert len(ends) == 1


def test_an_interrupt_while_the_command_is_loaded_is_one_line() -> None:
    program = (
        "import sys\n"
        "class Impatient:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'click': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Impatient())\n"
        "from sim.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (130, "coinworks: interrupted\n")
