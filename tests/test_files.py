"""Files that are there whole or not at all, also when a disk is full."""

import errno
from pathlib import Path

import pytest

from sim.files import naming, replacing, write_together


def refuse(*_arguments: object, **_named: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_the_file_that_was_there_and_names_it(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    path.write_text("old")

    def write() -> None:
        with replacing(path) as unfinished:
            unfinished.write_text("ne")
            refuse()

    with pytest.raises(OSError, match="No space left") as error:
        write()
    assert error.value.filename == str(path)
    assert {entry.name: entry.read_text() for entry in tmp_path.iterdir()} == {"summary.json": "old"}


def test_a_name_that_the_system_gave_is_kept(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="none") as error, naming(tmp_path):
        (tmp_path / "none").read_text()
    assert error.value.filename == str(tmp_path / "none")


def test_files_that_belong_together_are_all_new_or_all_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, table, figure = tmp_path / "page.html", tmp_path / "figures" / "a.csv", tmp_path / "figures" / "b.csv"
    write_together({table: "1", figure: "1", page: "1"})
    whole = Path.write_text

    def write_until_full(path: Path, text: str, encoding: str) -> int:
        return refuse() if "b.csv" in path.name else whole(path, text, encoding)

    monkeypatch.setattr(Path, "write_text", write_until_full)
    with pytest.raises(OSError, match="No space left"):
        write_together({table: "2", figure: "2", page: "2"})
    assert {path: path.read_text() for path in tmp_path.rglob("*.*")} == {page: "1", table: "1", figure: "1"}


def test_the_last_of_several_files_takes_its_name_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str] = []
    replace = Path.replace

    def note(path: Path, to: Path) -> Path:
        named.append(to.name)
        return replace(path, to)

    monkeypatch.setattr(Path, "replace", note)
    write_together({tmp_path / "a.csv": "", tmp_path / "b.csv": "", tmp_path / "page.html": ""})
    assert named[-1] == "page.html"
