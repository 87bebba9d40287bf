"""A toy economy: a week of a few hundred viewers, written straight through a book, for tests that need a trace.

    >>> trace, book = toy_economy(viewers=300)

Nobody decides anything here; amounts come from a small generator with a fixed seed, and everything the ledger knows occurs.
"""

import random
from pathlib import Path

import numpy as np

from sim.ledger import COIN, DIAMOND, REWARD, Book, Item, Kind, Op, Operation, Outcome, Rule, account_id, item_id
from sim.trace import SCHEMA, Trace, TraceWriter

USD, US = 840, 840
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
LADDER = ((65, 99), (330, 499), (660, 999), (1321, 1999), (3303, 4999), (6607, 9999), (16500, 24999))
GIFTS = ((0, 1), (14, 99), (34, 500), (40, 1000), (70, 7000))


class Clerk:
    """Applies operations to a book and keeps the rows of the trace."""

    def __init__(self) -> None:
        self.book = Book()
        self.rows: list[tuple[Operation, Outcome]] = []

    def __call__(self, op: Op, at_us: int = 0, **fields: int) -> Operation:
        operation = Operation(len(self.rows), at_us, op, **{"actor": -1, **fields})
        self.rows.append((operation, self.book.apply(operation).outcome))
        return operation

    def accepted(self) -> bool:
        return self.rows[-1][1] == Outcome.ACCEPTED

    def open(self, kind: Kind, n: int) -> int:
        return self(Op.OPEN, actor=account_id(kind, n), region=US).actor

    def policy(self, rule: Rule, amount: int, at_us: int = 0, item: int = -1, currency: int = 0, region: int = US) -> None:
        self(Op.POLICY, at_us, peer=rule, amount=amount, item=item, currency=currency, region=region)

    def trace(self) -> Trace:
        given = [(*operation[:-1], outcome, operation.region) for operation, outcome in self.rows]
        table = np.array(given, np.int64).reshape(len(given), len(SCHEMA))
        return Trace({name: table[:, i].astype(kind) for i, (name, kind) in enumerate(SCHEMA.items())})

    def write(self, folder: Path) -> str:
        with TraceWriter(folder) as writer:
            for operation, outcome in self.rows:
                writer.append(operation, outcome)
            return writer.close()


def american_terms(clerk: Clerk) -> None:
    """The in-app ladder at a 30 % store fee, the web's at 3 % and a quarter off, a diamond at half a cent."""
    for n, (coins, _) in enumerate(LADDER):
        for kind, fee in ((Item.PACK_APP, 300_000), (Item.PACK_WEB, 30_000)):
            clerk.policy(Rule.PACK_COINS, coins, item=item_id(kind, n), currency=COIN)
            clerk.policy(Rule.STORE_FEE, fee, item=item_id(kind, n))
    clerk.policy(Rule.DIAMOND_VALUE, 500_000, currency=USD)
    clerk.policy(Rule.COMMISSION, 60_000)
    clerk.policy(Rule.ORDER_TAX, 70_000)
    clerk.policy(Rule.REWARD_LIFE, 2 * DAY_US)


def toy_economy(viewers: int = 300, days: int = 7, seed: int = 7) -> Clerk:
    """A clerk who has kept the books of a week."""
    clerk, draw = Clerk(), random.Random(seed)
    american_terms(clerk)
    fans = [clerk.open(Kind.VIEWER, n) for n in range(viewers)]
    stars = [clerk.open(Kind.CREATOR, n) for n in range(max(viewers // 50, 1))]
    shops = [clerk.open(Kind.SELLER, n) for n in range(max(viewers // 150, 1))]
    later: list[tuple[int, Op, dict[str, int]]] = []
    for at_us in sorted(draw.randrange(days * DAY_US) for _ in range(viewers * days * 2)):
        for due in sorted(item for item in later if item[0] <= at_us):
            later.remove(due)
            done = clerk(due[1], due[0], **due[2])
            if due[1] == Op.CAPTURE and done.ref % 3 == 0:
                order = clerk.rows[done.ref][0]
                refund = {"actor": order.actor, "peer": order.peer, "ref": done.seq, "amount": order.amount, "currency": USD}
                later.append((at_us + DAY_US, Op.REFUND, refund))
        fan = fans[min(int(draw.paretovariate(0.6)), viewers) - 1]
        _visit(clerk, draw, fan, stars, shops, at_us, later)
    for star in stars:
        held = clerk.book.holders[star].diamonds // 2 * 2  # whole cents
        if held:
            asked = clerk(Op.PAYOUT, days * DAY_US, actor=star, amount=held, currency=DIAMOND)
            if clerk.accepted() and star != stars[0]:
                clerk(Op.PAYOUT, days * DAY_US, actor=star, amount=held, currency=DIAMOND, ref=asked.seq)
    return clerk


def _visit(
    clerk: Clerk,
    draw: random.Random,
    fan: int,
    stars: list[int],
    shops: list[int],
    at_us: int,
    later: list[tuple[int, Op, dict[str, int]]],
) -> None:
    what = draw.random()
    if what < 0.1:
        granted = clerk(Op.REWARD, at_us, actor=fan, item=item_id(Item.REWARD_CHECKIN, 0), amount=3, currency=REWARD)
        later.append((at_us + 2 * DAY_US, Op.EXPIRE, {"actor": fan, "ref": granted.seq, "amount": 3, "currency": REWARD}))
    elif what < 0.2:
        clerk(Op.BALANCE, at_us, actor=fan)
    elif what < 0.27:
        _order(clerk, draw, fan, shops, at_us, later)
    else:
        n, coins = GIFTS[min(int(draw.paretovariate(0.8)) - 1, len(GIFTS) - 1)]
        star = stars[min(int(draw.paretovariate(0.9)), len(stars)) - 1]
        gift = {"actor": fan, "peer": star, "item": item_id(Item.GIFT, n), "amount": coins, "currency": COIN}
        clerk(Op.GIFT, at_us, **gift)
        if not clerk.accepted():
            pack = next(i for i, (held, _) in enumerate(LADDER) if held >= coins)
            on_web = fan % 5 == 0
            price = LADDER[pack][1] * 3 // 4 if on_web else LADDER[pack][1]
            item = item_id(Item.PACK_WEB if on_web else Item.PACK_APP, pack)
            bought = clerk(Op.TOPUP, at_us, actor=fan, item=item, amount=price, currency=USD)
            clerk(Op.GIFT, at_us, **gift)
            if draw.random() < 0.01:
                back = {"actor": fan, "ref": bought.seq, "amount": price, "currency": USD}
                later.append((at_us + DAY_US, Op.CHARGEBACK, back))


def _order(
    clerk: Clerk,
    draw: random.Random,
    fan: int,
    shops: list[int],
    at_us: int,
    later: list[tuple[int, Op, dict[str, int]]],
) -> None:
    shop, amount = draw.choice(shops), draw.randrange(900, 9000)
    item = item_id(Item.GOOD_LIVE, draw.randrange(9))
    ordered = clerk(Op.ORDER, at_us, actor=fan, peer=shop, item=item, amount=amount, currency=USD)
    if draw.random() < 0.1:
        back = {"actor": fan, "ref": ordered.seq, "amount": amount, "currency": USD}
        later.append((at_us + HOUR_US, Op.CANCEL, back))
    else:
        sent = {"actor": shop, "peer": fan, "ref": ordered.seq, "amount": amount, "currency": USD}
        later.append((at_us + 2 * DAY_US, Op.CAPTURE, sent))
