"""A wallet's store in one SQLite file: write-ahead log, every commit synced, one writer.

    store = SqliteStore.open(Path("wallet.db"))

A lock file beside it keeps a second wallet out; reading, and even writing, by other programs stays possible, so that an
auditor can look (or a saboteur alter) while the wallet runs. What SQLite reports as an error is never tried again.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

import apsw

from loadtests.wallet.store import (
    Batch,
    StoredBalance,
    StoredEntry,
    StoredLine,
    StoredOperation,
    StoredTransaction,
    StoreError,
)
from sim.ledger import Account, AccountClass, Op, Operation, Outcome

SQLITE_LEAST: Final = (3, 51, 3)  # before it, two connections could lose a commit (the WAL-reset race)
APPLICATION_ID: Final = 0x636F696E  # "coin"
SCHEMA_VERSION: Final = 2
BUSY_MS: Final = 5_000
CHECKPOINT_PAGES: Final = 8_000
ROWS_A_STATEMENT: Final = 256

SCHEMA: Final = f"""
CREATE TABLE books (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE operations (
    id INTEGER PRIMARY KEY,
    book INTEGER NOT NULL REFERENCES books,
    caller INTEGER NOT NULL,
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    at_us INTEGER NOT NULL,
    op INTEGER NOT NULL,
    actor INTEGER NOT NULL,
    peer INTEGER NOT NULL,
    item INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    currency INTEGER NOT NULL,
    ref INTEGER NOT NULL,
    region INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    UNIQUE (book, caller, key)
) STRICT;
CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    operation INTEGER NOT NULL REFERENCES operations,
    book INTEGER NOT NULL REFERENCES books,
    class INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    asset INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    balance INTEGER NOT NULL
) STRICT;
CREATE TABLE balances (
    book INTEGER NOT NULL REFERENCES books,
    class INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    asset INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (book, class, owner, asset)
) STRICT, WITHOUT ROWID;
CREATE INDEX entries_by_owner ON entries (book, owner, operation) WHERE owner >= 0;
-- An open and a refund belong in the actor's history and post nothing on the actor's accounts.
CREATE INDEX operations_by_actor ON operations (book, actor, id) WHERE op IN ({Op.OPEN:d}, {Op.REFUND:d});
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""
OPERATION_COLUMNS: Final = 15
ENTRY_COLUMNS: Final = 8
BALANCE_COLUMNS: Final = 5
_OPERATION = "o.id, o.at_us, o.op, o.actor, o.peer, o.item, o.amount, o.currency, o.ref, o.region"


class SqliteStore:
    """One file, one writer connection, and readers that see every commit that has returned."""

    def __init__(self, path: Path, lock: TextIO) -> None:
        self.path = path
        self._lock = lock
        self._writer = _connect(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
        self._prepare()
        # Pages are read on the event loop, exports in a thread of their own: a connection each.
        self._reader = _connect(path, apsw.SQLITE_OPEN_READONLY)
        self._exporter = _connect(path, apsw.SQLITE_OPEN_READONLY)

    def __repr__(self) -> str:
        return f"<SqliteStore {self.path}>"

    @classmethod
    def open(cls, path: Path) -> "SqliteStore":
        """Open or make a store.

        Raises
        ------
        StoreError : SQLite too old, the file not ours, not writable, or open in another wallet
        """
        _check_sqlite()
        lock = _lock(path)
        try:
            with _reported(path):
                return cls(path, lock)
        except BaseException:
            lock.close()
            raise

    def _prepare(self) -> None:
        writer = self._writer
        if not writer.pragma("page_count"):
            writer.pragma("journal_mode", "wal")
            with writer:
                writer.execute(SCHEMA)
        if writer.pragma("application_id") != APPLICATION_ID:
            raise StoreError(f"store {self.path}: not a wallet's file, expected one made by coinworks or a new name")
        version = writer.pragma("user_version")
        if version != SCHEMA_VERSION:
            raise StoreError(f"store {self.path}: schema version {version}, expected {SCHEMA_VERSION}")
        writer.pragma("journal_mode", "wal")
        writer.pragma("synchronous", "full")
        writer.pragma("wal_autocheckpoint", CHECKPOINT_PAGES)

    def close(self) -> None:
        """Close the readers, then the writer, which folds the log back into the file; then let the lock go."""
        with _reported(self.path):
            for connection in (self._reader, self._exporter, self._writer):
                connection.close()
        self._lock.close()

    def commit(self, batch: Batch) -> None:
        """One transaction of few, large statements: each costs one turn of the interpreter's lock."""
        balances: list[object] = []
        for (book, account, asset), amount in batch.balances.items():
            balances += (book, account.klass, account.owner, asset, amount)
        with _reported(self.path):
            execute = self._writer.execute
            execute("BEGIN IMMEDIATE")
            for name, book in batch.books.items():
                execute("INSERT INTO books (id, name) VALUES (?, ?)", (book, name))
            self._insert("operations", OPERATION_COLUMNS, batch.operations)
            self._insert("entries", ENTRY_COLUMNS, batch.entries)
            self._insert(
                "balances", BALANCE_COLUMNS, balances, " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount"
            )
            execute("COMMIT")

    def _insert(self, table: str, columns: int, values: list[object], suffix: str = "") -> None:
        """Insert flat rows, in statements of 256, 128 … 1 rows: few and short texts, which SQLite keeps prepared."""
        row = f"({', '.join('?' * columns)})"
        start, rows = 0, ROWS_A_STATEMENT
        while start < len(values):
            while start + rows * columns > len(values):
                rows //= 2
            end = start + rows * columns
            self._writer.execute(f"INSERT INTO {table} VALUES {', '.join([row] * rows)}{suffix}", values[start:end])
            start = end

    def books(self) -> dict[str, int]:
        return dict(self._read(self._reader, "SELECT name, id FROM books"))

    def operations(self) -> Iterator[StoredOperation]:
        rows = self._stream(
            f"SELECT b.name, o.caller, o.key, o.fingerprint, o.outcome, {_OPERATION}"
            " FROM operations o JOIN books b ON b.id = o.book ORDER BY o.id"
        )
        for book, caller, key, fingerprint, outcome, *fields in rows:
            yield StoredOperation(book, caller, key, fingerprint, _operation(fields), Outcome(outcome))

    def last_entry(self) -> int:
        return int(self._read(self._reader, "SELECT coalesce(max(id), 0) FROM entries")[0][0])

    def balances(self, book: int, after: StoredBalance | None, limit: int) -> list[StoredBalance]:
        place = (-1, -1, -1) if after is None else (after.account.klass, after.account.owner, after.asset)
        rows = self._read(
            self._exporter,
            "SELECT class, owner, asset, amount FROM balances WHERE book = ? AND (class, owner, asset) > (?, ?, ?)"
            " ORDER BY class, owner, asset LIMIT ?",
            (book, *place, limit),
        )
        return [_balance(row) for row in rows]

    def entry_sums(self, book: int) -> Iterator[StoredBalance]:
        sql = "SELECT class, owner, asset, sum(amount) FROM entries WHERE book = ? GROUP BY class, owner, asset"
        return map(_balance, self._stream(sql, (book,)))

    def entries(self, book: int, after: int, limit: int) -> list[StoredEntry]:
        rows = self._read(
            self._exporter,
            "SELECT e.id, o.key, o.op, o.at_us, e.class, e.owner, e.asset, e.amount FROM entries e"
            " JOIN operations o ON o.id = e.operation WHERE e.book = ? AND e.id > ? ORDER BY e.id LIMIT ?",
            (book, after, limit),
        )
        return [
            StoredEntry(entry, key, op, at_us, Account(AccountClass(klass), owner), asset, amount)
            for entry, key, op, at_us, klass, owner, asset, amount in rows
        ]

    def owned(self, book: int, owner: int, latest: int) -> list[StoredBalance]:
        classes = (AccountClass.HOLDER, AccountClass.ESCROW, AccountClass.PENDING)
        rows = self._read(
            self._reader,
            """
            WITH later AS (
                SELECT class, asset, sum(amount) AS amount FROM entries
                WHERE book = ?1 AND owner = ?2 AND owner >= 0 AND operation > ?3 GROUP BY class, asset
            )
            SELECT class, ?2, asset, b.amount - coalesce(later.amount, 0)
            FROM balances b LEFT JOIN later USING (class, asset)
            WHERE b.book = ?1 AND class IN (?4, ?5, ?6) AND b.owner = ?2
            """,
            (book, owner, latest, *classes),
        )
        return [_balance(row) for row in rows]

    def history(
        self, book: int, owner: int, before: int | None, limit: int, ops: tuple[int, ...]
    ) -> list[StoredTransaction]:
        wanted = f" AND o.op IN ({', '.join(f'?{5 + i}' for i in range(len(ops)))})" if ops else ""
        rows = self._read(
            self._reader,
            f"""
            SELECT o.key, r.key, {_OPERATION} FROM (
                SELECT operation AS id FROM entries WHERE book = ?1 AND owner = ?2 AND owner >= 0 AND operation < ?3
                UNION
                SELECT id FROM operations WHERE book = ?1 AND actor = ?2 AND id < ?3
                    AND op IN ({Op.OPEN:d}, {Op.REFUND:d}) AND outcome = {Outcome.ACCEPTED:d}
            ) AS touched JOIN operations o ON o.id = touched.id LEFT JOIN operations r ON r.id = o.ref
            WHERE TRUE{wanted} ORDER BY o.id DESC LIMIT ?4
            """,
            (book, owner, 2**62 if before is None else before, limit, *ops),
        )
        lines = self._lines(book, owner, rows[-1][2], rows[0][2]) if rows else {}
        return [StoredTransaction(key, _operation(fields), ref, lines.get(fields[0], [])) for key, ref, *fields in rows]

    def _lines(self, book: int, owner: int, first: int, last: int) -> dict[int, list[StoredLine]]:
        """An owner's lines by operation, for all operations from `first` to `last`: one statement for a page."""
        rows = self._read(
            self._reader,
            "SELECT operation, class, asset, amount, balance FROM entries"
            " WHERE book = ? AND owner = ? AND owner >= 0 AND operation BETWEEN ? AND ? ORDER BY id",
            (book, owner, first, last),
        )
        lines: dict[int, list[StoredLine]] = {}
        for operation, klass, asset, amount, balance in rows:
            line = StoredLine(Account(AccountClass(klass), owner), asset, amount, balance)
            lines.setdefault(operation, []).append(line)
        return lines

    def _read(self, connection: apsw.Connection, sql: str, values: tuple[int, ...] = ()) -> list[Any]:
        with _reported(self.path):
            return connection.execute(sql, values).fetchall()

    def _stream(self, sql: str, values: tuple[int, ...] = ()) -> Iterator[Any]:
        with _reported(self.path):
            yield from self._exporter.execute(sql, values)


def _connect(path: Path, flags: int) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=flags)
    connection.set_busy_timeout(BUSY_MS)
    return connection


def _check_sqlite() -> None:
    version = apsw.sqlite_lib_version()
    if tuple(map(int, version.split("."))) < SQLITE_LEAST:
        least = ".".join(map(str, SQLITE_LEAST))
        raise StoreError(f"SQLite {version}: expected {least} or newer, since older ones can lose a commit")


def _lock(path: Path) -> TextIO:
    """Hold the store's lock file until it is closed or the process ends, however it ends."""
    beside = path.with_name(f"{path.name}.lock")
    try:
        lock = beside.open("a+", encoding="ascii")
    except OSError as error:
        raise StoreError(f"store {path}: {error.strerror}, expected a folder that can be written to") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise StoreError(f"store {path}: open in another wallet (process {holder}), expected one at a time") from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    """Say in one line what SQLite reports."""
    try:
        yield
    except apsw.NotADBError:
        raise StoreError(f"store {path}: not a wallet's file, expected one made by coinworks or a new name") from None
    except apsw.FullError:
        raise StoreError(f"store {path}: the disk is full, so the wallet stops; expected room to write") from None
    except apsw.Error as error:
        raise StoreError(f"store {path}: {error}") from error


def _operation(fields: list[int]) -> Operation:
    seq, at_us, op, *others = fields
    return Operation(seq, at_us, Op(op), *others)


def _balance(row: tuple[int, int, int, int]) -> StoredBalance:
    klass, owner, asset, amount = row
    return StoredBalance(Account(AccountClass(klass), owner), asset, amount)
