"""Cuts: along what each metric can be had, where it stands, and why not along the others.

    >>> cuts_of("gmv").by
    ('region', 'channel', 'origin', 'hour')
    >>> cuts_of("gmv").series
    Series(table='shop', sql='sum(gmv)')
    >>> cuts_of("payer_gini").without["time"]
    'it ranks people by what they did in the whole run'

A run's summary.json has metrics by region, where there are several, and by channel: "by_region" and "by_channel". Along
time, and by origin, a metric is a sum over rows of one of the run's tables:

    SELECT at_us // 86400000000 AS day, merchant, sum(gmv) FROM 'shop.parquet' GROUP BY ALL

What rests on lots of coins, or on payers one by one, is known of a currency: of a region where no other has its money.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from sim.metrics.definitions import METRIC

Axis = Literal["region", "channel", "origin", "time"]
AXES: Final[tuple[Axis, ...]] = ("region", "channel", "origin", "time")
OF_ITS_OWN: Final = "with money of its own"
OWN_MONEY: Final = f"region {OF_ITS_OWN}"


class Series(NamedTuple):
    """A metric over time: a run's table, and what to select from its rows."""

    table: str
    sql: str

    @property
    def step(self) -> str:
        """How fine the table is along time."""
        return "week" if self.table.endswith("_by_week") else "hour"


class Cuts(NamedTuple):
    """Along what a metric can be had.

    Attributes
    ----------
    by : region (or one with its own money), channel, origin, hour or week
    series : how it is found along time, and by origin where its table tells that; None where it isn't
    without : the other axes, each with the reason
    """

    by: tuple[str, ...]
    series: Series | None
    without: dict[Axis, str]


_BARRED: Final = "what = 'order' AND reason <> 'stock'"
SERIES: Final[Mapping[str, Series]] = {
    **{
        name: Series("metrics", f"sum({column})")
        for name, column in {
            "payers": "new_payers",
            "topups": "topups",
            "bookings": "bookings",
            "revenue": "revenue",
            "store_fees": "store_fees",
            "tax": "tax",
            "charged_back": "charged_back",
            "coins_refunded": "coins_refunded",
            "coin_float_coins": "float_coins",
            "coin_float": "float_cost",
            "rewards_issued": "rewards_issued",
            "rewards_given": "rewards_given",
            "rewards_expired": "rewards_expired",
            "reward_cost": "reward_cost",
            "gifts": "gifts",
            "coins_given": "coins_given",
            "creator_income": "creator_income",
        }.items()
    },
    "breakage_rate": Series("metrics", "sum(rewards_expired) / sum(rewards_issued)"),
    "decline_rate": Series("metrics", "sum(declined) / sum(operations)"),
    "orders": Series("shop", "sum(orders)"),
    "coins_paid": Series("shop", "sum(coins)"),
    "gmv": Series("shop", "sum(gmv)"),
    "gmv_net": Series("shop", "sum(gmv) - sum(cancelled) - sum(refunded)"),
    "commission": Series("shop", "sum(commission)"),
    "affiliate_income": Series("shop", "sum(affiliates)"),
    "shop_take_rate": Series("shop", "sum(commission) / (sum(delivered) - sum(refunded))"),
    "foreign_merchant_share": Series("shop", "sum(gmv) FILTER (merchant = 'foreign') / sum(gmv)"),
    "imported_goods_share": Series("shop", "sum(gmv) FILTER (goods = 'imported') / sum(gmv)"),
    "orders_barred": Series("elsewhere", f"sum(count) FILTER ({_BARRED})"),
    "orders_lost": Series("elsewhere", f"sum(count) FILTER ({_BARRED} AND route = 'nothing')"),
    "gmv_barred": Series("elsewhere", f"sum(amount) FILTER ({_BARRED})"),
    "gmv_to_rivals": Series("elsewhere", "sum(amount) FILTER (what = 'order' AND route = 'rival')"),
    "gmv_to_offline": Series("elsewhere", "sum(amount) FILTER (what = 'order' AND route = 'offline')"),
    "gifts_elsewhere": Series("elsewhere", "sum(count) FILTER (what = 'gift')"),
    "gifts_elsewhere_value": Series("elsewhere", "sum(amount) FILTER (what = 'gift')"),
    "active_creators": Series("hosts_by_week", "sum(active) FILTER (kind = 2)"),
    "creators_entered": Series("hosts_by_week", "sum(entered) FILTER (kind = 2)"),
    "creators_left": Series("hosts_by_week", 'sum("left") FILTER (kind = 2)'),
    "active_sellers": Series("sellers_by_week", "sum(active)"),
    "sellers_entered": Series("sellers_by_week", "sum(entered)"),
    "sellers_left": Series("sellers_by_week", 'sum("left")'),
    "active_domestic_sellers": Series("sellers_by_week", 'sum(active) FILTER (NOT "foreign")'),
    "active_foreign_sellers": Series("sellers_by_week", 'sum(active) FILTER ("foreign")'),
    "domestic_seller_profit": Series("sellers_by_week", 'sum(income) FILTER (NOT "foreign")'),
    "foreign_seller_profit": Series("sellers_by_week", 'sum(income) FILTER ("foreign")'),
    "offline_income": Series("sellers_by_week", "sum(offline)"),
}
TELLS_ORIGIN: Final = ("shop", "elsewhere", "sellers_by_week")
OF_ONE_ORIGIN: Final = ("domestic", "foreign")  # words of metrics that are a cut by origin themselves

BY_CHANNEL: Final = (
    "topups",
    "bookings",
    "store_fees",
    "gifts",
    "coins_given",
    "orders",
    "gmv",
    "gmv_net",
    "commission",
    "shop_take_rate",
    "affiliate_income",
    "foreign_merchant_share",
    "imported_goods_share",
)
# Of a currency alone, and so of a region that has it to itself
BY_CURRENCY: Final = {
    **dict.fromkeys(("spent_by_fans", "topup_tax", "order_tax", "payouts"), "accounts are kept by currency"),
    **dict.fromkeys(
        (
            "platform_margin",
            "coin_revenue",
            "coin_margin",
            "take_rate",
            "float_age",
            "coins_spent_on_goods",
        ),
        "lots of coins are told apart by currency",
    ),
    **dict.fromkeys(("payer_gini", "payer_top_share", "best_pack_share"), "payers and packs are summed up by currency"),
    **dict.fromkeys(
        ("vouchers_granted", "vouchers_used", "vouchers_expired", "voucher_cost"), "credit is kept by currency"
    ),
}
NOT_BY_REGION: Final = dict.fromkeys(
    ("chargebacks", "cancel_rate", "refund_rate"), "they are counted by operation, of all regions"
)


class _Subject(NamedTuple):
    """What some metrics are about, and what that says of the cuts they haven't."""

    names: tuple[str, ...]
    channel: str
    time: str = "it is of the whole run; simulate fewer --days to have it at an earlier end"
    origin: str = "origin is a seller's, and coins, gifts and creators have none"


_RANKED: Final = "it ranks people by what they did in the whole run"
_SELLS: Final = "a seller sells in all channels"
_SUBJECTS: Final = (
    _Subject(
        ("viewers", "payers", "conversion", "retention", "arpu", "arppu"),
        "people come to several channels",
        "it counts people of the whole run, who come again",
    ),
    _Subject(("payer_gini", "payer_top_share", "best_pack_share"), "payers and packs are summed up alone", _RANKED),
    _Subject(
        ("rewards_issued", "rewards_given", "reward_cost", "rewards_expired", "breakage_rate"),
        "rewards aren't bought, so they come from no channel",
    ),
    _Subject(
        ("creator_hhi", "creator_gini", "creator_top_share", "earning_creator_gini", "earning_creator_top_share"),
        "coins of all channels mix in one balance, so what they bring has none",
        _RANKED,
    ),
    _Subject(
        ("creators", "earning_creators", "active_creators", "creators_entered", "creators_left"),
        "creators go live, and gifts are given nowhere else",
    ),
    _Subject(("creator_income", "payouts"), "coins of all channels mix in one balance, so what they bring has none"),
    _Subject(
        ("seller_gini", "seller_top_share", "seller_hhi"),
        _SELLS,
        _RANKED,
        "sellers of both origins are ranked together",
    ),
    _Subject(
        ("sellers", "selling_sellers", "active_sellers", "sellers_entered", "sellers_left"),
        _SELLS,
        origin="those who work are told: active_domestic_sellers, active_foreign_sellers",
    ),
    _Subject(
        ("seller_income", "domestic_seller_income", "foreign_seller_income"),
        _SELLS,
        origin="that is told as domestic_seller_income, foreign_seller_income",
    ),
    _Subject(
        (
            "active_domestic_sellers",
            "active_foreign_sellers",
            "domestic_seller_profit",
            "foreign_seller_profit",
            "offline_income",
        ),
        _SELLS,
    ),
    _Subject(
        (
            "orders_barred",
            "orders_lost",
            "gmv_barred",
            "gmv_to_rivals",
            "gmv_to_offline",
            "gifts_elsewhere",
            "gifts_elsewhere_value",
        ),
        "what isn't bought here has no channel here",
    ),
    _Subject(
        ("vouchers_granted", "vouchers_used", "vouchers_expired", "voucher_cost"),
        "a voucher pays in all channels",
        origin="a voucher pays any seller",
    ),
    _Subject(
        ("cancel_rate", "refund_rate", "decline_rate", "chargebacks", "charged_back", "coins_refunded"),
        "what undoes an order or a topup is asked in the app",
        origin="it is counted by operation",
    ),
    _Subject(
        (
            "spent_by_fans",
            "revenue",
            "platform_margin",
            "coin_revenue",
            "coin_margin",
            "take_rate",
            "topup_tax",
            "order_tax",
            "tax",
            "coin_float_coins",
            "coin_float",
            "coins_spent_on_goods",
            "coins_paid",
            "float_age",
        ),
        "coins of all channels mix in one balance",
        "lots of coins are looked at in the end; simulate fewer --days to have it at an earlier one",
        "what is kept by account isn't kept by origin",
    ),
)
_SUBJECT: Final = {name: subject for subject in _SUBJECTS for name in subject.names}
_SOLD: Final = _Subject((), channel="")  # coins and goods that are sold: these are told by channel and over time


def cuts_of(name: str) -> Cuts:
    """Along what a metric can be had, where and why not.

    Raises
    ------
    KeyError : no such metric
    """
    METRIC[name]
    series = SERIES.get(name)
    found: dict[Axis, str] = {axis: cut for axis in AXES if (cut := _cut(name, axis, series))}
    without: dict[Axis, str] = {axis: _reason(name, axis) for axis in AXES if axis not in found}
    if found.get("region") == OWN_MONEY:
        without = {"region": f"{BY_CURRENCY[name]}, and others may have the region's", **without}
    return Cuts(tuple(found.values()), series, without)


def _cut(name: str, axis: Axis, series: Series | None) -> str:
    match axis:
        case "region":
            return "" if name in NOT_BY_REGION else OWN_MONEY if name in BY_CURRENCY else "region"
        case "channel":
            return "channel" if name in BY_CHANNEL else ""
        case "origin":
            is_told = series is not None and series.table in TELLS_ORIGIN and not name.startswith("gifts_")
            return "origin" if is_told or any(word in name for word in OF_ONE_ORIGIN) else ""
        case "time":
            return series.step if series is not None else ""


def _reason(name: str, axis: Axis) -> str:
    match axis:
        case "region":
            return NOT_BY_REGION[name]
        case "channel":
            return _SUBJECT.get(name, _SOLD).channel
        case "origin":
            return _SUBJECT.get(name, _SOLD).origin
        case "time":
            return _SUBJECT.get(name, _SOLD).time
