"""A CSV of somebody's own operations as traffic; the columns are described in the README of this package.

    at,op,actor,peer,amount,currency
    2026-03-01T20:00:00Z,gift,ann,star,5,
    2026-03-01T20:00:01Z,gift,bob,star,1,

    trace, names = read_csv_trace(Path("march.csv"))
    names["viewer-0"]                                     # 'ann'

Actors are any text; what they do says whether they are viewers, creators or sellers. Whoever the file doesn't open is
opened with what the first debits need. Where the outcome is left empty, `sim.ledger` decides.
"""

import csv
import difflib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from loadtests.openings import needed_openings
from sim.ledger import (
    COIN,
    CURRENCY_BY_NAME,
    DIAMOND,
    REGION_BY_NAME,
    REWARD,
    Book,
    CoinworksError,
    Item,
    Kind,
    Op,
    Operation,
    Outcome,
    Rule,
    account_id,
    account_name,
    item_id,
    kind_of,
)
from sim.ledger.accounts import NOBODY
from sim.ledger.money import AMOUNT_MAX, NONE
from sim.ledger.operations import NO_ITEM, NO_REF, OP_BY_CODE, READS
from sim.ledger.outcomes import OUTCOME_BY_CODE
from sim.ledger.terms import MEANINGS, PROMOTION_MAX, TIER_MAX, Per
from sim.trace import SCHEMA, Trace

REQUIRED: Final = ("at", "op", "actor")
OPTIONAL: Final = ("peer", "item", "amount", "currency", "ref", "id", "outcome", "region")
PROBLEMS_SHOWN: Final = 20
DAY_US: Final = 86_400_000_000
AT_US_MAX: Final = 2**53  # the largest integer that every JSON reader keeps exact, so a wallet takes no later instant
DIGITS_MAX: Final = len(str(AMOUNT_MAX))

ACTOR_KIND: Final = {
    **dict.fromkeys((Op.TOPUP, Op.REWARD, Op.VOUCHER, Op.EXPIRE, Op.GIFT, Op.ORDER), Kind.VIEWER),
    **dict.fromkeys((Op.CANCEL, Op.REFUND, Op.COIN_REFUND, Op.CHARGEBACK), Kind.VIEWER),
    **dict.fromkeys((Op.PAYOUT, Op.PAYOUT_RETURN, Op.AFFILIATE), Kind.CREATOR),
    Op.CAPTURE: Kind.SELLER,
}
PEER_KIND: Final = {
    **dict.fromkeys((Op.ORDER, Op.REFUND, Op.AFFILIATE), Kind.SELLER),
    Op.GIFT: Kind.CREATOR,
    Op.CAPTURE: Kind.VIEWER,
}
ITEM_KIND: Final = {
    Op.TOPUP: Item.PACK_APP,
    Op.GIFT: Item.GIFT,
    Op.ORDER: Item.GOOD_SHOP,
    Op.REWARD: Item.REWARD_CHECKIN,
    Op.VOUCHER: Item.VOUCHER,
    Op.POLICY: Item.PACK_APP,
}
UNIT: Final = {
    **dict.fromkeys((Op.TOPUP, Op.GIFT, Op.COIN_REFUND), COIN),
    **dict.fromkeys((Op.REWARD, Op.EXPIRE), REWARD),
    **dict.fromkeys((Op.PAYOUT, Op.PAYOUT_RETURN), DIAMOND),
}
HOLDS: Final = {COIN: Kind.VIEWER, REWARD: Kind.VIEWER, DIAMOND: Kind.CREATOR}
NEEDED_PEER: Final = {Op.GIFT: "who receives it", Op.ORDER: "the seller"}
ANSWERS: Final = frozenset(
    {Op.CAPTURE, Op.CANCEL, Op.REFUND, Op.AFFILIATE}
)  # they take peer and currency from what they answer


NUMBERED: Final = {Per.TIER: ("tier", 0, TIER_MAX), Per.PROMOTION: ("promotion", 1, PROMOTION_MAX)}


class CsvError(CoinworksError):
    """A CSV with rows that make no trace; names each, with its line."""


T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class _Row:
    """A row that has been read, not yet understood."""

    line: int
    at_us: int
    op: Op
    cells: Mapping[str, str]
    amount: int
    currency: int
    region: int
    outcome: int | None


@dataclass
class _Cast:
    """Whom and what the file names, as ids."""

    accounts: dict[tuple[Kind, str], int] = field(default_factory=dict)
    kinds: dict[str, list[Kind]] = field(default_factory=lambda: defaultdict(list))
    items: dict[tuple[Item, str], int] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def account(self, kind: Kind, name: str) -> int:
        if (kind, name) not in self.accounts:
            self.accounts[kind, name] = account_id(kind, self.counts[kind])
            self.counts[kind] += 1
            self.kinds[name].append(kind)
        return self.accounts[kind, name]

    def item(self, kind: Item, name: str) -> int:
        if (kind, name) not in self.items:
            self.items[kind, name] = item_id(kind, sum(known == kind for known, _ in self.items))
        return self.items[kind, name]

    def kind_of(self, name: str, currency: int) -> Kind:
        """Which of somebody's accounts is opened or read: by the currency, else the first that acts."""
        if currency != NONE:
            return HOLDS.get(currency, Kind.SELLER)
        return self.kinds[name][0] if self.kinds[name] else Kind.VIEWER

    def names(self) -> dict[str, str]:
        return {account_name(account): name for (_, name), account in self.accounts.items()}


class _Problems:
    """Everything wrong with a file, told at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[tuple[int, str]] = []

    def add(self, line: int, problem: str) -> None:
        self._lines.append((line, problem))

    def check(self) -> None:
        """Raise what was collected, if anything."""
        if self._lines:
            told = [f"{self._path}, line {line}: {problem}" for line, problem in sorted(self._lines)[:PROBLEMS_SHOWN]]
            more = len(self._lines) - PROBLEMS_SHOWN
            raise CsvError("\n".join([*told, f"{self._path}: {more} more lines are wrong"] if more > 0 else told))


def read_csv_trace(path: Path) -> tuple[Trace, dict[str, str]]:
    """The trace in a CSV, and its names: the account's in the trace to the file's.

    Raises
    ------
    CsvError : rows that can't be read, or that the ledger finds senseless; the first twenty, with their lines
    """
    problems = _Problems(path)
    rows = _read_rows(path, problems)
    problems.check()
    cast = _Cast()
    operations, lines = _operations(rows, cast, problems)
    problems.check()
    return _decided(operations, lines, problems), cast.names()


def _read_rows(path: Path, problems: _Problems) -> list[_Row]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restkey="")
            _check_header(path, list(reader.fieldnames or []))
            rows = [_read_row(reader.line_num, cells, problems) for cells in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CsvError(f"{path}: {error}: expected a CSV file in UTF-8") from None
    good = [row for row in rows if row is not None]
    if not rows:
        raise CsvError(f"{path}: no rows: expected at least one operation")
    good.sort(key=lambda row: row.at_us)
    return good


def _check_header(path: Path, header: list[str]) -> None:
    known = (*REQUIRED, *OPTIONAL)
    for name in header:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else f"expected {', '.join(known)}"
            raise CsvError(f"{path}, line 1: unknown column {name!r}: {hint}")
        if header.count(name) > 1:
            raise CsvError(f"{path}, line 1: column {name!r} stands there twice: expected it once")
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise CsvError(f"{path}, line 1: no column {', '.join(missing)}: expected {', '.join(known)}")


def _read_row(line: int, raw: Mapping[str, str | None], problems: _Problems) -> _Row | None:
    cells = {name: (cell or "").strip() for name, cell in raw.items() if name}
    try:
        if "" in raw:
            raise CsvError("more cells than the header has columns")
        op = _named("op", cells["op"], OP_BY_CODE)
        outcome = cells.get("outcome", "")
        return _Row(
            line,
            _instant_us(cells["at"]),
            op,
            cells,
            _amount(cells.get("amount", "")),
            _named("currency", cells["currency"], CURRENCY_BY_NAME).code if cells.get("currency") else NONE,
            _named("region", cells["region"], REGION_BY_NAME) if cells.get("region") else 0,
            _named("outcome", outcome, OUTCOME_BY_CODE) if outcome else None,
        )
    except CoinworksError as error:
        problems.add(line, str(error))
        return None


def _named(column: str, cell: str, known: Mapping[str, T]) -> T:
    if cell in known:
        return known[cell]
    nearest = difflib.get_close_matches(cell, known, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"expected one of {', '.join(known)}"
    raise CsvError(f"{column} {cell!r}: {hint}")


def _instant_us(cell: str) -> int:
    try:
        if cell.isdecimal():
            return int(cell)
        instant = datetime.fromisoformat(cell)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise CsvError(f"at {cell!r}: expected an instant with its zone, like 2026-03-01T20:00:00Z, or whole µs")
    since = instant - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _amount(cell: str) -> int:
    if not cell:
        return 0
    if not (cell.isascii() and cell.isdecimal()) or len(cell.lstrip("0")) > DIGITS_MAX or int(cell) > AMOUNT_MAX:
        raise CsvError(f"amount {cell!r}: expected a whole number in the smallest unit (1999 for $19.99)")
    return int(cell)


def _operations(rows: list[_Row], cast: _Cast, problems: _Problems) -> tuple[list[Operation], dict[int, _Row]]:
    """Accounts first, then the rows; seqs count from 0. Whoever the file doesn't open is opened with nothing yet."""
    base_us = rows[0].at_us // DAY_US * DAY_US  # whole days, so that daily limits keep their days
    for row in rows:
        _check_instant(row, base_us, problems)
        _meet(row, cast, problems)
    opening = [row for row in rows if row.op == Op.OPEN and row.cells["actor"]]
    opens = _each_once(opening, lambda row: _account(row, cast), "actor", "one open for each account", problems)
    named = [row for row in rows if row.cells.get("id")]
    _each_once(named, lambda row: row.cells["id"], "id", "an id of its own", problems)
    for row in rows:
        _account(row, cast)
    operations: list[Operation] = []
    lines: dict[int, _Row] = {}
    for seq, account in enumerate(sorted(cast.accounts.values())):
        if account in opens:
            lines[seq] = opens[account]
        operations.append(_open(seq, account, opens.get(account), cast, problems))
    by_id: dict[str, Operation] = {}
    for seq, row in enumerate((row for row in rows if row.op != Op.OPEN), start=len(operations)):
        lines[seq] = row
        operations.append(_operation(seq, row, cast, base_us, by_id, problems))
        if row.cells.get("id"):
            by_id[row.cells["id"]] = operations[-1]
    return operations, lines


def _check_instant(row: _Row, base_us: int, problems: _Problems) -> None:
    if row.at_us - base_us > AT_US_MAX:
        problems.add(row.line, f"at {row.cells['at']!r}: expected at most 2^53 µs (285 years) after the first day")


def _each_once(
    rows: Iterable[_Row], key: Callable[[_Row], K], column: str, expected: str, problems: _Problems
) -> dict[K, _Row]:
    """The rows by their key; a second one with the same key is a problem."""
    found: dict[K, _Row] = {}
    for row in sorted(rows, key=lambda row: row.line):
        first = found.setdefault(key(row), row)
        if first is not row:
            problems.add(row.line, f"{column} {row.cells[column]!r}, as on line {first.line}: expected {expected}")
    return found


def _open(seq: int, account: int, row: _Row | None, cast: _Cast, problems: _Problems) -> Operation:
    if row is None:
        return Operation(seq, 0, Op.OPEN, account)
    item = _item(row, cast, NOBODY, problems) if row.cells.get("item") else NO_ITEM
    return Operation(seq, 0, Op.OPEN, account, item=item, amount=row.amount, currency=row.currency, region=row.region)


def _meet(row: _Row, cast: _Cast, problems: _Problems) -> None:
    """Learn from what a row does who its people are."""
    if not row.cells["actor"] and row.op != Op.POLICY:
        problems.add(row.line, f"{row.op.code} without an actor: expected who does it")
    if row.op in NEEDED_PEER and not row.cells.get("peer"):
        problems.add(row.line, f"{row.op.code} without a peer: expected {NEEDED_PEER[row.op]}")
    for kinds, name in ((ACTOR_KIND, "actor"), (PEER_KIND, "peer")):
        if row.op in kinds and row.cells.get(name):
            cast.account(kinds[row.op], row.cells[name])


def _account(row: _Row, cast: _Cast) -> int:
    name = row.cells["actor"]
    if not name:
        return NOBODY
    unit = NONE if row.op == Op.POLICY else row.currency
    if row.op == Op.SETTLE:  # a seller's, unless the name is known as a creator's alone
        known = cast.kinds[name]
        return cast.account(Kind.CREATOR if Kind.CREATOR in known and Kind.SELLER not in known else Kind.SELLER, name)
    return cast.account(ACTOR_KIND.get(row.op) or cast.kind_of(name, unit), name)


def _rule(row: _Row, problems: _Problems) -> int:
    try:
        return _named("peer", row.cells.get("peer", ""), {rule.name.lower(): rule for rule in Rule})
    except CsvError as error:
        problems.add(row.line, f"{error} (the peer of a policy is its rule)")
        return NOBODY


def _operation(
    seq: int, row: _Row, cast: _Cast, base_us: int, by_id: Mapping[str, Operation], problems: _Problems
) -> Operation:
    cells = row.cells
    answered = by_id.get(cells.get("ref", ""))
    if cells.get("ref") and answered is None:
        problems.add(row.line, f"ref {cells['ref']!r}: expected the id of an earlier row")
    peer, currency = NOBODY, row.currency or UNIT.get(row.op, NONE)
    if row.op == Op.POLICY:
        peer = _rule(row, problems)
    elif row.op in PEER_KIND and cells.get("peer"):
        peer = cast.account(PEER_KIND[row.op], cells["peer"])
    if row.op in ANSWERS and answered is not None:
        peer = peer if peer != NOBODY else _other_party(row.op, answered)
        currency = currency or answered.currency
    item = _item(row, cast, peer, problems) if cells.get("item") else NO_ITEM
    ref = NO_REF if answered is None else answered.seq
    amount = 0 if row.op in READS else row.amount
    return Operation(
        seq, row.at_us - base_us, row.op, _account(row, cast), peer, item, amount, currency, ref, row.region
    )


def _item(row: _Row, cast: _Cast, rule: int, problems: _Problems) -> int:
    """An item by its name. Of an open and of a limit by tier it is the tier, of a commission the promotion."""
    name = row.cells["item"]
    per = MEANINGS[Rule(rule)].per if row.op == Op.POLICY and rule != NOBODY else None
    if row.op == Op.OPEN or per in NUMBERED:
        what, least, most = NUMBERED[per or Per.TIER]
        if not (name.isascii() and name.isdecimal() and least <= int(name) <= most):
            problems.add(row.line, f"item {name!r}: expected a {what} from {least} to {most}")
            return NO_ITEM
        return int(name)
    if row.op == Op.POLICY and rule == Rule.COIN_PRICE:
        return cast.item(Item.PACK_CUSTOM, name)
    if row.op == Op.TOPUP and (Item.PACK_CUSTOM, name) in cast.items:
        return cast.item(Item.PACK_CUSTOM, name)
    return cast.item(ITEM_KIND[row.op], name) if row.op in ITEM_KIND else NO_ITEM


def _other_party(op: Op, answered: Operation) -> int:
    """A capture's buyer is its order's actor; the seller of a refund or an affiliate's share is its capture's."""
    return NOBODY if op == Op.CANCEL else answered.actor


def _decided(operations: list[Operation], lines: Mapping[int, _Row], problems: _Problems) -> Trace:
    """Give each operation its outcome, with openings that cover what the file says was covered."""
    book = Book()
    records = []
    for operation in _opened(operations, lines, problems):
        outcome = book.apply(operation).outcome
        row = lines.get(operation.seq)
        if row is not None and row.outcome not in (None, outcome):
            differs = f"outcome {Outcome(row.outcome).code}: the ledger decides {outcome.code}"
            problems.add(row.line, f"{differs}: leave it empty, or mend the balances")
        records.append((*operation[:-1], outcome, operation.region))
    problems.check()
    values = np.array(records, np.int64)
    return Trace({name: values[:, i].astype(dtype) for i, (name, dtype) in enumerate(SCHEMA.items())})


def _opened(operations: list[Operation], lines: Mapping[int, _Row], problems: _Problems) -> list[Operation]:
    """The operations, with an opening balance for whoever the file doesn't open."""
    stated = {operation.actor for operation in operations if operation.op == Op.OPEN and operation.seq in lines}
    declined = {seq for seq, row in lines.items() if row.outcome not in (None, Outcome.ACCEPTED)}
    openings, senseless = needed_openings(operations, stated, declined)
    for seq, problem in senseless.items():
        problems.add(lines[seq].line, problem)
    problems.check()
    return [
        _stocked(operation, openings.get(operation.actor, 0)) if operation.op == Op.OPEN else operation
        for operation in operations
    ]


def _stocked(opening: Operation, amount: int) -> Operation:
    unit = COIN if kind_of(opening.actor) == Kind.VIEWER else DIAMOND
    return opening._replace(amount=amount, currency=unit) if amount else opening
