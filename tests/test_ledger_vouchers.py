"""The rules of vouchers, a row a case: granted, used for an order, followed through it, expired."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_table import (
    ANY_POSTING,
    DAY_US,
    FAN,
    FRIEND,
    GERMANY,
    STAR,
    apply_all,
    book_after,
    cancel,
    capture,
    check_refused,
    check_row,
    expire,
    order,
    policy,
    refund,
    small_book,
    voucher,
)
from sim.ledger import COIN, Outcome, Rule, closing_of
from sim.ledger.accounts import BANK, PLATFORM
from sim.ledger.conservation import cash_flow, check
from sim.ledger.money import EUR, USD

LIFE = policy(Rule.VOUCHER_LIFE, 3 * DAY_US)
MINIMUM = policy(Rule.VOUCHER_MINIMUM, 800, currency=USD)
FIVE_DOLLARS = (voucher(500),)
USED = (voucher(500), order(1000, ref=100))  # 1070 with tax: 500 from the voucher
DELIVERED = (*USED, capture(1000, 101))


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param((), voucher(500), "viewer-0 +500 USD, platform -500 USD", id="the platform's expense"),
        pytest.param((policy(Rule.SUSPENDED, 1),), voucher(500), "suspended", id="suspended"),
        pytest.param(
            FIVE_DOLLARS,
            order(1000, ref=100),
            "viewer-0 -500 USD, escrow of viewer-0 +1070 USD, bank -570 USD",
            id="the rest from the bank",
        ),
        pytest.param(
            FIVE_DOLLARS,
            order(400, ref=100),
            "viewer-0 -500 USD, escrow of viewer-0 +428 USD, platform +72 USD",
            id="it pays the tax too; what isn't needed goes back",
        ),
        pytest.param(FIVE_DOLLARS, order(1000), "escrow of viewer-0 +1070 USD, bank -1070 USD", id="not asked for"),
        pytest.param(USED, order(1000, ref=100), "wrong_state", id="used before"),
        pytest.param((MINIMUM, voucher(500)), order(800, ref=101), ANY_POSTING, id="the least order"),
        pytest.param((MINIMUM, voucher(500)), order(799, ref=101), "below_floor", id="a cent less"),
        pytest.param((voucher(500), MINIMUM), order(799, ref=100), ANY_POSTING, id="the terms of the grant hold"),
        pytest.param(
            (policy(Rule.VOUCHER_MINIMUM, 800, currency=EUR), voucher(500)),
            order(799, ref=101),
            ANY_POSTING,
            id="a minimum in euros says nothing about dollars",
        ),
        pytest.param((LIFE, voucher(500)), order(ref=101, at_us=3 * DAY_US - 1), ANY_POSTING, id="its last instant"),
        pytest.param((LIFE, voucher(500)), order(ref=101, at_us=3 * DAY_US), "wrong_state", id="past its life"),
        pytest.param((voucher(500), LIFE), order(ref=100, at_us=9 * DAY_US), ANY_POSTING, id="no life when granted"),
        pytest.param(
            (policy(Rule.VOUCHER_LIFE, 1, region=GERMANY), voucher(500)),
            order(ref=101, at_us=9),
            ANY_POSTING,
            id="another region's life",
        ),
        # Several reasons at once.
        pytest.param(
            (LIFE, MINIMUM, voucher(500), policy(Rule.SUSPENDED, 1)),
            order(1, ref=102, at_us=3 * DAY_US),
            "suspended",
            id="suspended before all",
        ),
        pytest.param((LIFE, MINIMUM, voucher(500)), order(1, ref=102, at_us=3 * DAY_US), "wrong_state", id="late"),
    ],
)
def test_granted_and_used(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(
            USED,
            capture(1000, 101),
            "seller-0 +940 USD, escrow of viewer-0 -1070 USD, platform +60 USD, tax +70 USD",
            id="the seller is paid in full",
        ),
        pytest.param(
            USED,
            cancel(1000, 101),
            "escrow of viewer-0 -1070 USD, platform +500 USD, bank +570 USD",
            id="all: each gets what each has paid",
        ),
        pytest.param(
            USED,
            cancel(300, 101),
            "escrow of viewer-0 -321 USD, platform +150 USD, bank +171 USD",
            id="a part: 321 of 1070, so 150 of 500",
        ),
        pytest.param(
            (voucher(500), order(400, ref=100)),
            cancel(400, 101),
            "escrow of viewer-0 -428 USD, platform +428 USD",
            id="no voucher turns into money",
        ),
        pytest.param(
            (policy(Rule.ORDER_TAX, 500_000), voucher(14), order(10, ref=101), cancel(2, 102)),
            cancel(1, 102),
            "escrow of viewer-0 -1 USD, platform +1 USD",
            id="shares follow the sum of price and tax, so never more than it leaves the escrow",
        ),
        pytest.param(
            DELIVERED,
            refund(1000, 102),
            "seller-0 -952 USD, platform +452 USD, tax -70 USD, bank +570 USD",
            id="refunded: 500 to the platform, less its 48 of commission",
        ),
        pytest.param(
            (voucher(500), order(400, ref=100), capture(400, 101)),
            refund(400, 102),
            "seller-0 -381 USD, platform +409 USD, tax -28 USD",
            id="refunded: nothing for the bank",
        ),
    ],
)
def test_followed_through_an_order(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(
            (LIFE, voucher(500)),
            expire(500, 101, currency=USD, at_us=3 * DAY_US),
            "viewer-0 -500 USD, platform +500 USD",
            id="back to the platform",
        ),
        pytest.param(
            (LIFE, voucher(500)), expire(500, 101, currency=USD, at_us=3 * DAY_US - 1), "wrong_state", id="not yet due"
        ),
        pytest.param(FIVE_DOLLARS, expire(500, 100, currency=USD), ANY_POSTING, id="without a life, at any time"),
        pytest.param(FIVE_DOLLARS, expire(499, 100, currency=USD), "wrong_state", id="not all of it"),
        pytest.param(USED, expire(500, 100, currency=USD), "wrong_state", id="used"),
        pytest.param(
            (*FIVE_DOLLARS, expire(500, 100, currency=USD)), order(ref=100), "wrong_state", id="gone, so of no use"
        ),
        pytest.param(
            (*FIVE_DOLLARS, expire(500, 100, currency=USD)), expire(500, 100, currency=USD), "wrong_state", id="once"
        ),
    ],
)
def test_expired(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "message"),
    [
        ((), voucher(0), r"voucher amount\(=0\) must be > 0"),
        ((), voucher(5, currency=COIN), "voucher currency coin: expected CNY"),
        ((), voucher(5, actor=STAR), "account creator-0: expected a viewer"),
        (FIVE_DOLLARS, order(ref=99), "order of 99: expected a voucher of the same viewer"),
        (FIVE_DOLLARS, order(ref=100, actor=FRIEND), "order of 100: expected a voucher of the same viewer"),
        (FIVE_DOLLARS, order(ref=100, currency=EUR), "order of 100 in EUR: expected the voucher's USD"),
        (FIVE_DOLLARS, order(ref=100, currency=COIN), "order of 100 in coin: expected the voucher's USD"),
        (FIVE_DOLLARS, expire(5, 100, actor=FRIEND, currency=USD), "expire of 100: expected a voucher of the same"),
        (FIVE_DOLLARS, expire(5, 100, currency=EUR), "expire of 100 in EUR: expected the voucher's USD"),
    ],
)
def test_what_makes_no_sense_is_refused(before, operation, message):
    check_refused(before, operation, message)


def test_vouchers_are_a_balance_of_their_own():
    """5 dollars unused; 5 more in escrow for an order of 10.70."""
    flow = cash_flow(closing_of(book_after([voucher(500), *(voucher(500), order(1000, ref=101))])), USD)
    assert (flow.voucher_balances, flow.seller_balances, flow.escrow) == (500, 0, 1070)
    assert (flow.cash_in, flow.platform_own) == (570, -1000)


@given(
    st.integers(1, 2_000),
    st.lists(st.integers(1, 400), max_size=4),
    st.lists(st.integers(1, 400), min_size=1, max_size=4),
    st.integers(0, 1_000_000),
)
def test_whatever_the_parts_each_gets_back_what_each_has_paid(credit, cancels, refunds, tax_ppm):
    """The bank never gets a cent of the voucher, and nobody gets less than nothing on the way."""
    terms = [policy(Rule.REFUND_FEE, 0), policy(Rule.COMMISSION, 0), policy(Rule.ORDER_TAX, tax_ppm)]
    steps = [*terms, voucher(credit), order(sum(cancels + refunds), ref=103)]
    steps += [cancel(part, 104) for part in cancels]
    captured = 100 + len(steps)
    steps += [capture(sum(refunds), 104)]
    steps += [refund(part, captured) for part in refunds]
    book = small_book()
    decisions = apply_all(book, *steps)
    assert {decision.outcome for decision in decisions} == {Outcome.ACCEPTED}
    for decision in decisions[5:]:
        assert all(amount > 0 for account, _, amount in decision.entries if account in (BANK, PLATFORM))
    assert set(book.balances().values()) == {0}
    assert book.holders[FAN].cash == {USD: 0}
    check(book)
