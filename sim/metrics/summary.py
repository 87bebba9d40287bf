"""The summary of a run: every metric of `definitions` as one number.

    >>> kpis = key_figures(economy, closing)
    >>> kpis["bookings"]
    {'value': 1234500, 'unit': 'money', 'currency': 'USD'}

It rests on what the records say (`Economy`, which a tally has added up) and on what the accounts say at the end
(`Closing`). A metric that nothing can be said of (the Gini of no payers) is there with the value None.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.ledger import COIN, CURRENCIES, REWARD, AccountClass, Kind, Op
from sim.ledger.closing import Closing
from sim.metrics.breakdown import whole_minor
from sim.metrics.definitions import METRIC, Metric
from sim.metrics.inequality import gini, herfindahl, lorenz_share
from sim.metrics.series import MEASURES
from sim.metrics.shop import MEASURES as SHOP_MEASURES
from sim.tables import Columns

Int64Array = npt.NDArray[np.int64]
Value = int | float | None
Kpis = dict[str, dict[str, Any]]
Figures = Iterator[tuple[str, Value]]  # by metric name

TOP: Final = Fraction(1, 100)
SELLERS_TOP: Final = Fraction(1, 10)  # there are few of them
GMV: Final = SHOP_MEASURES.index("gmv")
S_US: Final = 1_000_000
DAY_S: Final = 86_400
PAID_BY_FANS: Final = (Op.TOPUP, Op.CHARGEBACK, Op.COIN_REFUND, Op.ORDER, Op.CANCEL, Op.REFUND)
EARNS: Final = (Op.TOPUP, Op.GIFT, Op.CHARGEBACK, Op.COIN_REFUND)
SELLS: Final = (Op.CAPTURE, Op.CANCEL, Op.REFUND, Op.VOUCHER, Op.EXPIRE, Op.ORDER)


class Economy(NamedTuple):
    """What a run's records add up to.

    viewers_by_region : viewer accounts by region code
    viewers_by_currency : the same by the money of their region
    asked : how many viewers did anything in the first half of the run, and how many of these in the second half too
    measures : the measures of the series, over all of it
    accepted : accepted operations, by operation
    amounts : their amounts, by operation and currency
    currencies : every fiat currency of its regions, and that the records speak of, ascending
    spend : by currency, what each payer paid for coins; charged-back topups count
    packs : by currency, what each pack sold in the app brought
    income : by currency, what each creator paid in it earned, in millionths of a minor unit; 0 counts
    reward_cost : by currency, the part of all income that was given in reward coins, in minor units
    sold, seller_income : by currency, the prices of each seller's orders, and what each seller earned
    sellers_foreign : of each seller, whether from abroad
    sales : by currency, the shop's measures by origin of merchant and goods, as in `sim.metrics.shop`
    debts : by currency, what coins that arrived settled of debts, of shape (n_operations,)
    credit_returned : by currency, the part of vouchers in what was refunded
    elsewhere, hosts_by_week, sellers_by_week : see `sim.metrics.hosts.Ending`
    """

    viewers: int
    viewers_by_region: Mapping[int, int]
    viewers_by_currency: Mapping[int, int]
    payers: int
    asked: tuple[int, ...]
    creators: int
    earning_creators: int
    measures: dict[str, int]
    accepted: dict[Op, int]
    amounts: dict[tuple[Op, int], int]
    currencies: tuple[int, ...]
    spend: dict[int, Int64Array]
    packs: dict[int, Int64Array]
    income: dict[int, Int64Array]
    reward_cost: dict[int, int]
    sellers: int
    sold: dict[int, Int64Array]
    seller_income: dict[int, Int64Array]
    sellers_foreign: npt.NDArray[np.bool_]
    sales: dict[int, Int64Array]
    debts: dict[int, Int64Array]
    credit_returned: dict[int, int]
    elsewhere: Columns
    hosts_by_week: Columns
    sellers_by_week: Columns
    duration_us: int


def key_figures(economy: Economy, closing: Closing) -> Kpis:
    """Every metric of `definitions` by name, or where several currencies flow by `name.CURRENCY`."""
    kpis = {name: stated_as(METRIC[name], value) for name, value in _of_people(economy, closing)}
    for code in economy.currencies:
        for name, value in _of_money(economy, closing, code):
            key = name if len(economy.currencies) == 1 else f"{name}.{CURRENCIES[code].name}"
            kpis[key] = stated_as(METRIC[name], value, CURRENCIES[code].name)
    return kpis


def stated_as(metric: Metric, value: Value, currency: str = "") -> dict[str, Any]:
    """A value of a metric with its unit."""
    stated: dict[str, Any] = {"value": value, "unit": metric.unit}
    return {**stated, "currency": currency} if currency else stated


def _of_people(economy: Economy, closing: Closing) -> Figures:
    measures, accepted = economy.measures, economy.accepted
    issued = -closing.flow(AccountClass.EXCHANGE, REWARD, Op.REWARD)
    expired = closing.flow(AccountClass.BREAKAGE, REWARD, Op.EXPIRE)
    yield "viewers", economy.viewers
    yield "payers", economy.payers
    yield "conversion", ratio(economy.payers, economy.viewers)
    yield "retention", ratio(economy.asked[1], economy.asked[0])
    yield "topups", measures["topups"]
    yield "chargebacks", accepted[Op.CHARGEBACK]
    yield "coin_float_coins", closing.held(AccountClass.HOLDER, COIN) + closing.held(AccountClass.ESCROW, COIN)
    yield "rewards_issued", issued
    yield "rewards_given", measures["rewards_given"]
    yield "rewards_expired", expired
    yield "breakage_rate", ratio(expired, issued)
    yield "gifts", measures["gifts"]
    yield "coins_given", measures["coins_given"]
    yield "creators", economy.creators
    yield "earning_creators", economy.earning_creators
    yield from host_figures(economy.hosts_by_week, Kind.CREATOR, "creators")
    yield "sellers", economy.sellers
    yield from host_figures(economy.hosts_by_week, Kind.SELLER, "sellers")
    yield from origin_figures(economy.sellers_by_week)
    yield "selling_sellers", int(np.count_nonzero(sum(sold > 0 for sold in economy.sold.values())))
    yield "orders", measures["orders"]
    yield "coins_paid", economy.amounts[Op.ORDER, COIN]
    yield "cancel_rate", ratio(accepted[Op.CANCEL], accepted[Op.ORDER])
    yield "refund_rate", ratio(accepted[Op.REFUND], accepted[Op.CAPTURE])
    yield "decline_rate", ratio(measures["declined"], measures["operations"])
    yield from elsewhere_counts(economy.elsewhere)


def host_figures(by_week: Columns, kind: Kind, name: str) -> Figures:
    """Who works in the last week, and who began and left in all of them."""
    mine = by_week["kind"] == kind
    last = mine & (by_week["week"] == by_week["week"].max(initial=0))
    yield f"active_{name}", int(by_week["active"][last].sum())
    yield f"{name}_entered", int(by_week["entered"][mine].sum())
    yield f"{name}_left", int(by_week["left"][mine].sum())


def origin_figures(weeks: Columns) -> Figures:
    """Who sells in the last week, by origin."""
    last = weeks["week"] == weeks["week"].max(initial=0)
    yield "active_domestic_sellers", int(weeks["active"][last & ~weeks["foreign"]].sum())
    yield "active_foreign_sellers", int(weeks["active"][last & weeks["foreign"]].sum())


def _of_money(economy: Economy, closing: Closing, currency: int) -> Figures:
    yield from _of_coins(economy, closing, currency)
    yield from _of_payers(economy.spend[currency], economy.packs[currency])
    yield from creator_figures(economy.income[currency])
    yield from _of_shop(economy, closing, currency)
    yield from seller_figures(economy.sold[currency], economy.seller_income[currency], economy.sellers_foreign)
    yield from profit_figures(rows(economy.sellers_by_week, currency=currency))
    yield from elsewhere_amounts(rows(economy.elsewhere, currency=currency))


def _of_coins(economy: Economy, closing: Closing, currency: int) -> Figures:
    def flow(klass: AccountClass, *ops: Op) -> int:
        return closing.flow(klass, currency, *ops)

    bookings = -flow(AccountClass.BANK, Op.TOPUP)
    charged_back = flow(AccountClass.BANK, Op.CHARGEBACK)
    given_back = flow(AccountClass.BANK, Op.COIN_REFUND)
    unspent = closing.unspent_price.get(currency, 0)
    debts = int(economy.debts[currency][[Op.CANCEL, Op.REFUND]].sum())
    coin_revenue = flow(AccountClass.PLATFORM, *EARNS) + debts
    income = whole_minor(int(economy.income[currency].sum()))
    yield "bookings", bookings
    yield "spent_by_fans", -flow(AccountClass.BANK, *PAID_BY_FANS)
    revenue = flow(AccountClass.PLATFORM, *EARNS, *SELLS)
    yield "revenue", revenue
    yield "platform_margin", revenue - income
    yield "coin_revenue", coin_revenue
    yield "coin_margin", coin_revenue - income
    yield "take_rate", ratio(coin_revenue - income, bookings - charged_back - given_back - unspent)
    yield "arpu", per_head(bookings, economy.viewers_by_currency.get(currency, 0))
    yield "arppu", per_head(bookings, len(economy.spend[currency]))
    yield "store_fees", closing.held(AccountClass.STORE, currency)
    coin_tax = flow(AccountClass.TAX, Op.TOPUP, Op.CHARGEBACK, Op.COIN_REFUND)
    yield "topup_tax", coin_tax
    yield "order_tax", closing.held(AccountClass.TAX, currency) - coin_tax
    yield "tax", closing.held(AccountClass.TAX, currency)
    yield "coins_refunded", given_back
    yield "charged_back", charged_back
    yield "coin_float", closing.held(AccountClass.EXCHANGE, currency)
    yield "coins_spent_on_goods", -flow(AccountClass.EXCHANGE, Op.CAPTURE, Op.CANCEL, Op.REFUND) - debts
    yield "float_age", _float_age_days(economy, closing, currency)
    yield "creator_income", income
    yield "reward_cost", economy.reward_cost[currency]
    yield "payouts", flow(AccountClass.BANK, Op.PAYOUT, Op.PAYOUT_RETURN)


def _of_payers(spend: Int64Array, packs: Int64Array) -> Figures:
    yield "payer_gini", gini(spend) if len(spend) else None
    yield "payer_top_share", lorenz_share(spend, TOP) if len(spend) else None
    yield "best_pack_share", ratio(int(packs.max()), int(packs.sum())) if len(packs) else None


def creator_figures(income: Int64Array) -> Figures:
    """How unequally creators earn, of shape (n_creators,)."""
    earning = income[income > 0]
    yield "creator_hhi", herfindahl(income) if len(income) else None
    yield "creator_gini", gini(income) if len(income) else None
    yield "creator_top_share", lorenz_share(income, TOP) if len(income) else None
    yield "earning_creator_gini", gini(earning) if len(earning) else None
    yield "earning_creator_top_share", lorenz_share(earning, TOP) if len(earning) else None


def _of_shop(economy: Economy, closing: Closing, currency: int) -> Figures:
    gmv, back = economy.amounts[Op.ORDER, currency], (Op.CANCEL, Op.REFUND)
    yield "gmv", gmv
    yield "gmv_net", gmv - sum(economy.amounts[op, currency] for op in back)
    yield "commission", _commission(economy, closing, currency)
    yield from sales_figures(economy.sales[currency])
    yield from _of_vouchers(economy, closing, currency)
    yield "affiliate_income", economy.amounts[Op.AFFILIATE, currency]


def sales_figures(sales: Int64Array) -> Figures:
    """Of the shop's measures by merchant and goods, of shape (2, 2, n_measures)."""
    all_sales = dict(zip(SHOP_MEASURES, sales.sum(axis=(0, 1)).tolist(), strict=True))
    yield "shop_take_rate", ratio(all_sales["commission"], all_sales["delivered"] - all_sales["refunded"])
    merchants, goods = (sales.sum(axis=axis)[:, GMV] for axis in (1, 0))
    yield "foreign_merchant_share", ratio(int(merchants[1]), int(merchants.sum()))
    yield "imported_goods_share", ratio(int(goods[1]), int(goods.sum()))


def sales_amounts(sales: Int64Array) -> Figures:
    """What of the shop's sales stays sold, and what affiliates got; `sales` as `sales_figures` has it."""
    measures = dict(zip(SHOP_MEASURES, sales.sum(axis=(0, 1)).tolist(), strict=True))
    yield "gmv_net", measures["gmv"] - measures["cancelled"] - measures["refunded"]
    yield "affiliate_income", measures["affiliates"]


def _of_vouchers(economy: Economy, closing: Closing, currency: int) -> Figures:
    def kept(*ops: Op) -> int:
        return closing.flow(AccountClass.PLATFORM, currency, *ops)

    granted, returned = economy.amounts[Op.VOUCHER, currency], economy.credit_returned[currency]
    yield "vouchers_granted", granted
    yield "vouchers_used", -closing.flow(AccountClass.HOLDER, currency, Op.ORDER) - kept(Op.ORDER)
    yield "vouchers_expired", kept(Op.EXPIRE)
    cancelled = kept(Op.CANCEL) - int(economy.debts[currency][Op.CANCEL])
    yield "voucher_cost", granted - kept(Op.ORDER, Op.EXPIRE) - cancelled - returned


def seller_figures(sold: Int64Array, income: Int64Array, foreign: npt.NDArray[np.bool_]) -> Figures:
    """What sellers earn, and how unequally those who sell do; arrays of shape (n_sellers,)."""
    selling = sold > 0
    earned = np.maximum(income[selling], 0)
    yield "seller_income", int(income.sum())
    yield "domestic_seller_income", int(income[~foreign].sum())
    yield "foreign_seller_income", int(income[foreign].sum())
    yield "seller_hhi", herfindahl(sold) if selling.any() else None
    yield "seller_gini", gini(earned) if selling.any() else None
    yield "seller_top_share", lorenz_share(earned, SELLERS_TOP) if selling.any() else None


def profit_figures(weeks: Columns) -> Figures:
    """What sellers have earned after cost, by origin, and their shops outside; of one currency."""
    yield "domestic_seller_profit", int(weeks["income"][~weeks["foreign"]].sum())
    yield "foreign_seller_profit", int(weeks["income"][weeks["foreign"]].sum())
    yield "offline_income", int(weeks["offline"].sum())


def elsewhere_counts(elsewhere: Columns) -> Figures:
    """How many orders and gifts were wanted here and went elsewhere."""
    barred, gifts = _barred_orders(elsewhere), elsewhere["what"] == "gift"
    yield "orders_barred", int(elsewhere["count"][barred].sum())
    yield "orders_lost", int(elsewhere["count"][barred & (elsewhere["route"] == "nothing")].sum())
    yield "gifts_elsewhere", int(elsewhere["count"][gifts].sum())


def elsewhere_amounts(elsewhere: Columns) -> Figures:
    """What they would have brought here; of one currency."""
    gifts, amounts = elsewhere["what"] == "gift", elsewhere["amount"]
    yield "gmv_barred", int(amounts[_barred_orders(elsewhere)].sum())
    yield "gifts_elsewhere_value", int(amounts[gifts].sum())
    for name, route in (("gmv_to_rivals", "rival"), ("gmv_to_offline", "offline")):
        yield name, int(amounts[~gifts & (elsewhere["route"] == route)].sum())


def rows(columns: Columns, **wanted: int) -> Columns:
    """The rows of a table in which columns have the wanted values.

    >>> rows({"region": np.array([840, 276]), "active": np.array([3, 4])}, region=276)["active"].tolist()
    [4]
    """
    kept = np.all([columns[name] == value for name, value in wanted.items()], axis=0)
    return {name: column[kept] for name, column in columns.items()}


def _barred_orders(elsewhere: Columns) -> npt.NDArray[np.bool_]:
    """The orders that a rule kept away; a good that is sold out is no rule."""
    barred: npt.NDArray[np.bool_] = (elsewhere["what"] == "order") & (elsewhere["reason"] != "stock")
    return barred


def _float_age_days(economy: Economy, closing: Closing, currency: int) -> float | None:
    coins = closing.unspent_coins.get(currency, 0)
    if not coins:
        return None
    bought_s = Fraction(closing.coin_seconds.get(currency, 0), coins)
    return float((Fraction(economy.duration_us, S_US) - bought_s) / DAY_S)


def total_measures(cells: Int64Array) -> dict[str, int]:
    """The measures of the series' cells, over all of them or along what is left of their axes but the last."""
    totals = cells[..., : len(MEASURES)].reshape(-1, len(MEASURES)).sum(axis=0)
    return dict(zip(MEASURES, totals.tolist(), strict=True))


def _commission(economy: Economy, closing: Closing, currency: int) -> int:
    sold = closing.flow(AccountClass.PLATFORM, currency, Op.CAPTURE, Op.REFUND)
    return sold - int(economy.debts[currency][Op.REFUND]) - economy.credit_returned[currency]


def ratio(part: int, whole: int) -> float | None:
    """A part of a whole; None of nothing."""
    return part / whole if whole else None


def per_head(amount: int, heads: int) -> int | None:
    """Minor units a head, rounded half up."""
    return (2 * amount + heads) // (2 * heads) if heads else None
