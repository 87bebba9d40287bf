"""The audit of creators, sellers and escrow: their balances as columns, and the laws that hold for each account."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.behavior.types import Int64Array
from sim.compiled import rule
from sim.engines.columns.agenda import FREE, dues
from sim.engines.columns.codes import CANCEL, CAPTURE
from sim.engines.columns.earnings import Earnings
from sim.engines.columns.escrow import holdings
from sim.engines.columns.host_columns import FIRST_CREATOR, FIRST_SELLER
from sim.engines.columns.orders import Sales
from sim.engines.columns.rates import Rates
from sim.engines.columns.rows import Structs
from sim.engines.columns.totals import COINS, DIAMONDS, FIRST_FIAT, Totals, by_class, check_sums
from sim.engines.columns.unspent import S_US, Unspent
from sim.ledger import CURRENCIES, DIAMOND, AccountClass
from sim.ledger.accounts import Account
from sim.ledger.errors import ConservationError
from sim.ledger.money import PPM
from sim.tables import Columns

BALANCE_TYPES: Final = {"klass": np.uint8, "owner": np.int64, "asset": np.uint16, "amount": np.int64}

_Part = tuple[AccountClass, Int64Array, npt.NDArray[np.integer], Int64Array]


def balances_of(sales: Sales, earnings: Earnings, assets: Sequence[int]) -> Columns:
    """Every (account, asset) that an entry has touched, zeros included, in no order."""
    parts = [*_held(sales, earnings), *_escrow(sales), _pending(earnings)]
    codes = np.array(assets)
    columns = [
        np.concatenate([np.full(len(owner), klass) for klass, owner, _, _ in parts]),
        np.concatenate([owner for _, owner, _, _ in parts]),
        codes[np.concatenate([asset for _, _, asset, _ in parts])],
        np.concatenate([amount for _, _, _, amount in parts]),
    ]
    return {name: column.astype(kind) for (name, kind), column in zip(BALANCE_TYPES.items(), columns, strict=True)}


def _held(sales: Sales, earnings: Earnings) -> list[_Part]:
    creator = np.flatnonzero(earnings.creators["earned"])
    host, currency = np.nonzero(sales.takings.had_cash)
    account = np.where(host < sales.n_creators, FIRST_CREATOR + host, FIRST_SELLER + host - sales.n_creators)
    diamonds = np.full(len(creator), DIAMONDS)
    return [
        (AccountClass.HOLDER, FIRST_CREATOR + creator, diamonds, earnings.creators["diamonds"][creator]),
        (AccountClass.HOLDER, account, FIRST_FIAT + currency, sales.takings.cash[host, currency]),
    ]


def _escrow(sales: Sales) -> list[_Part]:
    return [(AccountClass.ESCROW, *holdings(escrow)) for escrow in (sales.escrow, sales.coin_escrow)]


def _pending(earnings: Earnings) -> _Part:
    creator = np.flatnonzero(earnings.creators["asked"])
    diamonds = np.full(len(creator), DIAMONDS)
    return AccountClass.PENDING, FIRST_CREATOR + creator, diamonds, earnings.creators["pending"][creator]


def payable_of(earnings: Earnings, rates: Rates) -> dict[int, Fraction]:
    """By currency, what diamonds held are worth by these rates, and those pending by their request's, exactly."""
    creators, payouts = earnings.creators, earnings.payouts
    waiting = np.flatnonzero(dues(earnings.payments) != FREE)
    currencies = rates.of["currency"].tolist()
    worth = dict.fromkeys(currencies, Fraction(0))
    for region, currency in enumerate(currencies):
        held = int(creators["diamonds"][creators["region"] == region].sum())
        asked = payouts["cash"][waiting[creators["region"][payouts["creator"][waiting]] == region]]
        worth[currency] += Fraction(held * int(rates.of["diamond_value"][region]), PPM) + int(asked.sum())
    return {currency: amount for currency, amount in worth.items() if amount}


def unspent_of(sales: Sales, rates: Rates, n_assets: int) -> Unspent:
    """What the coins in escrow add up to, each order's a lot."""
    due = dues(sales.agenda)
    step = sales.open["step"][: len(due)]
    waiting = sales.open[: len(due)][(due != FREE) & np.isin(step, (CANCEL, CAPTURE))]
    asset, coins = rates.of["asset"][waiting["region"]], waiting["coins"]
    found = Unspent(*np.zeros((len(Unspent._fields), n_assets), np.int64))
    columns = (waiting["cost"], waiting["price"], coins, coins * (waiting["bought_us"] // S_US))
    for total, column in zip(found, columns, strict=True):
        np.add.at(total, asset, column)
    return found


def check(
    sales: Sales,
    earnings: Earnings,
    given: int,
    paid_coins: int,
    paid_credit: Int64Array,
    totals: Totals,
    assets: Sequence[int],
) -> None:
    """Assert every law that concerns these accounts.

    Parameters
    ----------
    given : diamonds of all gifts
    paid_coins : coins of all orders, less those that came back from escrow
    paid_credit : what vouchers paid of all orders, array of shape (n_assets,)

    Raises
    ------
    ConservationError : names the account or class, and the amounts
    """
    check_sums(totals, assets)
    _check_escrow(sales, assets)
    _check_diamonds(earnings)
    stated = by_class(totals)
    stated[AccountClass.HOLDER, DIAMONDS] += given
    stated[AccountClass.ESCROW, COINS] += paid_coins
    stated[AccountClass.ESCROW] += paid_credit
    found = np.zeros_like(stated)
    for klass, _, asset, amount in [*_held(sales, earnings), *_escrow(sales), _pending(earnings)]:
        np.add.at(found[klass], asset, amount)
    for klass in (AccountClass.HOLDER, AccountClass.ESCROW, AccountClass.PENDING):
        for place in np.flatnonzero(stated[klass] != found[klass]).tolist():
            unit = CURRENCIES[assets[place]].name
            entries, sums = stated[klass, place], found[klass, place]
            raise ConservationError(f"{klass.name.lower()}: entries make {entries} {unit}, but all accounts {sums}")


def _check_escrow(sales: Sales, assets: Sequence[int]) -> None:
    """What a buyer has in escrow is the price and tax, or the coins, of the orders on their way."""
    for escrow, in_coins in ((sales.escrow, False), (sales.coin_escrow, True)):
        buyer, asset, held = holdings(escrow)
        explained = np.zeros_like(held)
        _explain(sales.open, dues(sales.agenda), buyer, in_coins, explained)
        for i in np.flatnonzero(held != explained)[:1]:
            account = Account(AccountClass.ESCROW, int(buyer[i]))
            _refuse(account, int(held[i]), assets[asset[i]], int(explained[i]))


@rule
def _explain(
    orders: Structs, due: npt.NDArray[np.int32], buyers: Int64Array, in_coins: bool, explained: Int64Array
) -> None:
    for record in range(due.shape[0]):
        bought = orders[record]
        if due[record] != FREE and bought.step in (CANCEL, CAPTURE) and (bought.coins > 0) == in_coins:
            paid = bought.coins if in_coins else bought.amount + bought.tax
            explained[np.searchsorted(buyers, bought.buyer)] += paid


def _check_diamonds(earnings: Earnings) -> None:
    """Diamonds pending are those of requests not paid, and nobody holds fewer than none."""
    creators, payouts = earnings.creators, earnings.payouts
    waiting = np.flatnonzero(dues(earnings.payments) != FREE)
    explained = np.zeros_like(creators["pending"])
    np.add.at(explained, payouts["creator"][waiting], payouts["diamonds"][waiting])
    for creator in np.flatnonzero(creators["pending"] != explained)[:1].tolist():
        account = Account(AccountClass.PENDING, FIRST_CREATOR + creator)
        _refuse(account, int(creators["pending"][creator]), DIAMOND, int(explained[creator]))
    for creator in np.flatnonzero(creators["diamonds"] < 0)[:1].tolist():
        account = Account(AccountClass.HOLDER, FIRST_CREATOR + creator)
        raise ConservationError(f"{account}: balance {creators['diamonds'][creator]} diamonds, expected >= 0")


def _refuse(account: Account, stated: int, asset: int, explained: int) -> None:
    unit = CURRENCIES[asset].name
    raise ConservationError(f"{account}: balance {stated} {unit}, but its parts explain {explained}")
