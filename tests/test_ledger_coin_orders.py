"""Orders paid in coins, a row a case: what waits, what the seller gets, what comes back and how."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_table import (
    ANY_POSTING,
    BIG_PACK,
    DAY_US,
    FAN,
    SHOP,
    STAR,
    US,
    affiliate,
    apply_all,
    book_after,
    cancel,
    capture,
    chargeback,
    check_refused,
    check_row,
    coin_refund,
    gift,
    order,
    policy,
    refund,
    reward,
    small_book,
    topup,
)
from sim.ledger import COIN, Book, LedgerError, Op, Operation, Outcome, Rule, closing_of
from sim.ledger.accounts import PLATFORM
from sim.ledger.conservation import asset_flow, check
from sim.ledger.money import EUR, USD


def in_coins(row: Operation) -> Operation:
    return row._replace(currency=COIN)


NO_TAX = policy(Rule.ORDER_TAX, 0)
FUNDED = (NO_TAX, topup())  # 70 coins that cost 69 cents; a coin brings a seller 0.8 cents
ORDERED = (*FUNDED, in_coins(order(50)))  # 102: 49.29 of the 69 cents, so 49; worth 40 cents
DELIVERED = (*ORDERED, in_coins(capture(50, 102)))  # 103: 2.4 cents of commission
TAXED = (policy(Rule.ORDER_TAX, 190_000), topup(), in_coins(order(50)))  # of 40 cents, 6 are tax
LIMIT = policy(Rule.SPENDING_LIMIT, 50, currency=COIN)
OWING = (topup(), gift(70), chargeback(100))


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(
            FUNDED, in_coins(order(50)), "viewer-0 -50 coin, escrow of viewer-0 +50 coin", id="no money moves yet"
        ),
        pytest.param(FUNDED, in_coins(order(70)), ANY_POSTING, id="all coins"),
        pytest.param(FUNDED, in_coins(order(71)), "insufficient_funds", id="a coin short"),
        pytest.param((*FUNDED, reward(5)), in_coins(order(71)), "insufficient_funds", id="rewards don't pay"),
        pytest.param(OWING, in_coins(order(1)), "frozen", id="frozen"),
        pytest.param((*FUNDED, LIMIT), in_coins(order(51)), "over_limit", id="over the day's limit"),
        pytest.param((*FUNDED, LIMIT, gift(20)), in_coins(order(31)), "over_limit", id="gifts count too"),
        pytest.param((*FUNDED, LIMIT, in_coins(order(30))), gift(21), "over_limit", id="and orders for gifts"),
        pytest.param(
            (*FUNDED, LIMIT, in_coins(order(50, at_us=DAY_US - 1))), gift(20, at_us=DAY_US), ANY_POSTING, id="a new day"
        ),
        pytest.param(
            (*FUNDED, LIMIT, in_coins(order(30)), in_coins(cancel(30, 103))),
            in_coins(order(21)),
            "over_limit",
            id="what was cancelled counts",
        ),
        pytest.param((*FUNDED, policy(Rule.SUSPENDED, 1)), in_coins(order(99)), "suspended", id="suspended"),
        pytest.param((*OWING, policy(Rule.SUSPENDED, 1)), in_coins(order(1)), "suspended", id="suspended and frozen"),
        pytest.param((*OWING, LIMIT), in_coins(order(51)), "frozen", id="frozen and over the limit"),
        pytest.param((LIMIT,), in_coins(order(51)), "over_limit", id="over the limit and short"),
    ],
)
def test_order(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(
            ORDERED,
            in_coins(capture(50, 102)),
            "escrow of viewer-0 -50 coin, exchange +50 coin, seller-0 +38 USD, platform +11 USD, exchange -49 USD",
            id="49 cents are earned, of which the seller gets 40 less a commission of 2",
        ),
        pytest.param(
            TAXED,
            in_coins(capture(50, 102)),
            "escrow of viewer-0 -50 coin, exchange +50 coin, seller-0 +32 USD, platform +11 USD, tax +6 USD, "
            "exchange -49 USD",
            id="the tax is inside: 34 cents net, less a commission of 2",
        ),
        pytest.param(
            (*ORDERED, policy(Rule.COMMISSION_FLAT, 30, currency=USD)),
            in_coins(capture(50, 102)),
            "escrow of viewer-0 -50 coin, exchange +50 coin, seller-0 +8 USD, platform +41 USD, exchange -49 USD",
            id="a flat part is in what the coins bring: 40 cents, less 2 and 30",
        ),
        pytest.param(
            (*ORDERED, in_coins(cancel(20, 102))),
            in_coins(capture(30, 102)),
            "escrow of viewer-0 -30 coin, exchange +30 coin, seller-0 +23 USD, platform +7 USD, exchange -30 USD",
            id="what a partial cancel left: 24 of the 40 cents; 19 of the 49 went back",
        ),
        pytest.param(
            (*ORDERED, policy(Rule.SHOP_COIN_VALUE, 1, currency=USD)),
            in_coins(capture(50, 102)),
            "escrow of viewer-0 -50 coin, exchange +50 coin, seller-0 +38 USD, platform +11 USD, exchange -49 USD",
            id="the value at the order counts",
        ),
        pytest.param(
            (NO_TAX, topup(), policy(Rule.SHOP_COIN_VALUE, 500_000, currency=EUR, region=US), in_coins(order(50))),
            in_coins(capture(50, 103)),
            "escrow of viewer-0 -50 coin, exchange +50 coin, platform +49 USD, exchange -49 USD, seller-0 +23 EUR, "
            "platform -23 EUR",
            id="paid out in another currency: the platform bears the exchange",
        ),
        pytest.param((*DELIVERED,), in_coins(capture(50, 102)), "wrong_state", id="delivered before"),
        pytest.param(ORDERED, in_coins(capture(49, 102)), "wrong_state", id="not the whole of it"),
    ],
)
def test_capture(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(
            ORDERED, in_coins(cancel(50, 102)), "viewer-0 +50 coin, escrow of viewer-0 -50 coin", id="all: no money"
        ),
        pytest.param(ORDERED, in_coins(cancel(51, 102)), "wrong_state", id="a coin more than is left"),
        pytest.param(DELIVERED, in_coins(cancel(1, 102)), "wrong_state", id="after delivery it is a refund"),
        pytest.param(
            (*ORDERED, chargeback(101)),
            in_coins(cancel(50, 102)),
            "viewer-0 +50 coin, escrow of viewer-0 -50 coin, platform +49 USD, exchange -49 USD",
            id="what settles a debt is earned",
        ),
        pytest.param(
            (*ORDERED, in_coins(cancel(50, 102))),
            gift(50),
            "viewer-0 -50 coin, exchange +50 coin, creator-0 +50 diamond, exchange -50 diamond, platform +49 USD, "
            "exchange -49 USD",
            id="they come back with their cost",
        ),
        pytest.param(
            (NO_TAX, topup(), topup(item=BIG_PACK, price=9999), in_coins(order(70)), in_coins(cancel(70, 103))),
            gift(70),
            "viewer-0 -70 coin, exchange +70 coin, creator-0 +70 diamond, exchange -70 diamond, platform +69 USD, "
            "exchange -69 USD",
            id="and are the first to be spent",
        ),
    ],
)
def test_cancel(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(
            DELIVERED,
            in_coins(refund(50, 103)),
            "viewer-0 +50 coin, exchange -50 coin, seller-0 -38 USD, platform -2 USD, exchange +40 USD",
            id="all: the platform gives back its 2 cents, no fee on so little; 40 wait with the coins",
        ),
        pytest.param(
            (*TAXED, in_coins(capture(50, 102))),
            in_coins(refund(50, 103)),
            "viewer-0 +50 coin, exchange -50 coin, seller-0 -32 USD, platform -2 USD, tax -6 USD, exchange +40 USD",
            id="the tax as well",
        ),
        pytest.param(
            DELIVERED,
            in_coins(refund(13, 103)),
            "viewer-0 +13 coin, exchange -13 coin, seller-0 -10 USD, exchange +10 USD",
            id="13 of 50: 10.4 of 40 cents and 0.52 of the commission, down",
        ),
        pytest.param(DELIVERED, in_coins(refund(51, 103)), "wrong_state", id="a coin more than is left"),
        pytest.param(
            (*DELIVERED, chargeback(101)),
            in_coins(refund(50, 103)),
            "viewer-0 +50 coin, exchange -50 coin, seller-0 -38 USD, platform +38 USD",
            id="what settles a debt is earned at once",
        ),
        pytest.param(
            (*DELIVERED, in_coins(refund(50, 103))),
            gift(50),
            "viewer-0 -50 coin, exchange +50 coin, creator-0 +50 diamond, exchange -50 diamond, platform +40 USD, "
            "exchange -40 USD",
            id="they cost what was given back",
        ),
    ],
)
def test_refund(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(DELIVERED, affiliate(40, 103), "creator-0 +40 USD, seller-0 -40 USD", id="all of its worth"),
        pytest.param(DELIVERED, affiliate(41, 103), "wrong_state", id="more than it brought"),
        pytest.param(
            (*DELIVERED, in_coins(refund(25, 103))), affiliate(21, 103), "wrong_state", id="more than is left"
        ),
        pytest.param(
            (policy(Rule.COIN_REFUND_WINDOW, DAY_US), *ORDERED, in_coins(cancel(50, 103))),
            coin_refund(20, 102),
            ANY_POSTING,
            id="what was never used can be given back",
        ),
        pytest.param(
            (policy(Rule.COIN_REFUND_WINDOW, DAY_US), *ORDERED, in_coins(cancel(50, 103))),
            coin_refund(70, 102),
            "wrong_state",
            id="what was used in an order no more",
        ),
    ],
)
def test_what_may_follow(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "message"),
    [
        (ORDERED, capture(50, 102), "capture of 102 in USD: expected the order's coin"),
        (ORDERED, cancel(50, 102), "cancel of 102 in USD: expected the order's coin"),
        (DELIVERED, refund(50, 103), "refund of 103 in USD: expected the order's coin"),
        (DELIVERED, affiliate(1, 103, currency=EUR), "affiliate of 103 in EUR: expected the order's USD"),
        (FUNDED, in_coins(order(1, peer=STAR)), "account creator-0: expected a seller"),
    ],
)
def test_what_makes_no_sense_is_refused(before, operation, message):
    check_refused(before, operation, message)


def test_without_a_value_in_the_shop_no_order_is_paid_in_coins():
    book = Book()
    book.apply(Operation(0, 0, Op.OPEN, FAN, amount=10, currency=COIN))
    book.apply(Operation(1, 0, Op.OPEN, SHOP))
    with pytest.raises(LedgerError, match="no policy shop_coin_value at 5 us: expected one before this operation"):
        book.apply(Operation(2, 5, Op.ORDER, FAN, SHOP, amount=10, currency=COIN))


def test_coins_in_escrow_are_float_and_nobodys_revenue():
    book = book_after(ORDERED)
    closing = closing_of(book)
    assert closing.unspent_price == {USD: 99 - 99 * 20 // 70 + 99 * 20 // 70}
    assert closing.unspent_coins == {USD: 70}
    assert book.balance(PLATFORM, USD) == 0
    flow = asset_flow(closing, COIN)
    assert (flow.held, flow.escrowed, flow.retired["order"]) == (20, 50, 0)
    check(book)


def test_what_is_refunded_was_not_retired():
    flow = asset_flow(closing_of(book_after([*DELIVERED, in_coins(refund(20, 103))])), COIN)
    assert (flow.held, flow.escrowed, flow.retired["order"]) == (40, 0, 30)


@given(
    st.lists(st.integers(1, 30), max_size=4),
    st.lists(st.integers(1, 30), min_size=1, max_size=4),
    st.integers(1, 3_000_000),
    st.integers(0, 500_000),
)
def test_whatever_the_parts_all_comes_back(cancels, refunds, value, tax_ppm):
    """Cancel some parts, refund the rest in parts: every coin is the fan's again, and nobody has a cent of them."""
    coins = sum(cancels + refunds)
    terms = [policy(Rule.REFUND_FEE, 0), policy(Rule.ORDER_TAX, tax_ppm)]
    terms += [policy(Rule.SHOP_COIN_VALUE, value, currency=USD)]
    steps = [*terms, topup(item=BIG_PACK, price=9_999), in_coins(order(coins))]
    steps += [in_coins(cancel(part, 104)) for part in cancels]
    captured = 100 + len(steps)
    steps += [in_coins(capture(sum(refunds), 104))]
    steps += [in_coins(refund(part, captured)) for part in refunds]
    book = small_book()
    assert {decision.outcome for decision in apply_all(book, *steps)} == {Outcome.ACCEPTED}
    assert book.holders[FAN].coins == 7_000
    assert set(book.holders[SHOP].cash.values()) == {0}
    check(book)
