"""The rules of earnings, a row a case: payout requested, paid and returned, and balances taken out."""

import pytest

from ledger_table import (
    ANY_POSTING,
    DAY_US,
    FAN,
    GERMANY,
    NEWCOMER,
    SHOP,
    STAR,
    US,
    affiliate,
    book_after,
    capture,
    check_refused,
    check_row,
    gift,
    order,
    payout,
    payout_return,
    policy,
    refund,
    settle,
    step,
    topup,
)
from sim.ledger import COIN, DIAMOND, Book, LedgerError, Op, Operation, Rule
from sim.ledger.money import EUR, USD

EARNED = (topup(), gift(70))
EARNED_IN_GERMANY = (topup(), gift(70, peer=NEWCOMER))
CEILING = policy(Rule.PAYOUT_CEILING, 20, currency=USD)
FLOOR = policy(Rule.PAYOUT_FLOOR, 10, currency=USD)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(EARNED, payout(70), "creator-0 -70 diamond, pending of creator-0 +70 diamond", id="all of it"),
        pytest.param(
            EARNED, payout(69), "creator-0 -68 diamond, pending of creator-0 +68 diamond", id="an odd diamond stays"
        ),
        pytest.param(
            EARNED_IN_GERMANY,
            payout(70, actor=NEWCOMER),
            "creator-1 -70 diamond, pending of creator-1 +70 diamond",
            id="in euros, at 0.4 cents: five diamonds make two cents",
        ),
        pytest.param(
            EARNED_IN_GERMANY,
            payout(69, actor=NEWCOMER),
            "creator-1 -65 diamond, pending of creator-1 +65 diamond",
            id="in euros, four stay",
        ),
        pytest.param(EARNED, payout(71), "insufficient_funds", id="one diamond short"),
        pytest.param((*EARNED, payout(2)), payout(70), "insufficient_funds", id="what is pending is gone"),
        pytest.param(EARNED, payout(1), "below_floor", id="half a cent is no payout, whatever the floor"),
        pytest.param((*EARNED, FLOOR), payout(20), ANY_POSTING, id="exactly the floor"),
        pytest.param((*EARNED, FLOOR), payout(19), "below_floor", id="9 whole cents"),
        pytest.param((*EARNED, CEILING), payout(40), ANY_POSTING, id="exactly the ceiling"),
        pytest.param((*EARNED, CEILING), payout(41), ANY_POSTING, id="an odd diamond worth half a cent does not count"),
        pytest.param((*EARNED, CEILING), payout(42), "over_cap", id="a cent over the ceiling"),
        pytest.param((*EARNED, CEILING, payout(40)), payout(2), "over_cap", id="the day's ceiling is used up"),
        pytest.param(
            (*EARNED, CEILING, payout(40, at_us=DAY_US - 1)),
            payout(2, at_us=DAY_US - 1),
            "over_cap",
            id="until the day's last instant",
        ),
        pytest.param(
            (*EARNED, CEILING, payout(40, at_us=DAY_US - 1)), payout(2, at_us=DAY_US), ANY_POSTING, id="a new UTC day"
        ),
        pytest.param(
            (
                *(*EARNED, CEILING, payout(40)),
                policy(Rule.DIAMOND_VALUE, 500_000, currency=EUR),
                policy(Rule.PAYOUT_CEILING, 15, currency=EUR),
            ),
            payout(30),
            ANY_POSTING,
            id="cents paid out today do not use up a ceiling in euro cents",
        ),
        pytest.param(
            (
                *(*EARNED, CEILING, payout(40)),
                *(policy(Rule.DIAMOND_VALUE, 500_000, currency=EUR), payout(2)),
                policy(Rule.DIAMOND_VALUE, 500_000, currency=USD),
            ),
            payout(2),
            "over_cap",
            id="nor do euro cents make cents forgotten",
        ),
        pytest.param((*EARNED, CEILING, payout(42)), payout(40), ANY_POSTING, id="what was declined does not count"),
        pytest.param(
            (*EARNED_IN_GERMANY, CEILING, FLOOR),
            payout(5, actor=NEWCOMER),
            ANY_POSTING,
            id="limits in dollars do not bind euros",
        ),
        pytest.param(
            (*EARNED_IN_GERMANY, policy(Rule.PAYOUT_FLOOR, 3, currency=EUR, region=GERMANY)),
            payout(5, actor=NEWCOMER),
            "below_floor",
            id="a floor in euros does",
        ),
        pytest.param(
            (*EARNED, policy(Rule.DIAMOND_VALUE, 0, currency=USD, region=US)),
            payout(70),
            "below_floor",
            id="worthless diamonds",
        ),
        pytest.param((*EARNED, policy(Rule.SUSPENDED, 1, account=STAR)), payout(70), "suspended", id="suspended"),
        # Several reasons at once.
        pytest.param((CEILING, FLOOR, policy(Rule.SUSPENDED, 1)), payout(99), "suspended", id="suspended before all"),
        pytest.param((CEILING, FLOOR), payout(99), "over_cap", id="over the ceiling and short"),
        pytest.param(
            (CEILING, policy(Rule.PAYOUT_FLOOR, 30, currency=USD)),
            payout(50),
            "over_cap",
            id="over the ceiling, below the floor",
        ),
        pytest.param((FLOOR,), payout(2), "below_floor", id="below the floor and short"),
    ],
)
def test_request(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(
            (*EARNED, payout(69)),
            payout(68, 102),
            "pending of creator-0 -68 diamond, exchange +68 diamond, platform -34 USD, bank +34 USD",
            id="what was set aside, at the request's worth",
        ),
        pytest.param(
            (*EARNED, payout(70), policy(Rule.DIAMOND_VALUE, 100_000, currency=USD)),
            payout(70, 102),
            "pending of creator-0 -70 diamond, exchange +70 diamond, platform -35 USD, bank +35 USD",
            id="a later value of the diamond does not matter",
        ),
        pytest.param(
            (*EARNED_IN_GERMANY, payout(70, actor=NEWCOMER)),
            payout(70, 102, actor=NEWCOMER),
            "pending of creator-1 -70 diamond, exchange +70 diamond, platform -28 EUR, bank +28 EUR",
            id="from dollars taken to euros paid: the platform bears the exchange",
        ),
        pytest.param((*EARNED, payout(70), payout(70, 102)), payout(70, 102), "wrong_state", id="only once"),
        pytest.param(
            (*EARNED, payout(70), policy(Rule.SUSPENDED, 1), FLOOR, CEILING),
            payout(70, 102),
            ANY_POSTING,
            id="what was granted is paid",
        ),
    ],
)
def test_paid(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "message"),
    [
        (EARNED, payout(0), r"payout amount\(=0\) must be > 0"),
        (EARNED, payout(70, currency=COIN), "payout currency coin: expected diamond"),
        (EARNED, payout(70, actor=FAN), "account viewer-0: expected a creator"),
        ((*EARNED, payout(70)), payout(70, 99), "payout of 99: expected an accepted request of the same creator"),
        ((*EARNED, payout(70)), payout(70, 102, actor=NEWCOMER), "payout of 102: expected an accepted request"),
        ((*EARNED, payout(71)), payout(71, 102), "payout of 102: expected an accepted request"),
        (
            (*EARNED, payout(69)),
            payout(69, 102),
            "payout of 102 amount 69: expected the 68 diamonds that the request set",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(before, operation, message):
    check_refused(before, operation, message)


def test_without_a_value_of_diamonds_nobody_is_paid():
    book = Book()
    book.apply(Operation(0, 0, Op.OPEN, STAR, amount=10, currency=DIAMOND))
    with pytest.raises(LedgerError, match="no policy diamond_value at 5 us: expected one before this operation"):
        book.apply(Operation(1, 5, Op.PAYOUT, STAR, amount=10, currency=DIAMOND))


def test_what_an_opening_balance_lets_a_creator_ask():
    opened = step(Op.OPEN, STAR + 8, amount=10, currency=DIAMOND, region=US)
    assert book_after([opened, payout(10, actor=STAR + 8)]).holders[STAR + 8].diamonds == 0


PAID = (*EARNED, payout(69), payout(68, 102))


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(
            PAID,
            payout_return(68, 102),
            "creator-0 +68 diamond, exchange -68 diamond, platform +34 USD, bank -34 USD",
            id="the diamonds are hers again",
        ),
        pytest.param((*EARNED, payout(69)), payout_return(68, 102), "wrong_state", id="not paid yet"),
        pytest.param((*PAID, payout_return(68, 102)), payout_return(68, 102), "wrong_state", id="only once"),
        pytest.param((*PAID, payout_return(68, 102)), payout(68, 102), "wrong_state", id="nor paid again"),
        pytest.param((*PAID, payout_return(68, 102)), payout(69), ANY_POSTING, id="she may ask anew"),
        pytest.param(
            (*EARNED, CEILING, payout(40), payout(40, 103), payout_return(40, 103)),
            payout(2),
            "over_cap",
            id="what came back counts towards the day's ceiling",
        ),
        pytest.param(
            (*PAID, policy(Rule.DIAMOND_VALUE, 100_000, currency=USD)),
            payout_return(68, 102),
            "creator-0 +68 diamond, exchange -68 diamond, platform +34 USD, bank -34 USD",
            id="at the worth that was paid",
        ),
        pytest.param((*PAID, policy(Rule.SUSPENDED, 1)), payout_return(68, 102), ANY_POSTING, id="suspended"),
    ],
)
def test_returned(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "message"),
    [
        (PAID, payout_return(68, 103), "payout_return of 103: expected an accepted request of the same creator"),
        (PAID, payout_return(68, 102, actor=NEWCOMER), "payout_return of 102: expected an accepted request"),
        (PAID, payout_return(67, 102), "payout_return of 102 amount 67: expected the 68 diamonds"),
    ],
)
def test_a_return_that_makes_no_sense_is_refused(before, operation, message):
    check_refused(before, operation, message)


SOLD = (order(1000), capture(1000, 100))  # $9.40 for the seller
SHARED = (*SOLD, affiliate(300, 101))
SETTLE_FLOOR = policy(Rule.SETTLE_FLOOR, 500, currency=USD)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(SOLD, settle(940), "seller-0 -940 USD, bank +940 USD", id="all of it"),
        pytest.param(SOLD, settle(1), "seller-0 -1 USD, bank +1 USD", id="a part"),
        pytest.param(SOLD, settle(941), "insufficient_funds", id="a cent short"),
        pytest.param((*SOLD, settle(900)), settle(41), "insufficient_funds", id="what is out is gone"),
        pytest.param((*SOLD, refund(1000, 101)), settle(1), "insufficient_funds", id="owing after a refund"),
        pytest.param(SOLD, settle(1, currency=EUR), "insufficient_funds", id="dollars are no euros"),
        pytest.param(SHARED, settle(641), "insufficient_funds", id="the affiliate's share is gone"),
        pytest.param(SHARED, settle(300, actor=STAR), "creator-0 -300 USD, bank +300 USD", id="the affiliate's share"),
        pytest.param((*SOLD, SETTLE_FLOOR), settle(500), ANY_POSTING, id="exactly the floor"),
        pytest.param((*SOLD, SETTLE_FLOOR), settle(499), "below_floor", id="a cent below the floor"),
        pytest.param(
            (*SOLD, policy(Rule.SETTLE_FLOOR, 500, currency=USD, region=GERMANY)),
            settle(499),
            ANY_POSTING,
            id="another region's floor",
        ),
        pytest.param((*SOLD, policy(Rule.SUSPENDED, 1, account=SHOP)), settle(940), "suspended", id="suspended"),
        # Several reasons at once.
        pytest.param((SETTLE_FLOOR, policy(Rule.SUSPENDED, 1)), settle(1), "suspended", id="suspended before all"),
        pytest.param((SETTLE_FLOOR,), settle(1), "below_floor", id="below the floor and short"),
    ],
)
def test_settle(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "message"),
    [
        (SOLD, settle(0), r"settle amount\(=0\) must be > 0"),
        (SOLD, settle(1, currency=DIAMOND), "settle currency diamond: expected CNY or"),
        (SOLD, settle(1, actor=FAN), "account viewer-0: expected a seller or a creator"),
    ],
)
def test_a_settle_that_makes_no_sense_is_refused(before, operation, message):
    check_refused(before, operation, message)
