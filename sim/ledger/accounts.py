"""Accounts: who holds, and the classes between which every posting balances.

    >>> account_name(account_id(Kind.VIEWER, 17))
    'viewer-17'

An account id says its kind in its leading digits (`1_000000000017` is viewer 17), so a trace reads well in plain SQL.
"""

import re
from enum import IntEnum
from typing import Final, NamedTuple

from sim.ledger.errors import LedgerError

NOBODY: Final = -1
KIND_SPAN: Final = 10**12


class Kind(IntEnum):
    """What an account's owner is."""

    VIEWER = 1
    CREATOR = 2
    SELLER = 3


class AccountClass(IntEnum):
    """The classes whose entries sum to zero, in every asset, for every posting."""

    HOLDER = 0  # what a viewer, creator or seller has
    ESCROW = 1  # paid for an order, not yet delivered; owner: the buyer
    PENDING = 2  # diamonds on their way out; owner: the creator
    BREAKAGE = 3  # coins that expired
    PLATFORM = 4  # the app's own
    TAX = 5  # tax due
    STORE = 6  # kept by the app store or payment processor
    BANK = 7  # the world outside: negative by what came in
    EXCHANGE = 8  # where one asset becomes another: coins issued, and the money that stands behind unspent ones


class Account(NamedTuple):
    """One line of the chart of accounts. Classes from breakage on have a single account, owned by nobody."""

    klass: AccountClass
    owner: int = NOBODY

    def __str__(self) -> str:
        klass = self.klass.name.lower()
        if self.owner == NOBODY:
            return klass
        return (
            account_name(self.owner) if self.klass == AccountClass.HOLDER else f"{klass} of {account_name(self.owner)}"
        )


BREAKAGE: Final = Account(AccountClass.BREAKAGE)
PLATFORM: Final = Account(AccountClass.PLATFORM)
TAX: Final = Account(AccountClass.TAX)
STORE: Final = Account(AccountClass.STORE)
BANK: Final = Account(AccountClass.BANK)
EXCHANGE: Final = Account(AccountClass.EXCHANGE)

_NAME: Final = re.compile(r"(viewer|creator|seller)-(0|[1-9][0-9]{0,11})")


def account_id(kind: Kind, n: int) -> int:
    """The id of the n-th account of a kind, counted from 0."""
    if not 0 <= n < KIND_SPAN:
        raise LedgerError(f"{kind.name.lower()} number {n}: expected 0 to 10^12 - 1")
    return kind * KIND_SPAN + n


def kind_of(account: int) -> Kind:
    """The kind that an account id carries."""
    try:
        return Kind(account // KIND_SPAN)
    except ValueError:
        raise LedgerError(f"account {account}: expected kind * 10^12 + n, kind from 1 (viewer) to 3 (seller)") from None


def account_name(account: int) -> str:
    """`viewer-17` for the id of viewer 17."""
    return f"{kind_of(account).name.lower()}-{account % KIND_SPAN}"


def parse_account(name: str) -> int:
    """The id behind `viewer-17`."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise LedgerError(f"account {name!r}: expected viewer-N, creator-N or seller-N")
    return account_id(Kind[match[1].upper()], int(match[2]))
