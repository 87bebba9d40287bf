"""The book: a deterministic set of accounts. No clock, no input or output, no randomness inside.

    >>> book = Book()
    >>> fan, star, rose = 1_000000000017, 2_000000000003, 300_000_000
    >>> book.apply(Operation(0, 0, Op.OPEN, fan, amount=5, currency=COIN)).outcome
    <Outcome.ACCEPTED: 0>
    >>> book.apply(Operation(1, 0, Op.OPEN, star)).outcome
    <Outcome.ACCEPTED: 0>
    >>> book.apply(Operation(2, 60_000_000, Op.GIFT, fan, star, rose, amount=1, currency=COIN)).outcome
    <Outcome.ACCEPTED: 0>
    >>> book
    <Book accounts=2 coins=4 operations=3>

The simulator's reference engine and the wallet both decide through it. It raises `LedgerError`, before anything has
changed, for an operation that makes no sense (an unknown account, a wrong unit); what makes sense and is not allowed
gets an outcome. That a seq comes once is the caller's promise: the trace counts, and the wallet knows its keys.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final

from sim.ledger import coins, earnings, opening, reversals, shopping, vouchers
from sim.ledger.accounts import Account, AccountClass
from sim.ledger.errors import LedgerError
from sim.ledger.money import AMOUNT_MAX, COIN, CURRENCIES, DIAMOND, FIAT, REWARD
from sim.ledger.operations import Op, Operation
from sim.ledger.places import REGIONS
from sim.ledger.postings import Decision
from sim.ledger.state import State

_RULES: Final[dict[Op, Callable[[State, Operation], Decision]]] = {
    **opening.RULES,
    **coins.RULES,
    **reversals.RULES,
    **vouchers.RULES,
    **shopping.RULES,
    **earnings.RULES,
}
_UNITS: Final = {
    Op.TOPUP: FIAT | {COIN},
    Op.REWARD: frozenset({REWARD}),
    Op.VOUCHER: FIAT,
    Op.EXPIRE: FIAT | {REWARD},
    Op.GIFT: frozenset({COIN}),
    Op.ORDER: FIAT | {COIN},
    Op.CAPTURE: FIAT | {COIN},
    Op.CANCEL: FIAT | {COIN},
    Op.REFUND: FIAT | {COIN},
    Op.COIN_REFUND: frozenset({COIN}),
    Op.CHARGEBACK: FIAT,
    Op.PAYOUT: frozenset({DIAMOND}),
    Op.PAYOUT_RETURN: frozenset({DIAMOND}),
    Op.SETTLE: FIAT,
    Op.AFFILIATE: FIAT,
}


class Book(State):
    """Accounts, their terms, and every total that conservation needs."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0
        self._balances: Counter[tuple[Account, int]] = Counter()
        self._flows: Counter[tuple[Op, AccountClass, int]] = Counter()

    def __repr__(self) -> str:
        held = sum(holder.coins for holder in self.holders.values())
        return f"<Book accounts={len(self.holders)} coins={held} operations={self.operations}>"

    def __eq__(self, other: object) -> bool:
        """Whether both would decide alike from here on, and have posted the same; declines leave no trace."""
        return (
            isinstance(other, Book)
            and super().__eq__(other)
            and self._balances == other._balances
            and self._flows == other._flows
        )

    __hash__ = None  # type: ignore[assignment]  # a book changes

    def apply(self, operation: Operation) -> Decision:
        """Decide an operation and post what follows.

        Raises
        ------
        LedgerError : the operation makes no sense here; nothing has changed
        """
        _check_shape(operation)
        decision = _RULES[operation.op](self, operation)
        self.operations += 1
        for account, asset, amount in decision.entries:
            self._balances[account, asset] += amount
            self._flows[operation.op, account.klass, asset] += amount
        return decision

    def balance(self, account: Account, asset: int) -> int:
        """One balance, 0 for an account that nothing has touched."""
        return self._balances.get((account, asset), 0)

    def balances(self) -> dict[tuple[Account, int], int]:
        """Every (account, asset) that an entry has touched, zeros included."""
        return dict(self._balances)

    def flows(self) -> dict[tuple[Op, AccountClass, int], int]:
        """Net entries by operation, account class and asset, since the book began."""
        return dict(self._flows)


def _check_shape(operation: Operation) -> None:
    """Refuse codes, amounts and units that no rule could mean."""
    _, at_us, op, _, _, _, amount, currency, _, region = operation
    if op not in _RULES:
        raise LedgerError(f"operation {op}: expected a code that the ledger knows")
    if at_us < 0:
        raise LedgerError(f"{op.code} at_us(={at_us}) must be >= 0")
    if region not in REGIONS:
        raise LedgerError(f"{op.code} region {region}: expected an ISO 3166-1 number that the ledger knows")
    if currency not in CURRENCIES:
        raise LedgerError(f"{op.code} currency {currency}: expected a code that the ledger knows")
    units = _UNITS.get(op)
    if units is not None:
        _check_quantity(op, amount, currency, units)
    elif op == Op.OPEN and not 0 <= amount <= AMOUNT_MAX:
        raise LedgerError(f"open amount(={amount}) must be >= 0 and at most {AMOUNT_MAX}")


def _check_quantity(op: Op, amount: int, currency: int, units: frozenset[int]) -> None:
    if not 0 < amount <= AMOUNT_MAX:
        raise LedgerError(f"{op.code} amount(={amount}) must be > 0 and at most {AMOUNT_MAX}")
    if currency not in units:
        expected = " or ".join(sorted(CURRENCIES[code].name for code in units))
        raise LedgerError(f"{op.code} currency {CURRENCIES[currency].name}: expected {expected}")
