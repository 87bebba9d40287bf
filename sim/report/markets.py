"""Who sells: domestic and foreign merchants and goods over time, and the orders that a rule sends elsewhere."""

from typing import TYPE_CHECKING, Final

import numpy as np

from sim.metrics.series import HOUR_US
from sim.report.evidence import Evidence
from sim.report.figure import Figure
from sim.report.numbers import about_money, share, short_money
from sim.report.overtime import (
    Floats,
    by_step,
    draw_beside,
    draw_marks,
    height_of,
    marks_in_words,
    name_days,
    stacked,
    step_name,
    step_us,
)
from sim.report.style import INK, OUTSIDE, SELLERS, VIEWERS, WARNING, is_narrow, margins, name_values

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

# Name, origins of merchant and goods, colour; those from abroad have imported goods only
GROUPS: Final = (
    ("Foreign merchants", ("foreign",), ("domestic", "imported"), WARNING),
    ("Domestic merchants, imported goods", ("domestic",), ("imported",), SELLERS),
    ("Domestic merchants, domestic goods", ("domestic",), ("domestic",), SELLERS),
)
ROUTES: Final = (
    ("nothing", "nowhere", OUTSIDE),
    ("rival", "on a rival marketplace", WARNING),
    ("offline", "in an offline shop", SELLERS),
    ("link_out", "through a link", VIEWERS),
)


def sellers(run: Evidence) -> Figure | None:
    """Shop sales by origin over time, beside the base; None where everything is domestic."""
    base = run.base
    found = [_sold(run, run, merchants, goods) for _, merchants, goods, _ in GROUPS]
    before = [_sold(run, base, merchants, goods) for _, merchants, goods, _ in GROUPS] if base else []
    if not any(part.any() for part in (*found[:2], *before[:2])):
        return None
    most = max(float(part.max()) for part in (*found, *before))

    def draw(canvas: "Canvas") -> None:
        panels = stacked(canvas, len(GROUPS), run)
        for place, (axes, (name, _, _, color)) in enumerate(zip(panels, GROUPS, strict=True)):
            draw_beside(axes, run, name, color, found[place], before[place] if before else None)
            axes.set_ylim(0, 1.05 * most)
            axes.locator_params(axis="y", nbins=3)
            name_values(axes, lambda value: short_money(round(value), run.currency))
            draw_marks(axes, run, with_words=place == 0)

    totals = [float(part.sum()) for part in found]
    whole, beside = max(sum(totals), 1.0), f", beside {base.name} (grey, dashed)" if base else ""
    columns = {_column(name): part.astype(int).tolist() for (name, *_), part in zip(GROUPS, found, strict=True)}
    if before:
        parts = zip(GROUPS, before, strict=True)
        columns |= {f"base_{_column(name)}": part.astype(int).tolist() for (name, *_), part in parts}
    return Figure(
        "sellers",
        f"Foreign merchants sell {share(totals[0] / whole)} of goods, "
        f"domestic ones with imported goods {share(totals[1] / whole)}",
        f"Shop sales by {step_name(run)} and origin, {run.currency}{beside}. {marks_in_words(run)}".rstrip(),
        "The merchant's origin and the goods' origin are two things: domestic merchants carry imported goods, too.",
        {step_name(run): list(range(len(found[0]))), **columns},
        draw,
        height=height_of(len(GROUPS), run),
        phone_height=height_of(len(GROUPS), run),
    )


def _sold(run: Evidence, of: Evidence, merchants: tuple[str, ...], goods: tuple[str, ...]) -> Floats:
    shop = of.shop
    origin = np.isin(shop["merchant"], merchants) & np.isin(shop["goods"], goods)
    return by_step(run, shop, "gmv", origin & (shop["currency"] == run.currency_code))


def elsewhere(run: Evidence) -> Figure | None:
    """What became of the orders that a rule kept away; None where there are none."""
    wanted = run.elsewhere
    barred = (wanted["currency"] == run.currency_code) & (wanted["what"] == "order") & (wanted["reason"] != "stock")
    if not barred.any():
        return None
    parts = [by_step(run, wanted, "amount", barred & (wanted["route"] == route)) for route, _, _ in ROUTES]
    totals = [float(part.sum()) for part in parts]
    first = int(np.argmax(totals))

    def draw(canvas: "Canvas") -> None:
        axes = canvas.add_subplot()
        margins(canvas, left=56, right=12, top=52, bottom=36)
        width, bottom = step_us(run) / HOUR_US, np.zeros(len(parts[0]))
        for place, ((_, name, color), part) in enumerate(zip(ROUTES, parts, strict=True)):
            axes.bar(np.arange(len(part)) * width, part, width, bottom, align="edge", color=color, linewidth=0)
            bottom = bottom + part
            beside = (place % 2 * (170 if is_narrow(canvas) else 240), 28 - 18 * (place // 2))
            axes.annotate("■", (0, 1), beside, "axes fraction", "offset points", color=color)
            axes.annotate(name, (0, 1), (beside[0] + 16, beside[1]), "axes fraction", "offset points", color=INK)
        name_days(axes, run, narrow=is_narrow(canvas))
        axes.locator_params(axis="y", nbins=3)
        name_values(axes, lambda value: short_money(round(value), run.currency))
        draw_marks(axes, run, with_words=False)

    columns = {_column(name): part.astype(int).tolist() for (_, name, _), part in zip(ROUTES, parts, strict=True)}
    return Figure(
        "elsewhere",
        f"Rules kept away orders for {about_money(round(sum(totals)), run.currency)}; "
        f"{share(totals[first] / sum(totals))} of that was bought {ROUTES[first][1]}",
        f"Prices of orders that a rule kept from being placed here, by {step_name(run)} and by where people bought "
        f"instead, {run.currency}. {marks_in_words(run)}".rstrip(),
        "By what shares a forbidden order goes where is assumed, and stands among the parameters.",
        {step_name(run): list(range(len(parts[0]))), **columns},
        draw,
        height=300,
        phone_height=300,
    )


def _column(name: str) -> str:
    return f"{name.lower().replace(',', '').replace(' ', '_')}_minor"
