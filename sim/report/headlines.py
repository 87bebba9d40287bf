"""Headlines: each scenario's answer in one sentence, with the numbers behind it and the command that made them.

    >>> headlines(Path("results/economy/headlines.json"))["us-web-push"].text
    'Take rate 42.4 %, +4.1 points against us-baseline (+2.2 to +6 points over seeds, −5.9 to +12 points over what ...'

They are kept in the repository, so that `coinworks scenarios` can tell an answer beside its question. The sentence is
made of the numbers: nobody writes it, and an interval over seeds never stands alone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from sim.experiments.compare import Comparison
from sim.experiments.level import Level
from sim.experiments.runs import Floats
from sim.report.differing import answer_text, level_text
from sim.runs import read_json, write_json
from sim.scenario import Scenario

KEPT: Final = Path("economy") / "headlines.json"  # under results/


class Headline(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A scenario's answer.

    Attributes
    ----------
    text : one sentence, the finding with its number and unit
    metric, unit, currency : the metric it rests on, as `sim.metrics.definitions` states it; "" without a currency
    seeds, values, bases : what the metric came to under each seed, here and in the base
    compared_with : the name of that other scenario; "" where there is none
    viewers, days, digest : of what the scenario said when it was asked
    warm_up_days : left out at the beginning of the runs
    interval_seeds, interval_parameters : of the difference, or of the value where there is no base
    sign_share : of the draws, those that keep the difference's sign
    label : what it rests on: mechanism, fitted or assumed
    draws, draw_viewers : how many, of how many people
    is_clear : whether the difference's sign is, see `sim.experiments.paired.Difference.is_clear`
    command : how it was made
    """

    text: str
    metric: str
    unit: str
    seeds: list[int]
    values: list[float]
    command: str
    viewers: int
    days: int
    digest: str
    currency: str = ""
    bases: list[float] | None = None
    compared_with: str = ""
    warm_up_days: int = 0
    interval_seeds: tuple[float, float] | None = None
    interval_parameters: tuple[float, float] | None = None
    sign_share: float | None = None
    label: str = ""
    draws: int = 0
    draw_viewers: int = 0
    is_clear: bool | None = None


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


def headline_of(scenario: Scenario, told: Comparison, command: str) -> Headline:
    """What is kept of a comparison with the scenario's base."""
    one = told.answer
    return Headline(
        text=answer_text(told, told.base.name.removeprefix(f"{scenario.name} ")),
        metric=one.metric,
        unit=one.unit,
        currency=one.currency,
        seeds=told.seeds,
        values=_plain(one.others),
        bases=_plain(one.bases),
        compared_with=told.base.name,
        viewers=scenario.viewers,
        days=scenario.days,
        digest=scenario.digest,
        warm_up_days=told.warm_up_days,
        interval_seeds=_bounds(one.interval_told),
        interval_parameters=None if one.interval_parameters is None else _bounds(one.interval_parameters),
        sign_share=one.sign_share,
        label=one.label or "",
        draws=0 if told.beliefs is None else len(told.beliefs.values),
        draw_viewers=0 if told.beliefs is None else told.beliefs.viewers,
        is_clear=one.is_clear,
        command=command,
    )


def headline_of_level(scenario: Scenario, found: Level, command: str) -> Headline:
    """What is kept of a scenario that has no base."""
    return Headline(
        text=level_text(found),
        metric=found.metric,
        unit=found.unit,
        currency=found.currency,
        seeds=found.seeds,
        values=_plain(found.values),
        viewers=scenario.viewers,
        days=scenario.days,
        digest=scenario.digest,
        interval_seeds=_bounds(found.interval_seeds),
        interval_parameters=_bounds(found.interval_parameters),
        label=found.label,
        draws=len(found.drawn),
        draw_viewers=found.draw_viewers,
        command=command,
    )


def _plain(values: Floats) -> list[float]:
    return [_rounded(value) for value in values.tolist()]


def _bounds(interval: tuple[float, float]) -> tuple[float, float]:
    return _rounded(interval[0]), _rounded(interval[1])


def _rounded(value: float) -> float:
    """To twelve digits: the last ones of a float hang on the machine."""
    return float(f"{value:.12g}")
