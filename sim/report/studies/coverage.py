"""How often intervals hold the truth: a table, and a figure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sim.experiments.evidence.coverage import INTERVALS, RULES, WANTED, Covered
from sim.report.figure import Figure
from sim.report.numbers import THIN
from sim.report.studies.naming import color_of, title_of
from sim.report.studies.tables import new_table, rounded
from sim.report.studies.whiskers import Whisker, height_of, whiskers, with_interval
from sim.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from rich.table import Table

DRAWN: Final = RULES[-1]
WORST: Final = ("below", "above", "not told", "inside")


def tables(found: Sequence[Covered], scenario: Scenario) -> "list[Table]":
    """A row for each metric, number of people and interval."""
    table = new_table(
        f"Intervals of 95 % that hold the truth, coins dearer by 5 %; {scenario.days} days, wanted: 93 to 97 %",
        "metric",
        "viewers>",
        "skewness>",
        "of the",
        *(f"{rule}>" for rule in RULES),
        "so",
        "marked",
    )
    rows: dict[tuple[str, int, str], list[Covered]] = {}
    for one in found:
        rows.setdefault((one.metric, one.towns, one.interval), []).append(one)
    for (metric, towns, interval), mine in rows.items():
        is_first = interval == INTERVALS[0]
        table.add_row(
            title_of(metric) if towns == 1 and is_first else "",
            f"{towns * scenario.viewers:,}" if is_first else "",
            f"{mine[0].skewness:+.1f}" if is_first else "",
            interval,
            *(percent(one.share.value) for one in mine),
            min((one.verdict for one in mine), key=WORST.index),
            mine[0].mark,
        )
    return [table]


def figure(found: Sequence[Covered], scenario: Scenario) -> Figure:
    """The share of told intervals that hold the truth where a comparison stops by its own rule."""
    told = {(one.metric, one.towns): one for one in found if one.rule == DRAWN}  # the last is what is told
    shown = list(told.values())
    rows = [
        Whisker(
            f"{title_of(one.metric)}, {one.towns * scenario.viewers:,}{'*' if one.mark else ''}",
            one.share,
            with_interval(one.share, percent),
            color_of(one.metric),
        )
        for one in shown
    ]

    def draw(canvas: "Canvas") -> None:
        whiskers(canvas, rows, value_text=percent, band=WANTED, line=0.95)

    most = max(one.towns for one in shown)
    return Figure(
        f"coverage-{scenario.name}",
        f"Intervals of 95 % hold the truth in {_range(shown, 1)} of comparisons of {scenario.viewers:,} viewers, in "
        f"{_range(shown, most)} of {most * scenario.viewers:,}",
        "Share of comparisons whose interval over seeds holds the true change, where pairs are added until it is short "
        "enough, by metric and number of viewers; coins dearer by 5 %. Lines hold 95 %, the band is 93 to 97 %. A star "
        "is what a comparison marks, for too few pay.",
        f"{shown[0].repetitions:,} comparisons with seeds of their own; those of more viewers are sums of their pairs.",
        {
            "metric": [one.metric for one in found],
            "viewers": [one.towns * scenario.viewers for one in found],
            "comparison": [one.rule for one in found],
            "interval": [one.interval for one in found],
            "repetitions": [one.repetitions for one in found],
            "pairs": rounded(one.pairs for one in found),
            "hits": [one.hits for one in found],
            "share": rounded(one.share.value for one in found),
            "low": rounded(one.share.low for one in found),
            "high": rounded(one.share.high for one in found),
            "verdict": [one.verdict for one in found],
            "mark": [one.mark for one in found],
            "true_relative": rounded(one.truth.value / one.base for one in found),
            "its_half_width": rounded(one.truth.half / one.base for one in found),
            "skewness": rounded(one.skewness for one in found),
        },
        draw,
        height=height_of(len(rows)),
        phone_height=height_of(len(rows)),
    )


def _range(shown: Sequence[Covered], towns: int) -> str:
    low, high = (bound(one.share.value for one in shown if one.towns == towns) for bound in (min, max))
    return f"{100 * low:.0f} to {100 * high:.0f}{THIN}%"


def percent(fraction: float) -> str:
    """`94.6 %`."""
    return f"{100 * fraction:.1f}{THIN}%"
