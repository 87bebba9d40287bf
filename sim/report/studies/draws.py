"""How many times fewer runs common draws need: a table, and a figure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sim.experiments.evidence.draws import Draws
from sim.report.figure import Figure
from sim.report.studies.naming import color_of, title_of
from sim.report.studies.tables import new_table, rounded
from sim.report.studies.whiskers import Whisker, height_of, moved, whiskers, with_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from rich.table import Table

WANTED = 10.0


def tables(found: Sequence[Draws]) -> "list[Table]":
    """A row for each metric."""
    table = new_table(
        f"Coins dearer by 5 %: common draws against independent ones, {len(found[0].bases)} pairs of runs, 95 %",
        "metric",
        "change>",
        "times fewer runs>",
    )
    for one in found:
        table.add_row(title_of(one.metric), moved(one.relative), with_interval(one.times_fewer, _times))
    return [table]


def figure(found: Sequence[Draws], scenario: str) -> Figure:
    """The ratio of variances, by metric."""
    rows = [
        Whisker(title_of(one.metric), one.times_fewer, with_interval(one.times_fewer, _times), color_of(one.metric))
        for one in found
    ]

    def draw(canvas: "Canvas") -> None:
        whiskers(canvas, rows, value_text=_times, line=WANTED, logarithmic=True)

    least, most = (bound(one.times_fewer.value for one in found) for bound in (min, max))
    return Figure(
        f"draws-{scenario}",
        f"With common draws a comparison needs {_times(least)} to {_times(most)} times fewer runs",
        "Runs that a comparison needs with independent draws, for each that it needs with common ones; coins dearer by "
        "5 %. Log scale; lines hold 95 %, the vertical is ten.",
        f"{len(found[0].bases)} pairs; the interval is the jackknife's.",
        {
            "metric": [one.metric for one in found],
            "relative": rounded(one.relative for one in found),
            "times_fewer": rounded(one.times_fewer.value for one in found),
            "low": rounded(one.times_fewer.low for one in found),
            "high": rounded(one.times_fewer.high for one in found),
        },
        draw,
        height=height_of(len(rows)),
        phone_height=height_of(len(rows)),
    )


def _times(ratio: float) -> str:
    return f"{ratio:.3g}" if ratio < 1000 else f"{ratio:,.0f}"
