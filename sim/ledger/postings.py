"""Postings: balanced sets of entries.

    >>> from sim.ledger.accounts import EXCHANGE, STORE
    >>> posting = Posting()
    >>> posting.move(840, 600, EXCHANGE, STORE)
    >>> [(str(entry.account), entry.amount) for entry in posting.accepted().entries]
    [('store', 600), ('exchange', -600)]

Every posting is made of moves from one account to another, so it cannot fail to balance.
"""

from typing import Final, NamedTuple

from sim.ledger.accounts import Account, AccountClass
from sim.ledger.outcomes import Outcome


class Entry(NamedTuple):
    """One signed line on one account, in the unit of its asset."""

    account: Account
    asset: int
    amount: int


class Decision(NamedTuple):
    """What the wallet answers, and the posting that follows: empty for a decline or a read.

    `debts` is what coins that arrived have settled of a debt, in minor units: it is earned, among the entries.
    """

    outcome: Outcome
    entries: tuple[Entry, ...] = ()
    debts: int = 0


class Posting:
    """A posting under construction; at most one entry for each account and asset."""

    def __init__(self) -> None:
        self._lines: dict[tuple[int, Account], int] = {}
        self.debts = 0

    def move(self, asset: int, amount: int, source: Account, target: Account) -> None:
        """Let `amount` of an asset go from one account to another."""
        if amount:
            lines = self._lines
            lines[asset, source] = lines.get((asset, source), 0) - amount
            lines[asset, target] = lines.get((asset, target), 0) + amount

    def accepted(self) -> Decision:
        """The finished posting, its entries by asset and account."""
        lines = sorted(self._lines.items())
        entries = tuple([Entry(account, asset, amount) for (asset, account), amount in lines if amount])
        return Decision(Outcome.ACCEPTED, entries, self.debts)


NOTHING_MOVES: Final = Decision(Outcome.ACCEPTED)
_DECLINED: Final = {outcome: Decision(outcome) for outcome in Outcome}


def declined(outcome: Outcome) -> Decision:
    """A decision that posts nothing."""
    return _DECLINED[outcome]


def escrow_account(buyer: int) -> Account:
    """The account of what a buyer has paid for and not yet received."""
    return Account(AccountClass.ESCROW, buyer)


def pending_account(creator: int) -> Account:
    """The account of diamonds on their way out."""
    return Account(AccountClass.PENDING, creator)
