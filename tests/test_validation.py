"""Validation: moments are counted as they are defined, laws are told apart, verdicts follow from ranges."""

import csv
import doctest
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest

from sim import paths
from sim.cli.group import execute
from sim.cli.validate import check_kept
from sim.experiments.validation import DISPUTED, ELSEWHERE, INSIDE, OUTSIDE, PLACES, Row, Target, judge, targets
from sim.experiments.validation.coming import coming
from sim.experiments.validation.fit import BY_ARITHMETIC, FITS, Fitted, fit, solve
from sim.experiments.validation.laws import likelihood_ratio, power_law
from sim.experiments.validation.moments import MOMENTS, creator_moments, moments, payer_moments, shop_moments
from sim.experiments.validation.places import Size, place_of
from sim.experiments.validation.trials import TRIALS, left_digit_cents, purchase_elasticity, with_prices
from sim.experiments.validation.verdicts import interval
from sim.ledger import CoinworksError
from sim.model.measured import measured
from sim.report.validation import fit_files, kept_files, number_text, summary
from sim.scenario import Scenario, load
from sim.scenario.quantity import Parameter

ROOT = Path(__file__).parent.parent


def target(**stated: Any) -> Target:
    """A fact about Britons, from 0.2 to 0.4."""
    plain = {"fact": "S1", "moment": "payer_gini", "says": "", "people": "", "places": ("uk",), "low": 0.2, "high": 0.4}
    return Target(**plain | stated)


@pytest.fixture(scope="module")
def town() -> Scenario:
    return place_of("us-baseline", 300, 2)


# What 20 seeds came to, and what is to be said of it in a place.
VERDICTS = {
    "in its range": (target(), "uk", 0.3, INSIDE),
    "on its edge": (target(), "uk", 0.4, INSIDE),
    "beyond it": (target(), "uk", 0.41, OUTSIDE),
    "below it": (target(), "uk", 0.19, OUTSIDE),
    "about others": (target(), "us-baseline", 0.3, ELSEWHERE),
    "nothing to be said": (target(), "uk", float("nan"), ELSEWHERE),
    "disputed": (
        Target(fact="E3", moment="payer_gini", says="", people="", places=("uk",), disputed="E4"),
        "uk",
        1.0,
        DISPUTED,
    ),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_a_verdict_follows_from_the_range(case: str) -> None:
    about, place, value, verdict = VERDICTS[case]
    (row,) = judge({place: [{"payer_gini": value}] * 2}, [about])
    assert row.verdict == verdict


def test_a_row_says_why_it_lies_outside_and_when_chance_may_decide() -> None:
    about = target(likely={"all": "a reason"})
    (row,) = judge({"uk": [{"payer_gini": value} for value in (0.35, 0.41, 0.47)]}, [about])
    assert row.note == "a reason; the interval over seeds crosses the edge of the range"
    (row,) = judge({"uk": [{"payer_gini": value} for value in (0.51, 0.52, 0.53)]}, [about])
    assert row.note == "a reason"


def test_the_interval_is_students() -> None:
    """Of 1, 2, 3: the mean 2 with a standard error of 1/sqrt(3), times 4.303 for two degrees of freedom."""
    assert interval(np.array([1.0, 2.0, 3.0])) == pytest.approx((2.0, 2 - 2.4841, 2 + 2.4841), abs=1e-4)


def test_every_target_can_be_judged() -> None:
    """Its moment is counted, its places are there, its fact is in the table of sources, and its range is one."""
    sources = set(re.findall(r"^\| (\w+) \|", (ROOT / "scenarios" / "README.md").read_text(), re.MULTILINE))
    for about in targets():
        assert about.moment in MOMENTS
        assert about.places
        assert set(about.places) <= set(PLACES)
        assert about.fact in sources
        assert about.low < about.high


def test_a_fitted_parameter_is_one_of_the_scenario() -> None:
    scenario = load("us-baseline")
    for about in targets():
        if about.fits:
            table, name = about.fits.split(".")
            assert name in getattr(scenario, table).__struct_fields__


def test_payers_are_counted_over_a_quarter_and_a_month() -> None:
    """Two of four pay: one 100 on the first day, the other 300 on day 40 and as much on day 91, which is too late."""
    bookings = np.zeros((4, 92), np.int64)
    bookings[0, 0], bookings[1, 40], bookings[1, 91] = 100, 300, 300
    found = payer_moments(bookings, 0.8, load("us-baseline"))
    assert found["quarterly_conversion"] == 2 / (4 * 0.8)
    assert found["quarterly_spend"] == 2.0  # dollars
    assert found["payer_gini"] == 0.25
    assert found["payer_top_1"] == pytest.approx(0.02 * 0.75)
    assert found["monthly_top_5"] == pytest.approx(0.05)


def test_spend_is_told_in_dollars() -> None:
    bookings = np.full((1, 1), 155_000, np.int64)
    assert payer_moments(bookings, 1.0, load("indonesia-no-ban"))["quarterly_spend"] == 10.0  # Rp 155 a cent


def test_channels_and_what_comes_back() -> None:
    shop = {
        "channel": np.array(["live", "shop", "video", "live"]),
        "gmv": np.array([100, 200, 500, 200]),
        "cancelled": np.array([0, 100, 0, 0]),
        "delivered": np.array([100, 100, 500, 100]),
        "refunded": np.array([50, 10, 0, 0]),
    }
    found = shop_moments(shop)
    assert [found[name] for name in ("gmv_video", "gmv_tab", "gmv_live", "gmv_shelf")] == [0.5, 0.2, 0.3, 0.4]
    assert [found[name] for name in ("never_completed", "live_returns", "tab_returns")] == [0.1, 0.25, 0.1]


def pareto(shape: float, n: int) -> np.ndarray:
    """The quantiles of a Pareto law with density in proportion to x ** -shape, least 100."""
    return 100 * (1 - (np.arange(n) + 0.5) / n) ** (-1 / (shape - 1))


def test_a_power_law_is_found_again() -> None:
    tail = power_law(pareto(2.5, 4_000))
    assert tail.shape == pytest.approx(2.5, abs=0.03)
    assert tail.distance < 0.01


def test_a_power_law_is_told_from_a_lognormal_one() -> None:
    """Vuong's ratio is near 0 for the first, since a wide lognormal is near it too, and far below for the second."""
    chance = np.random.default_rng(1)
    assert likelihood_ratio(1 + chance.pareto(1.5, 4_000)) > -1
    assert likelihood_ratio(chance.lognormal(0, 0.5, 4_000)) < -1.64


@pytest.mark.parametrize("incomes", [np.ones(10), np.zeros(100)])
def test_too_few_incomes_have_no_law(incomes: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"expected at least 50, each above 0"):
        power_law(incomes)


def test_few_creators_have_no_law() -> None:
    assert np.isnan(creator_moments(np.array([0, 5, 7]))["power_law_ratio"])
    assert creator_moments(np.array([0, 99, 1]))["earning_creator_top_1"] == pytest.approx(0.02 * 0.99)


def test_visits_are_those_of_the_run(town: Scenario) -> None:
    """The visits drawn again are as many as the engine counts."""
    from sim.engines.windowed import WindowedEngine
    from sim.model.measured import unheard

    engine = WindowedEngine(town, 1, unheard, opens=False)
    engine.run()
    came = coming(town, 1, town.viewers, town.days)
    assert came.visits.sum() == engine.visits
    assert came.daily_of_monthly == (came.visits > 0).mean() / (came.visits.sum(axis=1) > 0).mean()


def test_a_run_tells_what_its_figures_tell(town: Scenario) -> None:
    found, kpis = moments(town, 1), measured(town, 1).kpis
    assert found["payer_gini"] == kpis["payer_gini"]["value"]
    assert found["payer_top_1"] == kpis["payer_top_share"]["value"]
    assert found["best_pack_share"] == kpis["best_pack_share"]["value"]
    assert found["app_store_part"] == pytest.approx(0.3, abs=0.01)
    assert sum(found[f"app_{party}_part"] for party in ("store", "creator", "platform")) == pytest.approx(1)
    assert found.keys() | {name for asked in TRIALS.values() for name in asked.moments} == MOMENTS.keys()


def test_a_cent_is_felt_as_the_rule_says() -> None:
    """With a part b of the cents unseen, the cent to the next dollar is felt as (1 + 99 b) / (1 - b) others."""
    scenario = load("us-baseline", ["topup.left_digit=0.2"])
    assert left_digit_cents(scenario, 1)["left_digit_cents"] == pytest.approx((1 + 99 * 0.2) / 0.8)
    assert left_digit_cents(load("us-baseline", ["topup.left_digit=0"]), 1)["left_digit_cents"] == 1


def test_prices_are_scaled_in_whole_cents() -> None:
    scenario = load("us-baseline")
    packs, scaled = scenario.packs("US"), with_prices(scenario, 1.1).packs("US")
    assert [pack.price_cents for pack in scaled] == [round(1.1 * pack.price_cents) for pack in packs]


def test_dearer_coins_are_bought_on_fewer_days() -> None:
    found = purchase_elasticity(place_of("us-baseline", 2_000, 7), 1)["purchase_elasticity"]
    assert -3 < found < 0


def judged(verdict: str, fits: str = "", value: float = 0.3) -> Row:
    return Row(target(fits=fits), "uk", value, 0.25, 0.35, 3, verdict, "")


def test_what_was_fitted_is_counted_apart() -> None:
    rows = [judged(INSIDE), judged(OUTSIDE), judged(INSIDE, "gifting.intent"), judged(DISPUTED), judged(ELSEWHERE)]
    assert summary(rows) == (
        "2 of 3 facts lie inside their range, 1 of the 2 that nothing was fitted to; 1 are disputed"
    )


def test_what_is_kept_is_about_these_targets() -> None:
    """A row a target and place, with the range as it is stated now; each that lies outside says why."""
    kept = list(csv.DictReader((ROOT / "results" / "economy" / "validation.csv").read_text().splitlines()))
    asked = [(about.fact, about.moment, place) for about in targets() for place in PLACES]
    assert [(row["fact"], row["moment"], row["place"]) for row in kept] == asked
    ranges = {(about.fact, about.moment): (about.low, about.high) for about in targets()}
    for row in kept:
        low, high = ranges[row["fact"], row["moment"]]
        assert (float(row["world_low"] or "-inf"), float(row["world_high"] or "inf")) == (low, high)
        assert row["note"] or row["verdict"] not in (OUTSIDE, DISPUTED)


def test_all_rows_are_kept_and_those_judged_are_drawn() -> None:
    files = kept_files([judged(INSIDE), judged(ELSEWHERE), judged(OUTSIDE, value=99.0)], Size(seeds=(1, 2)))
    lines = files["validation.csv"].splitlines()
    assert len(lines) == 4
    assert lines[1].startswith("S1,payer_gini,index,uk,0.3,0.25,0.35,3,0.2,0.4,inside")
    assert files["validation.svg"].count("Gini of payers, United Kingdom") == 2


NUMBERS = [("payer_gini", 0.5, "0.500"), ("quarterly_spend", 253.4, "$253"), ("purchase_elasticity", -1.25, "−1.25")]


@pytest.mark.parametrize(("moment", "value", "text"), NUMBERS)
def test_numbers_have_their_unit(moment: str, value: float, text: str) -> None:
    assert number_text(moment, value) == text


def test_examples_in_docstrings_hold() -> None:
    assert doctest.testmod(importlib.import_module("sim.experiments.validation.targets")).failed == 0


def bent(values: np.ndarray) -> np.ndarray:
    """Two moments of two parameters, neither straight nor apart."""
    return np.array([values[0] ** 2 + values[1], values[0] + 3 * values[1]])


def test_parameters_are_found_that_bring_the_moments_to_their_goals() -> None:
    """At (1, 2) the moments are 3 and 7, at (1.2, 2) they are 3.44 and 7.2."""
    start, goals = np.array([0.8, 1.8]), np.array([[3.0, 7.0], [3.44, 7.2]])
    found = solve(bent, start, goals)
    for solution, values in zip(found, [(1, 2), (1.2, 2)], strict=True):
        assert solution.values == pytest.approx(values, abs=0.02)
        assert solution.reached == pytest.approx(bent(solution.values))


def test_no_step_is_made_where_the_goal_is_near() -> None:
    asked: list[float] = []

    def straight(values: np.ndarray) -> np.ndarray:
        asked.append(float(values[0]))
        return 2 * values

    (here, there) = solve(straight, np.array([1.0]), np.array([[2.05], [4.0]]))
    assert asked == [1.0, 1.2, 2.0]
    assert (here.values[0], there.values[0]) == (1.0, 2.0)


def test_a_goal_out_of_reach_is_come_near() -> None:
    """A moment that is 1 at most; the parameter goes no farther than steps that double it."""
    found = solve(lambda values: np.minimum(values, 1.0), np.array([0.5]), np.array([[0.5], [0.9], [3.0]]))
    assert [float(one.values[0]) for one in found[:2]] == pytest.approx([0.5, 0.9])
    assert found[2].reached[0] == 1.0


def test_the_length_of_visits_is_fitted_in_proportion() -> None:
    """Draws are common, so minutes a visit are in proportion to the parameter, under every seed."""
    asked = next(one for one in FITS if one.moments == ("minutes_a_visit",))._replace(terms=("viewers=64", "days=5"))
    (found,) = fit(asked, seeds=(1, 2))
    as_stated = fmean(asked.ask(place_of(asked.place, 64, 5), seed)["minutes_a_visit"] for seed in (1, 2))
    assert found.reached / found.value == pytest.approx(as_stated / found.stated)
    assert found.most / found.least == pytest.approx(13.8 / 11.3, rel=0.02)
    assert found.agrees


def test_a_parameter_that_counts_something_whole_is_tried_at_whole_values() -> None:
    """A moment that is seven tenths of the cents comes to 40 at 57.1 cents; 58 whole ones are near enough."""
    asked = next(one for one in FITS if one.moments == ("quarterly_spend",))
    (found,) = fit(
        asked._replace(ask=seven_tenths, goals=((30,), (40,), (50,)), terms=("viewers=1", "days=1")), seeds=(1,)
    )
    assert found.reached == pytest.approx(0.7 * 58)
    assert (found.least, found.value, found.most) == pytest.approx((30 / 0.7, 40 / 0.7, 50 / 0.7), abs=1)


def seven_tenths(scenario: Scenario, seed: int) -> dict[str, float]:
    del seed
    return {"quarterly_spend": 0.7 * float(scenario.gifting.willingness_median_cents)}


def test_every_fitted_parameter_says_how() -> None:
    """Whatever a baseline calls fitted is fitted by simulation or by stated arithmetic."""
    fitted = {key for one in FITS for keys in one.parameters for key in keys}
    for place in PLACES:
        for key, parameter in stated_parameters(load(place)):
            if parameter.basis == "fitted":
                assert key in fitted | BY_ARITHMETIC.keys(), f"{key} in {place}"


def stated_parameters(scenario: Scenario) -> Iterator[tuple[str, Parameter]]:
    """By key; those of regions as `regions.rate`."""
    tables = {name: getattr(scenario, name) for name in scenario.__struct_fields__}
    for region in scenario.regions.values():
        tables["regions"] = region
    for table, held in tables.items():
        for name in getattr(held, "__struct_fields__", ()):
            if isinstance(getattr(held, name), Parameter):
                yield f"{table}.{name}", getattr(held, name)


def test_a_fit_is_kept_as_a_row_a_parameter() -> None:
    found = Fitted("uk", "a.b", "S1", 3.0, (1.0, float("nan")), 2.0, 2.5, 3.5, 0.1, "payer_gini", 0.6, 0.61)
    text = fit_files([found])["validation-fit.csv"]
    assert text.splitlines()[1] == "a.b,uk,S1,3,1,,2,2.5,3.5,0.1,payer_gini,0.6,0.61,yes"
    assert not found._replace(stated=3.6).agrees


def test_without_a_clone_there_is_nowhere_to_keep_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(paths, "results_dir", lambda: tmp_path)
    assert execute(["validate"]) == 1
    assert "no such folder" in capsys.readouterr().err


def test_check_tells_what_has_changed(tmp_path: Path) -> None:
    (tmp_path / "validation.csv").write_text("a\n")
    check_kept(tmp_path, {"validation.csv": "a\n"}, "coinworks validate")
    with pytest.raises(CoinworksError, match=r"validation\.csv: not what comes out now; write it anew with: coinworks"):
        check_kept(tmp_path, {"validation.csv": "b\n"}, "coinworks validate")
