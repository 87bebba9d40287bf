"""Executors: lost workers are made anew and finished runs stay; a cluster gives what this process gives."""

import importlib.util
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import as_completed
from multiprocessing import active_children
from pathlib import Path

import pytest

from clusters import cluster
from sim.experiments import executors
from sim.experiments.executors import LostError, Workers, executor
from sim.experiments.runs import Keep, Task, run_all
from sim.ledger.errors import CoinworksError
from sim.scenario import load

TINY = ("viewers=40", "days=1", "window=6h")


def told_once(folder: Path, number: int) -> int:
    """Write that it was done, and wait to be ended the first time that the number is 2."""
    done = folder / f"{number}-{os.getpid()}-{time.monotonic_ns()}"
    done.touch()
    if number == 2 and len(list(folder.glob("2-*"))) == 1:
        time.sleep(60)
    return number * number


def die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def refuse(number: int) -> int:
    raise CoinworksError(f"not {number}")


@pytest.fixture(scope="module")
def two() -> Iterator[Workers]:
    workers = Workers(2)
    yield workers
    workers.shutdown()


def test_a_worker_that_is_killed_is_replaced_and_what_was_finished_stays(two: Workers, tmp_path: Path) -> None:
    futures = {two.submit(told_once, tmp_path, number): number for number in range(4)}
    first = next(as_completed(futures))
    finished = futures[first]
    give_up_s = time.monotonic() + 30
    while not (waiting := list(tmp_path.glob("2-*"))):
        assert time.monotonic() < give_up_s
        time.sleep(0.02)
    os.kill(int(waiting[0].name.split("-")[1]), signal.SIGKILL)
    assert sorted(future.result() for future in futures) == [0, 1, 4, 9]
    assert two.lost == 1
    assert len(list(tmp_path.glob(f"{finished}-*"))) == 1
    assert len(list(tmp_path.glob("2-*"))) == 2


def test_what_goes_wrong_in_a_task_is_no_lost_worker(two: Workers) -> None:
    lost = two.lost
    with pytest.raises(CoinworksError, match="not 7"):
        two.submit(refuse, 7).result()
    assert two.lost == lost


def test_a_task_that_nobody_comes_back_from_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "LOST_MOST", 1)
    with pytest.raises(LostError, match="workers were lost 2 times"):
        Workers(2).submit(die, 1).result()


def held_back() -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_an_interrupt_from_the_keyboard_reaches_no_process_but_the_one_that_tells_of_it(two: Workers) -> None:
    assert two.submit(held_back).result()
    assert not held_back()


def interrupted(folder: Path) -> None:
    """Be interrupted while a process does what takes it a minute."""
    with executor("local", 2, 2) as found:
        assert found is not None
        found.submit(told_once, folder, 2)
        give_up_s = time.monotonic() + 30
        while not list(folder.glob("2-*")):
            assert time.monotonic() < give_up_s
            time.sleep(0.02)
        raise KeyboardInterrupt


def test_an_interrupt_ends_the_processes_at_once(tmp_path: Path) -> None:
    began_s, others = time.monotonic(), set(active_children())
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path)
    assert time.monotonic() < began_s + 50
    assert set(active_children()) <= others


def test_where_processes_would_not_pay_there_are_none() -> None:
    with executor("local", 4, 1) as alone:
        assert alone is None
    with executor("local", 1, 100) as asked:
        assert asked is None


def test_another_place_is_refused() -> None:
    with (
        pytest.raises(CoinworksError, match="executor 'moon': expected local or dask://HOST:PORT"),
        executor("moon", 1, 1),
    ):
        pass


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs the extra cluster")
def test_a_cluster_gives_what_this_process_gives(tmp_path: Path) -> None:
    tasks = [Task(load("us-baseline", TINY), seed) for seed in (1, 2, 3)]
    with cluster(tmp_path, workers=1) as found:
        where = found.address.replace("tcp://", "dask://")
        with executor(where, None, 3) as elsewhere:
            assert repr(run_all(tasks, elsewhere, Keep(tmp_path / "kept"))) == repr(run_all(tasks))
    assert repr(run_all(tasks, None, Keep(tmp_path / "kept"))) == repr(run_all(tasks))


DEADLY = """
import os, pathlib, signal, time
from sim.experiments import runs
make, kept = runs.run, pathlib.Path({kept!r})
def run(task):
    if task.seed == 3:
        give_up_s = time.monotonic() + 300
        while not list(kept.rglob("*.json")) and time.monotonic() < give_up_s:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGKILL)
    return make(task)
runs.run = run
"""


@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs the extra cluster")
def test_a_task_that_ends_its_workers_is_told_in_one_line_and_what_was_finished_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")
    tasks = [Task(load("us-baseline", TINY), seed) for seed in (1, 3)]
    keep = Keep(tmp_path / "kept")
    with cluster(tmp_path, workers=2, prelude=DEADLY.format(kept=str(keep.folder))) as found:
        where = found.address.replace("tcp://", "dask://")
        with (
            pytest.raises(CoinworksError, match="a task has ended 1 of its workers, the last of them tcp://") as told,
            executor(where, None, 2) as elsewhere,
        ):
            run_all(tasks, elsewhere, keep)
    assert "\n" not in str(told.value)
    assert [keep.find(task) is not None for task in tasks] == [True, False]
