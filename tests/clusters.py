"""A dask cluster on the loopback, as `dask scheduler` and `dask worker` start one; ended by its own processes.

with cluster(workers=2) as found:
    found.address, found.workers[0].kill()
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
READY_S = 30.0
START = "from distributed.cli.{0} import main; main()"
CONFIG = {"DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES": "[]"}  # no pages: nobody looks at them


class Cluster(NamedTuple):
    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def cluster(folder: Path, workers: int, prelude: str = "") -> Iterator[Cluster]:
    """A scheduler and so many workers, each a process; workers run a prelude first, to be otherwise than we are."""
    address = folder / "address.json"
    worker = f"{prelude}\n{START.format('dask_worker')}"
    started = [_started(START.format("dask_scheduler"), "--port", "0", "--scheduler-file", str(address), folder=folder)]
    try:
        _wait_for(address)
        for _ in range(workers):
            options = ("--nthreads", "1", "--memory-limit", "0", "--no-nanny", "--local-directory", str(folder))
            started.append(_started(worker, "--scheduler-file", str(address), *options, folder=folder))
        yield Cluster(_address(address), started[0], started[1:])
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def _started(program: str, *options: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", program, "--host", "127.0.0.1", "--no-dashboard", *options]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, cwd=HERE.parent, env={**os.environ, **CONFIG}, stdout=log, stderr=log)


def _wait_for(path: Path) -> None:
    give_up_s = time.monotonic() + READY_S
    while not path.exists() or not path.read_text().rstrip().endswith("}"):
        assert time.monotonic() < give_up_s, "the scheduler did not start"
        time.sleep(0.05)


def _address(path: Path) -> str:
    return str(json.loads(path.read_text())["address"])
