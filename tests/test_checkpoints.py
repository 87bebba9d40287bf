"""Checkpoints: a run that was cut and goes on is the run that wasn't; another past is refused."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sim.engines.forks import MAY_CHANGE, check_fork
from sim.ledger import CoinworksError, Op, Rule
from sim.model import Manner, simulate
from sim.runs.checkpoints import DOCUMENT, STATE, open_checkpoint
from sim.scenario import load, resolved
from sim.scenario.difference import differences
from sim.scenario.types import DAY_US

SMALL = ("viewers=250", "days=3", "rewards.life_days=1", "platform.chargeback_rate=0.4", "gifting.giver_share=0.4")


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole run with checkpoints at days 1 and 2 beside it."""
    out = tmp_path_factory.mktemp("cut") / "run"
    simulate(load("us-baseline", list(SMALL)), manner=Manner(checkpoint_days=(1, 2), threads=2), out=out)
    return out


def checkpoint(cut: Path, day: int) -> Path:
    return cut.with_name(f"run-day{day}.checkpoint")


def summary(path: Path) -> dict[str, object]:
    told: dict[str, object] = json.loads((path / "summary.json").read_text())
    return {name: told[name] for name in ("trace_digest", "operations", "events", "visits", "kpis", "conservation")}


@pytest.mark.parametrize("day", [1, 2])
def test_a_run_that_was_cut_and_goes_on_is_the_run_that_was_not(cut: Path, day: int, tmp_path: Path) -> None:
    manner = Manner(resume=checkpoint(cut, day))
    simulate(load("us-baseline", list(SMALL)), manner=manner, out=tmp_path / "rest")
    assert summary(tmp_path / "rest") == summary(cut)
    for table in ("balances", "metrics"):
        assert (tmp_path / "rest" / f"{table}.parquet").read_bytes() == (cut / f"{table}.parquet").read_bytes()


def test_shards_in_other_processes_are_cut_too(cut: Path, tmp_path: Path) -> None:
    scenario = load("us-baseline", list(SMALL))
    simulate(scenario, manner=Manner(processes=2, checkpoint_days=(1,)), out=tmp_path / "all")
    for name, places in (("here", {}), ("there", {"processes": 2})):
        resumed = Manner(resume=tmp_path / "all-day1.checkpoint", **places)
        simulate(scenario, manner=resumed, out=tmp_path / name)
        assert summary(tmp_path / name) == summary(cut)


def test_metrics_alone_can_be_cut_too(cut: Path, tmp_path: Path) -> None:
    scenario = load("us-baseline", list(SMALL))
    simulate(scenario, manner=Manner(checkpoint_days=(1,), metrics_only=True), out=tmp_path / "all")
    kept = tmp_path / "all-day1.checkpoint"
    simulate(scenario, manner=Manner(resume=kept, metrics_only=True), out=tmp_path / "rest")
    whole, rest = summary(tmp_path / "all"), summary(tmp_path / "rest")
    assert rest == whole
    assert whole["trace_digest"] is None
    assert whole["kpis"] == summary(cut)["kpis"]
    with pytest.raises(CoinworksError, match="keeps no trace"):
        simulate(scenario, manner=Manner(resume=kept), out=tmp_path / "no")


def test_a_fork_shares_its_past_and_states_the_new_terms(cut: Path, tmp_path: Path) -> None:
    scenario = load("us-baseline", [*SMALL, "sellers.commission=0.5", "gifting.intent=1"])
    fork = simulate(scenario, manner=Manner(resume=checkpoint(cut, 1)), out=tmp_path / "fork").trace().columns
    whole = simulate(load("us-baseline", list(SMALL)), out=tmp_path / "whole").trace().columns
    before = int((whole["at_us"] < DAY_US).sum())
    assert all((fork[name][:before] == whole[name][:before]).all() for name in whole)
    assert (fork["op"][before], fork["peer"][before], fork["amount"][before]) == (Op.POLICY, Rule.COMMISSION, 500_000)
    gifts = [int((trace["op"][before:] == Op.GIFT).sum()) for trace in (fork, whole)]
    assert gifts[0] > gifts[1]


@pytest.mark.parametrize(
    ("overrides", "seed", "message"),
    [
        (("viewers=251",), 1, "viewers is 250 there and 251 here"),
        (("topup.web_share=0.5",), 1, "topup.web_share is 0.2 there and 0.5 here"),
        (("days=4",), 1, "days is 3 there and 4 here"),
        ((), 2, "seed 1"),
    ],
)
def test_another_past_is_refused_with_the_difference(
    cut: Path, tmp_path: Path, overrides: tuple[str, ...], seed: int, message: str
) -> None:
    manner = Manner(resume=checkpoint(cut, 1))
    with pytest.raises(CoinworksError, match=message):
        simulate(load("us-baseline", [*SMALL, *overrides]), seed=seed, manner=manner, out=tmp_path / "no")
    assert not list(tmp_path.iterdir())


def test_an_intervention_of_the_past_cannot_change() -> None:
    past, other = load("us-web-push"), load("us-baseline", ["topup.web_share=0.4"])
    at_us = 3 * DAY_US  # Thursday, when the price is cut
    assert [difference.key for difference in check_fork(resolved(past), other, at_us)] == ["interventions"]
    with pytest.raises(CoinworksError, match="interventions before its instant differ"):
        check_fork(resolved(past), other, at_us + DAY_US)


def test_another_program_is_refused_with_the_versions(cut: Path, tmp_path: Path) -> None:
    kept = tmp_path / "old.checkpoint"
    kept.mkdir()
    document = json.loads((checkpoint(cut, 1) / DOCUMENT).read_text())
    (kept / DOCUMENT).write_text(json.dumps(document | {"program": "coinworks 0.0.1, sources 0"}))
    with pytest.raises(CoinworksError, match=r"written by coinworks 0\.0\.1, sources 0, this is coinworks"):
        open_checkpoint(kept)
    with pytest.raises(CoinworksError, match="no checkpoint"):
        open_checkpoint(tmp_path)


def test_a_truncated_state_is_refused_in_one_line(cut: Path, tmp_path: Path) -> None:
    kept = tmp_path / "cut.checkpoint"
    kept.mkdir()
    (kept / DOCUMENT).write_bytes((checkpoint(cut, 1) / DOCUMENT).read_bytes())
    whole = (checkpoint(cut, 1) / STATE).read_bytes()
    (kept / STATE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CoinworksError, match=r"state\.npz: cannot read it") as error:
        simulate(load("us-baseline", list(SMALL)), manner=Manner(resume=kept), out=tmp_path / "no")
    assert "\n" not in str(error.value)


def test_a_state_holds_plain_arrays(cut: Path) -> None:
    with np.load(checkpoint(cut, 1) / STATE, allow_pickle=False) as state:
        assert all(not state[name].dtype.hasobject for name in state.files)


def test_every_key_that_may_change_is_a_key() -> None:
    keys = {difference.key for difference in differences({}, load("us-baseline"))}
    assert {key for key in MAY_CHANGE if key != "interventions"} <= keys


@pytest.mark.parametrize("day", [0, 3])
def test_a_day_that_the_run_does_not_have_is_refused(tmp_path: Path, day: int) -> None:
    with pytest.raises(CoinworksError, match=f"checkpoint at day {day}: expected one from 1 to 2"):
        simulate(load("us-baseline", list(SMALL)), manner=Manner(checkpoint_days=(day,)), out=tmp_path / "no")


def test_a_killed_run_goes_on_from_its_last_checkpoint(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sim.cli", "simulate", "us-baseline", "--out", str(tmp_path / "run")]
    command += [part for override in SMALL for part in ("--set", override)]
    process = subprocess.Popen(
        [*command, "--checkpoint-at", "1", "--set", "window=1min"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    kept = tmp_path / "run-day1.checkpoint"
    deadline_s = time.monotonic() + 100
    while not kept.exists() and process.poll() is None and time.monotonic() < deadline_s:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "run").exists()
    done = subprocess.run(
        [*command, "--from", str(kept), "--set", "window=1min"], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    whole = simulate(load("us-baseline", [*SMALL, "window=1min"]), out=tmp_path / "whole")
    assert summary(tmp_path / "run")["trace_digest"] == whole.summary.trace_digest
