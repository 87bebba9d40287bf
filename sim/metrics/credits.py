"""Credits: what vouchers pay, followed to the refund, so that what comes back of them isn't taken for commission.

A refund's record says what the platform gained in one number: the fee that it keeps, less the commission that it gives
back, and a voucher's part of what is refunded. The last is known from the records before it.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.compiled import rule
from sim.ledger import Op, money
from sim.ledger.money import FIAT
from sim.metrics.hosts import FIAT_CODES
from sim.metrics.sums import Integer
from sim.tables import Columns

Int64Array = npt.NDArray[np.int64]

# Of a voucher, an order that one pays, or its capture: the credit; of a capture also amount and tax, and what is left
# of both.
CREDIT, PAID, LEFT = range(3)
NOWHERE: Final = -1
_FIAT_FROM: Final = min(FIAT)
_VOUCHER, _ORDER, _CAPTURE = int(Op.VOUCHER), int(Op.ORDER), int(Op.CAPTURE)
_CANCEL, _REFUND = int(Op.CANCEL), int(Op.REFUND)
_FOLLOWED: Final = (Op.VOUCHER, Op.ORDER, Op.CAPTURE)

_share_left = rule(money.share_left)


class Credits(NamedTuple):
    """What has been given so far.

    used, seq, parts : how many records there are, their seqs, ascending, and [CREDIT, PAID, LEFT] of each
    returned : of shape (n_fiat_currencies,): what refunds gave back
    """

    used: Int64Array
    seq: Int64Array
    parts: Int64Array
    returned: Int64Array


def no_credits() -> Credits:
    """Nothing given yet."""
    return Credits(
        np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros((0, 3), np.int64), np.zeros(len(FIAT_CODES), np.int64)
    )


def records_at_most(known: Credits, block: Columns) -> int:
    """How many records there may be after a block."""
    used = int(known.used[0])
    return used + int(np.isin(block["op"], _FOLLOWED).sum()) if used or (block["op"] == Op.VOUCHER).any() else 0


@rule
def follow(
    known: Credits, op: Integer, seq: int, ref: int, amount: int, currency: Integer, revenue: int, tax: int
) -> int:
    """Take note of an accepted record of the shop or of a voucher; returns what of a voucher a refund gave back."""
    if currency < _FIAT_FROM:
        return 0
    if op == _VOUCHER:
        _note(known, seq, amount, 0)
        return 0
    place = _place(known, ref)
    if place == NOWHERE:
        return 0
    parts = known.parts[place]
    if op == _ORDER:
        _note(known, seq, parts[CREDIT] - revenue, 0)
    elif op == _CANCEL:
        parts[CREDIT] -= revenue
    elif op == _CAPTURE:
        _note(known, seq, parts[CREDIT], amount + tax)
    elif op == _REFUND:
        left = parts[LEFT] - amount + tax
        back = _share_left(parts[CREDIT], parts[LEFT], parts[PAID]) - _share_left(parts[CREDIT], left, parts[PAID])
        parts[LEFT] = left
        return int(back)
    return 0


@rule
def _note(known: Credits, seq: int, credit: int, paid: int) -> None:
    n = known.used[0]
    known.seq[n] = seq
    known.parts[n, CREDIT] = credit
    known.parts[n, PAID] = known.parts[n, LEFT] = paid
    known.used[0] = n + 1


@rule
def _place(known: Credits, ref: int) -> int:
    """Where a record stands, or `NOWHERE`."""
    n = known.used[0]
    if not n:
        return NOWHERE
    place = np.searchsorted(known.seq[:n], ref)
    return int(place) if place < n and known.seq[place] == ref else NOWHERE
