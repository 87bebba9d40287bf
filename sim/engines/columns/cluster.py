"""Places for shards on other machines: the workers of a dask cluster, each with a keeper. The one home of distributed.

    places = workers("tcp://192.168.1.5:8786", at_least=2)

A keeper is one of dask's *actors*: an object that stays on the worker where it was made, and is called there without
the scheduler's queue. (A task a window would do too, but takes 23 ms to come back from two workers, where an actor
takes 6.) When a worker is lost dask may make its keeper anew elsewhere; that one has no shards, and says so.
"""

import gc
import logging
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from threading import Thread
from typing import Any, Final

from sim.engines.columns.keeper import Build, Keeper, own_build
from sim.engines.columns.remote_division import LostError
from sim.ledger.errors import CoinworksError

PATIENCE_S: Final = 8.0  # for a scheduler to answer, and for workers to be there
SETTLED_WITHIN_S: Final = 30.0  # a keeper, unless its worker has other work
LOOK_EVERY_S: Final = 0.1
RETRIES: Final = 3  # of a task whose worker was lost


class ClusterError(CoinworksError):
    """A cluster that can't be used; the message names its address."""


class Worker:
    """A worker of the cluster, with its keeper."""

    def __init__(self, client: Any, address: str) -> None:
        self.name = f"worker {address}"
        self._client = client
        self._kept = client.submit(Keeper, actor=True, pure=False, workers=[address], allow_other_workers=False)
        self._ask: Any = None
        self._answer: Any = None

    def __repr__(self) -> str:
        return f"<Worker {self.name}>"

    def settle(self) -> None:
        """Wait until the keeper is there.

        Raises
        ------
        ClusterError : it can't be made there, or not in time
        """
        try:
            with self._client.as_current():
                self._ask = self._kept.result(timeout=SETTLED_WITHIN_S).answer
        except Exception as problem:  # noqa: BLE001  whatever it met with there
            raise ClusterError(
                f"{self.name} took no shards ({_line(problem)}): expected a worker without other work"
            ) from None

    def ask(self, asked: bytes) -> None:
        """Send a question."""
        if self._is_lost():
            raise LostError
        self._answer = self._ask(asked)

    def answer(self, timeout_s: float) -> bytes | None:
        """The answer, or None if there is none yet."""
        try:
            if timeout_s or self._answer.done():
                return bytes(self._answer.result(timeout=timeout_s or LOOK_EVERY_S))
        except TimeoutError:
            pass
        except OSError:
            raise LostError from None
        if self._is_lost():
            raise LostError
        return None

    def leave(self) -> None:
        """Leave the cluster. Its client is shared, for all workers of a run leave together."""
        self._client.close(timeout=2)

    def _is_lost(self) -> bool:
        return bool(self._kept.status != "finished" or self._client.status != "running")


def workers(address: str, at_least: int = 1) -> list[Worker]:
    """A place on every worker of a cluster.

    Parameters
    ----------
    address : the scheduler's, as `dask scheduler` prints it: tcp://HOST:8786

    Raises
    ------
    ClusterError : nothing answers there, something else does, or workers are too few or not like us
    """
    client = _client(address)
    try:
        names = _names(client, address, at_least)
        _refuse_others(client, names)
        found = [Worker(client, name) for name in names]
        for worker in found:
            worker.settle()
        return found
    except BaseException:
        client.close(timeout=2)
        raise


@contextmanager
def executor_on(address: str, program: Callable[[], str]) -> Iterator[Executor]:
    """A cluster as an executor of whole tasks; one whose worker is lost is done again by another.

    Parameters
    ----------
    address : the scheduler's
    program : says there what is run, as here

    Raises
    ------
    ClusterError : nothing answers there, something else does, or there are no workers, or not like us; or, later, a
        task has lost as many workers as the scheduler allows
    """
    client = _client(address)
    from distributed import KilledWorker

    try:
        names = _names(client, address, 1)
        _refuse_others(client, names)
        for name, found in client.run(program, workers=names).items():
            if found != program():
                raise ClusterError(f"worker {name} runs other sources of coinworks: expected those here")
        yield client.get_executor(retries=RETRIES)
    except KilledWorker as lost:
        raise ClusterError(
            f"cluster {address}: a task has ended {lost.allowed_failures + 1} of its workers, the last of them "
            f"{lost.last_worker.address}, for want of memory perhaps; expected workers with more of it"
        ) from None
    finally:
        client.close(timeout=2)


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError(
            f"cluster {address}: distributed is not installed; expected the extra: pip install 'coinworks[cluster]'"
        ) from None
    for name in ("distributed.client", "distributed.core", "distributed.comm", "distributed.utils"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is told once, in one line
    found: list[Any] = []
    why = ["silence"]

    def connect() -> None:
        try:
            found.append(Client(address, timeout=PATIENCE_S, set_as_default=False))
        except (OSError, ValueError) as problem:
            why[:] = [_line(problem)]  # not the problem itself: its traceback would keep half a client until we end
        except Exception as problem:  # noqa: BLE001  whatever dask makes of what it was answered
            why[:] = [f"what answers there is none: {_line(problem)}"]
        gc.collect()  # a client that could not connect waits for its end

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about other versions: we look at them ourselves, and at more
        connecting = Thread(target=connect, daemon=True)  # dask waits without end for one who accepts and says nothing
        connecting.start()
        connecting.join(PATIENCE_S + 1)
    if not found:
        raise ClusterError(
            f"cluster {address}: no scheduler answers ({why[0]}); expected its address, as tcp://HOST:8786"
        )
    return found[0]


def _names(client: Any, address: str, at_least: int) -> list[str]:
    """The addresses of the workers, once there are enough."""
    give_up_s = time.monotonic() + PATIENCE_S
    while len(names := sorted(client.nthreads())) < at_least:
        if time.monotonic() > give_up_s:
            raise ClusterError(f"cluster {address}: {len(names)} workers, expected at least {at_least}")
        time.sleep(LOOK_EVERY_S)
    return names


def _refuse_others(client: Any, names: Sequence[str]) -> None:
    """Refuse workers that would compute otherwise.

    Asked apart from the keepers: a worker that can't import what a task is made of stops, for everyone.
    """
    for name, build in client.run(own_build, workers=names, on_error="return").items():
        if isinstance(build, Exception):
            raise ClusterError(f"worker {name} lacks coinworks ({_line(build)}): expected it installed there, as here")
        refuse_another(f"worker {name}", build, own_build())


def refuse_another(name: str, found: Build, own: Build) -> None:
    """Refuse a place whose results might differ from those here.

    Raises
    ------
    ClusterError : names what differs
    """
    differing = [
        f"{field} {there}: expected {here}"
        for field, there, here in zip(Build._fields, found, own, strict=True)
        if there != here
    ]
    if differing:
        raise ClusterError(f"{name} runs {', '.join(differing)}, as here")


def _line(problem: Exception) -> str:
    return " ".join(str(problem).split()) or type(problem).__name__
