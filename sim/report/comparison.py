"""The page of a comparison: what you must believe at its head, then what differs, who gains, and how it was asked.

    write_comparison(believed(compare(base, other)), Path("answer"))    # answer/comparison.html, .json, figures/*.csv

One file that asks no network. The same comparison gives the same bytes.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from sim.experiments.beliefs import Believed
from sim.experiments.compare import Comparison
from sim.experiments.paired import Difference
from sim.files import write_together
from sim.metrics.definitions import METRIC
from sim.report.differing import (
    RESTS_ON,
    STOPPED,
    TOLD,
    answer_text,
    as_plain,
    cell_text,
    change_text,
    interval_text,
    levels_text,
    p_text,
    seeds_text,
    sign_text,
    title_of,
    turn_doubt,
)
from sim.report.figure import Figure
from sim.report.incidence import incidence_figure, incidence_lines, incidence_rows
from sim.report.intervals import certainty, differences, turn, turn_text, unknowns
from sim.report.marks import STARS
from sim.report.numbers import count, plural, share
from sim.report.rendering import rendered
from sim.report.welfare import gains_figures, gains_rows
from sim.runs.provenance import versions
from sim.scenario.difference import differences as keys_that_differ

PAGE: Final = "comparison.html"
NUMBERS: Final = "comparison.json"
FIGURES: Final = "figures"
Figures = Mapping[str, list[Figure]]
LONGEST: Final = 200  # letters of a value in the table of what differs


def write_comparison(told: Comparison, folder: Path) -> Path:
    """Write the page, its numbers as JSON and its figures' as CSV; the path of the page."""
    write_together({folder / name: text for name, text in comparison_files(told).items()})
    return folder / PAGE


def comparison_files(told: Comparison) -> dict[str, str]:
    """Every file by its path inside the folder."""
    drawn = figures_of(told)
    tables = {f"{FIGURES}/{figure.name}.csv": figure.csv for chapter in drawn.values() for figure in chapter}
    numbers = msgspec.json.format(msgspec.json.encode(rounded(as_plain(told))), indent=1).decode() + "\n"  # NaN is null
    return {**tables, NUMBERS: numbers, PAGE: page(told, drawn)}


def rounded(value: Any) -> Any:
    """The same with floats of twelve digits: the last ones hang on the machine.

    >>> rounded({"base": [0.1 + 0.2, 3], "of": ("gmv", None)})
    {'base': [0.3, 3], 'of': ['gmv', None]}
    """
    match value:
        case float():
            return float(f"{value:.12g}")
        case dict():
            return {name: rounded(each) for name, each in value.items()}
        case list() | tuple():
            return [rounded(each) for each in value]
    return value


def figures_of(told: Comparison) -> Figures:
    """The figures by chapter; what there is nothing to draw of is left out."""
    card = (certainty(told), unknowns(told), turn(told))
    return {
        "card": [figure for figure in card if figure is not None],
        "differences": list(differences(told)),
        "gains": gains_figures(told),
        "incidence": [] if told.borne is None else [incidence_figure(told.borne)],
    }


def page(told: Comparison, drawn: Figures) -> str:
    """The whole page as HTML."""
    return rendered("comparison.html", context(told, drawn))


def context(told: Comparison, drawn: Figures) -> dict[str, Any]:
    """What the template needs."""
    return {
        "base": told.base.name,
        "other": told.other.name,
        "question": told.other.question,
        "answer": f"{answer_text(told)}.",
        "card": _card(told),
        "figures": drawn,
        "pairs": plural(len(told.seeds), "pair"),
        "seeds": plural(len(told.seeds), "seed"),
        "viewers": count(told.base.viewers),
        "rows": [_row(one) for one in told.metrics.values() if one.differences.any() or one.metric == told.asked],
        "same": ", ".join(title_of(one) for one in told.metrics.values() if not one.differences.any()),
        "gains": gains_rows(told),
        **_borne(told),
        "method": list(_method(told)),
        "notes": told.notes,
        "changed": list(_changed(told)),
        "metrics": _defined(told),
        "source": f"Simulated: {plural(len(told.seeds), 'pair')} of runs, {count(told.base.viewers)} viewers",
        "version": versions()["coinworks"],
    }


def _borne(told: Comparison) -> dict[str, Any]:
    """Who bears it, where that was looked for."""
    if told.borne is None:
        return {"borne": []}
    seeds = plural(len(told.borne.seeds), "seed")
    return {
        "borne": incidence_rows(told.borne),
        "moves": list(incidence_lines(told.borne)),
        "borne_seeds": seeds,
        "borne_source": f"Simulated: {seeds}, {count(told.base.viewers)} viewers",
    }


def _card(told: Comparison) -> dict[str, Any]:
    """What you must believe: label, facts and the unknowns that matter most; no label where nothing was drawn."""
    one = told.answer
    if one.belief is None or one.label is None:
        return {"label": None}
    told_ones = one.belief.told[:TOLD]
    title = (
        "The unknown that matters most" if len(told_ones) == 1 else f"The {len(told_ones)} unknowns that matter most"
    )
    return {
        "label": one.label,
        "rests_on": f"The answer rests on {RESTS_ON[one.label]}.",
        "facts": list(_facts(told)),
        "unknowns_title": title,
        "unknowns": [_unknown(each) for each in told_ones],
    }


def _facts(told: Comparison) -> Iterator[tuple[str, str]]:
    one = told.answer
    assert one.belief is not None, "asked where there are draws"
    assert told.beliefs is not None, "asked where there are draws"
    yield "By chance", f"{seeds_text(one)} (95 % over {plural(len(told.seeds), 'seed')})"
    drawn = f"90 % of {plural(len(told.beliefs.values), 'draw')} of {count(len(told.beliefs.unknowns))} unknowns"
    yield "By what nobody knows", f"{interval_text(one, one.interval_parameters)} ({drawn})"
    yield "The sign", f"{sign_text(one)} of the draws keep it" if one.difference else "the difference is 0"
    noise = (
        f"{share(one.belief.noise_share)} of the draws' variance is chance, at {count(told.beliefs.viewers)} viewers"
    )
    yield "Of the draws", noise
    yield "Break-even", _break_even(one)
    if not one.belief.told:
        yield "Unknowns", "which matters most can't be told from chance with so many draws"


def _break_even(one: Difference) -> str:
    if one.break_even is not None:
        return f"{turn_text(one.break_even)}{turn_doubt(one)}."
    why = "the answer doesn't rest on assumptions" if one.label != "assumed" else "too little is known of what matters"
    return f"not looked for: {why}"


def _unknown(each: Believed) -> dict[str, str]:
    unknown, influence = each
    return {
        "key": unknown.key,
        "meaning": unknown.meaning,
        "stated": f"{unknown.stated:,}",
        "range": f"{unknown.low:,} to {unknown.high:,}",
        "way": "raises it" if influence.slope > 0 else "lowers it",
        "share": share(influence.share),
        "basis": unknown.basis,
        "source": unknown.source,
    }


def _row(one: Difference) -> dict[str, str]:
    return {
        "title": title_of(one),
        "levels": levels_text(one),
        "difference": change_text(one, one.difference),
        "seeds": f"{cell_text(one, one.interval_told)}{STARS[one.mark]}",
        "parameters": cell_text(one, one.interval_parameters),
        "sign": sign_text(one),
        "label": one.label or "",
        "p": p_text(one.p_joint),
    }


def _method(told: Comparison) -> Iterator[tuple[str, str]]:
    yield (
        "People and time",
        f"{count(told.base.viewers)} viewers, {plural(told.base.days, 'day')} from {told.base.start:%F}",
    )
    days = f"{plural(told.warm_up_days, 'day')} left out: {told.warm_up_why}"
    yield "Warm-up", days
    asked = f"to {share(told.precision)} of the base's mean, 95 %; ended because: {STOPPED[told.stopped]}"
    yield "Precision asked", f"{title_of(told.answer)} {asked}"
    yield "Seeds", f"{told.seeds[0]} to {told.seeds[-1]}; under one seed both have the same people and the same chances"
    yield "Many metrics", f"p, jointly: Holm's correction over the {told.answer.read} that can differ"
    if told.beliefs is None:
        return
    drawn = f"{count(len(told.beliefs.values))} of {count(len(told.beliefs.unknowns))} unknowns at once, alike in both"
    yield "Draws", f"{drawn}, {count(told.beliefs.viewers)} viewers each; half of them on either side of what is stated"
    yield "Influence", "ranks of the difference on ranks of the unknowns, one after the other, against 999 shuffles"
    yield "Mechanism", "the difference moves less than a tenth of itself under all draws"


def _changed(told: Comparison) -> Iterator[dict[str, str]]:
    for key, one, other in keys_that_differ(told.base, told.other):
        yield {"key": key, "one": _short(one), "other": _short(other)}


def _short(value: Any) -> str:
    text = "–" if value is None else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _defined(told: Comparison) -> list[Any]:
    names = dict.fromkeys(one.metric.partition(".")[0] for one in told.metrics.values())
    return [METRIC[name] for name in names if name in METRIC]
