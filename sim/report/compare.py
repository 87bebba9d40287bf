"""Base beside run: key measures over time, and key figures side by side."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sim.metrics import METRIC
from sim.report.evidence import DAY_US, Evidence
from sim.report.figure import Figure
from sim.report.numbers import MINUS, share, short_money, significant
from sim.report.overtime import (
    by_step,
    draw_beside,
    draw_marks,
    height_of,
    marks_in_words,
    stacked,
    step_name,
    step_us,
)
from sim.report.style import CREATORS, PLATFORM, SELLERS, VIEWERS, name_values
from sim.report.terminal import metric_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


class Line(NamedTuple):
    """A measure over time: its name, column of the series, colour, and whether it is money."""

    name: str
    measure: str
    color: str
    is_money: bool


LINES: Final = (
    Line("Bookings", "bookings", VIEWERS, is_money=True),
    Line("Coins given", "coins_given", CREATORS, is_money=False),
    Line("Shop sales", "gmv", SELLERS, is_money=True),
    Line("Revenue of the platform", "revenue", PLATFORM, is_money=True),
)
COMPARED: Final = (
    "payers",
    "conversion",
    "retention",
    "arpu",
    "take_rate",
    "float_age",
    "earning_creators",
    "creator_gini",
    "orders",
    "gmv_net",
    "orders_barred",
    "orders_lost",
    "selling_sellers",
    "seller_hhi",
    "foreign_merchant_share",
    "imported_goods_share",
)


def timeline(run: Evidence) -> Figure | None:
    """Key measures over time, beside the base if there is one, with the dates of what changed."""
    base = run.base
    found = {line: by_step(run, run.series, line.measure) for line in LINES}
    before = {line: by_step(run, base.series, line.measure) for line in LINES} if base else {}
    drawn = [line for line in LINES if found[line].any() or (base and before[line].any())]
    if not drawn:
        return None

    def draw(canvas: "Canvas") -> None:
        for place, (axes, line) in enumerate(zip(stacked(canvas, len(drawn), run), drawn, strict=True)):
            draw_beside(axes, run, line.name, line.color, found[line], before.get(line))
            _scale(axes, line, run.currency, lowest=float(min(found[line].min(), 0)))
            draw_marks(axes, run, with_words=place == 0)

    beside = f", beside {base.name} (grey, dashed)" if base else ""
    columns = {line.measure: found[line].astype(int).tolist() for line in drawn}
    columns |= {f"base_{line.measure}": before[line].astype(int).tolist() for line in drawn if base}
    return Figure(
        "timeline",
        _finding(run, drawn),
        f"By {step_name(run)}{beside}; money in {run.currency}. {marks_in_words(run)}".rstrip(),
        "Both have the same people with the same chances, so what differs is the rule." if base else "",
        {step_name(run): list(range(len(found[drawn[0]]))), **columns},
        draw,
        height=height_of(len(drawn), run),
        phone_height=height_of(len(drawn), run),
    )


def _scale(axes: "Axes", line: Line, currency: str, lowest: float) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_ylim(bottom=1.05 * lowest)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    name_values(axes, lambda value: _short(value, line, currency))


def _short(value: float, line: Line, currency: str) -> str:
    return short_money(round(value), currency) if line.is_money else f"{significant(round(value)):,}"


def _finding(run: Evidence, drawn: Sequence[Line]) -> str:
    if run.base is None:
        best = int(by_step(run, run.series, drawn[0].measure).argmax()) * step_us(run) // DAY_US
        return f"{drawn[0].name} peaked on {run.day_in_prose(best).rstrip(',')}"
    changes = [(line, change(run.base.total(line.measure), run.total(line.measure))) for line in drawn]
    line, most = max(changes, key=lambda found: abs(found[1] or 0.0))
    if not most:
        return f"Over the whole run nothing differs from {run.base.name}"
    return f"{line.name} changed most against {run.base.name}: {_signed_share(most)}"


def change(before: float, after: float) -> float | None:
    """The change as a share of what was before; None where nothing was."""
    return after / before - 1 if before else None


def key_figures(run: Evidence, base: Evidence) -> list[tuple[str, str, str, str]]:
    """Key figures side by side: metric, base, this run, change."""
    rows = []
    for name in COMPARED:
        before, after = base.figure(name), run.figure(name)
        if before and after and (before["value"] or after["value"]):
            texts = (metric_text(METRIC[name], figure) for figure in (before, after))
            rows.append((METRIC[name].title, *texts, _in_percent(before, after)))
    return [(title, before, after, changed) for title, before, after, changed in rows]


def _in_percent(before: dict[str, Any], after: dict[str, Any]) -> str:
    if before["value"] is None or after["value"] is None:
        return ""
    if after["unit"] in {"share", "index"}:
        return _difference(after["value"] - before["value"], after["unit"])
    found = change(before["value"], after["value"])
    if found is None:
        return "new"
    return _signed_share(found)


def _difference(found: float, unit: str) -> str:
    """Of shares in percentage points, of indices as it is."""
    sign = "+" if found > 0 else MINUS if found < 0 else "±"
    return f"{sign}{abs(found):.3f}" if unit == "index" else f"{sign}{100 * abs(found):.2f} points"


def _signed_share(found: float) -> str:
    return f"{'+' if found > 0 else MINUS if found < 0 else '±'}{share(abs(found))}"
