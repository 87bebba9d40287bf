"""The certificate of reconciliation: what was compared, what came of it, and how to do it again.

    >>> certificate(evidence).verdict
    'PASS'

It holds facts of the run's files only, so that it can be printed, signed and checked against them. A fact that the
files do not state is told as not known.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from sim.ledger.accounts import AccountClass
from sim.report.evidence import Evidence
from sim.report.numbers import UNKNOWN, count

COUNTS: Final = (
    ("planned", "Operations planned"),
    ("sent", "sent"),
    ("acknowledged", "acknowledged"),
    ("declined", "declined, as the trace says"),
    ("unknown", "of unknown outcome"),
    ("unexpected", "with another outcome than the trace's"),
)


class Certificate(NamedTuple):
    """A verdict, one sentence about it, and the facts under headings, as (name, text) pairs."""

    verdict: str
    statement: str
    facts: list[tuple[str, list[tuple[str, str]]]]

    @property
    def is_good(self) -> bool:
        return self.verdict == "PASS"


def certificate(run: Evidence) -> Certificate:
    """The certificate of a run; its verdict is NOT REPLAYED as long as no wallet has carried it."""
    replay = run.replay
    facts = [] if replay is None else [("The comparison", _comparison(run, replay))]
    facts += [("The run", _run_facts(run)), ("The program", _program_facts(run))]
    return Certificate("NOT REPLAYED" if replay is None else str(replay.get("verdict", UNKNOWN)), _statement(run), facts)


def _statement(run: Evidence) -> str:
    if run.replay is None:
        return "No wallet has carried this trace yet. coinworks replay does it, and completes this page."
    mismatched, accounts = _number_of(run.replay.get("mismatched_accounts")), accounts_compared(run)
    if run.replay.get("reconciled"):
        return f"All {count(accounts)} accounts of wallet and simulator agree, to the last coin."
    if mismatched:
        return f"{count(mismatched)} of {count(accounts)} accounts of wallet and simulator do not agree."
    return "Wallet and simulator were not compared to the end."


def accounts_compared(run: Evidence) -> int:
    """Holders, escrows and pending payouts, and the platform's own accounts: all that hold a balance."""
    stated = (run.replay or {}).get("accounts_compared")
    if isinstance(stated, int):
        return stated
    balances = run.run.balances()
    return len(np.unique(np.stack([balances["klass"].astype(np.int64), balances["owner"]]), axis=1).T)


def _number_of(value: Any) -> int:
    return len(value) if isinstance(value, list | Mapping) else int(value or 0)


def _comparison(run: Evidence, replay: Mapping[str, Any]) -> list[tuple[str, str]]:
    counts = [(title, count(_number_of(replay[name])) if name in replay else UNKNOWN) for name, title in COUNTS]
    return [
        ("Accounts compared", count(accounts_compared(run))),
        ("that do not agree", count(_number_of(replay.get("mismatched_accounts")))),
        *counts,
        ("Speed", f"{replay['speed']:,.0f} times the trace's" if "speed" in replay else UNKNOWN),
        ("Wallet", str(replay.get("target", UNKNOWN))),
    ]


def _run_facts(run: Evidence) -> list[tuple[str, str]]:
    manifest, summary = run.run.manifest, run.run.summary
    holders = int(np.sum(run.run.balances()["klass"] == AccountClass.HOLDER))
    return [
        ("Scenario", manifest.scenario),
        ("Scenario, sha256", manifest.scenario_sha256),
        ("Seed", str(manifest.seed)),
        ("Engine", manifest.engine),
        ("Records of the trace", count(summary.operations)),
        ("Trace, digest", summary.trace_digest or UNKNOWN),
        ("Conservation", _conservation(summary.conservation)),
        ("Balances of holders", count(holders)),
    ]


def _conservation(stated: Mapping[str, Any]) -> str:
    return "held at the end of the run" if stated.get("holds", stated.get("ok", bool(stated))) else "did not hold"


def _program_facts(run: Evidence) -> list[tuple[str, str]]:
    manifest = run.run.manifest
    machine = manifest.machine
    return [
        ("Simulated by", manifest.command),
        ("Began", f"{manifest.started_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Commit", manifest.commit or UNKNOWN),
        ("Versions", ", ".join(f"{name} {version}" for name, version in manifest.versions.items())),
        ("Machine", f"{machine.cpu_model}, {machine.cores} cores, {machine.memory_bytes / 2**30:.0f} GiB, {machine.platform}"),
    ]
