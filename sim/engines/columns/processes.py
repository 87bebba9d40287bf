"""Places for shards on this machine: a process each, which ends when this one does.

places = processes(2)
"""

import signal
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection

from sim.engines.columns.keeper import Keeper
from sim.engines.columns.remote_division import LostError


class Child:
    """A process with a keeper, at the other end of a pipe."""

    def __init__(self) -> None:
        context = get_context("spawn")  # a fork would copy the locks that other threads hold
        self._pipe, other_end = context.Pipe()
        self._process = context.Process(target=keep, args=(other_end,), daemon=True)
        self._process.start()
        other_end.close()
        self.name = f"process {self._process.pid}"

    def __repr__(self) -> str:
        return f"<Child {self.name}>"

    @property
    def pid(self) -> int | None:
        """The process's number."""
        return self._process.pid

    def ask(self, asked: bytes) -> None:
        """Send a question."""
        try:
            self._pipe.send_bytes(asked)
        except OSError:
            raise LostError from None

    def answer(self, timeout_s: float) -> bytes | None:
        """The answer, or None if there is none yet."""
        try:
            return self._pipe.recv_bytes() if self._pipe.poll(timeout_s) else None
        except (EOFError, OSError):
            raise LostError from None

    def leave(self) -> None:
        """End the process: what it keeps is of no use to anybody else."""
        self._pipe.close()
        self._process.kill()
        self._process.join()


def processes(n: int) -> list[Child]:
    """Places in so many new processes."""
    return [Child() for _ in range(n)]


def keep(pipe: Connection) -> None:
    """Answer until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which then ends this process
    keeper = Keeper()
    with suppress(EOFError, OSError):
        while True:
            pipe.send_bytes(keeper.answer(pipe.recv_bytes()))
