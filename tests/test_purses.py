"""Purses: the columns' rules of coins post exactly what the ledger's book does, entry for entry."""

from typing import Any, NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.compiled import rule
from sim.engines.columns import purses as columns
from sim.engines.columns.spending import NO_END
from sim.engines.columns.totals import DIAMONDS, FIRST_FIAT, assets_of, flows_of, new_totals
from sim.ledger import COIN, REWARD, Book, Item, Kind, Op, Operation, Outcome, Rule, account_id, item_id
from sim.ledger.money import USD, portion, tax_inside

FAN, STAR = account_id(Kind.VIEWER, 0), account_id(Kind.CREATOR, 0)
CHECKIN, ROSE = item_id(Item.REWARD_CHECKIN, 0), item_id(Item.GIFT, 0)
US = 840
PACKS = ((70, 99, 300_000), (7, 13, 30_000), (1321, 1999, 0), (1, 1, 1_000_000))  # coins, cents, fee in ppm
TAX = 70_000
LIFE_US = 1_000


@rule
def top_up(purses, lots, totals, coins, price, fee, tax):
    return columns.top_up(purses, lots, totals, 0, FIRST_FIAT, 0, coins, price, fee, tax, 0, -1)


@rule
def grant(purses, grants, totals, amount, at_us, life_us, ticket):
    columns.grant(purses, grants, totals, 0, CHECKIN, amount, at_us, life_us, ticket)


@rule
def expire(purses, grants, totals, place):
    return columns.expire(purses, grants, totals, place)


@rule
def give(purses, lots, grants, totals, amount):
    return columns.give(purses, lots, grants, totals, 0, FIRST_FIAT, amount, 0, NO_END)


@rule
def charge_back(purses, lots, totals, coins, price, fee, tax, serial):
    return columns.charge_back(purses, lots, totals, 0, FIRST_FIAT, coins, price, fee, tax, serial)


class Bought(NamedTuple):
    """A topup: its place in the book, and all that the columns need to reverse it."""

    seq: int
    coins: int
    price: int
    fee: int
    tax: int
    serial: int


class Both:
    """One fan's purse in a book and in columns, told the same things."""

    def __init__(self) -> None:
        self.book = Book()
        self.purses = columns.new_purses(np.zeros(1, np.int32))
        self.lots, self.grants = columns.new_lots(4096), columns.new_grants(4096)
        self.totals = new_totals(4)
        self.topups: list[Bought] = []
        self.rewards: list[tuple[int, int]] = []  # seq, expiry
        self.seq, self.now_us, self.life_us = 0, 0, LIFE_US
        self.tell(Op.POLICY, -1, peer=Rule.TOPUP_TAX, amount=TAX, region=US)
        self.tell(Op.POLICY, -1, peer=Rule.REWARD_LIFE, amount=LIFE_US)
        for n, (coins, _, fee) in enumerate(PACKS):
            item = item_id(Item.PACK_APP, n)
            self.tell(Op.POLICY, -1, peer=Rule.PACK_COINS, item=item, amount=coins, currency=COIN, region=US)
            self.tell(Op.POLICY, -1, peer=Rule.STORE_FEE, item=item, amount=fee, region=US)
        self.tell(Op.OPEN, FAN, region=US)
        self.tell(Op.OPEN, STAR, region=US)

    def tell(self, op: Op, actor: int, **fields: Any) -> Outcome:
        self.seq += 1
        return self.book.apply(Operation(self.seq, self.now_us, op, actor, **fields)).outcome

    def top_up(self, pack: int) -> None:
        coins, price, fee_ppm = PACKS[pack]
        tax = tax_inside(price, TAX)
        fee = portion(price - tax, fee_ppm)
        self.tell(Op.TOPUP, FAN, item=item_id(Item.PACK_APP, pack), amount=price, currency=USD)
        _, serial = top_up(self.purses, self.lots, self.totals, coins, price, fee, tax)
        self.topups.append(Bought(self.seq, coins, price, fee, tax, serial))

    def reward(self, amount: int) -> None:
        self.tell(Op.REWARD, FAN, item=CHECKIN, amount=amount, currency=REWARD)
        grant(self.purses, self.grants, self.totals, amount, self.now_us, self.life_us, 0)
        if self.life_us:
            self.rewards.append((self.seq, self.now_us + self.life_us))

    def let_live(self, life_us: int) -> None:
        """Rewards live so long from now on; 0 is for ever."""
        self.life_us = life_us
        self.tell(Op.POLICY, -1, peer=Rule.REWARD_LIFE, amount=life_us)

    def give(self, amount: int) -> None:
        expected = self.tell(Op.GIFT, FAN, peer=STAR, item=ROSE, amount=amount, currency=COIN)
        assert give(self.purses, self.lots, self.grants, self.totals, amount).outcome == expected

    def charge_back(self, which: int) -> None:
        if self.topups:
            bought = self.topups.pop(which % len(self.topups))
            self.tell(Op.CHARGEBACK, FAN, amount=bought.price, currency=USD, ref=bought.seq)
            charge_back(self.purses, self.lots, self.totals, *bought[1:])

    def expire(self) -> None:
        """The reward that expires first of those of which anything is left."""
        left = {lot.reward: lot.left for lot in self.book.holders[FAN].reward_lots}
        for place, (seq, expires_us) in sorted(enumerate(self.rewards), key=lambda given: given[1][::-1]):
            if left.get(seq):
                self.now_us = max(self.now_us, expires_us)
                told = self.tell(Op.EXPIRE, FAN, item=CHECKIN, amount=left[seq], currency=REWARD, ref=seq)
                assert told == Outcome.ACCEPTED
                assert expire(self.purses, self.grants, self.totals, place) == left[seq]
                return

    def check(self) -> None:
        holder, purse = self.book.holders[FAN], self.purses[0]
        assert (purse["coins"], purse["rewards"]) == (holder.coins, holder.rewards)
        assert flows_of(self.totals, assets_of([USD])) == self.book.flows()
        assert self.book.holders[STAR].diamonds == self.totals.amount[:, columns.HOLDER, DIAMONDS].sum()


STEPS = st.one_of(
    st.tuples(st.just("top_up"), st.integers(0, len(PACKS) - 1)),
    st.tuples(st.just("reward"), st.integers(1, 50)),
    st.tuples(st.just("give"), st.sampled_from([1, 5, 30, 69, 100, 1321, 5000])),
    st.tuples(st.just("charge_back"), st.integers(0, 9)),
    st.tuples(st.just("expire")),
    st.tuples(st.just("let_live"), st.sampled_from([1, 5, LIFE_US, 0])),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_every_posting_is_the_books(steps: list[tuple[Any, ...]]) -> None:
    both = Both()
    for name, *arguments in steps:
        both.now_us += 1
        getattr(both, name)(*arguments)
        both.check()


def test_a_purse_in_debt_is_frozen_and_pays_first() -> None:
    both = Both()
    both.top_up(0)
    both.give(69)
    both.charge_back(0)
    both.check()
    assert both.purses[0]["coins"] == -69
    both.give(1)
    both.top_up(0)
    both.check()
    assert both.purses[0]["coins"] == 1
