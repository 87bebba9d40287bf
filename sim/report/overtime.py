"""Time axes: a measure by day or hour, panels below each other, and the dates of what changed as thin verticals.

for axes, line in zip(stacked(canvas, len(lines), run), lines): draw_beside(axes, run, found[line], before[line], …)
"""

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from sim.metrics.series import HOUR_US
from sim.report.evidence import DAY_US, Evidence
from sim.report.style import BASE, INK, MUTED, is_narrow
from sim.tables import Columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

Floats = npt.NDArray[np.float64]

PANEL_PX: Final = 116
HEAD_PX: Final = 34
LEFT_PX: Final = 56
RIGHT_PX: Final = 12
FOOT_PX: Final = 36
WORD_PX: Final = 15
HOURLY_BELOW_DAYS: Final = 3
DAYS_NAMED: Final = 8
DAYS_NAMED_NARROW: Final = 4
MARKS_NAMED: Final = 4
DASHES: Final = (0, (4, 2))


def step_us(run: Evidence) -> int:
    """The length of a step of time on a figure, in microseconds."""
    return HOUR_US if run.days < HOURLY_BELOW_DAYS else DAY_US


def step_name(run: Evidence) -> str:
    """`day` or `hour`."""
    return "hour" if step_us(run) == HOUR_US else "day"


def by_step(run: Evidence, table: Columns, measure: str, mine: npt.NDArray[np.bool_] | None = None) -> Floats:
    """A measure of some rows of a table by step; of all rows in the report's currency unless told which."""
    mine = table["currency"] == run.currency_code if mine is None else mine
    n_steps = -(-run.days * DAY_US // step_us(run))
    place = np.minimum(table["at_us"][mine] // step_us(run), n_steps - 1)
    totals = np.zeros(n_steps)
    np.add.at(totals, place, table[measure][mine])
    return totals


def height_of(number: int, run: Evidence) -> int:
    """The height of so many panels, in pixels."""
    return FOOT_PX + words_px(run) + number * (PANEL_PX + HEAD_PX)


def words_px(run: Evidence) -> int:
    """Room above the panels for the words at the dates."""
    return WORD_PX * len(run.marks[:MARKS_NAMED])


def stacked(canvas: "Canvas", number: int, run: Evidence) -> "list[Axes]":
    """Axes below each other over the run's time, with the days named at the lowest."""
    width, height = canvas.get_size_inches() * 72
    each = (height - FOOT_PX - words_px(run)) / number
    made = []
    for place in range(number):
        low = FOOT_PX + (number - 1 - place) * each
        box = (LEFT_PX / width, low / height, 1 - (LEFT_PX + RIGHT_PX) / width, (each - HEAD_PX) / height)
        axes = canvas.add_axes(box)
        name_days(axes, run, narrow=is_narrow(canvas), named=place == number - 1)
        made.append(axes)
    return made


def name_days(axes: "Axes", run: Evidence, *, narrow: bool, named: bool = True) -> None:
    """Days along the x axis, in hours from the start."""
    days = range(0, run.days, -(-run.days // (DAYS_NAMED_NARROW if narrow else DAYS_NAMED)))
    axes.set_xlim(0, 24 * run.days)
    axes.set_xticks([24 * day for day in days], [run.day_name(day) if named else "" for day in days], ha="left")


def draw_beside(axes: "Axes", run: Evidence, name: str, color: str, found: Floats, before: Floats | None) -> None:
    """A measure over time in a colour, the base's behind it in grey, and the measure's name above."""
    at = np.arange(len(found) + 1) * step_us(run) / HOUR_US
    if before is not None:
        axes.step(at, [*before, before[-1]], where="post", color=BASE, linewidth=1.5, linestyle=DASHES)
    axes.step(at, [*found, found[-1]], where="post", color=color, linewidth=2)
    axes.annotate(name, (0, 1), (0, 5), "axes fraction", "offset points", color=INK, va="bottom")


def draw_marks(axes: "Axes", run: Evidence, *, with_words: bool) -> None:
    """Dates as thin verticals; the first few get their words, each in a line of its own above the panel."""
    for mark in run.marks:
        for instant_us in (mark.at_us, mark.until_us):
            if 0 < instant_us < run.days * DAY_US:
                axes.axvline(instant_us / HOUR_US, color=INK, linewidth=1, alpha=0.6)
    if with_words:
        for place, mark in enumerate(run.marks[:MARKS_NAMED]):
            _draw_word(axes, run, mark.text, mark.at_us, HEAD_PX - 6 + WORD_PX * (words_px(run) // WORD_PX - 1 - place))


def _draw_word(axes: "Axes", run: Evidence, text: str, at_us: int, above_px: int) -> None:
    is_late = at_us > 0.6 * run.days * DAY_US
    axes.annotate(
        text,
        (max(at_us, 0) / HOUR_US, 1),
        (-3 if is_late else 3, above_px),
        ("data", "axes fraction"),
        "offset points",
        ha="right" if is_late else "left",
        color=MUTED,
        fontsize=12,
    )


def marks_in_words(run: Evidence) -> str:
    """`Vertical lines: commission 8 % (12 April, 00:00).`"""
    words = [f"{mark.text} ({run.at(mark.at_us).day} {run.at(mark.at_us):%B, %H:%M})" for mark in run.marks]
    return f"Vertical lines: {'; '.join(words)}." if words else ""
