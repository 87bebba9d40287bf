"""What is wrong with a scenario: every problem in one line, all of them at once.

scenarios/my.toml:12: gifting.intent = -0.2: expected a number in [0, 1]
"""

import os
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple

from sim.ledger.errors import CoinworksError

KeyPath = tuple[str | int, ...]

SHOWN_MAX: Final = 60


class Problem(NamedTuple):
    """One thing to mend; a note is worth knowing, and stops nobody."""

    file: str
    key: str
    value: str
    expected: str
    hint: str = ""
    line: int | None = None
    is_note: bool = False

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        what = " = ".join(part for part in (self.key, self.value) if part)
        parts = [place, "note" if self.is_note else "", what, f"expected {self.expected}"]
        return ": ".join(part for part in parts if part) + (f" ({self.hint})" if self.hint else "")


class ScenarioError(CoinworksError):
    """A scenario that cannot be used; the message has a line for each problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def nearest(name: str, known: Iterable[str]) -> str:
    """The hint for a name nobody knows: the one that was probably meant, or all there are."""
    names = sorted(known)
    matches = get_close_matches(name, names, n=1)
    if matches:
        return f"did you mean {matches[0]}?"
    return f"known: {shorten(', '.join(names), 200)}" if names else ""


def dotted(path: KeyPath) -> str:
    """`regions.US.share`, `interventions[0].at`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def shown(value: object) -> str:
    """A value as it stands in the file, shortened."""
    return shorten(_toml(value), SHOWN_MAX)


def shorten(text: str, length_max: int) -> str:
    return text if len(text) <= length_max else f"{text[: length_max - 1]}…"


def shown_path(path: Path) -> str:
    """A file as the reader would name it: relative to where they stand, if it lies below."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith(os.pardir) else relative


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case Decimal() | int() | float():
            return str(value)
        case date():
            return value.isoformat()
        case Mapping():
            return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
        case list() | tuple():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case _:
            return str(value)
