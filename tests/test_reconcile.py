# ruff: noqa: S608  the saboteur writes SQL by hand, from numbers
"""Reconcile: agreement to the last coin, and sabotage in a real wallet's store told by the account's name."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pytest

from loadtests.reconcile import Line, Mismatch, ReconcileError, Statement, compare, expected_statement, reconcile
from loadtests.remote_wallet import RemoteWallet
from loadtests.replay.launch import Generator
from loadtests.replay.plan import FINISHED, Pace, prepare
from loadtests.trial import Conditions, Trial, reckon
from loadtests.wallet.process import WalletProcess, start_wallet
from sim.ledger import COIN, Account, AccountClass, Op, account_id
from sim.ledger.accounts import PLATFORM, Kind
from sim.runs import balance_columns
from sim.trace import Trace
from traces import Town, busy_town

FAN = Account(AccountClass.HOLDER, account_id(Kind.VIEWER, 0))
GIFT, AGAIN = Line("b/1", "gift", COIN, -5), Line("b/2", "gift", COIN, -5)


@pytest.mark.parametrize(
    ("expected", "found", "difference"),
    [
        ([GIFT, AGAIN], [GIFT, AGAIN], None),
        ([GIFT, AGAIN], [GIFT], "gift b/2 (-5 coin) is missing from the wallet"),
        ([GIFT], [GIFT, GIFT], "gift b/1 (-5 coin) is in the wallet twice"),
        ([GIFT], [GIFT, AGAIN], "gift b/2 (-5 coin) is in the wallet unexpectedly"),
        ([GIFT], [GIFT._replace(amount=-6)], "the wallet has gift b/1 (-6 coin), expected gift b/1 (-5 coin)"),
        ([GIFT], [AGAIN], "gift b/1 (-5 coin) is missing from the wallet, which has gift b/2 (-5 coin) instead"),
        (
            [GIFT, AGAIN],
            [AGAIN, GIFT],
            "its operation number 1 in the wallet is b/2, expected b/1: out of order",
        ),
    ],
)
def test_entries_are_compared_in_words(expected: list[Line], found: list[Line], difference: str | None) -> None:
    ordered = frozenset((FAN, line.key) for line in (GIFT, AGAIN))
    mismatches = compare(Statement({}, {FAN: expected}), Statement({}, {FAN: found}), ordered)
    assert mismatches == ([Mismatch("viewer-0", difference)] if difference else [])


@pytest.mark.parametrize("account", [FAN, PLATFORM])
def test_the_order_of_what_others_put_there_means_nothing(account: Account) -> None:
    swapped = Statement({}, {account: [AGAIN, GIFT]})
    assert compare(Statement({}, {account: [GIFT, AGAIN]}), swapped, frozenset()) == []


def test_an_operations_own_entries_have_no_order() -> None:
    rewards = GIFT._replace(asset=2)
    ordered = frozenset({(FAN, GIFT.key)})
    assert compare(Statement({}, {FAN: [GIFT, rewards]}), Statement({}, {FAN: [rewards, GIFT]}), ordered) == []


def test_balances_are_compared_zeros_and_absences_alike() -> None:
    expected = Statement({(FAN, COIN): 0, (PLATFORM, 840): 7}, {})
    assert compare(expected, Statement({(PLATFORM, 840): 7}, {}), frozenset()) == []
    assert compare(expected, Statement({(FAN, COIN): 2}, {}), frozenset()) == [
        Mismatch("viewer-0", "the wallet holds 2 coin, expected 0"),
        Mismatch("platform", "the wallet holds 0 USD, expected 7"),
    ]


def test_a_trace_that_the_ledger_would_not_decide_so_is_refused() -> None:
    trace = busy_town(fans=2, gifts=2).trace()
    trace.columns["outcome"][-1] = 3
    with pytest.raises(ReconcileError, match=rf"trace record {len(trace) - 1}: payout says wrong_state"):
        expected_statement(trace, "b")


# From here on a real wallet, a real replay, and a saboteur with a connection to the store.


@dataclass
class Replayed:
    """A trace that a wallet has carried, and its plan's folder."""

    town: Town
    trace: Trace
    folder: Path
    process: WalletProcess
    wallet: RemoteWallet
    book: str

    def reckon(self, **conditions: Any) -> Trial:
        return reckon(self.folder, FINISHED, self.trace, self.wallet, Conditions(**conditions))

    @contextmanager
    def altered(self, *statements: str) -> Iterator[None]:
        """Change the store behind the wallet's back; afterwards it is as before."""
        tables = ("operations", "entries", "balances")
        connection = apsw.Connection(str(self.process.store_path))
        connection.set_busy_timeout(5_000)
        kept = {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
        with connection:
            for statement in statements:
                connection.execute(statement)
        assert kept != {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
        try:
            yield
        finally:
            with connection:
                for table in reversed(tables):
                    connection.execute(f"DELETE FROM {table}")
                for table, rows in kept.items():
                    marks = ", ".join("?" * len(rows[0]))
                    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            connection.close()


def gift_town() -> tuple[Town, list[int]]:
    """A busy town, then four gifts of two fans to two creators, alike but for who gives to whom; and their seqs."""
    town = busy_town(fans=4, gifts=3)
    ann, bob, star, moon = town.viewer(100), town.viewer(100), town.creator(), town.creator()
    pairs = ((ann, star), (bob, moon), (ann, star), (bob, moon))
    return town, [town.gift(fan, creator, 5, 4_000_000 + at) for at, (fan, creator) in enumerate(pairs)]


@pytest.fixture(scope="module")
def replayed() -> Iterator[Replayed]:
    town, _ = gift_town()
    trace = town.trace()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "plan"
        folder.mkdir()
        with start_wallet(Path(name) / "wallet.db") as process, RemoteWallet(process.url, process.token) as wallet:
            plan = prepare(trace, folder, wallet, Pace(speed=20, connections=8))
            with Generator(folder) as generator:
                assert generator.watch() == FINISHED, generator.table()
            yield Replayed(town, trace, folder, process, wallet, plan.book)


def operation_id(seq: int) -> str:
    return f"(SELECT id FROM operations WHERE key = '{seq}')"


def lose(gifts: list[int]) -> list[str]:
    """Balances mended too, as a careful thief would."""
    lost = f"SELECT * FROM entries WHERE operation = {operation_id(gifts[0])}"
    return [
        f"""UPDATE balances SET amount = amount - (SELECT sum(l.amount) FROM ({lost}) l
            WHERE (l.class, l.owner, l.asset) = (balances.class, balances.owner, balances.asset))
            WHERE (class, owner, asset) IN (SELECT class, owner, asset FROM ({lost}))""",
        f"DELETE FROM entries WHERE operation = {operation_id(gifts[0])}",
        f"DELETE FROM operations WHERE key = '{gifts[0]}'",
    ]


def double(gifts: list[int]) -> list[str]:
    return [
        f"""INSERT INTO entries SELECT id + 1000000, operation, book, class, owner, asset, amount, balance
            FROM entries WHERE operation = {operation_id(gifts[0])}"""
    ]


def swap_amount(gifts: list[int]) -> list[str]:
    """One coin more out of the viewer and into the exchange: the sum is still zero."""
    return [
        f"UPDATE entries SET amount = amount + sign(amount) WHERE operation = {operation_id(gifts[0])} AND asset = 1"
    ]


def swap_receivers(gifts: list[int]) -> list[str]:
    """The gifts are equal, so every balance stays right."""
    creators = (account_id(Kind.CREATOR, 2), account_id(Kind.CREATOR, 3))
    operations = f"({operation_id(gifts[0])}, {operation_id(gifts[1])})"
    return [
        f"UPDATE entries SET owner = {sum(creators)} - owner WHERE owner IN {creators} AND operation IN {operations}"
    ]


def reorder(gifts: list[int]) -> list[str]:
    """Two equal gifts of one fan change places: every balance, and the set of entries, stay right."""
    first, second = gifts[0], gifts[2]
    return [
        f"UPDATE operations SET key = 'x' WHERE key = '{first}'",
        f"UPDATE operations SET key = '{first}' WHERE key = '{second}'",
        f"UPDATE operations SET key = '{second}' WHERE key = 'x'",
    ]


def test_a_clean_wallet_agrees(replayed: Replayed) -> None:
    trial = replayed.reckon(late_ms=10_000)
    assert (trial.verdict.word, trial.verdict.exit_code) == ("PASS", 0)
    assert trial.numbers["reconciled"] is True
    assert trial.numbers["mismatched_accounts"] == 0
    held = {account for account, _ in replayed.town.book.balances()}
    assert trial.numbers["accounts_compared"] == len(held)


@pytest.mark.parametrize(
    ("sabotage", "account", "told"),
    [
        (lose, "viewer-4", "is missing from the wallet"),
        (double, "viewer-4", "is in the wallet twice"),
        (swap_amount, "viewer-4", "(-6 coin), expected gift"),
        (swap_receivers, "creator-2", "is missing from the wallet, which has gift"),
        (reorder, "viewer-4", "out of order"),
    ],
)
def test_sabotage_fails_with_the_account_named(
    replayed: Replayed, sabotage: Callable[[list[int]], list[str]], account: str, told: str
) -> None:
    _, gifts = gift_town()
    with replayed.altered(*sabotage(gifts)):
        trial = replayed.reckon(late_ms=10_000)
    assert (trial.verdict.word, trial.verdict.exit_code) == ("FAIL", 1)
    named = {mismatch["account"]: mismatch["difference"] for mismatch in trial.numbers["mismatches"]}
    assert told in named[account]
    assert trial.numbers["mismatched_accounts"] == len(named)
    assert trial.numbers["reconciled"] is False


def test_a_lost_coin_stays_fail_when_the_generator_was_late_too(replayed: Replayed) -> None:
    assert replayed.reckon(late_ms=0).verdict.exit_code == 3
    with replayed.altered("UPDATE balances SET amount = amount - 1 WHERE asset = 1 AND class = 0 AND amount > 0"):
        trial = replayed.reckon(late_ms=0)
    assert (trial.verdict.word, trial.verdict.exit_code) == ("FAIL", 1)
    assert "coin, expected" in trial.numbers["mismatches"][0]["difference"]


def test_the_simulators_balances_are_checked_too(replayed: Replayed) -> None:
    simulated = balance_columns(replayed.town.book.balances())
    assert reconcile(replayed.trace, replayed.wallet, replayed.book, simulated).is_clean
    row = int(np.flatnonzero(simulated["owner"] == FAN.owner)[0])
    simulated["amount"][row] += 1
    found = reconcile(replayed.trace, replayed.wallet, replayed.book, simulated)
    assert [mismatch.account for mismatch in found.mismatches] in (["viewer-0"], ["escrow of viewer-0"])
    assert found.mismatches[0].difference.startswith("the simulator's balances say")


def test_lane_of_a_delivery_is_the_buyers_too() -> None:
    """The escrow's entries are ordered, since order, capture and cancel all stand in the buyer's lane."""
    town = busy_town(fans=4, gifts=2)
    _, ordered = expected_statement(town.trace(), "b")
    captures = [o for o, outcome in town.rows if o.op == Op.CAPTURE and not outcome]
    assert all((Account(AccountClass.ESCROW, o.peer), f"b/{o.seq}") in ordered for o in captures)
