"""What several test files share.

Tests run in parallel, a process a core. A test marked `alone` measures time, so it gets the machine to itself: all
others hold a lock together, it holds the same one by itself. The gate before the lock lets it in as soon as it asks.
"""

import fcntl
import shutil
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# No sandbox: containers run as root. No background networking: the tests look at loopback pages only.
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Share the machine with the other workers' tests, or have it alone."""
    if not hasattr(item.config, "workerinput"):  # one process: nobody to share with
        return (yield)
    folder = item.config._tmp_path_factory.getbasetemp().parent  # the workers' own are side by side in it
    alone = item.get_closest_marker("alone") is not None
    with (folder / "gate.lock").open("w") as gate, (folder / "machine.lock").open("w") as machine:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(machine, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        return (yield)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """The system's Chromium, headless; the test is skipped where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("needs a browser: install Chromium (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()
