"""Small traces for tests: operations go through a `Book`, so their outcomes are the ledger's own.

town = Town()
town.topup(fan := town.viewer(), at_us=5)
town.gift(fan, town.creator(), 3, at_us=9)
trace, block = town.trace(), town.block()
"""

from collections import Counter
from collections.abc import Collection, Iterator
from itertools import count

import numpy as np

from sim.agents.traders import BY_WEEK as SELLERS_BY_WEEK
from sim.agents.workforce import BY_WEEK
from sim.ledger import (
    COIN,
    DIAMOND,
    REWARD,
    Book,
    Item,
    Kind,
    Op,
    Operation,
    Outcome,
    Rule,
    account_id,
    closing_of,
    item_id,
    kind_of,
)
from sim.ledger.money import USD
from sim.metrics import RECOGNIZED, recognized
from sim.metrics.elsewhere import Elsewhere
from sim.metrics.hosts import Ending, Hosts
from sim.runs import balance_columns
from sim.scenario import load
from sim.tables import Columns
from sim.trace import SCHEMA, Trace

US = 840
PACK = item_id(Item.PACK_APP, 0)
GIFT = item_id(Item.GIFT, 0)
GOOD = item_id(Item.GOOD_SHOP, 0)
TERMS = (
    (Rule.PACK_COINS, PACK, 1_321, COIN),
    (Rule.STORE_FEE, -1, 300_000, 0),
    (Rule.ORDER_TAX, -1, 70_000, 0),
    (Rule.COMMISSION, -1, 60_000, 0),
    (Rule.DIAMOND_VALUE, -1, 500_000, USD),
)


class Town:
    """A growing trace; `book` holds its state so far."""

    def __init__(self) -> None:
        self.book = Book()
        self.rows: list[tuple[Operation, Outcome]] = []
        self._recognized: list[tuple[int, ...]] = []
        self._ids = {kind: count() for kind in Kind}
        for rule, item, amount, currency in TERMS:
            self.add(Op.POLICY, -1, peer=rule, item=item, amount=amount, currency=currency)

    def add(self, op: Op, actor: int, *, at_us: int = 0, **fields: int) -> int:
        """Let something happen; returns its seq."""
        operation = Operation(len(self.rows), at_us, op, actor, **fields)
        outcome, entries, debts = self.book.apply(operation)
        holder = self.book.holders.get(actor)
        self.rows.append((operation, outcome))
        self._recognized.append((*recognized(op, entries, debts), holder.region if holder else 0))
        return operation.seq

    def open(self, kind: Kind, **fields: int) -> int:
        account = account_id(kind, next(self._ids[kind]))
        self.add(Op.OPEN, account, region=US, **fields)
        return account

    def viewer(self, coins: int = 0) -> int:
        return self.open(Kind.VIEWER, **({"amount": coins, "currency": COIN} if coins else {}))

    def creator(self) -> int:
        return self.open(Kind.CREATOR)

    def seller(self) -> int:
        return self.open(Kind.SELLER)

    def topup(self, viewer: int, at_us: int) -> int:
        return self.add(Op.TOPUP, viewer, at_us=at_us, item=PACK, amount=1_999, currency=USD, region=US)

    def reward(self, viewer: int, amount: int, at_us: int) -> int:
        return self.add(
            Op.REWARD, viewer, at_us=at_us, item=item_id(Item.REWARD_CHECKIN, 0), amount=amount, currency=REWARD
        )

    def gift(self, viewer: int, creator: int, amount: int, at_us: int) -> int:
        return self.add(Op.GIFT, viewer, at_us=at_us, peer=creator, item=GIFT, amount=amount, currency=COIN, region=US)

    def payout(self, creator: int, diamonds: int, at_us: int, ref: int = -1) -> int:
        return self.add(Op.PAYOUT, creator, at_us=at_us, amount=diamonds, currency=DIAMOND, ref=ref)

    def order(self, viewer: int, seller: int, amount: int, at_us: int) -> int:
        return self.add(Op.ORDER, viewer, at_us=at_us, peer=seller, item=GOOD, amount=amount, currency=USD, region=US)

    def trace(self) -> Trace:
        """What happened so far, as columns."""
        values = np.array([(*row[:-1], outcome, row.region) for row, outcome in self.rows], np.int64)
        return Trace({name: values[:, i].astype(dtype) for i, (name, dtype) in enumerate(SCHEMA.items())})

    def block(self) -> Columns:
        """The same with what each record moved, as an engine hands it on."""
        values = np.array(self._recognized, np.int64)
        moved = {name: values[:, i].astype(dtype) for i, (name, dtype) in enumerate(RECOGNIZED.items())}
        return {**self.trace().columns, **moved}

    def hosts(self, foreign: Collection[int] = (), imported: Collection[int] = ()) -> Hosts:
        """Who creates and sells what; numbers of the sellers from abroad, and of the imported goods."""
        n_sellers = len(self._regions(Kind.SELLER))
        origins = (np.isin(np.arange(n), list(odd)) for n, odd in ((n_sellers, foreign), (2, imported)))
        return Hosts(self._regions(Kind.CREATOR), self._regions(Kind.SELLER), *origins)

    def ending(self) -> Ending:
        """How it ended; nothing was done elsewhere, and nobody counted the weeks."""
        viewers = [holder.region for holder in self.book.holders.values() if kind_of(holder.id) == Kind.VIEWER]
        elsewhere = Elsewhere(load("us-baseline")).columns()
        weeks = ({name: np.zeros(0, dtype) for name, dtype in kind.items()} for kind in (BY_WEEK, SELLERS_BY_WEEK))
        return Ending(closing_of(self.book), balance_columns(self.book.balances()), Counter(viewers), elsewhere, *weeks)

    def _regions(self, kind: Kind) -> np.ndarray:
        accounts = sorted(account for account in self.book.holders if kind_of(account) == kind)
        return np.array([self.book.holders[account].region for account in accounts], np.uint16)

    def viewers(self) -> int:
        """How many viewers there are."""
        return sum(kind_of(account) == Kind.VIEWER for account in self.book.holders)


def busy_town(fans: int = 20, gifts: int = 10, spread_us: int = 4_000_000) -> Town:
    """Fans top up, give and shop, creators cash out, a seller delivers; declines included."""
    town = Town()
    viewers = [town.viewer() for _ in range(fans)]
    creators = [town.creator() for _ in range(2)]
    seller = town.seller()
    step = iter(range(0, spread_us, max(spread_us // (fans * (gifts + 10)), 1)))
    topups = {viewer: town.topup(viewer, next(step)) for viewer in viewers}
    for turn in range(gifts):
        for i, viewer in enumerate(viewers):
            town.gift(viewer, creators[(i + turn) % 2], 1 + (i * 7 + turn * 13) % 250, next(step))
    for viewer in viewers:
        town.reward(viewer, 5, next(step))
        town.add(Op.BALANCE, viewer, at_us=next(step))
        town.add(Op.HISTORY, viewer, at_us=next(step))
    orders = [(viewer, town.order(viewer, seller, 3_500, next(step))) for viewer in viewers[:6]]
    for i, (viewer, order) in enumerate(orders):
        if i % 3 == 2:
            town.add(Op.CANCEL, viewer, at_us=next(step), peer=-1, amount=3_500, currency=USD, ref=order)
        capture = town.add(Op.CAPTURE, seller, at_us=next(step), peer=viewer, amount=3_500, currency=USD, ref=order)
        if i % 3 == 1:
            refund = {"peer": seller, "amount": 1_000, "currency": USD, "ref": capture}
            town.add(Op.REFUND, viewer, at_us=next(step), **refund)
    town.add(Op.CHARGEBACK, viewers[0], at_us=next(step), amount=1_999, currency=USD, ref=topups[viewers[0]])
    for creator in creators:
        asked = town.payout(creator, 10, next(step))
        town.payout(creator, 10**6, next(step))
        town.payout(creator, 10, next(step), ref=asked)
    return town


def rare_town(step_us: int = 10_000) -> Town:
    """What a busy town never does: orders in coins, vouchers, coins given back, affiliates, settles, returns."""
    town = Town()
    for rule, amount, currency in ((Rule.COIN_REFUND_WINDOW, 10**12, 0), (Rule.SHOP_COIN_VALUE, 700_000, USD)):
        town.add(Op.POLICY, -1, peer=rule, amount=amount, currency=currency)
    fan, other, star, seller = town.viewer(), town.viewer(), town.creator(), town.seller()
    step = count(step_us, step_us)
    order = town.order(other, seller, 3_500, next(step))
    sold = town.add(Op.CAPTURE, seller, at_us=next(step), peer=other, amount=3_500, currency=USD, ref=order)
    for _ in range(2):
        town.add(Op.AFFILIATE, star, at_us=next(step), peer=seller, amount=350, currency=USD, ref=sold)
    for earner, amount in ((star, 400), (star, 350), (seller, 1_000), (seller, 10**9)):
        town.add(Op.SETTLE, earner, at_us=next(step), amount=amount, currency=USD)
    _orders_in_coins(town, fan, seller, step)
    _vouchers(town, other, seller, step)
    town.topup(other, next(step))
    town.gift(other, star, 100, next(step))
    asked = town.payout(star, 50, next(step))
    for op in (Op.PAYOUT_RETURN, Op.PAYOUT, Op.PAYOUT_RETURN):
        town.add(op, star, at_us=next(step), amount=50, currency=DIAMOND, ref=asked)
    return town


def _orders_in_coins(town: Town, fan: int, seller: int, step: Iterator[int]) -> None:
    bought = town.topup(fan, next(step))
    order = {"peer": seller, "item": GOOD, "amount": 40, "currency": COIN}
    first, second = (town.add(Op.ORDER, fan, at_us=next(step), **order) for _ in range(2))
    town.add(Op.CANCEL, fan, at_us=next(step), peer=seller, amount=40, currency=COIN, ref=second)
    sold = town.add(Op.CAPTURE, seller, at_us=next(step), peer=fan, amount=40, currency=COIN, ref=first)
    town.add(Op.REFUND, fan, at_us=next(step), peer=seller, amount=15, currency=COIN, ref=sold)
    left = town.book.holders[fan].lots[-1].left
    town.add(Op.COIN_REFUND, fan, at_us=next(step), amount=left, currency=COIN, ref=bought)


def _vouchers(town: Town, fan: int, seller: int, step: Iterator[int]) -> None:
    used, unused = (town.add(Op.VOUCHER, fan, at_us=next(step), amount=500, currency=USD) for _ in range(2))
    for _ in range(2):
        order = {"peer": seller, "item": GOOD, "amount": 2_000, "currency": USD, "ref": used}
        town.add(Op.ORDER, fan, at_us=next(step), **order)
    town.add(Op.EXPIRE, fan, at_us=next(step), amount=500, currency=USD, ref=unused)
