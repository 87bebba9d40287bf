"""Run folders: made under a hidden name, opened only when whole.

A run is built in a hidden folder beside its place and takes its name at the end; one that failed or was interrupted is
removed. So whatever bears a run's name is a run.
"""

import difflib
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from sim.ledger.accounts import Account
from sim.runs.documents import Manifest, RunError, Summary, read_json, write_json
from sim.tables import Column, Columns, read_parquet, write_parquet
from sim.trace import Trace, TraceWriter, read_trace

RUNS: Final = Path("results/runs")
RUN_FILES: Final = ("manifest.json", "summary.json", "balances.parquet", "metrics.parquet")  # what every run has
BASE: Final = "base"  # in a run's folder, the run that it is compared with
BALANCE_TYPES: Final[dict[str, np.dtype[Any]]] = {
    "klass": np.dtype(np.uint8),
    "owner": np.dtype(np.int64),
    "asset": np.dtype(np.uint16),
    "amount": np.dtype(np.int64),
}


class NewRun:
    """A run being made: files go under `path`, which is hidden until the run is whole and final afterwards."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def trace_writer(self) -> TraceWriter:
        return TraceWriter(self.path / "trace")

    def write_manifest(self, manifest: Manifest) -> None:
        write_json(self.path / "manifest.json", manifest)

    def write_summary(self, summary: Summary) -> None:
        write_json(self.path / "summary.json", summary)

    def write_table(self, name: str, columns: Mapping[str, Column]) -> None:
        """Write `<name>.parquet`: balances, metrics."""
        write_parquet(self.path / f"{name}.parquet", columns)


@dataclass(frozen=True)
class Run:
    """A finished run."""

    path: Path
    manifest: Manifest
    summary: Summary

    def __repr__(self) -> str:
        return f"<Run {self.path.name} operations={self.summary.operations}>"

    @property
    def keeps_trace(self) -> bool:
        """Whether there is a trace to read."""
        return (self.path / "trace").is_dir()

    def trace(self) -> Trace:
        """The trace, checked against the digest in the summary."""
        if not self.keeps_trace:
            raise RunError(f"{self.path}: the run kept no trace (it was made with --metrics-only)")
        return read_trace(self.path / "trace", self.summary.trace_digest)

    def balances(self) -> Columns:
        """Every account's final balance by asset: columns klass, owner, asset, amount."""
        return _checked_balances(self.path / "balances.parquet")

    def metrics(self) -> Columns:
        """The time series, by the names the model gave its columns."""
        return read_parquet(self.path / "metrics.parquet")

    def shop(self) -> Columns:
        """What was sold, by origin of merchant and goods, by the names the model gave its columns."""
        return read_parquet(self.path / "shop.parquet")

    def hosts_by_week(self) -> Columns:
        """Who works, begins and leaves, by week, kind and region, by the names the model gave its columns."""
        return read_parquet(self.path / "hosts_by_week.parquet")

    def elsewhere(self) -> Columns:
        """What viewers wanted here and did elsewhere, by the names the model gave its columns."""
        return read_parquet(self.path / "elsewhere.parquet")

    @property
    def base(self) -> "Run | None":
        """The run that this one is compared with, if one was made beside it."""
        return open_run(self.path / BASE) if (self.path / BASE).is_dir() else None


@contextmanager
def create_run(scenario: str, seed: int, out: Path | None = None, base: Path = RUNS) -> Iterator[NewRun]:
    """Make a run's folder, which appears only when the block ends well.

    Parameters
    ----------
    scenario, seed : name the folder `<scenario>-<seed>-<n>`, n counted from 1
    out : the folder itself, which must not exist, in place of a numbered one under `base`

    Raises
    ------
    RunError : `out` exists, the place can't be written, or the block left no manifest, summary, balances or metrics
    """
    if out is not None and os.path.lexists(out):
        raise RunError(f"{out}: exists already, expected a new folder")
    parent = base if out is None else out.parent
    run = NewRun(_hidden_folder(parent, f"{scenario}-{seed}" if out is None else out.name))
    hidden = run.path
    try:
        yield run
        _check_whole(hidden)
        run.path = _take_name(hidden, out) if out is not None else _take_number(hidden, f"{scenario}-{seed}")
    finally:
        if run.path == hidden:  # an error, an interrupt, or a name that somebody else took
            shutil.rmtree(hidden, ignore_errors=True)


def open_run(path_or_name: str | Path, base: Path = RUNS) -> Run:
    """Open a finished run by its folder, or by its name under `base`.

    Raises
    ------
    RunError : no such run (the message names the nearest), not a run's folder, or files this version can't read
    """
    given = Path(path_or_name)
    path = next((path for path in (given, base / given) if path.is_dir()), None)
    if path is None:
        raise RunError(f"{path_or_name}: no such run{_nearest_run(given.name, base)}")
    missing = [name for name in RUN_FILES if not (path / name).is_file()]
    if missing:
        what = "not a run's folder" if len(missing) == len(RUN_FILES) else "not a whole run"
        raise RunError(f"{path}: {what}, it has no {missing[0]}")
    return Run(path, read_json(path / "manifest.json", Manifest), read_json(path / "summary.json", Summary))


def balance_columns(balances: Mapping[tuple[Account, int], int]) -> Columns:
    """A book's balances as columns, ordered by account and asset."""
    ordered = sorted((*account, asset, amount) for (account, asset), amount in balances.items())
    rows = np.array(ordered, dtype=np.int64).reshape(-1, len(BALANCE_TYPES))
    return {name: rows[:, i].astype(kind) for i, (name, kind) in enumerate(BALANCE_TYPES.items())}


def _hidden_folder(parent: Path, name: str) -> Path:
    path = parent / f".{name}.{secrets.token_hex(4)}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        path.mkdir()
    except OSError as error:
        raise RunError(f"{parent}: cannot make a run's folder here: {error.strerror}") from error
    return path


def _check_whole(path: Path) -> None:
    for name in RUN_FILES:
        if not (path / name).is_file():
            raise RunError(f"{path}: the run ended without {name}")


def _take_name(hidden: Path, path: Path) -> Path:
    try:
        return _renamed(hidden, path)
    except FileExistsError:
        raise RunError(f"{path}: was made by somebody else meanwhile, so this run is not kept") from None


def _take_number(hidden: Path, stem: str) -> Path:
    pattern = re.compile(re.escape(stem) + r"-([1-9]\d*)")
    numbers = [int(match[1]) for entry in hidden.parent.iterdir() if (match := pattern.fullmatch(entry.name))]
    number = max(numbers, default=0) + 1
    while True:
        try:
            return _renamed(hidden, hidden.with_name(f"{stem}-{number}"))
        except FileExistsError:  # another run ended at the same time
            number += 1


def _renamed(hidden: Path, path: Path) -> Path:
    # A rename alone would replace an empty folder. Making the folder claims the name, since only one can.
    try:
        path.mkdir()
        try:
            return hidden.rename(path)
        except BaseException:
            path.rmdir()
            raise
    except FileExistsError:
        raise
    except OSError as error:
        raise RunError(f"{path}: cannot give the run its name: {error.strerror}") from error


def _nearest_run(name: str, base: Path) -> str:
    names = sorted(path.parent.name for path in base.glob("[!.]*/manifest.json"))
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if nearest:
        return f"; did you mean {nearest[0]}?"
    return f"; {base} has {', '.join(names[:5])}{' …' if len(names) > 5 else ''}" if names else f"; {base} has none yet"


def _checked_balances(path: Path) -> Columns:
    columns = read_parquet(path)
    found = {name: column.dtype for name, column in columns.items()}
    if found != BALANCE_TYPES:
        raise RunError(f"{path}: the columns are {_described(found)}, expected {_described(BALANCE_TYPES)}")
    return columns


def _described(types: Mapping[str, np.dtype[Any]]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in types.items())
