"""The shipped scenarios: each a short difference whose text says what it changes, and whose answer is kept."""

import re
import tomllib

import pytest

from sim.experiments.ground import common_ground
from sim.metrics.definitions import METRIC
from sim.model.measured import measured
from sim.paths import results_dir, scenarios_dir
from sim.report.headlines import KEPT, headlines
from sim.scenario import Scenario, load, load_base
from sim.scenario.difference import differences

NAMES = sorted(path.stem for path in scenarios_dir().glob("*.toml"))
DIFFERENT = [name for name in NAMES if name != "us-baseline"]
ASKED = {
    "us-baseline", "uk", "eu-withdrawal-right", "balance-rollout", "coins-in-the-shop", "rewards-lite", "stars-rival",
    "douyin-blueprint", "indonesia-2023", "indonesia-no-ban", "indonesia-price-floor", "payment-licence-suspended",
    "e-money-limits", "foreign-influx", "double-eleven", "gift-storm", "refund-wave", "high-stakes",
}  # fmt: skip
KEPT_ANSWERS = headlines(results_dir() / KEPT)


def parent(name: str) -> Scenario:
    """The scenario that another extends."""
    return load(tomllib.loads((scenarios_dir() / f"{name}.toml").read_text())["extends"])


def kinds(scenario: Scenario) -> set[str]:
    return {change.kind for change in scenario.interventions}


def named(scenario: Scenario) -> set[str]:
    """What a scenario's text puts into backquotes."""
    return set(re.findall(r"`([^`]+)`", scenario.about or ""))


def covers(name: str, key: str) -> bool:
    return key == name or key.startswith(f"{name}.")


def test_every_question_that_was_to_be_asked_is_there() -> None:
    assert set(NAMES) >= ASKED


@pytest.mark.parametrize("name", NAMES)
def test_a_question_opens_its_file_and_an_answer_is_told_in_a_metric(name: str) -> None:
    lines = (scenarios_dir() / f"{name}.toml").read_text().splitlines()
    assert next(line for line in lines if not line.startswith("#")).startswith("question = ")
    scenario = load(name)
    assert scenario.question.endswith("?")
    assert scenario.headline is not None
    assert scenario.headline.partition(".")[0] in METRIC


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_scenario_changes_what_its_text_says_and_nothing_else(name: str) -> None:
    """Every changed key and every kind of intervention stands in the text, and all that stands there is changed."""
    scenario, before = load(name), parent(name)
    told = named(scenario)
    changed = {difference.key for difference in differences(before, scenario)} - {"interventions"}
    if "regions" in told:  # which name their catalogues
        changed = {key for key in changed if not covers("catalogs", key)}
    untold = {key for key in changed if not any(covers(item, key) for item in told)} | kinds(scenario) - told
    idle = {item for item in told - kinds(scenario) if not any(covers(item, key) for key in changed)}
    assert (untold, idle) == (set(), set())


def test_a_text_that_says_too_little_or_too_much_is_found() -> None:
    """The test above can fail."""
    changed = {"topup.web_share", "gifting.intent"}
    assert {key for key in changed if not covers("topup", key)} == {"gifting.intent"}
    assert not any(covers("top", key) for key in changed)


@pytest.mark.parametrize("name", NAMES)
def test_a_kept_answer_is_of_the_scenario_as_it_stands(name: str) -> None:
    """Else `coinworks headlines` has to ask again."""
    scenario = load(name)
    told, base = KEPT_ANSWERS[name], load_base(name, scenario)
    assert (told.digest, told.viewers, told.days) == (scenario.digest, scenario.viewers, scenario.days)
    assert (told.metric, told.compared_with) == (scenario.headline, base.name if base else "")


def test_no_answer_is_kept_of_what_nobody_asks() -> None:
    assert set(KEPT_ANSWERS) == set(NAMES)


def by_length(name: str) -> int:
    return KEPT_ANSWERS[name].viewers * KEPT_ANSWERS[name].days


@pytest.mark.parametrize("name", sorted(KEPT_ANSWERS, key=by_length)[:4])
def test_the_quickest_answers_come_out_again(name: str) -> None:
    """Of the first seed; `coinworks headlines --check` asks all of them again."""
    told, scenario = KEPT_ANSWERS[name], load(name)
    base = load_base(name, scenario)
    both = [scenario] if base is None else [scenario, common_ground(base, scenario).base]
    asked = [measured(each, told.seeds[0], from_day=told.warm_up_days) for each in both]
    here = [found.kpis[told.metric]["value"] for found in asked]
    kept = [values[0] for values in (told.values, told.bases) if values]
    assert here == pytest.approx(kept, rel=1e-9)
