"""The certificate of reconciliation: what was compared, what came of it, and how to do it again.

    >>> certificate(evidence).verdict
    'PASS'

It holds facts of the run's files only, so that it can be printed, signed and checked against them. A fact that the
files do not state is told as not known.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final, NamedTuple

from sim.report.evidence import Evidence
from sim.report.numbers import UNKNOWN, count, money, plural
from sim.runs import Machine

NOT_REPLAYED: Final = "NOT REPLAYED"
GOOD: Final = "PASS"

OPERATIONS: Final = (
    ("planned", "Planned"),
    ("sent", "Sent"),
    ("moving_money", "of these moving money"),
    ("acknowledged", "Accepted"),
    ("declined", "Declined"),
    ("unexpected", "Unlike the trace"),
    ("unknown", "Outcome unknown"),
    ("resolved", "Lost, then resolved by key"),
)
CASH: Final = (
    ("refunded", "refunded or charged back"),
    ("paid_out", "paid out to creators and sellers"),
    ("store_fees", "store fees"),
    ("tax_due", "tax"),
    ("coin_float", "coin float"),
    ("escrow", "in escrow"),
    ("seller_balances", "sellers'"),
    ("affiliate_balances", "affiliates'"),
    ("voucher_balances", "vouchers"),
    ("creator_payable", "creators'"),
    ("platform_own", "the platform's own"),
)
RETIRED: Final = {
    "gift": "given",
    "order": "paid in the shop",
    "clawback": "clawed back",
    "coin_refund": "given back",
    "expiry": "expired",
    "payout": "paid out",
}

Facts = list[tuple[str, str]]


class Certificate(NamedTuple):
    """A verdict, one sentence about it, what does not agree, and the facts under headings."""

    verdict: str
    statement: str
    differences: Facts
    facts: list[tuple[str, Facts]]

    @property
    def is_good(self) -> bool:
        return self.verdict == GOOD


def certificate(run: Evidence) -> Certificate:
    """The certificate of a run; its verdict is NOT REPLAYED as long as no wallet has carried it."""
    manifest = run.run.manifest
    facts = [("The run", _run_facts(run)), ("The books of the run", _books(run.run.summary.conservation))]
    program = [("Simulated by", manifest.command), *_began(manifest.started_at.isoformat(), manifest.versions)]
    program += [("Commit", manifest.commit or UNKNOWN), ("Machine", _machine(manifest.machine))]
    if run.replay is None:
        statement = "No wallet has carried this trace yet. coinworks replay does it, and completes this page."
        return Certificate(NOT_REPLAYED, statement, [], [*facts, ("The program", program)])
    replay = run.replay
    program += [("Replayed by", replay["command"]), *_began(replay["started_at"], replay["versions"])]
    compared = [("The comparison", _comparison(replay)), ("The operations", _operations(replay))]
    differences = [(mismatch["account"], mismatch["difference"]) for mismatch in replay["mismatches"]]
    return Certificate(
        replay["verdict"], _statement(replay), differences, [*compared, *facts, ("The program", program)]
    )


def _statement(replay: Mapping[str, Any]) -> str:
    reasons = "; ".join(replay["reasons"])
    if replay["reconciled"]:
        agree = f"All {count(replay['accounts_compared'])} accounts of wallet and simulator agree, to the last coin"
        return f"{agree}; but {reasons}." if reasons else f"{agree}."
    return f"{reasons[:1].upper()}{reasons[1:]}."


def _comparison(replay: Mapping[str, Any]) -> Facts:
    return [
        ("Accounts compared", count(replay["accounts_compared"])),
        ("Accounts that differ", count(replay["mismatched_accounts"])),
        ("Entries compared", count(replay["entries_compared"])),
        ("Wallet", replay["target"]),
        ("Book in the wallet", replay["book"]),
    ]


def _operations(replay: Mapping[str, Any]) -> Facts:
    speed = ("Speed", f"{replay['speed']:,.0f} times the trace's, in an open model")
    return [*((title, count(replay[name])) for name, title in OPERATIONS), speed]


def _run_facts(run: Evidence) -> Facts:
    manifest, summary = run.run.manifest, run.run.summary
    return [
        ("Scenario", f"{manifest.scenario}, seed {manifest.seed}, {manifest.engine} engine"),
        ("Scenario, sha256", manifest.scenario_sha256),
        ("Trace, records", count(summary.operations)),
        ("Trace, digest", summary.trace_digest or UNKNOWN),
    ]


def _books(conservation: Mapping[str, Any]) -> Facts:
    """Where everything came from and where it is: the equations that the run was held to."""
    assets = [(f"{asset['asset'].capitalize()}s", _asset(asset)) for asset in conservation.get("assets", ())]
    return assets + [(cash["currency"], _cash(cash)) for cash in conservation.get("cash", ())]


def _asset(flow: Mapping[str, Any]) -> str:
    ends = {"held": flow["held"], "escrowed": flow.get("escrowed", 0), "pending": flow["pending"], **flow["retired"]}
    parts = " + ".join(
        f"{count(amount)} {RETIRED.get(name, name)}" for name, amount in ends.items() if amount or name == "held"
    )
    return f"{count(flow['issued'])} issued {_equals(flow['issued'], sum(ends.values()))} {parts}"


def _cash(flow: Mapping[str, Any]) -> str:
    amounts = [(Fraction(flow[name]), title) for name, title in CASH if Fraction(flow[name])]
    parts = " + ".join(f"{_exact(amount, flow['currency'])} {title}" for amount, title in amounts)
    total = _equals(flow["cash_in"], sum(amount for amount, _ in amounts))
    return f"{money(flow['cash_in'], flow['currency'])} in {total} {parts}"


def _equals(left: int, right: int | Fraction) -> str:
    return "=" if left == right else "≠"


def _exact(amount: Fraction, currency: str) -> str:
    """An amount that may hold half a minor unit."""
    whole = amount.numerator // amount.denominator
    return money(whole, currency) + ("½" if amount - whole == Fraction(1, 2) else "")


def _began(instant: str, versions: Mapping[str, str]) -> Facts:
    return [
        ("began", f"{instant[:19].replace('T', ' ')} UTC"),
        ("with", ", ".join(f"{name} {version}" for name, version in versions.items())),
    ]


def _machine(machine: Machine) -> str:
    cores = plural(machine.cores, "core")
    return f"{machine.cpu_model}, {cores}, {machine.memory_bytes / 2**30:.0f} GiB, {machine.platform}"
