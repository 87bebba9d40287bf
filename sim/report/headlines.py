"""Headlines: each scenario's answer in one sentence, with the numbers behind it and the command that made them.

    >>> headlines(Path("results/economy/headlines.json"))["us-web-push"].text
    'Take rate 41.2 %, +1.9 points against us-baseline (+1.6 to +2.2 in 5 seeds)'

They are kept in the repository, so that `coinworks scenarios` can tell an answer beside its question. The sentence is
made of the numbers: nobody writes it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from sim.experiments.answer import Answer
from sim.experiments.runs import Floats
from sim.metrics.definitions import METRIC
from sim.report.numbers import THIN, about_money, index, plural, share, significant
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


def headline_of(scenario: Scenario, base: Scenario | None, found: Answer) -> Headline:
    """What is kept of an answer."""
    return Headline(
        text=sentence(found, base.name.removeprefix(f"{scenario.name} ") if base else ""),
        metric=found.metric,
        unit=found.unit,
        currency=found.currency,
        seeds=found.seeds,
        values=_plain(found.values),
        bases=None if found.bases is None else _plain(found.bases),
        compared_with=base.name if base else "",
        viewers=scenario.viewers,
        days=scenario.days,
        digest=scenario.digest,
        command=f"coinworks headlines {scenario.name} --seeds {len(found.seeds)}",
    )


def sentence(found: Answer, base: str) -> str:
    """The answer in words: the mean, and against its base the change, with the least and the largest over the seeds.

    A range over a handful of seeds is no interval, and is not called one.
    """
    name, _, currency = found.metric.partition(".")
    title = f"{METRIC[name].title} {currency}".rstrip()
    seeds = f"in {plural(len(found.seeds), 'seed')}"
    if not base:
        low, high = (_amount(found, float(bound)) for bound in (found.values.min(), found.values.max()))
        return f"{title} {_amount(found, found.value)} ({low} to {high} {seeds})"
    mean, low, high = (_change(found, float(change)) for change in _mean_and_range(found))
    return f"{title} {_amount(found, found.value)}, {mean} against {_named(base)} ({low} to {high} {seeds})"


def _named(base: str) -> str:
    return f"itself {base}" if base.startswith("without") else base


def _mean_and_range(found: Answer) -> tuple[float, float, float]:
    changes = found.changes
    assert found.base is not None
    mean = found.value / found.base - 1 if found.is_relative else found.value - found.base
    return mean, float(changes.min()), float(changes.max())


def _amount(found: Answer, value: float) -> str:
    if found.unit == "money":
        return about_money(round(value), found.currency)
    if found.unit == "share":
        return share(value)
    return index(value) if found.unit == "index" else f"{significant(round(value)):,}"


def _change(found: Answer, change: float) -> str:
    if not found.is_relative:
        points = f"{100 * change:+.2g}" if found.unit == "share" else f"{change:+.2g}"
        return f"{points} points" if found.unit == "share" else points
    return f"{100 * change:+.3g}{THIN}%"


def _plain(values: Floats) -> list[float]:
    return [float(f"{value:.12g}") for value in values.tolist()]
