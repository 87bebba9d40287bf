"""Experiments: replications are the same wherever they are made; an outlook sums them up as a table by hand does."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sim.cli.group import execute
from sim.cli.outlook import outlook as outlook_command
from sim.experiments.outlook import QUANTILES, Replication, difference, replicate, summed_up
from sim.experiments.runs import Figure, figures_of
from sim.model import Manner, simulate
from sim.report.outlook import outlook_figure, value_text
from sim.scenario import load
from sim.scenario.timeline import Mark

TINY = ("viewers=60", "days=1", "window=6h", "gifting.giver_share=0.5", "platform.chargeback_rate=0.3")


def test_replications_are_the_same_in_any_executor_and_of_their_own_seed() -> None:
    scenario = load("us-baseline", TINY)
    here = replicate(scenario, [3, 1, 2])
    with ThreadPoolExecutor(2) as executor:
        assert repr(replicate(scenario, [3, 1, 2], executor)) == repr(here)  # repr: NaN isn't itself
    assert [one.seed for one in here] == [3, 1, 2]
    assert repr(replicate(scenario, [1])) == repr([here[1]])
    assert len({repr(one.figures) for one in here}) == 3


def test_a_replication_is_the_run_of_that_seed(tmp_path: Path) -> None:
    scenario = load("us-baseline", TINY)
    run = simulate(scenario, seed=2, manner=Manner(metrics_only=True), out=tmp_path / "run")
    assert repr(replicate(scenario, [2])[0].figures) == repr(figures_of(run.summary.kpis))


def test_a_scenario_travels_to_other_processes() -> None:
    scenario = load("us-web-push", TINY)
    assert pickle.loads(pickle.dumps(scenario)) == scenario  # noqa: S301  # pickled in the same line


def replication(seed: int, gmv: int | None, *rules: str) -> Replication:
    figures = {"gmv": Figure(float("nan") if gmv is None else gmv, "money", "USD")}
    return Replication(seed, figures, [Mark(0, 1, rule) for rule in rules])


FUTURES = [
    replication(1, 100),
    replication(2, 40, "ban"),
    replication(3, 120),
    replication(4, 60, "ban", "always"),
    replication(5, None),
]


def test_an_outlook_is_quantiles_over_the_futures_of_which_something_can_be_said() -> None:
    [outcome] = summed_up(FUTURES, ["gmv"]).metrics
    np.testing.assert_array_equal(outcome.quantiles, np.quantile([40, 60, 100, 120], QUANTILES))
    assert outcome.mean == 80
    assert value_text(outcome, outcome.mean) == "$0.80"


def test_a_rules_effect_is_the_mean_where_it_came_less_that_of_the_others() -> None:
    told = summed_up(FUTURES, ["gmv"])
    ban = next(rule for rule in told.rules if rule.rule == "ban")
    assert (ban.share, ban.effect) == (0.4, 50 - 110)
    assert ban.error == pytest.approx(np.sqrt(200 / 2 + 200 / 2))


def test_a_rule_that_always_comes_has_no_effect_to_tell() -> None:
    assert summed_up([replication(1, 5, "law"), replication(2, 6, "law")], ["gmv"]).rules == []


def test_a_difference_without_two_of_each_has_no_error() -> None:
    effect, error = difference(np.array([3.0]), np.array([1.0, 2.0]))
    assert effect == 1.5
    assert np.isnan(error)


def test_the_figure_says_how_bad_it_may_become_and_carries_its_numbers() -> None:
    figure = outlook_figure(summed_up(FUTURES, ["gmv"]))
    worst = np.quantile([40, 60, 100, 120], 0.05) / 80
    assert f"{100 * worst:.1f}" in figure.title
    assert figure.csv.splitlines()[:3] == ["seed,gmv", "1,100.0", "2,40.0"]
    assert "svg" in figure.page_svg


def test_a_folder_that_cannot_be_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    asked = ("outlook", "us-web-push", "--seeds", "2", "--viewers", "20", "--days", "4", "--workers", "1", "--out")
    assert execute([*asked, str(tmp_path / "file" / "folder")]) == 1
    told = capsys.readouterr().err
    assert told.endswith("Not a directory\n")
    assert told.count("\n") == 1
    assert execute([*asked, str(tmp_path / "file")]) == 2


def test_the_command_tells_the_quantiles_to_people_and_machines(tmp_path: Path) -> None:
    sizes = ["--viewers", "60", "--days", "1", "--set", "window=6h", "--seeds", "2", "--workers", "1"]
    told = CliRunner().invoke(outlook_command, ["us-baseline", *sizes, "--metric", "gmv", "--out", str(tmp_path / "o")])
    assert told.exit_code == 0, told.output
    assert "2 futures" in told.output
    assert {path.name for path in (tmp_path / "o").iterdir()} == {"outlook.svg", "outlook.csv"}
    asked = CliRunner().invoke(outlook_command, ["us-baseline", *sizes, "--metric", "gmv", "--json"])
    found = json.loads(asked.output)
    assert found["seeds"] == [1, 2]
    assert len(found["metrics"]["gmv"]["values"]) == 2
