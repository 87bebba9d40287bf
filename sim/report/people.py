"""The figure of inequality: how unequally fans pay and creators earn."""

from typing import TYPE_CHECKING

import numpy as np

from sim.metrics.breakdown import income_by_creator, spend_by_payer
from sim.metrics.inequality import gini, lorenz_curve
from sim.report.evidence import Evidence
from sim.report.figure import Figure
from sim.report.numbers import index, share
from sim.report.style import CREATORS, INK, MUTED, VIEWERS, margins

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

POINTS = 201  # enough to draw a smooth curve, whatever the number of people


def lorenz(run: Evidence) -> Figure:
    """Lorenz curves of payers' spend and of creators' income."""
    spend = spend_by_payer(run.trace, run.currency_code).totals
    income = income_by_creator(run.trace, run.currency_code).totals
    grid = np.linspace(0, 1, POINTS)
    groups = (("Payers' spend", spend, VIEWERS, "-"), ("Creators' income", income, CREATORS, (0, (5, 2))))
    curves = {name: np.interp(grid, *lorenz_curve(amounts)) for name, amounts, _, _ in groups if len(amounts)}

    def draw(canvas: "Canvas") -> None:
        axes = canvas.add_subplot()
        margins(canvas, left=44, right=16, top=8, bottom=44)
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1)
        axes.annotate("equality", (0.55, 0.55), (-6, 4), textcoords="offset points", ha="right", color=MUTED)
        for row, (name, amounts, color, dashes) in enumerate(groups):
            if not len(amounts):
                continue
            axes.plot(grid, curves[name], color=color, linestyle=dashes, linewidth=2.5, clip_on=False)
            y = 0.93 - 0.085 * row
            axes.plot([0.03, 0.11], [y, y], color=color, linestyle=dashes, linewidth=2.5)
            axes.text(0.13, y, f"{name}: Gini {index(gini(amounts))}", va="center", color=INK)
        ticks = [0, 0.25, 0.5, 0.75, 1]
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="share of people, the least first")
        axes.set_xticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks])
        axes.set_yticks(ticks, [f"{100 * tick:.0f} %" for tick in ticks])
        axes.get_xticklabels()[-1].set_horizontalalignment("right")

    payers, creators = run.kpi("payer_top_share"), run.kpi("creator_top_share")
    return Figure(
        "lorenz",
        f"One payer in a hundred brings {share(payers)} of bookings; "
        f"one creator in a hundred earns {share(creators)} of income",
        "Lorenz curves: what share of the total the least-spending and least-earning people have; the farther from the "
        "diagonal, the more unequal",
        f"{len(spend):,} payers; {len(income):,} creators, those without income included (Gini of the "
        f"{int((income > 0).sum()):,} who earn: {index(run.kpi('earning_creator_gini'))}). For comparison: "
        "buyers of loot boxes in one game have a Gini of 0.64, and one in a hundred brings 26 % of revenue (S4); "
        "one in a hundred Twitch creators got over half of what was paid (S9).",
        {"people": grid.tolist(), **{name: curve.tolist() for name, curve in curves.items()}},
        draw,
        height=400,
        phone_height=330,
    )
