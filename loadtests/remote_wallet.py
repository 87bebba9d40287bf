"""A wallet seen from outside: what a replay asks of it before and after the load, one request at a time.

    >>> with RemoteWallet("http://127.0.0.1:8787", token) as wallet:
    ...     rows = list(wallet.balances("b1"))

Speaks the HTTP contract and nothing else, so any wallet that serves it can be the target. Every failure is one line
that names the request, what came back and what was expected.
"""

import http.client
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Self, TypeVar

import msgspec

from loadtests.replay.wire import BUSY, NOT_FOUND, OK, key, parse_target, payload
from sim.ledger import CoinworksError, Operation

BATCH_SIZE: Final = 8_192
PAGE_SIZE: Final = 10_000
PATIENCE_S: Final = 30.0
RECONNECT_S: Final = 1.0  # an idle connection that the wallet closed is opened again; a wallet that isn't there is told
PAUSE_S: Final = 0.1


class WalletError(CoinworksError):
    """A wallet that is out of reach, or whose answer isn't the contract's."""


class BalanceRow(msgspec.Struct):
    """A balance as the store holds it. System accounts have no owner."""

    klass: str = msgspec.field(name="class")
    asset: str
    amount: int
    account: str | None = None


class EntryRow(msgspec.Struct):
    """An entry as the store holds it; rows come in posting order."""

    key: str
    op: str
    klass: str = msgspec.field(name="class")
    asset: str
    amount: int
    account: str | None = None


class _Page(msgspec.Struct):
    rows: list[msgspec.Raw]
    next_cursor: str | int | None = None


class _Result(msgspec.Struct):
    key: str = ""
    outcome: str = ""
    detail: str = ""
    title: str = ""


class _Results(msgspec.Struct):
    results: list[_Result]


class _Tokens(msgspec.Struct):
    tokens: list[str]


class _Problem(msgspec.Struct):
    title: str = ""
    detail: str = ""


_Shape = TypeVar("_Shape")


class RemoteWallet:
    """One keep-alive connection with a service token."""

    def __init__(self, url: str, token: str, *, timeout_s: float = PATIENCE_S) -> None:
        self.target = parse_target(url)
        self.token = token
        self._connection = http.client.HTTPConnection(self.target.host, self.target.port, timeout=timeout_s)

    def __repr__(self) -> str:
        return f"<RemoteWallet {self.target}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._connection.close()

    def announce(self, operations: Iterable[Operation], book: str) -> int:
        """Open accounts and set terms, through batches; each must be accepted. Returns how many."""
        rows = [{"key": key(book, operation.seq), **payload(operation, book)} for operation in operations]
        for chunk in _chunks(rows):
            answer = self._ask("POST", "/v1/batches", {"operations": chunk}, _Results)
            refused = next((result for result in answer.results if result.outcome != "accepted"), None)
            if refused is not None:
                reason = refused.detail or refused.title or refused.outcome or "no outcome"
                raise WalletError(f"{self.target}: {refused.key} of the setup: {reason}: expected accepted")
            if len(answer.results) != len(chunk):
                results = f"{len(answer.results)} results for a batch of {len(chunk)}"
                raise WalletError(f"{self.target}: {results}: expected one an operation")
        return len(rows)

    def account_tokens(self, subjects: Sequence[str]) -> list[str]:
        """A token for each account, which may state the trace's time."""
        tokens: list[str] = []
        for chunk in _chunks(subjects):
            tokens += self._ask("POST", "/v1/tokens", {"subjects": chunk, "clock": True}, _Tokens).tokens
        if len(tokens) != len(subjects):
            raise WalletError(f"{self.target}: {len(tokens)} tokens for {len(subjects)} accounts: expected one each")
        return tokens

    def balances(self, book: str) -> Iterator[BalanceRow]:
        """Every balance in the store."""
        return self._pages(f"/v1/books/{book}/balances", BalanceRow)

    def entries(self, book: str) -> Iterator[EntryRow]:
        """Every entry in the store, in posting order."""
        return self._pages(f"/v1/books/{book}/entries", EntryRow)

    def _pages(self, path: str, shape: type[_Shape]) -> Iterator[_Shape]:
        decode = msgspec.json.Decoder(shape).decode
        cursor: str | int | None = None
        while True:
            query = f"?limit={PAGE_SIZE}" + ("" if cursor is None else f"&cursor={cursor}")
            page = self._ask("GET", path + query, None, _Page)
            for row in page.rows:
                try:
                    yield decode(row)
                except msgspec.MsgspecError as error:
                    raise WalletError(f"{self.target}{path}: {error}: expected the contract's rows") from None
            if page.next_cursor is None:
                return
            if page.next_cursor == cursor or not page.rows:  # it would never end
                what = f"next_cursor {page.next_cursor!r} after {len(page.rows)} rows"
                raise WalletError(f"{self.target}{path}: {what}: expected a cursor that moves on")
            cursor = page.next_cursor

    def _ask(self, method: str, path: str, content: Any, shape: type[_Shape]) -> _Shape:
        status, body = self._exchange(method, path, content)
        where = f"{self.target}: {method} {path.partition('?')[0]}"
        if status != OK:
            hint = ": expected a wallet with coinworks' HTTP contract" if status == NOT_FOUND else ""
            raise WalletError(f"{where} answered {status} {_reason(body)}{hint}")
        try:
            return msgspec.json.decode(body, type=shape)
        except msgspec.MsgspecError as error:
            raise WalletError(f"{where}: {error}: expected the contract's answer") from None

    def _exchange(self, method: str, path: str, content: Any) -> tuple[int, bytes]:
        """Ask until the wallet has time. All of it may be asked twice: it only reads, or carries its keys."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        body = None if content is None else msgspec.json.encode(content)
        started_s = time.monotonic()
        while True:
            waited_s = time.monotonic() - started_s
            try:
                self._connection.request(method, path, body, headers)
                response = self._connection.getresponse()
                answer = response.read()
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                if not isinstance(error, ConnectionError) or waited_s > RECONNECT_S:
                    raise WalletError(f"{self.target}: no wallet answers: {error}") from None
            else:
                if response.status != BUSY or waited_s > PATIENCE_S:
                    return response.status, answer
            time.sleep(PAUSE_S)


def _chunks(rows: Sequence[_Shape]) -> Iterator[Sequence[_Shape]]:
    return (rows[start : start + BATCH_SIZE] for start in range(0, len(rows), BATCH_SIZE))


def _reason(body: bytes) -> str:
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except msgspec.MsgspecError:
        return "with no reason"
    return f"({problem.detail or problem.title or 'no reason'})"
