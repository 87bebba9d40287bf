"""Executors: where an experiment's runs are made, on this machine or on many. The result doesn't depend on it.

    with executor("local", wanted=None, tasks=40) as found:
        run_all(tasks, found)

A process that is lost (killed for want of memory, mostly) takes the whole of Python's pool with it. `Workers` makes the
pool anew and hands it what wasn't finished; what was stays. A task that nobody comes back from is given up in the end.
"""

import gc
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from os import sched_getaffinity
from typing import Any, Final

from sim.experiments.runs import program
from sim.ledger.errors import CoinworksError

LOCAL: Final = "local"
DASK: Final = "dask://"
LOST_MOST: Final = 3  # times without a finished task in between


class LostError(CoinworksError):
    """Workers are lost again and again."""


class Workers(Executor):
    """Processes on this machine; those that are lost are made anew, and so are their tasks."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.lost = 0
        self._lost_in_a_row = 0
        self._is_stopped = False
        self._others = set(active_children())
        self._lock = threading.Lock()
        self._pool = self._new_pool()

    def __repr__(self) -> str:
        return f"<Workers n={self.n} lost={self.lost}>"

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a call made in one of the processes."""
        promised: Future[Any] = Future()
        self._start(promised, fn, args, kwargs)
        return promised

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, once they have done what they were given."""
        self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def stop(self) -> None:
        """End the processes at once, whatever they do, and begin none again."""
        self._is_stopped = True
        for process in set(active_children()) - self._others:
            process.terminate()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.n, mp_context=get_context("spawn"), initializer=_keep_what_is_loaded)

    def _start(self, promised: Future[Any], fn: Callable[..., Any], args: Any, kwargs: Any) -> None:
        pool = self._pool
        try:
            with _interrupts_held():
                begun = pool.submit(fn, *args, **kwargs)
        except BrokenExecutor:
            self._begin_again(pool, promised, fn, args, kwargs)
        else:
            begun.add_done_callback(lambda done: self._pass_on(pool, done, promised, fn, args, kwargs))

    def _pass_on(
        self, pool: ProcessPoolExecutor, done: Future[Any], promised: Future[Any], fn: Any, args: Any, kwargs: Any
    ) -> None:
        error = None if done.cancelled() else done.exception()
        if promised.cancelled():
            return
        if done.cancelled():
            promised.cancel()
        elif isinstance(error, BrokenExecutor):
            self._begin_again(pool, promised, fn, args, kwargs)
        elif promised.set_running_or_notify_cancel():
            self._lost_in_a_row = 0
            if error is None:
                promised.set_result(done.result())
            else:
                promised.set_exception(error)

    def _begin_again(self, pool: ProcessPoolExecutor, promised: Future[Any], fn: Any, args: Any, kwargs: Any) -> None:
        if self._is_stopped:
            promised.cancel()
            return
        with self._lock:
            if self._pool is pool:  # the first to notice
                self.lost += 1
                self._lost_in_a_row += 1
                pool.shutdown(wait=False)
                self._pool = self._new_pool()
        if self._lost_in_a_row > LOST_MOST:
            promised.set_exception(
                LostError(f"workers were lost {self.lost} times, for want of memory perhaps; expected fewer --workers")
            )
        else:
            self._start(promised, fn, args, kwargs)


def _keep_what_is_loaded() -> None:
    """Let the collector of each run's leavings pass over the program itself: 0.3 ms instead of 70."""
    gc.freeze()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Begin processes that no interrupt from the keyboard reaches: who began them tells of it, and ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which a new process inherits
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def executor(where: str, wanted: int | None, tasks: int) -> Iterator[Executor | None]:
    """Where runs are made; None where processes wouldn't pay, for this one is there already.

    Parameters
    ----------
    where : `local`, or `dask://HOST:PORT`, a scheduler's
    wanted : so many processes here; as many as cores unless given
    tasks : how many runs there are at the least

    Raises
    ------
    CoinworksError : neither of the two, or a cluster that can't be used
    """
    if where == LOCAL:
        with _local(min(wanted or len(sched_getaffinity(0)), tasks)) as found:
            yield found
    elif where.startswith(DASK):
        from sim.engines.columns.cluster import executor_on  # an extra: its library need not be there

        with executor_on(where.replace(DASK, "tcp://"), program) as elsewhere:
            yield elsewhere
    else:
        raise CoinworksError(f"executor {where!r}: expected {LOCAL} or {DASK}HOST:PORT")


@contextmanager
def _local(n: int) -> Iterator[Executor | None]:
    if n < 2:
        yield None
        return
    workers = Workers(n)
    try:
        yield workers
    except KeyboardInterrupt:  # a run may take minutes, for which nobody waits any more
        workers.stop()
        raise
    finally:
        workers.shutdown(cancel_futures=True)
