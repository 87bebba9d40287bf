"""One wallet as one process: a socket, a store, signals, and an orderly end.

    serve(Settings(store="sqlite:wallet.db", port=8765), announce=print)

Ctrl-C and SIGTERM stop it after everything decided is durable and answered. When its store fails it drops its
connections without a word, because no word would be true, and ends with one line.
"""

import asyncio
import contextlib
import gc
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import msgspec
import uvicorn
import uvloop

from loadtests.wallet.app import App
from loadtests.wallet.auth import SERVICE, Authority, secret_beside, write_private
from loadtests.wallet.engine import Engine, Shelf
from loadtests.wallet.metrics import Metrics
from loadtests.wallet.pages import Pages
from loadtests.wallet.reading import Reading
from loadtests.wallet.settings import Ready, Settings
from loadtests.wallet.sqlite_store import SqliteStore
from loadtests.wallet.store import StoreError
from sim.ledger import CoinworksError

KEEP_ALIVE_S: Final = 600  # a replay may leave a connection idle for minutes
DRAIN_S: Final = 10
# The commit thread needs the interpreter for microseconds at a time; by default a busy event loop lets it wait 5 ms.
SWITCH_INTERVAL_S: Final = 0.0001
GC_THRESHOLD: Final = 50_000


def serve(settings: Settings, announce: Callable[[Ready], None]) -> None:
    """Run a wallet until it is told to stop.

    Raises
    ------
    CoinworksError : it cannot start, or its store has failed
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    path = store_path(settings.store)
    with contextlib.closing(bind(settings)) as listener, _opened(path) as store:
        authority = Authority(secret_beside(path), trace_clock=settings.clock == "trace")
        token_file = path.with_name(f"{path.name}.token")
        write_private(token_file, authority.issue(SERVICE, clock=True))
        host, port = listener.getsockname()[:2]
        address = f"[{host}]" if ":" in host else host
        ready = Ready(os.getpid(), f"http://{address}:{port}", str(path), str(token_file))
        uvloop.run(_serve(settings, listener, store, authority, lambda: _announce(settings, ready, announce)))


async def _serve(
    settings: Settings, listener: socket.socket, store: SqliteStore, authority: Authority, on_ready: Callable[[], None]
) -> None:
    is_trace = settings.clock == "trace"
    metrics = Metrics()
    server: _Server | None = None

    def drop_everyone() -> None:
        if server is not None:
            server.drop_everyone()

    gc.disable()  # rebuilding makes millions of objects and no cycles
    engine = Engine(store, clock_us=_wall_us, observe=metrics.observe, on_failure=drop_everyone)
    gc.freeze()  # what the engine remembers stays: looking through it again and again would be all that gc does
    gc.enable()
    gc.set_threshold(GC_THRESHOLD)
    metrics.watch(lambda: engine.waiting)
    reading = Reading(engine, store, _trace_us if is_trace else engine.now_us)
    app = App(engine, authority, reading, Pages(authority, reading, trace_clock=is_trace), metrics)
    server = _Server(app, on_ready)
    _stop_on_signals(server, watch_stdin=settings.watch_stdin)
    writer = asyncio.create_task(engine.run())
    try:
        await server.serve(sockets=[listener])
    finally:
        engine.stop()
        await writer
        reading.close()
    if engine.failure is not None:
        raise engine.failure


class _Server(uvicorn.Server):
    """uvicorn with our signals and our silence."""

    def __init__(self, app: App, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="httptools",
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                log_level="critical",
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=DRAIN_S,
            )
        )
        self._on_ready = on_ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to us: uvicorn would raise them again after its shutdown, and the exit code would be theirs."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_ready()

    def drop_everyone(self) -> None:
        """Close every connection without an answer, and end."""
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        self.should_exit = self.force_exit = True


def store_path(store: str) -> Path:
    """The file behind `sqlite:PATH`."""
    kind, colon, path = store.partition(":")
    if kind != "sqlite" or not colon or not path:
        raise StoreError(f"--store {store}: expected sqlite:PATH")
    return Path(path).absolute()


def bind(settings: Settings) -> socket.socket:
    """A listening socket, before anything is opened or promised."""
    host, port = settings.host, settings.port
    if not settings.allow_remote and not _is_loopback(host):
        raise CoinworksError(f"--host {host}: expected a loopback address, or --allow-remote beside it")
    if not 0 <= port <= 65_535:
        raise CoinworksError(f"--port {port}: expected a number from 0 (any free one) to 65535")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, port))
        listener.listen(2_048)  # two wallets may bind one port; only one may listen
    except OSError as error:
        listener.close()
        raise CoinworksError(f"{host} port {port}: {error.strerror or error}, expected a free port") from None
    listener.setblocking(False)
    return listener


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[SqliteStore]:
    """A store, closed in order; after a failure there is no order to keep, and the end of the process closes it."""
    store = SqliteStore.open(path)
    yield store
    store.close()


def _announce(settings: Settings, ready: Ready, announce: Callable[[Ready], None]) -> None:
    if settings.ready_file is not None:
        write_private(Path(settings.ready_file), json.dumps(msgspec.to_builtins(ready)))
    announce(ready)


def _stop_on_signals(server: _Server, *, watch_stdin: bool) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    if watch_stdin:

        def at_end_of_input() -> None:
            if not os.read(sys.stdin.fileno(), 1024):
                loop.remove_reader(sys.stdin.fileno())
                stop()

        loop.add_reader(sys.stdin.fileno(), at_end_of_input)


def _wall_us() -> int:
    return time.time_ns() // 1_000


def _trace_us(shelf: Shelf) -> int:
    return shelf.latest_us
