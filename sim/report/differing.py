"""A comparison in words and tables: differences as people read them, and what one must believe for them.

    console().print(differences_table(told))
    for line in card(told): print(line)

Both intervals stand side by side, for chance is the smaller part of what isn't known.
"""

from collections.abc import Iterator
from math import isnan
from textwrap import fill
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.experiments.beliefs import SURE
from sim.experiments.compare import Comparison
from sim.experiments.influences import Influence
from sim.experiments.level import Level
from sim.experiments.paired import Difference, Interval
from sim.experiments.unknowns import Unknown
from sim.experiments.welfare import FIGURE
from sim.metrics.definitions import METRIC
from sim.report.incidence import incidence_plain
from sim.report.marks import OVER_SEEDS, STARS
from sim.report.numbers import MINUS, THIN, UNKNOWN, about_money, digits, index, plural, share, significant

if TYPE_CHECKING:
    from rich.table import Table

TOLD: Final = 3  # unknowns
NAME: Final = 20  # letters in a line of a table's first column
RESTS_ON: Final = {
    "mechanism": "the arithmetic of fees and rules",
    "fitted": "parameters fitted to published figures",
    "assumed": "assumptions",
}
STOPPED: Final = {
    "precision": "known as well as was asked",
    "pairs": "as many pairs as were allowed",
    "budget": "the time was used up",
}


def title_of(one: Difference) -> str:
    """The metric's title, with its currency where that isn't plain."""
    name, _, currency = one.metric.partition(".")
    gain = f"Gain ({FIGURE[name].title.lower()})" if name in FIGURE else name
    title = METRIC[name].title if name in METRIC else gain
    return f"{title} {currency}".rstrip()


def value_text(one: Difference, value: float) -> str:
    """A value of the metric in prose, with its unit."""
    if isnan(value):
        return UNKNOWN
    if one.unit == "money":
        return f"{MINUS if value < 0 else ''}{about_money(abs(round(value)), one.currency)}"
    if one.unit == "share":
        return share(value)
    return index(value) if one.unit == "index" else f"{significant(round(value)):,}"


def levels_text(one: Difference) -> str:
    """Both means, `$396 → $412`; empty for a gain, of which only changes mean something."""
    return "" if one.metric in FIGURE else f"{value_text(one, one.base)} → {value_text(one, one.other)}"


def change_text(one: Difference, change: float) -> str:
    """A difference in the metric's unit as it is told: `+4.2 %` of the base, `−0.3 points`, `+0.02`.

    >>> import numpy as np
    >>> told = Difference("gmv", "money", "USD", np.array([100.0, 120.0]), np.array([110.0, 132.0]))
    >>> change_text(told, told.difference).replace(THIN, " ")
    '+10 %'
    """
    return UNKNOWN if isnan(change) else _with_unit(*_number(one, change))


def interval_text(one: Difference, interval: Interval | None) -> str:
    """Two bounds, with their unit once: `+1 to +3 %`."""
    if interval is None:
        return ""
    if any(map(isnan, interval)):
        return UNKNOWN
    (low, unit), (high, _) = (_number(one, bound) for bound in interval)
    return _with_unit(low if low == high else f"{low} to {high}", unit)


def seeds_text(one: Difference) -> str:
    """The interval over seeds of what is told, with a star where it isn't shown to cover 95 %."""
    return f"{interval_text(one, one.interval_told)}{STARS[one.mark]}"


def _with_unit(number: str, unit: str) -> str:
    return f"{number}{THIN if unit == '%' else ' '}{unit}" if unit else number


def _number(one: Difference, change: float) -> tuple[str, str]:
    """A difference as a number and its unit."""
    if one.is_relative:
        return _signed(100 * change / one.base, 3), "%"
    if one.unit == "share":
        return _signed(100 * change, 2), "points"
    if one.unit == "money":
        sign = "+" if change > 0 else MINUS if change < 0 else ""
        return f"{sign}{about_money(abs(round(change)), one.currency)}", ""
    return _signed(change, 2), ""


def _signed(number: float, digits: int) -> str:
    text = f"{abs(number):.{digits}g}" if abs(number) < 100 else f"{significant(round(abs(number))):,}"
    sign = "" if float(text.replace(",", "")) == 0 else "+" if number > 0 else MINUS
    return f"{sign}{text}"


def differences_table(told: Comparison) -> "Table":
    """Each metric in which they differ: under its name both means, then the difference and how sure it is."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    title = f"{told.other.name} against {told.base.name}: {plural(len(told.seeds), 'pair')} of runs"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("metric", no_wrap=True)
    drawn = told.beliefs is not None
    for name in ("difference", "95 % over seeds", *(("over unknowns", "sign") if drawn else ()), "p"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in told.metrics.values():
        if one.differences.any() or one.metric == told.asked:
            believed = (cell_text(one, one.interval_parameters), sign_text(one)) if drawn else ()
            name = "\n".join(fill(text, NAME) for text in (title_of(one), levels_text(one)) if text)
            change = change_text(one, one.difference)
            seeds = f"{cell_text(one, one.interval_told)}{STARS[one.mark]}"
            table.add_row(name, change, seeds, *believed, p_text(one.p_joint))
    return table


def cell_text(one: Difference, interval: Interval | None) -> str:
    """An interval; amounts of money take two lines, for two are too wide for a column."""
    text = interval_text(one, interval)
    return text if one.is_relative or one.unit == "share" else text.replace(" to ", " to\n")


def sign_text(one: Difference) -> str:
    """Of the draws, how many keep the sign; empty where there are none, or nothing differs."""
    if one.sign_share is None or isnan(one.sign_share) or not one.difference:
        return ""
    return f"{100 * one.sign_share:.0f}{THIN}%"


def p_text(p_value: float) -> str:
    """A p-value of two digits."""
    return "" if isnan(p_value) else "< 0.001" if p_value < 0.001 else f"{p_value:.2g}"


def card(told: Comparison) -> Iterator[str]:
    """What you must believe: the answer, both intervals, what it rests on, what matters most, and where it turns."""
    one = told.answer
    yield f"{answer_text(told)}."
    if one.belief is not None and one.label is not None:
        yield f"It rests on {RESTS_ON[one.label]} ({one.label}); {_sign_text(one)}"
        yield from _unknowns(one)
        yield from _turn(one)
    else:
        yield "What nobody knows was not drawn, so this interval is of chance alone: ask again with --draws 64."
    yield (
        f"{plural(len(told.seeds), 'pair')} of runs ({STOPPED[told.stopped]}), {told.base.viewers:,} viewers, days "
        f"{told.warm_up_days + 1} to {told.base.days} ({told.warm_up_why}). p is Holm's, over {one.read} metrics."
    )
    same = [title_of(other) for other in told.metrics.values() if not other.differences.any()]
    if same:
        yield f"The same in every pair: {', '.join(same)}."
    for note in told.notes:
        yield f"Note: {note}."


def answer_text(told: Comparison, base: str = "") -> str:
    """The asked difference with its intervals: what is chance never stands alone where more is known.

    `base` is what the base is called, if not by its name.
    """
    one, base = told.answer, base or told.base.name
    against = f"itself {base}" if base.startswith("without") else base
    sign = "" if one.is_clear or one.difference == 0 else ", no clear sign"
    days = f" on days {told.warm_up_days + 1} to {told.base.days}" if told.warm_up_days else ""
    level = "" if one.metric in FIGURE else f"{value_text(one, one.other)}{days}, "
    words = f"{title_of(one)} {level}{change_text(one, one.difference)} against {against}{sign}"
    seeds = f"{interval_text(one, one.interval_told)} {OVER_SEEDS[one.mark]}"
    if one.interval_parameters is None:
        return f"{words} ({seeds})"
    return f"{words} ({seeds}, {interval_text(one, one.interval_parameters)} over what nobody knows: {one.label})"


def level_text(found: Level) -> str:
    """What a scenario without a base comes to, with both intervals."""
    one = Difference(found.metric, found.unit, found.currency, found.values, found.values)
    seeds, draws = (
        f"{value_text(one, low)} to {value_text(one, high)}"
        for low, high in (found.interval_seeds, found.interval_parameters)
    )
    value = value_text(one, found.value)
    return f"{title_of(one)} {value} ({seeds} {OVER_SEEDS[found.mark]}, {draws} over what nobody knows: {found.label})"


def _sign_text(one: Difference) -> str:
    assert one.belief is not None, "asked where there are draws"
    kept = (
        "the difference is 0"
        if not one.difference
        else f"{sign_text(one)} of {len(one.belief.bases)} draws keep its sign"
    )
    noise = one.belief.noise_share
    return f"{kept}." if isnan(noise) else f"{kept}; {share(noise)} of the draws' variance is chance."


def _unknowns(one: Difference) -> Iterator[str]:
    assert one.belief is not None, "asked where there are draws"
    told = one.belief.told[:TOLD]
    if not told:
        yield "Which unknown matters most can't be told from chance with so many draws."
    for believed in told:
        unknown, influence = believed
        way = "raises" if influence.slope > 0 else "lowers"
        yield (
            f"  {unknown.key} ({unknown.basis}, {unknown.low} to {unknown.high}, stated {unknown.stated}): more of it "
            f"{way} the difference; {share(influence.share)} of the variance."
        )


def _turn(one: Difference) -> Iterator[str]:
    turn = one.break_even
    if turn is None:
        return
    unknown, doubt = turn.unknown, turn_doubt(one)
    if turn.value is None:
        yield f"Break-even: none within the range of {unknown.key}, {unknown.low} to {unknown.high}{doubt}."
    else:
        sure = "" if turn.is_verified else ", not verified"
        yield f"Break-even: the sign turns at {unknown.key} = {digits(float(turn.value))}{sure}{doubt}."


def turn_doubt(one: Difference) -> str:
    """What to say of a break-even along an unknown that neither the draws nor the runs along it show to matter."""
    turn = one.break_even
    assert turn is not None, "asked where there is one"
    told = one.belief.told if one.belief is not None else []
    moved, error = float(np.ptp(turn.changes)), 2**0.5 * float(turn.errors.max())
    matters = moved > SURE * error or any(each.unknown.key == turn.unknown.key for each in told)
    return "" if matters else "; what this unknown does can't be told from chance"


def as_plain(told: Comparison) -> dict[str, object]:
    """A comparison for machines."""
    return {
        "schema": "coinworks/compare/1",
        "base": told.base.name,
        "other": told.other.name,
        "asked": told.asked,
        "answer": answer_text(told),
        "replications": len(told.seeds),
        "seeds": told.seeds,
        "stopped": told.stopped,
        "precision": told.precision,
        "viewers": told.base.viewers,
        "days": told.base.days,
        "warm_up_days": told.warm_up_days,
        "warm_up_why": told.warm_up_why,
        "draws": 0 if told.beliefs is None else len(told.beliefs.values),
        "draw_viewers": 0 if told.beliefs is None else told.beliefs.viewers,
        "notes": told.notes,
        "metrics": {name: _plain(one) for name, one in told.metrics.items()},
        "gains": {name: _plain(one) for name, one in (told.gains or {}).items()},
        "incidence": None if told.borne is None else incidence_plain(told.borne),
    }


def _plain(one: Difference) -> dict[str, object]:
    return {
        "unit": one.unit,
        "currency": one.currency,
        "base": one.base,
        "other": one.other,
        "difference": one.difference,
        "relative": one.relative,
        "interval_seeds": one.interval_seeds,
        "interval_told": one.interval_told,
        "interval_joint": one.interval_joint,
        "mark": one.mark,
        "p_value": one.p_value,
        "p_joint": one.p_joint,
        "interval_parameters": one.interval_parameters,
        "sign_share": one.sign_share,
        "label": one.label,
        "unknowns": [] if one.belief is None else [_plain_unknown(*believed) for believed in one.belief.told[:TOLD]],
        "break_even": _plain_turn(one),
        "bases": one.bases.tolist(),
        "others": one.others.tolist(),
    }


def _plain_unknown(unknown: Unknown, influence: Influence) -> dict[str, object]:
    return {
        "key": unknown.key,
        "basis": unknown.basis,
        "stated": float(unknown.stated),
        "range": [float(unknown.low), float(unknown.high)],
        "share": influence.share,
        "slope": influence.slope,
        "p_value": influence.p_value,
    }


def _plain_turn(one: Difference) -> dict[str, object] | None:
    turn = one.break_even
    if turn is None:
        return None
    value = None if turn.value is None else float(turn.value)
    return {"key": turn.unknown.key, "value": value, "is_verified": turn.is_verified}
