"""A process of its own for what is measured, so that memory and warm caches are that configuration's alone.

with Child("windowed on two threads") as child:
    child.ask(warm_up, ...)
    child.ask(engine_run, ...)
"""

import signal
import sys
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar

from sim.bench.errors import BenchError
from sim.ledger import CoinworksError

GRACE_S: Final = 5.0

_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")


class Child:
    """Carries out functions of a module, one at a time, in a fresh interpreter."""

    def __init__(self, name: str) -> None:
        context = get_context("spawn")
        self.name = name
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def __repr__(self) -> str:
        return f"<Child {self.name}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.join(GRACE_S)
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def ask(self, function: Callable[_Asked, _Answer], *args: _Asked.args, **kwargs: _Asked.kwargs) -> _Answer:
        """Call a function there.

        Raises
        ------
        BenchError : it refused, or the process ended
        """
        try:
            self._pipe.send((function, args, kwargs))
            answer, refusal = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join(GRACE_S)
            status = self._process.exitcode
            raise BenchError(
                f"{self.name}: its process ended with status {status}; was there memory enough for {function.__name__}?"
            ) from None
        if refusal is not None:
            raise BenchError(f"{self.name}: {refusal}")
        found: _Answer = answer
        return found


def _serve(pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked is interrupted too, and ends us
    signal.signal(signal.SIGTERM, _leave)
    while True:
        try:
            function, args, kwargs = pipe.recv()
        except EOFError:
            return
        pipe.send(_answer(function, args, kwargs))


def _leave(_number: int, _frame: object) -> None:
    sys.exit(1)  # through every `with`, so that what was written for a while is removed


def _answer(
    function: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[object, str | None]:
    try:
        return function(*args, **kwargs), None
    except CoinworksError as error:
        return None, str(error)
