"""The wallet's HTTP contract, as an ASGI application.

What carries the load is served by plain functions: `POST /v1/operations`, `POST /v1/batches`, and an account's balance
and history. Everything else goes through Starlette's router, whose stack of middleware costs as much as such a read.
What each address takes and answers stands once, in `openapi.ENDPOINTS`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from loadtests.wallet import openapi
from loadtests.wallet.auth import Authority, Claims, bearer
from loadtests.wallet.engine import Engine
from loadtests.wallet.metrics import Metrics
from loadtests.wallet.pages import Pages
from loadtests.wallet.problems import CONTENT_TYPE, Problem, Refused, declined
from loadtests.wallet.reading import Reading, parse_ops
from loadtests.wallet.wire import (
    Answer,
    BatchBody,
    BatchOperation,
    BatchResult,
    BatchResults,
    Command,
    OperationBody,
    Tokens,
    TokensBody,
    command,
    parse_wire_account,
)
from sim.ledger.outcomes import OUTCOME_BY_CODE

T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Response]]
Hot = Callable[[Scope, Receive], Awaitable[tuple[int, bytes]]]

OPERATION_BYTES_MAX: Final = 16 * 1024
BATCH_BYTES_MAX: Final = 8 * 1024 * 1024
ACCOUNTS: Final = "/v1/accounts/"
ACCOUNT_SLASHES: Final = 5  # /v1/accounts/BOOK/ACCOUNT/WHAT
JSON_TYPE: Final = "application/json"
ACCEPTED: Final = "accepted"
NOTHING_KNOWN: Final = "nothing is known of the outcome"
_encode = msgspec.json.Encoder().encode
_decode_operation = msgspec.json.Decoder(OperationBody).decode
_decode_batch = msgspec.json.Decoder(BatchBody).decode
_decode_tokens = msgspec.json.Decoder(TokensBody).decode


class App:
    """Everything behind the wallet's port."""

    def __init__(self, engine: Engine, authority: Authority, reading: Reading, pages: Pages, metrics: Metrics) -> None:
        self._engine = engine
        self._authority = authority
        self._reading = reading
        self._metrics = metrics
        self._posts = {"/v1/operations": self._operation, "/v1/batches": self._batch}
        self._gets = {"balance": self._balance, "history": self._history}
        handlers: dict[str, Handler] = {
            "find": self._find,
            "book_balances": self._book_balances,
            "book_entries": self._book_entries,
            "tokens": self._tokens,
            "healthz": self._healthz,
            "readyz": self._readyz,
            "metrics": self._text_metrics,
            "openapi": self._openapi,
        }
        routes = [
            Route(endpoint.path, handlers[endpoint.name], methods=[endpoint.method])
            for endpoint in openapi.ENDPOINTS
            if endpoint.name in handlers
        ]
        self._routes = Starlette(
            routes=routes + pages.routes(),
            exception_handlers={Refused: _on_refused, HTTPException: _on_http_error, Exception: _on_failure},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hot = self._hot(scope) if scope["type"] == "http" else None
        if hot is None:
            await self._routes(scope, receive, send)
            return
        try:
            status, content = await hot(scope, receive)
        except Refused as refusal:
            await _refuse(send, refusal)
        except Exception:  # a bug, or the store has failed: then this reaches nobody
            await _refuse(send, Refused(500, NOTHING_KNOWN))
            raise
        else:
            await _respond(send, status, content, b"application/json" if status == 200 else b"application/problem+json")

    def _hot(self, scope: Scope) -> Hot | None:
        """The plain function for a request, if there is one."""
        path, method = scope["path"], scope["method"]
        if path in self._posts:
            return self._posts[path] if method == "POST" else _expect_post
        if path.startswith(ACCOUNTS) and path.count("/") == ACCOUNT_SLASHES:
            read = self._gets.get(path[path.rindex("/") + 1 :])
            return read if read is None or method == "GET" else _expect_get
        return None

    async def _operation(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        headers = dict(scope["headers"])
        claims = self._claims(headers)
        key = headers.get(b"idempotency-key")
        if key is None:
            raise Refused(400, "expected the header Idempotency-Key: BOOK/KEY")
        body = _decoded(_decode_operation, await _body(receive, headers, OPERATION_BYTES_MAX))
        asked = command(key.decode("latin-1"), body, claims.account)
        claims.check_operation(asked)
        answer = await self._engine.submit(asked)
        if answer.outcome == ACCEPTED:
            return 200, _encode(answer)
        return 409, _encode(declined(OUTCOME_BY_CODE[answer.outcome], answer.key, replayed=answer.replayed))

    async def _batch(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        headers = dict(scope["headers"])
        claims = self._claims(headers)
        claims.check_service()
        body = _decoded(_decode_batch, await _body(receive, headers, BATCH_BYTES_MAX))
        commands = [_command_or_refusal(claims, operation) for operation in body.operations]
        answers = await self._engine.submit_batch(commands)
        results = [_result(asked.key, answer) for asked, answer in zip(body.operations, answers, strict=True)]
        return 200, _encode(BatchResults(results))

    def _claims(self, headers: dict[bytes, bytes]) -> Claims:
        return self._authority.verify(bearer(headers.get(b"authorization", b"").decode("latin-1")))

    def _reader(self, scope: Scope) -> tuple[str, int]:
        """The account that a request may read."""
        claims = self._claims(dict(scope["headers"]))
        book, account = parse_wire_account(scope["path"].removeprefix(ACCOUNTS).rpartition("/")[0])
        claims.check_account(book, account)
        return book, account

    def _auditor(self, request: Request) -> str:
        """The book that a request may read whole."""
        self._claims(dict(request.scope["headers"])).check_service()
        return str(request.path_params["book"])

    async def _balance(self, scope: Scope, _receive: Receive) -> tuple[int, bytes]:
        return 200, _encode(await self._reading.balance(*self._reader(scope)))

    async def _history(self, scope: Scope, _receive: Receive) -> tuple[int, bytes]:
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        reader, ops = self._reader(scope), parse_ops(query.get("op"))
        return 200, _encode(self._reading.history(*reader, query.get("cursor"), query.get("limit"), ops))

    async def _find(self, request: Request) -> Response:
        claims = self._claims(dict(request.scope["headers"]))
        book, key = request.path_params["book"], request.path_params["key"]
        claims.check_account(book, claims.account)
        decided = self._engine.find(book, claims.account, key)
        await self._engine.durable()
        return _json(Answer(f"{book}/{key}", decided.op.code, decided.outcome.code, decided.at_us, replayed=True))

    async def _book_balances(self, request: Request) -> Response:
        query = request.query_params
        return _json(await self._reading.balances(self._auditor(request), query.get("cursor"), query.get("limit")))

    async def _book_entries(self, request: Request) -> Response:
        query = request.query_params
        return _json(await self._reading.entries(self._auditor(request), query.get("cursor"), query.get("limit")))

    async def _tokens(self, request: Request) -> Response:
        headers = dict(request.scope["headers"])
        self._claims(headers).check_service()
        body = _decoded(_decode_tokens, await _body(request.receive, headers, BATCH_BYTES_MAX))
        return _json(Tokens(await asyncio.to_thread(self._issue, body)))

    def _issue(self, body: TokensBody) -> list[str]:
        return [self._authority.issue(subject, clock=body.clock) for subject in body.subjects]

    async def _healthz(self, _request: Request) -> Response:
        if self._engine.failure is not None:
            raise Refused(503, "the wallet has failed")
        return _json({"status": "ok"})

    async def _readyz(self, _request: Request) -> Response:
        if not self._engine.is_ready:
            raise Refused(503, "the wallet is stopping", retry_after_s=1)
        return _json({"status": "ready"})

    async def _text_metrics(self, _request: Request) -> Response:
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _openapi(self, _request: Request) -> Response:
        return Response(openapi.document_json(), media_type=JSON_TYPE)


async def _expect_post(scope: Scope, _receive: Receive) -> tuple[int, bytes]:
    raise Refused(405, f"{scope['method']} {scope['path']}: expected POST", allow="POST")


async def _expect_get(scope: Scope, _receive: Receive) -> tuple[int, bytes]:
    raise Refused(405, f"{scope['method']} {scope['path']}: expected GET", allow="GET")


def _command_or_refusal(claims: Claims, operation: BatchOperation) -> Command | Refused:
    try:
        asked = command(operation.key, operation, claims.account)
        claims.check_operation(asked)
    except Refused as refusal:
        return refusal
    return asked


def _result(key: str, answer: Answer | Refused) -> BatchResult:
    if isinstance(answer, Answer):
        return BatchResult(key, answer.outcome, answer.replayed)
    problem = answer.problem()
    return BatchResult(key, status=problem.status, title=problem.title, detail=problem.detail)


def _decoded(decode: Callable[[bytes], T], body: bytes) -> T:
    try:
        return decode(body)
    except msgspec.ValidationError as error:
        raise Refused(422, f"body: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, f"body: {error}") from None


async def _body(receive: Receive, headers: dict[bytes, bytes], bytes_max: int) -> bytes:
    stated = headers.get(b"content-length", b"0")
    if stated.isdigit() and int(stated) > bytes_max:
        raise Refused(413, f"body of {int(stated)} bytes: expected at most {bytes_max}")
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "the connection closed before the body ended")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > bytes_max:
            raise Refused(413, f"body of more than {bytes_max} bytes")
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _respond(
    send: Send, status: int, content: bytes, content_type: bytes, more: list[tuple[bytes, bytes]] | None = None
) -> None:
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(content)), *(more or ())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _refuse(send: Send, refusal: Refused) -> None:
    content = _encode(refusal.problem())
    await _respond(send, refusal.status, content, b"application/problem+json", _refusal_headers(refusal))


def _refusal_headers(refusal: Refused) -> list[tuple[bytes, bytes]]:
    if refusal.status == 401:
        return [(b"www-authenticate", b"Bearer")]
    if refusal.allow:
        return [(b"allow", refusal.allow.encode())]
    if refusal.retry_after_s is not None:
        return [(b"retry-after", b"%d" % refusal.retry_after_s)]
    return []


def _json(content: object) -> Response:
    return Response(_encode(content), media_type=JSON_TYPE)


def _problem(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    return Response(_encode(problem), status_code=problem.status, media_type=CONTENT_TYPE, headers=headers)


async def _on_refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    headers = {name.decode(): value.decode() for name, value in _refusal_headers(error)}
    return _problem(error.problem(), headers)


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = f"{request.method} {request.url.path}: {error.detail}"
    return _problem(Refused(error.status_code, detail).problem(), dict(error.headers or {}))


async def _on_failure(_request: Request, _error: Exception) -> Response:
    return _problem(Refused(500, NOTHING_KNOWN).problem())
