"""Dependencies: what may overtake what, so that no speed changes an outcome."""

from collections.abc import Callable

import numpy as np
import pytest

from loadtests.replay.dependencies import dependencies
from sim.ledger import Book, Op, Operation, Outcome
from sim.ledger.operations import SETUP
from traces import Town, busy_town, rare_town


def graph(town: Town) -> tuple[list[Operation], dict[int, set[int]]]:
    """The live operations of a town, and by index those that each must wait for."""
    live = [(operation, outcome) for operation, outcome in town.rows if operation.op not in SETUP]
    rows = [(o.op, o.actor, o.peer, o.ref, outcome, o.seq) for o, outcome in live]
    found = dependencies(*(list(column) for column in zip(*rows, strict=True)))
    before: dict[int, set[int]] = {i: set() for i in range(len(live))}
    for i in range(len(live)):
        for successor in found.successor[found.successor_start[i] : found.successor_start[i + 1]].tolist():
            before[successor].add(i)
    assert [len(before[i]) for i in before] == found.waits_for.tolist()
    return [operation for operation, _ in live], before


@pytest.fixture
def town() -> Town:
    return Town()


def test_one_account_keeps_its_order(town: Town) -> None:
    fan, star = town.viewer(10), town.creator()
    for at in range(3):
        town.gift(fan, star, 1, at)
    assert graph(town)[1] == {0: set(), 1: {0}, 2: {1}}


def test_credits_make_nobody_wait(town: Town) -> None:
    star = town.creator()
    for at in range(3):
        town.gift(town.viewer(10), star, 1, at)
    assert graph(town)[1] == {0: set(), 1: set(), 2: set()}


def test_a_payout_waits_for_the_gifts_that_filled_it_and_later_gifts_do_not_wait_for_it(town: Town) -> None:
    star = town.creator()
    town.gift(town.viewer(500), star, 200, 0)
    town.gift(town.viewer(500), star, 200, 1)
    assert town.rows[town.payout(star, 400, 2)][1] == Outcome.ACCEPTED
    town.gift(town.viewer(500), star, 200, 3)
    assert graph(town)[1] == {0: set(), 1: set(), 2: {0, 1}, 3: set()}


def test_a_later_gift_must_not_cover_a_payout_that_lacked_funds(town: Town) -> None:
    star = town.creator()
    town.gift(town.viewer(500), star, 200, 0)
    assert town.rows[town.payout(star, 400, 1)][1] == Outcome.INSUFFICIENT_FUNDS
    town.gift(town.viewer(500), star, 200, 2)
    assert graph(town)[1] == {0: set(), 1: {0}, 2: {1}}


def test_a_delivery_waits_for_its_order_and_the_sellers_lane(town: Town) -> None:
    fan, other, shop = town.viewer(), town.viewer(), town.seller()
    first, second = town.order(fan, shop, 100, 0), town.order(other, shop, 100, 1)
    for at, order, buyer in ((2, first, fan), (3, second, other)):
        town.add(Op.CAPTURE, shop, at_us=at, peer=buyer, amount=100, currency=840, ref=order)
    assert graph(town)[1] == {0: set(), 1: set(), 2: {0}, 3: {1, 2}}


def test_a_read_sees_what_came_before_it(town: Town) -> None:
    fan, star = town.viewer(10), town.creator()
    town.gift(fan, star, 1, 0)
    town.add(Op.BALANCE, fan, at_us=1)
    town.add(Op.BALANCE, star, at_us=2)
    assert graph(town)[1] == {0: set(), 1: {0}, 2: {0}}


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("make", [lambda: busy_town(fans=6, gifts=4), rare_town], ids=["busy", "rare"])
def test_any_order_that_keeps_the_graph_gives_the_same_book(make: Callable[[], Town], seed: int) -> None:
    """What the replay rests on: only waiting decides, so the wallet may see any such order."""
    town = make()
    live, before = graph(town)
    book = Book()
    for operation, _ in town.rows:
        if operation.op in SETUP:
            book.apply(operation)
    draws = np.random.default_rng(seed)
    left = dict(before)
    done: set[int] = set()
    while left:
        i = int(draws.choice([i for i, waits in left.items() if waits <= done]))
        outcome = book.apply(live[i]).outcome
        assert outcome == town.rows[live[i].seq][1]
        done.add(i)
        del left[i]
    assert book.balances() == town.book.balances()
