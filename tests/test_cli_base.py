"""A base beside a run: the same people, seed and time, in the run's own folder, without a trace."""

import json
from pathlib import Path

import pytest

from sim.cli.group import execute
from sim.runs import open_run

SMALL = ("--viewers", "20", "--days", "1", "--seed", "7")


def test_a_base_is_simulated_beside_the_run(tmp_path: Path) -> None:
    assert execute(["simulate", "us-web-push", "--base", *SMALL, "--out", str(tmp_path / "run")]) == 0
    run = open_run(tmp_path / "run")
    base = run.base
    assert base is not None
    assert (base.manifest.scenario, base.manifest.seed, base.keeps_trace) == ("us-baseline", 7, False)
    assert (base.summary.viewers, base.summary.days) == (run.summary.viewers, run.summary.days) == (20, 1)
    assert base.base is None


def test_notes_of_the_check_are_told_beside_the_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    late = "interventions=[{kind='payout_day', at=2030-01-01T00:00:00Z}]"
    asked = ["simulate", "us-web-push", *SMALL, "--set", late, "--json", "--out", str(tmp_path / "run")]
    assert execute(asked) == 0
    told = capsys.readouterr()
    assert told.err.startswith(
        "--set: note: interventions[0].at = 2030-01-01T00:00:00+00:00: expected an instant before"
    )
    assert json.loads(told.out)["viewers"] == 20


def test_without_being_asked_simulate_makes_none(tmp_path: Path) -> None:
    assert execute(["simulate", "us-web-push", *SMALL, "--out", str(tmp_path / "run")]) == 0
    assert open_run(tmp_path / "run").base is None


def test_an_override_that_the_base_refuses_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is simulated, and with the way out."""
    (tmp_path / "own.toml").write_text(
        'question = "Why?"\nextends = "uk"\nbase = "us-baseline"\n[regions.GB.time_zones]\n"Europe/London" = 1\n'
    )
    asked = [str(tmp_path / "own.toml"), "--base", "--set", "regions.GB.order_tax=0.1", *SMALL]
    assert execute(["simulate", *asked, "--out", str(tmp_path / "run")]) == 1
    told = capsys.readouterr().err
    assert "so says its base, us-baseline; leave that out with: --no-base" in told
    assert not (tmp_path / "run").exists()
