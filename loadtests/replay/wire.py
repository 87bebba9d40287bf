"""The wire: how an operation becomes a request of the wallet's HTTP contract, and what its answer says.

    >>> payload(Operation(12, 0, Op.PAYOUT, actor=2_000000000003, amount=7, currency=DIAMOND), "b1")
    {'op': 'payout', 'account': 'b1/creator-3', 'amount': 7, 'currency': 'diamond', 'at_us': 0}

A **book** is the replay's nonce: it prefixes every account and every key, so that one store serves many replays.
"""

from typing import Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from sim.ledger import CURRENCIES, REGIONS, CoinworksError, Op, Operation, Outcome, Rule, account_name
from sim.ledger.accounts import NOBODY
from sim.ledger.money import NONE
from sim.ledger.operations import NO_ITEM, NO_REF, OP_BY_CODE, READS
from sim.ledger.outcomes import OUTCOME_BY_CODE

NO_OUTCOME: Final = 255  # the wallet answered, and not with an outcome
UNKNOWN: Final = 254  # no answer, and the key could not be looked up
NOT_SENT: Final = 253
ODD_OUTCOMES: Final = {NO_OUTCOME: "no outcome", UNKNOWN: "unknown", NOT_SENT: "not sent"}

OK: Final = 200
NOT_FOUND: Final = 404
DECLINED: Final = 409
SERVER_ERROR: Final = 500
BUSY: Final = 503


class Target(NamedTuple):
    """Where a wallet listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"http://{self.authority}"

    @property
    def authority(self) -> str:
        """`127.0.0.1:8787`, as a Host header has it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Answer(NamedTuple):
    """What a wallet said about one operation: an outcome's code or `NO_OUTCOME`, and whether it was said before."""

    status: int
    outcome: int
    replayed: bool


class _Body(msgspec.Struct):
    outcome: str = ""
    replayed: bool = False


_BEARER: Final = b"\r\nAuthorization: Bearer "
_decode_body: Final = msgspec.json.Decoder(_Body).decode
_SPELLING: Final = {op.value: code for code, op in OP_BY_CODE.items()}


def parse_target(url: str) -> Target:
    """The host and port of `http://127.0.0.1:8787`."""
    parts = urlsplit(url)
    try:
        port = parts.port or 80
    except ValueError:
        port = 0
    if parts.scheme != "http" or not parts.hostname or not port or parts.path not in ("", "/"):
        raise CoinworksError(f"target {url!r}: expected http://HOST:PORT")
    return Target(parts.hostname, port)


def outcome_name(code: int) -> str:
    """`insufficient_funds`, or what stands in its place."""
    return ODD_OUTCOMES.get(code) or Outcome(code).code


def key(book: str, seq: int) -> str:
    """The idempotency key of a trace's record."""
    return f"{book}/{seq}"


def payload(operation: Operation, book: str) -> dict[str, str | int]:
    """The body of an operation, absent fields left out."""
    body: dict[str, str | int] = {"op": _SPELLING[operation.op]}
    if operation.actor != NOBODY:
        body["account"] = f"{book}/{account_name(operation.actor)}"
    if operation.op == Op.POLICY:
        body["rule"] = Rule(operation.peer).name.lower()
    elif operation.peer != NOBODY:
        body["peer"] = f"{book}/{account_name(operation.peer)}"
    if operation.item != NO_ITEM:
        body["item"] = operation.item
    if operation.amount or operation.op == Op.POLICY:
        body["amount"] = operation.amount
    if operation.currency != NONE:
        body["currency"] = CURRENCIES[operation.currency].name
    if operation.ref != NO_REF:
        body["ref"] = key(book, operation.ref)
    if operation.region:
        body["region"] = REGIONS[operation.region]
    body["at_us"] = operation.at_us
    return body


def request(operation: Operation, book: str, target: Target, token: str) -> bytes:
    """The whole HTTP request of an operation: a POST, or for a read a GET."""
    if operation.op in READS:
        return get(f"/v1/accounts/{book}/{account_name(operation.actor)}/{_SPELLING[operation.op]}", target, token)
    content = msgspec.json.encode(payload(operation, book))
    head = (
        f"POST /v1/operations HTTP/1.1\r\nHost: {target.authority}\r\nAuthorization: Bearer {token}\r\n"
        f"Idempotency-Key: {key(book, operation.seq)}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def get(path: str, target: Target, token: str) -> bytes:
    """The whole HTTP request of a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: {target.authority}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def token_of(request: bytes | memoryview) -> str:
    """The token that a request carries; only whoever asked may look up what was decided."""
    return bytes(request).partition(_BEARER)[2].partition(b"\r\n")[0].decode()


def parse_answer(status: int, body: bytes, *, is_read: bool = False) -> Answer:
    """What an answer says; one that makes no sense says `NO_OUTCOME`."""
    if is_read:
        return Answer(status, Outcome.ACCEPTED if status == OK else NO_OUTCOME, replayed=False)
    try:
        said = _decode_body(body)
    except msgspec.MsgspecError:
        return Answer(status, NO_OUTCOME, replayed=False)
    outcome = OUTCOME_BY_CODE.get(said.outcome)
    plausible = outcome is not None and (status == OK if outcome == Outcome.ACCEPTED else status in (OK, DECLINED))
    return Answer(status, outcome if plausible and outcome is not None else NO_OUTCOME, said.replayed)
