"""The engine: decides in memory, in order of arrival, and answers only what is durable.

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(engine.run())
        answer = await engine.submit(asked)

An operation is decided the moment it arrives and joins the open batch. One writer takes whatever is in it, commits it
as one transaction in a thread, and then takes what has arrived meanwhile: a low load pays one sync an operation, a high
load shares it. Memory is thus ahead of the store by at most the two batches under way, and whoever read it waits for
them (`durable`). Under stress a request is refused before it is decided, never after.

When a commit fails, for whatever reason, nothing is retried: the engine stops, nobody is answered, and a restart
rebuilds everything from what the store holds.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from loadtests.wallet.problems import Refused
from loadtests.wallet.store import Batch, Store, StoredBalance, StoreError
from loadtests.wallet.wire import NOBODY, SERVICE_CALLER, Answer, Command, fingerprint, wire_account
from sim.ledger import Account, Book, CoinworksError, LedgerError, Op, Operation, Outcome
from sim.ledger.money import CURRENCIES
from sim.ledger.operations import NO_REF

WAITING_MAX: Final = 65_536
DEADLINE_S: Final = 5.0
# The store's integers have 64 bits. One operation moves less than two fifths of what they hold, so a book is full well
# before an operation could leave a balance that cannot be written.
BALANCE_MAX: Final = 2**61
ANSWERS: Final = {
    Op.EXPIRE: (Op.REWARD, Op.VOUCHER, Op.OPEN),
    Op.ORDER: (Op.VOUCHER,),
    Op.CAPTURE: (Op.ORDER,),
    Op.CANCEL: (Op.ORDER,),
    Op.REFUND: (Op.CAPTURE,),
    Op.AFFILIATE: (Op.CAPTURE,),
    Op.COIN_REFUND: (Op.TOPUP,),
    Op.CHARGEBACK: (Op.TOPUP,),
    Op.PAYOUT: (Op.PAYOUT,),
    Op.PAYOUT_RETURN: (Op.PAYOUT,),
}


class Decided(NamedTuple):
    """What is remembered for a key."""

    id: int
    fingerprint: bytes
    op: Op
    actor: int
    outcome: Outcome
    at_us: int


class Shelf:
    """A book and the keys that it has answered, each by the caller whose key it is."""

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self.book = Book()
        self.keys: dict[tuple[int, str], Decided] = {}
        self.latest_us = 0
        self.largest = 0

    def __repr__(self) -> str:
        return f"<Shelf {self.name} keys={len(self.keys)} {self.book}>"

    def remember(self, caller: int, key: str, decided: Decided) -> None:
        self.keys[caller, key] = decided
        self.latest_us = max(self.latest_us, decided.at_us)


class OpenBatch(Batch):
    """A batch that requests wait for."""

    def __init__(self) -> None:
        super().__init__()
        self.durable = asyncio.Event()
        self.started_s = 0.0


class Engine:
    """Every book of a wallet, its writer, and its limits."""

    def __init__(
        self,
        store: Store,
        *,
        clock_us: Callable[[], int],
        observe: Callable[[Batch, float], None] = lambda _batch, _seconds: None,
        on_failure: Callable[[], None] = lambda: None,
        waiting_max: int = WAITING_MAX,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self.store = store
        self.shelves: dict[str, Shelf] = {}
        self.failure: CoinworksError | None = None
        self._clock_us = clock_us
        self._observe = observe
        self._on_failure = on_failure
        self._waiting_max = waiting_max
        self._deadline_s = deadline_s
        self._open = OpenBatch()
        self._committing: OpenBatch | None = None
        self._arrived = asyncio.Event()
        self._stopping = False
        self._is_writing = False
        self._last_operation = 0
        self._last_entry = 0
        self._rebuild()

    def __repr__(self) -> str:
        return f"<Engine books={len(self.shelves)} operations={self._last_operation} waiting={self.waiting}>"

    @property
    def waiting(self) -> int:
        """Operations decided and not yet durable."""
        return self._open.size + (self._committing.size if self._committing else 0)

    @property
    def latest(self) -> int:
        """The number of the latest operation, durable or not."""
        return self._last_operation

    @property
    def is_ready(self) -> bool:
        """Whether operations are taken, and written."""
        return self.failure is None and not self._stopping and self._is_writing

    async def submit(self, asked: Command) -> Answer:
        """Decide an operation and make it durable.

        Raises
        ------
        Refused : it makes no sense, or the wallet is too busy: not decided
        StoreError : the store has failed; whether it was decided shows after a restart
        """
        self._admit(1)
        answer = self._answer(asked)
        await self.durable()
        return answer

    async def submit_batch(self, commands: Sequence[Command | Refused]) -> list[Answer | Refused]:
        """Decide operations in order and make them durable together; what is refused stands in its place."""
        self._admit(len(commands))
        answers = [self._answer_or_refusal(asked) for asked in commands]
        await self.durable()
        return answers

    async def durable(self) -> None:
        """Wait until everything decided so far is in the store."""
        batch = self._open if self._open.size else self._committing
        if batch is not None:
            await batch.durable.wait()
        if self.failure is not None:
            raise self.failure

    async def run(self) -> None:
        """Commit batches until `stop`, or until anything fails: then `failure` says what."""
        self._is_writing = True
        try:
            await self._write()
        except BaseException as error:
            self.fail(error if isinstance(error, CoinworksError) else StoreError(f"the writer failed: {error!r}"))
            if not isinstance(error, Exception):
                raise
        finally:
            self._is_writing = False
            for batch in filter(None, (self._committing, self._open)):
                batch.durable.set()  # after a failure its waiters learn of it

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, "commit") as thread:
            while self.failure is None:
                await self._arrived.wait()
                if not self._open.size:
                    break
                batch, self._open = self._open, OpenBatch()
                self._committing, batch.started_s = batch, loop.time()
                if not self._stopping:
                    self._arrived.clear()
                await loop.run_in_executor(thread, self.store.commit, batch)
                self._observe(batch, loop.time() - batch.started_s)
                self._committing = None
                batch.durable.set()

    def stop(self) -> None:
        """Let `run` end once everything decided is durable."""
        self._stopping = True
        self._arrived.set()

    def fail(self, error: CoinworksError) -> None:
        """Stop for good: nothing that is not yet durable will be answered."""
        self.failure = self.failure or error
        self._on_failure()
        self._arrived.set()

    def find(self, book: str, caller: int, key: str) -> Decided:
        """What was decided under a caller's key."""
        decided = self.shelf(book).keys.get((caller, key))
        if decided is None:
            raise Refused(404, f"operation {book}/{key}: not known")
        return decided

    def shelf(self, book: str) -> Shelf:
        """An existing book."""
        try:
            return self.shelves[book]
        except KeyError:
            raise Refused(404, f"book {book!r}: not known") from None

    def now_us(self, shelf: Shelf) -> int:
        """The clock's instant, but never before the latest of the book: a day that has ended doesn't come again."""
        return max(shelf.latest_us, self._clock_us())

    def _admit(self, operations: int) -> None:
        if self.failure is not None:
            raise self.failure
        if self._stopping:
            raise Refused(503, "the wallet is stopping", retry_after_s=1)
        if self._open.size + operations > self._waiting_max:
            raise Refused(503, f"{self._open.size} operations wait, no room for {operations} more", retry_after_s=1)
        if self._committing is not None:
            waited_s = asyncio.get_running_loop().time() - self._committing.started_s
            if waited_s > self._deadline_s:
                raise Refused(503, f"the store has been busy for {waited_s:.0f} s", retry_after_s=1)

    def _answer_or_refusal(self, asked: Command | Refused) -> Answer | Refused:
        if isinstance(asked, Refused):
            return asked
        try:
            return self._answer(asked)
        except Refused as refusal:
            return refusal

    def _answer(self, asked: Command) -> Answer:
        mark = fingerprint(asked)
        shelf = self.shelves.get(asked.book)
        known = shelf.keys.get((asked.caller, asked.key)) if shelf else None
        if known is not None and known.fingerprint != mark:
            raise Refused(422, f"key {asked.book}/{asked.key}: used before, for another operation")
        decided = known or self._decide(asked, mark, shelf or Shelf(asked.book, len(self.shelves) + 1))
        key = f"{asked.book}/{asked.key}"
        return Answer(key, asked.op.code, decided.outcome.code, decided.at_us, known is not None)

    def _decide(self, asked: Command, mark: bytes, shelf: Shelf) -> Decided:
        if shelf.largest > BALANCE_MAX:
            raise Refused(422, f"book {shelf.name}: full, since a balance in it exceeds {BALANCE_MAX}")
        number = self._last_operation + 1
        operation = self._operation(asked, number, shelf)
        try:
            decision = shelf.book.apply(operation)
        except LedgerError as error:
            raise _refusal(asked, operation, shelf, error) from None
        except Exception as error:  # a bug may have left the book half changed: start again from the store
            failure = CoinworksError(f"{asked.op.code} {asked.book}/{asked.key}: the ledger failed: {error!r}")
            self.fail(failure)
            raise failure from error
        self._last_operation = number
        if shelf.name not in self.shelves:
            self.shelves[shelf.name] = shelf
            self._open.books[shelf.name] = shelf.number
        decided = Decided(number, mark, asked.op, asked.actor, decision.outcome, operation.at_us)
        shelf.remember(asked.caller, asked.key, decided)

        self._open.add(shelf.number, asked.caller, asked.key, mark, operation, decision)
        left = self._open.post(self._last_entry + 1, number, shelf.number, decision.entries, shelf.book.balance)
        shelf.largest = max(shelf.largest, left)
        self._last_entry += len(decision.entries)
        self._arrived.set()
        return decided

    def _operation(self, asked: Command, number: int, shelf: Shelf) -> Operation:
        """The operation as the ledger knows it: numbered by the store, dated, its ref a number too."""
        ref = _answered(asked, shelf).id if asked.ref else NO_REF
        at_us = asked.at_us if asked.at_us >= 0 else self.now_us(shelf)
        return Operation(number, at_us, *asked[2:8], ref, asked.region)

    def _rebuild(self) -> None:
        """Apply every stored operation again, and believe the store only if it agrees with itself."""
        for name, number in self.store.books().items():
            self.shelves[name] = Shelf(name, number)
        for stored in self.store.operations():
            shelf, operation = self.shelves[stored.book], stored.operation
            outcome = _apply_again(shelf, stored.key, operation)
            if outcome != stored.outcome:
                raise StoreError(
                    f"{stored.book}/{stored.key} of {_name(stored.book, operation.actor)}: stored as"
                    f" {stored.outcome.code}, but its operations make it {outcome.code}: refusing to serve"
                )
            decided = Decided(
                operation.seq, stored.fingerprint, operation.op, operation.actor, outcome, operation.at_us
            )
            shelf.remember(stored.caller, stored.key, decided)
            self._last_operation = operation.seq
        self._last_entry = self.store.last_entry()
        for shelf in self.shelves.values():
            _verify(shelf, "its balance row says", _all_balances(self.store, shelf.number))
            _verify(shelf, "its entries sum to", list(self.store.entry_sums(shelf.number)))
            shelf.largest = max(map(abs, shelf.book.balances().values()), default=0)


def _answered(asked: Command, shelf: Shelf) -> Decided:
    """The operation that a ref names: of those that its callers gave this key, the one that can be answered."""
    others = (asked.actor, asked.peer) if asked.caller == SERVICE_CALLER else (SERVICE_CALLER,)
    callers = (asked.caller, *others)
    known = [shelf.keys[caller, asked.ref] for caller in callers if (caller, asked.ref) in shelf.keys]
    if not known:
        raise Refused(404, f"ref {asked.book}/{asked.ref}: not known")
    fitting = ANSWERS.get(asked.op, ())
    return next((each for each in known if each.op in fitting and each.actor in (asked.actor, asked.peer)), known[0])


def _apply_again(shelf: Shelf, key: str, operation: Operation) -> Outcome:
    try:
        return shelf.book.apply(operation).outcome
    except LedgerError as error:
        raise StoreError(f"{shelf.name}/{key}: cannot be applied again ({error}): refusing to serve") from None


def _refusal(asked: Command, operation: Operation, shelf: Shelf, error: LedgerError) -> Refused:
    """404 for an account that is not open, else 422 in the ledger's words, with the ref as the caller knows it."""
    for account in (asked.actor, asked.peer):
        if asked.op not in (Op.OPEN, Op.POLICY) and account != NOBODY and account not in shelf.book.holders:
            return Refused(404, f"account {wire_account(asked.book, account)}: not open")
    said = str(error)
    if operation.ref != NO_REF:
        said = said.replace(f" of {operation.ref}:", f" of {asked.book}/{asked.ref}:")
    return Refused(422, said)


def _all_balances(store: Store, book: int) -> list[StoredBalance]:
    rows: list[StoredBalance] = []
    while page := store.balances(book, rows[-1] if rows else None, 10_000):
        rows += page
    return rows


def _verify(shelf: Shelf, saying: str, rows: list[StoredBalance]) -> None:
    """Refuse a store in which an account's balance is not what its operations make it."""
    stated = {(row.account, row.asset): row.amount for row in rows}
    made = shelf.book.balances()
    for account, asset in sorted(stated.keys() | made.keys()):
        said, due = stated.get((account, asset), 0), made.get((account, asset), 0)
        if said != due:
            raise StoreError(
                f"{_account(shelf.name, account)}: {saying} {said} {CURRENCIES[asset].name}, but its operations make"
                f" {due}: refusing to serve"
            )


def _account(book: str, account: Account) -> str:
    return f"{book}/{account}"


def _name(book: str, account: int) -> str:
    return book if account == NOBODY else wire_account(book, account)
