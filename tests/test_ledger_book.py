"""The book as a whole: opens, reads, what an operation is, whose lane it runs in, and whether the examples run."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import sim.ledger
from ledger_table import (
    BIG_PACK,
    FAN,
    FRIEND,
    NEWCOMER,
    PACK,
    SHOP,
    STAR,
    apply_all,
    book_after,
    check_refused,
    check_row,
    gift,
    small_book,
    step,
    topup,
)
from sim.ledger import (
    COIN,
    DIAMOND,
    REWARD,
    Account,
    AccountClass,
    Item,
    Kind,
    Lanes,
    LedgerError,
    Op,
    Operation,
    Outcome,
    Rule,
    account_id,
    account_name,
    holds_back_credits,
    item_id,
    item_kind,
    kind_of,
    lanes,
    needs_service_token,
    parse_account,
)
from sim.ledger.accounts import KIND_SPAN
from sim.ledger.money import USD
from sim.ledger.operations import ITEM_SPAN

LATE_FAN, LATE_STAR, LATE_SHOP = FAN + 9, STAR + 9, SHOP + 9


@pytest.mark.parametrize(
    ("operation", "posting"),
    [
        (step(Op.OPEN, LATE_FAN, amount=5, currency=COIN), "viewer-9 +5 coin, exchange -5 coin"),
        (step(Op.OPEN, LATE_FAN, amount=5, currency=REWARD), "viewer-9 +5 reward, exchange -5 reward"),
        (step(Op.OPEN, LATE_STAR, amount=5, currency=DIAMOND), "creator-9 +5 diamond, exchange -5 diamond"),
        (step(Op.OPEN, LATE_SHOP, amount=5, currency=USD), "seller-9 +5 USD, bank -5 USD"),
        (step(Op.OPEN, LATE_FAN), "accepted"),  # empty, and without a region
        (step(Op.BALANCE, FAN), "accepted"),  # reads move nothing
        (step(Op.HISTORY, SHOP), "accepted"),
    ],
)
def test_open_and_read(operation, posting):
    check_row((), operation, posting)


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (step(Op.OPEN, FAN), "viewer-0 is open already: expected one open an account"),
        (step(Op.OPEN, 17), r"account 17: expected kind \* 10\^12 \+ n"),
        (step(Op.OPEN, LATE_FAN, amount=5, currency=DIAMOND), "open of viewer-9: no viewer holds diamond"),
        (step(Op.OPEN, LATE_STAR, amount=5, currency=USD), "open of creator-9: no creator holds USD"),
        (step(Op.OPEN, LATE_SHOP, amount=5, currency=COIN), "open of seller-9: no seller holds coin"),
        (step(Op.OPEN, LATE_FAN, amount=5), "open of viewer-9: no viewer holds none"),
        (step(Op.OPEN, LATE_FAN, amount=-5, currency=COIN), r"open amount\(=-5\) must be >= 0"),
        (step(Op.BALANCE, LATE_FAN), "account viewer-9 is not open"),
        (step(19, FAN), "operation 19: expected a code that the ledger knows"),
    ],
)
def test_what_makes_no_sense_is_refused(operation, message):
    check_refused((), operation, message)


def test_opening_coins_cost_nothing_and_are_spent_like_others():
    opened = step(Op.OPEN, LATE_FAN, amount=5, currency=COIN)
    check_row(
        (opened,),
        gift(5, actor=LATE_FAN),
        "viewer-9 -5 coin, exchange +5 coin, creator-0 +5 diamond, exchange -5 diamond",
    )


def test_a_book_says_what_it_holds():
    assert repr(book_after([topup(), gift(30)])) == "<Book accounts=6 coins=40 operations=18>"


def test_books_are_equal_when_they_would_decide_alike():
    twin = book_after([topup()])
    assert twin == book_after([topup()])
    assert twin != book_after([topup(198)])
    assert twin != small_book()
    assert twin != "a book"


S = account_id(Kind.SELLER, 5)
V = account_id(Kind.VIEWER, 5)
C = account_id(Kind.CREATOR, 5)


@pytest.mark.parametrize(
    ("op", "actor", "peer", "expected"),
    [
        (Op.POLICY, -1, 3, Lanes((), ())),  # its peer is a rule's code, nobody's account
        (Op.OPEN, V, -1, Lanes((V,), ())),
        (Op.TOPUP, V, -1, Lanes((V,), ())),
        (Op.GIFT, V, C, Lanes((V,), (C,))),  # the creator is only credited
        (Op.ORDER, V, S, Lanes((V,), ())),  # nothing reaches the seller before delivery
        (Op.CAPTURE, S, V, Lanes((S, V), ())),  # takes the buyer's escrow, which a cancel may have lessened
        (Op.CANCEL, V, S, Lanes((V,), ())),
        (Op.AFFILIATE, C, S, Lanes((S,), (C,))),  # takes from the seller, and credits the creator
        (Op.SETTLE, S, -1, Lanes((S,), ())),
        (Op.COIN_REFUND, V, -1, Lanes((V,), ())),
        (Op.PAYOUT_RETURN, C, -1, Lanes((C,), ())),
        (Op.VOUCHER, V, -1, Lanes((V,), ())),
        (Op.REFUND, V, S, Lanes((V, S), ())),  # takes from the seller
        (Op.CHARGEBACK, V, -1, Lanes((V,), ())),
        (Op.PAYOUT, C, -1, Lanes((C,), ())),
        (Op.HISTORY, C, -1, Lanes((C,), ())),
    ],
)
def test_lanes(op, actor, peer, expected):
    assert lanes(op, actor, peer) == expected


@pytest.mark.parametrize(
    ("op", "outcome", "holds"),
    [
        (Op.PAYOUT, Outcome.INSUFFICIENT_FUNDS, True),  # a gift that came first would have covered it
        (Op.SETTLE, Outcome.INSUFFICIENT_FUNDS, True),  # an affiliate's share would have
        (Op.SETTLE, Outcome.BELOW_FLOOR, False),
        (Op.PAYOUT, Outcome.ACCEPTED, False),
        (Op.PAYOUT, Outcome.BELOW_FLOOR, False),  # no gift changes what was asked for
        (Op.GIFT, Outcome.INSUFFICIENT_FUNDS, False),  # nobody but the own lane credits a viewer
    ],
)
def test_which_declines_hold_back_credits(op, outcome, holds):
    assert holds_back_credits(op, outcome) is holds


OWN = {Op.GIFT, Op.ORDER, Op.COIN_REFUND, Op.PAYOUT, Op.SETTLE, Op.BALANCE, Op.HISTORY}


@pytest.mark.parametrize("op", list(Op))
def test_who_may_do_it(op):
    assert needs_service_token(op, peer=-1, ref=-1) is (op not in OWN)


def test_a_payout_is_asked_by_the_creator_and_made_by_the_platform():
    assert not needs_service_token(Op.PAYOUT, peer=-1, ref=-1)
    assert needs_service_token(Op.PAYOUT, peer=-1, ref=7)


@pytest.mark.parametrize("rule", list(Rule))
def test_of_the_terms_only_the_own_spending_limit_is_the_owners(rule):
    assert needs_service_token(Op.POLICY, peer=rule, ref=-1) is (rule != Rule.SPENDING_LIMIT)


@pytest.mark.parametrize("name", ["viewer-0", "creator-17", "seller-999999999999"])
def test_names_and_ids_are_one_to_one(name):
    assert account_name(parse_account(name)) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "viewer",
        "viewer-",
        "viewer--1",
        "viewer-01",
        "viewer-1000000000000",
        "Viewer-1",
        "viewer-1 ",
        "bank-0",
        "viewer-1١",
    ],
)
def test_names_that_are_none(name):
    with pytest.raises(LedgerError, match="expected viewer-N, creator-N or seller-N"):
        parse_account(name)


@pytest.mark.parametrize(
    "make",
    [
        lambda: account_id(Kind.VIEWER, KIND_SPAN),  # would be creator 0
        lambda: account_id(Kind.VIEWER, -1),
        lambda: kind_of(4 * KIND_SPAN),
        lambda: item_id(Item.GIFT, ITEM_SPAN),
        lambda: item_kind(12 * ITEM_SPAN),
    ],
)
def test_ids_that_are_none(make):
    with pytest.raises(LedgerError, match="expected"):
        make()


def test_items_say_their_kind():
    assert [item_kind(item) for item in (PACK, BIG_PACK)] == [Item.PACK_APP] * 2


def test_accounts_say_whose_they_are():
    accounts = [Account(AccountClass.HOLDER, FAN), Account(AccountClass.ESCROW, FRIEND), Account(AccountClass.BANK)]
    assert [str(account) for account in accounts] == ["viewer-0", "escrow of viewer-1", "bank"]


def test_the_codes_of_the_trace_never_change():
    assert [int(op) for op in Op] == list(range(19))
    assert [outcome.code for outcome in Outcome] == [
        "accepted",
        "suspended",
        "frozen",
        "wrong_state",
        "over_limit",
        "over_cap",
        "below_floor",
        "insufficient_funds",
    ]
    assert Operation._fields == ("seq", "at_us", "op", "actor", "peer", "item", "amount", "currency", "ref", "region")


def test_a_decline_is_counted_and_changes_nothing_else():
    book, untouched = small_book(), small_book()
    decisions = apply_all(book, gift(1), gift(1, actor=FRIEND, peer=NEWCOMER))
    assert {decision.outcome for decision in decisions} == {Outcome.INSUFFICIENT_FUNDS}
    assert book == untouched
    assert book.operations == untouched.operations + 2


MODULES = [f"sim.ledger.{module.name}" for module in pkgutil.iter_modules(sim.ledger.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(importlib.import_module(name), optionflags=flags).failed == 0


def test_the_vocabulary_needs_the_standard_library_only():
    """Whoever reads a trace may take these modules along."""
    seen = "import sys; import sim.ledger.conservation; print(*(m for m in sys.modules if m.split('.')[0] in %r))"
    heavy = ("numpy", "numba", "simpy", "msgspec", "duckdb", "click")
    printed = subprocess.run([sys.executable, "-c", seen % (heavy,)], capture_output=True, text=True, check=True).stdout
    assert not printed.strip()
