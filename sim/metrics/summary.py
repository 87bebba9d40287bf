"""The summary of a run: every metric of `definitions` as one number.

    >>> kpis = key_figures(economy, closing)
    >>> kpis["bookings"]
    {'value': 1234500, 'unit': 'money', 'currency': 'USD'}

It rests on what the records say (`Economy`, which a tally has added up) and on what the accounts say at the end
(`Closing`). A metric that nothing can be said of (the Gini of no payers) is there with the value None.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.ledger import COIN, CURRENCIES, REWARD, AccountClass, Op
from sim.ledger.closing import Closing
from sim.metrics.breakdown import whole_minor
from sim.metrics.definitions import METRIC, Metric
from sim.metrics.inequality import gini, lorenz_share

Int64Array = npt.NDArray[np.int64]
Value = int | float | None
Kpis = dict[str, dict[str, Any]]

TOP: Final = Fraction(1, 100)
EARNS: Final = (Op.TOPUP, Op.GIFT, Op.EXPIRE, Op.CHARGEBACK, Op.COIN_REFUND)


class Economy(NamedTuple):
    """What a run's records add up to.

    measures : the measures of the series, over all of it
    accepted : accepted operations, by operation
    amounts : their amounts, by operation and currency
    currencies : every fiat currency that the records speak of, ascending
    spend : by currency, what each payer paid for coins; charged-back topups count
    packs : by currency, what each pack sold in the app brought
    income : by currency, what each creator paid in it earned, in millionths of a minor unit; 0 counts
    """

    viewers: int
    payers: int
    creators: int
    earning_creators: int
    measures: dict[str, int]
    accepted: dict[Op, int]
    amounts: dict[tuple[Op, int], int]
    currencies: tuple[int, ...]
    spend: dict[int, Int64Array]
    packs: dict[int, Int64Array]
    income: dict[int, Int64Array]


def key_figures(economy: Economy, closing: Closing) -> Kpis:
    """Every metric of `definitions` by name, or where several currencies flow by `name.CURRENCY`."""
    kpis = {name: _stated(METRIC[name], value) for name, value in _of_people(economy, closing)}
    for code in economy.currencies:
        for name, value in _of_money(economy, closing, code):
            key = name if len(economy.currencies) == 1 else f"{name}.{CURRENCIES[code].name}"
            kpis[key] = _stated(METRIC[name], value, CURRENCIES[code].name)
    return kpis


def _stated(metric: Metric, value: Value, currency: str = "") -> dict[str, Any]:
    stated: dict[str, Any] = {"value": value, "unit": metric.unit}
    return {**stated, "currency": currency} if currency else stated


def _of_people(economy: Economy, closing: Closing) -> Iterator[tuple[str, Value]]:
    measures, accepted = economy.measures, economy.accepted
    issued = -closing.flow(AccountClass.EXCHANGE, REWARD, Op.REWARD)
    expired = closing.flow(AccountClass.BREAKAGE, REWARD, Op.EXPIRE)
    yield "viewers", economy.viewers
    yield "payers", economy.payers
    yield "conversion", _ratio(economy.payers, economy.viewers)
    yield "topups", measures["topups"]
    yield "chargebacks", accepted[Op.CHARGEBACK]
    yield "coin_float_coins", closing.held(AccountClass.HOLDER, COIN)
    yield "rewards_issued", issued
    yield "rewards_expired", expired
    yield "breakage_rate", _ratio(expired, issued)
    yield "gifts", measures["gifts"]
    yield "coins_given", measures["coins_given"]
    yield "creators", economy.creators
    yield "earning_creators", economy.earning_creators
    yield "orders", measures["orders"]
    yield "cancel_rate", _ratio(accepted[Op.CANCEL], accepted[Op.ORDER])
    yield "refund_rate", _ratio(accepted[Op.REFUND], accepted[Op.CAPTURE])
    yield "decline_rate", _ratio(measures["declined"], measures["operations"])


def _of_money(economy: Economy, closing: Closing, currency: int) -> Iterator[tuple[str, Value]]:
    yield from _of_coins(economy, closing, currency)
    yield from _of_payers(economy.spend[currency], economy.packs[currency])
    yield from _of_creators(economy.income[currency])
    yield from _of_shop(economy, closing, currency)


def _of_coins(economy: Economy, closing: Closing, currency: int) -> Iterator[tuple[str, Value]]:
    def flow(klass: AccountClass, *ops: Op) -> int:
        return closing.flow(klass, currency, *ops)

    bookings = -flow(AccountClass.BANK, Op.TOPUP)
    charged_back = flow(AccountClass.BANK, Op.CHARGEBACK)
    given_back = flow(AccountClass.BANK, Op.COIN_REFUND)
    unspent = closing.unspent_price.get(currency, 0)
    coin_revenue = flow(AccountClass.PLATFORM, *EARNS)
    income = whole_minor(int(economy.income[currency].sum()))
    yield "bookings", bookings
    yield "revenue", coin_revenue + _commission(closing, currency)
    yield "coin_revenue", coin_revenue
    yield "coin_margin", coin_revenue - income
    yield "take_rate", _ratio(coin_revenue - income, bookings - charged_back - given_back - unspent)
    yield "arpu", _per_head(bookings, economy.viewers)
    yield "arppu", _per_head(bookings, len(economy.spend[currency]))
    yield "store_fees", flow(AccountClass.STORE, Op.TOPUP, Op.CHARGEBACK, Op.COIN_REFUND)
    yield "topup_tax", flow(AccountClass.TAX, Op.TOPUP, Op.CHARGEBACK, Op.COIN_REFUND)
    yield "charged_back", charged_back
    yield "coin_float", flow(AccountClass.EXCHANGE, *EARNS)
    yield "creator_income", income
    yield "payouts", flow(AccountClass.BANK, Op.PAYOUT)


def _of_payers(spend: Int64Array, packs: Int64Array) -> Iterator[tuple[str, Value]]:
    yield "payer_gini", gini(spend) if len(spend) else None
    yield "payer_top_share", lorenz_share(spend, TOP) if len(spend) else None
    yield "best_pack_share", _ratio(int(packs.max()), int(packs.sum())) if len(packs) else None


def _of_creators(income: Int64Array) -> Iterator[tuple[str, Value]]:
    earning = income[income > 0]
    yield "creator_gini", gini(income) if len(income) else None
    yield "creator_top_share", lorenz_share(income, TOP) if len(income) else None
    yield "earning_creator_gini", gini(earning) if len(earning) else None
    yield "earning_creator_top_share", lorenz_share(earning, TOP) if len(earning) else None


def _of_shop(economy: Economy, closing: Closing, currency: int) -> Iterator[tuple[str, Value]]:
    gmv, back = economy.amounts[Op.ORDER, currency], (Op.CANCEL, Op.REFUND)
    yield "gmv", gmv
    yield "gmv_net", gmv - sum(economy.amounts[op, currency] for op in back)
    yield "commission", _commission(closing, currency)


def _commission(closing: Closing, currency: int) -> int:
    return closing.flow(AccountClass.PLATFORM, currency, Op.CAPTURE, Op.REFUND)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _per_head(amount: int, heads: int) -> int | None:
    """Minor units a head, rounded half up."""
    return (2 * amount + heads) // (2 * heads) if heads else None
