"""What a wallet keeps: operations with their outcomes, entries, balances. And what any store of it must offer.

    batch = Batch()
    batch.add(book, caller, key, ...)
    store.commit(batch)             # one transaction, synced; raises StoreError, after which the wallet must stop

The store never decides. It is written in batches by one writer and read by anyone: what `commit` has returned for is
what every later read sees. `sqlite_store` keeps it in a file; another database needs the same few methods.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from sim.ledger import Account, CoinworksError, Decision, Entry, Operation, Outcome

BalanceOf = Callable[[Account, int], int]


class StoreError(CoinworksError):
    """The store cannot be opened, read or written."""


class StoredOperation(NamedTuple):
    """An operation as it was decided; `operation.seq` is its number in the store."""

    book: str
    caller: int
    key: str
    fingerprint: bytes
    operation: Operation
    outcome: Outcome


class StoredBalance(NamedTuple):
    """A balance row."""

    account: Account
    asset: int
    amount: int


class StoredEntry(NamedTuple):
    """An entry with the operation it belongs to; `id` grows in posting order."""

    id: int
    key: str
    op: int
    at_us: int
    account: Account
    asset: int
    amount: int


class StoredLine(NamedTuple):
    """An entry on one owner's accounts, and the balance it left."""

    account: Account
    asset: int
    amount: int
    balance: int


class StoredTransaction(NamedTuple):
    """An accepted operation that touched an owner's accounts, with its lines there; `ref` is a key or None."""

    key: str
    operation: Operation
    ref: str | None
    lines: list[StoredLine]


class Batch:
    """Decided operations on their way to the store, flat, as large statements like them.

    Balances are coalesced: a creator's thousand gifts are one row, written once.
    """

    def __init__(self) -> None:
        self.books: dict[str, int] = {}
        self.operations: list[object] = []
        self.entries: list[object] = []
        self.balances: Counter[tuple[int, Account, int]] = Counter()
        self.counts: Counter[tuple[int, Outcome]] = Counter()
        self.size = 0

    def __repr__(self) -> str:
        return f"<Batch operations={self.size} balances={len(self.balances)}>"

    def add(
        self, book: int, caller: int, key: str, fingerprint: bytes, operation: Operation, decision: Decision
    ) -> None:
        """Take in a decided operation, with the key that its caller gave it."""
        seq, at_us, op, *fields = operation
        self.operations += (seq, book, caller, key, fingerprint, at_us, op, *fields, decision.outcome)
        self.counts[op, decision.outcome] += 1
        self.size += 1

    def post(self, entry: int, operation: int, book: int, posted: Iterable[Entry], balance_of: BalanceOf) -> int:
        """Take in an operation's entries, numbered from `entry` on; returns the largest balance that they leave."""
        rows, balances, largest = self.entries, self.balances, 0
        for account, asset, amount in posted:
            klass, owner = account
            left = balance_of(account, asset)
            rows += (entry, operation, book, klass, owner, asset, amount, left)
            balances[book, account, asset] += amount
            largest = max(largest, abs(left))
            entry += 1
        return largest


class Store(Protocol):
    """The few methods that a database must offer."""

    def commit(self, batch: Batch) -> None:
        """Make a batch durable, whole, before returning."""

    def close(self) -> None:
        """Leave the store in order."""

    def books(self) -> dict[str, int]:
        """Every book's number by its name."""

    def operations(self) -> Iterator[StoredOperation]:
        """All operations in the order they were decided."""

    def last_entry(self) -> int:
        """The number of the newest entry, 0 for none."""

    def balances(self, book: int, after: StoredBalance | None, limit: int) -> list[StoredBalance]:
        """Balance rows of a book by class, owner and asset."""

    def entry_sums(self, book: int) -> Iterator[StoredBalance]:
        """What a book's entries sum to, by class, owner and asset."""

    def entries(self, book: int, after: int, limit: int) -> list[StoredEntry]:
        """Entries of a book in posting order."""

    def owned(self, book: int, owner: int, latest: int) -> list[StoredBalance]:
        """The balance rows of one owner, as the operation of that number left them."""

    def history(
        self, book: int, owner: int, before: int | None, limit: int, ops: tuple[int, ...]
    ) -> list[StoredTransaction]:
        """An owner's transactions, newest first; `ops` empty for all."""
