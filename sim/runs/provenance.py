"""What a manifest says about the program that made a run, the machine, and the meaning of the codes."""

import importlib.metadata
import os
import platform
import re
import resource
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sim.ledger.money import CURRENCIES
from sim.ledger.operations import Op, Rule
from sim.ledger.outcomes import Outcome
from sim.ledger.places import REGIONS
from sim.runs.documents import Machine, Manifest

LIBRARIES: Final = ("coinworks", "numpy", "numba", "simpy", "duckdb")
CHECKOUT: Final = Path(__file__).resolve().parents[2]


def new_manifest(
    scenario: str,
    scenario_resolved: dict[str, Any],
    scenario_sha256: str,
    seed: int,
    engine: str,
    started_at: datetime | None = None,
) -> Manifest:
    """A manifest of this program, on this machine, called by this command; `started_at` is now unless given."""
    return Manifest(
        scenario=scenario,
        scenario_resolved=scenario_resolved,
        scenario_sha256=scenario_sha256,
        seed=seed,
        engine=engine,
        codes=code_tables(),
        versions=versions(),
        commit=commit(CHECKOUT),
        command=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        machine=this_machine(),
        started_at=started_at or datetime.now(UTC),
    )


def code_tables() -> dict[str, dict[int, str]]:
    """What the numbers in a trace's columns mean."""
    return {
        "op": {op.value: op.code for op in Op},
        "outcome": {outcome.value: outcome.code for outcome in Outcome},
        "currency": {code: currency.name for code, currency in CURRENCIES.items()},
        "region": dict(REGIONS),
        "rule": {rule.value: rule.name.lower() for rule in Rule},
    }


def versions() -> dict[str, str]:
    """The versions of Python and of what decides a run's numbers."""
    return {"python": platform.python_version()} | {name: _version(name) for name in LIBRARIES}


def commit(checkout: Path) -> str | None:
    """The commit that the sources are at, `-dirty` if they differ from it; None outside a checkout or without git."""
    if not (checkout / ".git").exists():  # an installed package must not name the repository it happens to lie in
        return None
    head = _git(checkout, "rev-parse", "--verify", "--quiet", "HEAD")
    if not head:
        return None
    return head + ("-dirty" if _git(checkout, "status", "--porcelain", "--untracked-files=no") else "")


def this_machine() -> Machine:
    """This machine, as far as it tells: the cores that this process may use, and the memory it has in all."""
    return Machine(
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        cpu_model=_cpu_model(),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        platform=platform.platform(),
    )


def peak_rss_mb() -> float:
    """The most resident memory this process has had, in MB (10^6 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _git(checkout: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  no shell, and only our own words
            ["git", "-C", checkout, *arguments],  # noqa: S607  whichever git the user has
            check=False,
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _cpu_model() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()
