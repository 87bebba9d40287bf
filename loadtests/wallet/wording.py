"""Wording: a balance and a transaction as their owner reads them.

    >>> in_words("coin", -5, signed=True)
    '−5 coins'

The wallet knows an item's kind and number; its name belongs to the app's catalogue.
"""

from datetime import UTC, datetime
from typing import Final, NamedTuple

from loadtests.wallet.wire import CURRENCIES, Balance, Money, Transaction
from sim.ledger import Item, Kind
from sim.ledger.money import format_amount, is_fiat
from sim.ledger.operations import ITEM_SPAN

DAY_US: Final = 86_400_000_000
MINUS: Final = "\N{MINUS SIGN}"

UNITS: Final = {
    "coin": ("coin", "coins"),
    "reward": ("reward coin", "reward coins"),
    "diamond": ("diamond", "diamonds"),
}
HELD: Final = {"escrow": " held", "pending": " pending"}
REWARDS: Final = {
    int(Item.REWARD_CHECKIN): "Reward for checking in",
    int(Item.REWARD_WATCH): "Reward for watching",
    int(Item.REWARD_INVITE): "Reward for inviting",
}
CHANNELS: Final = {
    Item.PACK_APP: "in the app",
    Item.PACK_WEB: "on the web",
    Item.PACK_CUSTOM: "by amount",
    Item.GOOD_SHOP: "from the shop tab",
    Item.GOOD_VIDEO: "from a video",
    Item.GOOD_LIVE: "from a live stream",
}


class Tile(NamedTuple):
    """One thing that an account has: a figure and, where its sign does not say it, the unit."""

    label: str
    figure: str
    unit: str = ""
    notes: tuple[str, ...] = ()


class Row(NamedTuple):
    """A transaction as its owner reads it."""

    day: str
    time: str
    title: str
    detail: str
    amounts: tuple[str, ...]
    balances: tuple[str, ...]
    key: str


class Clock(NamedTuple):
    """How instants are told: in UTC, or in days since the start of a scenario."""

    is_trace: bool

    @property
    def note(self) -> str:
        return "Times count from the scenario's start." if self.is_trace else "Times are UTC."

    def day(self, at_us: int) -> str:
        if self.is_trace:
            return f"Day {at_us // DAY_US + 1}"
        instant = _utc(at_us)
        return f"{instant:%A}, {instant.day} {instant:%B %Y}"

    def time(self, at_us: int) -> str:
        return f"{_utc(at_us % DAY_US):%H:%M:%S}"

    def instant(self, at_us: int) -> str:
        if self.is_trace:
            return f"day {at_us // DAY_US + 1}, {self.time(at_us)[:5]}"
        instant = _utc(at_us)
        return f"{instant.day} {instant:%b}, {instant:%H:%M} UTC"


def row_of(transaction: Transaction, reader: str, clock: Clock) -> Row:
    """A transaction in its reader's words."""
    title, detail = _story(transaction, reader)
    return Row(
        clock.day(transaction.at_us),
        clock.time(transaction.at_us),
        title,
        detail,
        tuple(in_words(line.asset, line.amount, signed=True) + HELD.get(line.klass, "") for line in transaction.lines),
        tuple(in_words(line.asset, line.balance) + HELD.get(line.klass, "") for line in transaction.lines),
        transaction.key,
    )


def tiles_of(balance: Balance, kind: Kind, clock: Clock) -> list[Tile]:
    """What an account has, the main figure first."""
    if kind == Kind.VIEWER:
        return _viewer_tiles(balance, clock)
    if kind == Kind.CREATOR:
        return _creator_tiles(balance)
    return _seller_tiles(balance)


def _viewer_tiles(balance: Balance, clock: Clock) -> list[Tile]:
    held = _held(balance, "holder")
    coins, rewards = held.get("coin", 0), held.get("reward", 0)
    owing = ("Owed after a chargeback. Buy coins to settle it; until then you cannot give.",) if coins < 0 else ()
    return [
        _tile("Your coins", "coin", coins, owing + _limit_note(balance.spending_limit)),
        _tile("Rewards", "reward", rewards, _expiry_notes(balance, clock)),
        *(
            _tile("Vouchers", asset, amount, ("Each for one order.",))
            for asset, amount in held.items()
            if asset not in UNITS and amount
        ),
        *(
            _tile("Held for your orders", asset, amount, ("Paid to the seller on delivery.",))
            for asset, amount in _held(balance, "escrow").items()
            if amount
        ),
    ]


def _tile(label: str, asset: str, amount: int, notes: tuple[str, ...]) -> Tile:
    figure, _, unit = in_words(asset, amount).partition(" ") if asset in UNITS else (in_words(asset, amount), "", "")
    return Tile(label, figure, unit, notes)


def _expiry_notes(balance: Balance, clock: Clock) -> tuple[str, ...]:
    """When rewards expire: the next date with all that goes then."""
    ending = [reward for reward in balance.rewards if reward.expires_us is not None]
    if not ending:
        return ("They are spent before your coins.",)
    next_us = ending[0].expires_us or 0
    amount = sum(reward.amount for reward in ending if reward.expires_us == next_us)
    verb = "expires" if amount == 1 else "expire"
    return (f"{amount:,} {verb} {clock.instant(next_us)}.", "They are spent before your coins.")


def _limit_note(limit: int | None) -> tuple[str, ...]:
    return () if limit is None else (f"At most {limit:,} to spend in a day (UTC).",)


def _creator_tiles(balance: Balance) -> list[Tile]:
    diamonds = _held(balance, "holder").get("diamond", 0)
    pending = _held(balance, "pending").get("diamond", 0)
    return [
        _tile("Your diamonds", "diamond", diamonds, _worth_note(balance.worth)),
        _tile("On their way to you", "diamond", pending, _worth_note(balance.pending_worth)),
        *(
            _tile("Affiliate commission", asset, amount, ("From the shop, yours to take out.",))
            for asset, amount in _held(balance, "holder").items()
            if asset not in UNITS
        ),
    ]


def _seller_tiles(balance: Balance) -> list[Tile]:
    cash = _held(balance, "holder") or {"USD": 0}
    figure = " + ".join(in_words(asset, amount) for asset, amount in cash.items())
    return [Tile("Your balance", figure, notes=("After commission; refunds are taken from it.",))]


def _worth_note(worth: Money | None) -> tuple[str, ...]:
    return (f"Worth {in_words(worth.currency, worth.amount)} in a payout.",) if worth else ()


def _held(balance: Balance, klass: str) -> dict[str, int]:
    return {row.asset: row.amount for row in balance.rows if row.klass == klass}


def _story(transaction: Transaction, reader: str) -> tuple[str, str]:
    """(what happened, with whom and through what), as its reader would say it."""
    actor, peer = _short(transaction.account), _short(transaction.peer)
    price = in_words(transaction.currency, transaction.amount) if transaction.currency else ""
    paid = f"paid {price}" if is_fiat(CURRENCIES.get(transaction.currency or "", 0)) else ""
    thing = _thing(transaction.item)
    if transaction.account != reader and transaction.op in ("gift", "capture", "refund", "affiliate"):
        return {
            "gift": (f"Gift from {actor}", thing),
            "capture": (f"Delivered by {actor}", "the seller is paid"),
            "refund": (f"Refund to {actor}", price),
            "affiliate": (f"Affiliate commission to {actor}", "for an order that they brought"),
        }[transaction.op]
    return {
        "open": ("Account opened", ""),
        "topup": ("Coins bought", _listed(paid, thing)),
        "reward": (REWARDS.get((transaction.item or 0) // ITEM_SPAN, "Reward"), ""),
        "voucher": ("Voucher received", f"{price} for one order"),
        "expire": ("Reward expired" if transaction.currency == "reward" else "Voucher expired", ""),
        "gift": (f"Gift to {peer}", thing),
        "order": (f"Order from {peer}", _listed(_before_tax(transaction, price), thing)),
        "capture": (f"Sold to {peer}", "delivered, less commission"),
        "cancel": ("Order cancelled", f"{_before_tax(transaction, price)}, back to {_home(transaction)}"),
        "refund": (f"Refund from {peer}", f"{_before_tax(transaction, price)}, back to {_home(transaction)}"),
        "coin_refund": ("Coins given back", f"{price} unspent, money back to your bank"),
        "chargeback": ("Purchase charged back", f"{price} returned by your bank"),
        "payout": ("Payout sent" if transaction.ref else "Payout requested", ""),
        "payout_return": ("Payout returned by your bank", "the diamonds are yours again"),
        "settle": ("Balance paid out", f"{price} to your bank"),
        "affiliate": (f"Affiliate commission from {peer}", "for an order that you brought"),
    }[transaction.op]


def _before_tax(transaction: Transaction, price: str) -> str:
    return price if transaction.currency == "coin" else f"{price} before tax"


def _home(transaction: Transaction) -> str:
    return "your coins" if transaction.currency == "coin" else "your bank"


def _listed(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _thing(item: int | None) -> str:
    """An item in words: the wallet knows its kind and number, the app's catalogue its name."""
    if item is None:
        return ""
    number = item % ITEM_SPAN
    try:
        kind = Item(item // ITEM_SPAN)
    except ValueError:
        return f"item {item}"
    noun = {Item.GIFT: "gift", Item.PACK_APP: "pack", Item.PACK_WEB: "pack", Item.PACK_CUSTOM: "pack"}.get(kind, "good")
    return _listed(f"{noun} {number}", CHANNELS.get(kind, ""))


def _short(name: str | None) -> str:
    return name.partition("/")[2] if name else "the platform"


def in_words(asset: str, amount: int, *, signed: bool = False) -> str:
    """`+1,321 coins`, `$19.99`, with a true minus sign."""
    sign = MINUS if amount < 0 else "+" if signed else ""
    if asset in UNITS:
        one, many = UNITS[asset]
        return f"{sign}{abs(amount):,} {one if abs(amount) == 1 else many}"
    return sign + format_amount(abs(amount), CURRENCIES[asset])


def _utc(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1e6, UTC)
