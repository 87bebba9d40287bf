"""A test that measures time has the machine to itself: the locks of `conftest.pytest_runtest_protocol`.

A generator here stands for a worker that runs a test: advanced once it has its locks, exhausted it has given them up.
"""

import fcntl
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

import conftest

PATIENCE_S = 10.0


def run_of_a_test(folder: Path, *, alone: bool = False, in_a_worker: bool = True) -> Generator[None, object, object]:
    """What pytest does around a test; a worker's folder lies beside the others' in `folder`."""
    factory = SimpleNamespace(getbasetemp=lambda: folder / "popen-gw0")
    config = SimpleNamespace(_tmp_path_factory=factory, **({"workerinput": {}} if in_a_worker else {}))
    return conftest.pytest_runtest_protocol(
        SimpleNamespace(config=config, get_closest_marker=lambda name: object() if alone and name == "alone" else None)
    )


def end(run: Generator[None, object, object], answer: object = None) -> object:
    """Let a test end; what pytest hears of it."""
    with pytest.raises(StopIteration) as ended:
        run.send(answer)
    return ended.value.value


def is_free(lock: Path, how: int = fcntl.LOCK_EX) -> bool:
    """Whether somebody else could have a lock now."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_others_share_the_machine(tmp_path: Path) -> None:
    machine, runs = tmp_path / "machine.lock", [run_of_a_test(tmp_path) for _ in range(3)]
    for run in runs:
        next(run)
        assert is_free(machine, fcntl.LOCK_SH)
    for run in runs:
        assert not is_free(machine)
        end(run)
    assert is_free(machine)


def test_alone_nobody_else_runs(tmp_path: Path) -> None:
    alone = run_of_a_test(tmp_path, alone=True)
    next(alone)
    assert not is_free(tmp_path / "machine.lock", fcntl.LOCK_SH)
    end(alone)
    assert is_free(tmp_path / "machine.lock")


def test_who_asks_to_be_alone_is_let_in_before_those_who_come_later(tmp_path: Path) -> None:
    """It waits for who runs, and holds the gate meanwhile, so that a stream of others can't keep it out."""
    gate, running, alone = tmp_path / "gate.lock", run_of_a_test(tmp_path), run_of_a_test(tmp_path, alone=True)
    next(running)
    assert is_free(gate)
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(next, alone)
        give_up_s = time.monotonic() + PATIENCE_S
        try:
            while is_free(gate) and time.monotonic() < give_up_s:
                time.sleep(0.001)
            assert not is_free(gate)
            assert not asked.done()
        finally:
            end(running)
        asked.result(PATIENCE_S)
    assert is_free(gate)
    end(alone)


def test_a_test_that_fails_gives_its_locks_up(tmp_path: Path) -> None:
    alone = run_of_a_test(tmp_path, alone=True)
    next(alone)
    with pytest.raises(KeyboardInterrupt):
        alone.throw(KeyboardInterrupt)
    assert is_free(tmp_path / "machine.lock")


def test_in_one_process_nobody_waits(tmp_path: Path) -> None:
    run = run_of_a_test(tmp_path, alone=True, in_a_worker=False)
    next(run)
    assert end(run, "passed") == "passed"
    assert not list(tmp_path.iterdir())


def test_what_pytest_hears_goes_through(tmp_path: Path) -> None:
    run = run_of_a_test(tmp_path)
    next(run)
    assert end(run, "passed") == "passed"
