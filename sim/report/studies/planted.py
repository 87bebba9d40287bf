"""Planted effects beside what came out: a table, and a figure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.experiments.evidence.planted import Planted
from sim.report.figure import Figure
from sim.report.studies.tables import new_table, rounded
from sim.report.studies.whiskers import Whisker, height_of, moved, whiskers, with_interval
from sim.report.style import BASE, VIEWERS, WARNING

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from rich.table import Table


def tables(found: Sequence[Planted], scenario: str) -> "list[Table]":
    """A row for each effect."""
    table = new_table(f"Planted into {scenario} and looked for, 95 %", "what", "planted>", "found>", "recovered", "")
    for one in found:
        recovered = "yes" if one.is_recovered else "no"
        table.add_row(one.name, moved(one.planted), with_interval(one.found, moved), recovered, one.told)
    return [table]


def figure(found: Sequence[Planted], scenario: str) -> Figure:
    """What came out less what was planted, with its interval."""
    rows = [
        Whisker(
            one.name,
            one.found.less(one.planted),
            f"{moved(one.planted)} planted",
            (BASE if one.planted == 0 else VIEWERS) if one.is_recovered else WARNING,
        )
        for one in found
    ]

    def draw(canvas: "Canvas") -> None:
        whiskers(canvas, rows, value_text=moved, line=0.0)

    n = sum(one.is_recovered for one in found)
    return Figure(
        f"planted-{scenario}",
        f"{'All' if n == len(found) else n} of {len(found)} planted effects are found within their intervals",
        "What came out less what was planted; lines hold 95 %. An elasticity is planted as the change of topups where "
        "coins cost 5 % more.",
        "Pairs of runs under common draws; what does nothing changes nothing at all.",
        {
            "planted": [one.name for one in found],
            "effect": rounded(one.planted for one in found),
            "found": rounded(one.found.value for one in found),
            "low": rounded(one.found.low for one in found),
            "high": rounded(one.found.high for one in found),
            "recovered": [one.is_recovered for one in found],
            "told": [one.told for one in found],
        },
        draw,
        height=height_of(len(rows)),
        phone_height=height_of(len(rows)),
    )
