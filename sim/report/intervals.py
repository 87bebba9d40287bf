"""Figures of a comparison: how much differs, how sure that is by chance and by belief, and what it hangs on.

    for figure in figures_of(told): Path(f"{figure.name}.csv").write_text(figure.csv)

Chance (the interval over seeds) is drawn thick and dark, what nobody knows thin and wide: the second is the larger part
of what isn't known, and never left out where it was measured.
"""

from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from sim.experiments.beliefs import Believed, BreakEven
from sim.experiments.compare import Comparison
from sim.experiments.paired import Difference, Interval
from sim.experiments.runs import Floats
from sim.report.differing import change_text, title_of
from sim.report.figure import Figure
from sim.report.marks import STARS
from sim.report.numbers import MINUS, THIN, digits, plural, share, short_money
from sim.report.style import BASE, GRID, INK, MUTED, VIEWERS, WARNING, is_narrow, margins

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

ROW_PX: Final = 34
SHOWN: Final = 3  # unknowns
BEYOND: Final = 3.0  # times the widest interval by chance and difference: farther is cut, and said
PANEL_PX: Final = 220
NARROW_PX: Final = 300  # of an axis, below which few numbers fit
NEW: Final = 10.0  # times the base
LETTERS: Final = 16  # of a name in a line, on a phone


class Row(NamedTuple):
    """A line of a figure, in percent of the base, points or the metric's own unit."""

    title: str
    difference: float
    seeds: Interval
    parameters: Interval | None


def figures_of(told: Comparison) -> list[Figure]:
    """Those for which there is something to draw."""
    found = [certainty(told), *differences(told), unknowns(told), turn(told)]
    return [figure for figure in found if figure is not None]


def certainty(told: Comparison) -> Figure | None:
    """The answer: chance beside belief, every draw a dot."""
    one = told.answer
    if one.belief is None or one.interval_parameters is None or not one.belief.changes.any():
        return None
    draws = as_told(one, draws_of(one))
    bounds = [as_told(one, np.array(interval)) for interval in (one.interval_told, one.interval_parameters)]
    names, middle = ("chance", "belief"), float(as_told(one, np.array([one.difference]))[0])

    view, outside = _view(one, draws)

    def draw(canvas: "Canvas") -> None:
        axes = _rows(canvas, names, 64)
        axes.set_xlim(*view)
        spread = np.resize([-0.22, 0.0, 0.22, -0.11, 0.11], len(draws))
        axes.plot(draws, 1 + spread, ".", color=MUTED, markersize=5, alpha=0.7)
        for row, (low, high) in enumerate(bounds):
            axes.plot([low, high], [row, row], color=VIEWERS, linewidth=9 if row == 0 else 3, solid_capstyle="butt")
        axes.plot([middle, middle], [-0.45, 1.45], color=INK, linewidth=1.5)
        axes.axvline(0, color=MUTED, linewidth=1, linestyle=(0, (4, 2)))
        _name_changes(axes, one)

    return Figure(
        "certainty",
        f"{share(float(one.sign_share or 0))} of {plural(len(draws), 'draw')} of what nobody knows keep the sign",
        f"{title_of(one)}, {_unit(one)}. Chance: 95 % interval{STARS[one.mark]} over "
        f"{plural(len(told.seeds), 'seed')}; belief: nine tenths of the draws, each a dot; the "
        "line is the difference, the dashes are no difference",
        outside,
        {"draw": list(range(1, len(draws) + 1)), "difference": plain(draws)},
        draw,
        height=128,
        phone_height=128,
    )


def differences(told: Comparison) -> Iterator[Figure]:
    """Every metric that is read: those told as a part of their base, then those told in points."""
    for name, kind, is_kind in (("differences", "parts of the base", True), ("points", "points", False)):
        metrics = [one for one in told.metrics.values() if _is_shown(one, is_relative=is_kind)]
        if any(one.differences.any() and not _is_new(one) for one in metrics):
            yield _differences(told, name, kind, metrics)


def _differences(told: Comparison, name: str, kind: str, metrics: Sequence[Difference]) -> Figure:
    same = [title_of(one) for one in metrics if not one.differences.any()]
    new = [title_of(one) for one in metrics if _is_new(one)]
    metrics = [one for one in metrics if one.differences.any() and not _is_new(one)]
    rows = [_row(one) for one in metrics]
    reach = _reach(rows)

    def draw(canvas: "Canvas") -> None:
        axes = _rows(canvas, [row.title for row in rows], 120 if is_narrow(canvas) else 190)
        for place, row in enumerate(rows):
            if row.parameters is not None:
                _cut(axes, row.parameters, place, reach)
            axes.plot(row.seeds, [place, place], color=VIEWERS, linewidth=9, solid_capstyle="butt")
            axes.plot(row.difference, place, "o", color=INK, markersize=5, zorder=4)
        axes.axvline(0, color=MUTED, linewidth=1, linestyle=(0, (4, 2)))
        _name_changes(axes, metrics[0])

    drawn = "; thin lines are nine tenths of the draws of what nobody knows" if told.beliefs is not None else ""
    is_cut = any(row.parameters and max(map(abs, row.parameters)) > reach for row in rows)
    arrow = "An arrow: the line goes on, and the table has its end. " if is_cut else ""
    return Figure(
        name,
        _clearest(metrics),
        f"Differences as {kind}. Thick bars are 95 % intervals over seeds, each metric by itself{drawn}",
        f"{arrow}{_listed('The same in every pair', same)}{_listed('More than ten times the base', new)}".rstrip(),
        {
            "metric": [one.metric for one in metrics],
            "difference": plain([row.difference for row in rows]),
            "seeds_low": plain([row.seeds[0] for row in rows]),
            "seeds_high": plain([row.seeds[1] for row in rows]),
            "parameters_low": plain([row.parameters[0] if row.parameters else np.nan for row in rows]),
            "parameters_high": plain([row.parameters[1] if row.parameters else np.nan for row in rows]),
        },
        draw,
        height=ROW_PX * len(rows) + 40,
        phone_height=ROW_PX * len(rows) + 40,
    )


def unknowns(told: Comparison) -> Figure | None:
    """The answer under each draw, along the unknowns that matter most."""
    one = told.answer
    if one.belief is None or told.beliefs is None or not one.belief.told:
        return None
    shown = one.belief.told[:SHOWN]
    keys = [unknown.key for unknown in told.beliefs.unknowns]
    rows = ~np.isnan(one.belief.all_changes)
    answers = as_told(one, draws_of(one))
    values = {each.unknown.key: told.beliefs.values[rows, keys.index(each.unknown.key)].astype(float) for each in shown}

    view, outside = _view(one, answers)

    def draw(canvas: "Canvas") -> None:
        for place, (axes, each) in enumerate(zip(_panels(canvas, len(shown)), shown, strict=True)):
            _dots(axes, each, values[each.unknown.key], answers)
            axes.set_ylim(*view)
            _name_changes(axes, one, of_y=True)
            if place and not is_narrow(canvas):
                axes.set_yticklabels([])

    return Figure(
        "unknowns",
        _hangs_on(shown),
        f"{title_of(one)}, {_unit(one)}, under each draw. The thin vertical is what the scenarios state, "
        "with half of the draws on either side",
        f"In every draw all other unknowns differ too, so the dots scatter. {outside}".rstrip(),
        {**{key: plain(found) for key, found in values.items()}, "difference": plain(answers)},
        draw,
        height=PANEL_PX,
        phone_height=PANEL_PX * len(shown),
    )


def turn(told: Comparison) -> Figure | None:
    """The answer along the range of the one unknown that was turned."""
    one, found = told.answer, told.answer.break_even
    if found is None:
        return None
    values = [float(value) for value in found.values]
    changes, errors = as_told(one, found.changes * _size(told)), as_told(one, 2 * found.errors * _size(told))

    def draw(canvas: "Canvas") -> None:
        axes = canvas.add_subplot()
        margins(canvas, left=72, right=24, top=16, bottom=48)
        axes.fill_between(values, changes - errors, changes + errors, color=VIEWERS, alpha=0.25, linewidth=0)
        axes.plot(values, changes, color=VIEWERS, marker="o", markersize=5)
        axes.axhline(0, color=MUTED, linewidth=1, linestyle=(0, (4, 2)))
        axes.axvline(float(found.unknown.stated), color=BASE, linewidth=1)
        if found.value is not None:
            axes.plot(float(found.value), 0, "D", color=WARNING, markersize=9, zorder=5)
            axes.annotate(
                digits(float(found.value)),
                (float(found.value), 0),
                (0, 10),
                textcoords="offset points",
                ha="center",
                color=INK,
            )
        axes.set_xlabel(found.unknown.key)
        axes.margins(x=0.04)
        _name_changes(axes, one, of_y=True)

    return Figure(
        "turn",
        turn_text(found),
        f"{title_of(one)}, {_unit(one)}, along the range of {found.unknown.key}, all else as stated; the band is two "
        "standard errors over seeds, the thin vertical what the scenarios state",
        "",
        {"value": values, "difference": plain(changes), "two_errors": plain(errors)},
        draw,
        height=260,
    )


def turn_text(found: BreakEven) -> str:
    """The break-even in a sentence."""
    unknown = found.unknown
    if found.value is None:
        ends = f"{unknown.low} to {unknown.high}"
        return f"Nowhere within its range ({ends}) does {unknown.key} turn the sign by itself"
    side = "above" if found.rises else "below"
    sure = "" if found.is_verified else ", about: no run shows that nothing is gained there"
    return f"More than the base only if {unknown.key} is {side} {digits(float(found.value))}{sure}"


def draws_of(one: Difference) -> Floats:
    """The difference under each draw, in the metric's unit at the base's size."""
    assert one.belief is not None, "asked where there are draws"
    return one.belief.changes * (one.base if one.belief.is_relative else 1.0)


def as_told(one: Difference, changes: Floats) -> Floats:
    """Differences in the unit in which they are told: percent of the base, points, or the metric's own."""
    if one.is_relative:
        return changes * (100 / one.base)
    return changes * 100 if one.unit == "share" else changes


def plain(values: Sequence[float] | Floats) -> list[Any]:
    """Numbers of twelve digits, None where nothing can be said."""
    return [None if np.isnan(value) else float(f"{value:.12g}") for value in np.asarray(values, float).tolist()]


def _view(one: Difference, draws: Floats) -> tuple[Interval, str]:
    """What of an axis is shown: both intervals and half as much again; and what to say of the draws beyond."""
    assert one.interval_parameters is not None, "asked where there are draws"
    bounds = as_told(one, np.array([*one.interval_told, *one.interval_parameters, 0.0]))
    low, high = float(bounds.min()), float(bounds.max())
    margin = 0.5 * (high - low) or 1.0
    view = low - margin, high + margin
    beyond = int(((draws < view[0]) | (draws > view[1])).sum())
    return view, f"{plural(beyond, 'draw')} beyond the edges." if beyond else ""


def _size(told: Comparison) -> float:
    """From the people of the draws to those of the comparison, for what isn't a share or an index."""
    if told.beliefs is None or told.answer.unit in ("share", "index"):
        return 1.0
    return told.base.viewers / told.beliefs.viewers


def _row(one: Difference) -> Row:
    low, high = as_told(one, np.array(one.interval_told)).tolist()
    beliefs = one.interval_parameters
    wide = None
    if beliefs is not None and not np.isnan(beliefs).any():
        first, last = as_told(one, np.array(beliefs)).tolist()
        wide = (first, last)
    return Row(
        f"{title_of(one)}{STARS[one.mark]}", float(as_told(one, np.array([one.difference]))[0]), (low, high), wide
    )


def _is_shown(one: Difference, *, is_relative: bool) -> bool:
    in_points = one.unit == "share"
    return (one.is_relative if is_relative else in_points) and not np.isnan((one.difference, one.error)).any()


def _reach(rows: Sequence[Row]) -> float:
    """How far a figure goes: what chance spans several times over, and what half of the beliefs span."""
    chance = max(abs(bound) for row in rows for bound in (*row.seeds, row.difference))
    beliefs = [max(map(abs, row.parameters)) for row in rows if row.parameters]
    return max(BEYOND * chance, float(np.median(beliefs)) if beliefs else 0.0)


def _is_new(one: Difference) -> bool:
    """Whether a part of its base says nothing, for there was next to nothing."""
    return one.is_relative and one.relative > NEW


def _cut(axes: "Axes", interval: Interval, place: int, reach: float) -> None:
    """A thin line; an arrow at an end beyond reach."""
    low, high = max(interval[0], -reach), min(interval[1], reach)
    axes.plot([low, high], [place, place], color=BASE, linewidth=2, solid_capstyle="butt", zorder=1)
    for end, mark, is_cut in ((low, "<", interval[0] < -reach), (high, ">", interval[1] > reach)):
        if is_cut:
            axes.plot(end, place, mark, color=BASE, markersize=6, clip_on=False)


def _rows(canvas: "Canvas", names: Sequence[str], left: int) -> "Axes":
    axes = canvas.add_subplot()
    margins(canvas, left=left, right=24, top=8, bottom=28)
    narrow = is_narrow(canvas)
    axes.set_yticks(range(len(names)), [fill(name, LETTERS) if narrow else name for name in names], color=INK)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", color=GRID)
    axes.margins(x=0.06)
    return axes


def _panels(canvas: "Canvas", number: int) -> "Iterator[Axes]":
    if is_narrow(canvas):
        grid = canvas.add_gridspec(number, 1, hspace=0.5)
        margins(canvas, left=72, right=16, top=12, bottom=44)
        yield from (canvas.add_subplot(grid[place, 0]) for place in range(number))
    else:
        grid = canvas.add_gridspec(1, number, wspace=0.12)
        margins(canvas, left=72, right=16, top=12, bottom=44)
        yield from (canvas.add_subplot(grid[0, place]) for place in range(number))


def _dots(axes: "Axes", each: Believed, values: Floats, answers: Floats) -> None:
    unknown = each.unknown
    axes.plot([unknown.belief_of(value) for value in values.tolist()], answers, ".", color=VIEWERS, markersize=7)
    axes.axhline(0, color=MUTED, linewidth=1, linestyle=(0, (4, 2)))
    axes.axvline(0.5, color=BASE, linewidth=1)
    places = {unknown.belief_of(float(value)): f"{value:,}" for value in (unknown.low, unknown.stated, unknown.high)}
    axes.set_xticks(list(places), list(places.values()))
    axes.margins(x=0.05)
    axes.set_xlabel(unknown.key)


def _name_changes(axes: "Axes", one: Difference, *, of_y: bool = False) -> None:
    from matplotlib.ticker import MaxNLocator

    axis = axes.yaxis if of_y else axes.xaxis
    axis.set_major_locator(MaxNLocator(3 if not of_y and axes.bbox.width < NARROW_PX else 5, min_n_ticks=3))
    axis.set_major_formatter(lambda value, _: _tick(one, value))


def _tick(one: Difference, value: float) -> str:
    sign = "+" if value > 0 else MINUS if value < 0 else ""
    if one.unit == "money" and not one.is_relative:
        return f"{sign}{short_money(round(abs(value)), one.currency)}"
    number = f"{abs(value):g}" if abs(value) < 1000 else f"{value:,.0f}".lstrip("-")
    return f"{sign}{number}{THIN}%" if one.is_relative else f"{sign}{number}"


def _unit(one: Difference) -> str:
    if one.is_relative:
        return "as a part of the base"
    return "in points" if one.unit == "share" else f"in {one.currency}" if one.currency else one.unit


def _clearest(metrics: Sequence[Difference]) -> str:
    clear = [one for one in metrics if one.is_told]
    if not clear:
        return "No difference can be told from chance, all metrics together"
    if len(metrics) == 1:
        return f"{title_of(metrics[0])}: {change_text(metrics[0], metrics[0].difference)}, told from chance"
    most = max(clear, key=lambda one: abs(float(as_told(one, np.array([one.difference]))[0])))
    count = f"{len(clear)} of {len(metrics)} differences can be told from chance"
    return f"{count}; {title_of(most)} differs most, {change_text(most, most.difference)}"


def _listed(words: str, titles: Sequence[str]) -> str:
    return f"{words}: {', '.join(titles)}. " if titles else ""


def _hangs_on(shown: Sequence[Believed]) -> str:
    first = shown[0]
    way = "grows" if first.influence.slope > 0 else "shrinks"
    return f"The difference {way} with {first.unknown.key}, more than with any other unknown"
