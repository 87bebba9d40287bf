"""The figures of people: how unequally fans pay and creators earn, and who works, week by week."""

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from sim.ledger import Kind
from sim.metrics.breakdown import income_by_creator, spend_by_payer
from sim.metrics.inequality import gini, lorenz_curve
from sim.report.evidence import Evidence
from sim.report.figure import Figure
from sim.report.numbers import count, index, share
from sim.report.overtime import DASHES
from sim.report.style import BASE, CREATORS, INK, MUTED, SELLERS, VIEWERS, margins, name_values

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

WORKERS: Final = (("creators", Kind.CREATOR, CREATORS), ("sellers", Kind.SELLER, SELLERS))
POINTS: Final = 201  # enough to draw a smooth curve, whatever the number of people


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


def workers(run: Evidence) -> Figure | None:
    """How many creators and sellers work, week by week, beside the base; None where nobody begins or leaves."""
    base = run.base
    found = {name: _active(run, kind) for name, kind, _ in WORKERS}
    before = {name: _active(base, kind) for name, kind, _ in WORKERS} if base else {}
    weeks = len(found["creators"])
    if weeks < 2 or all(len(set(each.tolist())) < 2 for each in (*found.values(), *before.values())):
        return None

    def draw(canvas: "Canvas") -> None:
        for place, (name, _, color) in enumerate(WORKERS):
            axes = canvas.add_subplot(1, 2, place + 1)
            if base:
                axes.plot(range(1, weeks + 1), before[name], color=BASE, linewidth=1.5, linestyle=DASHES)
            axes.plot(range(1, weeks + 1), found[name], color=color, marker="o", markersize=4)
            axes.annotate(name, (0, 1), (0, 6), "axes fraction", "offset points", color=INK)
            axes.set_ylim(0, 1.1 * max(float(each[name].max()) for each in (found, before) if each))
            axes.locator_params(axis="both", nbins=4, integer=True)
            axes.set_xlabel("week")
            name_values(axes, lambda value: count(round(value)))
        margins(canvas, left=44, right=12, top=30, bottom=44)

    creators = found["creators"]
    beside = f", beside {base.name} (grey, dashed)" if base else ""
    columns = {name: each.tolist() for name, each in found.items()}
    columns |= {f"base_{name}": each.tolist() for name, each in before.items()}
    return Figure(
        "workers",
        f"{count(int(creators[0]))} creators worked in the first week, {count(int(creators[-1]))} in the last",
        f"Creators and sellers who work, by week{beside}",
        "Who earns less than the time costs works less and leaves in the end; who could earn more begins.",
        {
            "week": list(range(1, weeks + 1)),
            **columns,
            **{f"base_{name}": each.tolist() for name, each in before.items()},
        },
        draw,
        height=240,
        phone_height=220,
    )


def _active(run: Evidence, kind: Kind) -> npt.NDArray[np.int64]:
    """Hosts of a kind who work in each week, in all regions."""
    weeks = run.hosts_by_week
    mine = weeks["kind"] == kind
    active = np.zeros(int(weeks["week"].max(initial=0)) + 1, np.int64)
    np.add.at(active, weeks["week"][mine], weeks["active"][mine])
    return active
