"""Conservation, and what replay and recovery rest on: random streams keep every law, in any order that lanes allow."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from ledger_streams import choices, random_choices, stream
from ledger_table import (
    FAN,
    FRIEND,
    SHOP,
    STAR,
    affiliate,
    apply_all,
    book_after,
    cancel,
    capture,
    chargeback,
    gift,
    order,
    payout,
    refund,
    reward,
    settle,
    small_book,
    step,
    topup,
    voucher,
)
from sim.ledger import (
    COIN,
    DIAMOND,
    REWARD,
    Account,
    AccountClass,
    Book,
    ConservationError,
    Decision,
    LedgerError,
    Op,
    Operation,
    Outcome,
    closing_of,
    holds_back_credits,
    lanes,
)
from sim.ledger.accounts import BANK, EXCHANGE
from sim.ledger.conservation import asset_flow, cash_flow, check
from sim.ledger.money import EUR, USD, is_fiat
from sim.ledger.operations import NO_REF, READS, SETUP
from sim.ledger.state import Order

MAY_BE_NEGATIVE = {AccountClass.PLATFORM, AccountClass.BANK, AccountClass.EXCHANGE}
SEEDS = range(8)


@settings(max_examples=60, deadline=None)
@given(choices)
def test_every_law_holds_after_every_operation(chosen):
    done = stream([])
    for choice in chosen:
        done.do(done.next(choice))
        check(done.book)


def test_long_streams_conserve_and_meet_everything():
    """Streams are worth something only if each operation is both accepted and declined in them, for every reason."""
    met: set[tuple[Op, bool]] = set()
    outcomes: set[Outcome] = set()
    for seed in SEEDS:
        done = stream(random_choices(seed, 600))
        check(done.book)
        met |= {(operation.op, decision.outcome == Outcome.ACCEPTED) for operation, decision in done.decided}
        outcomes |= {decision.outcome for _, decision in done.decided}
        assert len(done.refused) > 10
    assert met == {(op, True) for op in Op} | {(op, False) for op in set(Op) - SETUP - READS}
    assert outcomes == set(Outcome)


@settings(max_examples=60, deadline=None)
@given(choices)
def test_postings_balance_and_make_the_balances(chosen):
    done = stream(chosen)
    total: Counter[tuple[Account, int]] = Counter()
    for _, decision in done.decided:
        per_asset: Counter[int] = Counter()
        for account, asset, amount in decision.entries:
            assert amount != 0
            per_asset[asset] += amount
            total[account, asset] += amount
        assert not any(per_asset.values())
        assert decision.outcome == Outcome.ACCEPTED or not decision.entries
    assert total == done.book.balances()


@settings(max_examples=60, deadline=None)
@given(choices)
def test_nobody_holds_less_than_nothing_but_who_owes(chosen):
    """Viewers owe coins after a chargeback, sellers money after a refund, the platform bears losses."""
    for (account, asset), amount in stream(chosen).book.balances().items():
        may_owe = account.klass == AccountClass.HOLDER and (asset == COIN or is_fiat(asset))
        if account.klass not in MAY_BE_NEGATIVE and not may_owe:
            assert amount >= 0, (account, asset)
        if account == EXCHANGE and is_fiat(asset):
            assert amount >= 0


@pytest.mark.parametrize("seed", SEEDS)
def test_all_cash_has_an_owner(seed):
    book = stream(random_choices(seed, 400)).book
    for currency in (USD, EUR):
        _, opening, cash_in, *where = cash_flow(closing_of(book), currency)
        assert opening + cash_in == sum(where)


@settings(max_examples=60, deadline=None)
@given(choices)
def test_what_makes_no_sense_leaves_the_book_as_it_was(chosen):
    done = stream([])
    for choice in chosen:
        operation, before, refused = done.next(choice), repr(vars(done.book)), len(done.refused)
        done.do(operation)
        if len(done.refused) > refused:
            assert repr(vars(done.book)) == before


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_operations_make_the_same_book(seed):
    """Determinism, and recovery: a book is rebuilt from its log, and the log needs only what was accepted."""
    done = stream(random_choices(seed, 400))
    again, from_accepted = Book(), Book()
    for operation, decision in done.decided:
        assert again.apply(operation) == decision
        if decision.outcome == Outcome.ACCEPTED:
            assert from_accepted.apply(operation) == decision
    assert repr(vars(again)) == repr(vars(done.book))
    assert from_accepted == done.book
    assert from_accepted.operations < done.book.operations


@settings(max_examples=60, deadline=None)
@given(choices)
def test_any_order_that_lanes_allow_decides_the_same_for_short_streams(chosen):
    check_reordered(chosen, random.Random(0))


@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_that_lanes_allow_decides_the_same(seed):
    """What replay rests on: outcomes, entries and balances do not depend on how independent lanes interleave."""
    rng = random.Random(seed)
    chosen = random_choices(seed, 500)
    for _ in range(5):
        check_reordered(chosen, rng)


def check_reordered(chosen, rng: random.Random) -> None:
    done = stream(chosen)
    decisions = {operation.seq: decision for operation, decision in done.decided}
    book = Book()
    for operation in reordered(done.decided, rng):
        assert book.apply(operation) == decisions[operation.seq], operation
    assert book == done.book
    check(book)


def reordered(decided: list[tuple[Operation, Decision]], rng: random.Random) -> Iterator[Operation]:
    """A random order that keeps every wait: setup first, shuffled; then whatever is free."""
    setup = [operation for operation, _ in decided if operation.op in SETUP]
    rng.shuffle(setup)
    yield from setup
    live = [(operation, decision) for operation, decision in decided if operation.op not in SETUP]
    waits = {
        operation.seq: set(earlier) for operation, earlier in zip((o for o, _ in live), predecessors(live), strict=True)
    }
    by_seq = {operation.seq: operation for operation, _ in live}
    while waits:
        # Mostly the latest that is free, so that operations travel far.
        free = [seq for seq, unmet in waits.items() if not unmet]
        seq = max(free) if rng.random() < 0.7 else rng.choice(free)
        del waits[seq]
        for unmet in waits.values():
            unmet.discard(seq)
        yield by_seq[seq]


def predecessors(live: list[tuple[Operation, Decision]]) -> Iterator[set[int]]:
    """For each operation, those it waits for, as `lanes` and `holds_back_credits` say."""
    seqs = {operation.seq for operation, _ in live}
    named: defaultdict[int, set[int]] = defaultdict(set)
    short: defaultdict[int, set[int]] = defaultdict(set)
    for operation, decision in live:
        exclusive, shared = lanes(operation.op, operation.actor, operation.peer)
        before = {operation.ref} & seqs if operation.ref != NO_REF else set()
        for account in exclusive:
            before |= named[account]
        for account in shared:
            before |= short[account]
        yield before
        for account in exclusive + shared:
            named[account].add(operation.seq)
        if holds_back_credits(operation.op, decision.outcome):
            short[operation.actor].add(operation.seq)


def coins(paid: Operation) -> Operation:
    return paid._replace(currency=COIN)


@pytest.mark.parametrize(
    ("steps", "swapped"),
    [
        # Before the gift the creator was short; after it she is not.
        ((topup(), payout(10), gift(10)), (0, 2, 1)),
        # A capture takes what a cancel has left of the escrow.
        ((order(1000), cancel(400, 100), capture(600, 100)), (0, 2, 1)),
        # Before the affiliate's share the creator was short; after it she is not.
        ((order(1000), capture(1000, 100), settle(9, actor=STAR), affiliate(9, 101)), (0, 1, 3, 2)),
        # A refund leaves less to share.
        ((order(1000), capture(1000, 100), refund(995, 101), affiliate(9, 101)), (0, 1, 3, 2)),
        # A refund in coins fills the lane that it is spent from.
        (
            (topup(), coins(order(70)), coins(capture(70, 101)), coins(refund(70, 102)), coins(order(70))),
            (0, 1, 2, 4, 3),
        ),
        # A voucher pays for what comes first.
        ((voucher(5), order(3, ref=100), order(9, ref=100)), (0, 2, 1)),
        # A viewer's own order of things.
        ((topup(), gift(70), reward(5)), (0, 2, 1)),
        ((topup(), gift(70), chargeback(100)), (0, 2, 1)),
    ],
)
def test_what_may_not_be_swapped_would_differ(steps, swapped):
    """Each wait is there for a reason: without it, the same operations end otherwise."""
    numbered_steps = [each._replace(seq=100 + n) for n, each in enumerate(steps)]
    straight, crossed = small_book(), small_book()
    decided = [(each, straight.apply(each)) for each in numbered_steps]
    for n in swapped:
        crossed.apply(numbered_steps[n])
    assert crossed != straight
    late, early = swapped[-2:]
    assert 100 + early in list(predecessors(decided))[late]


def richer_book() -> Book:
    """Unspent coins, a reward, diamonds held and pending, an order in escrow, another delivered."""
    return book_after(
        [topup(), reward(3), gift(20), payout(4), order(1000), order(500, actor=FRIEND), capture(500, 105, peer=FRIEND)]
    )


def _add(book: Book, account: Account, asset: int, amount: int) -> None:
    book._balances[account, asset] += amount


def _lose_an_order(book: Book) -> None:
    book.orders.pop(104)


def _double_a_payout(book: Book) -> None:
    book.payouts[999] = book.payouts[103]


@pytest.mark.parametrize(
    ("sabotage", "message"),
    [
        (lambda book: _add(book, BANK, USD, 1), "USD: entries sum to 1 over all accounts, expected 0"),
        (lambda book: setattr(book.holders[FAN], "coins", 54), "viewer-0: balance 54 coin, but its parts explain 53"),
        (
            lambda book: setattr(book.holders[FAN].lots[0], "left", 52),
            "viewer-0: balance 53 coin, but its parts explain 52",
        ),
        (
            lambda book: setattr(book.holders[FAN].lots[0], "cost", 80),
            "exchange: balance 53 USD, but its parts explain",
        ),
        (
            lambda book: setattr(book.holders[FRIEND], "rewards", 1),
            "viewer-1: balance 1 reward, but its parts explain 0",
        ),
        (lambda book: book.holders[FRIEND].cash.update({EUR: 1}), "viewer-1: balance 0 EUR, but its parts explain 1"),
        (
            lambda book: setattr(book.holders[STAR], "diamonds", 17),
            "creator-0: balance 16 diamond, but its parts explain 17",
        ),
        (lambda book: setattr(book.payouts[103], "diamonds", 5), "pending of creator-0: balance 4 diamond"),
        (_double_a_payout, "pending of creator-0: balance 4 diamond, but its parts explain 8"),
        (_lose_an_order, "escrow of viewer-0: balance 1070 USD, but its parts explain 0"),
        (
            lambda book: setattr(book.orders[104], "tax", 71),
            "escrow of viewer-0: balance 1070 USD, but its parts explain 1071",
        ),
        (lambda book: book.holders[SHOP].add_cash(USD, -470), "seller-0: balance 470 USD, but its parts explain 0"),
        (lambda book: book.holders.pop(STAR), "creator-0: balance 16 diamond, but its parts explain 0"),
        (
            lambda book: book._flows.update({(Op.TOPUP, AccountClass.EXCHANGE, COIN): 1}),
            "coin: opening and issued make 69, held, escrowed, pending and retired 70",
        ),
        (
            lambda book: book._flows.update({(Op.TOPUP, AccountClass.STORE, USD): 1}),
            "store: balances sum to 30 USD, but flows to 31",
        ),
    ],
)
def test_a_broken_law_is_named(sabotage, message):
    book = richer_book()
    check(book)
    sabotage(book)
    with pytest.raises(ConservationError, match=message):
        check(book)


def test_the_flow_of_each_asset():
    book = richer_book()
    apply_all(book, chargeback(100), payout(4, 103), step(Op.OPEN, FAN + 9, amount=7, currency=COIN), first=107)
    closing = closing_of(book)
    assert asset_flow(closing, COIN)[1:] == (
        *(7, 70, -10, 0, 0),
        {"gift": 17, "order": 0, "clawback": 70, "coin_refund": 0},
    )
    assert asset_flow(closing, REWARD)[1:] == (0, 3, 0, 0, 0, {"gift": 3, "expiry": 0})
    assert asset_flow(closing, DIAMOND)[1:] == (0, 20, 16, 0, 0, {"payout": 4})


def test_the_flow_of_cash():
    """$0.99 for coins, $10.70 and $5.35 for orders; 2 cents asked for; 16 diamonds are worth 8 cents more."""
    flow = cash_flow(closing_of(richer_book()), USD)
    assert flow._asdict() == {
        "currency": "USD",
        "opening": 0,
        "cash_in": 99 + 1070 + 535,
        "refunded": 0,
        "paid_out": 0,
        "store_fees": 30,
        "tax_due": 35,
        "coin_float": 53,
        "escrow": 1070,
        "seller_balances": 470,
        "affiliate_balances": 0,
        "voucher_balances": 0,
        "creator_payable": 10,
        "platform_own": 16 + 30 - 10,
    }


def test_what_the_accounts_say_at_the_end():
    """53 of 70 coins at 99 cents are unspent; 16 diamonds at half a cent are held and 4 pending; nobody holds euros."""
    closing = closing_of(richer_book())
    assert closing.unspent_price == {USD: 99 * 53 // 70}
    assert closing.creator_payable == {USD: 8 + 2}
    assert closing.flow(AccountClass.STORE, USD, Op.TOPUP) == closing.held(AccountClass.STORE, USD) == 30
    assert closing.held(AccountClass.PENDING, DIAMOND) == 4
    assert closing.held(AccountClass.HOLDER, EUR) == 0


def test_an_order_remembers_what_is_left():
    bought = Order(FAN, SHOP, USD, amount=3, tax=2, left=1, pays=USD, net=3)
    assert (bought.in_escrow, bought.tax_left) == (1, 1)


def test_a_refused_operation_is_not_counted():
    book = small_book()
    with pytest.raises(LedgerError):
        apply_all(book, gift(0))
    assert book.operations == small_book().operations
