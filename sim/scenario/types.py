"""What a scenario says, table by table: the types of `scenarios/*.toml`.

Each field carries its unit (a `Quantity`) and its meaning (a string); the check, the JSON Schema and the table in
scenarios/README.md are all made from them. Numbers are per head, so that another `viewers` scales the whole economy.
"""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Annotated, Final

import msgspec

from sim.ledger.money import AMOUNT_MAX, PPM
from sim.scenario.catalogs import Catalogs, Good, Pack, RivalCurrency
from sim.scenario.interventions import AnyIntervention
from sim.scenario.quantity import (
    Cents,
    CentsEach,
    CoinPrice,
    Count,
    CurrencyRate,
    Days,
    DaysAWeek,
    Exponent,
    Factor,
    Minutes,
    Parameter,
    PerDay,
    PerThousand,
    PriceFactor,
    Quantity,
    Rate,
    Shape,
    Share,
    Sigma,
    Weeks,
)
from sim.scenario.window import window_us

AS_STATED: Final = Parameter(value=Decimal(1))
NOTHING: Final = Parameter(value=Decimal(0))
DAY_US: Final = 86_400_000_000
USUAL: Final = Parameter(value=Decimal(1))

Weight = Annotated[Decimal, Quantity("share", 0, 1)]
Weights = tuple[Annotated[Decimal, Quantity("number", 0)], ...]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a scenario."""


class Region(Table, frozen=True):
    """A country: its money, its prices, its taxes, its clocks.

    A scenario states what money people want to spend or to be paid in one reference currency; `rate` turns it into the
    region's own. Prices and price lists are in the region's own currency and stay as they are.
    """

    share: Annotated[Share, "of the viewers; the regions' shares sum to 1, and one of 0 is not there"]
    currency: Annotated[str, "ISO 4217 letters"]
    rate: Annotated[CurrencyRate, "of this currency for one minor unit of the reference currency"]
    income: Annotated[Factor, "willingness to pay and budgets here, at that rate, against what is stated"]
    packs: Annotated[str, "catalogue of coin packs"]
    goods: Annotated[str, "catalogue of goods that its sellers show"]
    topup_tax: Annotated[Rate, "tax contained in a pack's price"]
    order_tax: Annotated[Rate, "tax on top of a good's price"]
    time_zones: Annotated[dict[str, Weight], "IANA name -> share of the region's viewers; sum to 1"]
    live_taste: Annotated[Factor, "conversion of live streams against what is stated under shopping"] = AS_STATED
    refund_days: Annotated[Days, "from a topup, in which its unspent coins can be given back; 0: never"] = NOTHING
    verified_share: Annotated[Share, "of the viewers who are identified: tier 1, all others are of tier 0"] = NOTHING

    @property
    def means(self) -> float:
        """What a reference minor unit of willingness or budget comes to here, in minor units of the own currency."""
        return float(self.rate.value * self.income.value)

    def each(self, stated: Parameter) -> float:
        """A stated price as minor units of the own currency, not rounded."""
        return float(stated.value * self.rate.value)

    def cents(self, stated: Parameter) -> int:
        """A stated amount as whole minor units of the own currency, rounded half up; at most what a ledger takes."""
        return min(_half_up(stated.value * self.rate.value), AMOUNT_MAX)

    def ppm(self, stated: Parameter) -> int:
        """A stated price as millionths of a minor unit of the own currency, rounded half up."""
        return min(_half_up(stated.value * self.rate.value * PPM), AMOUNT_MAX)


class Audience(Table, frozen=True):
    """When viewers open the app, for how long, and whom they like."""

    visits_per_day: Annotated[PerDay, "visits of a viewer on a weekday, in the mean"]
    visits_sigma: Annotated[Sigma, "spread of the logarithm of a viewer's activity"]
    hours: Annotated[Weights, "24 weights of the local hours, from midnight"]
    weekend_factor: Annotated[Factor, "visits on Saturday and Sunday against a weekday"]
    watch_minutes: Annotated[Minutes, "length of a visit, in the mean"]
    favourites: Annotated[Count, "creators whom a viewer follows"]
    favourite_share: Annotated[Share, "chance that a visit goes to a favourite who is live"]
    supply_elasticity: Annotated[
        Exponent, "how strongly the live hours of the past week, against those of the first, bring viewers back"
    ]


class Season(Table, frozen=True):
    """Days of their own: a feast, a sale, a month of fasting. They begin and end at the midnights of local clocks."""

    name: Annotated[str, "what people call it"]
    first_day: Annotated[date, "local date of its first day"]
    last_day: Annotated[date, "local date of its last day"]
    region: Annotated[str | None, "where, else everywhere"] = None
    visits: Annotated[Factor, "visits against other days"] = USUAL
    shopping: Annotated[Factor, "chance that a shopper looks closely at a good, against other days"] = USUAL
    hours: Annotated[Weights, "24 weights of the local hours, where they are others than the audience's"] = ()

    def holds(self, region: str, day: date) -> bool:
        """Whether a local day of a region belongs to it."""
        return self.region in (None, region) and self.first_day <= day <= self.last_day


class Gifting(Table, frozen=True):
    """Who gives, how often, and how much."""

    catalog: Annotated[str, "catalogue of gifts"]
    giver_share: Annotated[Share, "of the viewers who ever give"]
    intent: Annotated[Share, "chance that a giver wants to give at a visit to a live stream"]
    reward_intent: Annotated[Share, "the same for a viewer who never pays but has reward coins"]
    willingness_median_cents: Annotated[Cents, "median willingness to pay for a gift"]
    willingness_sigma: Annotated[Sigma, "spread of the logarithm of that willingness: the heavy tail"]
    mood_sigma: Annotated[Sigma, "spread of the logarithm of a giver's own willingness from visit to visit"]
    price_elasticity: Annotated[Exponent, "how strongly a dearer coin deters, as a positive exponent"]
    tap_first: Annotated[Share, "of the givers who tap a gift before they check their coins"]
    combo: Annotated[Share, "chance of another gift after one"]
    favourite_boost: Annotated[Factor, "intent towards a favourite against another creator"]
    crowd_in: Annotated[Rate, "how much the largest gift on the board adds to the intent, where a star is followed"]
    crowd_out: Annotated[Rate, "how much it takes from it where fans compete"]
    peer_effect: Annotated[Rate, "how much all gifts on the board take from it"]
    audience_effect: Annotated[Rate, "how much a large audience adds to it"]
    board_coins: Annotated[Count, "coins on the board at which such an effect is half of its most"]
    board_minutes: Annotated[Minutes, "in which what is on the board fades by half"]
    audience_half: Annotated[Count, "viewers at which the effect of the audience is half of its most"]


class Topup(Table, frozen=True):
    """Which pack, through which channel, within what budget."""

    web_share: Annotated[Share, "of the viewers who buy on the web where it is cheaper"]
    leftover_value: Annotated[Share, "what a coin left over is worth to its buyer, of its price"]
    hesitation: Annotated[Share, "of the intended topups given up at the reference price"]
    reference_cents_per_coin: Annotated[CoinPrice, "price of a coin at which the hesitation was measured"]
    weekly_budget_median_cents: Annotated[Cents, "median of what a giver may spend in a week"]
    budget_sigma: Annotated[Sigma, "spread of the logarithm of the budget"]
    budget_link: Annotated[Share, "correlation of the logarithms of budget and willingness"]
    noise: Annotated[Factor, "taste noise in the choice of a pack, of its price"]
    refund_intent: Annotated[Share, "chance to ask for refundable coins back at a look at the Balance page"]
    left_digit: Annotated[Share, "of the cents below the last whole dollar that go unfelt in that choice"]


class Rewards(Table, frozen=True):
    """Coins for coming back: they spend like coins, and expire."""

    checkin_coins: Annotated[Count, "reward coins for a day's first visit"]
    checkin_share: Annotated[Share, "of the viewers who collect rewards"]
    watch_coins: Annotated[Count, "reward coins for the watching of a visit, given when it begins"]
    watch_cap_coins: Annotated[Count, "most that watching brings in a local day"]
    invite_coins: Annotated[Count, "reward coins for a friend who joins"]
    invite_rate: Annotated[Share, "chance that a collector's friend joins, on a day on which she comes"]
    hunter_share: Annotated[Share, "of the collectors who come for rewards alone, and pay for nothing"]
    hunter_visits: Annotated[Factor, "how often they come against others, while it is worth it"]
    hunter_threshold_coins: Annotated[Count, "reward coins to be had in a day that make it worth it"]
    life_days: Annotated[Days, "until a reward expires; 0: never"]


class Shopping(Table, frozen=True):
    """Where viewers look at goods, and whether they buy."""

    tab_share: Annotated[Share, "of shoppers' visits that go to the shop tab and not to a live stream"]
    video_share: Annotated[Share, "of shoppers' visits that go to a video that shows a good"]
    live_conversion: Annotated[Share, "chance that a shopper's visit to a live seller ends in an order"]
    tab_conversion: Annotated[Share, "the same for a visit to the shop tab"]
    video_conversion: Annotated[Share, "the same for a video that shows a good"]
    shopper_share: Annotated[Share, "of the viewers who ever buy goods"]
    taste_sigma: Annotated[Sigma, "spread of the logarithm of what a good is worth to a viewer"]
    coin_share: Annotated[Share, "of buyers who pay with coins, if those held are enough or what lacks is no dearer"]


class Elsewhere(Table, frozen=True):
    """Where an order goes that a rule or an empty shelf prevents; what is not stated here goes nowhere."""

    rival_share: Annotated[Share, "to another marketplace"]
    offline_share: Annotated[Share, "to a shop outside"]
    link_out_share: Annotated[Share, "to the merchant's own site, where a ban lets the goods be advertised"]


class Creators(Table, frozen=True):
    """Who goes live for gifts, when, and how they are paid."""

    per_thousand_viewers: Annotated[PerThousand, "creators"]
    popularity_shape: Annotated[Shape, "Pareto shape of popularity: nearer 1 is more unequal"]
    sessions_per_week: Annotated[DaysAWeek, "live sessions of a creator, at most one a day"]
    session_minutes: Annotated[Minutes, "length of a session"]
    start_hours: Annotated[Weights, "24 weights of the local hour at which a session starts, a seller's too"]
    diamond_value_cents: Annotated[CentsEach, "what a creator gets for a diamond; a coin given mints one diamond"]
    payout_floor_cents: Annotated[Cents, "least payout"]
    payout_ceiling_cents: Annotated[Cents, "largest payout of a creator in a calendar day"]
    payout_delay_days: Annotated[Days, "from the request to the money"]
    payout_failure_rate: Annotated[Share, "of payouts that come back, after as long again"]
    cash_out_every_days: Annotated[Days, "how often a creator asks for a payout"]
    competition_share: Annotated[Share, "of the sessions in which fans compete; in the others they follow a star"]
    hour_cost_cents: Annotated[Cents, "what an hour of a creator's time costs, in the median"]
    hour_cost_sigma: Annotated[Sigma, "spread of the logarithm of that cost"]
    labor_elasticity: Annotated[Exponent, "how strongly a week's sessions follow what an hour of the last brought"]
    patience_weeks: Annotated[Count, "weeks of hours that bring less than they cost until a creator leaves; 0: never"]
    pool_factor: Annotated[Factor, "people who may become creators, for each who is one at the start"]
    entry_cost_cents: Annotated[Cents, "sunk cost of beginning, against a creator's mean profit of the last week"]
    entry_share: Annotated[Share, "of these people who begin in a week, at most"]


class Sellers(Table, frozen=True):
    """Who sells goods live, and what becomes of an order."""

    per_thousand_viewers: Annotated[PerThousand, "sellers"]
    popularity_shape: Annotated[Shape, "Pareto shape of popularity: nearer 1 is more unequal"]
    sessions_per_week: Annotated[DaysAWeek, "live sessions of a seller, at most one a day"]
    session_minutes: Annotated[Minutes, "length of a session"]
    goods_each: Annotated[Count, "goods that a domestic seller shows"]
    foreign_share: Annotated[Share, "of the sellers who are merchants from abroad; all their goods are imported"]
    imported_share: Annotated[Share, "of a domestic seller's goods that are imported"]
    foreign_goods_each: Annotated[Count, "goods that a foreign seller shows"]
    foreign_cost_factor: Annotated[
        PriceFactor, "what a good costs a foreign seller, who needs no importer, of its cost"
    ]
    import_price_factor: Annotated[PriceFactor, "what imported goods are offered for at first, of their usual price"]
    stock_per_good: Annotated[Count, "pieces of each good, filled up once a day"]
    delivery_days: Annotated[Days, "from the order to the delivery"]
    foreign_delivery_days: Annotated[Days, "the same for a foreign seller"]
    cancel_rate: Annotated[Share, "of orders cancelled before delivery"]
    return_rate: Annotated[Share, "of delivered orders sent back"]
    import_return_rate: Annotated[Share, "the same for imported goods"]
    partial_refund_share: Annotated[Share, "of the refunds that return half of the price"]
    return_days: Annotated[Days, "from the delivery to the refund"]
    commission: Annotated[Rate, "the platform's part of an order"]
    commission_flat_cents: Annotated[Cents, "what it takes of each order beside; of a smaller one all"]
    refund_fee: Annotated[Rate, "kept from a refund, of its commission"]
    refund_fee_cap_cents: Annotated[Cents, "largest refund fee of an order"]
    settle_every_days: Annotated[Days, "how often money earned in the shop is taken out; 0: never"]
    settle_floor_cents: Annotated[Cents, "least that is taken out"]
    affiliate_share: Annotated[Share, "of the sellers who work with a creator, for their videos and streams"]
    affiliate_rate: Annotated[Rate, "that creator's part of an order from a video or stream, once it can't come back"]
    price_factor: Annotated[PriceFactor, "what all goods are offered for at first, on top of that"] = AS_STATED


class Trade(Table, frozen=True):
    """How sellers adapt from week to week, and what else they live on. Neutral numbers let everything stay."""

    reprice_step: Annotated[Rate, "by how much a sold-out good gets dearer, and a slow one cheaper; 0: prices stay"]
    price_most: Annotated[PriceFactor, "the highest price, of the first one"]
    slow_share: Annotated[PriceFactor, "a good is slow that sells less in a week than this, of a day's stock"]
    restock_weight: Annotated[Rate, "how far stock follows what was wanted; 0: it stays"]
    stock_cover: Annotated[PriceFactor, "pieces kept for each piece sold on the week's busiest day"]
    live_share: Annotated[Share, "of the sellers who sell live at first; the others use the shop tab and videos"]
    take_up_share: Annotated[Share, "of those who would gain by it, so many take up or give up selling live in a week"]
    hour_cost_cents: Annotated[Cents, "what an hour live costs a seller"]
    week_cost_cents: Annotated[Cents, "what it costs a week to sell here at all"]
    patience_weeks: Annotated[Count, "weeks of losses in a row until a seller leaves; 0: nobody leaves"]
    pool_factor: Annotated[Factor, "people who may begin to sell, for each seller at the start"]
    entry_cost_cents: Annotated[Cents, "what it costs to begin, lost for good"]
    horizon_weeks: Annotated[Weeks, "within which an entrant wants that back"]
    entry_share: Annotated[Share, "of those who may begin, so many do in a week at most"]
    offline_cents_per_week: Annotated[Cents, "what a domestic seller's own shop earns without the app"]
    displacement: Annotated[Rate, "what domestic shops lose for each unit of imported goods sold in the app"]


class Platform(Table, frozen=True):
    """What stands between a fan's money and the coins."""

    store_fee: Annotated[Rate, "the app store's part of an in-app topup"]
    web_fee: Annotated[Rate, "the card processor's part of a web topup"]
    chargeback_rate: Annotated[Share, "of topups disputed and reversed"]
    chargeback_delay_days: Annotated[Days, "from a topup to its chargeback"]


class Balance(Table, frozen=True):
    """The Balance page, with all coins, rewards and transactions in one place: who has it, and what it changes."""

    share: Annotated[Share, "of the viewers who have it from the start"]
    page: Annotated[Share, "chance that a visit of theirs opens it, which reads the history"]
    limit_share: Annotated[Share, "of the givers who set an own limit when they first open it"]
    limit_factor: Annotated[Factor, "that limit of coins a day, against a seventh of the weekly budget"]
    leftover_value: Annotated[Share, "what a coin left over is worth to a buyer who has it, of its price"]


class Rival(Table, frozen=True):
    """A rival's currency: who is on both sides, and what the two sides bring a creator."""

    catalog: Annotated[str, "catalogue of rival currencies"]
    currency: Annotated[str, "its name in the catalogue"]
    viewer_share: Annotated[Share, "of the givers who give there too"]
    creator_share: Annotated[Share, "of the creators who go live there too"]
    sensitivity: Annotated[Exponent, "how strongly such givers follow what a cent of theirs brings the creator"]
    mobility: Annotated[Share, "of the way to where an hour brings more, what such creators' hours go in a week"]


class Settings(Table, frozen=True):
    """What stands in a scenario's file."""

    question: Annotated[str, "what the scenario asks, in one sentence; never inherited"]
    seed: Annotated[int, Quantity("number", 0, 2**64 - 1, whole=True), "key of every draw"]
    start: Annotated[datetime, "first instant, on a full hour, with its zone"]
    days: Annotated[int, Quantity("days", 1, 3660, whole=True), "length of the run"]
    viewers: Annotated[int, Quantity("viewers", 1, 10**9, whole=True), "people; everything else scales with them"]
    window: Annotated[str, 'step in which viewers act on published state: "15min", "10s"']
    regions: Annotated[dict[str, Region], "ISO 3166 letters -> region"]
    audience: Audience
    gifting: Gifting
    topup: Topup
    rewards: Rewards
    shopping: Shopping
    elsewhere: Elsewhere
    creators: Creators
    sellers: Sellers
    trade: Trade
    platform: Platform
    balance: Balance
    rival: Rival
    calendar: Annotated[tuple[Season, ...], "days that differ from others"] = ()
    interventions: Annotated[tuple[AnyIntervention, ...], "dated changes"] = ()
    about: Annotated[str | None, "what it changes of its base, each key and kind in backquotes; never inherited"] = None
    base: Annotated[str | None, "what it is compared with: a scenario, or itself without interventions"] = None
    headline: Annotated[str | None, "the metric in which its answer is told; never inherited"] = None


class Scenario(Settings, frozen=True, kw_only=True, dict=True):
    """A complete set of parameters, with its catalogues read in."""

    name: str
    catalogs: Catalogs

    def __repr__(self) -> str:
        return f"<Scenario {self.name} viewers={self.viewers} days={self.days} seed={self.seed}>"

    @cached_property
    def window_us(self) -> int:
        """The window, in microseconds; it divides a day."""
        return window_us(self.window)

    @property
    def duration_us(self) -> int:
        """The length of the run, in microseconds."""
        return self.days * DAY_US

    @property
    def end(self) -> datetime:
        """The first instant after the run."""
        return self.start + timedelta(days=self.days)

    @cached_property
    def digest(self) -> str:
        """The sha256 of the resolved scenario: another digit anywhere is another scenario."""
        from sim.scenario.resolved import digest

        return digest(self)

    @property
    def rival_currency(self) -> RivalCurrency:
        """The rival's currency."""
        return next(row for row in self.catalogs.rivals.rivals if row.name == self.rival.currency)

    def packs(self, region: str) -> tuple[Pack, ...]:
        """The coin packs sold in a region, in the catalogue's order."""
        return self.catalogs.packs[self.regions[region].packs].packs

    def goods(self, region: str) -> tuple[Good, ...]:
        """The goods that a region's sellers show, in the catalogue's order."""
        return self.catalogs.goods[self.regions[region].goods].goods

    @cached_property
    def first_good(self) -> dict[str, int]:
        """By region, the number of its first good: goods are numbered through all regions, in the scenario's order."""
        first, numbered = {}, 0
        for region in self.regions:
            first[region] = numbered
            numbered += len(self.goods(region))
        return first

    @cached_property
    def all_goods(self) -> tuple[Good, ...]:
        """Every region's goods, by number; a catalogue of two regions is there twice, once in each one's money."""
        return tuple(good for region in self.regions for good in self.goods(region))


def _half_up(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_HALF_UP))
