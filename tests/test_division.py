"""Shards in other processes: the same trace as here, and one clear line when something is lost or not alike."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

import pytest

from clusters import Cluster, cluster
from engine_runs import Result, assert_identical, ran
from random_scenarios import LIVELY
from sim.engines.columns.cluster import ClusterError, refuse_another, workers
from sim.engines.columns.keeper import Build, Keeper, Part, ShardsGoneError, question, value_of
from sim.engines.columns.processes import Child, processes
from sim.engines.columns.remote_division import Place
from sim.engines.windowed import WindowedEngine
from sim.ledger.errors import CoinworksError, ConservationError
from sim.scenario import Scenario, load
from sim.tables import Columns

LIMIT_S = 20.0  # far more than a loss takes to be noticed
LOST_LINE = (
    r"^{name} with shard {shard} of 2 was lost in the window at \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC: "
    r"this run can't go on; its last checkpoint, if it wrote one, is intact$"
)

clustered = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="needs the extra cluster: pip install 'coinworks[cluster]'"
)


def small() -> Scenario:
    return load("us-baseline", ["viewers=120", "days=2", *LIVELY])


@lru_cache
def here() -> Result:
    return ran("windowed", small())


@pytest.mark.parametrize(("threads", "shards"), [(1, None), (2, 5), (1, 1)])
def test_two_processes_give_one_trace(threads: int, shards: int | None) -> None:
    """As many shards as processes, more, or fewer: one has none then."""
    expected = here()  # first, so that the processes find the rules compiled
    found = ran("windowed", small(), places=processes(2), threads=threads, shards=shards)
    assert_identical(found, expected, ("processes", "threads"))


def test_processes_end_with_the_run() -> None:
    places = processes(2)
    WindowedEngine(load("us-baseline", ["viewers=20", "days=1"]), 1, unrecorded, places=places).run()
    assert not [place for place in places if is_running(place)]


def test_processes_end_with_their_parent(tmp_path: Path) -> None:
    """Even when it had no time to end them."""
    program = tmp_path / "parent.py"
    program.write_text(
        "from sim.engines.columns.keeper import question\n"
        "from sim.engines.columns.processes import processes\n"
        "if __name__ == '__main__':\n"
        "    child = processes(1)[0]\n"
        "    child.ask(question('audits')), child.answer(30.0)\n"
        "    print(child.pid, flush=True), input()\n"
    )
    with subprocess.Popen([sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    wait_until(lambda: not Path(f"/proc/{pid}").exists())


def test_a_lost_process_ends_the_run_with_one_line() -> None:
    places = processes(2)
    with pytest.raises(CoinworksError, match=LOST_LINE.format(name=places[1].name, shard=2)):
        run_and_lose(places, lambda: os.kill(places[1].pid or 0, signal.SIGKILL))
    assert not [place for place in places if is_running(place)]


def test_a_violation_over_there_is_raised_here() -> None:
    """As it was raised, for it names the account."""

    class Broken(Keeper):
        def audits(self) -> NoReturn:
            raise ConservationError("viewer 7: balance 3 coin, but its parts explain 2")

    with pytest.raises(ConservationError, match=r"^viewer 7: balance 3 coin, but its parts explain 2$"):
        value_of(Broken().answer(question("audits")))


def test_a_bug_over_there_tells_where() -> None:
    with pytest.raises(AttributeError) as caught:
        value_of(Keeper().answer(question("juggle")))
    assert "in answer" in "".join(caught.value.__notes__)


def test_a_keeper_made_anew_says_so() -> None:
    """Dask makes a lost actor again, elsewhere, without its shards."""
    with pytest.raises(ShardsGoneError):
        value_of(Keeper().answer(question("audits")))


def test_other_builds_are_refused() -> None:
    own = Build("abc", numba="0.61.0", numpy="2.2.0")
    refuse_another("worker tcp://127.0.0.1:1", own, own)
    with pytest.raises(CoinworksError) as caught:
        refuse_another("worker tcp://127.0.0.1:1", own._replace(coinworks="abd", numpy="2.3.0"), own)
    assert str(caught.value) == (
        "worker tcp://127.0.0.1:1 runs coinworks abd: expected abc, numpy 2.3.0: expected 2.2.0, as here"
    )


def test_parts_are_named_as_people_count() -> None:
    named = [str(Part(*bounds, n_shards=4, threads=1)) for bounds in [(0, 1), (1, 4), (2, 2)]]
    assert named == ["shard 1 of 4", "shards 2 to 4 of 4", "no shards"]


def unrecorded(block: Columns) -> None:
    del block


def is_running(place: Child) -> bool:
    return Path(f"/proc/{place.pid}").exists()


def run_and_lose(places: Sequence[Place], lose: Callable[[], None]) -> None:
    """Run for a few windows, then lose a place; it must be noticed soon."""
    lost_s: list[float] = []

    def see(done: float) -> None:
        if not lost_s and done > 0.001:
            lost_s.append(time.monotonic())
            lose()

    long = load("us-baseline", ["viewers=3000", "days=100"])
    try:
        WindowedEngine(long, 1, unrecorded, places=places, progress=see).run()
    finally:
        assert lost_s
        assert time.monotonic() - lost_s[0] < LIMIT_S


def wait_until(holds: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + LIMIT_S
    while not holds():
        assert time.monotonic() < give_up_s
        time.sleep(0.05)


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster"), workers=2) as found:
        yield found


@clustered
def test_two_workers_give_one_trace(two_workers: Cluster) -> None:
    """And a second run on the same cluster, whose workers have let go of the first."""
    expected = here()
    for _ in range(2):
        found = ran("windowed", small(), places=workers(two_workers.address, at_least=2))
        assert_identical(found, expected, ("cluster", "threads"))


@clustered
def test_too_few_workers_are_refused(two_workers: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.engines.columns.cluster.PATIENCE_S", 1.0)
    with pytest.raises(ClusterError, match=r"^cluster tcp://127.0.0.1:\d+: 2 workers, expected at least 3$"):
        workers(two_workers.address, at_least=3)


@clustered
def test_a_lost_worker_ends_the_run_with_one_line(two_workers: Cluster) -> None:
    """The last test that has both workers."""
    places = workers(two_workers.address, at_least=2)
    with pytest.raises(CoinworksError, match=LOST_LINE.format(name=r"worker tcp://127.0.0.1:\d+", shard="[12]")):
        run_and_lose(places, two_workers.workers[0].kill)


@clustered
def test_a_lost_scheduler_ends_the_run_with_one_line(two_workers: Cluster) -> None:
    """The last test that has the scheduler."""
    places = workers(two_workers.address, at_least=1)
    with pytest.raises(CoinworksError, match="can't go on"):
        run_and_lose(places, two_workers.scheduler.kill)


@clustered
@pytest.mark.parametrize(
    ("prelude", "line"),
    [
        ("import sys; sys.modules['sim'] = None", r"lacks coinworks \([^\n]*\bsim\b[^\n]*\): expected it installed"),
        ("import numpy; numpy.__version__ += '.1'", r"runs numpy [\d.]+\.1: expected [\d.]+, as here$"),
    ],
    ids=["without coinworks", "with another numpy"],
)
def test_other_workers_are_refused(prelude: str, line: str, tmp_path: Path) -> None:
    """And go on: they are somebody else's, too."""
    with cluster(tmp_path, workers=1, prelude=prelude) as others:
        for _ in range(2):
            with pytest.raises(ClusterError, match=rf"^worker tcp://127.0.0.1:\d+ {line}"):
                workers(others.address)


@clustered
@pytest.mark.parametrize("address", ["nowhere", "tcp://127.0.0.1:1", "http://127.0.0.1:1"])
def test_no_scheduler_is_one_line(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.engines.columns.cluster.PATIENCE_S", 2.0)
    with pytest.raises(
        ClusterError, match=rf"^cluster {address}: no scheduler answers \([^\n]+\); expected its address"
    ):
        workers(address)


@clustered
@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["silent", "a web server"])
def test_another_service_is_one_line(greeting: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.engines.columns.cluster.PATIENCE_S", 2.0)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        threading.Thread(target=greet, args=(server, greeting), daemon=True).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ClusterError, match=f"^cluster {address}: no scheduler answers"):
            workers(address)


def greet(server: socket.socket, greeting: bytes) -> None:
    connections = []  # kept open
    while True:
        try:
            connections.append(server.accept()[0])
        except OSError:
            return
        connections[-1].sendall(greeting)


def test_without_the_extra_there_is_no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"expected the extra: pip install 'coinworks\[cluster\]'$"):
        workers("tcp://127.0.0.1:1")
