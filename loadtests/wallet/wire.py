"""What goes over the wire: names, bodies and answers, as types that decode, check and describe themselves.

    >>> command("demo/7", OperationBody(op="open", account="demo/viewer-1", region="US")).actor
    1000000000001

Accounts live in books: `demo/viewer-1` is viewer 1 of the book `demo`, and `demo/7` an idempotency key of that book.
Keys are their caller's own: two callers may use the same one, and neither knows of the other.
Every name that the trace has a code for is looked up in `sim.ledger`'s tables, so there is one spelling.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Final, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from loadtests.wallet.problems import Refused
from sim.ledger import CURRENCY_BY_NAME, REGION_BY_NAME, LedgerError, Op, Rule, account_name, parse_account
from sim.ledger.money import AMOUNT_MAX
from sim.ledger.operations import NO_ITEM, READS
from sim.ledger.terms import LIFE_MAX_US

T = TypeVar("T")

BATCH_OPERATIONS_MAX: Final = 8_192
SUBJECTS_MAX: Final = 8_192
PAGE_ROWS_MAX: Final = 10_000
NUMBER_MAX: Final = max(AMOUNT_MAX, LIFE_MAX_US)  # a policy's number may be a time
INSTANT_US_MAX: Final = 2**53  # the largest integer that every JSON reader keeps exact
NOBODY: Final = -1
SERVICE_CALLER: Final = NOBODY  # as a caller: the platform's own systems
NO_INSTANT: Final = -1

OPS: Final = {op.code: op for op in Op if op not in READS}
RULES: Final = {rule.code: rule for rule in Rule}
CURRENCIES: Final = {name: currency.code for name, currency in CURRENCY_BY_NAME.items() if currency.code}
ASSET_NAMES: Final = {code: name for name, code in CURRENCIES.items()}
REGIONS: Final = {name: code for name, code in REGION_BY_NAME.items() if code}
REGION_NAMES: Final = {code: name for name, code in REGIONS.items()}

BOOK_PATTERN: Final = r"[A-Za-z0-9_-]{1,64}"
ACCOUNT_PATTERN: Final = r"(viewer|creator|seller)-(0|[1-9][0-9]{0,11})"
KEY_PATTERN: Final = r"[A-Za-z0-9._:-]{1,64}"
_KEY = re.compile(f"({BOOK_PATTERN})/({KEY_PATTERN})", re.ASCII)
_BOOK = re.compile(BOOK_PATTERN, re.ASCII)


REF: Final = (
    "The key of the operation it answers: the token holder's own, or the platform's. The platform may also name a key"
    " of an account that takes part."
)


def _one_of(names: Mapping[str, object], about: str) -> Meta:
    return Meta(description=about, extra_json_schema={"enum": sorted(names)})


def _shaped(pattern: str, about: str, example: str) -> Meta:
    # The pattern only describes: the names are checked where they are parsed, once for each, not in every body.
    return Meta(description=about, examples=[example], extra_json_schema={"pattern": f"^{pattern}$"})


WireAccount = Annotated[str, _shaped(f"{BOOK_PATTERN}/{ACCOUNT_PATTERN}", "An account of a book.", "demo/viewer-17")]
WireKey = Annotated[
    str, _shaped(f"{BOOK_PATTERN}/{KEY_PATTERN}", "An idempotency key of a book, the token holder's own.", "demo/123")
]
Amount = Annotated[int, Meta(ge=0, le=NUMBER_MAX, description="In the smallest unit of its currency.")]
ItemId = Annotated[int, Meta(ge=0, le=2**31 - 1, description="Kind * 10^8 + number.")]
InstantUs = Annotated[int, Meta(ge=0, le=INSTANT_US_MAX, description="Microseconds; needs the scope `clock`.")]


class OperationBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One operation. Fields that do not apply are left out."""

    op: Annotated[str, _one_of(OPS, "What happens.")]
    account: WireAccount | UnsetType = UNSET
    peer: WireAccount | UnsetType = UNSET
    rule: Annotated[str, _one_of(RULES, "What a policy sets.")] | UnsetType = UNSET
    item: ItemId | UnsetType = UNSET
    amount: Amount = 0
    currency: Annotated[str, _one_of(CURRENCIES, "The amount's unit.")] | UnsetType = UNSET
    ref: Annotated[WireKey, Meta(description=REF)] | UnsetType = UNSET
    region: Annotated[str, _one_of(REGIONS, "ISO 3166-1 alpha-2.")] | UnsetType = UNSET
    at_us: InstantUs | UnsetType = UNSET


class BatchOperation(OperationBody, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """An operation inside a batch, with its key."""

    key: WireKey


class BatchBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Operations, decided in this order and made durable by one commit."""

    operations: Annotated[tuple[BatchOperation, ...], Meta(max_length=BATCH_OPERATIONS_MAX)]


class TokensBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For whom tokens are wanted; `clock` lets them state the time, under `--clock trace`."""

    subjects: Annotated[tuple[WireAccount, ...], Meta(max_length=SUBJECTS_MAX)]
    clock: bool = False


class Tokens(msgspec.Struct, frozen=True):
    """One token for each subject, in the order asked."""

    tokens: list[str]


class Answer(msgspec.Struct, frozen=True):
    """What the wallet decided for a key; `replayed` when it had decided before."""

    key: str
    op: str
    outcome: str
    at_us: int
    replayed: bool


class BatchResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one operation of a batch: an outcome, or a problem's status, title and detail."""

    key: str
    outcome: str | UnsetType = UNSET
    replayed: bool | UnsetType = UNSET
    status: int | UnsetType = UNSET
    title: str | UnsetType = UNSET
    detail: str | UnsetType = UNSET


class BatchResults(msgspec.Struct, frozen=True):
    """One result for each operation, in the batch's order."""

    results: list[BatchResult]


class BalanceRow(msgspec.Struct, frozen=True, rename={"klass": "class"}):
    """One balance; accounts of the wallet's own have no name."""

    account: str | None
    klass: str
    asset: str
    amount: int


class EntryRow(msgspec.Struct, frozen=True, rename={"klass": "class"}):
    """One entry; `position` grows in posting order."""

    account: str | None
    klass: str
    asset: str
    amount: int
    key: str
    op: str
    at_us: int
    position: int


class BalancesPage(msgspec.Struct, frozen=True):
    """Balances by class, owner and asset."""

    rows: list[BalanceRow]
    next_cursor: str | None


class EntriesPage(msgspec.Struct, frozen=True):
    """Entries in posting order."""

    rows: list[EntryRow]
    next_cursor: str | None


class RewardLeft(msgspec.Struct, frozen=True):
    """Reward coins still there, and when they expire (null: never)."""

    amount: int
    expires_us: int | None


class Money(msgspec.Struct, frozen=True):
    """Fiat money in minor units."""

    currency: str
    amount: int


class Balance(msgspec.Struct, frozen=True):
    """What an account has: rows in the store, rewards by expiry, the worth of diamonds, the coins to spend in a day."""

    account: str
    rows: list[BalanceRow]
    rewards: list[RewardLeft]
    worth: Money | None
    pending_worth: Money | None
    spending_limit: int | None


class Line(msgspec.Struct, frozen=True, rename={"klass": "class"}):
    """A transaction's entry on the account read, and the balance that it left."""

    klass: str
    asset: str
    amount: int
    balance: int


class Transaction(msgspec.Struct, frozen=True):
    """An accepted operation, from the account's point of view."""

    key: str
    op: str
    at_us: int
    account: str
    peer: str | None
    item: int | None
    amount: int
    currency: str | None
    ref: str | None
    lines: list[Line]


class History(msgspec.Struct, frozen=True):
    """An account's transactions, newest first."""

    account: str
    transactions: list[Transaction]
    next_cursor: str | None


class Command(NamedTuple):
    """An operation as the wallet was asked for it: codes for names, but the ref still a key of the book.

    `caller` is whose key it is: the account that a token acts for, or `SERVICE_CALLER`.
    """

    book: str
    key: str
    op: Op
    actor: int
    peer: int
    item: int
    amount: int
    currency: int
    ref: str
    region: int
    at_us: int
    caller: int


def command(key: str, body: OperationBody, caller: int = SERVICE_CALLER) -> Command:
    """What a body asks for on behalf of a caller.

    Raises
    ------
    Refused : 422, naming the field, the value and what was expected
    """
    book, local = parse_key(key, "Idempotency-Key")
    op = _named(OPS, "op", body.op)
    if op == Op.POLICY:
        actor, peer = _account(book, "account", body.account), _rule(body)
    else:
        actor, peer = _account(book, "account", body.account), _account(book, "peer", body.peer)
        _check_not_policy(body, actor)
    return Command(
        book,
        local,
        op,
        actor,
        peer,
        NO_ITEM if body.item is UNSET else body.item,
        body.amount,
        0 if body.currency is UNSET else _named(CURRENCIES, "currency", body.currency),
        "" if body.ref is UNSET else _ref(book, body.ref),
        0 if body.region is UNSET else _named(REGIONS, "region", body.region),
        NO_INSTANT if body.at_us is UNSET else body.at_us,
        caller,
    )


def fingerprint(asked: Command) -> bytes:
    """Sixteen bytes that tell whether two requests under one key ask for the same."""
    return blake2b(_PAYLOAD.encode(asked[2:]), digest_size=16).digest()


_PAYLOAD = msgspec.msgpack.Encoder()


@lru_cache(maxsize=65_536)
def parse_wire_account(name: str) -> tuple[str, int]:
    """(book, account id) of `demo/viewer-17`."""
    book, slash, account = name.rpartition("/")
    if not slash or not _BOOK.fullmatch(book):
        raise Refused(422, f"account {name!r}: expected BOOK/viewer-N, BOOK/creator-N or BOOK/seller-N")
    try:
        return book, parse_account(account)
    except LedgerError as error:
        raise Refused(422, str(error)) from None


@lru_cache(maxsize=65_536)
def wire_account(book: str, account: int) -> str:
    """`demo/viewer-17` for viewer 17 of the book `demo`."""
    return f"{book}/{account_name(account)}"


def parse_key(key: str, place: str) -> tuple[str, str]:
    """(book, its own part) of `demo/123`."""
    match = _KEY.fullmatch(key)
    if match is None:
        raise Refused(422, f"{place} {key!r}: expected BOOK/KEY, each of at most 64 letters, digits, - and _")
    return match[1], match[2]


def _named(names: Mapping[str, T], field: str, name: str) -> T:
    try:
        return names[name]
    except KeyError:
        raise Refused(422, f"{field} {name!r}: expected one of {', '.join(sorted(names))}") from None


def _account(book: str, field: str, name: str | UnsetType) -> int:
    if name is UNSET:
        return NOBODY
    its_book, account = parse_wire_account(name)
    if its_book != book:
        raise Refused(422, f"{field} {name!r}: expected an account of the key's book, {book}")
    return account


def _ref(book: str, key: str) -> str:
    its_book, local = parse_key(key, "ref")
    if its_book != book:
        raise Refused(422, f"ref {key!r}: expected a key of the same book, {book}")
    return local


def _rule(body: OperationBody) -> int:
    if body.rule is UNSET or body.peer is not UNSET:
        raise Refused(422, "policy: expected a rule and no peer")
    return _named(RULES, "rule", body.rule)


def _check_not_policy(body: OperationBody, actor: int) -> None:
    if actor == NOBODY:
        raise Refused(422, f"{body.op} without account: expected BOOK/viewer-N, BOOK/creator-N or BOOK/seller-N")
    if body.rule is not UNSET:
        raise Refused(422, f"rule {body.rule!r}: expected only in a policy")
