"""Whiskers: a row for each estimate, a dot with its interval and the numbers beside it.

whiskers(canvas, [Whisker("bookings", interval, "+1.5 %", VIEWERS)], band=(-0.03, 0.03))
"""

from collections.abc import Callable, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Final, NamedTuple

from sim.experiments.evidence.interval import Interval
from sim.report.numbers import MINUS, THIN, share
from sim.report.style import GRID, INK, MUTED, is_narrow, margins

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

ROW_PX: Final = 30
FOOT_PX: Final = 36
HEAD_PX: Final = 12
LETTER_PX: Final = 7.2  # of a name, which stands left of its row
LETTERS: Final = 17  # of a name in a line, on a phone


class Whisker(NamedTuple):
    """A row: its name, the estimate, what stands at its right, and the colour of whom it concerns."""

    name: str
    found: Interval
    text: str
    color: str


def height_of(rows: int) -> int:
    """The height of a figure of so many rows, in pixels."""
    return HEAD_PX + ROW_PX * rows + FOOT_PX


def whiskers(
    canvas: "Canvas",
    rows: Sequence[Whisker],
    *,
    value_text: Callable[[float], str],
    band: tuple[float, float] | None = None,
    line: float | None = None,
    logarithmic: bool = False,
) -> None:
    """Draw the rows from top to bottom, over a band of what was stated, with a line where nothing is, or the truth."""
    narrow = is_narrow(canvas)
    axes = canvas.add_subplot()
    names = [fill(row.name, LETTERS) if narrow else row.name for row in rows]
    left = 118 if narrow else max(200, round(LETTER_PX * max(map(len, names))))
    margins(canvas, left=left, right=84 if narrow else 170, top=HEAD_PX, bottom=FOOT_PX)
    if logarithmic:
        axes.set_xscale("log")
    if band is not None:
        axes.axvspan(*band, color=GRID, alpha=0.5, linewidth=0)
    if line is not None:
        axes.axvline(line, color=MUTED, linewidth=1)
    for place, row in enumerate(rows):
        axes.plot([row.found.low, row.found.high], [place, place], color=row.color, linewidth=3)
        axes.plot([row.found.value], [place], "o", color=row.color, markersize=7)
        axes.annotate(
            row.text if not narrow else row.text.split(" [")[0],
            (1, place),
            (8, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            color=INK,
            annotation_clip=False,
        )
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.margins(x=0.05)
    axes.xaxis.set_major_formatter(lambda value, _: value_text(value))
    axes.tick_params(axis="x", which="minor", labelbottom=False)
    if not logarithmic:
        axes.locator_params(axis="x", nbins=4)
    axes.grid(visible=False)


def moved(fraction: float) -> str:
    """A relative change: `+1.5 %`.

    >>> moved(-0.0153), moved(0.0)
    ('−1.5\u202f%', '0.0\u202f%')
    """
    text = share(abs(round(fraction, 4))) if abs(fraction) >= 0.0995 else f"{100 * abs(fraction):.1f}{THIN}%"
    sign = "" if text.startswith(f"0.0{THIN}") else "+" if fraction > 0 else MINUS
    return f"{sign}{text}"


def with_interval(found: Interval, text_of: Callable[[float], str]) -> str:
    """`+1.5 % [+0.6, +2.4]`."""
    value, low, high = (text_of(number) for number in found)
    bare = [bound.removesuffix(f"{THIN}%") for bound in (low, high)]
    return f"{value} [{', '.join(bare)}]"
