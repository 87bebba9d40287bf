"""A wallet as a child of your program.

    with start_wallet(folder / "wallet.db") as wallet:
        httpx.get(f"{wallet.url}/readyz")

It runs in a process group of its own, so that Ctrl-C reaches only you, and watches a pipe from you: when your program
ends, however it ends, the wallet stops too.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, Self

import msgspec

from loadtests.wallet.settings import Ready, Settings
from sim.ledger import CoinworksError

START_S: Final = 30.0
STOP_S: Final = 20.0
POLL_S: Final = 0.02
LOG_CHARACTERS: Final = 500


class WalletProcess:
    """A wallet that serves: where it is, the service token, and how to end it."""

    def __init__(self, child: subprocess.Popen[bytes], ready: Ready, log_path: Path) -> None:
        self._child = child
        self.url = ready.url
        self.port = int(ready.url.rpartition(":")[2])
        self.pid = ready.pid
        self.store_path = Path(ready.store)
        self.log_path = log_path
        self.token = Path(ready.token_file).read_text(encoding="ascii").strip()

    def __repr__(self) -> str:
        state = "running" if self.is_alive() else f"ended {self._child.returncode}"
        return f"<WalletProcess {self.url} pid={self.pid} {state}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.stop()

    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._child.poll() is None

    def stop(self, timeout_s: float = STOP_S) -> int:
        """Let it drain and close, then return its exit code; kill it if it does not end in time."""
        if self.is_alive():
            self._child.terminate()
        try:
            self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return self.kill()
        return self._end()

    def kill(self) -> int:
        """End it at once, as a crash would."""
        if self.is_alive():
            self._child.kill()
        self._child.wait()
        return self._end()

    def last_words(self) -> str:
        """The end of what it wrote to its log."""
        return _tail(self.log_path)

    def ended(self) -> str | None:
        """How it ended and the last line it wrote; None while it runs."""
        if self.is_alive():
            return None
        code = self._child.returncode
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
        said = self.last_words().rpartition("\n")[2].removeprefix("coinworks: ")
        return f"the wallet ended ({how}){': ' if said else ''}{said}"

    def _end(self) -> int:
        if self._child.stdin is not None:
            self._child.stdin.close()
        return self._child.returncode


def start_wallet(
    store_path: Path,
    *,
    clock: str = "trace",
    port: int = 0,
    log_path: Path | None = None,
    start_s: float = START_S,
) -> WalletProcess:
    """Start a wallet on a store and wait until it serves.

    Parameters
    ----------
    store_path : the SQLite file, made if it is not there
    clock : `trace` if the service token may state the time of operations, else `wall`
    port : 0 for any free one
    log_path : what it writes; beside the store unless stated
    start_s : how long to wait for it, in seconds

    Raises
    ------
    CoinworksError : it did not serve in time, or ended; in its own words
    """
    store_path = store_path.absolute()
    log_path = log_path or store_path.with_name(f"{store_path.name}.log")
    with tempfile.TemporaryDirectory(prefix="coinworks-wallet-") as folder:
        ready_file = Path(folder) / "ready.json"
        settings = Settings(
            store=f"sqlite:{store_path}",
            port=port,
            clock="trace" if clock == "trace" else "wall",
            ready_file=str(ready_file),
            watch_stdin=True,
        )
        child = _spawn(settings, log_path)
        try:
            ready = _wait_ready(child, ready_file, log_path, start_s)
            return WalletProcess(child, ready, log_path)
        except BaseException:
            child.kill()
            child.wait()
            if child.stdin is not None:
                child.stdin.close()
            raise


def _spawn(settings: Settings, log_path: Path) -> subprocess.Popen[bytes]:
    root = str(Path(__file__).resolve().parents[2])
    found = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    with log_path.open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
            [sys.executable, "-m", "loadtests.wallet", msgspec.json.encode(settings).decode()],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": found},
            process_group=0,
        )


def _wait_ready(child: subprocess.Popen[bytes], ready_file: Path, log_path: Path, start_s: float) -> Ready:
    deadline = time.monotonic() + start_s
    while not ready_file.exists():
        if child.poll() is not None:
            said = _tail(log_path).removeprefix("coinworks: ") or f"exit code {child.returncode}"
            raise CoinworksError(f"the wallet did not start: {said}")
        if time.monotonic() > deadline:
            raise CoinworksError(f"the wallet did not serve within {start_s:g} s: expected {ready_file.name}")
        time.sleep(POLL_S)
    return msgspec.json.decode(ready_file.read_bytes(), type=Ready)


def _tail(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")[-LOG_CHARACTERS:].strip()
