"""Traffic: where a replay's trace comes from, be it a run, a folder with a trace, or somebody's CSV.

traffic = read_traffic("us-baseline-1-1")
traffic.trace, traffic.balances, traffic.folder
"""

import csv
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy.typing as npt

from loadtests.csv_trace import read_csv_trace
from sim.ledger import CoinworksError
from sim.runs import RUN_FILES, RUNS, open_run
from sim.trace import Trace, TraceWriter, read_trace


@dataclass(frozen=True)
class Traffic:
    """A trace; the balances that its simulator left, if one did; the run's folder, if it has one."""

    name: str
    trace: Trace
    balances: Mapping[str, npt.NDArray[Any]] | None = None
    folder: Path | None = None
    names: Mapping[str, str] | None = None  # a CSV's own names, and the accounts that stand for them


def read_traffic(source: str) -> Traffic:
    """The traffic in a run (by name or folder), or in a folder or CSV of a trace.

    Raises
    ------
    CoinworksError : there is none, or it isn't whole
    """
    path = Path(source)
    if path.suffix.lower() == ".csv" or path.is_file() or (path.is_dir() and not _holds_run(path)):
        return read_foreign(path)
    run = open_run(source)
    return Traffic(run.path.name, run.trace(), run.balances(), run.path)


def _holds_run(folder: Path) -> bool:
    """Whether it is a run's folder, whole or not: one that lost its manifest must not pass for a bare trace."""
    return any((folder / name).exists() for name in RUN_FILES)


def read_foreign(path: Path) -> Traffic:
    """The traffic in a CSV, or in a folder that holds a trace or a folder named `trace`."""
    if path.is_dir():
        folder = path if any(path.glob("part-*.parquet")) else path / "trace"
        return Traffic(path.resolve().name, read_trace(folder))
    if not path.is_file():
        raise CoinworksError(f"{path}: no such trace: expected a CSV file, or a folder with the parts of a trace")
    trace, names = read_csv_trace(path)
    return Traffic(path.stem, trace, names=names)


@dataclass
class Results:
    """Where a replay's files go; `path` is hidden until they are whole."""

    path: Path


@contextmanager
def results_folder(traffic: Traffic, out: Path | None = None) -> Iterator[Results]:
    """The run's own folder; or for traffic without one a new folder, with its trace and its names.

    Parameters
    ----------
    out : the new folder, which must not exist; `results/runs/<name>-trace-<n>` unless given

    Raises
    ------
    CoinworksError : `out` exists, or the traffic has a folder of its own
    """
    if traffic.folder is not None:
        if out is not None:
            raise CoinworksError(f"--out {out}: the results of a run belong to its folder, {traffic.folder}")
        yield Results(traffic.folder)
        return
    if out is not None and os.path.lexists(out):
        raise CoinworksError(f"{out}: exists already, expected a new folder")
    parent = RUNS if out is None else out.parent
    parent.mkdir(parents=True, exist_ok=True)
    hidden = Path(tempfile.mkdtemp(prefix=f".{traffic.name}-", dir=parent))
    results = Results(hidden)
    try:
        _write_traffic(traffic, hidden)
        try:
            yield results
        finally:
            if (hidden / "replay.json").exists():  # also of a wallet that was gone: what was measured is kept
                results.path = _named(hidden, traffic.name, out)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _write_traffic(traffic: Traffic, folder: Path) -> None:
    with TraceWriter(folder / "trace") as writer:
        writer.extend(traffic.trace.columns)
    if traffic.names is not None:
        with (folder / "names.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("account", "name"), *traffic.names.items()])


def _named(hidden: Path, name: str, out: Path | None) -> Path:
    hidden.chmod(0o755)
    candidates = (hidden.with_name(f"{name}-trace-{number}") for number in count(1))
    path = out or next(path for path in candidates if not os.path.lexists(path))
    return hidden.rename(path)
