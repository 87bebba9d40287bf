"""The model beside the world: a table for the terminal, the kept numbers, and a figure with a row for each fact.

console().print(validation_table(rows))
kept_files(rows, PUBLISHED)["validation.svg"]
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from sim.experiments.validation import DISPUTED, ELSEWHERE, INSIDE, OUTSIDE, PUBLISHED, Row, Size
from sim.experiments.validation.fit import Fitted
from sim.experiments.validation.moments import MOMENTS
from sim.report.figure import Figure, csv_of
from sim.report.numbers import MINUS, THIN, UNKNOWN, index, share
from sim.report.standalone import standalone
from sim.report.style import BASE, GRID, INK, MUTED, SELLERS, WARNING, is_narrow, margins

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from rich.table import Table

COLOR: Final = {INSIDE: SELLERS, OUTSIDE: WARNING, DISPUTED: BASE}
MARKER: Final = {INSIDE: "o", OUTSIDE: "D", DISPUTED: "s"}
PLACE_NAMES: Final = {
    "us-baseline": "United States",
    "uk": "United Kingdom",
    "eu-withdrawal-right": "Germany",
    "indonesia-no-ban": "Indonesia",
    "douyin-blueprint": "China",
}
ROW_PX: Final = 24
FARTHEST: Final = 2.4  # ranges' widths from the range, drawn; beyond it stands an arrow


def fit_table(found: Sequence[Fitted]) -> "Table":
    """Each fitted parameter as it is stated, and as its fact would have it."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, title="Parameters, and the facts that they were fitted to", title_justify="left")
    for name in ("parameter", "place", "fact"):
        table.add_column(name)
    for name in ("stated", "fitted", "± s.e.", "ends of the fact"):
        table.add_column(name, justify="right")
    table.add_column("agrees")
    for one in found:
        ends = f"{one.least:.3g} to {one.most:.3g}".replace("inf", "beyond").replace("nan", "nowhere")
        known = one.error == one.error
        fitted = (f"{one.value:.3g}", f"{one.error:.2g}") if known else ("out of reach", "")
        numbers = (f"{one.stated:g}", *fitted, ends)
        place = PLACE_NAMES.get(one.place, one.place)
        table.add_row(one.parameter, place, one.fact, *numbers, "yes" if one.agrees else "no")
    return table


def fit_files(found: Sequence[Fitted]) -> dict[str, str]:
    """What is kept of the fit, by name."""
    columns: dict[str, list[object]] = {
        "parameter": [one.parameter for one in found],
        "place": [one.place for one in found],
        "fact": [one.fact for one in found],
        "stated": [_plain(one.stated) for one in found],
        "range_low": [_plain(one.bounds[0]) for one in found],
        "range_high": [_plain(one.bounds[1]) for one in found],
        "fitted_low": [f"{one.least:.4g}" for one in found],
        "fitted": [f"{one.value:.4g}" for one in found],
        "fitted_high": [f"{one.most:.4g}" for one in found],
        "standard_error": ["" if one.error != one.error else f"{one.error:.2g}" for one in found],
        "moment": [one.moment for one in found],
        "goal": [_plain(one.goal) for one in found],
        "reached": [f"{one.reached:.4g}" for one in found],
        "agrees": ["yes" if one.agrees else "no" for one in found],
    }
    return {"validation-fit.csv": csv_of(columns)}


def judged(rows: Sequence[Row]) -> list[Row]:
    """Those of which something is to be said."""
    return [row for row in rows if row.verdict != ELSEWHERE]


def validation_table(rows: Sequence[Row]) -> "Table":
    """What is judged, with its verdict."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, title="The model beside the world", title_justify="left")
    for name in ("fact", "moment", "place"):
        table.add_column(name)
    for name in ("model", "world"):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    for row in judged(rows):
        moment = MOMENTS[row.target.moment]
        place = PLACE_NAMES.get(row.place, row.place)
        fitted = " *" if row.target.fits else ""
        table.add_row(row.target.fact, moment.title, place, model_text(row), world_text(row), row.verdict + fitted)
    return table


def summary(rows: Sequence[Row]) -> str:
    """How many facts lie where, those apart to which a parameter was fitted.

    What agrees because it was made to is no evidence.
    """
    plain = [row for row in judged(rows) if row.verdict != DISPUTED]
    held_out = [row for row in plain if not row.target.fits]
    disputed = len(judged(rows)) - len(plain)
    return (
        f"{_inside(plain)} of {len(plain)} facts lie inside their range, "
        f"{_inside(held_out)} of the {len(held_out)} that nothing was fitted to; {disputed} are disputed"
    )


def kept_files(rows: Sequence[Row], size: Size = PUBLISHED) -> dict[str, str]:
    """What is kept in the repository, by name: the numbers and their figure."""
    figure = validation_figure([_rounded(row) for row in rows])
    places = f"{len(size.seeds)} seeds, n = {size.viewers:,} viewers for {size.days} days in each place"
    return {"validation.csv": figure.csv, "validation.svg": standalone(figure, places)}


def validation_figure(rows: Sequence[Row]) -> Figure:
    """Each judged fact a row: its range as a band, all of one width, and where the model lies against it."""
    shown = judged(rows)

    def draw(canvas: "Canvas") -> None:
        axes = canvas.add_subplot()
        left, right = (130, 8) if is_narrow(canvas) else (345, 196)
        margins(canvas, left=left, right=right, top=4, bottom=4)
        for place, row in enumerate(shown):
            _draw_row(axes, place, row, named=not is_narrow(canvas))
        axes.set(xlim=(-FARTHEST, 1 + FARTHEST), ylim=(len(shown) - 0.5, -0.5), xticks=[])
        axes.set_yticks(range(len(shown)), [_label(row, short=is_narrow(canvas)) for row in shown])
        axes.grid(visible=False)
        axes.spines.bottom.set_visible(False)

    height = 8 + ROW_PX * len(shown)
    return Figure(
        "validation",
        summary(rows),
        "Each fact's published range is a band of one width; the model's mean lies on it (circle), outside (diamond), "
        "or the fact is disputed (square). An arrow: farther out than is drawn. A star: a parameter was fitted to it.",
        f"Lines are 95{THIN}% intervals over the seeds: chance alone, with parameters as they are stated.",
        _columns(rows),
        draw,
        height=height,
        phone_height=height,
    )


def model_text(row: Row) -> str:
    """The model's number."""
    return number_text(row.target.moment, row.value)


def world_text(row: Row) -> str:
    """The world's range."""
    target = row.target
    low, high = (number_text(target.moment, bound) for bound in (target.low, target.high))
    if target.low == float("-inf"):
        return f"below {high}"
    return f"above {low}" if target.high == float("inf") else f"{low} to {high}"


def number_text(moment: str, value: float) -> str:
    """A moment's value with its unit."""
    unit = MOMENTS[moment].unit
    if value != value:
        return UNKNOWN
    if unit == "share":
        return share(value)
    if unit == "index":
        return index(value)
    text = f"{value:.{2 if unit == 'log points' else 3}g}".replace("-", MINUS)
    return f"${text}" if unit == "dollars" else text


def _inside(rows: Sequence[Row]) -> int:
    return sum(row.verdict == INSIDE for row in rows)


def _label(row: Row, *, short: bool) -> str:
    star = " *" if row.target.fits else ""
    if short:
        return f"{row.target.fact} {MOMENTS[row.target.moment].title}"[:20]
    return f"{MOMENTS[row.target.moment].title}, {PLACE_NAMES.get(row.place, row.place)} ({row.target.fact}){star}"


def _draw_row(axes: "Axes", place: int, row: Row, *, named: bool) -> None:
    """The band, the model's interval and mean, and both in words."""
    band = [min(max(bound, -FARTHEST), 1 + FARTHEST) for bound in _scaled(row, row.target.low, row.target.high)]
    value, low, high = _scaled(row, row.value, row.low, row.high)
    axes.plot(band, [place, place], color=GRID, linewidth=12, solid_capstyle="butt", zorder=1)
    color = COLOR[row.verdict]
    if -FARTHEST <= value <= 1 + FARTHEST:
        axes.plot([low, high], [place, place], color=color, linewidth=2, zorder=2)
        axes.plot([value], [place], MARKER[row.verdict], color=color, markersize=7, zorder=3)
    else:
        end, arrow = (-FARTHEST + 0.08, "<") if value < 0 else (1 + FARTHEST - 0.08, ">")
        axes.plot([end], [place], arrow, color=color, markersize=8, zorder=3)
    if named:
        beside: dict[str, Any] = {"textcoords": "offset points", "va": "center"}
        axes.annotate(_escaped(model_text(row)), (1 + FARTHEST, place), (6, 0), **beside, color=INK)
        axes.annotate(_escaped(world_text(row)), (1 + FARTHEST, place), (68, 0), **beside, color=MUTED)


def _escaped(text: str) -> str:
    """For matplotlib, to which dollars enclose a formula."""
    return text.replace("$", r"\$")


def _scaled(row: Row, *values: float) -> list[float]:
    """Where values lie if the range goes from 0 to 1; with one bound, the model is half a width from it."""
    target = row.target
    if target.low == float("-inf"):
        width = 2 * abs(row.value - target.high) or 1.0
        return [1 + (value - target.high) / width for value in values]
    width = 2 * abs(row.value - target.low) or 1.0 if target.high == float("inf") else target.high - target.low
    return [(value - target.low) / width for value in values]


def _columns(rows: Sequence[Row]) -> dict[str, list[object]]:
    return {
        "fact": [row.target.fact for row in rows],
        "moment": [row.target.moment for row in rows],
        "unit": [MOMENTS[row.target.moment].unit for row in rows],
        "place": [row.place for row in rows],
        "model": [_plain(row.value) for row in rows],
        "interval_low": [_plain(row.low) for row in rows],
        "interval_high": [_plain(row.high) for row in rows],
        "seeds": [row.seeds for row in rows],
        "world_low": [_plain(row.target.low) for row in rows],
        "world_high": [_plain(row.target.high) for row in rows],
        "verdict": [row.verdict for row in rows],
        "fits": [row.target.fits for row in rows],
        "says": [row.target.says for row in rows],
        "people": [row.target.people for row in rows],
        "note": [row.note for row in rows],
    }


def _rounded(row: Row) -> Row:
    """The row as its numbers are kept, so that the drawing follows from the file."""
    value, low, high = (float(_plain(number) or "nan") for number in (row.value, row.low, row.high))
    return row._replace(value=value, low=low, high=high)


def _plain(value: float) -> str:
    """Six digits: the last ones of a sum depend on how many numbers a CPU adds at a time. Nothing, where unknown."""
    return "" if value != value or value in (float("inf"), float("-inf")) else f"{value:.6g}"
