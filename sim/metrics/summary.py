"""The summary of a run: every metric of `definitions` as one number, and the time series.

    >>> kpis, series = summarize(trace, book, scenario)
    >>> kpis["bookings"]
    {'value': 1234500, 'unit': 'money', 'currency': 'USD'}

A metric that nothing can be said of (the Gini of no payers) is there with the value None.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sim.ledger import COIN, CURRENCIES, REWARD, AccountClass, Book, Item, Kind, Op, Outcome
from sim.ledger.operations import ITEM_SPAN
from sim.metrics.breakdown import (
    Totals,
    accepted,
    accounts,
    bookings_by_pack,
    currencies,
    income_by_creator,
    spend_by_payer,
    total_by,
    whole_minor,
)
from sim.metrics.definitions import METRIC, Metric
from sim.metrics.inequality import gini, lorenz_share
from sim.metrics.recognition import recognize
from sim.metrics.series import HOUR_US, time_series
from sim.scenario import Scenario
from sim.trace import Trace

Value = int | float | None
Kpis = dict[str, dict[str, Any]]
Series = dict[str, npt.NDArray[np.generic]]

TOP: Final = Fraction(1, 100)
EARNS: Final = (Op.TOPUP, Op.GIFT, Op.EXPIRE, Op.CHARGEBACK)


def summarize(trace: Trace, book: Book, scenario: Scenario) -> tuple[Kpis, Series]:
    """Every metric, and the time series by hour (or by window, where that is longer).

    Parameters
    ----------
    trace : the run's whole trace
    book : the book after its last record
    scenario : gives the step of the series

    Returns
    -------
    kpis : by metric name; where several currencies flow, those of money as `name.CURRENCY`
    series : the columns of `sim.metrics.series.COLUMNS`
    """
    series = time_series(trace, recognize(trace), max(HOUR_US, scenario.window_us))
    return key_figures(trace, book), series


def key_figures(trace: Trace, book: Book) -> Kpis:
    """Every metric of `definitions`, by name."""
    kpis = {name: _stated(METRIC[name], value) for name, value in _of_people(trace, book)}
    codes = currencies(trace)
    for code in codes:
        for name, value in _of_money(trace, book, code):
            key = name if len(codes) == 1 else f"{name}.{CURRENCIES[code].name}"
            kpis[key] = _stated(METRIC[name], value, CURRENCIES[code].name)
    return kpis


def _stated(metric: Metric, value: Value, currency: str = "") -> dict[str, Any]:
    stated: dict[str, Any] = {"value": value, "unit": metric.unit}
    return {**stated, "currency": currency} if currency else stated


def _of_people(trace: Trace, book: Book) -> Iterator[tuple[str, Value]]:
    viewers, creators = accounts(trace, Kind.VIEWER), accounts(trace, Kind.CREATOR)
    topups = accepted(trace, Op.TOPUP) & (trace.columns["currency"] != COIN)
    payers = len(np.unique(trace.columns["actor"][topups]))
    gifts = accepted(trace, Op.GIFT)
    asked = ~np.isin(trace.columns["op"], (Op.OPEN, Op.POLICY))
    issued, expired = _rewards(book)
    yield "viewers", len(viewers)
    yield "payers", payers
    yield "conversion", _ratio(payers, len(viewers))
    yield "topups", int(topups.sum())
    yield "chargebacks", int(accepted(trace, Op.CHARGEBACK).sum())
    yield "coin_float_coins", _held(book, COIN)
    yield "rewards_issued", issued
    yield "rewards_expired", expired
    yield "breakage_rate", _ratio(expired, issued)
    yield "gifts", int(gifts.sum())
    yield "coins_given", int(trace.columns["amount"][gifts].sum())
    yield "creators", len(creators)
    yield "earning_creators", len(np.unique(trace.columns["peer"][gifts]))
    yield "orders", int(accepted(trace, Op.ORDER).sum())
    yield "cancel_rate", _answered(trace, Op.CANCEL, Op.ORDER)
    yield "refund_rate", _answered(trace, Op.REFUND, Op.CAPTURE)
    yield "decline_rate", _ratio(int((trace.columns["outcome"] != Outcome.ACCEPTED).sum()), int(asked.sum()))


def _of_money(trace: Trace, book: Book, currency: int) -> Iterator[tuple[str, Value]]:
    yield from _of_coins(trace, book, currency)
    yield from _of_payers(trace, currency)
    yield from _of_creators(income_by_creator(trace, currency))
    yield from _of_shop(trace, book, currency)


def _of_coins(trace: Trace, book: Book, currency: int) -> Iterator[tuple[str, Value]]:
    def flow(klass: AccountClass, *ops: Op) -> int:
        return _flow(book, klass, currency, *ops)

    bookings = -flow(AccountClass.BANK, Op.TOPUP)
    charged_back = flow(AccountClass.BANK, Op.CHARGEBACK)
    coin_revenue = flow(AccountClass.PLATFORM, *EARNS)
    income = whole_minor(int(income_by_creator(trace, currency).totals.sum()))
    spend = spend_by_payer(trace, currency)
    viewers = len(accounts(trace, Kind.VIEWER))
    yield "bookings", bookings
    yield "revenue", coin_revenue + _commission(book, currency)
    yield "coin_revenue", coin_revenue
    yield "coin_margin", coin_revenue - income
    yield "take_rate", _ratio(coin_revenue - income, bookings - charged_back - _unspent_price(book, currency))
    yield "arpu", _per_head(bookings, viewers)
    yield "arppu", _per_head(bookings, len(spend.keys))
    yield "store_fees", flow(AccountClass.STORE, Op.TOPUP, Op.CHARGEBACK)
    yield "topup_tax", flow(AccountClass.TAX, Op.TOPUP, Op.CHARGEBACK)
    yield "charged_back", charged_back
    yield "coin_float", flow(AccountClass.EXCHANGE, Op.TOPUP, *EARNS[1:])
    yield "creator_income", income
    yield "payouts", flow(AccountClass.BANK, Op.PAYOUT)


def _of_payers(trace: Trace, currency: int) -> Iterator[tuple[str, Value]]:
    spend = spend_by_payer(trace, currency).totals
    packs = bookings_by_pack(trace, currency)
    in_app = packs.totals[packs.keys // ITEM_SPAN == Item.PACK_APP]
    yield "payer_gini", gini(spend) if len(spend) else None
    yield "payer_top_share", lorenz_share(spend, TOP) if len(spend) else None
    yield "best_pack_share", _ratio(int(in_app.max()), int(in_app.sum())) if len(in_app) else None


def _of_creators(income: Totals) -> Iterator[tuple[str, Value]]:
    everyone, earning = income.totals, income.totals[income.totals > 0]
    yield "creator_gini", gini(everyone) if len(everyone) else None
    yield "creator_top_share", lorenz_share(everyone, TOP) if len(everyone) else None
    yield "earning_creator_gini", gini(earning) if len(earning) else None
    yield "earning_creator_top_share", lorenz_share(earning, TOP) if len(earning) else None


def _of_shop(trace: Trace, book: Book, currency: int) -> Iterator[tuple[str, Value]]:
    gmv = _sum(trace, Op.ORDER, currency)
    yield "gmv", gmv
    yield "gmv_net", gmv - _sum(trace, Op.CANCEL, currency) - _sum(trace, Op.REFUND, currency)
    yield "commission", _commission(book, currency)


def _commission(book: Book, currency: int) -> int:
    return _flow(book, AccountClass.PLATFORM, currency, Op.CAPTURE, Op.REFUND)


def _flow(book: Book, klass: AccountClass, asset: int, *ops: Op) -> int:
    flows = book.flows()
    return sum(flows.get((op, klass, asset), 0) for op in ops)


def _rewards(book: Book) -> tuple[int, int]:
    """Reward coins issued and expired."""
    return -_flow(book, AccountClass.EXCHANGE, REWARD, Op.REWARD), _flow(book, AccountClass.BREAKAGE, REWARD, Op.EXPIRE)


def _held(book: Book, asset: int) -> int:
    return sum(amount for (account, unit), amount in book.balances().items() if unit == asset and account.klass == 0)


def _unspent_price(book: Book, currency: int) -> int:
    """What fans paid for the coins that they still hold, rounded down lot by lot."""
    price = 0
    for holder in book.holders.values():
        for lot in holder.lots:
            if lot.currency == currency:
                bought = book.topups[lot.topup]
                price += bought.price * lot.left // bought.coins
    return price


def _sum(trace: Trace, op: Op, currency: int) -> int:
    mine = accepted(trace, op) & (trace.columns["currency"] == currency)
    return int(trace.columns["amount"][mine].sum())


def _answered(trace: Trace, answer: Op, question: Op) -> float | None:
    """The part of the records of one operation to which another answered, at least once."""
    refs = trace.columns["ref"][accepted(trace, answer)]
    return _ratio(len(total_by(refs, refs).keys), int(accepted(trace, question).sum()))


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _per_head(amount: int, heads: int) -> int | None:
    """Minor units a head, rounded half up."""
    return (2 * amount + heads) // (2 * heads) if heads else None
