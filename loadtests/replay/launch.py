"""Launch: run Locust on a plan in a process of its own, watch its counters, and never leave it behind.

    with Generator(folder) as generator:
        generator.watch(lambda progress: print(progress.answered))
    generator.state                                 # FINISHED, WALLET_GONE or STOPPED

Locust patches the process it lives in, so it gets one to itself, in a session of its own: Ctrl-C reaches only its
parent, which then ends it.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, Self

from loadtests.replay.plan import PARENT, PROGRESS, RUNNING, STOPPED, WALLET_GONE, PlanError, column

LOCUSTFILE: Final = Path(__file__).with_name("locustfile.py")
WATCH_S: Final = 0.1
END_S: Final = 5.0


class Progress(NamedTuple):
    """The generator's counters."""

    planned: int
    sent: int
    answered: int
    generator_cpu_ns: int
    wall_ns: int
    state: int


class Generator:
    """A Locust process at work on a plan."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "locust.log"
        self.state = STOPPED
        command = [
            sys.executable,
            "-m",
            "locust",
            "-f",
            str(LOCUSTFILE),
            "--headless",
            "--users",
            "1",
            "--only-summary",
        ]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own locustfile
                [*command, "--plan", str(folder), "--exit-code-on-error", "0"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, PARENT: str(os.getpid())},
            )

    def __repr__(self) -> str:
        return f"<Generator pid={self.pid} state={self.state}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.end()

    @property
    def pid(self) -> int:
        return self._process.pid

    def progress(self) -> Progress:
        """The counters as they are now."""
        return Progress(*column(self._folder, "progress").tolist())

    def watch(
        self,
        on_progress: Callable[[Progress], None] | None = None,
        is_wallet_gone: Callable[[], object] = lambda: False,
    ) -> int:
        """Wait until the generator is done, or the wallet is known to be gone; returns how it ended.

        Raises
        ------
        PlanError : it ended without having begun
        """
        while self._process.poll() is None:
            if on_progress is not None:
                on_progress(self.progress())
            if is_wallet_gone():
                self.end()
                self.state = WALLET_GONE
                return self.state
            time.sleep(WATCH_S)
        last = self.progress()
        if not last.state:
            raise PlanError(f"the load generator ended at once: {self._last_words()}")
        self.state = STOPPED if last.state == RUNNING else last.state  # killed while it ran
        return self.state

    def end(self) -> None:
        """End the process if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def table(self) -> str:
        """What Locust printed: its own table, or its troubles."""
        return self._log.read_text(errors="replace")

    def _last_words(self) -> str:
        lines = [line.strip() for line in self.table().splitlines() if line.strip()]
        return lines[-1] if lines else f"exit status {self._process.returncode}"


assert Progress._fields == PROGRESS, "the counters stand in the file in this order"
