"""Where two traces part: the first record that differs, in both versions, and the last one that they share.

    print(first_divergence(one, other, names=("reference", "windowed")))

    record 812: reference and windowed differ in item, amount
               seq  op    at                     actor      peer       item     amount   currency  ref  outcome   region
    both       811  gift  day 1 00:14:58.250000  viewer-17  creator-3  gift 12  5 coins  coin      -    accepted  -
    reference  812  gift  day 1 00:15:02.000001  viewer-17  creator-3  gift 12  5 coins  coin      -    accepted  -
    windowed   812  gift  day 1 00:15:02.000001  viewer-17  creator-3  gift 40  1 coin   coin      -    accepted  -
                                                                       ^^^^^^^  ^^^^^^^

Names stand for codes; a code that has none shows as the number it is, for the trace under suspicion may hold anything.
A day is 24 hours of the run, counted from 1, and its clock starts with the run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from sim.ledger.accounts import KIND_SPAN, NOBODY, Kind
from sim.ledger.money import CURRENCIES, NONE, format_amount
from sim.ledger.operations import ITEM_SPAN, NO_ITEM, NO_REF, Item, Op, Rule
from sim.ledger.outcomes import Outcome
from sim.ledger.places import REGIONS
from sim.tables import Column, Columns
from sim.trace import SCHEMA, Trace

Row = dict[str, int]

NOTHING: Final = "-"
DAY_S: Final = 86_400
OPS: Final = {int(op): op.code for op in Op}
OUTCOMES: Final = {int(outcome): outcome.code for outcome in Outcome}
KINDS: Final = {int(kind): kind.name.lower() for kind in Kind}
ITEMS: Final = {int(item): item.name.lower() for item in Item}
RULES: Final = {int(rule): rule.code for rule in Rule}


@dataclass(frozen=True)
class Divergence:
    """The first place at which two traces differ.

    Attributes
    ----------
    seq : the place, counted from 0
    columns : the names of the columns that differ there; none where one trace has ended
    one, other : the record of each trace by column, None after its end
    before : the record that both have just before, None at the beginning
    names : what to call the two
    """

    seq: int
    columns: tuple[str, ...]
    one: Row | None
    other: Row | None
    before: Row | None
    names: tuple[str, str] = ("one", "other")

    def __str__(self) -> str:
        """A headline, then a line a record, aligned, with the fields that differ underlined."""
        rows = [
            (name, row)
            for name, row in (("both", self.before), (self.names[0], self.one), (self.names[1], self.other))
            if row is not None
        ]
        table = [["", *HEADINGS], *([name, *_cells(row)] for name, row in rows), self._marks()]
        return "\n".join([self._headline(), *_aligned(table)])

    def _headline(self) -> str:
        for name, row in zip(self.names, (self.one, self.other), strict=True):
            if row is None:
                return f"record {self.seq}: {name} has ended"
        return f"record {self.seq}: {' and '.join(self.names)} differ in {', '.join(self.columns)}"

    def _marks(self) -> list[str]:
        """Carets as wide as the wider of two cells that differ."""
        if self.one is None or self.other is None:
            return []
        pairs = zip(SHOWN, _cells(self.one), _cells(self.other), strict=True)
        return ["", *("^" * max(len(one), len(other)) * (name in self.columns) for name, one, other in pairs)]


def first_divergence(one: Trace, other: Trace, names: tuple[str, str] = ("one", "other")) -> Divergence | None:
    """The first record that two traces don't share; None when they are the same."""
    shared = min(len(one), len(other))
    seq = min(_first_unequal(one.columns[name][:shared], other.columns[name][:shared]) for name in SCHEMA)
    if seq == len(one) == len(other):
        return None
    row, other_row = _row(one.columns, seq), _row(other.columns, seq)
    differing = tuple(name for name in SCHEMA if row and other_row and row[name] != other_row[name])
    return Divergence(seq, differing, row, other_row, _row(one.columns, seq - 1), names)


def _first_unequal(one: Column, other: Column) -> int:
    unequal = one != other
    return int(np.argmax(unequal)) if unequal.any() else len(unequal)


def _row(columns: Columns, place: int) -> Row | None:
    if not 0 <= place < len(columns["seq"]):
        return None
    return {name: int(columns[name][place]) for name in SCHEMA}


def _named(names: dict[int, str], code: int) -> str:
    return names.get(code, str(code))


def _clock(at_us: int) -> str:
    seconds, us = divmod(at_us, 1_000_000)
    days, seconds = divmod(seconds, DAY_S)
    return f"day {days + 1} {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{us:06}"


def _account(account: int) -> str:
    if account == NOBODY:
        return NOTHING
    kind, n = divmod(account, KIND_SPAN)
    return f"{KINDS[kind]}-{n}" if kind in KINDS else str(account)


def _peer(row: Row) -> str:
    """A policy's peer is the rule that it sets."""
    return _named(RULES, row["peer"]) if row["op"] == Op.POLICY else _account(row["peer"])


def _item(item: int) -> str:
    if item == NO_ITEM:
        return NOTHING
    kind, n = divmod(item, ITEM_SPAN)
    return f"{ITEMS[kind]} {n}" if kind in ITEMS else str(item)


def _amount(row: Row) -> str:
    amount, currency = row["amount"], row["currency"]
    return format_amount(amount, currency) if currency in CURRENCIES and currency != NONE else f"{amount:,}"


def _currency(code: int) -> str:
    return CURRENCIES[code].name if code in CURRENCIES and code != NONE else _code(code)


def _region(code: int) -> str:
    return REGIONS[code] if code in REGIONS and code else _code(code)


def _code(code: int) -> str:
    return str(code) if code else NOTHING


# In the order of reading: what and when, then who to whom, then how much.
SHOWN: Final[dict[str, Callable[[Row], str]]] = {
    "seq": lambda row: str(row["seq"]),
    "op": lambda row: _named(OPS, row["op"]),
    "at_us": lambda row: _clock(row["at_us"]),
    "actor": lambda row: _account(row["actor"]),
    "peer": _peer,
    "item": lambda row: _item(row["item"]),
    "amount": _amount,
    "currency": lambda row: _currency(row["currency"]),
    "ref": lambda row: NOTHING if row["ref"] == NO_REF else str(row["ref"]),
    "outcome": lambda row: _named(OUTCOMES, row["outcome"]),
    "region": lambda row: _region(row["region"]),
}
HEADINGS: Final = tuple("at" if name == "at_us" else name for name in SHOWN)


def _cells(row: Row) -> list[str]:
    return [shown(row) for shown in SHOWN.values()]


def _aligned(table: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*filter(None, table), strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in table)
    return [line for line in lines if line]
