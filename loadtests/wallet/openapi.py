"""The contract as OpenAPI 3.1, made from the very types that decode and encode the bodies.

coinworks wallet &  curl http://127.0.0.1:8765/openapi.json
"""

from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from loadtests.wallet.problems import CONTENT_TYPE, DECLINES, Problem
from loadtests.wallet.reading import EXPORT_ROWS, HISTORY_ROWS, HISTORY_ROWS_MAX
from loadtests.wallet.wire import (
    ACCOUNT_PATTERN,
    BOOK_PATTERN,
    KEY_PATTERN,
    OPS,
    PAGE_ROWS_MAX,
    Answer,
    Balance,
    BalancesPage,
    BatchBody,
    BatchResults,
    EntriesPage,
    History,
    OperationBody,
    Tokens,
    TokensBody,
)

Json = dict[str, Any]


class Endpoint(NamedTuple):
    """An address: what it takes, what it answers, and which token it asks for (empty: none)."""

    name: str
    method: str
    path: str
    summary: str
    scope: str
    takes: type | None
    answers: type | None
    refuses: tuple[int, ...]
    query: tuple[str, ...] = ()


ENDPOINTS: Final = (
    Endpoint(
        "operation",
        "POST",
        "/v1/operations",
        "Decide one operation; the answer is durable.",
        "own or service",
        OperationBody,
        Answer,
        (400, 401, 403, 404, 413, 422, 503),
    ),
    Endpoint(
        "batch",
        "POST",
        "/v1/batches",
        "Decide operations in order, made durable by one commit.",
        "service",
        BatchBody,
        BatchResults,
        (400, 401, 403, 413, 422, 503),
    ),
    Endpoint(
        "balance",
        "GET",
        "/v1/accounts/{book}/{account}/balance",
        "What an account has.",
        "own or service",
        None,
        Balance,
        (401, 403, 404, 422),
    ),
    Endpoint(
        "history",
        "GET",
        "/v1/accounts/{book}/{account}/history",
        "An account's transactions, newest first.",
        "own or service",
        None,
        History,
        (401, 403, 404, 422),
        ("cursor", "history_limit", "op"),
    ),
    Endpoint(
        "find",
        "GET",
        "/v1/operations/{book}/{key}",
        "What was decided under a key of one's own: resolves an unknown outcome.",
        "own or service",
        None,
        Answer,
        (401, 403, 404),
    ),
    Endpoint(
        "book_balances",
        "GET",
        "/v1/books/{book}/balances",
        "All balance rows of a book, as the store has them.",
        "service",
        None,
        BalancesPage,
        (401, 403, 404, 422),
        ("cursor", "limit"),
    ),
    Endpoint(
        "book_entries",
        "GET",
        "/v1/books/{book}/entries",
        "All entries of a book in posting order, as the store has them.",
        "service",
        None,
        EntriesPage,
        (401, 403, 404, 422),
        ("cursor", "limit"),
    ),
    Endpoint(
        "tokens",
        "POST",
        "/v1/tokens",
        "Issue tokens that each act for one account.",
        "service",
        TokensBody,
        Tokens,
        (400, 401, 403, 413, 422),
    ),
    Endpoint("healthz", "GET", "/healthz", "The process lives.", "", None, None, (503,)),
    Endpoint("readyz", "GET", "/readyz", "The wallet serves.", "", None, None, (503,)),
    Endpoint("metrics", "GET", "/metrics", "Figures for Prometheus.", "", None, None, ()),
    Endpoint("openapi", "GET", "/openapi.json", "This document.", "", None, None, ()),
)
REFUSALS: Final = {
    400: "The request cannot be read.",
    401: "No token, or not one of this wallet.",
    403: "The token does not allow it.",
    404: "The book, account, key or ref is not known.",
    413: "More than the wallet takes in one request.",
    422: "It makes no sense: a wrong field, unit, or a key used before for something else.",
    503: "Too busy; nothing was decided.",
}
_PATH_SHAPES: Final = {"book": BOOK_PATTERN, "account": ACCOUNT_PATTERN, "key": KEY_PATTERN}
_QUERIES: Final[dict[str, Json]] = {
    "cursor": {"name": "cursor", "schema": {"type": "string"}, "description": "`next_cursor` of the page before."},
    "op": {
        "name": "op",
        "schema": {"type": "string", "enum": sorted(OPS)},
        "description": "Only these operations; several are divided by commas.",
    },
    "limit": {
        "name": "limit",
        "schema": {"type": "integer", "minimum": 1, "maximum": PAGE_ROWS_MAX, "default": EXPORT_ROWS},
        "description": "Rows of a page.",
    },
    "history_limit": {
        "name": "limit",
        "schema": {"type": "integer", "minimum": 1, "maximum": HISTORY_ROWS_MAX, "default": HISTORY_ROWS},
        "description": "Transactions of a page.",
    },
}


@lru_cache(maxsize=1)
def document_json() -> bytes:
    """The document, encoded once."""
    return msgspec.json.encode(document())


def document() -> Json:
    """The whole contract as an OpenAPI 3.1 document."""
    types = sorted(
        {Problem} | {each for endpoint in ENDPOINTS for each in (endpoint.takes, endpoint.answers) if each},
        key=lambda each: each.__name__,
    )
    refs, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schema_of = dict(zip(types, refs, strict=True))
    paths: Json = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "coinworks wallet",
            "version": "1",
            "description": "A double-entry ledger of coins, diamonds and money. Every answer that is not a success is a"
            " problem of RFC 9457; a decline has an `outcome`, is stored, and is given again for the same key.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(endpoint: Endpoint, schema_of: dict[type, Json]) -> Json:
    described: Json = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "responses": _responses(endpoint, schema_of),
    }
    parameters = _parameters(endpoint)
    if parameters:
        described["parameters"] = parameters
    if endpoint.scope:
        described["security"] = [{"token": []}]
        described["description"] = f"Token: {endpoint.scope}."
    if endpoint.takes:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema_of[endpoint.takes]}},
        }
    return described


def _parameters(endpoint: Endpoint) -> list[Json]:
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^{shape}$"}}
        for name, shape in _PATH_SHAPES.items()
        if f"{{{name}}}" in endpoint.path
    ]
    parameters += [{"in": "query", **_QUERIES[name]} for name in endpoint.query]
    if endpoint.name == "operation":
        shape = {"type": "string", "pattern": f"^{BOOK_PATTERN}/{KEY_PATTERN}$", "examples": ["demo/123"]}
        parameters.append({"name": "Idempotency-Key", "in": "header", "required": True, "schema": shape})
    return parameters


def _responses(endpoint: Endpoint, schema_of: dict[type, Json]) -> Json:
    problem = {CONTENT_TYPE: {"schema": schema_of[Problem]}}
    done: Json = {"description": "Done."}
    if endpoint.answers:
        done["content"] = {"application/json": {"schema": schema_of[endpoint.answers]}}
    responses = {"200": done}
    if endpoint.name == "operation":
        codes = ", ".join(outcome.code for outcome in DECLINES)
        responses["409"] = {"description": f"Declined: {codes}.", "content": problem}
    responses |= {str(status): {"description": REFUSALS[status], "content": problem} for status in endpoint.refuses}
    return responses
