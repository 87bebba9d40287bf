"""Moments: the numbers of a run that facts are about.

    found = moments(load("us-baseline", ["viewers=20000", "days=91"]), seed=1)
    found["quarterly_conversion"], MOMENTS["quarterly_conversion"].definition

A quarter has 91 days and a month 30; a run is as long as the longest that it is asked for.
"""

from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.experiments.panel import OUTCOMES, Panel
from sim.experiments.validation.coming import Coming, coming
from sim.experiments.validation.laws import LEAST_TAIL, likelihood_ratio
from sim.ledger import Item, Kind, Op, Outcome
from sim.ledger.accounts import KIND_SPAN
from sim.ledger.operations import ITEM_SPAN
from sim.metrics.definitions import stated
from sim.metrics.inequality import gini, lorenz_share
from sim.metrics.series import Series
from sim.metrics.summary import Kpis
from sim.model.measured import measured
from sim.scenario import Scenario
from sim.tables import Columns

Int64Array = npt.NDArray[np.int64]
Moments = dict[str, float]

QUARTER_DAYS: Final = 91
MONTH_DAYS: Final = 30
PEOPLE: Final = 1_024  # whose visits are drawn again: one block of strata
TOP_1: Final = Fraction(1, 100)
TOP_5: Final = Fraction(1, 20)


class Moment(NamedTuple):
    """A number that a fact is about: its unit, a title for tables, and how it is counted in the model."""

    unit: str
    title: str
    definition: str


MOMENTS: Final = {
    "best_pack_share": Moment("share", "Best seller's share in the app", "largest in-app bookings of a pack / all"),
    "app_store_part": Moment("share", "In the app: the store's part", "store fees of in-app topups / their prices"),
    "app_creator_part": Moment(
        "share", "In the app: the creator's part", "coins of in-app topups x value of a diamond / their prices"
    ),
    "app_platform_part": Moment(
        "share", "In the app: the platform's part", "what store, creator and state leave of in-app prices"
    ),
    "web_creator_part": Moment(
        "share", "On the web: the creator's part", "coins of web topups x value of a diamond / their prices"
    ),
    "quarterly_conversion": Moment(
        "share", "Payers of a quarter", "viewers with a topup in 91 days / viewers with a visit in the first 30"
    ),
    "quarterly_spend": Moment(
        "dollars", "Spend a payer and quarter", "bookings of 91 days / payers, at the scenario's rate of the dollar"
    ),
    "payer_gini": Moment("index", "Gini of payers", "Gini coefficient of payers' bookings in 91 days"),
    "payer_top_1": Moment("share", "Top 1 % of payers", "their part of bookings in 91 days"),
    "monthly_top_5": Moment("share", "Top 5 % of a month's payers", "their part of bookings in the first 30 days"),
    "earning_creator_top_1": Moment(
        "share", "Top 1 % of earning creators", "their part of coins given, among creators with any"
    ),
    "power_law_ratio": Moment(
        "z", "Power law against lognormal", "normalized likelihood ratio over the tail of creators' coins"
    ),
    "gmv_video": Moment("share", "Sales from videos", "gmv of videos / gmv"),
    "gmv_tab": Moment("share", "Sales from the shop tab", "gmv of the shop tab / gmv"),
    "gmv_live": Moment("share", "Sales from live streams", "gmv of live streams / gmv"),
    "gmv_shelf": Moment("share", "Shelf against live", "gmv of the shop tab / gmv of the shop tab and live streams"),
    "never_completed": Moment("share", "Never completed", "prices given back before delivery / gmv"),
    "live_returns": Moment("share", "Returns of live sales", "prices given back after delivery / delivered, live"),
    "tab_returns": Moment("share", "Returns of the shop tab", "prices given back after delivery / delivered, shop tab"),
    "minutes_a_day": Moment("minutes", "Minutes a user and day", "over all users of a month and all days"),
    "minutes_a_visit": Moment("minutes", "Minutes a visit", "length of a visit"),
    "visits_a_day": Moment("visits", "Visits a user and day", "over all users of a month and all days"),
    "minutes_an_active_day": Moment("minutes", "Minutes a user on days of use", "over users and days with a visit"),
    "daily_of_monthly": Moment("share", "A day's users of a month's", "users of a day / users of 30 days"),
    "audience_sign": Moment(
        "log points",
        "Audience effect",
        "what the effect of the audience adds to coins given to the tenth of hosts with most fans, less to the others",
    ),
    "peer_sign": Moment("log points", "Peer effect", "what seeing peers give adds to coins given"),
    "crowd_in_sign": Moment("log points", "Crowding in", "what the largest gift adds where all follow a star"),
    "crowd_out_sign": Moment("log points", "Crowding out", "what the largest gift adds where all compete"),
    "purchase_elasticity": Moment(
        "elasticity", "Elasticity of purchases", "days of a viewer with a topup, at prices 10 % up against 10 % down"
    ),
    "left_digit_cents": Moment(
        "cents",
        "A cent above .99",
        "what the cent from $19.99 to $20.00 is felt to be, in cents of those that follow",
    ),
}


class Heard:
    """What a run's records say of payers, creators and a fan's dollar; call it with an engine's records."""

    def __init__(self, scenario: Scenario) -> None:
        self.bookings = Panel(scenario, OUTCOMES["bookings"])
        self.coins_by_creator: Int64Array = np.zeros(0, np.int64)
        self.topups = {channel: Topups(0, 0, 0, 0) for channel in (Item.PACK_APP, Item.PACK_WEB)}

    def __call__(self, block: Columns) -> None:
        """Take the next records."""
        self.bookings(block)
        accepted = block["outcome"] == Outcome.ACCEPTED
        self._hear_topups(block, accepted & (block["op"] == Op.TOPUP))
        self._hear_gifts(block, accepted & (block["op"] == Op.GIFT))

    def _hear_topups(self, block: Columns, topups: npt.NDArray[np.bool_]) -> None:
        for channel, before in self.topups.items():
            of_channel = topups & (block["item"] // ITEM_SPAN == channel)
            sums = (int(block[name][of_channel].sum()) for name in ("amount", "store_fee", "tax", "float_coins"))
            self.topups[channel] = Topups(*(old + new for old, new in zip(before, sums, strict=True)))

    def _hear_gifts(self, block: Columns, gifts: npt.NDArray[np.bool_]) -> None:
        if gifts.any():
            creators = block["peer"][gifts] - int(Kind.CREATOR) * KIND_SPAN
            more = int(creators.max()) + 1 - len(self.coins_by_creator)
            self.coins_by_creator = np.pad(self.coins_by_creator, (0, max(more, 0)))
            np.add.at(self.coins_by_creator, creators, block["amount"][gifts])


class Topups(NamedTuple):
    """Sums over the topups of a channel: prices, fees and tax in minor units, and coins."""

    prices: int
    fees: int
    tax: int
    coins: int


def moments(scenario: Scenario, seed: int) -> Moments:
    """Every moment that one run of a quarter can tell; those of trials are `trials.trial_moments`'s.

    Parameters
    ----------
    scenario : of one region, with at least QUARTER_DAYS days
    """
    heard = Heard(scenario)
    found = measured(scenario, seed, heard)
    came = coming(scenario, seed, min(PEOPLE, scenario.viewers), MONTH_DAYS)
    return {
        **pack_moments(found.kpis, heard, scenario),
        **payer_moments(heard.bookings.amounts, came.monthly, scenario),
        **creator_moments(heard.coins_by_creator),
        **shop_moments(found.shop),
        **coming_moments(came),
    }


def pack_moments(kpis: Kpis, heard: Heard, scenario: Scenario) -> Moments:
    """The best seller, and the parts of what a coin costs."""
    best = stated(kpis, "best_pack_share")
    app, web = heard.topups[Item.PACK_APP], heard.topups[Item.PACK_WEB]
    (region,) = scenario.regions.values()
    diamond = region.each(scenario.creators.diamond_value_cents)
    store, creator, state = (_part(sum_, app.prices) for sum_ in (app.fees, app.coins * diamond, app.tax))
    return {
        "best_pack_share": float(best["value"]) if best and best["value"] is not None else float("nan"),
        "app_store_part": store,
        "app_creator_part": creator,
        "app_platform_part": 1 - store - creator - state,
        "web_creator_part": _part(web.coins * diamond, web.prices),
    }


def payer_moments(bookings: Int64Array, monthly: float, scenario: Scenario) -> Moments:
    """Who pays in a quarter, how much, and how unequally.

    Parameters
    ----------
    bookings : of shape (n_viewers, n_days), in minor units
    monthly : the part of the viewers who came within the first month
    """
    quarter, month = bookings[:, :QUARTER_DAYS].sum(axis=1), bookings[:, :MONTH_DAYS].sum(axis=1)
    payers, of_month = quarter[quarter > 0], month[month > 0]
    (region,) = scenario.regions.values()
    cents = float(payers.mean()) / float(region.rate) if len(payers) else float("nan")
    return {
        "quarterly_conversion": len(payers) / (len(quarter) * monthly),
        "quarterly_spend": cents / 100,
        "payer_gini": gini(payers) if len(payers) else float("nan"),
        "payer_top_1": lorenz_share(payers, TOP_1) if len(payers) else float("nan"),
        "monthly_top_5": lorenz_share(of_month, TOP_5) if len(of_month) else float("nan"),
    }


def creator_moments(coins: Int64Array) -> Moments:
    """How unequally creators earn, among those with any coins."""
    earned = coins[coins > 0]
    return {
        "earning_creator_top_1": lorenz_share(earned, TOP_1) if len(earned) else float("nan"),
        "power_law_ratio": likelihood_ratio(earned) if len(earned) >= LEAST_TAIL else float("nan"),
    }


def shop_moments(shop: Series) -> Moments:
    """Through which channel goods are sold, and what comes back; `shop` has the columns of `sim.metrics.shop`."""

    def total(measure: str, *channels: str) -> int:
        return int(shop[measure][np.isin(shop["channel"], channels)].sum())

    gmv = {channel: total("gmv", channel) for channel in ("video", "shop", "live")}
    everywhere = sum(gmv.values())
    return {
        "gmv_video": _part(gmv["video"], everywhere),
        "gmv_tab": _part(gmv["shop"], everywhere),
        "gmv_live": _part(gmv["live"], everywhere),
        "gmv_shelf": _part(gmv["shop"], gmv["shop"] + gmv["live"]),
        "never_completed": _part(int(shop["cancelled"].sum()), everywhere),
        "live_returns": _part(total("refunded", "live"), total("delivered", "live")),
        "tab_returns": _part(total("refunded", "shop"), total("delivered", "shop")),
    }


def coming_moments(came: Coming) -> Moments:
    """How often people come, and for how long."""
    return {
        "minutes_a_day": float(came.minutes.mean()) / came.monthly,
        "minutes_a_visit": came.minutes_a_visit,
        "visits_a_day": float(came.visits.mean()) / came.monthly,
        "minutes_an_active_day": came.minutes_an_active_day,
        "daily_of_monthly": came.daily_of_monthly,
    }


def _part(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
