"""The JSON files of a run: typed, versioned by their first field, written whole or not at all."""

from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from sim.files import replacing
from sim.ledger.errors import CoinworksError


class RunError(CoinworksError):
    """A run that can't be made or opened."""


class Machine(msgspec.Struct, frozen=True):
    """Where a run was made: its speeds are this machine's."""

    cores: int
    cpu_model: str
    memory_bytes: int
    platform: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked: enough to run it again, and to read its numbers without this code."""

    schema: Literal["coinworks/manifest/1"] = "coinworks/manifest/1"
    scenario: str
    scenario_resolved: dict[str, Any]
    scenario_sha256: str
    seed: int
    engine: str
    codes: dict[str, dict[int, str]]
    versions: dict[str, str]
    commit: str | None
    command: str
    machine: Machine
    started_at: datetime


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What came out, in short. `operations` counts the trace's rows; `trace_digest` is None when no trace was kept.

    `kpis` are of the whole run, `by_region` those of each region that can be said of it alone, where there are several,
    `by_channel` the same of the channels through which coins and goods are sold.
    """

    schema: Literal["coinworks/summary/1"] = "coinworks/summary/1"
    viewers: int
    days: float
    visits: int
    operations: int
    wall_s: float
    events: int
    events_per_s: float
    operations_per_s: float
    peak_rss_mb: float
    trace_digest: str | None
    conservation: dict[str, Any]
    kpis: dict[str, Any]
    by_region: dict[str, dict[str, Any]] = {}
    by_channel: dict[str, dict[str, Any]] = {}


_Document = TypeVar("_Document", bound=msgspec.Struct)


class _Header(msgspec.Struct):
    schema: str


def write_json(path: Path, value: object) -> None:
    """Write structs, dicts and numbers as indented JSON, whole or not at all.

    Raises
    ------
    RunError : the file can't be written (a full disk, no permission)
    """
    content = msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
    try:
        with replacing(path) as unfinished:
            unfinished.write_bytes(content)
    except OSError as error:
        raise RunError(f"{path}: cannot write it: {error.strerror}") from error


def read_json(path: Path, kind: type[_Document]) -> _Document:
    """Read a document of this kind, refusing another version before looking any further.

    Raises
    ------
    RunError : no such file, not JSON, another schema, or a field that is missing or of another type
    """
    expected = msgspec.structs.fields(kind)[0].default
    try:
        content = path.read_bytes()
        found = msgspec.json.decode(content, type=_Header).schema
        if found != expected:
            raise RunError(f"{path}: schema is {found}, expected {expected}")
        return msgspec.json.decode(content, type=kind)
    except OSError as error:
        raise RunError(f"{path}: cannot read it: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise RunError(f"{path}: {error}") from error
