"""Reconcile: every account of the wallet against what the trace says, to the last coin.

    found = reconcile(trace, wallet, book)
    found.mismatches[0].account, found.mismatches[0].difference
    # 'viewer-17', 'gift r1/812 (-5 coin) is missing from the wallet'

The expected state comes from applying the trace to a `Book`; what the wallet has, from its store. Compared are all
balances, and all entries: in order those of the operations that stand in the account's own lane; as a multiset of
(key, operation, asset, amount) those that others put there, because credits commute. Balances that the simulator
itself left are checked as well, so that nobody has to trust the model's own sums.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy.typing as npt

from loadtests.remote_wallet import RemoteWallet, WalletError
from loadtests.replay.wire import key
from sim.ledger import CURRENCIES, CURRENCY_BY_NAME, Account, AccountClass, Book, CoinworksError, LedgerError, lanes
from sim.ledger.accounts import NOBODY, parse_account
from sim.trace import Trace

OF_THE_ACCOUNT: Final = frozenset({AccountClass.HOLDER, AccountClass.ESCROW, AccountClass.PENDING})


class ReconcileError(CoinworksError):
    """A trace that doesn't follow from its own operations."""


class Line(NamedTuple):
    """An entry as both sides can tell it."""

    key: str
    op: str
    asset: int
    amount: int

    def __str__(self) -> str:
        return f"{self.op} {self.key} ({self.amount:+d} {CURRENCIES[self.asset].name})"


class Mismatch(NamedTuple):
    """An account that doesn't agree, and the first difference in words."""

    account: str
    difference: str


Balances = Mapping[tuple[Account, int], int]


@dataclass(frozen=True)
class Statement:
    """One side: balances, and each account's entries in posting order."""

    balances: Balances
    entries: Mapping[Account, list[Line]]


@dataclass(frozen=True)
class Reconciliation:
    """What was compared, and what doesn't agree."""

    accounts: int
    entries: int
    mismatches: tuple[Mismatch, ...]

    def __repr__(self) -> str:
        return f"<Reconciliation accounts={self.accounts} entries={self.entries} mismatched={len(self.mismatches)}>"

    @property
    def is_clean(self) -> bool:
        return not self.mismatches


def reconcile(
    trace: Trace, wallet: RemoteWallet, book: str, simulated: Mapping[str, npt.NDArray[Any]] | None = None
) -> Reconciliation:
    """Compare every account of a book of the wallet with the trace, and the simulator's balances too, if given.

    Raises
    ------
    WalletError : the wallet can't be read
    ReconcileError : the trace isn't one that `sim.ledger` could have decided
    """
    expected, ordered = expected_statement(trace, book)
    found = wallet_statement(wallet, book)
    mismatches = compare(expected, found, ordered)
    if simulated is not None:
        mismatches += _compare_balances(
            expected.balances, _simulated_balances(simulated), "the simulator's balances say"
        )
    first: dict[str, Mismatch] = {}
    for mismatch in mismatches:
        first.setdefault(mismatch.account, mismatch)
    accounts = {account for account, _ in (*expected.balances, *found.balances)} | set(found.entries)
    return Reconciliation(len(accounts), sum(map(len, expected.entries.values())), tuple(first.values()))


def expected_statement(trace: Trace, book: str) -> tuple[Statement, frozenset[tuple[Account, str]]]:
    """What the trace says each account must hold, and which (account, key) stand in the account's own lane."""
    ledger = Book()
    entries: dict[Account, list[Line]] = defaultdict(list)
    ordered: set[tuple[Account, str]] = set()
    for operation, outcome in trace:
        try:
            decision = ledger.apply(operation)
        except LedgerError as error:
            raise ReconcileError(f"trace record {operation.seq}: {error}") from None
        if decision.outcome != outcome:
            raise ReconcileError(
                f"trace record {operation.seq}: {operation.op.code} says {outcome.code}, "
                f"but the ledger decides {decision.outcome.code}"
            )
        own_lane = lanes(operation.op, operation.actor, operation.peer).exclusive
        name = key(book, operation.seq)
        for account, asset, amount in decision.entries:
            entries[account].append(Line(name, operation.op.code, asset, amount))
            if account.owner in own_lane:
                ordered.add((account, name))
    return Statement(ledger.balances(), dict(entries)), frozenset(ordered)


def wallet_statement(wallet: RemoteWallet, book: str) -> Statement:
    """What the wallet's store holds."""
    balances: dict[tuple[Account, int], int] = {}
    for held in wallet.balances(book):
        balances[_account(held.klass, held.account), _asset(held.asset)] = held.amount
    entries: dict[Account, list[Line]] = defaultdict(list)
    for entry in wallet.entries(book):
        line = Line(entry.key, entry.op, _asset(entry.asset), entry.amount)
        entries[_account(entry.klass, entry.account)].append(line)
    return Statement(balances, dict(entries))


def compare(expected: Statement, found: Statement, ordered: frozenset[tuple[Account, str]]) -> list[Mismatch]:
    """Every difference between two statements; an account may appear more than once, entries before balances."""
    mismatches = []
    for account in sorted({*expected.entries, *found.entries}):
        difference = _compare_entries(
            account, expected.entries.get(account, []), found.entries.get(account, []), ordered
        )
        if difference:
            mismatches.append(Mismatch(str(account), difference))
    return mismatches + _compare_balances(expected.balances, found.balances, "the wallet holds")


def _compare_entries(
    account: Account, expected: list[Line], found: list[Line], ordered: frozenset[tuple[Account, str]]
) -> str:
    missing, extra = _surplus(expected, found), _surplus(found, expected)
    if missing or extra:
        return _in_words(missing, extra, expected)
    if account.klass in OF_THE_ACCOUNT:
        return _first_out_of_order(
            [line.key for line in expected if (account, line.key) in ordered],
            [line.key for line in found if (account, line.key) in ordered],
        )
    return ""


def _surplus(some: list[Line], others: list[Line]) -> list[Line]:
    """The lines of `some` that `others` lack, in order."""
    left = Counter(some)
    left.subtract(others)
    return [line for line in dict.fromkeys(some) if left[line] > 0]


def _in_words(missing: list[Line], extra: list[Line], expected: list[Line]) -> str:
    if missing and extra and (missing[0].key, missing[0].asset) == (extra[0].key, extra[0].asset):
        return f"the wallet has {extra[0]}, expected {missing[0]}"
    if missing:
        return f"{missing[0]} is missing from the wallet" + (f", which has {extra[0]} instead" if extra else "")
    times = "twice" if extra[0] in set(expected) else "unexpectedly"
    return f"{extra[0]} is in the wallet {times}"


def _first_out_of_order(expected: list[str], found: list[str]) -> str:
    # An operation may have several entries on one account; their order among themselves means nothing.
    pairs = zip(dict.fromkeys(expected), dict.fromkeys(found), strict=True)
    for place, (wanted, had) in enumerate(pairs, start=1):
        if wanted != had:
            return f"its operation number {place} in the wallet is {had}, expected {wanted}: out of order"
    return ""


def _compare_balances(expected: Balances, found: Balances, who: str) -> list[Mismatch]:
    mismatches = []
    for account, asset in sorted({*expected, *found}):
        wanted, had = expected.get((account, asset), 0), found.get((account, asset), 0)
        if wanted != had:
            unit = CURRENCIES[asset].name
            mismatches.append(Mismatch(str(account), f"{who} {had} {unit}, expected {wanted}"))
    return mismatches


def _simulated_balances(columns: Mapping[str, npt.NDArray[Any]]) -> dict[tuple[Account, int], int]:
    rows: Iterable[tuple[int, int, int, int]] = zip(
        *(columns[name].tolist() for name in ("klass", "owner", "asset", "amount")), strict=True
    )
    return {(Account(AccountClass(klass), owner), asset): amount for klass, owner, asset, amount in rows}


def _account(klass: str, name: str | None) -> Account:
    try:
        return Account(AccountClass[klass.upper()], NOBODY if name is None else parse_account(name))
    except (KeyError, LedgerError):
        raise WalletError(f"account {name!r} of class {klass!r}: expected a name and class of the contract") from None


def _asset(name: str) -> int:
    try:
        return CURRENCY_BY_NAME[name].code
    except KeyError:
        raise WalletError(f"asset {name!r}: expected one of {', '.join(CURRENCY_BY_NAME)}") from None
