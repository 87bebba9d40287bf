"""Terms: from an instant, the narrowest first, the same whether announced early or late."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger_table import FAN, FRIEND, GERMANY, PACK, SHOP, US, apply_all, check_refused, policy, small_book, step
from sim.ledger import COIN, LedgerError, Op, Rule
from sim.ledger.money import AMOUNT_MAX, EUR, USD
from sim.ledger.terms import LIFE_MAX_US, MEANINGS, Terms


def terms_of(*lines):
    terms = Terms()
    for rule, value, where in lines:
        terms.set(rule, value, **where)
    return terms


FEES = terms_of(
    (Rule.STORE_FEE, 1, {}),
    (Rule.STORE_FEE, 2, {"region": US}),
    (Rule.STORE_FEE, 3, {"item": PACK}),
    (Rule.STORE_FEE, 4, {"item": PACK, "region": US}),
)
LIMITS = terms_of(
    (Rule.SPENDING_LIMIT, 1, {"currency": COIN}),
    (Rule.SPENDING_LIMIT, 2, {"currency": COIN, "region": US}),
    (Rule.SPENDING_LIMIT, 3, {"currency": COIN, "account": FAN}),
)
TIERS = terms_of(
    (Rule.BALANCE_CAP, 1, {"currency": COIN}),
    (Rule.BALANCE_CAP, 2, {"currency": COIN, "region": US}),
    (Rule.BALANCE_CAP, 3, {"currency": COIN, "item": 1}),
    (Rule.BALANCE_CAP, 4, {"currency": COIN, "item": 1, "region": US}),
    (Rule.BALANCE_CAP, 5, {"currency": COIN, "account": FAN}),
)
FLOORS = terms_of(
    (Rule.PAYOUT_FLOOR, 1, {"currency": USD}),
    (Rule.PAYOUT_FLOOR, 2, {"currency": EUR}),
    (Rule.PAYOUT_FLOOR, 3, {"currency": USD, "region": US}),
)


@pytest.mark.parametrize(
    ("terms", "rule", "asked", "value"),
    [
        (FEES, Rule.STORE_FEE, {"item": PACK, "region": US}, 4),  # item and region
        (FEES, Rule.STORE_FEE, {"item": PACK, "region": GERMANY}, 3),  # the item anywhere
        (FEES, Rule.STORE_FEE, {"item": PACK + 1, "region": US}, 2),  # any item of the region
        (FEES, Rule.STORE_FEE, {"region": US}, 2),  # a region's beats everyone's, when no item is asked for
        (FEES, Rule.STORE_FEE, {"item": PACK + 1, "region": GERMANY}, 1),  # everyone
        (FEES, Rule.STORE_FEE, {}, 1),
        (FEES, Rule.COMMISSION, {}, 0),  # nobody spoke of it: the default
        (LIMITS, Rule.SPENDING_LIMIT, {"account": FAN, "region": US}, 3),  # one's own
        (LIMITS, Rule.SPENDING_LIMIT, {"account": FRIEND, "region": US}, 2),
        (LIMITS, Rule.SPENDING_LIMIT, {"account": FRIEND, "region": GERMANY}, 1),
        (TIERS, Rule.BALANCE_CAP, {"item": 1, "region": US}, 4),  # tier and region
        (TIERS, Rule.BALANCE_CAP, {"item": 1, "region": GERMANY}, 3),  # the tier anywhere
        (TIERS, Rule.BALANCE_CAP, {"item": 0, "region": US}, 2),  # anyone in the region
        (TIERS, Rule.BALANCE_CAP, {"item": 0, "region": GERMANY}, 1),
        (TIERS, Rule.BALANCE_CAP, {"account": FAN, "item": 1, "region": US}, 5),
        (FLOORS, Rule.PAYOUT_FLOOR, {"region": US, "currency": USD}, 3),
        (FLOORS, Rule.PAYOUT_FLOOR, {"region": US, "currency": EUR}, 2),  # a floor in dollars says nothing here
        (FLOORS, Rule.PAYOUT_FLOOR, {"region": GERMANY, "currency": USD}, 1),
    ],
)
def test_the_narrowest_term_wins(terms, rule, asked, value):
    assert terms.get(rule, 0, **asked) == value


def test_a_narrow_term_that_does_not_hold_yet_leaves_the_wider_one():
    terms = terms_of((Rule.COMMISSION, 1, {}), (Rule.COMMISSION, 2, {"region": US, "at_us": 10}))
    assert [terms.get(Rule.COMMISSION, at, region=US) for at in (0, 9, 10, 11)] == [1, 1, 2, 2]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_order_of_announcement_does_not_matter(order):
    lines = [(5, 1, 10), (5, 3, 30), (5, 2, 20), (9, 0, 40)]  # from, seq, value: two hands on one instant, seq decides
    terms = Terms()
    for index in order:
        at_us, seq, value = lines[index]
        terms.set(Rule.COMMISSION, value, at_us=at_us, seq=seq)
    assert [terms.get(Rule.COMMISSION, at) for at in (4, 5, 8, 9)] == [0, 30, 30, 40]


def test_without_numbers_the_last_one_said_holds():
    terms = terms_of((Rule.COMMISSION, 9, {}), (Rule.COMMISSION, 3, {}))
    assert terms.get(Rule.COMMISSION, 0) == 3


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 100)), max_size=12), st.integers(0, 25))
def test_the_value_in_force_is_the_last_one_said_before(lines, at_us):
    terms = Terms()
    for seq, (from_us, value) in enumerate(lines):
        terms.set(Rule.COMMISSION, value, at_us=from_us, seq=seq)
    said = [(from_us, seq, value) for seq, (from_us, value) in enumerate(lines) if from_us <= at_us]
    assert terms.get(Rule.COMMISSION, at_us, default=-1) == (max(said)[2] if said else -1)


def test_every_rule_has_a_meaning():
    assert set(MEANINGS) == set(Rule)


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (policy(Rule.COMMISSION, 1_000_001), "policy commission amount 1000001: expected 0 to 1000000 ppm"),
        (policy(Rule.COMMISSION, -1), "policy commission amount -1: expected 0 to 1000000 ppm"),
        (policy(Rule.COMMISSION, 1, currency=USD), "policy commission currency USD: expected none"),
        (policy(Rule.PACK_COINS, 0, item=PACK, currency=COIN), "policy pack_coins amount 0: expected 1 to"),
        (policy(Rule.PACK_COINS, AMOUNT_MAX + 1, item=PACK, currency=COIN), "policy pack_coins amount 1000000000001"),
        (policy(Rule.PACK_COINS, 5, item=PACK), "policy pack_coins currency none: expected coin"),
        (
            policy(Rule.DIAMOND_VALUE, 500_000),
            "policy diamond_value currency none: expected CNY or EUR or GBP or IDR or USD",
        ),
        (policy(Rule.PAYOUT_FLOOR, 5, currency=COIN), "policy payout_floor currency coin: expected CNY"),
        (policy(Rule.REWARD_LIFE, LIFE_MAX_US + 1), "policy reward_life amount 1000000000000001: expected 0 to"),
        (policy(Rule.SUSPENDED, 2), "policy suspended amount 2: expected 0 to 1$"),
        (policy(Rule.REFUND_FEE, 1, account=FAN), "policy refund_fee: expected it for everyone or for a region"),
        (policy(Rule.REFUND_FEE, 1, item=PACK), "policy refund_fee: expected it for everyone or for a region"),
        (
            policy(Rule.COMMISSION, 1, account=SHOP),
            "policy commission: expected it for everyone or for a promotion, a region or both",
        ),
        (policy(Rule.COMMISSION, 1, item=PACK), "policy commission item 100000000: expected a promotion from 1 to"),
        (policy(Rule.COMMISSION, 1, item=0), "policy commission item 0: expected a promotion from 1 to 1000000$"),
        (policy(Rule.COMMISSION_FLAT, 30), "policy commission_flat currency none: expected CNY or EUR or GBP or IDR"),
        (policy(Rule.COMMISSION_FLAT, -1, currency=USD), r"policy commission_flat amount -1: expected 0 to \d+ minor"),
        (policy(Rule.COMMISSION_FLAT, 1, item=0, currency=USD), "policy commission_flat item 0: expected a promotion"),
        (policy(Rule.NEW_SELLER, -1, account=SHOP), "policy new_seller amount -1: expected 0 to 1000000$"),
        (policy(Rule.NEW_SELLER, 1_000_001, account=SHOP), "policy new_seller amount 1000001: expected 0 to 1000000$"),
        (policy(Rule.NEW_SELLER, 1, item=1), "policy new_seller: expected it for everyone or for an account or a"),
        (
            policy(Rule.SUSPENDED, 1, item=PACK),
            "policy suspended: expected it for everyone or for an account or a region",
        ),
        (
            policy(Rule.SUSPENDED, 1, account=FAN, region=US),
            "policy suspended: expected it for everyone or for an account",
        ),
        (
            policy(Rule.STORE_FEE, 1, account=FAN),
            "policy store_fee: expected it for everyone or for an item, a region or both",
        ),
        (
            policy(Rule.BALANCE_CAP, 1, item=4, currency=COIN),
            "policy balance_cap item 4: expected a tier from 0 to 3",
        ),
        (policy(Rule.TOPUP_LIMIT, 1, item=-2, currency=USD), "policy topup_limit item -2: expected a tier"),
        (
            policy(Rule.SPENDING_LIMIT, 1, account=FAN, item=1, currency=COIN),
            "policy spending_limit: expected it for everyone or for an account, or a tier, a region or both",
        ),
        (policy(Rule.COIN_PRICE, 0, currency=USD), "policy coin_price amount 0: expected 1 to"),
        (policy(Rule.COIN_PRICE, 5, currency=COIN), "policy coin_price currency coin: expected CNY"),
        (policy(Rule.SUSPENDED, 1, account=5), r"account 5: expected kind \* 10\^12"),
        (step(Op.POLICY, -1, peer=99, amount=1), "policy rule 99: expected a code from 1 to 23"),
        (policy(Rule.COMMISSION, 1, region=7), "policy region 7: expected an ISO 3166-1 number"),
    ],
)
def test_what_makes_no_sense_is_refused(operation, message):
    check_refused((), operation, message)


def test_a_policy_may_speak_of_an_account_that_opens_later():
    book = small_book()
    late = FAN + 50
    apply_all(book, policy(Rule.SUSPENDED, 1, account=late), step(Op.OPEN, late))
    assert book.is_suspended(book.holders[late], 0)


def test_of_two_policies_for_an_instant_the_higher_seq_holds_in_whatever_order_they_arrive():
    book = small_book()
    for seq in (102, 101):
        book.apply(policy(Rule.COMMISSION, seq)._replace(seq=seq))
    assert book.terms.get(Rule.COMMISSION, 0) == 102


def test_a_rule_that_must_be_stated_says_for_what():
    with pytest.raises(LedgerError, match="no policy pack_coins for item 7 at 3 us"):
        Terms().demand(Rule.PACK_COINS, 3, item=7)
