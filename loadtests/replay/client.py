"""The client: HTTP/1.1 over connections that are kept, one request at a time on each, and never sent twice by itself.

    connection = Connection(target, on_answer, on_lost)
    connection.open()
    connection.send(request, about=17)       # returns at once; on_answer or on_lost follows

The answers arrive as callbacks of gevent's loop, without a switch between greenlets, which is what makes it quick.
`ask` is the slow sibling for the rare case: one exchange on a connection of its own, as a call that waits.
"""

import socket
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import gevent
import httptools
from gevent import monkey
from gevent import socket as green

from loadtests.replay.wire import Target

CHUNK_BYTES: Final = 65_536
IDLE: Final = -1
_READ: Final = 1
_SEND: Final = socket.MSG_NOSIGNAL
_BlockingSocket: Final = monkey.get_original("socket", "socket")


class LostError(OSError):
    """The connection ended, or spoke no HTTP, before the answer was whole."""


class _Answer:
    """Collects one answer after another from a connection's bytes."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.is_whole = False
        self.keeps_alive = False
        self.body = b""

    def feed(self, received: bytes) -> bool:
        """Take more bytes; False if they are no HTTP."""
        try:
            self.parser.feed_data(received)
        except httptools.HttpParserError:
            return False
        return True

    def on_message_begin(self) -> None:
        self.body = b""

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_whole = True
        self.keeps_alive = self.parser.should_keep_alive()  # true only now: the parser forgets


class Connection:
    """A kept connection; `about` is the request it carries, or `IDLE`."""

    __slots__ = ("_answer", "_on_answer", "_on_lost", "_socket", "_target", "_watcher", "about", "since_ns")

    def __init__(
        self,
        target: Target,
        on_answer: "Callable[[Connection, int, bytes], None]",
        on_lost: "Callable[[Connection], None]",
    ) -> None:
        self._target = target
        self._on_answer = on_answer
        self._on_lost = on_lost
        self._socket: Any = None
        self._watcher: Any = None
        self._answer = _Answer()
        self.about = IDLE
        self.since_ns = 0

    def __repr__(self) -> str:
        return f"<Connection {self._target} open={self.is_open} about={self.about}>"

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    def open(self, timeout_s: float = 5.0) -> None:
        """Connect, giving way to others meanwhile."""
        self.close()
        self._socket = _connect(self._target, timeout_s)
        self._answer = _Answer()
        self._watcher = gevent.get_hub().loop.io(self._socket.fileno(), _READ)
        self._watcher.start(self._read)

    def close(self) -> None:
        """Hang up; whatever was asked stays unanswered."""
        if self._socket is not None:
            self._watcher.stop()
            self._watcher.close()
            self._socket.close()
            self._socket = None

    def send(self, request: bytes | memoryview, about: int, now_ns: int) -> None:
        """Send a request; a connection that cannot take it whole is lost."""
        self.about = about
        self.since_ns = now_ns
        try:
            taken = self._socket.send(request, _SEND)
        except OSError:
            taken = 0
        if taken != len(request):
            self.lose()

    def lose(self) -> None:
        """Hang up and say that what was asked stays unanswered."""
        self.close()
        self._on_lost(self)

    def _read(self) -> None:
        try:
            received = self._socket.recv(CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        answer = self._answer
        if not received or self.about == IDLE or not answer.feed(received):
            self.lose()
        elif answer.is_whole:
            answer.is_whole = False
            if not answer.keeps_alive:
                self.close()
            self._on_answer(self, answer.parser.get_status_code(), answer.body)


def ask(target: Target, request: bytes | memoryview, timeout_s: float) -> tuple[int, bytes]:
    """One exchange on a connection of its own: (status, body).

    Raises
    ------
    OSError : the wallet cannot be reached, hangs up, or takes too long
    """
    with _connected(target, timeout_s) as connection:
        connection.sendall(request)
        answer = _Answer()
        while not answer.is_whole:
            received = connection.recv(CHUNK_BYTES)
            if not received or not answer.feed(received):
                raise LostError
    return answer.parser.get_status_code(), answer.body


@lru_cache
def _address(target: Target) -> tuple[int, Any]:
    """Family and address, looked up once: a name server's time is nobody's latency."""
    family, _, _, _, address = green.getaddrinfo(*target, type=socket.SOCK_STREAM)[0]
    return family, address


def _connected(target: Target, timeout_s: float) -> Any:
    family, address = _address(target)
    connection = green.socket(family, socket.SOCK_STREAM)
    connection.settimeout(timeout_s)
    try:
        connection.connect(address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(target: Target, timeout_s: float) -> Any:
    """A connected socket that never blocks, out of gevent's hands."""
    plain = _BlockingSocket(fileno=_connected(target, timeout_s).detach())
    plain.setblocking(False)
    return plain
