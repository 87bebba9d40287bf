"""The outlook of a scenario: what may become of it, as tables for the terminal and as a figure.

console().print(outlook_table(told))
Path("outlook.svg").write_text(standalone(outlook_figure(told), "high-stakes, 100 seeds"))
"""

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sim.experiments.outlook import QUANTILES, Outcome, Outlook
from sim.metrics import METRIC
from sim.report.figure import Figure
from sim.report.numbers import UNKNOWN, about_money, index, share
from sim.report.style import GRID, INK, PLATFORM, is_narrow, margins

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from rich.table import Table

ROW_PX: Final = 54


def outlook_table(told: Outlook) -> "Table":
    """Each metric at the quantiles of its futures."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    title = f"What may become of it: {len(told.seeds)} futures, from the worst to the best"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("metric")
    for quantile in QUANTILES:
        table.add_column(f"{100 * quantile:g} %", justify="right")
    table.add_column("mean", justify="right")
    for outcome in told.metrics:
        texts = [value_text(outcome, float(value)) for value in (*outcome.quantiles, outcome.mean)]
        table.add_row(title_of(outcome), *texts)
    return table


def rules_table(told: Outlook) -> "Table":
    """What it changes that a rule comes, with two standard errors."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title="What it changes that a rule comes, in the mean", title_justify="left", box=SIMPLE_HEAD)
    for name in ("rule", "metric"):
        table.add_column(name)
    for name in ("came in", "effect", "± 2 s.e."):
        table.add_column(name, justify="right")
    outcomes = {outcome.metric: outcome for outcome in told.metrics}
    for rule in told.rules:
        outcome = outcomes[rule.metric]
        numbers = [value_text(outcome, number) for number in (rule.effect, 2 * rule.error)]
        table.add_row(rule.rule, title_of(outcome), share(rule.share), *numbers)
    return table


def title_of(outcome: Outcome) -> str:
    """The metric's title, with its currency where that isn't plain."""
    name, _, currency = outcome.metric.partition(".")
    return f"{METRIC[name].title} {currency}".rstrip()


def value_text(outcome: Outcome, value: float) -> str:
    """A number of a metric in prose, with its unit."""
    if np.isnan(value):
        return UNKNOWN
    if outcome.unit == "money":
        return about_money(round(value), outcome.currency)
    if outcome.unit == "share":
        return share(value)
    return index(value) if outcome.unit == "index" else f"{value:,.0f}"


def outlook_figure(told: Outlook) -> Figure:
    """Each future a dot, a row a metric, all against the median of their row."""
    shown = [outcome for outcome in told.metrics if outcome.quantiles[2] > 0]
    against = [outcome.values / outcome.quantiles[2] for outcome in shown]

    def draw(canvas: "Canvas") -> None:
        axes, narrow = canvas.add_subplot(), is_narrow(canvas)
        margins(canvas, left=100 if narrow else 150, right=16, top=8, bottom=32)
        for row, (outcome, values) in enumerate(zip(shown, against, strict=True)):
            low, first, middle, third, high = outcome.quantiles / outcome.quantiles[2]
            axes.plot([low, high], [row, row], color=GRID, linewidth=10, solid_capstyle="butt", zorder=1)
            axes.plot([first, third], [row, row], color=PLATFORM, linewidth=10, alpha=0.4, solid_capstyle="butt")
            axes.plot([middle, middle], [row - 0.28, row + 0.28], color=INK, linewidth=2)
            spread = np.resize([-0.16, 0.0, 0.16, -0.08, 0.08], len(values))
            axes.plot(values, row + spread, ".", color=PLATFORM, markersize=5, zorder=3)
        axes.set_yticks(range(len(shown)), [title_of(outcome) for outcome in shown])
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")

    return Figure(
        "outlook",
        _finding(shown),
        "Each dot is a future; as a share of the median future. Bars hold the middle half and nine tenths of them.",
        f"{len(told.seeds)} seeds, each with its own people and its own rules.",
        {"seed": told.seeds, **{outcome.metric: _plain(outcome) for outcome in told.metrics}},
        draw,
        height=40 + ROW_PX * len(shown),
        phone_height=40 + ROW_PX * len(shown),
    )


def _finding(shown: list[Outcome]) -> str:
    if not shown:
        return "Nothing to tell apart"
    widest = min(shown, key=lambda outcome: float(outcome.quantiles[0] / outcome.quantiles[2]))
    low = float(widest.quantiles[0] / widest.quantiles[2])
    return f"In one future of twenty, {title_of(widest)} stays below {share(low)} of its median"


def _plain(outcome: Outcome) -> list[Any]:
    return [None if np.isnan(value) else float(f"{value:.12g}") for value in outcome.values.tolist()]
