"""The verdict: what is wrong comes before what was not measured, and that before what was slow."""

from typing import Any

import pytest

from loadtests.verdict import FAIL, INVALID, PASS, Findings, Objective, parse_duration_ms, parse_objective, verdict
from sim.ledger import CoinworksError

SLOW = {"response_ms": {"p99": 80.0}, "objectives": (Objective("p99", 50.0),)}
LATE = {"send_lag_ms_p99": 20.1}


@pytest.mark.parametrize(
    ("found", "word", "exit_code"),
    [
        ({}, PASS, 0),
        ({"mismatched_accounts": 1}, FAIL, 1),
        ({"unexpected": 1}, FAIL, 1),
        ({"unknown": 1}, FAIL, 1),  # nobody can say that it is right
        (LATE, INVALID, 3),
        ({"send_lag_ms_p99": 20.0}, PASS, 0),  # just in time
        ({"send_lag_ms_p99": 30.0, "late_ms": 40.0}, PASS, 0),  # told otherwise
        ({"send_lag_ms_p99": None}, INVALID, 3),  # nothing was measured
        ({"is_complete": False}, INVALID, 3),
        ({"mismatched_accounts": None}, INVALID, 3),  # not compared
        (SLOW, FAIL, 1),
        ({**SLOW, "response_ms": {"p99": 50.0}}, PASS, 0),  # an objective may be met exactly
        ({**SLOW, "response_ms": {"p99": None}}, FAIL, 1),  # not measured is not met
        ({**LATE, "mismatched_accounts": 1}, FAIL, 1),  # a lost coin stays lost, however late the generator
        ({**LATE, **SLOW}, INVALID, 3),  # void latencies meet and miss nothing
        ({**LATE, **SLOW, "unexpected": 1}, FAIL, 1),
    ],
)
def test_what_findings_amount_to(found: dict[str, Any], word: str, exit_code: int) -> None:
    judged = verdict(Findings(**found))
    assert (judged.word, judged.exit_code) == (word, exit_code)
    assert bool(judged.reasons) == (word != PASS)


def test_the_reasons_are_those_of_the_word() -> None:
    judged = verdict(Findings(mismatched_accounts=2, unexpected=1, send_lag_ms_p99=90.0))
    assert repr(judged) == "<Verdict FAIL: 2 accounts do not agree; 1 unexpected outcome>"
    assert str(judged) == "FAIL: 2 accounts do not agree; 1 unexpected outcome"
    assert str(verdict(Findings())) == "PASS"


def test_answers_that_are_nonsense_are_named() -> None:
    judged = verdict(Findings(unexpected=60, without_outcome=50))
    assert judged.reasons == ("60 unexpected outcomes, 50 of them answers without one",)


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("20ms", 20.0), ("1.5s", 1500.0), ("300us", 0.3), ("300 µs", 0.3), (" 2 s ", 2000.0)]
)
def test_durations(text: str, milliseconds: float) -> None:
    assert parse_duration_ms(text) == pytest.approx(milliseconds)


@pytest.mark.parametrize("text", ["20", "ms", "-1ms", "1m", "", "1e3ms"])
def test_a_duration_without_its_unit_is_refused(text: str) -> None:
    with pytest.raises(CoinworksError, match="expected a number and us, ms or s"):
        parse_duration_ms(text)


def test_an_objective() -> None:
    assert parse_objective("p99.9=1s") == Objective("p99.9", 1000.0)
    assert str(parse_objective("p50=5ms")) == "p50 <= 5 ms"


@pytest.mark.parametrize("text", ["p98=5ms", "p99", "p99=", "=5ms", "p99<5ms"])
def test_a_senseless_objective_is_refused(text: str) -> None:
    with pytest.raises(CoinworksError, match="expected"):
        parse_objective(text)
