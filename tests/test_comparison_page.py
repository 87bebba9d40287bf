"""The comparison's page: what you must believe at its head, both intervals, the numbers behind it, no network."""

import doctest
import io
import json
import re
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from sim.cli.terminal import PIPE_WIDTH
from sim.experiments.beliefs import Belief, Beliefs, Believed, turned
from sim.experiments.compare import Comparison
from sim.experiments.influences import Influence
from sim.experiments.paired import Difference, corrected
from sim.experiments.unknowns import design, find, unknowns
from sim.report import comparison as page_module
from sim.report.comparison import comparison_files, write_comparison
from sim.report.differing import change_text, differences_table, seeds_text, turn_doubt
from sim.report.intervals import figures_of, turn_text
from sim.report.numbers import THIN
from sim.scenario import load
from test_incidence import borne
from test_report import Page

DRAWS = 64
KEYS = ("elsewhere.offline_share", "gifting.giver_share", "creators.hour_cost_cents")


def comparison(*, drawn: bool = True, turns: bool = True, told: int = 3) -> Comparison:
    """Local sellers gain by a rule if enough of what it forbids goes offline: -20 % at none, +20 % at most."""
    base, other = load("us-baseline"), load("us-web-push")
    found = unknowns(base, other)
    values = design(found, DRAWS, seed=1)
    noise = np.random.default_rng(1).normal(size=(5, DRAWS))
    offline = values[:, [one.key for one in found].index(KEYS[0])].astype(float)
    metrics = {
        "domestic_seller_income": _difference("domestic_seller_income", "money", "USD", 10_000.0, 400.0, noise),
        "take_rate": _difference("take_rate", "share", "", 0.4, 0.02, noise / 10_000),
        "gmv": _difference("gmv", "money", "USD", 5_000.0, 0.0, 0 * noise),
    }
    if not drawn:
        return _told(base, other, metrics, None)
    influences = [Influence(0, 0.5, 1, 0.001), Influence(1, 0.1, -1, 0.01), Influence(2, 0.05, 1, 0.04)]
    believed = [Believed(find(found, key), one) for key, one in zip(KEYS[:told], influences, strict=False)]
    answers = {
        "domestic_seller_income": 10_000 * (1 + offline - 0.2) + 100 * noise[3],
        "take_rate": 0.4 + 0.05 * noise[4],
        "gmv": np.full(DRAWS, 5_000.0),
    }
    for name, one in metrics.items():
        stated = one.bases[:4], one.others[:4]
        bases = np.full(DRAWS, one.bases[0])
        listed = believed if name == "domestic_seller_income" else []
        belief = Belief(name, one.unit, one.currency, bases, answers[name], *stated, 1.0, 1, listed)
        metrics[name] = one._replace(belief=belief)
    beliefs = Beliefs(base.name, other.name, base.viewers, found, values, {})
    if turns:
        asked = metrics["domestic_seller_income"]
        turn = turned(
            find(found, KEYS[0]), asked.metric, lambda some: np.array([[float(one) * 1e4 - 2000] * 4 for one in some])
        )
        metrics[asked.metric] = asked._replace(break_even=turn)
    return _told(base, other, metrics, beliefs)


def _difference(
    metric: str, unit: str, currency: str, base: float, change: float, noise: "np.typing.NDArray[np.float64]"
) -> Difference:
    bases = base + 10 * noise[0, :8]
    return Difference(metric, unit, currency, bases, bases + change + 20 * noise[1, :8])


def _told(base: object, other: object, metrics: dict[str, Difference], beliefs: Beliefs | None) -> Comparison:
    return Comparison(
        base,  # type: ignore[arg-type]  # scenarios, whose type the caller has
        other,  # type: ignore[arg-type]  # the same
        ["compared on 7 days"],
        "domestic_seller_income",
        list(range(1, 9)),
        1,
        "MSER-5",
        0.02,
        "precision",
        corrected(metrics),
        beliefs=beliefs,
    )


def test_examples_of_docstrings() -> None:
    tried = doctest.testmod(page_module)
    assert tried.attempted
    assert not tried.failed


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return comparison_files(comparison())


def test_the_card_stands_first_and_says_what_must_be_believed(files: dict[str, str]) -> None:
    html = files["comparison.html"]
    assert html.index('id="card"') < html.index('id="differences"') < html.index('id="method"')
    text = Page(html).text
    card = text[text.rindex("What you must believe") : text.rindex("What differs")]
    assert "ASSUMED The answer rests on assumptions." in card
    assert "By chance" in card
    assert "By what nobody knows" in card
    for key in KEYS:
        assert key in card
    assert "More than the base only if elsewhere.offline_share is above 0.2" in card


def test_the_page_never_gives_chance_alone_where_more_is_known(files: dict[str, str]) -> None:
    text = Page(files["comparison.html"]).text
    told = comparison().answer
    assert told.interval_parameters is not None
    width = told.interval_parameters[1] - told.interval_parameters[0]
    assert width > 10 * (told.interval_seeds[1] - told.interval_seeds[0])
    assert "over seeds, " in text[: text.index("What you must believe")]
    assert "over what nobody knows: assumed" in text


def test_intervals_of_few_payers_are_marked_wherever_they_stand() -> None:
    told = comparison()
    few = told._replace(metrics={name: one._replace(payers=10.0) for name, one in told.metrics.items()})
    found = comparison_files(few)
    text, numbers = Page(found["comparison.html"]).text.replace("\u202f", " "), json.loads(found["comparison.json"])
    assert "% at about 90 % over seeds, " in text[: text.index("What you must believe")]
    assert f"{seeds_text(few.answer)} (95 % over 8 seeds)".replace("\u202f", " ") in text
    assert seeds_text(few.answer).endswith("*")
    assert [numbers["metrics"][name]["mark"] for name in ("domestic_seller_income", "take_rate")] == ["few payers", ""]
    assert not seeds_text(told.answer).endswith("*")


def test_what_was_not_drawn_is_said_to_be_unknown() -> None:
    text = Page(comparison_files(comparison(drawn=False))["comparison.html"]).text
    assert "Not known: what nobody knows was not drawn" in text
    assert "--draws 64" in text


def test_what_cannot_be_told_from_chance_is_not_shown_as_a_cause() -> None:
    found = comparison_files(comparison(told=0, turns=False))
    assert "which matters most can't be told from chance" in Page(found["comparison.html"]).text
    assert "figures/unknowns.csv" not in found


def test_numbers_lie_beside_every_figure(files: dict[str, str]) -> None:
    html = files["comparison.html"]
    named = {name for name in files if name.startswith("figures/")}
    assert named == {f"figures/{name}.csv" for name in ("certainty", "unknowns", "turn", "differences", "points")}
    assert all(f'href="{name}"' in html for name in named)
    assert len(files["figures/unknowns.csv"].splitlines()) == DRAWS + 1
    assert json.loads(files["comparison.json"])["metrics"]["take_rate"]["label"] == "assumed"


def test_what_differs_nowhere_is_listed_and_not_drawn(files: dict[str, str]) -> None:
    assert "The same in every pair: Shop sales, gross." in Page(files["comparison.html"]).text
    assert "gmv" not in files["figures/differences.csv"]


def test_who_gains_is_shown_where_it_was_asked(files: dict[str, str]) -> None:
    assert "--welfare adds up what each party gains" in Page(files["comparison.html"]).text
    noise = np.random.default_rng(2).normal(size=(2, 8))
    names = ("viewer_surplus", "platform_gain", "total_gain")
    gains = {
        name: _difference(name, "money", "USD", 1_000.0, change, noise)
        for name, change in zip(names, (900.0, -400.0, 500.0), strict=True)
    }
    found = comparison_files(comparison()._replace(gains=gains))
    text = Page(found["comparison.html"]).text
    assert "Viewers gain most" in text
    assert "the platform loses most" in text
    assert len(found["figures/gains.csv"].splitlines()) == 4


def test_who_bears_it_is_shown_where_it_was_looked_for(files: dict[str, str]) -> None:
    assert 'id="incidence"' not in files["comparison.html"]
    assert json.loads(files["comparison.json"])["incidence"] is None
    found = comparison_files(comparison()._replace(borne=borne((0.0, 30_000.0), (50_000.0, -20_000.0))))
    text = Page(found["comparison.html"]).text
    assert "Prices held: the platform gains most (+$500)" in text
    assert "Below each change its 95 % interval over 2 seeds." in text
    assert "The platform moves its packs' prices by nothing" in text
    assert found["figures/incidence.csv"].splitlines()[1].startswith("viewer_surplus,")
    assert json.loads(found["comparison.json"])["incidence"]["adjusted"]["viewer_surplus"] == 30_000


def test_a_gain_is_told_in_money_for_its_level_means_nothing() -> None:
    noise = np.random.default_rng(4).normal(size=(2, 8)) / 100
    gain = _difference("domestic_gain", "money", "IDR", 4e7, -8e6, noise)
    assert not gain.is_relative
    assert change_text(gain, gain.difference) == "−Rp 8m"


def test_the_terminal_has_both_means_under_the_name_and_no_interval_cut() -> None:
    told = comparison()
    asked = told.answer
    assert asked.belief is not None
    wide = asked._replace(
        metric="domestic_gain", currency="IDR", belief=asked.belief._replace(metric="domestic_gain", scale=1e4)
    )
    belief = asked.belief._replace(others=asked.belief.bases * np.linspace(1.0009, 1123.0, DRAWS))
    far = asked._replace(metric="gmv_to_rivals", others=asked.bases * np.linspace(41.123, 43.0, 8), belief=belief)
    table = differences_table(told._replace(metrics={**told.metrics, "domestic_gain": wide, "gmv_to_rivals": far}))
    lines = printed(table, PIPE_WIDTH)
    assert "$100 → $104" in lines
    assert "…" not in lines
    assert "Gain (domestic)" in lines


def printed(table: Table, width: int) -> str:
    lines = io.StringIO()
    Console(file=lines, width=width).print(table)
    return lines.getvalue()


def test_axes_of_money_are_labelled_with_money_and_never_with_powers_of_ten() -> None:
    told = comparison()
    asked = told.answer._replace(metric="domestic_gain", currency="IDR")
    assert asked.belief is not None
    belief = asked.belief._replace(metric="domestic_gain", currency="IDR", scale=1e6)
    one = asked._replace(bases=asked.bases * 1e3, others=asked.others * 1e3, belief=belief)
    figures = figures_of(told._replace(asked="domestic_gain", metrics={"domestic_gain": one}))
    drawn = {figure.name: figure.page_svg for figure in figures}
    assert set(drawn) == {"certainty", "unknowns", "turn"}
    for svg in drawn.values():
        labels = set(re.findall(r">([^<]*Rp[^<]*)<", svg))
        assert len(labels) >= 3
        assert all(re.fullmatch(r"[+−]?Rp [0-9.]+(k|m|bn)?", label) for label in labels), labels
        assert not re.search(r"e\+\d\d<", svg)


def test_what_was_next_to_nothing_is_listed_and_does_not_dwarf_the_others() -> None:
    told = comparison(drawn=False)
    noise = np.random.default_rng(3).normal(size=(2, 8)) / 100
    new = _difference("gmv_to_rivals", "money", "USD", 10.0, 5_000.0, noise)
    found = comparison_files(told._replace(metrics=corrected({**told.metrics, "gmv_to_rivals": new})))
    assert "gmv_to_rivals" not in found["figures/differences.csv"]
    assert "More than ten times the base: Orders that went to rivals." in Page(found["comparison.html"]).text


def test_the_page_says_what_was_compared_and_how(files: dict[str, str]) -> None:
    text = Page(files["comparison.html"]).text
    for words in ("topup.web_share", "compared on 7 days.", "1 day left out: MSER-5", "64 of 119 unknowns at once"):
        assert words in text


def test_the_page_asks_no_network_and_its_ids_are_its_own(files: dict[str, str]) -> None:
    page = Page(files["comparison.html"])
    assert len(page.ids) == len(set(page.ids))
    assert "http" not in files["comparison.html"].replace("http://www.w3.org", "")


def test_the_same_comparison_gives_the_same_bytes(files: dict[str, str]) -> None:
    assert comparison_files(comparison()) == files


def test_no_line_breaks_between_a_number_and_its_unit(files: dict[str, str]) -> None:
    assert "95 %" not in files["comparison.html"]
    assert f"95{THIN}% over seeds" in files["comparison.html"]


def test_files_are_written_together(tmp_path: Path) -> None:
    assert write_comparison(comparison(drawn=False), tmp_path / "answer") == tmp_path / "answer" / "comparison.html"
    assert (tmp_path / "answer" / "figures" / "differences.csv").is_file()


def test_what_the_runs_along_an_unknown_show_is_told_from_chance_whatever_its_share_of_the_draws() -> None:
    one = comparison(told=0).answer
    assert one.belief is not None
    assert not one.belief.told
    assert one.break_even is not None
    assert turn_doubt(one) == ""
    flat = one.break_even._replace(changes=one.break_even.changes * 1e-9, errors=one.break_even.errors + 1.0)
    assert turn_doubt(one._replace(break_even=flat)).endswith("can't be told from chance")


def test_a_turn_is_told_with_its_side() -> None:
    turn = comparison().answer.break_even
    assert turn is not None
    assert turn_text(turn).endswith("is above 0.2")
    assert turn_text(turn._replace(changes=-turn.changes)).endswith("is below 0.2")
    assert "no run shows" in turn_text(turn._replace(is_verified=False))
    assert turn_text(turn._replace(value=None)).startswith("Nowhere within its range (0 to 0.4)")
    assert turn.unknown.stated == Decimal("0.15")


def test_no_wider_than_a_phone(browser: "object", tmp_path: Path) -> None:
    path = write_comparison(comparison(), tmp_path)
    page = browser.new_page(viewport={"width": 360, "height": 800})  # type: ignore[attr-defined]  # the fixture is a Playwright browser
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()
