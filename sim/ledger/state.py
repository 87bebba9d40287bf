"""What a book remembers: its holders with their lots, and the topups, orders and payouts that later operations answer.

>>> lot = Lot(topup=7, at_us=0, coins=70, cost=69, price=99, currency=840, left=70)
>>> lot.take(35), lot.cost_left
(34, 35)
"""

from bisect import insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sim.ledger.accounts import KIND_SPAN, NOBODY, Account, AccountClass, Kind, account_name
from sim.ledger.errors import LedgerError
from sim.ledger.money import NONE, share_left
from sim.ledger.operations import Rule
from sim.ledger.terms import Terms


@dataclass(slots=True)
class Lot:
    """Coins of one topup, those still unspent, and the money received for them, earned coin by coin as they leave.

    `at_us` is when the first of them were bought, `price` what was paid for them all, store fee and tax included. Coins
    that come back from an order form a lot of their own, whose `topup` is the operation that made it.
    """

    topup: int
    at_us: int
    coins: int
    cost: int
    price: int
    currency: int
    left: int

    @property
    def cost_left(self) -> int:
        """The money that the unspent coins stand for."""
        return share_left(self.cost, self.left, self.coins)

    @property
    def price_left(self) -> int:
        """What was paid for the unspent coins, rounded down."""
        return self.price - share_left(self.price, self.coins - self.left, self.coins)

    def part(self, coins: int) -> "Lot":
        """Take some of the coins, with their share of cost and price, as a lot of their own."""
        price = self.price_left
        cost = self.take(coins)
        return Lot(self.topup, self.at_us, coins, cost, price - self.price_left, self.currency, left=coins)

    def take(self, coins: int) -> int:
        """Spend some of the coins; returns the money earned by that."""
        before = self.cost_left
        self.left -= coins
        return before - self.cost_left


@dataclass(slots=True)
class RewardLot:
    """Reward coins of one grant; `expires_us` 0 is never."""

    reward: int
    left: int
    expires_us: int


@dataclass(slots=True)
class PeriodTotal:
    """What has been used of a limit in a day or month, by unit: cents of one currency say nothing about another's."""

    period: int = -1
    amounts: dict[int, int] = field(default_factory=dict)

    def on(self, period: int, unit: int) -> int:
        """The amount used in a period; another one starts from nothing."""
        return self.amounts.get(unit, 0) if period == self.period else 0

    def note(self, period: int, unit: int, amount: int) -> None:
        """Let so much be used in a period."""
        if period != self.period:
            self.period, self.amounts = period, {}
        self.amounts[unit] = amount


@dataclass(slots=True)
class Holder:
    """An account's own state.

    `tier` says how well a viewer is identified; `coins` is negative by what a chargeback left owing.
    """

    id: int
    region: int
    tier: int = 0
    coins: int = 0
    rewards: int = 0
    diamonds: int = 0
    cash: dict[int, int] = field(default_factory=dict)
    lots: deque[Lot] = field(default_factory=deque)
    reward_lots: list[RewardLot] = field(default_factory=list)
    spent: PeriodTotal = field(default_factory=PeriodTotal)
    cashed: PeriodTotal = field(default_factory=PeriodTotal)
    bought: PeriodTotal = field(default_factory=PeriodTotal)
    account: Account = field(init=False)

    def __post_init__(self) -> None:
        self.account = Account(AccountClass.HOLDER, self.id)

    def add_cash(self, currency: int, amount: int) -> None:
        """Change what an account has in money: earnings or vouchers; refunds may take a seller's below zero."""
        self.cash[currency] = self.cash.get(currency, 0) + amount

    def add_rewards(self, lot: RewardLot) -> None:
        """Keep a grant, in the order in which grants are spent."""
        self.rewards += lot.left
        insort(self.reward_lots, lot, key=_first_to_expire)


def _first_to_expire(lot: RewardLot) -> tuple[bool, int, int]:
    return lot.expires_us == 0, lot.expires_us, lot.reward


@dataclass(slots=True)
class Topup:
    """What a chargeback or a refund has to take back; `refunded` are the coins that were given back."""

    viewer: int
    item: int
    at_us: int
    coins: int
    price: int
    store_fee: int
    tax: int
    currency: int
    refunded: int = 0
    charged_back: bool = False

    @property
    def proceeds(self) -> int:
        """What the platform keeps of the price until the coins are spent."""
        return self.price - self.store_fee - self.tax

    @property
    def coins_left(self) -> int:
        """The coins that were not given back."""
        return self.coins - self.refunded

    @property
    def disputable(self) -> int:
        """What a chargeback is about: the price, less what went back with coins unless that was all."""
        return self.left_of(self.price) or self.price

    def left_of(self, total: int) -> int:
        """The part of its money that was not given back."""
        return share_left(total, self.coins_left, self.coins)


@dataclass(slots=True)
class Voucher:
    """Credit for one order of at least `minimum`; `expires_us` 0 is never."""

    viewer: int
    currency: int
    amount: int
    minimum: int
    expires_us: int
    is_gone: bool = False


class Parts(NamedTuple):
    """Of an order, in what the seller is paid in: net of tax, the tax, and what of both a voucher pays."""

    net: int
    tax: int
    credit: int

    def __sub__(self, other: "Parts") -> "Parts":
        return Parts(self.net - other.net, self.tax - other.tax, self.credit - other.credit)


@dataclass(slots=True)
class Order:
    """An order from escrow to delivery; `left` of `amount` is what was neither cancelled nor refunded.

    Paid in money, `amount` is net of tax, and `net` the same. Paid in coins, `amount` is coins, whose `lots` wait with
    it, and `net` what they bring the seller in the currency that it `pays`. `credit` is a voucher's part of both.
    `refund_fee` is what refunds have cost so far.
    """

    buyer: int
    seller: int
    currency: int
    amount: int
    tax: int
    left: int
    pays: int
    net: int
    credit: int = 0
    lots: list[Lot] = field(default_factory=list)
    captured: int = 0
    commission: int = 0
    refund_fee: int = 0
    affiliate_paid: bool = False

    @property
    def in_escrow(self) -> int:
        """What waits for delivery; capture takes all of it."""
        return 0 if self.captured else self.left

    @property
    def tax_left(self) -> int:
        """The tax on what is left."""
        return share_left(self.tax, self.left, self.amount)

    @property
    def net_left(self) -> int:
        """What the rest brings the seller, before commission."""
        return share_left(self.net, self.left, self.amount)

    @property
    def parts_left(self) -> Parts:
        """Net, tax and a voucher's part of what is left; the voucher's follows the sum of the others."""
        net, tax = self.net_left, self.tax_left
        return Parts(net, tax, share_left(self.credit, net + tax, self.net + self.tax) if self.credit else 0)

    @property
    def commission_left(self) -> int:
        """The commission on what is left of a delivered order."""
        return share_left(self.commission, self.left, self.captured)


@dataclass(slots=True)
class Payout:
    """Diamonds that a creator asked to be paid out, and their worth."""

    creator: int
    diamonds: int
    cash: int
    currency: int
    paid: bool = False
    returned: bool = False


@dataclass(repr=False)
class State:
    """Everything that a later decision may depend on."""

    terms: Terms = field(default_factory=Terms)
    holders: dict[int, Holder] = field(default_factory=dict)
    topups: dict[int, Topup] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    captures: dict[int, Order] = field(default_factory=dict)
    payouts: dict[int, Payout] = field(default_factory=dict)
    vouchers: dict[int, Voucher] = field(default_factory=dict)

    def holder(self, account: int, kind: Kind | None = None) -> Holder:
        """The state of an open account, of the kind that the operation asks for."""
        holder = self.holders.get(account)
        if holder is None:
            name = account_name(account)
            raise LedgerError(f"account {name} is not open: expected an open before its first operation")
        if kind is not None and account // KIND_SPAN != kind:
            raise LedgerError(f"account {account_name(account)}: expected a {kind.name.lower()}")
        return holder

    def lots(self) -> Iterator[Lot]:
        """All coins that are somebody's, held or in escrow."""
        for holder in self.holders.values():
            yield from holder.lots
        for bought in self.orders.values():
            yield from bought.lots

    def is_suspended(self, holder: Holder, at_us: int) -> bool:
        """Whether a policy has switched off this account, its region or everyone."""
        term = self.terms.find(Rule.SUSPENDED, at_us, account=holder.id, region=holder.region)
        return term is not None and bool(term.value)

    def exceeds(self, rule: Rule, holder: Holder, at_us: int, amount: int, currency: int = NONE) -> bool:
        """Whether an amount goes beyond a holder's limit, if a policy has set one."""
        limit = self.limit(rule, holder, at_us, currency)
        return limit is not None and amount > limit

    def limit(self, rule: Rule, holder: Holder, at_us: int, currency: int = NONE) -> int | None:
        """What binds a holder, or None.

        An owner may lower the spending limit of the own account, and never lift the one that holds for others.
        """
        accounts = (holder.id, NOBODY) if rule == Rule.SPENDING_LIMIT else (holder.id,)
        terms = (
            self.terms.find(rule, at_us, account=account, item=holder.tier, region=holder.region, currency=currency)
            for account in accounts
        )
        return min((term.value for term in terms if term is not None), default=None)
