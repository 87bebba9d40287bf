"""Reading a wallet: balances, histories, and whole books for whoever reconciles.

What is read comes from the store, so that it is evidence: not what the engine believes, but what is kept. Only when
rewards expire, what diamonds are worth and what may be spent is asked of the ledger, whose decisions are then awaited
to be durable; the store is read as of the same decision.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Final, TypeVar

from loadtests.wallet.engine import Engine, Shelf
from loadtests.wallet.problems import Refused
from loadtests.wallet.store import Store, StoredBalance, StoredEntry, StoredTransaction
from loadtests.wallet.wire import (
    ASSET_NAMES,
    OPS,
    PAGE_ROWS_MAX,
    Balance,
    BalanceRow,
    BalancesPage,
    EntriesPage,
    EntryRow,
    History,
    Line,
    Money,
    RewardLeft,
    Transaction,
    wire_account,
)
from sim.ledger import Account, AccountClass, Kind, Op, Rule, account_name, kind_of
from sim.ledger.accounts import NOBODY
from sim.ledger.money import whole_units

T = TypeVar("T")

HISTORY_ROWS: Final = 50
HISTORY_ROWS_MAX: Final = 1_000
EXPORT_ROWS: Final = 1_000
NEWEST_BOOKS: Final = 2
SOME_ACCOUNTS: Final = 6


class Reading:
    """All that can be read; exports run in a thread, so that a long page does not hold up operations."""

    def __init__(self, engine: Engine, store: Store, clock_us: Callable[[Shelf], int]) -> None:
        self._engine = engine
        self._store = store
        self._clock_us = clock_us
        self._exports = ThreadPoolExecutor(1, "export")

    def close(self) -> None:
        """Let a running export end."""
        self._exports.shutdown()

    async def balance(self, book: str, account: int) -> Balance:
        """What an account has, with everything acknowledged before."""
        return (await self._cut(book, account))[0]

    async def statement(
        self, book: str, account: int, cursor: str | None, rows: int, ops: tuple[Op, ...]
    ) -> tuple[Balance, History]:
        """What an account has, and the transactions that made it so: a page of them, newest first."""
        balance, latest = await self._cut(book, account)
        newest = str(latest + 1) if cursor is None else cursor
        return balance, self.history(book, account, newest, str(rows), ops)

    async def _cut(self, book: str, account: int) -> tuple[Balance, int]:
        """A balance, and the operation that left it."""
        shelf = self.shelf_of(book, account)
        latest = self._engine.latest
        rewards, limit = self._rewards(shelf, account), self._spending_limit(shelf, account)
        worth, pending_worth = None, None
        if kind_of(account) == Kind.CREATOR:
            worth, pending_worth = self._worth(shelf, account)
        await self._engine.durable()
        rows = [_balance_row(row) for row in self._store.owned(shelf.number, account, latest)]
        return Balance(wire_account(book, account), rows, rewards, worth, pending_worth, limit), latest

    def history(
        self, book: str, account: int, cursor: str | None, limit: str | None, ops: tuple[Op, ...] = ()
    ) -> History:
        """An account's transactions, newest first."""
        shelf = self.shelf_of(book, account)
        rows = row_count(limit, HISTORY_ROWS, HISTORY_ROWS_MAX)
        before = None if cursor is None else cursor_number(cursor)
        found = self._store.history(shelf.number, account, before, rows + 1, ops)
        following = str(found[rows - 1].operation.seq) if len(found) > rows else None
        transactions = [_transaction(book, each) for each in found[:rows]]
        return History(wire_account(book, account), transactions, following)

    async def balances(self, book: str, cursor: str | None, limit: str | None) -> BalancesPage:
        """Balance rows of a whole book."""
        shelf = self._engine.shelf(book)
        rows = row_count(limit, EXPORT_ROWS, PAGE_ROWS_MAX)
        after = None if cursor is None else _balance_cursor(cursor)
        found = await self._export(self._store.balances, shelf.number, after, rows)
        last = found[-1] if len(found) == rows else None
        following = f"{last.account.klass:d}.{last.account.owner}.{last.asset}" if last else None
        return BalancesPage([_balance_row(row) for row in found], following)

    async def entries(self, book: str, cursor: str | None, limit: str | None) -> EntriesPage:
        """Entries of a whole book in posting order."""
        shelf = self._engine.shelf(book)
        rows = row_count(limit, EXPORT_ROWS, PAGE_ROWS_MAX)
        after = 0 if cursor is None else cursor_number(cursor)
        found = await self._export(self._store.entries, shelf.number, after, rows)
        following = str(found[-1].id) if len(found) == rows else None
        return EntriesPage([_entry_row(book, row) for row in found], following)

    def shelf_of(self, book: str, account: int) -> Shelf:
        """The book in which an account is open."""
        shelf = self._engine.shelf(book)
        if account not in shelf.book.holders:
            raise Refused(404, f"account {wire_account(book, account)}: not open")
        return shelf

    def some_accounts(self) -> list[str]:
        """A few accounts of each kind in the newest books, for somebody who wants to look around."""
        newest = list(self._engine.shelves.values())[: -NEWEST_BOOKS - 1 : -1]
        return [
            wire_account(shelf.name, account)
            for shelf in newest
            for kind in Kind
            for account in islice((each for each in shelf.book.holders if kind_of(each) == kind), SOME_ACCOUNTS)
        ]

    async def _export(self, read: Callable[..., T], *values: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._exports, read, *values)

    def _rewards(self, shelf: Shelf, account: int) -> list[RewardLeft]:
        lots = shelf.book.holders[account].reward_lots
        left = sorted((lot.expires_us == 0, lot.expires_us, lot.left) for lot in lots)
        return [RewardLeft(amount, None if never else expires_us) for never, expires_us, amount in left]

    def _spending_limit(self, shelf: Shelf, account: int) -> int | None:
        """The coins that a viewer may give and pay in a UTC day."""
        if kind_of(account) != Kind.VIEWER:
            return None
        return shelf.book.limit(Rule.SPENDING_LIMIT, shelf.book.holders[account], self._clock_us(shelf))

    def _worth(self, shelf: Shelf, account: int) -> tuple[Money | None, Money | None]:
        """What a creator's diamonds would pay now, and what is on its way."""
        book, holder = shelf.book, shelf.book.holders[account]
        value = book.terms.find(Rule.DIAMOND_VALUE, self._clock_us(shelf), region=holder.region)
        if value is None:
            return None, None
        _, cash = whole_units(max(holder.diamonds, 0), value.value)
        coming = sum(asked.cash for asked in book.payouts.values() if asked.creator == account and not asked.paid)
        currency = ASSET_NAMES[value.currency]
        return Money(currency, cash), Money(currency, coming) if coming else None


def parse_ops(text: str | None) -> tuple[Op, ...]:
    """The operations named in a query, such as `gift` or `order,cancel`."""
    if not text:
        return ()
    unknown = [name for name in text.split(",") if name not in OPS]
    if unknown:
        raise Refused(422, f"op {unknown[0]!r}: expected one of {', '.join(sorted(OPS))}")
    return tuple(OPS[name] for name in text.split(","))


def row_count(text: str | None, default: int, most: int) -> int:
    """The number of rows asked for."""
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 1 <= int(text) <= most:
        raise Refused(422, f"limit {text!r}: expected a number from 1 to {most}")
    return int(text)


def cursor_number(text: str) -> int:
    """The row that a cursor stands for."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Refused(422, f"cursor {text!r}: expected a next_cursor of this wallet")
    return int(text)


def _balance_cursor(text: str) -> StoredBalance:
    parts = text.split(".")
    try:
        klass, owner, asset = map(int, parts)
        return StoredBalance(Account(AccountClass(klass), max(min(owner, 2**62), NOBODY)), min(asset, 2**31), 0)
    except ValueError:
        raise Refused(422, f"cursor {text!r}: expected a next_cursor of this wallet") from None


def _owner(account: Account) -> str | None:
    return None if account.owner == NOBODY else account_name(account.owner)


def _class(account: Account) -> str:
    return account.klass.name.lower()


def _balance_row(row: StoredBalance) -> BalanceRow:
    return BalanceRow(_owner(row.account), _class(row.account), ASSET_NAMES[row.asset], row.amount)


def _entry_row(book: str, row: StoredEntry) -> EntryRow:
    return EntryRow(
        _owner(row.account),
        _class(row.account),
        ASSET_NAMES[row.asset],
        row.amount,
        f"{book}/{row.key}",
        Op(row.op).code,
        row.at_us,
        row.id,
    )


def _transaction(book: str, stored: StoredTransaction) -> Transaction:
    operation = stored.operation
    return Transaction(
        f"{book}/{stored.key}",
        operation.op.code,
        operation.at_us,
        wire_account(book, operation.actor),
        None if operation.peer == NOBODY else wire_account(book, operation.peer),
        None if operation.item == NOBODY else operation.item,
        operation.amount,
        ASSET_NAMES.get(operation.currency),
        None if stored.ref is None else f"{book}/{stored.ref}",
        [Line(_class(line.account), ASSET_NAMES[line.asset], line.amount, line.balance) for line in stored.lines],
    )
