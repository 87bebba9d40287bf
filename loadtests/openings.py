"""Openings: what accounts must hold at first, so that somebody's own operations find the funds they found.

    needed_openings([open_ann, open_star, gift_of_five], stated=set(), declined=set())
    # ({ann: 5}, {})

Found by trying. Where funds lack, a sponsor gives exactly what lacks, at that instant; the sum of what an account was
given is what it must hold at first, and with it the ledger decides the same.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Final

from sim.ledger import COIN, Book, Kind, LedgerError, Op, Operation, account_id
from sim.ledger.money import AMOUNT_MAX
from sim.ledger.operations import NO_REF

SPONSOR: Final = account_id(Kind.VIEWER, 10**12 - 1)
FIRST_GRANT: Final = 10**15  # seqs that no trace reaches


def needed_openings(
    operations: Iterable[Operation], stated: AbstractSet[int], declined: AbstractSet[int]
) -> tuple[dict[int, int], dict[int, str]]:
    """Coins or diamonds that accounts must hold at first, and what is wrong with operations that make no sense.

    Parameters
    ----------
    stated : accounts whose opening balance is given, so that it stands
    declined : seqs of operations known to have been declined, which need no funds

    Returns
    -------
    openings by account, problems by seq
    """
    book = Book()
    book.apply(Operation(-1, 0, Op.OPEN, SPONSOR, amount=AMOUNT_MAX, currency=COIN))
    needed: dict[int, int] = defaultdict(int)
    problems: dict[int, str] = {}
    for operation in operations:
        finds_funds = operation.actor not in stated and operation.seq not in declined
        try:
            lacking = _lacking(book, operation) if finds_funds else 0
            if lacking > 0:
                needed[operation.actor] += lacking
                book.apply(_grant(operation, lacking))
            book.apply(operation)
        except LedgerError as error:
            problems[operation.seq] = str(error)
    return needed, problems


def _lacking(book: Book, operation: Operation) -> int:
    holder = book.holders.get(operation.actor)
    if holder is None or operation.ref != NO_REF:
        return 0
    if operation.op == Op.GIFT and holder.coins >= 0:  # below zero it is frozen, which funds at first don't change
        return operation.amount - holder.coins - holder.rewards
    if operation.op == Op.ORDER and operation.currency == COIN and holder.coins >= 0:
        return operation.amount - holder.coins
    return operation.amount - holder.diamonds if operation.op == Op.PAYOUT else 0


def _grant(operation: Operation, amount: int) -> Operation:
    """Coins from nowhere for a viewer, a sponsor's gift for a creator."""
    seq, at_us, actor = FIRST_GRANT + operation.seq, operation.at_us, operation.actor
    if operation.op in (Op.GIFT, Op.ORDER):
        return Operation(seq, at_us, Op.TOPUP, actor, amount=amount, currency=COIN)
    return Operation(seq, at_us, Op.GIFT, SPONSOR, actor, amount=amount, currency=COIN)
