"""The verdict on a replay: one word, why, and the exit status of the command.

    >>> verdict(Findings(mismatched_accounts=1, send_lag_ms_p99=90.0))
    <Verdict FAIL: 1 account does not agree>

A wrong balance is worse than a late generator, and a late generator makes latencies void. So the first that holds
decides: FAIL for what is wrong, INVALID for what was not measured, FAIL for an objective missed, PASS.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from loadtests.latency import PERCENTILES
from sim.ledger import CoinworksError

LATE_MS_DEFAULT: Final = 20.0
PASS, FAIL, INVALID = "PASS", "FAIL", "INVALID"
EXIT_CODES: Final = {PASS: 0, FAIL: 1, INVALID: 3}

_UNITS_MS: Final = {"us": 0.001, "µs": 0.001, "ms": 1.0, "s": 1000.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(us|µs|ms|s)")


@dataclass(frozen=True)
class Objective:
    """A service level: a percentile of the response time, and what it must not exceed."""

    percentile: str
    limit_ms: float

    def __str__(self) -> str:
        return f"{self.percentile} <= {self.limit_ms:g} ms"


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a replay found. `mismatched_accounts` None: the accounts were not compared."""

    mismatched_accounts: int | None = 0
    unexpected: int = 0
    without_outcome: int = 0  # among the unexpected: answers that are no contract's
    unknown: int = 0
    is_complete: bool = True
    send_lag_ms_p99: float | None = 0.0
    late_ms: float = LATE_MS_DEFAULT
    response_ms: Mapping[str, float | None] = field(default_factory=dict)
    objectives: tuple[Objective, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The word, and the reasons for it."""

    word: str
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.word}{': ' if self.reasons else ''}{'; '.join(self.reasons)}"

    def __repr__(self) -> str:
        return f"<Verdict {self}>"

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.word]


def verdict(findings: Findings) -> Verdict:
    """What the findings amount to."""
    for word, reasons in (
        (FAIL, _wrong(findings)),
        (INVALID, _void(findings)),
        (FAIL, _missed(findings)),
    ):
        if reasons:
            return Verdict(word, tuple(reasons))
    return Verdict(PASS)


def _wrong(findings: Findings) -> list[str]:
    reasons = []
    if findings.mismatched_accounts:
        reasons.append(_count(findings.mismatched_accounts, "account does not agree", "accounts do not agree"))
    if findings.unexpected:
        nonsense = f", {findings.without_outcome:,} of them answers without one" if findings.without_outcome else ""
        reasons.append(_count(findings.unexpected, "unexpected outcome", "unexpected outcomes") + nonsense)
    if findings.unknown:
        reasons.append(_count(findings.unknown, "outcome stayed unknown", "outcomes stayed unknown"))
    return reasons


def _void(findings: Findings) -> list[str]:
    reasons = []
    if not findings.is_complete:
        reasons.append("not every operation was sent and answered")
    if findings.mismatched_accounts is None:
        reasons.append("the accounts were not compared")
    lag_ms = findings.send_lag_ms_p99
    if lag_ms is None:
        reasons.append("nothing was measured")
    elif lag_ms > findings.late_ms:
        reasons.append(f"the generator was late: send lag p99 {lag_ms:.1f} ms, at most {findings.late_ms:g} ms allowed")
    return reasons


def _missed(findings: Findings) -> list[str]:
    reasons = []
    for objective in findings.objectives:
        measured_ms = findings.response_ms.get(objective.percentile)
        if measured_ms is None or measured_ms > objective.limit_ms:
            shown = "not measured" if measured_ms is None else f"{measured_ms:.1f} ms"
            reasons.append(f"response {objective.percentile} {shown}, objective {objective.limit_ms:g} ms")
    return reasons


def parse_duration_ms(text: str) -> float:
    """Milliseconds in `50ms`, `1.5s` or `300us`."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise CoinworksError(f"duration {text!r}: expected a number and us, ms or s, like 20ms")
    return float(match[1]) * _UNITS_MS[match[2]]


def parse_objective(text: str) -> Objective:
    """The objective in `p99=50ms`."""
    percentile, equals, limit = text.partition("=")
    if percentile not in PERCENTILES or not equals:
        raise CoinworksError(f"objective {text!r}: expected {'|'.join(PERCENTILES)}=DURATION, like p99=50ms")
    return Objective(percentile, parse_duration_ms(limit))


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
