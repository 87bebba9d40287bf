"""Operations: what somebody does to the wallet. The fields are a trace record's, without its outcome.

    >>> Operation(12, 3_600_000_000, Op.GIFT, 1_000000000017, 2_000000000003, 300_000_000, amount=5, currency=1)
    Operation(seq=12, at_us=3600000000, op=<Op.GIFT: 6>, ...)

What each field means for each operation stands in the README of this package.
"""

from enum import IntEnum
from typing import Final, NamedTuple

from sim.ledger.errors import LedgerError
from sim.ledger.outcomes import Outcome

ITEM_SPAN: Final = 10**8
NO_REF: Final = -1
NO_ITEM: Final = -1


class Op(IntEnum):
    """The operations. Codes are the trace's and never change; the gaps are kept for operations to come."""

    OPEN = 0
    POLICY = 1
    TOPUP = 2
    REWARD = 3
    VOUCHER = 4
    EXPIRE = 5
    GIFT = 6
    ORDER = 7
    CAPTURE = 8
    CANCEL = 9
    REFUND = 10
    COIN_REFUND = 11
    CHARGEBACK = 12
    PAYOUT = 13
    PAYOUT_RETURN = 14
    SETTLE = 15
    BALANCE = 16
    HISTORY = 17
    AFFILIATE = 18

    @property
    def code(self) -> str:
        """`gift`: the spelling used everywhere."""
        return self.name.lower()


OP_BY_CODE: Final = {op.code: op for op in Op}
READS: Final = frozenset({Op.BALANCE, Op.HISTORY})
SETUP: Final = frozenset({Op.OPEN, Op.POLICY})
MOVES_MONEY: Final = frozenset(Op) - READS - SETUP


class Item(IntEnum):
    """What an item is, and for packs and goods the channel through which it is sold."""

    PACK_APP = 1
    PACK_WEB = 2
    GIFT = 3
    GOOD_SHOP = 4
    GOOD_VIDEO = 5
    GOOD_LIVE = 6
    REWARD_CHECKIN = 7
    PACK_CUSTOM = 8  # by amount, at a price for one coin
    REWARD_WATCH = 9
    REWARD_INVITE = 10
    VOUCHER = 11


class Rule(IntEnum):
    """What a policy sets: one number each. Rates are in ppm, money in minor units, times in microseconds."""

    PACK_COINS = 1  # coins in a pack
    STORE_FEE = 2  # ppm of a pack's price net of tax
    TOPUP_TAX = 3  # ppm, inside the price
    ORDER_TAX = 4  # ppm, on top of the price
    DIAMOND_VALUE = 5  # ppm of a minor unit for a diamond; the policy's currency is the payout's
    PAYOUT_FLOOR = 6  # least cash in one payout
    PAYOUT_CEILING = 7  # most cash a creator may request in a UTC day
    REWARD_LIFE = 8  # 0: rewards never expire
    COMMISSION = 9  # ppm of an order; its item: the promotion of new sellers for whom it is
    REFUND_FEE = 10  # ppm of the commission that a refund gives back
    REFUND_FEE_CAP = 11
    SPENDING_LIMIT = 12  # coins a viewer may give and pay in a UTC day; an account's own is its owner's to set
    BALANCE_CAP = 13  # coins an account may hold after a topup
    SUSPENDED = 14  # 1: what the account itself does is declined, and its topups and rewards; 0: no longer
    COIN_PRICE = 15  # ppm of a minor unit for a coin of a pack by amount; the policy's currency is the price's
    COIN_REFUND_WINDOW = 16  # how long after a topup its unspent coins can be given back; 0: not at all
    TOPUP_LIMIT = 17  # prices of topups in 30 days, counted in blocks from instant 0
    SHOP_COIN_VALUE = 18  # ppm of a minor unit that a coin brings a seller, tax inside; the policy's currency
    VOUCHER_LIFE = 19  # 0: until the platform says so
    VOUCHER_MINIMUM = 20  # least order that a voucher pays for
    SETTLE_FLOOR = 21  # least of a balance that may be taken out at once
    COMMISSION_FLAT = 22  # added to an order's commission, which is never more than the order
    NEW_SELLER = 23  # the number of the promotion whose commission an account pays; 0: none

    @property
    def code(self) -> str:
        """`pack_coins`: the spelling used everywhere."""
        return self.name.lower()


class Operation(NamedTuple):
    """A trace record without its outcome."""

    seq: int
    at_us: int
    op: Op
    actor: int
    peer: int = -1
    item: int = NO_ITEM
    amount: int = 0
    currency: int = 0
    ref: int = NO_REF
    region: int = 0


def item_id(kind: Item, n: int) -> int:
    """The id of the n-th item of a kind, counted from 0."""
    if not 0 <= n < ITEM_SPAN:
        raise LedgerError(f"{kind.name.lower()} number {n}: expected 0 to 10^8 - 1")
    return kind * ITEM_SPAN + n


def item_kind(item: int) -> Item:
    """The kind that an item id carries."""
    try:
        return Item(item // ITEM_SPAN)
    except ValueError:
        raise LedgerError(f"item {item}: expected kind * 10^8 + n, kind from 1 to {max(Item)}") from None


class Lanes(NamedTuple):
    """The accounts whose order matters: `exclusive` ones it debits or checks, `shared` ones it only credits."""

    exclusive: tuple[int, ...]
    shared: tuple[int, ...]


def lanes(op: int, actor: int, peer: int) -> Lanes:
    """In whose order an operation must run.

    It waits for every earlier operation that names one of its exclusive accounts, exclusive or shared, and for the
    operation in `ref`. Credits commute, so a shared account makes nobody wait, but for `holds_back_credits`. Opens and
    policies go before everything: an account must be there, and terms hold from their own instant on.
    """
    if op == Op.POLICY:
        return Lanes((), ())
    if op == Op.GIFT:
        return Lanes((actor,), (peer,))
    if op == Op.AFFILIATE:  # paid by the seller, who is the peer
        return Lanes((peer,), (actor,))
    if op in (Op.CAPTURE, Op.REFUND):  # the buyer's escrow and order, the seller's balance
        return Lanes((actor, peer), ())
    return Lanes((actor,), ())


def holds_back_credits(op: int, outcome: int) -> bool:
    """Whether later credits to the actor must wait too: had they come first, the debit would have been covered."""
    return op in TAKES_OUT and outcome == Outcome.INSUFFICIENT_FUNDS


TAKES_OUT: Final = frozenset({Op.PAYOUT, Op.SETTLE})
OWN: Final = frozenset({Op.GIFT, Op.ORDER, Op.COIN_REFUND, Op.PAYOUT, Op.SETTLE, Op.BALANCE, Op.HISTORY})


def needs_service_token(op: int, peer: int, ref: int) -> bool:
    """Whether only the platform's own systems may do it.

    A payout that answers a request is the platform's. A spending limit for one account (its actor) is the owner's.
    """
    if op == Op.POLICY:
        return peer != Rule.SPENDING_LIMIT
    return op not in OWN or (op == Op.PAYOUT and ref != NO_REF)
