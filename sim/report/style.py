"""From numbers to a figure: the one place that knows matplotlib's settings.

    >>> svg = render("bookings", draw, width=720, height=320)

Every figure is drawn twice, for a page and for a phone, as SVG with its text as text. Colours are written as the page's
own variables, so the figure turns dark with the page. The same numbers give the same bytes.
"""

import re
from collections.abc import Callable, Sequence
from importlib import resources
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

INK: Final = "#222222"
MUTED: Final = "#595959"
GRID: Final = "#d9d9d9"
PAPER: Final = "#fefefe"
VIEWERS: Final = "#0072b2"
CREATORS: Final = "#d55e00"
SELLERS: Final = "#009e73"
PLATFORM: Final = "#cc79a7"
OUTSIDE: Final = "#999999"  # store and tax
WARNING: Final = "#e69f00"
BASE: Final = "#666666"  # what a run is compared with

VARIABLES: Final = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    PAPER: "paper",
    VIEWERS: "viewers",
    CREATORS: "creators",
    SELLERS: "sellers",
    PLATFORM: "platform",
    OUTSIDE: "outside",
    WARNING: "warning",
    BASE: "base",
}

Draw = Callable[["Canvas"], None]


def render(name: str, draw: Draw, width: int, height: int) -> str:
    """An SVG element of `width` x `height` pixels, to stand inside a page."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Canvas

    # The salt makes ids depend on the figure alone: no clash on the page, no change from run to run.
    salt: dict[Any, Any] = {"svg.hashsalt": f"{name}-{width}"}
    buffer = BytesIO()
    with (
        resources.as_file(resources.files("sim.report") / "coinworks.mplstyle") as style,
        rc_context(salt, fname=style),
    ):
        canvas = Canvas(figsize=(width / 72, height / 72))
        draw(canvas)
        canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _for_page(buffer.getvalue().decode())


def is_narrow(canvas: "Canvas") -> bool:
    """Whether the figure is drawn for a phone."""
    return bool(canvas.get_figwidth() * 72 < 500)


def margins(canvas: "Canvas", *, left: int = 8, right: int = 8, top: int = 8, bottom: int = 28) -> None:
    """Margins around the axes, in pixels."""
    width, height = canvas.get_size_inches() * 72
    canvas.subplots_adjust(left / width, bottom / height, 1 - right / width, 1 - top / height)


def panels(canvas: "Canvas", number: int, *, left: int, gap: int, top: int) -> "list[Axes]":
    """Axes side by side, of one size, each followed by a gap for the values of its bars; in pixels."""
    width, height = canvas.get_size_inches() * 72
    each = (width - left) / number - gap
    return [
        canvas.add_axes(((left + place * (each + gap)) / width, 4 / height, each / width, 1 - (top + 4) / height))
        for place in range(number)
    ]


def key(canvas: "Canvas", looks: Sequence[tuple[str, str, Any]]) -> None:
    """Names of lines with a piece of each, in one row above the drawing; for lines that lie upon each other."""
    width, height = canvas.get_size_inches() * 72
    step = min(120.0, width / len(looks))
    for place, (name, color, dashes) in enumerate(looks):
        x, y = place * step / width, 1 - 12 / height
        canvas.lines.append(_piece(canvas, x, y, 20 / width, color, dashes))
        canvas.text(x + 25 / width, y, name, va="center", color=INK)


def _piece(canvas: "Canvas", x: float, y: float, length: float, color: str, dashes: Any) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([x, x + length], [y, y], color=color, linestyle=dashes, linewidth=3, transform=canvas.transFigure)


def name_values(axes: "Axes", name_of: Callable[[float], str]) -> None:
    """Name the values of the y axis at its grid lines, with few lines."""
    from matplotlib.ticker import FuncFormatter

    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: name_of(value)))


def row_bars(
    axes: "Axes", title: str, parts: Sequence[float], names: Sequence[str], color: str, longest: float
) -> None:
    """A panel of horizontal bars, each with its value at its end; the first row on top, its title above."""
    places = range(len(parts))
    axes.barh(places, parts, height=0.62, color=color, linewidth=0)
    for place, (part, name) in enumerate(zip(parts, names, strict=True)):
        axes.annotate(name, (part, place), (5, 0), textcoords="offset points", va="center", annotation_clip=False)
    axes.annotate(title, (0, -0.75), va="bottom", color=MUTED, annotation_clip=False)
    axes.set(xlim=(0, longest), ylim=(len(parts) - 0.5, -0.5), xticks=[])
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines.bottom.set_visible(False)


def _for_page(svg: str) -> str:
    """Keep the drawing: no prologue, no metadata, no unused ids, the page's colours and font."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    used = set(re.findall(r"#([\w-]+)[\")]", svg))
    svg = re.sub(r' id="([\w.-]+)"', lambda match: match[0] if match[1] in used else "", svg)
    svg = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", svg)
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r"#[0-9a-f]{6}\b", _variable, svg)
    return re.sub(r"\n\s*", "\n", svg).strip()


def _variable(match: re.Match[str]) -> str:
    name = VARIABLES.get(match[0])
    return f"var(--{name})" if name else match[0]
