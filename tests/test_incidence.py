"""Incidence: the search finds known tops, prices move as told, and a fee that nobody passes on stays where it fell."""

import doctest
import math

import numpy as np
import pytest

from sim.agents.merchants import goods_of
from sim.experiments.runs import Figure, Figures, Task
from sim.experiments.welfare import FIGURE
from sim.experiments.welfare import incidence as module
from sim.experiments.welfare.incidence import Best, Incidence, incidence, ladder, peak, runs_of, with_prices
from sim.report.incidence import (
    incidence_figure,
    incidence_finding,
    incidence_lines,
    incidence_plain,
    incidence_rows,
    incidence_table,
)
from sim.scenario import load

BASE = load("us-baseline", ["viewers=50", "days=1", "window=6h"])
LOW_FEE = load("us-baseline", ["viewers=50", "days=1", "window=6h", "platform.store_fee=0.15"])


def test_examples_of_docstrings() -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("top", [0.7, 1.0, 1.3, 1.8])
def test_the_top_of_what_is_smooth_is_found(top: float) -> None:
    away = np.log(ladder() / top)
    assert peak(ladder(), 5 - away**2 + 0.1 * away**3) == pytest.approx(top, rel=0.02)


def test_a_gain_that_rises_all_the_way_has_its_top_at_the_end() -> None:
    best = Best(ladder(), np.log(ladder())[:, None], np.log(ladder())[:, None])
    assert best.of_base == pytest.approx(2.0)
    assert not best.is_inside
    assert math.isnan(best.error)


def test_the_error_of_a_pass_through_is_the_jackknifes() -> None:
    """Seeds whose tops differ: the log of the ratio is a mean of theirs, whose jackknife is the usual error."""
    tops = np.array([0.9, 1.0, 1.2, 1.1])
    base = -(np.log(ladder())[:, None] ** 2) * np.ones(4)
    other = -(np.log(ladder()[:, None] / tops) ** 2)
    best = Best(ladder(), base, other)
    assert best.pass_through == pytest.approx(np.exp(np.log(tops).mean()), rel=1e-3)
    assert best.error == pytest.approx(np.log(tops).std(ddof=1) / 2, rel=0.01)


def test_prices_move_by_their_factors_and_nothing_else_does() -> None:
    dearer = with_prices(BASE, packs=1.5, goods=0.8)
    for before, after in zip(BASE.packs("US"), dearer.packs("US"), strict=True):
        assert after.price_cents == round(before.price_cents * 1.5)
        assert after.coins == before.coins
    usual, offered = goods_of(BASE), goods_of(dearer)
    assert offered.price == pytest.approx(usual.price * 0.8, abs=0.5)
    assert (offered.usual_price == usual.usual_price).all()
    assert with_prices(BASE) == BASE
    assert min(pack.price_cents for pack in with_prices(BASE, packs=1e-6).packs("US")) == 1


def demand(task: Task) -> Figures:
    """Textbook parties: iso-elastic demand for coins, log-linear for goods; what a run would tell of them."""
    scenario = task.scenario
    price = scenario.packs("US")[0].price_cents / BASE.packs("US")[0].price_cents
    fee, elasticity, cost = float(scenario.platform.store_fee), 3.0, 0.45
    sold = 1e6 * price**-elasticity
    ask = float(scenario.sellers.price_factor)
    gains = dict.fromkeys(FIGURE, 0.0) | {
        "viewer_surplus": price * sold / (elasticity - 1),
        "platform_gain": (price * (1 - fee) - cost) * sold,
        "store_gain": price * fee * sold,
        "domestic_seller_gain": (ask - 0.4) * np.exp(-2 * ask) * 1e6,
    }
    return {name: Figure(gain, "money", "USD") for name, gain in gains.items()}


@pytest.fixture
def textbook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "run_all", lambda tasks, *_: [demand(task) for task in tasks])


@pytest.mark.usefixtures("textbook")
def test_a_fee_on_iso_elastic_demand_is_passed_on_in_full() -> None:
    """The markup on cost over (1 - fee) is constant, so prices move by the ratio of what is left of them."""
    found = incidence(BASE, LOW_FEE, [1, 2])
    assert found.platform.pass_through == pytest.approx(0.70 / 0.85, rel=0.03)
    assert found.platform.is_inside
    assert found.sellers.pass_through == 1.0
    assert found.sellers.of_base == pytest.approx(0.9, rel=0.1)  # 0.4 + 1/2
    assert found.held["viewer_surplus"] == 0
    assert found.held["platform_gain"] == pytest.approx(-found.held["store_gain"]) == pytest.approx(150_000)
    moved = found.platform.pass_through
    assert found.adjusted["viewer_surplus"] == pytest.approx(500_000 * (moved**-2 - 1), rel=0.03)
    assert found.adjusted["platform_gain"] != found.held["platform_gain"]


@pytest.mark.usefixtures("textbook")
def test_where_nothing_differs_nobody_bears_anything() -> None:
    found = incidence(BASE, BASE, [3])
    assert found.platform.pass_through == found.sellers.pass_through == 1.0
    assert set(found.held.values()) == set(found.adjusted.values()) == {0.0}


def test_it_takes_as_many_runs_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def run_all(tasks: list[Task], *_: object) -> list[Figures]:
        seen.append(len(tasks))
        return [demand(task) for task in tasks]

    monkeypatch.setattr(module, "run_all", run_all)
    incidence(BASE, LOW_FEE, [1, 2, 3])
    assert sum(seen) == runs_of([1, 2, 3])


def test_real_runs_of_a_small_town_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RUNGS", 5)
    found: Incidence = incidence(BASE, LOW_FEE, [1])
    assert found.currency == "USD"
    assert found.held["total_gain"] == pytest.approx(0, abs=1e-6)


@pytest.mark.usefixtures("textbook")
def test_it_is_told_in_a_table_in_words_and_for_machines() -> None:
    found = incidence(BASE, LOW_FEE, [1, 2])
    assert incidence_table(found).row_count == 3  # viewers, platform, stores: nothing else changes, and no sum is made
    platform, sellers = incidence_lines(found)
    assert platform.startswith("The platform moves its packs' prices by −1")
    assert sellers == "Sellers move the prices of all goods by nothing."
    plain = incidence_plain(found)
    assert plain["held"] == found.held
    assert plain["platform"] == {
        "factor": found.platform.pass_through,
        "error": found.platform.error,
        "is_inside": True,
    }


def borne(viewers: tuple[float, float], platform: tuple[float, float], currency: str = "USD") -> Incidence:
    """Two seeds a dollar apart on either side of what viewers and the platform bear, held and moved."""
    still = Best(ladder(), -(np.log(ladder())[:, None] ** 2), -(np.log(ladder())[:, None] ** 2))
    apart = np.array([-100.0, 100.0])

    def changes(way: int) -> dict[str, np.ndarray]:
        nothing = {name: np.zeros(2) for name in FIGURE}
        return nothing | {"viewer_surplus": viewers[way] + apart, "platform_gain": platform[way] - apart}

    return Incidence(currency, [1, 2], still, still, changes(0), changes(1))


def test_each_way_has_its_interval_over_seeds() -> None:
    """Two seeds: the half-width is Student's quantile with one degree of freedom, 12.706, times half their distance."""
    viewers, platform = incidence_rows(borne((0.0, 30_000.0), (50_000.0, 20_000.0)))
    assert (viewers["title"], viewers["held"], viewers["moved"]) == ("Viewers", "±$0.00", "+$300")
    assert viewers["held_bounds"] == "−$12.71 to +$12.71"
    assert platform["moved_bounds"] == "+$187 to +$213"


def test_the_finding_says_both_ways_who_gains_and_who_loses() -> None:
    found = borne((0.0, 30_000.0), (50_000.0, -20_000.0))
    assert incidence_finding(found) == (
        "Prices held: the platform gains most (+$500); prices moved: viewers gain most (+$300), "
        "the platform loses most (−$200)"
    )
    assert incidence_finding(borne((0.0, 0.0), (0.0, 0.0))) == "Nobody bears anything"
    assert incidence_finding(borne((9.0, 9.0), (0.0, 0.0))) == "Viewers gain most (+$0.09)"  # no price moves
    assert "prices moved: nobody bears anything" in incidence_finding(borne((9.0, 0.0), (0.0, 0.0)))


def test_the_figure_has_its_numbers_and_its_money() -> None:
    figure = incidence_figure(borne((0.0, 30_000.0), (-8_000_000.0, 20_000.0), "IDR"))
    assert figure.csv.splitlines()[0].startswith("figure,held_minor,held_low_minor")
    assert figure.csv.splitlines()[2].startswith("platform_gain,-8000000.0,")
    assert "in the mean of 2 seeds" in figure.subtitle
    assert "−Rp 8m" in figure.phone_svg
    assert "−Rp 8m" in figure.page_svg
