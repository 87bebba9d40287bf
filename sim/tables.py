"""Tables: columns of numbers or text, kept as Parquet; the one home of DuckDB.

    write_parquet(Path("prices.parquet"), {"pack": np.array([65, 330]), "price_cents": np.array([99, 499])})
    read_parquet(Path("prices.parquet"), ["price_cents"])      # {'price_cents': array([ 99, 499])}

A column comes back with the NumPy type it had (signed, unsigned, float64, text), and the same columns always make the
same bytes with the same DuckDB. Anybody can query the files with SQL; coinworks itself only moves whole columns.

A truncated file is refused. A changed number inside may not be: Parquet as written here has no checksums, which is why
a trace has its digest.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from sim.files import replacing
from sim.ledger.errors import CoinworksError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Column = NDArray[Any]
Columns = dict[str, Column]

NUMERIC_TYPES: Final = frozenset(np.dtype(code) for code in ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f8"))


class TableError(CoinworksError):
    """A table that can't be written or read."""


def write_parquet(path: Path, columns: Mapping[str, Column]) -> None:
    """Write columns of equal length as one Parquet file, whole or not at all.

    Raises
    ------
    TableError : the columns don't make a table, or the file can't be written (a full disk, no permission)
    """
    table = {name: np.ascontiguousarray(column) for name, column in columns.items()}
    _check_columns(path, table)
    # One thread: several would divide the rows differently, and the bytes would follow.
    with _errors_named("write", path), replacing(path) as unfinished, _duckdb() as connection:
        connection.register("given", table)
        connection.execute(f"COPY (FROM given) TO {_quoted(str(unfinished))} (FORMAT parquet, COMPRESSION zstd)")


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> Columns:
    """Read a Parquet file, or all that match a glob in the order of their names.

    Parameters
    ----------
    path : a file, or a pattern such as `trace/part-*.parquet`
    columns : the columns wanted, in that order; all of them when None

    Returns
    -------
    dict from name to array; a NaN stays a NaN

    Raises
    ------
    TableError : no such file or column, a truncated or foreign file, an empty cell among integers
    """
    names = "*" if columns is None else ", ".join(_identifier(name) for name in columns)
    with _errors_named("read", path), _duckdb() as connection:
        found = connection.execute(f"SELECT {names} FROM read_parquet({_source(path)})").fetchnumpy()  # noqa: S608  both quoted
    return {name: _restored(path, name, column) for name, column in found.items()}


def rows(path: Path) -> int:
    """How many rows a Parquet file, or all that match a glob, hold; reads only their ends."""
    with _errors_named("read", path), _duckdb() as connection:
        counted = connection.execute(f"SELECT count(*) FROM read_parquet({_source(path)})").fetchone()  # noqa: S608  quoted
    assert counted is not None, "an aggregate has one row"
    return int(counted[0])


def _source(path: Path) -> str:
    # A file that is there means itself, even with a bracket in its name, which DuckDB would take for a pattern.
    return _quoted(escape(str(path)) if path.is_file() else str(path))


@contextmanager
def _duckdb() -> Iterator["DuckDBPyConnection"]:
    import duckdb  # here, because whoever only follows a path to a run folder need not wait for it

    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


@contextmanager
def _errors_named(verb: str, path: Path) -> Iterator[None]:
    import duckdb

    try:
        yield
    except OSError as error:
        raise TableError(f"{path}: cannot {verb} it: {error.strerror}") from error
    except duckdb.Error as error:
        raise TableError(f"{path}: cannot {verb} it: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    text = str(error)
    if "No space left" in text:  # DuckDB wraps it into JSON
        return "No space left on device"
    return text.splitlines()[0]


def _check_columns(path: Path, table: Columns) -> None:
    if not table:
        raise TableError(f"{path}: cannot write it: a table needs at least one column")
    length = len(next(iter(table.values())))
    for name, column in table.items():
        if column.ndim != 1 or len(column) != length:
            raise TableError(
                f"{path}: column {name} has shape {column.shape}, expected ({length},) like the first column"
            )
        if column.dtype.kind != "U" and column.dtype not in NUMERIC_TYPES:
            raise TableError(f"{path}: column {name} has type {column.dtype}, expected a number or text")


def _restored(path: Path, name: str, column: Column) -> Column:
    if isinstance(column, np.ma.MaskedArray):
        if column.dtype.kind != "f":
            raise TableError(f"{path}: column {name}, row {int(np.argmax(column.mask))} is empty, expected a value")
        return column.filled(np.nan)  # DuckDB takes a NaN for an empty cell
    return column.astype(str) if column.dtype.kind == "O" else column


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
