"""Headlines: each scenario's answer in one sentence, with the numbers behind it and the command that made them.

    >>> headlines(Path("results/economy/headlines.json"))["us-web-push"].text
    'Half of the buyers on the web: the platform keeps 6.1 % more of what fans pay'

They are kept in the repository, so that `coinworks scenarios` can tell an answer beside its question.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from sim.runs import read_json, write_json

KEPT: Final = Path("economy") / "headlines.json"  # under results/


class Headline(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A scenario's answer.

    Attributes
    ----------
    text : one sentence, the finding with its number and unit
    metric, unit, currency : the metric it rests on, as `sim.metrics.definitions` states it; "" without a currency
    value, base, difference : of the scenario, of the one it is compared with, and value - base; None where unknown
    compared_with : the name of that other scenario; "" where there is none
    command, seed, viewers, days : how it was made
    """

    text: str
    metric: str
    unit: str
    value: int | float | None
    command: str
    seed: int
    viewers: int
    days: int
    currency: str = ""
    base: int | float | None = None
    difference: int | float | None = None
    compared_with: str = ""


class Headlines(msgspec.Struct, frozen=True, kw_only=True):
    """The file: headlines by the stem of their scenario."""

    schema: Literal["coinworks/headlines/1"] = "coinworks/headlines/1"
    scenarios: dict[str, Headline]


def headlines(path: Path) -> Mapping[str, Headline]:
    """The kept headlines by scenario; none where the file isn't there, as in an installed wheel.

    Raises
    ------
    RunError : the file is of another version, or torn
    """
    return read_json(path, Headlines).scenarios if path.is_file() else {}


def write_headlines(path: Path, found: Mapping[str, Headline]) -> None:
    """Keep headlines, in the order of their scenarios' names."""
    write_json(path, Headlines(scenarios=dict(sorted(found.items()))))
