"""The rules of shopping, a row a case: order, capture, cancel, refund, an affiliate's share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_table import (
    ANY_POSTING,
    FAN,
    FRIEND,
    GERMANY,
    SHOP,
    STALL,
    STAR,
    US,
    affiliate,
    apply_all,
    book_after,
    cancel,
    capture,
    check_refused,
    check_row,
    gift,
    order,
    policy,
    refund,
    small_book,
    step,
    topup,
)
from sim.ledger import COIN, DIAMOND, Op, Outcome, Rule
from sim.ledger.money import EUR, USD, portion

DELIVERED = (order(1000), capture(1000, 100))
HUGE = (order(100_000), capture(100_000, 100))
FLAT = policy(Rule.COMMISSION_FLAT, 30, currency=USD)
PROMOTION = (policy(Rule.COMMISSION, 20_000, item=1), FLAT._replace(item=1))
NEW = policy(Rule.NEW_SELLER, 1, account=SHOP)
ANNOUNCED = policy(Rule.NEW_SELLER, 0, account=SHOP, at_us=5)
NO_CAP_IN_EUR = (order(100_000, currency=EUR), capture(100_000, 100, currency=EUR))


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param((), order(1000), "escrow of viewer-0 +1070 USD, bank -1070 USD", id="7 % tax on top"),
        pytest.param((), order(7), "escrow of viewer-0 +7 USD, bank -7 USD", id="0.49 cents of tax round to none"),
        pytest.param(
            (), order(1000, currency=EUR), "escrow of viewer-0 +1070 EUR, bank -1070 EUR", id="another currency"
        ),
        pytest.param(
            (policy(Rule.ORDER_TAX, 190_000, region=US),),
            order(50),
            "escrow of viewer-0 +60 USD, bank -60 USD",
            id="the buyer's region has its own tax: 9.5 cents round up",
        ),
        pytest.param((policy(Rule.SUSPENDED, 1, account=FAN),), order(), "suspended", id="suspended"),
        pytest.param(
            (policy(Rule.SUSPENDED, 1, account=SHOP),), order(), ANY_POSTING, id="a suspended seller still sells"
        ),
        pytest.param((topup(), gift(70)), order(), ANY_POSTING, id="no coins needed: an order is paid in money"),
    ],
)
def test_order(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(
            (order(1000),),
            capture(1000, 100),
            "seller-0 +940 USD, escrow of viewer-0 -1070 USD, platform +60 USD, tax +70 USD",
            id="6 % commission; the tax is due",
        ),
        pytest.param(
            (order(1000), cancel(333, 100)),
            capture(667, 100),
            "seller-0 +627 USD, escrow of viewer-0 -714 USD, platform +40 USD, tax +47 USD",
            id="what a partial cancel left",
        ),
        pytest.param(
            (order(8), policy(Rule.COMMISSION, 0)),
            capture(8, 100),
            "seller-0 +8 USD, escrow of viewer-0 -9 USD, tax +1 USD",
            id="no commission",
        ),
        pytest.param(
            (order(8), policy(Rule.COMMISSION, 1_000_000)),
            capture(8, 100),
            "escrow of viewer-0 -9 USD, platform +8 USD, tax +1 USD",
            id="all commission: no line for the seller",
        ),
        pytest.param(
            (order(1000), FLAT),
            capture(1000, 100),
            "seller-0 +910 USD, escrow of viewer-0 -1070 USD, platform +90 USD, tax +70 USD",
            id="6 % and 30 cents",
        ),
        pytest.param(
            (order(30), FLAT),
            capture(30, 100),
            "escrow of viewer-0 -32 USD, platform +30 USD, tax +2 USD",
            id="6 % and 30 cents of 30 cents: all of it",
        ),
        pytest.param(
            (order(32), FLAT),
            capture(32, 100),
            "escrow of viewer-0 -34 USD, platform +32 USD, tax +2 USD",
            id="6 % and 30 cents of 32 cents: 31.92, rounded up to all of it",
        ),
        pytest.param(
            (order(1000), cancel(333, 100), FLAT),
            capture(667, 100),
            "seller-0 +597 USD, escrow of viewer-0 -714 USD, platform +70 USD, tax +47 USD",
            id="all of the 30 cents on what a partial cancel left",
        ),
        pytest.param(
            (order(1000, currency=EUR), FLAT),
            capture(1000, 100, currency=EUR),
            "seller-0 +940 EUR, escrow of viewer-0 -1070 EUR, platform +60 EUR, tax +70 EUR",
            id="30 cents of a dollar say nothing about euros",
        ),
        pytest.param(
            (order(1000), FLAT, policy(Rule.COMMISSION_FLAT, 50, region=US, currency=USD)),
            capture(1000, 100),
            "seller-0 +890 USD, escrow of viewer-0 -1070 USD, platform +110 USD, tax +70 USD",
            id="the region's own flat part",
        ),
        pytest.param(
            (order(1000), *PROMOTION),
            capture(1000, 100),
            "seller-0 +940 USD, escrow of viewer-0 -1070 USD, platform +60 USD, tax +70 USD",
            id="a promotion that isn't the seller's",
        ),
        pytest.param(
            (order(1000), *PROMOTION, NEW),
            capture(1000, 100),
            "seller-0 +950 USD, escrow of viewer-0 -1070 USD, platform +50 USD, tax +70 USD",
            id="who is new pays 2 % and 30 cents",
        ),
        pytest.param(
            (order(1000), *PROMOTION, NEW, policy(Rule.COMMISSION, 500_000, region=US)),
            capture(1000, 100),
            "seller-0 +950 USD, escrow of viewer-0 -1070 USD, platform +50 USD, tax +70 USD",
            id="whatever the others of her region pay",
        ),
        pytest.param(
            (order(1000), *PROMOTION, NEW, policy(Rule.COMMISSION, 10_000, item=1, region=US)),
            capture(1000, 100),
            "seller-0 +960 USD, escrow of viewer-0 -1070 USD, platform +40 USD, tax +70 USD",
            id="the promotion's own terms in a region are the narrowest",
        ),
        pytest.param(
            (order(1000), *PROMOTION, NEW._replace(amount=2)),
            capture(1000, 100),
            "seller-0 +940 USD, escrow of viewer-0 -1070 USD, platform +60 USD, tax +70 USD",
            id="a promotion of which nothing is said is the rate of all",
        ),
        pytest.param(
            (order(1000), *PROMOTION, NEW, ANNOUNCED),
            capture(1000, 100, at_us=4),
            "seller-0 +950 USD, escrow of viewer-0 -1070 USD, platform +50 USD, tax +70 USD",
            id="an end that is announced has not come",
        ),
        pytest.param(
            (order(1000), *PROMOTION, NEW, ANNOUNCED),
            capture(1000, 100, at_us=5),
            "seller-0 +940 USD, escrow of viewer-0 -1070 USD, platform +60 USD, tax +70 USD",
            id="from its instant on she pays as others do",
        ),
        pytest.param(DELIVERED, capture(1000, 100), "wrong_state", id="delivered before"),
        pytest.param((order(1000), cancel(1000, 100)), capture(1000, 100), "wrong_state", id="cancelled"),
        pytest.param((order(1000), cancel(1, 100)), capture(1000, 100), "wrong_state", id="partly cancelled meanwhile"),
        pytest.param((order(1000),), capture(999, 100), "wrong_state", id="not the whole of it"),
        pytest.param((order(1000), policy(Rule.SUSPENDED, 1)), capture(1000, 100), ANY_POSTING, id="deliveries go on"),
    ],
)
def test_capture(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(
            (order(1000),), cancel(1000, 100), "escrow of viewer-0 -1070 USD, bank +1070 USD", id="all, with its tax"
        ),
        pytest.param(
            (order(1000),), cancel(1, 100), "escrow of viewer-0 -1 USD, bank +1 USD", id="a cent: 0.07 of tax stays"
        ),
        pytest.param(
            (order(1000), cancel(333, 100)),
            cancel(667, 100),
            "escrow of viewer-0 -714 USD, bank +714 USD",
            id="the rest: 356 and 714 make 1070",
        ),
        pytest.param((order(1000), cancel(333, 100)), cancel(668, 100), "wrong_state", id="a cent more than is left"),
        pytest.param((order(1000), cancel(1000, 100)), cancel(1, 100), "wrong_state", id="nothing left"),
        pytest.param(DELIVERED, cancel(1, 100), "wrong_state", id="after delivery it is a refund"),
    ],
)
def test_cancel(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(
            DELIVERED,
            refund(1000, 101),
            "seller-0 -952 USD, platform -48 USD, tax -70 USD, bank +1070 USD",
            id="all: the platform keeps a fifth of its 60 cents",
        ),
        pytest.param(
            DELIVERED,
            refund(333, 101),
            "seller-0 -318 USD, platform -15 USD, tax -23 USD, bank +356 USD",
            id="a third: 23.31 of tax and 19.98 of commission, both down; a fee of 3.8, up",
        ),
        pytest.param(
            (*DELIVERED, refund(333, 101)),
            refund(667, 101),
            "seller-0 -634 USD, platform -33 USD, tax -47 USD, bank +714 USD",
            id="the rest: tax 23 and 47 make 70, commission 19 and 41 make 60",
        ),
        pytest.param(
            HUGE,
            refund(100_000, 101),
            "seller-0 -94500 USD, platform -5500 USD, tax -7000 USD, bank +107000 USD",
            id="the fee stops at its cap: $5 of $12",
        ),
        pytest.param(
            (*HUGE, refund(40_000, 101)),
            refund(60_000, 101),
            "seller-0 -56420 USD, platform -3580 USD, tax -4200 USD, bank +64200 USD",
            id="the cap is the order's: $4.80 went before, 20 cents are left of it",
        ),
        pytest.param(
            (*DELIVERED, policy(Rule.REFUND_FEE, 0), refund(500, 101), policy(Rule.REFUND_FEE, 1_000_000)),
            refund(500, 101),
            "seller-0 -500 USD, tax -35 USD, bank +535 USD",
            id="a fee that has risen takes no more than this part's commission",
        ),
        pytest.param(
            (*DELIVERED, refund(500, 101), policy(Rule.REFUND_FEE, 0)),
            refund(500, 101),
            "seller-0 -470 USD, platform -30 USD, tax -35 USD, bank +535 USD",
            id="a fee that has fallen gives nothing back",
        ),
        pytest.param(
            NO_CAP_IN_EUR,
            refund(100_000, 101, currency=EUR),
            "seller-0 -95200 EUR, platform -4800 EUR, tax -7000 EUR, bank +107000 EUR",
            id="a cap in dollars says nothing about euros",
        ),
        pytest.param(
            (*HUGE, policy(Rule.REFUND_FEE_CAP, 0, currency=USD)),
            refund(100_000, 101),
            "seller-0 -94000 USD, platform -6000 USD, tax -7000 USD, bank +107000 USD",
            id="a cap of nothing: no fee",
        ),
        pytest.param(
            (*HUGE, policy(Rule.COMMISSION, 0)),
            refund(100_000, 101),
            "seller-0 -94500 USD, platform -5500 USD, tax -7000 USD, bank +107000 USD",
            id="the commission of the capture counts, not today's",
        ),
        pytest.param(
            (order(1000), FLAT, capture(1000, 100)),
            refund(1000, 102),
            "seller-0 -928 USD, platform -72 USD, tax -70 USD, bank +1070 USD",
            id="the flat part comes back too: 90 cents less a fee of 18",
        ),
        pytest.param(
            (order(1000), FLAT, capture(1000, 100)),
            refund(333, 102),
            "seller-0 -310 USD, platform -23 USD, tax -23 USD, bank +356 USD",
            id="a third: 29.97 of commission, down; a fee of 5.8, up",
        ),
        pytest.param(
            (order(1000), FLAT, capture(1000, 100), refund(333, 102)),
            refund(667, 102),
            "seller-0 -618 USD, platform -49 USD, tax -47 USD, bank +714 USD",
            id="the rest: 29 and 61 of commission make 90",
        ),
        pytest.param((*DELIVERED, refund(333, 101)), refund(668, 101), "wrong_state", id="a cent more than is left"),
        pytest.param((*DELIVERED, refund(1000, 101)), refund(1, 101), "wrong_state", id="all has been refunded"),
        pytest.param(
            (order(1000), cancel(400, 100), capture(600, 100)),
            refund(601, 102),
            "wrong_state",
            id="the cancelled part does not count",
        ),
        pytest.param(
            (order(1000), cancel(400, 100), capture(600, 100)), refund(600, 102), ANY_POSTING, id="the delivered part"
        ),
        pytest.param(
            (*DELIVERED, policy(Rule.SUSPENDED, 1)), refund(1000, 101), ANY_POSTING, id="who is suspended gets refunds"
        ),
    ],
)
def test_refund(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(DELIVERED, affiliate(150, 101), "creator-0 +150 USD, seller-0 -150 USD", id="15 %"),
        pytest.param(DELIVERED, affiliate(1000, 101), ANY_POSTING, id="all of it, net of tax"),
        pytest.param(DELIVERED, affiliate(1001, 101), "wrong_state", id="a cent more than the order"),
        pytest.param((*DELIVERED, affiliate(1, 101)), affiliate(1, 101), "wrong_state", id="once a delivery"),
        pytest.param(
            (*DELIVERED, affiliate(2000, 101)), affiliate(1, 101), ANY_POSTING, id="what was declined does not count"
        ),
        pytest.param((*DELIVERED, refund(900, 101)), affiliate(100, 101), ANY_POSTING, id="what a refund left"),
        pytest.param((*DELIVERED, refund(900, 101)), affiliate(101, 101), "wrong_state", id="more than it left"),
        pytest.param(
            (order(1000), cancel(400, 100), capture(600, 100)),
            affiliate(601, 102),
            "wrong_state",
            id="a cancelled part",
        ),
        pytest.param(
            (*DELIVERED, refund(1000, 101, at_us=0), order(5)), affiliate(1, 101), "wrong_state", id="all refunded"
        ),
        pytest.param(
            (*DELIVERED, policy(Rule.SUSPENDED, 1)), affiliate(150, 101), ANY_POSTING, id="what was promised is paid"
        ),
        pytest.param(
            (*DELIVERED, affiliate(500, 101)), refund(1000, 101), ANY_POSTING, id="a refund may come after it"
        ),
    ],
)
def test_affiliate(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize("cap", [0, 7, 100_000])
@given(parts=st.lists(st.integers(1, 900), min_size=1, max_size=20), fee_ppm=st.integers(0, 1_000_000))
def test_a_refund_in_parts_costs_what_it_costs_in_one(parts, fee_ppm, cap):
    whole = sum(parts)
    terms = [policy(Rule.REFUND_FEE, fee_ppm), policy(Rule.REFUND_FEE_CAP, cap, currency=USD)]
    delivered = [*terms, order(whole), capture(whole, 102)]
    at_once = book_after([*delivered, refund(whole, 103)])
    in_parts = book_after([*delivered, *(refund(part, 103) for part in parts)])
    assert in_parts.holders[SHOP].cash == at_once.holders[SHOP].cash
    assert at_once.holders[SHOP].cash[USD] == -min(portion(portion(whole, 60_000), fee_ppm), cap)


def test_the_seller_bears_a_refund_after_the_affiliates_share():
    book = book_after([*DELIVERED, affiliate(500, 101), refund(1000, 101)])
    assert book.holders[STAR].cash == {USD: 500}
    assert book.holders[SHOP].cash == {USD: 940 - 500 - 952}


@pytest.mark.parametrize(
    ("before", "operation", "message"),
    [
        (DELIVERED, affiliate(1, 100), "affiliate of 100: expected the capture of an order from the same seller"),
        (DELIVERED, affiliate(1, 101, peer=STALL), "affiliate of 101: expected the capture of an order from the same"),
        (DELIVERED, affiliate(1, 101, actor=FAN), "account viewer-0: expected a creator"),
        (DELIVERED, affiliate(1, 101, currency=EUR), "affiliate of 101 in EUR: expected the order's USD"),
        (DELIVERED, affiliate(1, 101, currency=COIN), "affiliate currency coin: expected CNY or"),
        ((), order(0), r"order amount\(=0\) must be > 0"),
        ((), order(currency=DIAMOND), "order currency diamond: expected CNY or EUR or GBP or IDR or USD or coin"),
        ((), order(peer=STAR), "account creator-0: expected a seller"),
        ((), order(actor=STAR), "account creator-0: expected a viewer"),
        ((order(),), capture(1000, 99), "capture of 99: expected an accepted order between the same accounts"),
        ((order(),), capture(1000, 100, actor=STALL), "capture of 100: expected an accepted order between"),
        ((order(),), capture(1000, 100, peer=FRIEND), "capture of 100: expected an accepted order between"),
        ((order(),), capture(1000, 100, currency=EUR), "capture of 100 in EUR: expected the order's USD"),
        ((order(),), cancel(1000, 100, actor=FRIEND), "cancel of 100: expected an accepted order between"),
        ((order(),), cancel(0, 100), r"cancel amount\(=0\) must be > 0"),
        ((order(),), cancel(1, 100, currency=EUR), "cancel of 100 in EUR: expected the order's USD"),
        (DELIVERED, refund(1, 100), "refund of 100: expected the capture of an order between the same accounts"),
        (DELIVERED, refund(1, 101, actor=FRIEND), "refund of 101: expected the capture"),
        (DELIVERED, refund(1, 101, peer=STALL), "refund of 101: expected the capture"),
        (DELIVERED, refund(1, 101, currency=EUR), "refund of 101 in EUR: expected the order's USD"),
        (DELIVERED, refund(-1, 101), r"refund amount\(=-1\) must be > 0"),
        ((policy(Rule.SUSPENDED, 1), order()), capture(1000, 101), "capture of 101: expected an accepted order"),
    ],
)
def test_what_makes_no_sense_is_refused(before, operation, message):
    check_refused(before, operation, message)


def test_refunds_may_leave_a_seller_owing():
    """A seller who had nothing left still pays back: the balance goes below zero."""
    book = book_after([*DELIVERED, refund(1000, 101)])
    assert book.holders[SHOP].cash == {USD: 940 - 952}


def test_a_sellers_region_sets_the_commission():
    book = small_book()
    german = SHOP + 5
    apply_all(book, policy(Rule.COMMISSION, 90_000, region=GERMANY), step(Op.OPEN, german, region=GERMANY))
    apply_all(book, order(1000, peer=german), capture(1000, 102, actor=german), first=102)
    assert book.holders[german].cash == {USD: 910}


@given(
    st.lists(st.integers(1, 10**6), max_size=4),
    st.lists(st.integers(1, 10**6), min_size=1, max_size=4),
    st.integers(0, 200_000),
)
def test_whatever_the_parts_all_comes_back(cancels, refunds, tax_ppm):
    """Cancel some parts, refund the rest in parts: the buyer gets every cent; nobody else has one left."""
    steps = [policy(Rule.REFUND_FEE, 0), policy(Rule.ORDER_TAX, tax_ppm), order(sum(cancels + refunds))]
    steps += [cancel(part, 102) for part in cancels]
    captured = 100 + len(steps)
    steps += [capture(sum(refunds), 102)]
    steps += [refund(part, captured) for part in refunds]
    book = small_book()
    assert {decision.outcome for decision in apply_all(book, *steps)} == {Outcome.ACCEPTED}
    assert set(book.balances().values()) <= {0}
    assert set(book.holders[SHOP].cash.values()) == {0}
