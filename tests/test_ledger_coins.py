"""The rules of coins, a row a case: topup, reward, expiry, gift, chargeback, coins given back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_table import (
    ANY_POSTING,
    BIG_PACK,
    BY_AMOUNT,
    DAY_US,
    FAN,
    FRIEND,
    GERMANY,
    NEWCOMER,
    PACK,
    SHOP,
    STAR,
    US,
    apply_all,
    book_after,
    chargeback,
    check_refused,
    check_row,
    coin_refund,
    expire,
    gift,
    policy,
    reward,
    small_book,
    step,
    topup,
)
from sim.ledger import COIN, Op, Rule
from sim.ledger.accounts import PLATFORM
from sim.ledger.money import EUR, USD
from sim.ledger.state import Lot

COINS_FROM_OUTSIDE = {"item": -1, "currency": COIN}
OWING = (topup(), gift(70), chargeback(100))  # the fan has spent what the bank took back: 70 coins owed
LIMIT = policy(Rule.SPENDING_LIMIT, 50, currency=COIN)
CAP = policy(Rule.BALANCE_CAP, 100, currency=COIN)
CENT_A_COIN = policy(Rule.COIN_PRICE, 1_100_000, currency=USD)  # 1.1 cents
MONTH_US = 30 * DAY_US
MONTHLY = policy(Rule.TOPUP_LIMIT, 150, currency=USD)
WINDOW = policy(Rule.COIN_REFUND_WINDOW, 14 * DAY_US)
VERIFIED = FAN + 5  # of tier 2
OPEN_VERIFIED = step(Op.OPEN, VERIFIED, item=2, region=US)
LIFE = policy(Rule.REWARD_LIFE, 3 * DAY_US)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(
            (),
            topup(99),
            "viewer-0 +70 coin, exchange -70 coin, store +30 USD, bank -99 USD, exchange +69 USD",
            id="the store takes 29.7 cents of 99, rounded to 30; 69 wait with the coins",
        ),
        pytest.param(
            (policy(Rule.TOPUP_TAX, 190_000),),
            topup(119),
            "viewer-0 +70 coin, exchange -70 coin, tax +19 USD, store +30 USD, bank -119 USD, exchange +70 USD",
            id="the store's fee is a share of the price net of tax",
        ),
        pytest.param(
            (policy(Rule.TOPUP_TAX, 190_000),),
            topup(1),
            "viewer-0 +70 coin, exchange -70 coin, bank -1 USD, exchange +1 USD",
            id="a cent is too little for a tax (0.16) and for a fee (0.3)",
        ),
        pytest.param(
            (policy(Rule.STORE_FEE, 1_000_000),),
            topup(99),
            "viewer-0 +70 coin, exchange -70 coin, store +99 USD, bank -99 USD",
            id="a store that takes everything leaves lots that cost nothing",
        ),
        pytest.param(
            (),
            topup(40, **COINS_FROM_OUTSIDE),
            "viewer-0 +40 coin, exchange -40 coin",
            id="coins from outside any known pack have no fiat leg",
        ),
        pytest.param(
            OWING,
            topup(99),
            "viewer-0 +70 coin, exchange -70 coin, platform +69 USD, store +30 USD, bank -99 USD",
            id="a topup that only settles what is owed is earned at once",
        ),
        pytest.param(
            (*OWING, topup(40, **COINS_FROM_OUTSIDE)),
            topup(99),
            "viewer-0 +70 coin, exchange -70 coin, platform +29 USD, store +30 USD, bank -99 USD, exchange +40 USD",
            id="30 of 70 coins settle a debt: 29.57 of the 69 cents are earned, rounded down",
        ),
        pytest.param(
            (CAP, topup()), topup(30, **COINS_FROM_OUTSIDE), "viewer-0 +30 coin, exchange -30 coin", id="to the cap"
        ),
        pytest.param((CAP, topup()), topup(31, **COINS_FROM_OUTSIDE), "over_cap", id="one coin over the cap"),
        pytest.param((CAP, reward(90)), topup(), ANY_POSTING, id="rewards do not count towards the cap"),
        pytest.param(
            (policy(Rule.BALANCE_CAP, 0, currency=COIN),),
            topup(),
            "over_cap",
            id="a cap of nothing is a cap, not its absence",
        ),
        pytest.param((policy(Rule.SUSPENDED, 1),), topup(), "suspended", id="suspended"),
        pytest.param(
            (policy(Rule.SUSPENDED, 1), CAP), topup(item=BIG_PACK), "suspended", id="suspended before over the cap"
        ),
        pytest.param(
            (CENT_A_COIN, policy(Rule.STORE_FEE, 0, item=BY_AMOUNT)),
            topup(100, item=BY_AMOUNT),
            "viewer-0 +90 coin, exchange -90 coin, bank -100 USD, exchange +100 USD",
            id="by amount: 90.9 coins, rounded down; the web has no store fee",
        ),
        pytest.param(
            (CENT_A_COIN,),
            topup(2, item=BY_AMOUNT),
            "viewer-0 +1 coin, exchange -1 coin, store +1 USD, bank -2 USD, exchange +1 USD",
            id="by amount: a single coin",
        ),
        pytest.param((MONTHLY, topup(51)), topup(99), ANY_POSTING, id="to the limit of 30 days"),
        pytest.param((MONTHLY, topup(52)), topup(99), "over_limit", id="a cent over the limit"),
        pytest.param(
            (MONTHLY, topup(99), topup(99, currency=EUR)), topup(99), "over_limit", id="another money is no way round"
        ),
        pytest.param((MONTHLY, topup(99)), topup(999, **COINS_FROM_OUTSIDE), ANY_POSTING, id="coins are no money"),
        pytest.param((MONTHLY, topup(99)), topup(99, currency=EUR), ANY_POSTING, id="dollars do not bind euros"),
        pytest.param((MONTHLY, topup(99), chargeback(101)), topup(99), "over_limit", id="a chargeback is no way round"),
        pytest.param((MONTHLY, topup(151)), topup(150), ANY_POSTING, id="what was declined does not count"),
        pytest.param(
            (MONTHLY, topup(99, at_us=MONTH_US - 1)), topup(99, at_us=MONTH_US - 1), "over_limit", id="day 30"
        ),
        pytest.param((MONTHLY, topup(99, at_us=MONTH_US - 1)), topup(99, at_us=MONTH_US), ANY_POSTING, id="day 31"),
        pytest.param(
            (MONTHLY, policy(Rule.TOPUP_LIMIT, 500, item=2, currency=USD), OPEN_VERIFIED),
            topup(500, actor=VERIFIED),
            ANY_POSTING,
            id="who is identified may more",
        ),
        pytest.param(
            (MONTHLY, policy(Rule.TOPUP_LIMIT, 500, item=2, currency=USD), OPEN_VERIFIED),
            topup(151),
            "over_limit",
            id="who is not may not",
        ),
        pytest.param((MONTHLY, CAP), topup(151, item=BIG_PACK), "over_limit", id="over the limit and the cap"),
        pytest.param((MONTHLY, policy(Rule.SUSPENDED, 1)), topup(151), "suspended", id="suspended and over the limit"),
        pytest.param(
            (policy(Rule.BALANCE_CAP, 60, item=0, region=US, currency=COIN),), topup(), "over_cap", id="a tier's cap"
        ),
        pytest.param(OWING, topup(item=BIG_PACK), ANY_POSTING, id="who is frozen may top up: that is the way out"),
    ],
)
def test_topup(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param((), reward(3), "viewer-0 +3 reward, exchange -3 reward", id="a grant"),
        pytest.param((policy(Rule.SUSPENDED, 1),), reward(3), "suspended", id="suspended"),
        pytest.param(
            (LIFE, reward(3)), expire(3, 101, at_us=3 * DAY_US), "viewer-0 -3 reward, breakage +3 reward", id="due"
        ),
        pytest.param((LIFE, reward(3)), expire(3, 101, at_us=3 * DAY_US - 1), "wrong_state", id="a microsecond early"),
        pytest.param(
            (reward(3),), expire(3, 100), "viewer-0 -3 reward, breakage +3 reward", id="no life stated: ends when told"
        ),
        pytest.param((reward(3), gift(1)), expire(2, 100), "viewer-0 -2 reward, breakage +2 reward", id="what is left"),
        pytest.param((reward(3), gift(1)), expire(3, 100), "wrong_state", id="one coin has been given meanwhile"),
        pytest.param((reward(3), gift(3)), expire(3, 100), "wrong_state", id="all have been given"),
        pytest.param((reward(3), expire(3, 100)), expire(3, 100), "wrong_state", id="expired before"),
        pytest.param((reward(3),), expire(3, 100, actor=FRIEND), "wrong_state", id="somebody else's reward"),
        pytest.param(
            (LIFE, reward(3), policy(Rule.SUSPENDED, 1)),
            expire(3, 101, at_us=3 * DAY_US),
            "viewer-0 -3 reward, breakage +3 reward",
            id="suspension stops no clock",
        ),
    ],
)
def test_reward_and_expire(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(
            (topup(),),
            gift(1),
            "viewer-0 -1 coin, exchange +1 coin, creator-0 +1 diamond, exchange -1 diamond",
            id="0.99 cents are not yet a cent",
        ),
        pytest.param(
            (topup(), gift(1)),
            gift(1),
            "viewer-0 -1 coin, exchange +1 coin, creator-0 +1 diamond, exchange -1 diamond, "
            "platform +1 USD, exchange -1 USD",
            id="1.97 cents: the first one is earned",
        ),
        pytest.param(
            (topup(), reward(3)),
            gift(5),
            "viewer-0 -2 coin, exchange +2 coin, viewer-0 -3 reward, exchange +3 reward, "
            "creator-0 +5 diamond, exchange -5 diamond, platform +1 USD, exchange -1 USD",
            id="rewards first; they earn nothing",
        ),
        pytest.param(
            (reward(3),),
            gift(3),
            "viewer-0 -3 reward, exchange +3 reward, creator-0 +3 diamond, exchange -3 diamond",
            id="rewards alone make diamonds too",
        ),
        pytest.param(
            (topup(), topup(199)),
            gift(80),
            "viewer-0 -80 coin, exchange +80 coin, creator-0 +80 diamond, exchange -80 diamond, "
            "platform +88 USD, exchange -88 USD",
            id="the older lot's 69 cents, and 10 of 70 coins of the newer's 139: 19.86",
        ),
        pytest.param(
            (topup(), topup(199, currency=EUR)),
            gift(140),
            "viewer-0 -140 coin, exchange +140 coin, creator-0 +140 diamond, exchange -140 diamond, "
            "platform +69 USD, exchange -69 USD, platform +139 EUR, exchange -139 EUR",
            id="lots in two currencies, each to the last cent",
        ),
        pytest.param((), gift(1), "insufficient_funds", id="nothing to give"),
        pytest.param((topup(),), gift(71), "insufficient_funds", id="one coin short"),
        pytest.param((topup(), reward(1)), gift(71), ANY_POSTING, id="a reward covers the last coin"),
        pytest.param((topup(), LIMIT), gift(50), ANY_POSTING, id="up to the limit"),
        pytest.param((topup(), LIMIT), gift(51), "over_limit", id="one coin over the limit"),
        pytest.param((reward(60), LIMIT), gift(51), "over_limit", id="rewards count towards the limit"),
        pytest.param(
            (topup(), LIMIT, gift(50, at_us=DAY_US - 1)),
            gift(1, at_us=DAY_US - 1),
            "over_limit",
            id="last instant of a day",
        ),
        pytest.param(
            (topup(), LIMIT, gift(50, at_us=DAY_US - 1)),
            gift(20, at_us=DAY_US),
            ANY_POSTING,
            id="a new UTC day, a new limit",
        ),
        pytest.param(
            (topup(), gift(50), LIMIT), gift(1), "over_limit", id="what was given before the limit came counts"
        ),
        pytest.param(
            (topup(), LIMIT, gift(51), gift(50)), gift(1), "over_limit", id="what was declined does not count"
        ),
        pytest.param((topup(), LIMIT, gift(30), gift(20)), gift(1), "over_limit", id="a day's gifts add up"),
        pytest.param(
            (topup(), policy(Rule.SPENDING_LIMIT, 0, currency=COIN)), gift(1), "over_limit", id="a limit of nothing"
        ),
        pytest.param(OWING, gift(1), "frozen", id="owing coins"),
        pytest.param((*OWING, reward(5)), gift(1), "frozen", id="owing coins, rewards are frozen too"),
        pytest.param((*OWING, topup(), topup()), gift(70), ANY_POSTING, id="settled by topups"),
        pytest.param(
            (*OWING, topup()), gift(1), "insufficient_funds", id="settled exactly: nothing owed, nothing there"
        ),
        pytest.param(
            (policy(Rule.SUSPENDED, 1, region=US), topup()), gift(1), "suspended", id="the region is switched off"
        ),
        pytest.param(
            (topup(), policy(Rule.SUSPENDED, 1, account=FRIEND)), gift(1), ANY_POSTING, id="somebody else is suspended"
        ),
        pytest.param(
            (topup(), policy(Rule.SUSPENDED, 1, account=STAR)),
            gift(1),
            ANY_POSTING,
            id="a suspended creator still receives",
        ),
        # Several reasons at once: the first in the order of outcomes is the answer.
        pytest.param(
            (*OWING, LIMIT, policy(Rule.SUSPENDED, 1)), gift(99), "suspended", id="all four reasons: suspended"
        ),
        pytest.param((*OWING, LIMIT), gift(99, at_us=DAY_US), "frozen", id="owing, over the limit, short: frozen"),
        pytest.param((LIMIT,), gift(99), "over_limit", id="over the limit and short: over the limit"),
    ],
)
def test_gift(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(
            (topup(),),
            chargeback(100),
            "viewer-0 -70 coin, exchange +70 coin, store -30 USD, bank +99 USD, exchange -69 USD",
            id="unspent: as if it had never been",
        ),
        pytest.param(
            (policy(Rule.TOPUP_TAX, 190_000), topup(119)),
            chargeback(101, 119),
            "viewer-0 -70 coin, exchange +70 coin, tax -19 USD, store -30 USD, bank +119 USD, exchange -70 USD",
            id="the tax comes back as well",
        ),
        pytest.param(
            (topup(), gift(35)),
            chargeback(100),
            "viewer-0 -70 coin, exchange +70 coin, platform -34 USD, store -30 USD, bank +99 USD, exchange -35 USD",
            id="half spent: what that half had earned is lost again, 35 coins are owed",
        ),
        pytest.param(
            (topup(), gift(70)),
            chargeback(100),
            "viewer-0 -70 coin, exchange +70 coin, platform -69 USD, store -30 USD, bank +99 USD",
            id="all spent: all earned is lost, 70 coins are owed",
        ),
        pytest.param(
            (topup(), topup(199)),
            chargeback(101, 199),
            "viewer-0 -70 coin, exchange +70 coin, store -60 USD, bank +199 USD, exchange -139 USD",
            id="two lots: its own goes first, though it is the younger",
        ),
        pytest.param(
            (topup(), topup(199), gift(70)),
            chargeback(100),
            "viewer-0 -70 coin, exchange +70 coin, platform +70 USD, store -30 USD, bank +99 USD, exchange -139 USD",
            id="two lots: its own is spent, so the other pays; the platform lost 69 and earned 139",
        ),
        pytest.param((topup(), chargeback(100)), chargeback(100), "wrong_state", id="only once"),
        pytest.param(
            (topup(), policy(Rule.SUSPENDED, 1)), chargeback(100), ANY_POSTING, id="a bank asks no suspension"
        ),
    ],
)
def test_chargeback(before, operation, posting):
    check_row(before, operation, posting)


@pytest.mark.parametrize(
    ("before", "operation", "message"),
    [
        ((), topup(0), r"topup amount\(=0\) must be > 0 and at most 1000000000000"),
        ((), topup(-1), r"topup amount\(=-1\) must be > 0"),
        ((), topup(10**12 + 1), r"topup amount\(=1000000000001\) must be > 0 and at most"),
        ((), topup(item=-1), "no policy pack_coins at 0 us: expected one before this operation"),
        ((), topup(item=PACK + 9), "no policy pack_coins for item 100000009 at 0 us"),
        ((), topup(currency=2), "topup currency reward: expected CNY or EUR or GBP or IDR or USD or coin"),
        ((), topup(currency=COIN), "topup of item 100000000 in coins: expected its price in a fiat currency"),
        ((), topup(actor=STAR), "account creator-0: expected a viewer"),
        ((), topup(actor=FAN + 9), "account viewer-9 is not open: expected an open before its first operation"),
        ((), topup(actor=9), r"account 9: expected kind \* 10\^12 \+ n, kind from 1"),
        ((), topup(region=1), "topup region 1: expected an ISO 3166-1 number"),
        ((), topup(currency=999), "topup currency 999: expected a code"),
        ((), topup(at_us=-1), r"topup at_us\(=-1\) must be >= 0"),
        ((), topup(item=BY_AMOUNT), "no policy coin_price for item 800000000 at 0 us"),
        ((CENT_A_COIN,), topup(1, item=BY_AMOUNT), "topup of item 800000000 amount 1: expected the price of a coin"),
        ((CENT_A_COIN,), topup(item=BY_AMOUNT, currency=EUR), "topup of item 800000000 in EUR: expected USD, in which"),
        ((), step(Op.OPEN, VERIFIED, item=4), "open of viewer-5 item 4: expected a viewer's tier from 0 to 3"),
        ((), step(Op.OPEN, STAR + 5, item=1), "open of creator-5 item 1: expected a viewer's tier"),
        ((topup(),), coin_refund(70, 99), "coin_refund of 99: expected a paid topup of the same viewer"),
        ((topup(),), coin_refund(70, actor=FRIEND), "coin_refund of 100: expected a paid topup of the same viewer"),
        ((topup(40, **COINS_FROM_OUTSIDE),), coin_refund(40), "coin_refund of 100: expected a paid topup"),
        ((topup(),), coin_refund(70, currency=USD), "coin_refund currency USD: expected coin"),
        ((), reward(3, currency=COIN), "reward currency coin: expected reward"),
        ((), reward(3, actor=SHOP), "account seller-0: expected a viewer"),
        ((), expire(3, 100, currency=COIN), "expire currency coin: expected CNY or EUR or GBP or IDR or USD or reward"),
        ((topup(),), gift(1, currency=USD), "gift currency USD: expected coin"),
        ((topup(),), gift(0), r"gift amount\(=0\) must be > 0"),
        ((topup(),), gift(1, peer=FRIEND), "account viewer-1: expected a creator"),
        ((topup(),), gift(1, peer=-1), "account -1: expected kind"),
        ((topup(),), gift(1, actor=STAR, peer=NEWCOMER), "account creator-0: expected a viewer"),
        ((policy(Rule.SUSPENDED, 1),), gift(1, peer=STAR + 9), "creator-9 is not open"),
        ((topup(),), chargeback(99), "chargeback of 99: expected a paid topup of the same viewer"),
        ((topup(),), chargeback(100, actor=FRIEND), "chargeback of 100: expected a paid topup of the same viewer"),
        ((topup(40, **COINS_FROM_OUTSIDE),), chargeback(100), "chargeback of 100: expected a paid topup"),
        ((topup(),), chargeback(100, 98), r"chargeback of 100 over \$0.98: expected the topup's \$0.99"),
        ((topup(),), chargeback(100, currency=EUR), "chargeback of 100 over €0.99: expected the topup's"),
        (
            (WINDOW, topup(), gift(69), coin_refund(1, 101)),
            chargeback(101),
            r"chargeback of 101 over \$0.99: expected the topup's \$0.98",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(before, operation, message):
    check_refused(before, operation, message)


TAXED = (policy(Rule.TOPUP_TAX, 190_000), WINDOW, topup(119))  # 70 coins; tax 19, fee 30, the lot 70 cents


@pytest.mark.parametrize(
    ("before", "operation", "posting"),
    [
        pytest.param(
            TAXED,
            coin_refund(70, 102),
            "viewer-0 -70 coin, exchange +70 coin, tax -19 USD, store -30 USD, bank +119 USD, exchange -70 USD",
            id="all of it: everybody gives back",
        ),
        pytest.param(
            (*TAXED, gift(23)),
            coin_refund(47, 102),
            "viewer-0 -47 coin, exchange +47 coin, tax -12 USD, store -20 USD, bank +79 USD, exchange -47 USD",
            id="47 of 70: 79.9 of the price, 12.8 of the tax, 20.1 of the fee, all rounded down",
        ),
        pytest.param((*TAXED, gift(70)), coin_refund(70, 102), "wrong_state", id="all spent"),
        pytest.param((*TAXED, gift(1)), coin_refund(70, 102), "wrong_state", id="more than is left"),
        pytest.param(TAXED, coin_refund(69, 102), "wrong_state", id="not all that is left"),
        pytest.param((*TAXED, coin_refund(70, 102)), coin_refund(70, 102), "wrong_state", id="once"),
        pytest.param((*TAXED, coin_refund(70, 102)), chargeback(102, 119), "wrong_state", id="no chargeback after it"),
        pytest.param(
            (*TAXED, gift(23), coin_refund(47, 102)),
            chargeback(102, 119 - 79),
            "viewer-0 -23 coin, exchange +23 coin, platform -23 USD, tax -7 USD, store -10 USD, bank +40 USD",
            id="a chargeback of the 23 coins that were spent: together they are the topup's",
        ),
        pytest.param(
            (*TAXED, gift(69), coin_refund(1, 102)),
            chargeback(102, 119 - 1),
            "viewer-0 -69 coin, exchange +69 coin, platform -69 USD, tax -19 USD, store -30 USD, bank +118 USD",
            id="one coin given back protects from nothing",
        ),
        pytest.param(
            (*TAXED, gift(69), coin_refund(1, 102), chargeback(102, 118)),
            chargeback(102, 118),
            "wrong_state",
            id="and the rest is charged back once",
        ),
        pytest.param((*TAXED, chargeback(102, 119)), coin_refund(70, 102), "wrong_state", id="not after a chargeback"),
        pytest.param((topup(),), coin_refund(70), "wrong_state", id="nobody has such a right"),
        pytest.param(TAXED, coin_refund(70, 102, at_us=14 * DAY_US - 1), ANY_POSTING, id="the last instant"),
        pytest.param(TAXED, coin_refund(70, 102, at_us=14 * DAY_US), "wrong_state", id="fourteen days have passed"),
        pytest.param(
            (topup(), policy(Rule.COIN_REFUND_WINDOW, DAY_US, region=GERMANY)),
            coin_refund(70),
            "wrong_state",
            id="another region's right",
        ),
        pytest.param(
            (WINDOW, topup(), reward(5)),
            coin_refund(70, 101),
            "viewer-0 -70 coin, exchange +70 coin, store -30 USD, bank +99 USD, exchange -69 USD",
            id="rewards stay",
        ),
        pytest.param(
            (WINDOW, topup(), topup(60), gift(60)),
            coin_refund(70, 102),
            "viewer-0 -70 coin, exchange +70 coin, store -18 USD, bank +60 USD, exchange -42 USD",
            id="a younger topup than the one that is spent",
        ),
        pytest.param(
            (*TAXED, policy(Rule.SUSPENDED, 1, account=FAN)), coin_refund(70, 102), "suspended", id="suspended"
        ),
        pytest.param(
            (WINDOW, topup(), gift(70), chargeback(101), policy(Rule.SUSPENDED, 1, account=FAN)),
            coin_refund(1, 101),
            "suspended",
            id="suspended and frozen",
        ),
        pytest.param((WINDOW, topup(), gift(70), chargeback(101)), coin_refund(1, 101), "frozen", id="frozen"),
    ],
)
def test_coin_refund(before, operation, posting):
    check_row(before, operation, posting)


@given(st.integers(1, 10**4), st.integers(1, 69), st.integers(0, 10**6), st.integers(0, 10**6))
def test_coins_given_back_cost_the_platform_less_than_a_unit_a_share(price, spent, fee, tax):
    """Shares are rounded down where they leave, so what each gives back and what the fan gets differ by three units."""
    terms = (WINDOW, policy(Rule.STORE_FEE, fee), policy(Rule.TOPUP_TAX, tax))
    book = book_after([*terms, topup(price), gift(spent)])
    before = book.balance(PLATFORM, USD)
    apply_all(book, coin_refund(70 - spent, 103), first=105)
    assert abs(book.balance(PLATFORM, USD) - before) <= 3
    assert not book.holders[FAN].lots


def test_an_own_limit_never_lifts_the_one_for_everyone():
    own = policy(Rule.SPENDING_LIMIT, 60, account=FAN, currency=COIN)
    check_row((topup(), LIMIT, own), gift(51), "over_limit")
    check_row((topup(), LIMIT, own._replace(amount=40)), gift(41), "over_limit")
    check_row((topup(), LIMIT, own._replace(amount=40)), gift(40), ANY_POSTING)


def test_the_reward_that_expires_first_is_spent_first_and_never_comes_last():
    book = small_book()
    apply_all(
        book,
        reward(1),  # 100: no life yet, so for ever
        policy(Rule.REWARD_LIFE, 9, at_us=1),
        reward(1, at_us=1),  # 102: until 10
        policy(Rule.REWARD_LIFE, 3, at_us=2),
        reward(1, at_us=2),  # 104: until 5
        reward(1, at_us=2),  # 105: until 5
    )
    assert [lot.reward for lot in book.holders[FAN].reward_lots] == [104, 105, 102, 100]
    apply_all(book, gift(2, at_us=3), first=106)
    assert [lot.reward for lot in book.holders[FAN].reward_lots] == [102, 100]


def test_a_topup_that_only_settles_leaves_no_lot():
    assert not book_after([*OWING, topup()]).holders[FAN].lots


@given(st.integers(0, 10**6), st.lists(st.integers(1, 300), min_size=1, max_size=20))
def test_a_lot_earns_its_money_as_its_coins_leave_to_the_last_cent(cost, takes):
    """After any spending, what has been earned is the exact share rounded down, however the coins were divided."""
    coins = sum(takes)
    lot = Lot(0, 0, coins, cost, 2 * cost, USD, left=coins)
    earned = spent = 0
    for part in takes:
        earned += lot.take(part)
        spent += part
        assert earned == cost * spent // coins
        assert lot.cost_left == cost - earned
        assert lot.price_left == 2 * cost * lot.left // coins
    assert (earned, lot.left) == (cost, 0)


def test_spending_coin_by_coin_earns_what_spending_at_once_earns():
    one_by_one, at_once = book_after([topup(), *[gift(1)] * 35]), book_after([topup(), gift(35)])
    assert one_by_one.balances() == at_once.balances()
    assert one_by_one.balance(PLATFORM, USD) == 34


def test_a_pack_may_hold_other_coins_in_another_region():
    book = book_after([policy(Rule.PACK_COINS, 60, item=PACK, currency=COIN, region=GERMANY)])
    german = FAN + 7
    apply_all(book, step(Op.OPEN, german, region=GERMANY), topup(actor=german), topup(), first=101)
    assert (book.holders[german].coins, book.holders[FAN].coins) == (60, 70)
