"""What each metric means: name, unit, formula and definition, in one place.

    >>> METRIC["take_rate"].formula
    'coin_margin / (bookings - charged_back - price of unspent coins)'

Unit "money" counts minor units of a currency, as an int. In an economy with several currencies each metric of money
stands once a currency, as `bookings.EUR`; nothing is ever converted.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple


class Metric(NamedTuple):
    """A number that a run is asked for. `per_currency` metrics rest on money, also where they are shares."""

    name: str
    unit: str
    title: str
    formula: str
    definition: str
    per_currency: bool = False


METRICS: Final = (
    Metric(
        "viewers",
        "viewers",
        "Viewers",
        "viewer accounts opened",
        "People who could have come, whether they did or not.",
    ),
    Metric("payers", "viewers", "Payers", "viewers with a topup", "Viewers who bought coins at least once in the run."),
    Metric(
        "conversion", "share", "Conversion", "payers / viewers", "The part of the viewers who bought coins in the run."
    ),
    Metric("topups", "topups", "Topups", "accepted topups", "Purchases of a coin pack."),
    Metric(
        "bookings",
        "money",
        "Bookings",
        "sum of the prices of accepted topups",
        "What fans paid for coins, tax and store fee included. Deferred revenue until the coins are spent.",
        per_currency=True,
    ),
    Metric(
        "revenue",
        "money",
        "Revenue",
        "coin_revenue + commission",
        "What the platform has earned, before it pays creators: spent coins at lot cost, and commission on goods.",
        per_currency=True,
    ),
    Metric(
        "coin_revenue",
        "money",
        "Coin revenue",
        "lot cost of coins spent or broken - loss on chargebacks",
        "Bookings net of store fee and tax, recognized when the coins are spent or expire, oldest lot first.",
        per_currency=True,
    ),
    Metric(
        "coin_margin",
        "money",
        "Coin margin",
        "coin_revenue - creator_income",
        "What is left of coin revenue after the creators' share; gifts of reward coins cost the platform money.",
        per_currency=True,
    ),
    Metric(
        "take_rate",
        "share",
        "Take rate",
        "coin_margin / (bookings - charged_back - price of unspent coins)",
        "The platform's part of what fans paid for the coins that were spent.",
        per_currency=True,
    ),
    Metric("arpu", "money", "ARPU", "bookings / viewers", "Bookings a viewer in the run.", per_currency=True),
    Metric(
        "arppu",
        "money",
        "ARPPU",
        "bookings / payers in the currency",
        "Bookings a payer in the run.",
        per_currency=True,
    ),
    Metric(
        "store_fees",
        "money",
        "Store fees",
        "fees of topups - fees of charged-back topups",
        "Kept by the app store or the payment processor.",
        per_currency=True,
    ),
    Metric(
        "topup_tax",
        "money",
        "Tax on coins",
        "tax inside topups - tax of charged-back topups",
        "The tax contained in packs' prices.",
        per_currency=True,
    ),
    Metric(
        "charged_back",
        "money",
        "Charged back",
        "prices of charged-back topups",
        "Topups that the fan's bank took back, in full.",
        per_currency=True,
    ),
    Metric("chargebacks", "topups", "Chargebacks", "accepted chargebacks", "Topups that were reversed."),
    Metric(
        "coin_float_coins",
        "coins",
        "Coin float",
        "coins held by viewers - coins owed after chargebacks",
        "Bought and not yet spent, at the end.",
    ),
    Metric(
        "coin_float",
        "money",
        "Coin float at lot cost",
        "unspent coins x what the platform received for them",
        "Money received for unspent coins: deferred revenue, at the end.",
        per_currency=True,
    ),
    Metric(
        "best_pack_share",
        "share",
        "Best-selling pack's share",
        "largest in-app bookings of a pack / in-app bookings",
        "The best seller's part of what is booked in the app; about a quarter in the United States (P1).",
        per_currency=True,
    ),
    Metric(
        "payer_gini",
        "index",
        "Gini of payers' spend",
        "Gini of the topups' prices summed by payer",
        "0 when all payers spend the same, near 1 when one spends all.",
        per_currency=True,
    ),
    Metric(
        "payer_top_share",
        "share",
        "Top 1 % of payers",
        "Lorenz share of the largest 1 % of payers",
        "Their part of bookings.",
        per_currency=True,
    ),
    Metric("rewards_issued", "coins", "Rewards issued", "reward coins granted", "Coins given for checking in."),
    Metric(
        "rewards_expired",
        "coins",
        "Rewards expired",
        "reward coins moved to breakage",
        "Reward coins that nobody spent.",
    ),
    Metric(
        "breakage_rate", "share", "Breakage of rewards", "rewards_expired / rewards_issued", "The part that expired."
    ),
    Metric("gifts", "gifts", "Gifts", "accepted gifts", "Gifts that reached a creator."),
    Metric(
        "coins_given", "coins", "Coins given", "coins of accepted gifts", "Bought and reward coins given to creators."
    ),
    Metric("creators", "creators", "Creators", "creator accounts opened", "People who could have gone live."),
    Metric("earning_creators", "creators", "Earning creators", "creators with a gift", "Creators with any income."),
    Metric(
        "creator_income",
        "money",
        "Creator income",
        "diamonds minted x their cash value at the gift's instant",
        "What creators earned from gifts, paid out or not.",
        per_currency=True,
    ),
    Metric(
        "creator_gini",
        "index",
        "Gini of creators' income",
        "Gini of income over all creators",
        "Creators without income count as 0.",
        per_currency=True,
    ),
    Metric(
        "creator_top_share",
        "share",
        "Top 1 % of creators",
        "Lorenz share of the largest 1 % of all creators",
        "Their part of creator income.",
        per_currency=True,
    ),
    Metric(
        "earning_creator_gini",
        "index",
        "Gini, earning creators",
        "Gini of income over creators with any",
        "Leaves out those without income.",
        per_currency=True,
    ),
    Metric(
        "earning_creator_top_share",
        "share",
        "Top 1 % of earning creators",
        "Lorenz share of the largest 1 % of creators with income",
        "Their part of creator income.",
        per_currency=True,
    ),
    Metric(
        "payouts",
        "money",
        "Paid out",
        "cash of paid payouts",
        "What has left for creators' bank accounts.",
        per_currency=True,
    ),
    Metric("orders", "orders", "Orders", "accepted orders", "Goods ordered in the shop tab, videos and live streams."),
    Metric(
        "gmv",
        "money",
        "Shop sales, gross",
        "prices of accepted orders, before tax",
        "Gross merchandise value of goods.",
        per_currency=True,
    ),
    Metric(
        "gmv_net",
        "money",
        "Shop sales, net",
        "gmv - cancelled - refunded",
        "What stays sold at the end of the run.",
        per_currency=True,
    ),
    Metric(
        "commission",
        "money",
        "Commission",
        "commission of captures - commission returned with refunds",
        "The platform's part of goods delivered.",
        per_currency=True,
    ),
    Metric(
        "cancel_rate",
        "share",
        "Cancelled orders",
        "accepted cancels / accepted orders",
        "Given up before delivery, wholly or in part; in the model an order is cancelled once at most.",
    ),
    Metric(
        "refund_rate",
        "share",
        "Refunded deliveries",
        "accepted refunds / accepted captures",
        "Sent back after delivery, wholly or in part; in the model a delivery is refunded once at most.",
    ),
    Metric(
        "decline_rate",
        "share",
        "Declined",
        "operations declined / operations asked",
        "Refused by one of the wallet's rules.",
    ),
)

METRIC: Final = {metric.name: metric for metric in METRICS}


def stated(kpis: Mapping[str, Any], name: str, currency: str = "") -> dict[str, Any] | None:
    """What a run states of a metric: its only number, or the one in a currency; None where it states nothing."""
    found: dict[str, Any] | None = kpis.get(name) or kpis.get(f"{name}.{currency}")
    return found
