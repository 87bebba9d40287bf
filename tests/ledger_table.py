"""A notation for rows of ledger tests: a small book, steps against it, and postings in words.

book = small_book()
apply_all(book, topup(), gift(5))      # numbered 100, 101, …: a later row refers to the topup as 100
words(book.apply(numbered(102, gift(5))))
"""

from collections.abc import Iterable

import pytest

from sim.ledger import (
    COIN,
    CURRENCIES,
    DIAMOND,
    REWARD,
    Book,
    Decision,
    Item,
    Kind,
    LedgerError,
    Op,
    Operation,
    Outcome,
    Rule,
    account_id,
    item_id,
)
from sim.ledger.money import EUR, USD

US, GERMANY = 840, 276
DAY_US = 86_400_000_000
FAN, FRIEND = account_id(Kind.VIEWER, 0), account_id(Kind.VIEWER, 1)
STAR, NEWCOMER = account_id(Kind.CREATOR, 0), account_id(Kind.CREATOR, 1)
SHOP, STALL = account_id(Kind.SELLER, 0), account_id(Kind.SELLER, 1)
PACK, BIG_PACK = item_id(Item.PACK_APP, 0), item_id(Item.PACK_APP, 1)
BY_AMOUNT = item_id(Item.PACK_CUSTOM, 0)
ROSE, SOCKS, CHECKIN = item_id(Item.GIFT, 0), item_id(Item.GOOD_LIVE, 0), item_id(Item.REWARD_CHECKIN, 0)
FIRST_STEP = 100


def step(op: Op, actor: int = FAN, **fields: int) -> Operation:
    """An operation that still lacks its number."""
    return Operation(-1, fields.pop("at_us", 0), op, actor, **fields)


def policy(rule: Rule, amount: int, *, account: int = -1, **fields: int) -> Operation:
    return step(Op.POLICY, account, peer=rule, amount=amount, **fields)


def topup(price: int = 99, **fields: int) -> Operation:
    return step(Op.TOPUP, **{"item": PACK, "amount": price, "currency": USD, **fields})


def reward(coins: int, **fields: int) -> Operation:
    return step(Op.REWARD, **{"item": CHECKIN, "amount": coins, "currency": REWARD, **fields})


def expire(coins: int, ref: int, **fields: int) -> Operation:
    return step(Op.EXPIRE, **{"item": CHECKIN, "amount": coins, "currency": REWARD, "ref": ref, **fields})


def gift(coins: int, **fields: int) -> Operation:
    return step(Op.GIFT, **{"peer": STAR, "item": ROSE, "amount": coins, "currency": COIN, **fields})


def chargeback(ref: int, price: int = 99, **fields: int) -> Operation:
    return step(Op.CHARGEBACK, **{"item": PACK, "amount": price, "currency": USD, "ref": ref, **fields})


def coin_refund(coins: int, ref: int = 100, **fields: int) -> Operation:
    return step(Op.COIN_REFUND, **{"amount": coins, "currency": COIN, "ref": ref, **fields})


def voucher(worth: int, **fields: int) -> Operation:
    return step(Op.VOUCHER, **{"item": item_id(Item.VOUCHER, 0), "amount": worth, "currency": USD, **fields})


def order(price: int = 1000, **fields: int) -> Operation:
    return step(Op.ORDER, **{"peer": SHOP, "item": SOCKS, "amount": price, "currency": USD, **fields})


def capture(price: int, ref: int, **fields: int) -> Operation:
    return step(Op.CAPTURE, **{"actor": SHOP, "peer": FAN, "amount": price, "currency": USD, "ref": ref, **fields})


def cancel(price: int, ref: int, **fields: int) -> Operation:
    return step(Op.CANCEL, **{"peer": SHOP, "amount": price, "currency": USD, "ref": ref, **fields})


def refund(price: int, ref: int, **fields: int) -> Operation:
    return step(Op.REFUND, **{"peer": SHOP, "amount": price, "currency": USD, "ref": ref, **fields})


def payout(diamonds: int, ref: int = -1, **fields: int) -> Operation:
    return step(Op.PAYOUT, **{"actor": STAR, "amount": diamonds, "currency": DIAMOND, "ref": ref, **fields})


def payout_return(diamonds: int, ref: int, **fields: int) -> Operation:
    return payout(diamonds, ref, **fields)._replace(op=Op.PAYOUT_RETURN)


def settle(amount: int, **fields: int) -> Operation:
    return step(Op.SETTLE, **{"actor": SHOP, "amount": amount, "currency": USD, **fields})


def affiliate(amount: int, ref: int, **fields: int) -> Operation:
    return step(Op.AFFILIATE, **{"actor": STAR, "peer": SHOP, "amount": amount, "currency": USD, "ref": ref, **fields})


TERMS = (
    policy(Rule.PACK_COINS, 70, item=PACK, currency=COIN),
    policy(Rule.PACK_COINS, 7_000, item=BIG_PACK, currency=COIN),
    policy(Rule.STORE_FEE, 300_000),
    policy(Rule.ORDER_TAX, 70_000),
    policy(Rule.COMMISSION, 60_000),
    policy(Rule.REFUND_FEE, 200_000),
    policy(Rule.REFUND_FEE_CAP, 500, currency=USD),
    policy(Rule.DIAMOND_VALUE, 500_000, currency=USD),
    policy(Rule.DIAMOND_VALUE, 400_000, currency=EUR, region=GERMANY),
    policy(Rule.SHOP_COIN_VALUE, 800_000, currency=USD),
)
OPENS = (
    *(step(Op.OPEN, account, region=US) for account in (FAN, FRIEND, STAR, SHOP, STALL)),
    step(Op.OPEN, NEWCOMER, region=GERMANY),
)


def numbered(seq: int, operation: Operation) -> Operation:
    return operation._replace(seq=seq)


def small_book() -> Book:
    """Two viewers, two creators (one in Germany), two sellers, and terms; all accounts empty."""
    book = Book()
    apply_all(book, *TERMS, *OPENS, first=0)
    return book


def apply_all(book: Book, *steps: Operation, first: int = FIRST_STEP) -> list[Decision]:
    return [book.apply(numbered(first + n, each)) for n, each in enumerate(steps)]


def book_after(steps: Iterable[Operation]) -> Book:
    book = small_book()
    apply_all(book, *steps)
    return book


def words(decision: Decision) -> str:
    """A posting as the tables write it: `viewer-0 -5 coin, exchange +5 coin`; a decline by its code."""
    if not decision.entries:
        return decision.outcome.code
    return ", ".join(f"{entry.account} {entry.amount:+} {CURRENCIES[entry.asset].name}" for entry in decision.entries)


ANY_POSTING = "accepted, and something moves"


def check_row(before: tuple[Operation, ...], operation: Operation, posting: str) -> None:
    """A row of a table: after the steps before it, an operation gets this posting or this decline."""
    decision = book_after(before).apply(numbered(FIRST_STEP + len(before), operation))
    if posting == ANY_POSTING:
        assert decision.outcome == Outcome.ACCEPTED
        assert decision.entries
    else:
        assert words(decision) == posting


def check_refused(before: tuple[Operation, ...], operation: Operation, message: str) -> None:
    """A row of a table: after the steps before it, an operation makes no sense, and leaves the book as it was."""
    book, same = book_after(before), book_after(before)
    with pytest.raises(LedgerError, match=message):
        book.apply(numbered(FIRST_STEP + len(before), operation))
    assert book == same
    assert book.operations == same.operations
