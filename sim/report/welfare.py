"""Who gains and who loses by a comparison: a table of parties with both intervals, and its figures.

gains_table(told)                                   # for a terminal
gains_rows(told), gains_figures(told)               # for the page
"""

from collections.abc import Sequence
from math import isnan
from typing import TYPE_CHECKING, Final

from sim.experiments.compare import Comparison
from sim.experiments.paired import Difference, Interval
from sim.experiments.welfare import FIGURE, OTHERS, PARTIES, TENTHS
from sim.report.figure import Figure
from sim.report.marks import STARS
from sim.report.numbers import UNKNOWN, about_money, plural, short_money, signed
from sim.report.style import CREATORS, INK, MUTED, OUTSIDE, PLATFORM, SELLERS, VIEWERS, WARNING, is_narrow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from rich.table import Table

ROW_PX: Final = 34
NAMES_PX: Final = 150
COLOR: Final = {
    "viewer": VIEWERS,
    "creator": CREATORS,
    "domestic": SELLERS,
    "offline": SELLERS,
    "foreign": WARNING,
    "platform": PLATFORM,
}
FLOAT: Final = "coin_float_gain"
SUMS: Final = ("total_gain", "total_gain_without_top", "local_seller_gain", "domestic_gain", "firm_gain")
GROUPS: Final = ("viewer_surplus_tenth", "creator_gain_tenth")


def told_gains(told: Comparison, names: Sequence[str]) -> list[Difference]:
    """Of these figures those in which either scenario has anything."""
    found = [told.gains[name] for name in names if told.gains and name in told.gains]
    return [one for one in found if one.base or one.other]


def gains_rows(told: Comparison) -> list[dict[str, str]]:
    """A row for each party, then sums and parts: who, what is counted, the change and both intervals."""
    names = [party.name for party in (*PARTIES, *OTHERS)]
    return [
        {
            "title": FIGURE[one.metric].title,
            "counts": FIGURE[one.metric].counts,
            "difference": amount_text(one.difference, one.currency),
            "seeds": f"{bounds_text(one.interval_seeds, one.currency)}{STARS[one.mark]}",
            "parameters": bounds_text(one.interval_parameters, one.currency),
        }
        for one in told_gains(told, names)
    ]


def gains_table(told: Comparison) -> "Table":
    """The same for a terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    title = f"Who gains by {told.other.name} against {told.base.name}, {plural(len(told.seeds), 'pair')} of runs"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("who")
    drawn = told.beliefs is not None
    for name in ("gains", "95 % over seeds", *(("over unknowns",) if drawn else ())):
        table.add_column(name, justify="right", no_wrap=True)
    for row in gains_rows(told):
        table.add_row(row["title"], row["difference"], row["seeds"], *((row["parameters"],) if drawn else ()))
    return table


def gains_figures(told: Comparison) -> list[Figure]:
    """What each party gains; and by tenths of fans and creators, where any of them does."""
    parties = told_gains(told, [party.name for party in PARTIES])
    total = told_gains(told, ["total_gain"])
    if not parties or not total or not any(one.difference for one in parties):
        return []
    figures = [_bars(told, "gains", gains_finding(told), "Change of each party's gain", [*parties, *total])]
    for group, who in zip(GROUPS, ("fans by what they are drawn to spend", "creators by popularity"), strict=True):
        tenths = told_gains(told, [party.name for party in TENTHS if party.name.startswith(group)])
        if any(one.difference for one in tenths):
            title = tenths_finding(tenths, who.split()[0])
            figures.append(_bars(told, f"{group.partition('_')[0]}_tenths", title, f"Tenths of {who}", tenths))
    return figures


def gains_finding(told: Comparison) -> str:
    """Who gains most, who loses most, and what the sum of all is."""
    names = [party.name for party in PARTIES if party.name != FLOAT]
    parties = sorted(told_gains(told, names), key=lambda one: one.difference)
    [total] = told_gains(told, ["total_gain"])
    words = []
    if parties[-1].difference > 0:
        words.append(f"{does(parties[-1], 'gain')} most ({amount_text(parties[-1].difference, total.currency)})")
    if parties[0].difference < 0:
        words.append(f"{does(parties[0], 'lose')} most ({amount_text(parties[0].difference, total.currency)})")
    text = ", ".join(words)
    return f"{text[:1].upper()}{text[1:]}; all together {amount_text(total.difference, total.currency)}"


def tenths_finding(tenths: Sequence[Difference], who: str) -> str:
    """Which tenth most of a change falls on."""
    most = max(tenths, key=lambda one: abs(one.difference))
    place = most.metric.rpartition("_")[2]
    whose = {"1": "the lowest tenth", "10": "the highest tenth"}.get(place, f"tenth {place}")
    verb = "gains" if most.difference > 0 else "loses"
    return f"Of {who}, {whose} {verb} most ({amount_text(most.difference, most.currency)})"


def _bars(told: Comparison, name: str, title: str, subtitle: str, shown: Sequence[Difference]) -> Figure:
    def draw(canvas: "Canvas") -> None:
        narrow = is_narrow(canvas)
        width, _ = canvas.get_size_inches() * 72
        left = NAMES_PX * (0.8 if narrow else 1.0) / width
        axes = canvas.add_axes((left, 0.02, 1 - left, 0.96))
        most = max(1.0, *(abs(bound) for one in shown for bound in (one.difference, *_known(one.interval_seeds))))
        for place, one in enumerate(shown):
            axes.barh(place, one.difference, height=0.6, color=color_of(one), linewidth=0)
            axes.plot(_known(one.interval_seeds), [place] * 2, color=INK, linewidth=1.5)
            _label(axes, one, place, narrow=narrow)
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.set(xlim=(-1.7 * most, 1.7 * most), ylim=(len(shown) - 0.5, -0.5), xticks=[])
        axes.set_yticks(range(len(shown)), [f"{FIGURE[one.metric].title}{STARS[one.mark]}" for one in shown], color=INK)
        axes.grid(visible=False)
        axes.spines.bottom.set_visible(False)

    return Figure(
        name,
        title,
        f"{subtitle}, {shown[0].currency}, in the mean of {plural(len(told.seeds), 'pair')}; lines: 95 % over seeds",
        "What one party pays another is in both bars, so it cancels in the sum. ",
        {
            "figure": [one.metric for one in shown],
            "base_minor": [one.base for one in shown],
            "other_minor": [one.other for one in shown],
            "difference_minor": [one.difference for one in shown],
            "low_minor": [one.interval_seeds[0] for one in shown],
            "high_minor": [one.interval_seeds[1] for one in shown],
        },
        draw,
        height=ROW_PX * len(shown) + 16,
        phone_height=ROW_PX * len(shown) + 16,
    )


def _label(axes: "Axes", one: Difference, place: int, *, narrow: bool) -> None:
    side = 1 if one.difference >= 0 else -1
    beyond = max(side * bound for bound in (one.difference, *_known(one.interval_seeds)))
    text = signed(round(one.difference), one.currency, short_money if narrow else about_money)
    axes.annotate(
        text,
        (side * beyond, place),
        (6 * side, 0),
        textcoords="offset points",
        ha="left" if side > 0 else "right",
        va="center",
    )


def _known(interval: Interval) -> list[float]:
    return [0.0 if isnan(bound) else bound for bound in interval]


def color_of(one: Difference) -> str:
    """The party's own; ink for a sum."""
    return INK if one.metric in SUMS else COLOR.get(one.metric.partition("_")[0], OUTSIDE)


def does(one: Difference, verb: str) -> str:
    """`viewers gain`, `the platform gains`."""
    return f"the platform {verb}s" if one.metric == "platform_gain" else f"{FIGURE[one.metric].title.lower()} {verb}"


def amount_text(change: float, currency: str) -> str:
    """A change in prose, with its sign."""
    return UNKNOWN if isnan(change) else signed(round(change), currency, about_money)


def bounds_text(interval: Interval | None, currency: str) -> str:
    """Both ends of an interval of changes, once where they are the same; empty where there is none."""
    if interval is None:
        return ""
    if any(map(isnan, interval)):
        return UNKNOWN
    return " to ".join(dict.fromkeys(amount_text(bound, currency) for bound in interval))
