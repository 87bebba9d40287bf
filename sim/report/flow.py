"""The flow picture: where a fan's money goes, as bands whose widths are amounts.

draw_flow(canvas, columns, bands, text_of=lambda node: node.name)

Columns of nodes stand from left to right; bands run from a node of one column to a node of the next. A node is as high
as the larger of what comes in and what goes out, all in one scale.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from sim.report.style import INK, is_narrow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

GAP_PX: Final = 32  # so that texts of two lines don't touch at thin nodes
NODE_PX: Final = 6
BEND: Final = 0.5


class Node(NamedTuple):
    """A place that money passes: its name and colour."""

    name: str
    color: str


class Band(NamedTuple):
    """Money on its way between two nodes."""

    source: str
    target: str
    amount: int


class Placed(NamedTuple):
    """A node on the canvas: pixels from the left and from the top."""

    node: Node
    x: float
    y: float
    height: float


def draw_flow(
    canvas: "Canvas",
    columns: Sequence[Sequence[Node]],
    bands: Sequence[Band],
    text_of: Callable[[Node], str],
    *,
    left: int,
    right: int,
) -> None:
    """Draw the bands, then the nodes with their texts: the first column's to its left, the others' to their right.

    Parameters
    ----------
    left, right : room for the texts of the first and the last column, in pixels
    """
    width, height = canvas.get_size_inches() * 72
    axes = canvas.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    placed = placed_nodes(columns, bands, (left, width - right - NODE_PX), height)
    for band, begin_y, end_y in lanes(placed, bands, px_per_unit(columns, bands, height)):
        _draw_band(axes, placed[band.source], placed[band.target], begin_y, end_y)
    for column, nodes in enumerate(columns):
        for node in nodes:
            _draw_node(axes, placed[node.name], text_of(node), is_first=column == 0, narrow=is_narrow(canvas))


def amounts(bands: Sequence[Band]) -> dict[str, int]:
    """What passes each node: the larger of what comes in and what goes out."""
    coming, going = Counter[str](), Counter[str]()
    for band in bands:
        coming[band.target] += band.amount
        going[band.source] += band.amount
    return dict(going | coming)


def px_per_unit(columns: Sequence[Sequence[Node]], bands: Sequence[Band], height: float) -> float:
    """The scale in which the fullest column just fits."""
    passing = amounts(bands)
    return min(
        (height - GAP_PX * len(nodes)) / max(sum(passing.get(node.name, 0) for node in nodes), 1) for nodes in columns
    )


def placed_nodes(
    columns: Sequence[Sequence[Node]], bands: Sequence[Band], across: tuple[float, float], height: float
) -> dict[str, Placed]:
    """Each column's nodes below each other, evenly apart, over the whole height."""
    passing, scale = amounts(bands), px_per_unit(columns, bands, height)
    placed = {}
    for column, nodes in enumerate(columns):
        x = across[0] + (across[1] - across[0]) * column / max(len(columns) - 1, 1)
        heights = [scale * passing.get(node.name, 0) for node in nodes]
        gap = (height - sum(heights)) / len(nodes)
        y = gap / 2
        for node, tall in zip(nodes, heights, strict=True):
            placed[node.name] = Placed(node, x, y, tall)
            y += tall + gap
    return placed


def lanes(
    placed: dict[str, Placed], bands: Sequence[Band], scale: float
) -> list[tuple[Band, tuple[float, float], tuple[float, float]]]:
    """Where each band leaves and arrives, from top to bottom; bands of a node lie in the order of the other end."""
    leaving, arriving = ({name: node.y for name, node in placed.items()} for _ in range(2))
    begins: dict[Band, tuple[float, float]] = {}
    for band in sorted(bands, key=lambda band: placed[band.target].y):
        y = leaving[band.source]
        begins[band] = (y, y + scale * band.amount)
        leaving[band.source] = begins[band][1]
    found = []
    for band in sorted(bands, key=lambda band: placed[band.source].y):
        y = arriving[band.target]
        arriving[band.target] = y + scale * band.amount
        found.append((band, begins[band], (y, arriving[band.target])))
    return found


def _draw_band(
    axes: "Axes", source: Placed, target: Placed, begin_y: tuple[float, float], end_y: tuple[float, float]
) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    begin, end = source.x + NODE_PX, target.x
    middle = begin + BEND * (end - begin)
    (top, bottom), (to_top, to_bottom) = begin_y, end_y
    points = [(begin, top), (middle, top), (middle, to_top), (end, to_top), (end, to_bottom)]
    points += [(middle, to_bottom), (middle, bottom), (begin, bottom), (begin, top)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    axes.add_patch(PathPatch(Path(points, codes), facecolor=target.node.color, alpha=0.4, linewidth=0))


def _draw_node(axes: "Axes", placed: Placed, text: str, *, is_first: bool, narrow: bool) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle((placed.x, placed.y), NODE_PX, max(placed.height, 1), facecolor=placed.node.color, linewidth=0)
    )
    x, side = (placed.x - 6, "right") if is_first else (placed.x + NODE_PX + 6, "left")
    size = 11 if narrow else 13
    axes.text(x, placed.y + placed.height / 2, text, ha=side, va="center", color=INK, fontsize=size)
