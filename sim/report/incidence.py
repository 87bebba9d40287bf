"""Who bears a fee or a tax: with prices as they are, and once platform and sellers have moved theirs.

    console().print(incidence_table(found))
    for line in incidence_lines(found): print(line)
    incidence_rows(found), incidence_figure(found)      # for the page

What one pays another receives, so a fee that only moves money adds up to nothing while prices are held.
"""

from collections.abc import Iterator
from math import isnan
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.experiments.paired import Difference
from sim.experiments.welfare import FIGURE, PARTIES
from sim.experiments.welfare.incidence import Incidence
from sim.report.figure import Figure
from sim.report.marks import STARS
from sim.report.numbers import MINUS, THIN, about_money, plural, short_money, signed
from sim.report.style import INK, MUTED, is_narrow
from sim.report.welfare import FLOAT, NAMES_PX, ROW_PX, SUMS, amount_text, bounds_text, color_of, does

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from rich.table import Table

LEAST_MOVE: Final = 0.0005  # of a price, below which it is told as nothing
BAR: Final = 0.32  # of a row
GAP: Final = 0.03
WAYS: Final = ("prices held", "prices moved")
DOES: Final = {
    "platform": "The platform moves its packs' prices by",
    "sellers": "Sellers move the prices of all goods by",
}


def incidence_rows(found: Incidence) -> list[dict[str, str]]:
    """A row for each party that bears anything, then the sums: its change either way, with what is chance."""
    return [
        {
            "title": FIGURE[name].title,
            "held": amount_text(held.difference, held.currency),
            "held_bounds": f"{bounds_text(held.interval_seeds, held.currency)}{STARS[held.mark]}",
            "moved": amount_text(moved.difference, moved.currency),
            "moved_bounds": f"{bounds_text(moved.interval_seeds, moved.currency)}{STARS[moved.mark]}",
        }
        for name in _bearing(found)
        for held, moved in [both_ways(found, name)]
    ]


def incidence_table(found: Incidence) -> "Table":
    """The same for a terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    title = f"Who bears it, {plural(len(found.seeds), 'seed')}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("who")
    for way in WAYS:
        table.add_column(way, justify="right", no_wrap=True)
        table.add_column("95 % over seeds", justify="right", no_wrap=True)
    for row in incidence_rows(found):
        table.add_row(row["title"], row["held"], row["held_bounds"], row["moved"], row["moved_bounds"])
    return table


def incidence_lines(found: Incidence) -> Iterator[str]:
    """What platform and sellers would do about their prices, in words."""
    for who, best in (("platform", found.platform), ("sellers", found.sellers)):
        moved = best.pass_through - 1
        error = "" if isnan(best.error) or not moved else f" (standard error {100 * best.error:.1f} points)"
        edge = "" if best.is_inside else "; its best lies at the edge of what was tried, so more may be better"
        yield f"{DOES[who]} {_percent(moved)}{error}{edge}."


def incidence_figure(found: Incidence) -> Figure:
    """What each party bears: an outlined bar while prices are held, a filled one once they have moved."""
    names = _bearing(found)
    pairs = [both_ways(found, name) for name in names]

    def draw(canvas: "Canvas") -> None:
        narrow = is_narrow(canvas)
        width, _ = canvas.get_size_inches() * 72
        left = NAMES_PX * (0.8 if narrow else 1.0) / width
        axes = canvas.add_axes((left, 0.02, 1 - left, 0.96))
        most = max(1.0, *(abs(one.difference) for pair in pairs for one in pair))
        for place, (held, moved) in enumerate(pairs):
            _bar(axes, held, place - BAR / 2 - GAP, is_filled=False, narrow=narrow)
            _bar(axes, moved, place + BAR / 2 + GAP, is_filled=True, narrow=narrow)
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.set(xlim=(-1.7 * most, 1.7 * most), ylim=(len(pairs) - 0.5, -0.5), xticks=[])
        axes.set_yticks(range(len(names)), [FIGURE[name].title for name in names], color=INK)
        axes.grid(visible=False)
        axes.spines.bottom.set_visible(False)

    height = round(1.4 * ROW_PX * len(names)) + 16
    return Figure(
        "incidence",
        incidence_finding(found),
        f"Change against the base, {found.currency}, in the mean of {plural(len(found.seeds), 'seed')}: outlined while "
        "all prices are held, filled once platform and sellers have moved theirs",
        "What one party pays another is in both bars, so it cancels in the sum.",
        {
            "figure": names,
            "held_minor": [held.difference for held, _ in pairs],
            "held_low_minor": _or_none([held.interval_seeds[0] for held, _ in pairs]),
            "held_high_minor": _or_none([held.interval_seeds[1] for held, _ in pairs]),
            "moved_minor": [moved.difference for _, moved in pairs],
            "moved_low_minor": _or_none([moved.interval_seeds[0] for _, moved in pairs]),
            "moved_high_minor": _or_none([moved.interval_seeds[1] for _, moved in pairs]),
        },
        draw,
        height=height,
        phone_height=height,
    )


def incidence_finding(found: Incidence) -> str:
    """Who gains most and who loses most: with prices held, and once they have moved."""
    ends = [_ends(found, way) for way in range(len(WAYS))]
    told = (
        ends[:1] if found.held == found.adjusted else [f"{way}: {text}" for way, text in zip(WAYS, ends, strict=True)]
    )
    words = "; ".join(told)
    return f"{words[:1].upper()}{words[1:]}"


def incidence_plain(found: Incidence) -> dict[str, object]:
    """The same for machines."""
    moves = {
        who: {"factor": best.pass_through, "error": best.error, "is_inside": best.is_inside}
        for who, best in (("platform", found.platform), ("sellers", found.sellers))
    }
    return {"seeds": found.seeds, "currency": found.currency, **moves, "held": found.held, "adjusted": found.adjusted}


def both_ways(found: Incidence, name: str) -> tuple[Difference, Difference]:
    """A party's change with prices held, and with prices moved, each with its interval over seeds."""
    held, moved = (
        Difference(name, "money", found.currency, np.zeros(len(changes[name])), changes[name], payers=found.payers)
        for changes in (found.held_by_seed, found.adjusted_by_seed)
    )
    return held, moved


def _bearing(found: Incidence) -> list[str]:
    names = [*(party.name for party in PARTIES), *SUMS[:2]]
    return [name for name in names if found.held[name] or found.adjusted[name]]


def _ends(found: Incidence, way: int) -> str:
    changes = [both_ways(found, party.name)[way] for party in PARTIES if party.name != FLOAT]
    ranked = sorted(changes, key=lambda one: one.difference)
    ends = [
        f"{does(one, verb)} most ({amount_text(one.difference, one.currency)})"
        for one, verb, side in ((ranked[-1], "gain", 1), (ranked[0], "lose", -1))
        if side * one.difference > 0
    ]
    return ", ".join(ends) or "nobody bears anything"


def _bar(axes: "Axes", one: Difference, place: float, *, is_filled: bool, narrow: bool) -> None:
    side, color = 1 if one.difference >= 0 else -1, color_of(one)
    axes.barh(place, one.difference, height=BAR, color=color if is_filled else "none", edgecolor=color, linewidth=1)
    axes.annotate(
        signed(round(one.difference), one.currency, short_money if narrow else about_money),
        (one.difference, place),
        (6 * side, 0),
        textcoords="offset points",
        ha="left" if side > 0 else "right",
        va="center",
        fontsize="small",
    )


def _percent(part: float) -> str:
    return "nothing" if abs(part) < LEAST_MOVE else f"{'+' if part > 0 else MINUS}{abs(100 * part):.1f}{THIN}%"


def _or_none(values: list[float]) -> list[float | None]:
    """Numbers of twelve digits, nothing where nothing can be said."""
    return [None if isnan(value) else float(f"{value:.12g}") for value in values]
