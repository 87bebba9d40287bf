"""Checkpoints: a run cut between two windows, to be gone on with, under the same policy or another.

    write_checkpoint(path, document, arrays, trace)      # a folder, there whole or not at all
    checkpoint = open_checkpoint(path)
    checkpoint.document.at_us, checkpoint.arrays()

A checkpoint is a folder: `checkpoint.json` says of what, `state.npz` holds the columns, `trace/` the records so far. It
serves the program that wrote it and no other, for a column may mean something else in the next.
"""

import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from sim.compiled import sources_hash
from sim.runs.documents import RunError, read_json, write_json
from sim.runs.provenance import versions

SUFFIX: Final = ".checkpoint"
DOCUMENT: Final = "checkpoint.json"
STATE: Final = "state.npz"
TRACE: Final = "trace"


class CheckpointDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What was cut, where, and by which program."""

    schema: Literal["coinworks/checkpoint/1"] = "coinworks/checkpoint/1"
    scenario: str
    scenario_resolved: dict[str, Any]
    seed: int
    at_us: int
    shards: int
    records: int
    keeps_trace: bool
    program: str


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint on disk."""

    path: Path
    document: CheckpointDocument

    def __repr__(self) -> str:
        return f"<Checkpoint {self.path.name} at {self.document.at_us} us>"

    @property
    def trace(self) -> Path | None:
        """The records so far, unless none were kept."""
        return self.path / TRACE if self.document.keeps_trace else None

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The state.

        Raises
        ------
        RunError : the file is missing or cut
        """
        path = self.path / STATE
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                return {name: kept[name] for name in kept.files}
        except Exception as error:
            raise RunError(f"{path}: cannot read it: {error}") from error


@cache
def program() -> str:
    """This program: its version and a hash of its sources."""
    return f"coinworks {versions()['coinworks']}, sources {sources_hash(Path(__file__).parents[1])}"


def write_checkpoint(
    path: Path,
    document: CheckpointDocument,
    arrays: Mapping[str, npt.NDArray[Any]],
    write_trace: Callable[[Path], None] | None,
) -> None:
    """Write a checkpoint's folder, in place of an older one of that name; it's there whole or not at all.

    Parameters
    ----------
    write_trace : writes the records so far into a folder; None where the run keeps no trace

    Raises
    ------
    RunError : the place can't be written
    """
    hidden = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        hidden.mkdir(parents=True)
        write_json(hidden / DOCUMENT, document)
        np.savez(hidden / STATE, **arrays)  # type: ignore[arg-type]  # named arrays; the other parameter has a default
        if write_trace is not None:
            write_trace(hidden / TRACE)
        if path.exists():
            shutil.rmtree(path)
        hidden.rename(path)
    except OSError as error:
        raise RunError(f"{path}: cannot write the checkpoint: {error.strerror}") from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def open_checkpoint(path: Path) -> Checkpoint:
    """Open a checkpoint of this very program.

    Raises
    ------
    RunError : no checkpoint, one that is not whole, or another program's (the message says which)
    """
    if not (path / DOCUMENT).is_file():
        raise RunError(f"{path}: no checkpoint, expected a folder with {DOCUMENT}")
    document = read_json(path / DOCUMENT, CheckpointDocument)
    if document.program != program():
        raise RunError(
            f"{path}: written by {document.program}, this is {program()}: a checkpoint serves its own version"
        )
    return Checkpoint(path, document)
