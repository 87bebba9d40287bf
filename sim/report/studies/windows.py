"""What halving and doubling the window changes: a table, and a figure of the half."""

from typing import TYPE_CHECKING

from sim.experiments.evidence.windows import Change, Windows
from sim.report.figure import Figure
from sim.report.numbers import duration
from sim.report.studies.naming import color_of, title_of
from sim.report.studies.tables import new_table, rounded
from sim.report.studies.whiskers import Whisker, height_of, moved, whiskers, with_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from rich.table import Table


def tables(found: Windows) -> "list[Table]":
    """A row for each metric."""
    half_s, double_s = found.lengths_s
    table = new_table(
        f"What another window changes, against {duration(found.length_s)}; mean of {len(found.seeds)} seeds, 95 %",
        "metric",
        f"{duration(half_s)}>",
        f"{duration(double_s)}>",
        "stated ±>",
        "halving is",
    )
    for metric in _metrics(found):
        half, double = (found.changes[metric, length_s] for length_s in found.lengths_s)
        texts = [with_interval(change.relative, moved) for change in (half, double)]
        table.add_row(title_of(metric), *texts, moved(half.stated).removeprefix("+"), half.verdict)
    return [table]


def figure(found: Windows) -> Figure:
    """By how much half of the window moves each metric, over what is stated."""
    half_s = found.lengths_s[0]
    halves = [found.changes[metric, half_s] for metric in _metrics(found)]
    rows = [
        Whisker(title_of(one.metric), one.relative, with_interval(one.relative, moved), color_of(one.metric))
        for one in halves
    ]
    stated = min(one.stated for one in halves)

    def draw(canvas: "Canvas") -> None:
        whiskers(canvas, rows, value_text=moved, band=(-stated, stated), line=0.0)

    most = max(halves, key=lambda one: abs(one.relative.value))
    return Figure(
        f"windows-{found.scenario}",
        f"Half of the window moves nothing by more than {moved(abs(most.relative.value)).removeprefix('+')}",
        f"Change from a window of {duration(found.length_s)} to one of {duration(half_s)}, of the metric's mean; lines "
        f"hold 95 %, the band is ±{moved(stated).removeprefix('+')}.",
        "The same people with the same chances under both, seed by seed.",
        _columns(found),
        draw,
        height=height_of(len(rows)),
        phone_height=height_of(len(rows)),
    )


def _metrics(found: Windows) -> list[str]:
    return list(dict.fromkeys(metric for metric, _ in found.changes))


def _columns(found: Windows) -> dict[str, list[object]]:
    changes: list[Change] = list(found.changes.values())
    return {
        "metric": [one.metric for one in changes],
        "window_s": [one.length_s for one in changes],
        "own_window_s": [found.length_s for _ in changes],
        "own_mean": rounded(float(one.bases.mean()) for one in changes),
        "mean": rounded(float(one.values.mean()) for one in changes),
        "relative": rounded(one.relative.value for one in changes),
        "low": rounded(one.relative.low for one in changes),
        "high": rounded(one.relative.high for one in changes),
        "stated": [one.stated for one in changes],
        "verdict": [one.verdict for one in changes],
    }
