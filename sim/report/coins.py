"""The figures of the coin economy: what fans paid, where it went, what they bought and gave, and what is left.

Each function takes a run's evidence and gives one `Figure`, whose title is computed from the numbers it shows.
"""

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from sim.ledger import CURRENCY_BY_NAME, Item
from sim.ledger.operations import ITEM_SPAN, Rule
from sim.metrics.breakdown import Totals, bookings_by_pack, coins_by_gift, policies
from sim.metrics.series import HOUR_US
from sim.report.evidence import DAY_US, Evidence
from sim.report.figure import Figure
from sim.report.numbers import about_money, column_share, share, short_money
from sim.report.style import (
    CREATORS,
    INK,
    VIEWERS,
    is_narrow,
    margins,
    name_values,
    panels,
    row_bars,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

Floats = npt.NDArray[np.float64]

DAYS_NAMED: Final = 8
IN_APP: Final = (Item.PACK_APP,)
ON_WEB: Final = (Item.PACK_WEB, Item.PACK_CUSTOM)  # by amount, on the web only
PRICE_CLASSES: Final = (1, 2, 31, 100, 500, 1_000, 5_000, 10_000, 20_000)  # G3


def bookings(run: Evidence) -> Figure:
    """Bookings by day and channel."""
    series, unit = run.series, 10 ** CURRENCY_BY_NAME[run.currency].exponent
    by_channel = {name: _by_day(run, series["bookings"] * (series["channel"] == name)) for name in ("app", "web")}
    total = by_channel["app"] + by_channel["web"]
    best, names = int(total.argmax()), [run.day_name(day) for day in range(run.days)]

    def draw(canvas: "Canvas") -> None:
        axes, narrow = canvas.add_subplot(), is_narrow(canvas)
        margins(canvas, left=0, right=36, top=24, bottom=44 if narrow else 28)
        places, bottom = np.arange(run.days), np.zeros(run.days)
        for (name, amounts), strength in zip(by_channel.items(), (1.0, 0.45), strict=True):
            axes.bar(places, amounts / unit, bottom=bottom, width=0.72, color=VIEWERS, alpha=strength, linewidth=0)
            if amounts[-1]:
                axes.text(run.days - 0.55, bottom[-1] + amounts[-1] / unit / 2, name, va="center", color=INK)
            bottom = bottom + amounts / unit
        for place in range(run.days) if run.days <= DAYS_NAMED else [best]:
            amount = int(total[place])
            text = short_money(amount, run.currency) if narrow else about_money(amount, run.currency)
            axes.annotate(text, (place, amount / unit), (0, 4), textcoords="offset points", ha="center", va="bottom")
        named = range(0, run.days, -(-run.days // DAYS_NAMED))
        axes.set_xticks(named, [names[day].replace(" ", "\n") if narrow else names[day] for day in named])
        axes.set_xlim(-0.5, run.days - 0.5)
        axes.set_yticks([])
        axes.grid(visible=False)
        axes.tick_params(axis="x", length=0)

    web = share(int(by_channel["web"].sum()) / max(int(total.sum()), 1))
    return Figure(
        "bookings",
        f"{run.day_in_prose(best)} brought most: {about_money(int(total[best]), run.currency)} of "
        f"{about_money(int(total.sum()), run.currency)}",
        f"Bookings by day and channel, {run.currency}: what fans paid for coins, tax and store fee included",
        f"Days begin at {run.at(0):%H:%M} {run.at(0):%Z}. The web brought {web}.",
        {"day": [run.at(day * DAY_US).date().isoformat() for day in range(run.days)]}
        | {f"{name}_minor": amounts.astype(int).tolist() for name, amounts in by_channel.items()},
        draw,
        height=280,
        phone_height=260,
    )


def packs(run: Evidence) -> Figure:
    """Each pack's share of the bookings of its channel, along the ladder."""
    brought, coins_of = bookings_by_pack(run.trace, run.currency_code), _coins_of_packs(run)
    ladder = sorted({coins_of[int(item)] for item in brought.keys})
    in_app, on_web = (_shares_along(ladder, brought, coins_of, kinds) for kinds in (IN_APP, ON_WEB))
    best = int(in_app.argmax()) if ladder else 0

    def draw(canvas: "Canvas") -> None:
        names = [f"{coins:,}" if coins else "any" for coins in ladder]
        _paired(canvas, names, 54, ("in the app", in_app, VIEWERS), ("on the web", on_web, VIEWERS))

    return Figure(
        "packs",
        f"The {ladder[best]:,}-coin pack sells best: {share(float(in_app[best]))} of bookings in the app",
        "Share of the channel's bookings, by coins in the pack",
        "In the United States of 2023 the 1,321-coin pack at $19.99 sold best: about a quarter of the app (P1).",
        {"coins": ladder, "app_share": in_app.tolist(), "web_share": on_web.tolist()},
        draw,
        height=32 * len(ladder) + 32,
        phone_height=32 * len(ladder) + 32,
    )


def gifts(run: Evidence) -> Figure:
    """Cheap gifts are many, dear ones carry the coins: shares by price class."""
    given = coins_by_gift(run.trace)
    price = given.totals // np.maximum(given.counts, 1)
    place = np.searchsorted(PRICE_CLASSES, price, side="right") - 1
    coins, sent = (_class_shares(place, amounts) for amounts in (given.totals, given.counts))
    names = [_class_name(low, high) for low, high in pairwise((*PRICE_CLASSES, 0))]
    dear = _dear_half(coins)

    def draw(canvas: "Canvas") -> None:
        _paired(canvas, names, 116, ("of the gifts sent", sent, VIEWERS), ("of the coins given", coins, CREATORS))

    return Figure(
        "gifts",
        f"Gifts of {PRICE_CLASSES[dear]:,} coins or more are {share(float(sent[dear:].sum()))} of gifts "
        f"and {share(float(coins[dear:].sum()))} of the coins",
        "Shares by the price of the gift, in coins",
        f"{run.kpi('gifts'):,} gifts, {run.kpi('coins_given'):,} coins.",
        {"price_from_coins": list(PRICE_CLASSES), "share_of_coins": coins.tolist(), "share_of_gifts": sent.tolist()},
        draw,
        height=30 * len(names) + 32,
        phone_height=30 * len(names) + 32,
    )


def coin_float(run: Evidence) -> Figure:
    """Money received for coins that are not yet spent, over time."""
    unit = 10 ** CURRENCY_BY_NAME[run.currency].exponent
    hours = np.arange(run.days * 24 + 1)
    change = np.zeros(len(hours), np.int64)
    mine = run.series["currency"] == run.currency_code
    np.add.at(
        change, np.minimum(run.series["at_us"][mine] // HOUR_US + 1, len(hours) - 1), run.series["float_cost"][mine]
    )
    held = np.cumsum(change)

    def draw(canvas: "Canvas") -> None:
        axes = canvas.add_subplot()
        margins(canvas, left=48, right=56, top=12)
        axes.fill_between(hours, held / unit, color=VIEWERS, alpha=0.14, linewidth=0)
        axes.plot(hours, held / unit, color=VIEWERS)
        axes.plot(hours[-1], held[-1] / unit, "o", color=VIEWERS, markersize=7, clip_on=False)
        axes.annotate(
            short_money(int(held[-1]), run.currency),
            (hours[-1], held[-1] / unit),
            (8, 0),
            textcoords="offset points",
            va="center",
        )
        _day_ticks(axes, run, is_narrow(canvas))
        _money_axis(axes, run.currency)

    return Figure(
        "float",
        f"At the end fans hold coins for {about_money(run.kpi('coin_float'), run.currency)}: "
        f"{share(run.kpi('coin_float') / max(run.kpi('bookings'), 1))} of what they paid is not yet revenue",
        f"Coin float at lot cost, {run.currency}, hour by hour: money received for coins that are not yet spent",
        f"{run.kpi('coin_float_coins'):,} coins at the end, net of coins owed after chargebacks.",
        {"hour": hours.tolist(), "float_minor": held.tolist()},
        draw,
        height=260,
        phone_height=240,
    )


def _by_day(run: Evidence, amounts: npt.NDArray[Any]) -> Floats:
    mine = run.series["currency"] == run.currency_code
    days = np.minimum(run.series["at_us"][mine] // DAY_US, run.days - 1)
    totals = np.zeros(run.days)
    np.add.at(totals, days, amounts[mine])
    return totals


def _coins_of_packs(run: Evidence) -> dict[int, int]:
    """Coins in each pack sold, as the first policies state them."""
    terms = policies(run.trace)
    items = bookings_by_pack(run.trace, run.currency_code).keys
    regions = sorted({int(region) for region in np.unique(run.trace.columns["region"])})
    found = {
        int(item): [terms.get(Rule.PACK_COINS, 0, item=int(item), region=region) for region in regions]
        for item in items
    }
    return {item: max(coins) for item, coins in found.items()}


def _shares_along(ladder: list[int], brought: Totals, coins_of: dict[int, int], kinds: tuple[Item, ...]) -> Floats:
    amounts = np.zeros(len(ladder))
    for item, total in zip(brought.keys.tolist(), brought.totals.tolist(), strict=True):
        if item // ITEM_SPAN in kinds:
            amounts[ladder.index(coins_of[item])] += total
    return amounts / max(float(amounts.sum()), 1.0)


def _class_shares(place: npt.NDArray[np.intp], amounts: npt.NDArray[np.int64]) -> Floats:
    totals = np.bincount(place, weights=amounts.astype(np.float64), minlength=len(PRICE_CLASSES))
    return totals / max(float(totals.sum()), 1.0)


def _class_name(low: int, high: int) -> str:
    if low == 1:
        return "1 coin"
    return f"{low:,} or more" if not high else f"{low:,} to {high - 1:,}"


def _dear_half(coins: Floats) -> int:
    """The dearest classes that together hold at least half of the coins: where they begin."""
    held = np.cumsum(coins[::-1])[::-1]
    return int(np.flatnonzero(held >= 0.5 * held[0])[-1])


Panel = tuple[str, Floats, str]


def _paired(canvas: "Canvas", names: list[str], left: int, *drawn: Panel) -> None:
    """Panels of bars side by side, in one scale: each with its title, its parts and its colour."""
    longest = max(float(parts.max()) for _, parts, _ in drawn)
    axes = panels(canvas, len(drawn), left=left, gap=60, top=26)
    for panel, (title, parts, color) in zip(axes, drawn, strict=True):
        row_bars(panel, title, parts.tolist(), [column_share(part) for part in parts], color, longest)
    axes[0].set_yticks(range(len(names)), names, color=INK)


def _day_ticks(axes: "Axes", run: Evidence, narrow: bool) -> None:
    days = range(0, run.days, -(-run.days // (DAYS_NAMED // 2 if narrow and run.days > 7 else DAYS_NAMED)))
    names = [run.day_name(day).split()[0] if narrow and run.days <= 7 else run.day_name(day) for day in days]
    axes.set_xticks([24 * day for day in days], names, ha="left")
    axes.set_xlim(0, 24 * run.days)


def _money_axis(axes: "Axes", currency: str) -> None:
    from matplotlib.ticker import MaxNLocator

    unit = 10 ** CURRENCY_BY_NAME[currency].exponent
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    name_values(axes, lambda value: short_money(round(value * unit), currency))
