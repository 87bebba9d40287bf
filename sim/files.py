"""Files that are there whole or not at all.

    with replacing(Path("summary.json")) as unfinished:
        unfinished.write_text("{}")

What is written under the unfinished name reaches the disk before it takes the final name, so neither a crash nor a full
disk leaves half a file that looks whole. Files that belong together are `write_together`'s; a whole new folder is
`sim.runs.create_run`'s.
"""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A hidden name beside `path` to write to; it becomes `path` at the end, or is removed on an exception."""
    unfinished = _unfinished_name(path)
    try:
        with naming(path):
            yield unfinished
            _sync(unfinished)
            unfinished.replace(path)
            _sync(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def write_together(files: Mapping[Path, str]) -> None:
    """Write texts that belong together: none takes its name before all are written, and the last one does so last."""
    with ExitStack() as stack:
        for path, text in reversed(list(files.items())):
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(replacing(path)).write_text(text, "utf-8")


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Say where, when the system refuses without a name: a write to an open file that finds the disk full."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def link_or_copy(source: Path, target: Path) -> None:
    """The same file under another name, without a copy where the file system can."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _unfinished_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
