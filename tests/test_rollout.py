"""Rollouts: the study of an estimate whose truth is known."""

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from random_scenarios import BRITAIN
from sim.behavior.balance import has_page
from sim.cli.rollout import rollout as rollout_command
from sim.experiments.difference import Estimate, least_effect, power
from sim.experiments.panel import OUTCOMES, Panel
from sim.experiments.rollout import Study, Trial, first_days, study, trial, without_rollouts
from sim.ledger import Kind, Op, Outcome
from sim.ledger.accounts import KIND_SPAN, account_id
from sim.ledger.errors import CoinworksError
from sim.model import Manner, simulate
from sim.model.measured import measured
from sim.scenario import Scenario, load

US, GB = 840, 826
START = load("us-baseline").start
LIVELY = (
    "viewers=200",
    "days=4",
    "window=1h",
    "gifting.giver_share=0.6",
    "gifting.intent=0.5",
    "gifting.willingness_median_cents=200",
    "topup.hesitation=0",
    "balance.share=0.1",
    "balance.page=1",
    "balance.limit_share=1",
    "balance.limit_factor=0.1",
)


def rollouts(*steps: tuple[float, float], more: tuple[str, ...] = ()) -> Scenario:
    changes = ", ".join(
        f"{{ kind = 'balance_rollout', at = {(START + timedelta(days=day)).isoformat()}, share = {share} }}"
        for day, share in steps
    )
    return load("us-baseline", [*LIVELY, *more, f"interventions=[{changes}]"])


STAGGERED = rollouts((1.5, 0.4), (3, 0.7))


def test_the_page_reaches_each_viewer_on_the_day_on_which_the_share_holds_them() -> None:
    first = first_days(STAGGERED, 1, np.full(200, US))
    for n, day in enumerate(first.tolist()):
        viewer = account_id(Kind.VIEWER, n)
        expected = next((day for day, share in ((0, 0.1), (1, 0.4), (3, 0.7)) if has_page(1, viewer, share)), 4)
        assert day == expected
    assert set(first.tolist()) == {0, 1, 3, 4}


def test_viewers_of_another_region_are_not_reached() -> None:
    assert (first_days(STAGGERED, 1, np.full(200, 826)) == 4).all()


def test_it_comes_at_the_boundary_at_or_after_its_date() -> None:
    """Half an hour before midnight, in windows of an hour: with the next day."""
    first = first_days(rollouts((23.5 / 24, 1)), 1, np.full(200, US))
    assert set(first.tolist()) == {0, 1}


def test_a_rollout_of_one_region_reaches_nobody_elsewhere() -> None:
    shares = ("regions.US.share=0.65", BRITAIN, "balance.share=0")
    at = (START + timedelta(days=2)).isoformat()
    change = f"interventions=[{{ kind = 'balance_rollout', at = {at}, share = 1, region = 'GB' }}]"
    home = np.where(np.arange(200) % 2, US, GB)
    first = first_days(load("us-baseline", [*LIVELY, *shares, change]), 1, home)
    assert set(first[home == GB].tolist()) == {2}
    assert set(first[home == US].tolist()) == {4}


def test_a_rollout_that_ends_is_taken_back() -> None:
    at, until = ((START + timedelta(days=day)).isoformat() for day in (1, 2))
    change = f"interventions=[{{ kind = 'balance_rollout', at = {at}, until = {until}, share = 0.4 }}]"
    with pytest.raises(CoinworksError, match=r"falls from 0\.4 to 0\.1"):
        first_days(load("us-baseline", [*LIVELY, change]), 1, np.full(200, US))


def test_a_rollout_that_is_taken_back_is_refused() -> None:
    with pytest.raises(CoinworksError, match=r"falls from 0\.7 to 0\.2: expected it to grow"):
        first_days(rollouts((1, 0.7), (2, 0.2)), 1, np.full(200, US))


def test_a_panel_adds_up_the_trace(tmp_path: Path) -> None:
    columns = simulate(STAGGERED, seed=1, manner=Manner(), out=tmp_path / "run").trace().columns
    for outcome in ("coins_given", "gifts", "topups"):
        panel, measure = Panel(STAGGERED, OUTCOMES[outcome]), OUTCOMES[outcome]
        measured(STAGGERED, 1, panel)
        these = (columns["op"] == measure.op) & (columns["outcome"] == Outcome.ACCEPTED)
        assert panel.amounts.sum() == (these.sum() if measure.counts else columns["amount"][these].sum()) > 0
    gave = np.unique(columns["actor"][(columns["op"] == Op.TOPUP) & (columns["outcome"] == Outcome.ACCEPTED)])
    np.testing.assert_array_equal(np.flatnonzero(panel.amounts.sum(axis=1)), gave - Kind.VIEWER * KIND_SPAN)


def test_each_trial_splits_into_truth_bias_and_noise() -> None:
    for seed in (1, 2):
        found = trial(STAGGERED, "coins_given", 0.5, seed)
        parts = found.truth - found.on_controls + found.without.effect
        assert found.estimate.effect == pytest.approx(parts, rel=1e-9)
        # Own limits of a tenth of a day's budget: those who see them give less.
        assert found.truth < 0
        # What is put on is in proportion to what is usual there.
        assert found.put_on.effect == pytest.approx(found.without.effect + 0.5 * found.usual, rel=1e-9)


def test_a_rollout_that_changes_nothing_has_no_effect_and_no_bias() -> None:
    idle = rollouts((1, 0.5), more=("balance.page=0", "balance.leftover_value=0.5", "topup.leftover_value=0.5"))
    found = trial(idle, "gifts", 0.1, 1)
    assert (found.truth, found.on_controls) == (0, 0)
    assert found.estimate == found.without


def test_before_anybody_is_reached_the_two_runs_are_one() -> None:
    panels = []
    for scenario in (STAGGERED, without_rollouts(STAGGERED)):
        panels.append(Panel(scenario, OUTCOMES["coins_given"]))
        measured(scenario, 1, panels[-1])
    np.testing.assert_array_equal(panels[0].amounts[:, 0], panels[1].amounts[:, 0])
    assert (panels[0].amounts != panels[1].amounts).any()


def test_a_study_is_the_mean_of_its_trials() -> None:
    """By hand: the first sees what was put on and no false alarm, the second sees a false alarm and not that."""
    told = Study(
        "gifts",
        "gifts a viewer and day",
        0.5,
        [
            Trial(1, Estimate(7, 9), 5, 1, Estimate(3, 2), 8, Estimate(7, 2)),
            Trial(2, Estimate(-2, 9), 3, 4, Estimate(-5, 1), 4, Estimate(-1, 1)),
        ],
    )
    assert (told.estimate, told.truth, told.bias, told.noise) == (2.5, 4, -2.5, -1)
    assert (told.error, told.false_alarms, told.power) == (1.5, 0.5, 0.5)
    assert told.spread == pytest.approx(8 / np.sqrt(2))
    assert told.power_by_formula == pytest.approx((power(4, 2) + power(2, 1)) / 2)
    assert told.least_relative == pytest.approx(least_effect(1.5) / 6)
    idle = Trial(1, Estimate(0, 1), 0, 0, Estimate(0, 1), 0, Estimate(0, 1))
    assert np.isnan(Study("gifts", "", 0.1, [idle, idle]).least_relative)


def test_a_study_sums_up_its_trials() -> None:
    found = study(STAGGERED, "gifts", [1, 2], relative=0.2)
    assert [one.seed for one in found.trials] == [1, 2]
    assert found.estimate == pytest.approx(found.truth + found.bias + found.noise)
    assert 0.05 <= found.power_by_formula <= 1
    with pytest.raises(CoinworksError, match="outcome 'gift': expected one of coins_given, gifts"):
        study(STAGGERED, "gift", [1])


def test_the_command_prints_the_parts_and_the_power(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'question = "Why?"\nextends = "us-baseline"\nviewers = 200\ndays = 3\nwindow = "6h"\n'
        '[[interventions]]\nkind = "balance_rollout"\nat = 2024-04-09T04:00:00Z\nshare = 0.5\n[balance]\nshare = 0\n'
    )
    told = CliRunner().invoke(rollout_command, [str(path), "--seeds", "2", "--workers", "1", "--outcome", "gifts"])
    assert told.exit_code == 0, told.output
    assert "= true effect on the treated" in told.output
    asked = CliRunner().invoke(rollout_command, [str(path), "--seeds", "2", "--workers", "1", "--json"])
    assert {"estimate", "truth", "bias", "power", "trials"} <= set(json.loads(asked.output))
