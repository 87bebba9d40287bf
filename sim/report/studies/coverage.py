"""How often intervals hold the truth: a table, and a figure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sim.experiments.evidence.coverage import RULES, WANTED, Covered
from sim.report.figure import Figure
from sim.report.numbers import THIN
from sim.report.studies.naming import color_of, title_of
from sim.report.studies.tables import new_table, rounded
from sim.report.studies.whiskers import Whisker, height_of, moved, whiskers, with_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from rich.table import Table

DRAWN: Final = RULES[-1]


def tables(found: Sequence[Covered]) -> "list[Table]":
    """A row for each metric and rule."""
    table = new_table(
        f"Intervals of 95 % that hold the truth, of {found[0].repetitions:,} comparisons; coins dearer by 5 %",
        "metric",
        "true change>",
        "skewness>",
        "comparison",
        "pairs>",
        "hold it>",
        "93 to 97 %",
    )
    for one in found:
        first = one.rule == RULES[0]
        table.add_row(
            title_of(one.metric) if first else "",
            f"{moved(one.truth.value / one.base)} ± {moved(one.truth.half / one.base).lstrip('+')}" if first else "",
            f"{one.skewness:+.1f}" if first else "",
            one.rule,
            f"{one.pairs:.1f}",
            with_interval(one.share, percent),
            one.verdict,
        )
    return [table]


def figure(found: Sequence[Covered], scenario: str) -> Figure:
    """The share of intervals that hold the truth where a comparison stops by its own rule."""
    shown = [one for one in found if one.rule == DRAWN]
    rows = [
        Whisker(title_of(one.metric), one.share, with_interval(one.share, percent), color_of(one.metric))
        for one in shown
    ]

    def draw(canvas: "Canvas") -> None:
        whiskers(canvas, rows, value_text=percent, band=WANTED, line=0.95)

    least, most = (bound(one.share.value for one in shown) for bound in (min, max))
    return Figure(
        f"coverage-{scenario}",
        f"Intervals of 95 % hold the truth in {percent(least)} to {percent(most)} of comparisons",
        "Share of comparisons whose interval over seeds holds the true change, where pairs are added until it is short "
        "enough; coins dearer by 5 %. Lines hold 95 %, the band is 93 to 97 %.",
        f"{shown[0].repetitions:,} comparisons with seeds of their own; the truth is the mean of other pairs.",
        {
            "metric": [one.metric for one in found],
            "comparison": [one.rule for one in found],
            "repetitions": [one.repetitions for one in found],
            "pairs": rounded(one.pairs for one in found),
            "hits": [one.hits for one in found],
            "share": rounded(one.share.value for one in found),
            "low": rounded(one.share.low for one in found),
            "high": rounded(one.share.high for one in found),
            "verdict": [one.verdict for one in found],
            "true_difference": rounded(one.truth.value for one in found),
            "its_half_width": rounded(one.truth.half for one in found),
            "base": rounded(one.base for one in found),
            "skewness": rounded(one.skewness for one in found),
        },
        draw,
        height=height_of(len(rows)),
        phone_height=height_of(len(rows)),
    )


def percent(fraction: float) -> str:
    """`94.6 %`."""
    return f"{100 * fraction:.1f}{THIN}%"
