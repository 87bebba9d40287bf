"""Terms: the numbers that policies set, each from an instant on.

    >>> terms = Terms()
    >>> terms.set(Rule.COMMISSION, 60_000)
    >>> terms.set(Rule.COMMISSION, 80_000, at_us=5)
    >>> terms.get(Rule.COMMISSION, at_us=4), terms.get(Rule.COMMISSION, at_us=5)
    (60000, 80000)

Because a term is looked up at the operation's own instant, a policy may be announced early: its place among other
operations does not matter. The narrowest term wins: an account's own, then item and region, item, region, everyone.
Of two policies for one scope and one instant, the one with the higher seq holds.
"""

from bisect import insort
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

from sim.ledger.errors import LedgerError
from sim.ledger.money import AMOUNT_MAX, COIN, CURRENCIES, FIAT, NONE, PPM
from sim.ledger.operations import Rule

ANY: Final = -1
LIFE_MAX_US: Final = 10**15
TIER_MAX: Final = 3
PROMOTION_MAX: Final = 1_000_000


class Term(NamedTuple):
    """A value and the instant from which it holds."""

    from_us: int
    seq: int
    value: int
    currency: int


class Per(Enum):
    """For what, beside everyone, a rule may be set."""

    REGION = "a region"
    ITEM = "an item, a region or both"
    ACCOUNT = "an account or a region"
    TIER = "an account, or a tier, a region or both"
    PROMOTION = "a promotion, a region or both"


class Meaning(NamedTuple):
    """What a rule's number counts, its bounds, and for what it may be set."""

    unit: str
    currencies: frozenset[int]
    least: int
    most: int
    per: Per

    @property
    def binds_in_its_currency(self) -> bool:
        """Whether it is a limit in money, which says nothing about other currencies."""
        return self.unit == "minor units"


def _rate(per: Per) -> Meaning:
    return Meaning("ppm", frozenset({NONE}), 0, PPM, per)


def _coins(per: Per, least: int = 0) -> Meaning:
    return Meaning("coins", frozenset({COIN}), least, AMOUNT_MAX, per)


def _money(per: Per) -> Meaning:
    return Meaning("minor units", FIAT, 0, AMOUNT_MAX, per)


def _time(per: Per) -> Meaning:
    return Meaning("µs", frozenset({NONE}), 0, LIFE_MAX_US, per)


MEANINGS: Final = {
    Rule.PACK_COINS: _coins(Per.ITEM, least=1),
    Rule.STORE_FEE: _rate(Per.ITEM),
    Rule.TOPUP_TAX: _rate(Per.REGION),
    Rule.ORDER_TAX: _rate(Per.REGION),
    Rule.DIAMOND_VALUE: Meaning("ppm of a minor unit", FIAT, 0, AMOUNT_MAX, Per.REGION),
    Rule.PAYOUT_FLOOR: _money(Per.REGION),
    Rule.PAYOUT_CEILING: _money(Per.REGION),
    Rule.REWARD_LIFE: _time(Per.REGION),
    Rule.COMMISSION: _rate(Per.PROMOTION),
    Rule.REFUND_FEE: _rate(Per.REGION),
    Rule.REFUND_FEE_CAP: _money(Per.REGION),
    Rule.SPENDING_LIMIT: _coins(Per.TIER),
    Rule.BALANCE_CAP: _coins(Per.TIER),
    Rule.SUSPENDED: Meaning("", frozenset({NONE}), 0, 1, Per.ACCOUNT),
    Rule.COIN_PRICE: Meaning("ppm of a minor unit", FIAT, 1, AMOUNT_MAX, Per.ITEM),
    Rule.COIN_REFUND_WINDOW: _time(Per.REGION),
    Rule.TOPUP_LIMIT: _money(Per.TIER),
    Rule.SHOP_COIN_VALUE: Meaning("ppm of a minor unit", FIAT, 0, AMOUNT_MAX, Per.REGION),
    Rule.VOUCHER_LIFE: _time(Per.REGION),
    Rule.VOUCHER_MINIMUM: _money(Per.REGION),
    Rule.SETTLE_FLOOR: _money(Per.REGION),
    Rule.COMMISSION_FLAT: _money(Per.PROMOTION),
    Rule.NEW_SELLER: Meaning("", frozenset({NONE}), 0, PROMOTION_MAX, Per.ACCOUNT),
}


# Account, item, region; and the currency of a limit in money, which binds in its own currency alone, else NONE.
_Scope: TypeAlias = tuple[int, int, int, int]


@dataclass
class Terms:
    """What every rule says, for whom, and since when."""

    _histories: dict[Rule, dict[_Scope, list[Term]]] = field(default_factory=dict)

    def set(
        self,
        rule: Rule,
        value: int,
        *,
        at_us: int = 0,
        seq: int = 0,
        account: int = ANY,
        item: int = ANY,
        region: int = 0,
        currency: int = NONE,
    ) -> None:
        """Let a rule say `value` from `at_us` on.

        Raises
        ------
        LedgerError : the number is out of the rule's bounds, in another unit, or for what the rule doesn't tell apart
        """
        _check(rule, value, account=account, item=item, region=region, currency=currency)
        scope = (account, item, region, currency if MEANINGS[rule].binds_in_its_currency else NONE)
        history = self._histories.setdefault(rule, {}).setdefault(scope, [])
        insort(history, Term(at_us, seq, value, currency), key=_begin)

    def find(
        self, rule: Rule, at_us: int, *, account: int = ANY, item: int = ANY, region: int = 0, currency: int = NONE
    ) -> Term | None:
        """The narrowest term in force at an instant, or None. A limit in money is asked for by its currency."""
        histories = self._histories.get(rule)
        if histories is None:
            return None
        for scope in _narrowest_first(account, item, region, currency):
            for term in reversed(histories.get(scope, ())):
                if term.from_us <= at_us:
                    return term
        return None

    def get(
        self,
        rule: Rule,
        at_us: int,
        default: int = 0,
        *,
        account: int = ANY,
        item: int = ANY,
        region: int = 0,
        currency: int = NONE,
    ) -> int:
        """The value in force, or the default."""
        term = self.find(rule, at_us, account=account, item=item, region=region, currency=currency)
        return default if term is None else term.value

    def demand(self, rule: Rule, at_us: int, *, item: int = ANY, region: int = 0) -> Term:
        """The term in force; without one the operation makes no sense."""
        term = self.find(rule, at_us, item=item, region=region)
        if term is None:
            about = "" if item == ANY else f" for item {item}"
            raise LedgerError(f"no policy {rule.code}{about} at {at_us} us: expected one before this operation")
        return term


def _begin(term: Term) -> tuple[int, int]:
    return term.from_us, term.seq


def _narrowest_first(account: int, item: int, region: int, currency: int) -> tuple[_Scope, ...]:
    scopes = ((ANY, item, region, currency), (ANY, item, 0, currency), (ANY, ANY, region, currency))
    own = () if account == ANY else ((account, ANY, 0, currency),)
    return (*own, *scopes, (ANY, ANY, 0, currency))


def _check(rule: Rule, value: int, *, account: int, item: int, region: int, currency: int) -> None:
    meaning = MEANINGS[rule]
    if not meaning.least <= value <= meaning.most:
        expected = f"{meaning.least} to {meaning.most} {meaning.unit}".rstrip()
        raise LedgerError(f"policy {rule.code} amount {value}: expected {expected}")
    if currency not in meaning.currencies:
        expected = " or ".join(sorted(CURRENCIES[code].name for code in meaning.currencies))
        raise LedgerError(f"policy {rule.code} currency {CURRENCIES[currency].name}: expected {expected}")
    if not _tells_apart(meaning.per, account=account, item=item, region=region):
        raise LedgerError(f"policy {rule.code}: expected it for everyone or for {meaning.per.value}")
    if meaning.per is Per.TIER and not ANY <= item <= TIER_MAX:
        raise LedgerError(f"policy {rule.code} item {item}: expected a tier from 0 to {TIER_MAX}")
    if meaning.per is Per.PROMOTION and item != ANY and not 1 <= item <= PROMOTION_MAX:
        raise LedgerError(f"policy {rule.code} item {item}: expected a promotion from 1 to {PROMOTION_MAX}")


def _tells_apart(per: Per, *, account: int, item: int, region: int) -> bool:
    if account != ANY:
        return per in (Per.ACCOUNT, Per.TIER) and item == ANY and not region
    return item == ANY or per in (Per.ITEM, Per.TIER, Per.PROMOTION)
