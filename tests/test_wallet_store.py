"""The SQLite store: one wallet at a time, our files only, pages that follow on, errors in one line."""

from pathlib import Path

import apsw
import pytest

from loadtests.wallet import sqlite_store
from loadtests.wallet.sqlite_store import SqliteStore
from loadtests.wallet.store import Batch, StoredBalance, StoreError
from sim.ledger import COIN, Account, AccountClass, Book, Kind, Op, Operation, account_id

FAN, STAR = account_id(Kind.VIEWER, 1), account_id(Kind.CREATOR, 0)


def stocked(store: SqliteStore, gifts: int = 5) -> Book:
    """A fan with 100 coins who gives one at a time, committed as one batch."""
    book, batch, entry = Book(), Batch(), 1
    batch.books["demo"] = 1
    operations = [
        Operation(1, 0, Op.OPEN, FAN, amount=100, currency=COIN),
        Operation(2, 0, Op.OPEN, STAR),
        *(Operation(3 + n, n, Op.GIFT, FAN, STAR, 7, 1, COIN) for n in range(gifts)),
    ]
    for operation in operations:
        decision = book.apply(operation)
        batch.add(1, -1, f"k{operation.seq}", bytes(16), operation, decision)
        batch.post(entry, operation.seq, 1, decision.entries, book.balance)
        entry += len(decision.entries)
    store.commit(batch)
    return book


@pytest.fixture
def store(tmp_path: Path):
    store = SqliteStore.open(tmp_path / "wallet.db")
    yield store
    store.close()


def test_what_was_committed_is_read_back(store: SqliteStore) -> None:
    book = stocked(store)
    stored = list(store.operations())
    assert [each.operation.seq for each in stored] == list(range(1, 8))
    assert stored[2].operation == Operation(3, 0, Op.GIFT, FAN, STAR, 7, 1, COIN)
    balances = {(row.account, row.asset): row.amount for row in store.balances(1, None, 100)}
    assert balances == book.balances()
    assert {(row.account, row.asset): row.amount for row in store.entry_sums(1)} == book.balances()


@pytest.mark.parametrize("rows", [1, 3, 511, 512, 513, 1_399])
def test_batches_of_any_size_are_whole(store: SqliteStore, rows: int) -> None:
    book, batch = Book(), Batch()
    batch.books["demo"] = 1
    for n in range(1, rows + 1):
        operation = Operation(n, 0, Op.OPEN, account_id(Kind.VIEWER, n), amount=n, currency=COIN)
        decision = book.apply(operation)
        batch.add(1, -1, f"k{n}", bytes(16), operation, decision)
        batch.post(2 * n, n, 1, decision.entries, book.balance)
    store.commit(batch)
    assert [each.operation.actor for each in store.operations()] == list(book.holders)
    assert {(row.account, row.asset): row.amount for row in store.balances(1, None, 10_000)} == book.balances()


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_follow_on(store: SqliteStore, limit: int) -> None:
    stocked(store)
    paged, after = [], None
    while page := store.balances(1, after, limit):
        paged += page
        after = page[-1]
    assert paged == store.balances(1, None, 100)
    assert paged == sorted(paged)

    entries, last = [], 0
    while found := store.entries(1, last, limit):
        entries += found
        last = found[-1].id
    assert entries == store.entries(1, 0, 100)
    assert [entry.id for entry in entries] == sorted(entry.id for entry in entries)


def test_an_owner_has_a_history_with_running_balances(store: SqliteStore) -> None:
    stocked(store)
    newest = store.history(1, FAN, None, 3, ())
    assert [each.key for each in newest] == ["k7", "k6", "k5"]
    assert [line.balance for each in newest for line in each.lines] == [95, 96, 97]
    older = store.history(1, FAN, newest[-1].operation.seq, 100, ())
    assert [each.key for each in older] == ["k4", "k3", "k1"]
    assert [each.key for each in store.history(1, FAN, None, 100, (Op.OPEN,))] == ["k1"]
    assert [each.key for each in store.history(1, STAR, None, 2, (Op.GIFT, Op.PAYOUT))] == ["k7", "k6"]
    for latest, left in ((7, 95), (6, 96), (1, 100)):
        assert store.owned(1, FAN, latest) == [StoredBalance(Account(AccountClass.HOLDER, FAN), COIN, left)]


def test_a_batch_is_committed_whole_or_not_at_all(store: SqliteStore) -> None:
    stocked(store)
    batch = Batch()
    batch.add(1, -1, "new", bytes(16), Operation(100, 0, Op.OPEN, FAN + 1), Book().apply(Operation(1, 0, Op.OPEN, FAN)))
    batch.add(1, -1, "k3", bytes(16), Operation(101, 0, Op.OPEN, FAN + 2), Book().apply(Operation(1, 0, Op.OPEN, FAN)))
    with pytest.raises(StoreError, match="UNIQUE"):
        store.commit(batch)
    assert "new" not in {each.key for each in store.operations()}


def test_a_second_wallet_is_kept_out(store: SqliteStore) -> None:
    with pytest.raises(StoreError, match=r"open in another wallet \(process \d+\), expected one at a time"):
        SqliteStore.open(store.path)


def test_closing_lets_the_next_wallet_in_and_leaves_one_file(tmp_path: Path) -> None:
    for _ in range(2):
        SqliteStore.open(tmp_path / "wallet.db").close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["wallet.db", "wallet.db.lock"]


def test_an_auditor_reads_while_the_wallet_runs(store: SqliteStore) -> None:
    stocked(store)
    auditor = apsw.Connection(str(store.path), flags=apsw.SQLITE_OPEN_READONLY)
    assert auditor.execute("SELECT count(*) FROM operations").fetchone() == (7,)


def test_commits_are_synced(store: SqliteStore) -> None:
    assert store._writer.pragma("synchronous") == 2  # FULL
    assert store._writer.pragma("journal_mode") == "wal"


def text_file(path: Path) -> None:
    path.write_text("hello, this is a shopping list and no database at all\n" * 100)


def other_database(path: Path) -> None:
    apsw.Connection(str(path)).execute("CREATE TABLE recipes (name)")


def newer_wallet(path: Path) -> None:
    SqliteStore.open(path).close()
    apsw.Connection(str(path)).pragma("user_version", 99)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (text_file, "not a wallet's file"),
        (other_database, "not a wallet's file"),
        (newer_wallet, "schema version 99, expected 2"),
        (lambda path: path.mkdir(), "unable to open database file"),
    ],
)
def test_a_foreign_file_is_refused_in_one_line(tmp_path: Path, make, said: str) -> None:
    path = tmp_path / "wallet.db"
    make(path)
    with pytest.raises(StoreError) as refused:
        SqliteStore.open(path)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_foreign_file_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    other_database(path)
    before = path.read_bytes()
    with pytest.raises(StoreError):
        SqliteStore.open(path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory, expected a folder that can be written to"):
        SqliteStore.open(tmp_path / "nowhere" / "wallet.db")


def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_store.apsw, "sqlite_lib_version", lambda: "3.51.2")
    with pytest.raises(StoreError, match=r"SQLite 3\.51\.2: expected 3\.51\.3 or newer"):
        SqliteStore.open(tmp_path / "wallet.db")
