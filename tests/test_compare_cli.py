"""The command: differences for people and machines, and what bad input gets."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sim.cli.compare import compare
from sim.cli.group import execute
from sim.ledger import CoinworksError

SIZES = ("--viewers", "60", "--days", "2", "--set", "window=6h", "--pairs", "3", "--workers", "1", "--warm-up", "0")


def asked(*arguments: str) -> Result:
    return CliRunner().invoke(compare, [*arguments, *SIZES])


def told(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    status = execute(["compare", *arguments])
    return status, capsys.readouterr().err


def test_machines_get_what_the_contract_says(tmp_path: Path) -> None:
    keep = str(tmp_path / "kept")
    change = ("us-baseline", "--change", "sellers.commission=0.1", "--metric", "commission", "--draws", "8")
    result = asked(*change, "--keep", keep, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert found["replications"] == 3
    assert found["other"] == "us-baseline with sellers.commission=0.1"
    one = found["metrics"]["commission"]
    assert {
        "base",
        "other",
        "difference",
        "interval_seeds",
        "interval_parameters",
        "sign_share",
        "label",
    } <= one.keys()
    assert one["label"] in ("mechanism", "fitted", "assumed")
    assert len(one["bases"]) == 3
    assert found["draws"] == 8
    assert json.loads(asked(*change, "--keep", keep, "--json").output) == found  # from what was kept


def test_people_get_a_table_and_the_answer() -> None:
    result = asked("us-baseline", "--change", "topup.web_share=0.5", "--metric", "bookings", "--draws", "0")
    assert result.exit_code == 0, result.output
    assert "us-baseline with topup.web_share=0.5 against us-baseline: 3" in " ".join(result.output.split())
    assert "this interval is of chance alone: ask again with --draws 64" in result.output
    assert "60 viewers, days 1 to 2 (as asked). p is Holm's, over" in result.output


def test_the_sign_turns_along_the_unknown_that_is_named() -> None:
    """Commission of the shop has nothing to do with the web's fee: nothing turns, but it is looked for."""
    change = ("us-baseline", "--change", "sellers.commission=0.1", "--metric", "commission", "--draws", "8")
    result = asked(*change, "--turn", "platform.web_fee", "--json")
    assert result.exit_code == 0, result.output
    turn = json.loads(result.output)["metrics"]["commission"]["break_even"]
    assert (turn["key"], turn["value"]) == ("platform.web_fee", None)
    said = asked(*change, "--turn", "platform.web_fee").output
    assert "; what this unknown does can't be told from chance." in said


def test_a_page_is_checked_against_what_comes_out_now(tmp_path: Path) -> None:
    change = ("us-baseline", "--change", "sellers.commission=0.1", "--metric", "commission", "--draws", "0")
    page = ("--out", str(tmp_path / "answer"))
    assert "Wrote" in asked(*change, *page).output
    before = (tmp_path / "answer" / "comparison.html").read_text()
    assert "comparison.html: still what comes out." in asked(*change, *page, "--check").output
    stale = asked("us-baseline", "--change", "sellers.commission=0.2", *change[3:], *page, "--check")
    assert isinstance(stale.exception, CoinworksError)
    assert "not what comes out now; write it anew with: the same command without --check" in str(stale.exception)
    assert (tmp_path / "answer" / "comparison.html").read_text() == before


# Arguments, the line, and the exit status.
WRONG = {
    "a metric": (("us-web-push", "--metric", "boking"), "metric 'boking': expected one like bookings", 1),
    "a scenario": (("us-baseline", "us-web-pash"), "us-web-pash: expected an existing scenario", 1),
    "a scenario without base": (("us-baseline",), "us-baseline has no base: expected another scenario", 1),
    "a precision": (("us-web-push", "--precision", "0"), "'0': expected a part of the base's mean, as 2% or 0.02", 2),
    "a warm-up": (("us-web-push", "--warm-up", "two"), "--warm-up two: expected auto, or a number of days", 2),
    "a long warm-up": (("us-web-push", "--warm-up", "9"), "warm-up of 9 days: expected 0 to 6", 1),
    "an executor": (("us-web-push", "--executor", "moon"), "executor 'moon': expected local or dask://HOST:PORT", 1),
    "an unknown": (("us-web-push", "--turn", "platform.web_fe"), "expected one like platform.web_fee", 1),
    "no draws to turn": (("us-web-push", "--turn", "platform.web_fee", "--draws", "0"), "--turn: expected draws", 2),
    "nothing to check": (("us-web-push", "--check"), "--check: expected --out, the page to look at", 2),
    "a key": (("us-baseline", "--change", "selers.commission=1"), "selers", 1),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_told_in_one_line(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, line, status = WRONG[case]
    found, said = told(*arguments, capsys=capsys)
    assert found == status
    assert line in said
    assert said.count("\n") == 1
