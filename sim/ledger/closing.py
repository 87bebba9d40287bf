"""Closing: what the accounts say at the end of a run, whichever engine kept them.

    closing = closing_of(book)
    closing.flow(AccountClass.STORE, USD, Op.TOPUP, Op.CHARGEBACK)      # what the stores kept
    closing.held(AccountClass.TAX, USD)                                 # the tax due

An engine with a million accounts in columns has no `Book`. It can say its flows, though, and these few numbers are all
that metrics and conservation ask of the final state.
"""

from collections import Counter
from fractions import Fraction
from typing import Final, NamedTuple

from sim.ledger.accounts import AccountClass, Kind, kind_of
from sim.ledger.book import Book
from sim.ledger.money import PPM, is_fiat
from sim.ledger.operations import Op, Rule

LAST_INSTANT: Final = 2**62
S_US: Final = 1_000_000


class Closing(NamedTuple):
    """The end of a run, in units of each asset; a currency of which there is nothing is left out.

    flows : net entries by operation, account class and asset; a key exists where an entry was posted
    unspent_price : by currency, what fans paid for coins that they hold or have in escrow, rounded down lot by lot
    creator_payable : by currency, the exact worth of diamonds held (by the last terms) and pending (by their request's)
    affiliate_balances : by currency, the money that creators have earned in the shop and not yet taken out
    unspent_coins : by currency, the coins that were paid in it and are held or in escrow
    coin_seconds : by currency, the sum over these coins of the second, from the start, in which each was bought
    voucher_balances : by currency, the store credit that viewers hold
    """

    flows: dict[tuple[Op, AccountClass, int], int]
    unspent_price: dict[int, int]
    creator_payable: dict[int, Fraction]
    affiliate_balances: dict[int, int]
    unspent_coins: dict[int, int]
    coin_seconds: dict[int, int]
    voucher_balances: dict[int, int]

    def flow(self, klass: AccountClass, asset: int, *ops: Op) -> int:
        """What some operations brought a class of accounts, net."""
        return sum(self.flows.get((op, klass, asset), 0) for op in ops)

    def held(self, klass: AccountClass, asset: int) -> int:
        """The balance of a class of accounts."""
        return self.flow(klass, asset, *Op)


def closing_of(book: Book) -> Closing:
    """What a book says at the end."""
    price, coins, seconds = _unspent(book)
    return Closing(
        book.flows(),
        price,
        _creator_payable(book),
        affiliate_balances=_cash_of(book, Kind.CREATOR),
        voucher_balances=_cash_of(book, Kind.VIEWER),
        unspent_coins=coins,
        coin_seconds=seconds,
    )


def _unspent(book: Book) -> list[dict[int, int]]:
    """Price, coins and coin seconds of lots, each by currency."""
    price, coins, seconds = found = [Counter[int](), Counter[int](), Counter[int]()]
    for lot in book.lots():
        if is_fiat(lot.currency):
            price[lot.currency] += lot.price_left
            coins[lot.currency] += lot.left
            seconds[lot.currency] += lot.left * (lot.at_us // S_US)
    return [{currency: amount for currency, amount in each.items() if amount} for each in found]


def _cash_of(book: Book, kind: Kind) -> dict[int, int]:
    held: Counter[int] = Counter()
    for holder in book.holders.values():
        if holder.cash and kind_of(holder.id) == kind:
            held.update(holder.cash)
    return {currency: amount for currency, amount in held.items() if amount}


def _creator_payable(book: Book) -> dict[int, Fraction]:
    worth: dict[int, Fraction] = {}

    def add(currency: int, amount: Fraction | int) -> None:
        if amount:
            worth[currency] = worth.get(currency, Fraction(0)) + amount

    for holder in book.holders.values():
        if kind_of(holder.id) == Kind.CREATOR and holder.diamonds:
            term = book.terms.find(Rule.DIAMOND_VALUE, LAST_INSTANT, region=holder.region)
            if term is not None:
                add(term.currency, Fraction(holder.diamonds * term.value, PPM))
    for asked in book.payouts.values():
        if not asked.paid:
            add(asked.currency, asked.cash)
    return worth
