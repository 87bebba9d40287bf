"""Conservation: nothing appears from nowhere, and nothing is lost.

    >>> check(Book())        # silent where every law holds; else a ConservationError that names the account

For every asset, entries sum to zero over all classes. What a holder's lots, orders and payouts explain is what the
balances of holder, escrow and pending say, and the money behind unspent coins is what the exchange holds. So opening +
issued = held + escrowed + pending + retired, each retirement named, and all cash has an owner (`asset_flow`,
`cash_flow`). And the flows by operation are as good as the balances: they add up to them, class by class.
"""

from collections import Counter
from fractions import Fraction
from typing import Final, NamedTuple

from sim.ledger.accounts import EXCHANGE, Account, AccountClass
from sim.ledger.book import Book
from sim.ledger.closing import Closing, closing_of
from sim.ledger.errors import ConservationError
from sim.ledger.money import COIN, CURRENCIES, DIAMOND, REWARD, is_fiat
from sim.ledger.operations import Op
from sim.ledger.postings import escrow_account, pending_account
from sim.ledger.state import Order

ISSUED_BY: Final = {COIN: Op.TOPUP, REWARD: Op.REWARD, DIAMOND: Op.GIFT}
# What a refund mints and a returned payout brings back was retired before, so it counts against that.
RETIRED_BY: Final[dict[int, dict[str, tuple[Op, ...]]]] = {
    COIN: {
        "gift": (Op.GIFT,),
        "order": (Op.CAPTURE, Op.REFUND),
        "clawback": (Op.CHARGEBACK,),
        "coin_refund": (Op.COIN_REFUND,),
    },
    REWARD: {"gift": (Op.GIFT,), "expiry": (Op.EXPIRE,)},
    DIAMOND: {"payout": (Op.PAYOUT, Op.PAYOUT_RETURN)},
}
_EXPLAINED: Final = {AccountClass.HOLDER, AccountClass.ESCROW, AccountClass.PENDING}


class AssetFlow(NamedTuple):
    """Where an in-app asset came from and where it is, in units.

    opening + issued = held + escrowed + pending + the sum of retired
    """

    asset: str
    opening: int
    issued: int
    held: int
    escrowed: int
    pending: int
    retired: dict[str, int]


class CashFlow(NamedTuple):
    """Where a currency's money came from and where it is, in minor units: opening + cash_in = the sum of the rest.

    `creator_payable` may hold half cents, which the platform's own then lacks.
    """

    currency: str
    opening: int
    cash_in: int
    refunded: int
    paid_out: int
    store_fees: int
    tax_due: int
    coin_float: int
    escrow: int
    seller_balances: int
    affiliate_balances: int
    voucher_balances: int
    creator_payable: Fraction
    platform_own: Fraction


def check(book: Book) -> None:
    """Assert every law of conservation.

    Raises
    ------
    ConservationError : names the law, the account and the amounts
    """
    _check_sums(book)
    _check_lots(book)
    _check_explained(book)
    closing = closing_of(book)
    for asset in (COIN, REWARD, DIAMOND):
        check_asset(asset_flow(closing, asset))
    _check_flows(book)


def _check_sums(book: Book) -> None:
    sums: Counter[int] = Counter()
    for (_, asset), amount in book.balances().items():
        sums[asset] += amount
    for asset, total in sums.items():
        if total:
            raise ConservationError(f"{CURRENCIES[asset].name}: entries sum to {total} over all accounts, expected 0")


def _check_lots(book: Book) -> None:
    for holder in book.holders.values():
        account = holder.account
        _equal(account, COIN, max(holder.coins, 0), sum(lot.left for lot in holder.lots))
        _equal(account, REWARD, holder.rewards, sum(lot.left for lot in holder.reward_lots))
    for bought in book.orders.values():
        if bought.currency == COIN:
            _equal(escrow_account(bought.buyer), COIN, bought.in_escrow, sum(lot.left for lot in bought.lots))


def _check_explained(book: Book) -> None:
    """Every balance that somebody owns, and the exchange's money, is what the book remembers about it."""
    explained = _explained(book)
    stated = {
        key: amount
        for key, amount in book.balances().items()
        if key[0].klass in _EXPLAINED or (key[0] == EXCHANGE and is_fiat(key[1]))
    }
    for account, asset in sorted(stated.keys() | explained.keys()):
        _equal(account, asset, stated.get((account, asset), 0), explained[account, asset])


def _explained(book: Book) -> Counter[tuple[Account, int]]:
    parts: Counter[tuple[Account, int]] = Counter()
    for holder in book.holders.values():
        account = holder.account
        held = {COIN: holder.coins, REWARD: holder.rewards, DIAMOND: holder.diamonds, **holder.cash}
        parts.update({(account, asset): amount for asset, amount in held.items()})
    for bought in book.orders.values():
        if bought.in_escrow:
            parts[escrow_account(bought.buyer), bought.currency] += bought.in_escrow + _tax_beside(bought)
    for asked in book.payouts.values():
        if not asked.paid:
            parts[pending_account(asked.creator), DIAMOND] += asked.diamonds
    for currency, cost in coin_float(book).items():
        parts[EXCHANGE, currency] += cost
    return parts


def _tax_beside(bought: Order) -> int:
    """Tax in escrow beside an order; coins contain it."""
    return 0 if bought.currency == COIN else bought.tax_left


def _equal(account: Account, asset: int, stated: int, explained: int) -> None:
    if stated != explained:
        unit = CURRENCIES[asset].name
        raise ConservationError(f"{account}: balance {stated} {unit}, but its parts explain {explained}")


def check_asset(flow: AssetFlow) -> None:
    """Assert that all of an in-app asset is somewhere, or was retired."""
    came, went = flow.opening + flow.issued, flow.held + flow.escrowed + flow.pending + sum(flow.retired.values())
    if came != went:
        raise ConservationError(
            f"{flow.asset}: opening and issued make {came}, held, escrowed, pending and retired {went}: {flow}"
        )


def _check_flows(book: Book) -> None:
    balances: Counter[tuple[AccountClass, int]] = Counter()
    for (account, asset), amount in book.balances().items():
        balances[account.klass, asset] += amount
    flows: Counter[tuple[AccountClass, int]] = Counter()
    for (_, klass, asset), amount in book.flows().items():
        flows[klass, asset] += amount
    for klass, asset in sorted(balances.keys() | flows.keys()):
        held, flowed = balances[klass, asset], flows[klass, asset]
        if held != flowed:
            unit = CURRENCIES[asset].name
            raise ConservationError(f"{klass.name.lower()}: balances sum to {held} {unit}, but flows to {flowed}")


def coin_float(book: Book) -> dict[int, int]:
    """Money received for coins not yet spent, by currency, at lot cost."""
    cost: Counter[int] = Counter()
    for lot in book.lots():
        if is_fiat(lot.currency):
            cost[lot.currency] += lot.cost_left
    return dict(cost)


def asset_flow(closing: Closing, asset: int) -> AssetFlow:
    """Opening, issued, held, escrowed, pending and retired of an in-app asset."""

    def left_circulation(*ops: Op) -> int:
        return sum(closing.flow(klass, asset, *ops) for klass in (AccountClass.EXCHANGE, AccountClass.BREAKAGE))

    return AssetFlow(
        asset=CURRENCIES[asset].name,
        opening=-left_circulation(Op.OPEN),
        issued=-left_circulation(ISSUED_BY[asset]),
        held=closing.held(AccountClass.HOLDER, asset),
        escrowed=closing.held(AccountClass.ESCROW, asset),
        pending=closing.held(AccountClass.PENDING, asset),
        retired={name: left_circulation(*ops) for name, ops in RETIRED_BY[asset].items()},
    )


def cash_flow(closing: Closing, currency: int) -> CashFlow:
    """Where a currency's money is; the diamonds that creators hold are valued by the last terms."""

    def through_bank(*ops: Op) -> int:
        return closing.flow(AccountClass.BANK, currency, *ops)

    def held(klass: AccountClass) -> int:
        return closing.held(klass, currency)

    payable = closing.creator_payable.get(currency, Fraction(0))
    affiliates = closing.affiliate_balances.get(currency, 0)
    vouchers = closing.voucher_balances.get(currency, 0)
    return CashFlow(
        currency=CURRENCIES[currency].name,
        opening=-through_bank(Op.OPEN),
        cash_in=-through_bank(Op.TOPUP, Op.ORDER),
        refunded=through_bank(Op.CHARGEBACK, Op.CANCEL, Op.REFUND, Op.COIN_REFUND),
        paid_out=through_bank(Op.PAYOUT, Op.PAYOUT_RETURN, Op.SETTLE),
        store_fees=held(AccountClass.STORE),
        tax_due=held(AccountClass.TAX),
        coin_float=held(AccountClass.EXCHANGE),
        escrow=held(AccountClass.ESCROW),
        seller_balances=held(AccountClass.HOLDER) - affiliates - vouchers,
        affiliate_balances=affiliates,
        voucher_balances=vouchers,
        creator_payable=payable,
        platform_own=held(AccountClass.PLATFORM) - payable,
    )
