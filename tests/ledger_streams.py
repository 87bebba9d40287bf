"""Random streams of operations, most of which make sense: what the properties of the ledger are tried on.

    operations = stream([("topup", 0, 0, 99, 1), ("gift", 0, 1, 5, 1)])

A choice is (what, who, other, amount, wait); `Stream` turns it into an operation that fits what happened before.
"""

import random
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from ledger_table import (
    BIG_PACK,
    BY_AMOUNT,
    DAY_US,
    GERMANY,
    OPENS,
    PACK,
    TERMS,
    US,
    affiliate,
    cancel,
    capture,
    chargeback,
    coin_refund,
    expire,
    gift,
    numbered,
    order,
    payout,
    payout_return,
    policy,
    refund,
    reward,
    settle,
    step,
    topup,
    voucher,
)
from sim.ledger import COIN, DIAMOND, REWARD, Book, Decision, Kind, LedgerError, Op, Operation, Rule, account_id
from sim.ledger.money import EUR, USD

Choice = tuple[str, int, int, int, int]

WHATS = (
    *("topup", "gift", "gift", "order", "reward", "payout", "settle", "affiliate"),
    *("topup", "gift", "reward", "order", "expire", "cancel", "capture", "capture", "refund", "chargeback", "paid"),
    *("coin_refund", "own_limit", "voucher", "coin_order", "coin_order", "voucher_order", "returned"),
    *("policy", "open", "read", "nonsense"),
)
WAITS_US = (0, 1, DAY_US // 7, DAY_US)
VIEWERS = [account_id(Kind.VIEWER, n) for n in range(2)]
CREATORS = [account_id(Kind.CREATOR, n) for n in range(2)]
SELLERS = [account_id(Kind.SELLER, n) for n in range(2)]
CURRENCIES = (USD, USD, EUR)

choices = st.lists(
    st.tuples(st.sampled_from(WHATS), st.integers(0, 9), st.integers(0, 9), st.integers(1, 400), st.integers(0, 3)),
    max_size=60,
)


def random_choices(seed: int, length: int) -> list[Choice]:
    """A long stream from a seed, where a shrinking one would take too long."""
    rng = random.Random(seed)
    return [
        (rng.choice(WHATS), rng.randrange(10), rng.randrange(10), rng.randint(1, 400), rng.randrange(4))
        for _ in range(length)
    ]


class Stream:
    """A book and what was done to it: `decided` operations, in order, and those that it `refused`."""

    def __init__(self) -> None:
        self.book = Book()
        self.decided: list[tuple[Operation, Decision]] = []
        self.refused: list[Operation] = []
        self.at_us = 0
        self.seq = 0
        for operation in (*TERMS, *OPENS):
            self.do(operation)

    def do(self, operation: Operation) -> None:
        """Apply an operation at the next number."""
        operation = numbered(self.seq, operation)
        self.seq += 1
        try:
            self.decided.append((operation, self.book.apply(operation)))
        except LedgerError:
            self.refused.append(operation)

    def next(self, choice: Choice) -> Operation:
        """The operation that a choice means here and now."""
        what, who, other, amount, wait = choice
        # A policy has its instant for itself: within one instant, policies come first wherever they are announced.
        alone = what in ("policy", "own_limit", "nonsense") or (self.decided and self.decided[-1][0].op == Op.POLICY)
        self.at_us += max(WAITS_US[wait], 1 if alone else 0)
        return getattr(self, f"_{what}")(who, other, amount)._replace(at_us=self.at_us)

    def _viewer(self, who: int) -> int:
        return pick(VIEWERS, who)

    def _topup(self, who: int, other: int, amount: int) -> Operation:
        if other == 0:
            return topup(amount, actor=self._viewer(who), item=-1, currency=COIN)
        if other == 2:
            return topup(amount, actor=self._viewer(who), item=BY_AMOUNT)
        item = BIG_PACK if other == 1 else PACK
        return topup(amount, actor=self._viewer(who), item=item, currency=pick(CURRENCIES, other))

    def _reward(self, who: int, _other: int, amount: int) -> Operation:
        return reward(1 + amount % 9, actor=self._viewer(who))

    def _gift(self, who: int, other: int, amount: int) -> Operation:
        return gift(1 + amount % 90, actor=self._viewer(who), peer=pick(CREATORS, other))

    def _expire(self, who: int, other: int, _amount: int) -> Operation:
        if other > 7:
            return self._expire_voucher(who)
        lots = self.book.holders[self._viewer(who)].reward_lots
        lot = pick(lots, other)
        return expire(lot.left, lot.reward, actor=self._viewer(who)) if lot else expire(1, 0, actor=self._viewer(who))

    def _expire_voucher(self, who: int) -> Operation:
        ref = pick(list(self.book.vouchers), who)
        if ref is None:
            return expire(1, 0, currency=USD)
        credit = self.book.vouchers[ref]
        return expire(credit.amount, ref, actor=credit.viewer, currency=credit.currency)

    def _chargeback(self, who: int, other: int, _amount: int) -> Operation:
        ref = pick(list(self.book.topups), other * 10 + who)
        if ref is None:
            return chargeback(0)
        bought = self.book.topups[ref]
        return chargeback(ref, bought.price or 1, actor=bought.viewer, currency=bought.currency)

    def _coin_refund(self, who: int, other: int, amount: int) -> Operation:
        lots = self.book.holders[self._viewer(who)].lots
        lot = pick(lots, other)
        if lot is None or other == 0:
            bought = pick(list(self.book.topups), other * 10 + who)
            return coin_refund(amount, bought or 0, actor=self._viewer(who))
        return coin_refund(lot.left, lot.topup, actor=self._viewer(who))

    def _own_limit(self, who: int, _other: int, amount: int) -> Operation:
        return policy(Rule.SPENDING_LIMIT, amount, account=self._viewer(who), currency=COIN)

    def _order(self, who: int, other: int, amount: int) -> Operation:
        seller = pick(SELLERS, other)
        return order(amount, actor=self._viewer(who), peer=seller, currency=pick(CURRENCIES, other))

    def _coin_order(self, who: int, other: int, amount: int) -> Operation:
        return order(1 + amount % 90, actor=self._viewer(who), peer=pick(SELLERS, other), currency=COIN)

    def _voucher(self, who: int, other: int, amount: int) -> Operation:
        return voucher(amount, actor=self._viewer(who), currency=pick(CURRENCIES, other))

    def _voucher_order(self, who: int, other: int, amount: int) -> Operation:
        seqs = [seq for seq, each in self.book.vouchers.items() if not each.is_gone] or list(self.book.vouchers)
        ref = pick(seqs, other * 10 + who)
        if ref is None:
            return order(amount, ref=0)
        credit = self.book.vouchers[ref]
        return order(amount, actor=credit.viewer, peer=pick(SELLERS, other), currency=credit.currency, ref=ref)

    def _capture(self, who: int, other: int, amount: int) -> Operation:
        ref = pick(list(self.book.orders), other * 10 + who)
        if ref is None:
            return capture(1, 0)
        bought = self.book.orders[ref]
        whole = bought.in_escrow or amount
        return capture(whole, ref, actor=bought.seller, peer=bought.buyer, currency=bought.currency)

    def _cancel(self, who: int, other: int, amount: int) -> Operation:
        ref = pick(list(self.book.orders), other * 10 + who)
        if ref is None:
            return cancel(1, 0)
        bought = self.book.orders[ref]
        return cancel(amount, ref, actor=bought.buyer, peer=bought.seller, currency=bought.currency)

    def _refund(self, who: int, other: int, amount: int) -> Operation:
        ref = pick(list(self.book.captures), other * 10 + who)
        if ref is None:
            return refund(1, 0)
        bought = self.book.captures[ref]
        return refund(amount, ref, actor=bought.buyer, peer=bought.seller, currency=bought.currency)

    def _payout(self, who: int, _other: int, amount: int) -> Operation:
        return payout(amount % 200 + 1, actor=pick(CREATORS, who))

    def _paid(self, who: int, other: int, _amount: int) -> Operation:
        ref = pick(list(self.book.payouts), other * 10 + who)
        if ref is None:
            return payout(1, 0)
        asked = self.book.payouts[ref]
        return payout(asked.diamonds, ref, actor=asked.creator)

    def _returned(self, who: int, other: int, _amount: int) -> Operation:
        ref = pick(list(self.book.payouts), other * 10 + who)
        if ref is None:
            return payout_return(1, 0)
        asked = self.book.payouts[ref]
        return payout_return(asked.diamonds, ref, actor=asked.creator)

    def _settle(self, who: int, other: int, amount: int) -> Operation:
        earner = pick((*SELLERS, *CREATORS), who)
        held = self.book.holders[earner].cash
        currency = pick(sorted(held), other) or USD
        whole = held.get(currency, 0)
        return settle(whole if whole > 0 and amount % 2 else amount, actor=earner, currency=currency)

    def _affiliate(self, who: int, other: int, amount: int) -> Operation:
        ref = pick(list(self.book.captures), other * 10 + who)
        if ref is None:
            return affiliate(1, 0)
        sold = self.book.captures[ref]
        share = amount % 50 + 1
        return affiliate(share, ref, actor=pick(CREATORS, who), peer=sold.seller, currency=sold.pays)

    def _policy(self, who: int, other: int, amount: int) -> Operation:
        account = pick((-1, *VIEWERS, *CREATORS), other)
        region = pick((0, US, GERMANY), amount)
        return pick(
            (
                policy(Rule.SUSPENDED, amount % 3 // 2, account=account),
                policy(Rule.SPENDING_LIMIT, amount, account=account, currency=COIN),
                policy(Rule.BALANCE_CAP, amount * 5, account=account, currency=COIN),
                policy(Rule.TOPUP_LIMIT, amount * 9, item=other % 3 - 1, region=region, currency=USD),
                policy(Rule.SPENDING_LIMIT, amount, item=other % 3 - 1, region=region, currency=COIN),
                policy(Rule.COIN_REFUND_WINDOW, amount % 3 * 40 * DAY_US, region=region),
                policy(Rule.SHOP_COIN_VALUE, amount * 5_000, region=region, currency=pick(CURRENCIES, other)),
                policy(Rule.VOUCHER_LIFE, amount % 3 * DAY_US, region=region),
                policy(Rule.VOUCHER_MINIMUM, amount // 2, region=region, currency=pick(CURRENCIES, other)),
                policy(Rule.COIN_PRICE, amount * 10_000, item=BY_AMOUNT, currency=USD),
                policy(Rule.DIAMOND_VALUE, amount * 2_500, region=region, currency=pick(CURRENCIES, other)),
                policy(
                    pick((Rule.PAYOUT_FLOOR, Rule.SETTLE_FLOOR), other),
                    amount % 20,
                    region=region,
                    currency=pick(CURRENCIES, other),
                ),
                policy(Rule.PAYOUT_CEILING, amount, region=region, currency=pick(CURRENCIES, other)),
                policy(Rule.COMMISSION, amount * 2_500, item=other % 3 or -1, region=region),
                policy(
                    Rule.COMMISSION_FLAT,
                    amount // 2,
                    item=other % 3 or -1,
                    region=region,
                    currency=pick(CURRENCIES, other),
                ),
                policy(Rule.NEW_SELLER, amount % 3, account=pick(SELLERS, other)),
                policy(Rule.ORDER_TAX, amount * 500, region=region),
                policy(Rule.TOPUP_TAX, amount * 500, region=region),
                policy(pick((Rule.REWARD_LIFE, Rule.REFUND_FEE), other), amount * 2_500, region=region),
            ),
            who,
        )

    def _open(self, who: int, other: int, amount: int) -> Operation:
        kind = pick(tuple(Kind), who)
        currency = {Kind.VIEWER: pick((COIN, REWARD), other), Kind.CREATOR: DIAMOND, Kind.SELLER: USD}[kind]
        tier = amount % 4 if kind == Kind.VIEWER else -1
        where = pick((0, US), amount)
        return step(Op.OPEN, account_id(kind, 2 + other), item=tier, amount=amount, currency=currency, region=where)

    def _read(self, who: int, other: int, _amount: int) -> Operation:
        return step(pick((Op.BALANCE, Op.HISTORY), other), pick((*VIEWERS, *CREATORS, *SELLERS), who))

    def _nonsense(self, who: int, other: int, amount: int) -> Operation:
        sound = getattr(self, f"_{pick(WHATS[:-1], who * 10 + other)}")(who, other, amount)
        wrong = (
            {"actor": 17},
            {"amount": -1},
            {"currency": 999},
            {"ref": 10**9},
            {"peer": -1},
            {"currency": 0},
            {"region": 7},
        )
        return sound._replace(**pick(wrong, amount))


def pick(things: Sequence[Any], n: int) -> Any:
    """The n-th of some things, counted round and round; None of none."""
    return things[n % len(things)] if things else None


def stream(chosen: Sequence[Choice]) -> Stream:
    """What happens when the choices are carried out one after another."""
    done = Stream()
    for choice in chosen:
        done.do(done.next(choice))
    return done
