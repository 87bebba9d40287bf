"""Tables: what goes in comes out with its type, the same columns make the same bytes, and damage gets one line."""

import errno
import os
from pathlib import Path

import duckdb
import numpy as np
import pytest

from sim import files
from sim.tables import TableError, read_parquet, rows, write_parquet

COLUMNS = {
    "flag": np.array([True, False, True]),
    "op": np.array([0, 1, 255], "u1"),
    "region": np.array([0, 840, 65535], "u2"),
    "item": np.array([-1, 0, 2**31 - 1], "i4"),
    "amount": np.array([-(2**63), 0, 2**63 - 1], "i8"),
    "price": np.array([0.1, -0.0, np.nan], "f8"),
    "name": np.array(["", "rose", "Löwe 'n\" 獅子"]),
}


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.parquet"
    write_parquet(path, COLUMNS)
    return path


def one_line(error: pytest.ExceptionInfo[TableError]) -> str:
    message = str(error.value)
    assert "\n" not in message
    return message


def test_columns_come_back_in_order_with_type_and_value(table):
    found = read_parquet(table)
    assert list(found) == list(COLUMNS)
    for name, column in COLUMNS.items():
        assert found[name].dtype.kind == column.dtype.kind
        assert found[name].dtype.itemsize >= column.dtype.itemsize
        np.testing.assert_array_equal(found[name], column)
    assert np.signbit(found["price"][1])


def test_only_the_columns_wanted_are_read_in_their_order(table):
    assert list(read_parquet(table, ["name", "op"])) == ["name", "op"]


def test_a_table_without_rows_keeps_its_types(tmp_path):
    path = tmp_path / "empty.parquet"
    write_parquet(path, {name: column[:0] for name, column in COLUMNS.items()})
    assert rows(path) == 0
    assert [column.dtype.kind for column in read_parquet(path).values()] == list("buuiifU")


def test_files_of_a_pattern_are_read_in_the_order_of_their_names(tmp_path):
    for number in (10, 2, 1):
        write_parquet(tmp_path / f"part-{number:05d}.parquet", {"n": np.full(number, number)})
    assert read_parquet(tmp_path / "part-*.parquet")["n"].tolist() == [1] + [2] * 2 + [10] * 10
    assert rows(tmp_path / "part-*.parquet") == 13


@pytest.mark.parametrize("name", ["a [1].parquet", "a*.parquet", "it's.parquet", "ü?.parquet"])
def test_a_file_that_is_there_means_itself(tmp_path, name):
    write_parquet(tmp_path / "a 1.parquet", {"n": np.array([1])})
    write_parquet(tmp_path / name, {"n": np.array([2])})
    assert read_parquet(tmp_path / name)["n"].tolist() == [2]
    assert rows(tmp_path / name) == 1


def test_the_same_columns_make_the_same_bytes(tmp_path):
    columns = {"n": np.arange(300_000), "kind": np.array(["app", "web", "app"] * 100_000)}
    for name in ("one", "other"):
        write_parquet(tmp_path / name, columns)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_the_file_is_compressed_with_zstd(table):
    found = duckdb.execute("SELECT DISTINCT compression FROM parquet_metadata(?)", [str(table)]).fetchall()
    assert found == [("ZSTD",)]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, "at least one column"),
        ({"a": np.arange(3), "b": np.arange(2)}, r"column b has shape \(2,\), expected \(3,\)"),
        ({"a": np.zeros((2, 2))}, r"column a has shape \(2, 2\)"),
        ({"a": np.array([1], dtype=object)}, "column a has type object, expected a number or text"),
        ({"a": np.arange(3, dtype=">i8")}, "column a has type >i8"),
    ],
    ids=["no column", "another length", "two dimensions", "objects", "big-endian"],
)
def test_what_is_no_table_is_refused(tmp_path, columns, expected):
    with pytest.raises(TableError, match=expected):
        write_parquet(tmp_path / "table.parquet", columns)
    assert list(tmp_path.iterdir()) == []


def test_a_truncated_file_gets_one_line_with_its_name(table):
    content = table.read_bytes()
    for length in (0, 100, len(content) - 1):
        table.write_bytes(content[:length])
        with pytest.raises(TableError) as error:
            read_parquet(table)
        assert str(table) in one_line(error)


def test_a_damaged_page_gets_one_line_with_its_name(tmp_path):
    path = tmp_path / "table.parquet"
    write_parquet(path, {"n": np.arange(1_000) ** 2})
    content = bytearray(path.read_bytes())
    content[20:60] = bytes(40)
    path.write_bytes(content)
    with pytest.raises(TableError) as error:
        read_parquet(path)
    assert str(path) in one_line(error)


def test_no_file_and_no_column_get_one_line(table):
    with pytest.raises(TableError) as error:
        read_parquet(table.with_name("none.parquet"))
    assert "none.parquet" in one_line(error)
    with pytest.raises(TableError) as error:
        read_parquet(table, ["amuont"])
    assert "amuont" in one_line(error)


def test_an_empty_cell_among_integers_is_refused(tmp_path):
    path = tmp_path / "foreign.parquet"
    duckdb.sql("SELECT 1 AS n UNION ALL SELECT NULL").write_parquet(str(path))
    with pytest.raises(TableError, match="column n, row 1 is empty"):
        read_parquet(path)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TableError, match=r"nowhere/table\.parquet: cannot write it"):
        write_parquet(tmp_path / "nowhere" / "table.parquet", COLUMNS)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(table, monkeypatch):
    before = table.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(TableError) as error:
        write_parquet(table, {"n": np.arange(10)})
    assert one_line(error) == f"{table}: cannot write it: No space left on device"
    assert list(table.parent.iterdir()) == [table]
    assert table.read_bytes() == before


def test_a_disk_that_fills_while_duckdb_writes_gets_one_line(tmp_path, monkeypatch):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")

    def onto_the_full_disk(path: Path) -> Path:
        link = path.with_name(".full")
        link.symlink_to(full)
        return link

    monkeypatch.setattr(files, "_unfinished_name", onto_the_full_disk)
    path = tmp_path / "table.parquet"
    with pytest.raises(TableError) as error:
        write_parquet(path, {"n": np.random.default_rng(1).integers(0, 2**62, 100_000)})
    assert one_line(error) == f"{path}: cannot write it: No space left on device"
    assert list(tmp_path.iterdir()) == []
