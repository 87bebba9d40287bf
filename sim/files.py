"""Files that are there whole or not at all.

    with replacing(Path("summary.json")) as unfinished:
        unfinished.write_text("{}")

What is written under the unfinished name reaches the disk before it takes the final name, so neither a crash nor a full
disk leaves half a file that looks whole. Writing one file is all this does; a whole folder is `sim.runs.create_run`.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A hidden name beside `path` to write to; it becomes `path` at the end, or is removed on an exception."""
    unfinished = _unfinished_name(path)
    try:
        yield unfinished
        _sync(unfinished)
        unfinished.replace(path)
        _sync(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _unfinished_name(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
