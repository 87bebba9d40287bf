"""What is left of a start after a year: a table, and a figure of every starting state by week."""

from typing import TYPE_CHECKING, Final

import numpy as np

from sim.experiments.evidence.starts import MEASURES, NAMES, LongRuns
from sim.ledger import Kind
from sim.ledger.money import CURRENCY_BY_NAME
from sim.report.figure import Figure
from sim.report.numbers import short_money
from sim.report.studies.tables import new_table, rounded
from sim.report.studies.whiskers import with_interval
from sim.report.style import CREATORS, INK, MUTED, SELLERS, is_narrow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from rich.table import Table

QUARTER: Final = 13  # weeks
ROOM: Final = 0.11  # of the width, for the names of the starts
CROWDED: Final = 0.95  # of all who could
DASHES: Final = ((0, (1, 1.5)), (0, (4, 2)), "-", (0, (6, 1, 1, 1)))
COLOR: Final = {Kind.CREATOR: CREATORS, Kind.SELLER: SELLERS}


def tables(found: LongRuns) -> "list[Table]":
    """How many work from each start, quarter by quarter, and what is left of the start."""
    name = NAMES[found.kind]
    weeks = _weeks(found)
    working = new_table(
        f"Active {name} of {found.scenario} from several starts, of {found.everybody} who could be; "
        f"mean of {len(found.seeds)} seeds",
        "start",
        *(f"week {week + 1}>" for week in weeks),
    )
    for start in found.starts:
        working.add_row(f"{start.factor:g} x", *(f"{start.active[:, week].mean():.1f}" for week in weeks))
    left = new_table(
        "What is left of the start: 0 forgotten, 1 all of it (elasticity, 95 % over seeds)",
        "of",
        *(f"week {week + 1}>" for week in weeks),
        "halved in week>",
    )
    for measure, title in zip(MEASURES, (f"active {name}", "their income"), strict=True):
        halved = found.halved(measure)
        texts = [with_interval(found.dependence(measure, week), "{:.2f}".format) for week in weeks]
        left.add_row(title, *texts, "never" if halved is None else str(halved + 1))
    return [working, left]


def figure(found: LongRuns) -> Figure:
    """How many work, and what they earn in a week, from each start."""
    name = NAMES[found.kind]

    def draw(canvas: "Canvas") -> None:
        panels = canvas.subplots(2, 1, sharex=True)
        width, height = canvas.get_size_inches() * 72
        canvas.subplots_adjust(68 / width, 40 / height, 1 - 60 / width, 1 - 26 / height, hspace=0.32)
        _draw(panels[0], found, "active", f"Active {name}")
        _draw(panels[1], found, "income", "Their income in a week, mean of four weeks")
        currency = CURRENCY_BY_NAME[found.currency]
        panels[1].yaxis.set_major_formatter(lambda value, _: short_money(round(value), currency.name))
        panels[1].set_xlabel("week" if is_narrow(canvas) else "week from the start")

    return Figure(
        f"starts-{found.scenario}-{name}",
        _finding(found),
        f"{name.capitalize()} who work, and what all of them earn, where half as many as stated begin, as many, twice "
        "as many. Bands hold all seeds.",
        f"{found.everybody} people could be {name}.",
        _columns(found),
        draw,
        height=460,
        phone_height=420,
    )


def _draw(axes: "Axes", found: LongRuns, measure: str, title: str) -> None:
    weeks = np.arange(found.weeks) + 1
    for start, dashes in zip(found.starts, DASHES, strict=False):
        values = start.of(measure)
        color = COLOR[found.kind]
        axes.fill_between(weeks, values.min(axis=0), values.max(axis=0), color=color, alpha=0.12, linewidth=0)
        axes.plot(weeks, values.mean(axis=0), color=color, linestyle=dashes)
        if measure == "active":
            axes.annotate(
                f"{start.factor:g} x",
                (1, values[:, 0].mean()),
                (-4, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                color=INK,
                annotation_clip=False,
            )
    axes.set_xlim(left=1 - ROOM * found.weeks)
    axes.set_title(title, loc="left", color=MUTED)
    axes.set_ylim(0, 1.15 * max(float(start.of(measure).max()) for start in found.starts))


def _weeks(found: LongRuns) -> list[int]:
    return sorted({0, *range(QUARTER - 1, found.weeks, QUARTER), found.weeks - 1})


def _finding(found: LongRuns) -> str:
    """What is left of the start; where everybody who could works in the end, no more is said than that."""
    name, weeks = NAMES[found.kind], f"After {found.weeks} weeks"
    means = [float(start.active[:, -1].mean()) for start in found.starts]
    if min(means) > CROWDED * found.everybody:
        return f"{weeks} nearly all of the {found.everybody} who could be {name} are, whatever the start"
    first, last = (found.dependence("active", week).value for week in (0, found.weeks - 1))
    told = "the start is forgotten" if last < first / 10 else "the start still shows"
    return f"{weeks} {told}: {min(means):.0f} to {max(means):.0f} {name} work"


def _columns(found: LongRuns) -> dict[str, list[object]]:
    weeks = range(found.weeks)
    rows = [(start, seed, week) for start in found.starts for seed in range(len(found.seeds)) for week in weeks]
    return {
        "start": [start.factor for start, _, _ in rows],
        "seed": [found.seeds[seed] for _, seed, _ in rows],
        "week": [week + 1 for _, _, week in rows],
        "active": [round(start.active[seed, week]) for start, seed, week in rows],
        "income": rounded(start.income[seed, week] for start, seed, week in rows),
    }
