"""The trace: every operation of a run in canonical order, with the outcome that a wallet must give it.

    with TraceWriter(folder) as writer:
        writer.append(operation, outcome)
    writer.digest                                 # '5f2c…'
    trace = read_trace(folder, expected_digest=writer.digest)
    trace.columns["amount"].sum(), trace.record(0)

A trace is eleven columns (`SCHEMA`), kept in a folder as Parquet parts of at most a million rows. Its digest belongs to
the columns, not to the files: sha256 over the columns' own sha256 digests, each of the raw little-endian bytes of the
whole column. So it doesn't matter in what blocks a trace was written.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from sim.files import link_or_copy
from sim.ledger.errors import CoinworksError
from sim.ledger.operations import Op, Operation
from sim.ledger.outcomes import Outcome
from sim.tables import Column, Columns, read_parquet, write_parquet

SCHEMA: Final = {
    name: np.dtype(code)
    for name, code in (
        ("seq", "<i8"),
        ("at_us", "<i8"),
        ("op", "u1"),
        ("actor", "<i8"),
        ("peer", "<i8"),
        ("item", "<i4"),
        ("amount", "<i8"),
        ("currency", "<u2"),
        ("ref", "<i8"),
        ("outcome", "u1"),
        ("region", "<u2"),
    )
}
ROWS_PER_PART: Final = 1_000_000
_ROWS_BUFFERED: Final = 8_192


class TraceError(CoinworksError):
    """A trace that breaks its schema, or isn't the one that was written."""


class Digest:
    """The digest of a trace, fed block by block in canonical order."""

    def __init__(self) -> None:
        self._columns = {name: hashlib.sha256() for name in SCHEMA}

    def update(self, block: Columns) -> None:
        for name, digest in self._columns.items():
            digest.update(np.ascontiguousarray(block[name], SCHEMA[name]).data)

    def hexdigest(self) -> str:
        return hashlib.sha256(b"".join(digest.digest() for digest in self._columns.values())).hexdigest()


@dataclass(frozen=True)
class Trace:
    """A whole trace in memory: `columns` has an array for each name of `SCHEMA`, 62 bytes a row together."""

    columns: Columns = field(repr=False)

    def __len__(self) -> int:
        return len(self.columns["seq"])

    def __repr__(self) -> str:
        return f"<Trace records={len(self)} digest={self.digest[:8]}>"

    def __iter__(self) -> Iterator[tuple[Operation, Outcome]]:
        """All records in order, as an operation and its outcome."""
        # Not all at once: as Python objects a row is ten times as large.
        for start in range(0, len(self), _ROWS_BUFFERED):
            block = (column[start : start + _ROWS_BUFFERED].tolist() for column in self.columns.values())
            yield from map(_record, zip(*block, strict=True))

    def record(self, seq: int) -> Operation:
        """The operation with this seq."""
        return _record(self._row(seq))[0]

    def outcome(self, seq: int) -> Outcome:
        """The outcome that the operation with this seq must get."""
        return _record(self._row(seq))[1]

    @cached_property
    def digest(self) -> str:
        digest = Digest()
        digest.update(self.columns)
        return digest.hexdigest()

    def _row(self, seq: int) -> tuple[int, ...]:
        if not 0 <= seq < len(self):
            raise TraceError(f"record {seq}: the trace has {len(self)}, counted from 0")
        return tuple(int(column[seq]) for column in self.columns.values())


class TraceWriter:
    """Writes a trace into a new folder, part by part, while the run goes on.

    Rows come one at a time (`append`) or as blocks of columns (`extend`), always in order. Leaving the `with` block
    closes the writer; after an exception the folder is left to whoever made the run's folder.

    Raises
    ------
    TraceError : a record is out of order, or a value doesn't fit its column
    TableError : a part can't be written
    """

    def __init__(self, folder: Path, rows_per_part: int = ROWS_PER_PART) -> None:
        self.folder = folder
        self.rows = 0
        self.digest: str | None = None
        self._rows_per_part = rows_per_part
        self._streamed = Digest()
        self._appended: list[tuple[int, ...]] = []
        self._blocks: list[Columns] = []
        self._blocks_rows = 0
        self._parts = 0
        self._last_at_us = 0
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()

    def append(self, operation: Operation, outcome: int) -> None:
        """Add one record."""
        self._appended.append((*operation[:-1], outcome, operation.region))
        if len(self._appended) == _ROWS_BUFFERED:
            self._flush_appended()

    def extend(self, block: Mapping[str, Column]) -> None:
        """Add a block of columns, by the names of `SCHEMA`."""
        self._flush_appended()
        self._take({name: _fitted(name, np.asarray(block[name])) for name in SCHEMA})

    def close(self) -> str:
        """Write what is left and return the digest; closing again only returns it."""
        if self.digest is None:
            self._flush_appended()
            if self._blocks_rows or not self._parts:
                self._write_part(_joined(self._blocks))
            self.digest = self._streamed.hexdigest()
        return self.digest

    def keep(self, folder: Path) -> None:
        """Keep the records so far in another folder, from which `go_on_from` takes them; full parts are shared."""
        self._flush_appended()
        folder.mkdir()
        for part in range(self._parts):
            link_or_copy(self.folder / _part_name(part), folder / _part_name(part))
        write_parquet(folder / _part_name(self._parts), _joined(self._blocks))

    def go_on_from(self, folder: Path) -> None:
        """Begin with the records that another writer kept.

        Raises
        ------
        TraceError : a part is missing or no longer what was kept
        """
        *full, rest = _parts(folder)
        for part, path in enumerate(full):
            self._count(_read_part(path))
            link_or_copy(path, self.folder / _part_name(part))
            self._parts += 1
        self._take(_read_part(rest))

    def _flush_appended(self) -> None:
        if self._appended:
            given = np.array(self._appended, dtype=np.int64)
            self._appended = []
            self._take({name: _fitted(name, given[:, i]) for i, name in enumerate(SCHEMA)})

    def _take(self, block: Columns) -> None:
        _check_order(block, self.rows, self._last_at_us, place=str(self.folder))
        length = len(block["seq"])
        if not length:
            return
        self._count(block)
        self._blocks.append(block)
        self._blocks_rows += length
        if self._blocks_rows >= self._rows_per_part:
            self._write_full_parts(_joined(self._blocks))

    def _count(self, block: Columns) -> None:
        self.rows += len(block["seq"])
        self._last_at_us = int(block["at_us"][-1])
        self._streamed.update(block)

    def _write_full_parts(self, rows: Columns) -> None:
        while len(rows["seq"]) >= self._rows_per_part:
            self._write_part({name: column[: self._rows_per_part] for name, column in rows.items()})
            rows = {name: column[self._rows_per_part :] for name, column in rows.items()}
        self._blocks = [{name: column.copy() for name, column in rows.items()}]  # a view would keep the whole
        self._blocks_rows = len(rows["seq"])

    def _write_part(self, rows: Columns) -> None:
        write_parquet(self.folder / _part_name(self._parts), rows)
        self._parts += 1


def read_trace(folder: Path, expected_digest: str | None = None) -> Trace:
    """Read a trace, refusing one that isn't whole or isn't what was written.

    Parameters
    ----------
    folder : where the parts are
    expected_digest : what `TraceWriter.close` returned; without it an edit that keeps the schema goes unnoticed

    Raises
    ------
    TraceError : a part is missing, a column has another type, records are out of order, or the digest differs
    TableError : a part is truncated
    """
    trace = Trace(_joined([_read_part(path) for path in _parts(folder)]))
    _check_order(trace.columns, first_seq=0, last_at_us=0, place=str(folder))
    _check_codes(trace.columns, folder)
    if expected_digest is not None and trace.digest != expected_digest:
        raise TraceError(f"{folder}: digest {trace.digest}, expected {expected_digest}: the trace was changed or cut")
    return trace


def _part_name(number: int) -> str:
    return f"part-{number:05d}.parquet"


def _parts(folder: Path) -> list[Path]:
    parts = sorted(folder.glob("part-*.parquet"))
    expected = [_part_name(number) for number in range(max(len(parts), 1))]
    for name, path in zip(expected, [*parts, None], strict=False):
        if path is None or path.name != name:
            raise TraceError(f"{folder}: {name} is missing from the trace")
    return parts


def _read_part(path: Path) -> Columns:
    part = read_parquet(path)
    found = {name: column.dtype for name, column in part.items()}
    if list(found) != list(SCHEMA):
        raise TraceError(f"{path}: the columns are {', '.join(found)}, expected {', '.join(SCHEMA)}")
    for name, expected in SCHEMA.items():
        if found[name] != expected:
            raise TraceError(f"{path}: column {name} has type {found[name]}, expected {expected}")
    return part


def _joined(blocks: list[Columns]) -> Columns:
    empty = {name: np.empty(0, kind) for name, kind in SCHEMA.items()}
    return {name: np.concatenate([block[name] for block in (empty, *blocks)]) for name in SCHEMA}


def _fitted(name: str, values: Column) -> Column:
    kind = SCHEMA[name]
    fitted = values.astype(kind)
    if values.dtype != kind and not np.array_equal(fitted, values):
        wrong = values[np.argmax(fitted != values)]
        raise TraceError(f"column {name}: {wrong} doesn't fit its type, {kind}")
    return fitted


def _check_order(block: Columns, first_seq: int, last_at_us: int, place: str) -> None:
    seq, at_us = block["seq"], block["at_us"]
    expected_seq = np.arange(first_seq, first_seq + len(seq))
    if not np.array_equal(seq, expected_seq):
        i = int(np.argmax(seq != expected_seq))
        raise TraceError(f"{place}: record {expected_seq[i]} has seq {seq[i]}, expected {expected_seq[i]}")
    earlier = np.diff(at_us, prepend=last_at_us) < 0
    if earlier.any():
        i = int(np.argmax(earlier))
        before = at_us[i - 1] if i else last_at_us
        raise TraceError(f"{place}: record {seq[i]} has at_us {at_us[i]}, expected at least its predecessor's {before}")


def _check_codes(columns: Columns, folder: Path) -> None:
    for name, known in (("op", [*map(int, Op)]), ("outcome", [*map(int, Outcome)])):
        unknown = ~np.isin(columns[name], known)
        if unknown.any():
            i = int(np.argmax(unknown))
            raise TraceError(f"{folder}: record {i} has {name} {columns[name][i]}, expected one of {known}")


def _record(row: tuple[int, ...]) -> tuple[Operation, Outcome]:
    seq, at_us, op, actor, peer, item, amount, currency, ref, outcome, region = row
    return Operation(seq, at_us, Op(op), actor, peer, item, amount, currency, ref, region), Outcome(outcome)
