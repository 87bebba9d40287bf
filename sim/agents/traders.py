"""Traders: what sellers sold this week, and what they change for the next.

    traders.goods_sold(seller, slot, margin, ...)    # rules that both engines call where things happen
    traders.decide(week)                             # at the first boundary of every week but the first
    traders.by_week()                                # sellers_by_week: who sells, and what it brings, by origin

Prices and stock follow what sold; sellers take up selling live, leave at losses, and others begin while it pays. A shop
in the street counts for none of this, for it stays whoever sells here. What others earn is judged by the middle one of
them. Where nobody bought anything in a week, as under a ban, sellers wait. Who is neutral in all of this (see `[trade]`
in scenarios/README.md) just counts.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.merchants import FIRST_SELLER, Goods, foreign_sellers, goods_of
from sim.agents.promotions import Promises
from sim.agents.shelves import Shelves, draw_shelves
from sim.agents.stage import Stage
from sim.agents.workforce import Week
from sim.behavior.delay import DAY_US
from sim.behavior.elsewhere import OFFLINE, ORDER
from sim.behavior.labor import WHOLE, begins
from sim.behavior.purposes import SELL_LIVE, SELLER_ENTRY
from sim.behavior.selling import an_hour_earns, changes_live, offline_income, profit_of, promotion_saves
from sim.behavior.shelf import is_slow, rate_of, reprice, restock
from sim.behavior.topup import WEEK_US
from sim.behavior.types import Float64Array, Int64Array
from sim.compiled import rule
from sim.ledger import CURRENCY_BY_NAME, REGION_BY_NAME, Op, Rule
from sim.metrics.elsewhere import AMOUNT
from sim.scenario import Scenario
from sim.streams import draw, uniform
from sim.tables import Columns

BoolArray = npt.NDArray[np.bool_]

# Of a week, a region and an origin of sellers: how many sold, sold live, began and left as it began; microseconds
# live; what sales here brought after commission, refunds and the goods' cost, and what shops in the street of all who
# could sell did, in minor units of the region's currency.
BY_WEEK: Final = {
    "week": np.dtype("<i8"),
    "region": np.dtype("<u2"),
    "currency": np.dtype("<u2"),
    "foreign": np.dtype("?"),
    "active": np.dtype("<i8"),
    "selling_live": np.dtype("<i8"),
    "entered": np.dtype("<i8"),
    "left": np.dtype("<i8"),
    "live_us": np.dtype("<i8"),
    "income": np.dtype("<i8"),
    "offline": np.dtype("<i8"),
}
COUNTS: Final = len(BY_WEEK) - 4


class TradeTerms(NamedTuple):
    """A scenario's `[trade]`: rates in ppm, shares and weeks as floats."""

    reprice_step: int
    slow_share: int
    restock_weight: int
    stock_cover: int
    take_up_share: float
    patience_weeks: int
    entry_share: float
    displacement: int
    pieces: int


class Costs(NamedTuple):
    """By region, in minor units: arrays of shape (n_regions,). `entry` is for a week of those that it has to last."""

    hour: Int64Array
    week: Int64Array
    entry: Int64Array
    offline: Int64Array


class Trade(NamedTuple):
    """Columns of sellers: arrays of shape (n_sellers, most goods), from `losses` on of shape (n_sellers,).

    Attributes
    ----------
    cost, most : of a piece, and the highest price that a seller would ask
    extra : pieces to which a shelf is filled beyond those that the scenario states
    sold, today, busiest : pieces in this week, since the last filling, and on the week's busiest day
    sold_out : whether that happened this week
    losses : weeks in a row
    sells_live : whether a seller takes opportunities to go live
    margin : this week's orders in live streams, over commission and cost
    cost_paid, paid_out : this week's cost of pieces delivered, and cash taken out
    cash : as this week began
    imported_sales : this week's orders of imported goods
    orders, sales, commissions : this week's orders, what they add up to, and what the platform takes of them
    has_sold : whether a seller has ever begun
    promotion, promotion_until : the number of the promotion by which one pays commission, 0 for none; until when
    """

    cost: Int64Array
    most: Int64Array
    extra: Int64Array
    sold: Int64Array
    today: Int64Array
    busiest: Int64Array
    sold_out: BoolArray
    losses: Int64Array
    sells_live: BoolArray
    margin: Int64Array
    cost_paid: Int64Array
    paid_out: Int64Array
    cash: Int64Array
    imported_sales: Int64Array
    orders: Int64Array
    sales: Int64Array
    commissions: Int64Array
    has_sold: BoolArray
    promotion: Int64Array
    promotion_until: Int64Array


class Seen(NamedTuple):
    """What sellers of a region see of each other's past week: arrays of shape (n_regions,).

    Attributes
    ----------
    sold : pieces
    profit : of the middle seller, in minor units
    was_live : whether anybody was
    an_hour : what an hour live earned the middle one of those who were
    """

    sold: Int64Array
    profit: Int64Array
    was_live: BoolArray
    an_hour: Float64Array


CONSTANT: Final = ("cost", "most")
OF_SHELVES: Final = ("extra", "sold", "today", "busiest")
OF_A_WEEK: Final = (
    "sold",
    "today",
    "busiest",
    "sold_out",
    "margin",
    "cost_paid",
    "paid_out",
    "imported_sales",
    "orders",
    "sales",
    "commissions",
)
DRAWN: Final = (*CONSTANT, "sold_out", "sells_live", "has_sold")


def new_trade(scenario: Scenario, seed: int, shelves: Shelves, goods: Goods, foreign: BoolArray) -> Trade:
    """Nothing sold yet."""
    n, _ = shelves.good.shape
    shown = np.maximum(shelves.good, 0)
    cost = np.where(foreign[:, None], goods.foreign_cost[shown], goods.cost[shown])
    most_ppm = scenario.trade.price_most.ppm
    most = np.array([[rate_of(int(price), most_ppm) for price in row] for row in shelves.price], np.int64)
    live = np.zeros(n, np.bool_)
    _first_live(seed, float(scenario.trade.live_share), live)
    columns = {
        name: np.zeros(cost.shape if name in OF_SHELVES else n, np.int64) for name in Trade._fields if name not in DRAWN
    }
    sold_out = np.zeros(cost.shape, np.bool_)
    has_sold = np.zeros(n, np.bool_)
    most = most.reshape(cost.shape)
    return Trade(**columns, cost=cost, most=most, sold_out=sold_out, sells_live=live, has_sold=has_sold)


@rule
def _first_live(seed: int, live_share: float, sells_live: BoolArray) -> None:
    for n in range(sells_live.shape[0]):
        sells_live[n] = uniform(draw(seed, FIRST_SELLER + n, SELL_LIVE, 0)[0]) < live_share


@rule
def note_sale(trade: Trade, seller: int, slot: int, left: int) -> None:
    """Count a piece sold, of which so many are left."""
    trade.sold[seller, slot] += 1
    trade.today[seller, slot] += 1
    if left <= 0:
        trade.sold_out[seller, slot] = True


@rule
def note_order(
    trade: Trade, seller: int, slot: int, amount: int, commission: int, is_live: bool, is_imported: bool
) -> None:
    """Count an order that its seller accepts; a commission that a return would give back is counted as paid."""
    trade.orders[seller] += 1
    trade.sales[seller] += amount
    trade.commissions[seller] += commission
    if is_live:
        trade.margin[seller] += amount - commission - trade.cost[seller, slot]
    if is_imported:
        trade.imported_sales[seller] += amount


@rule
def end_day(trade: Trade, seller: int) -> None:
    """Begin to count a day's sales anew."""
    for slot in range(trade.today.shape[1]):
        trade.busiest[seller, slot] = max(trade.busiest[seller, slot], trade.today[seller, slot])
        trade.today[seller, slot] = 0


@rule
def fill(shelves: Shelves, trade: Trade, active: BoolArray, pieces: int) -> None:
    """Begin a day: as many pieces of each good as its seller keeps, none where nobody sells."""
    for n in range(shelves.good.shape[0]):
        end_day(trade, n)
        for slot in range(shelves.goods[n]):
            shelves.stock[n, slot] = pieces + trade.extra[n, slot] if active[n] else 0


def trade_terms(scenario: Scenario) -> TradeTerms:
    """A scenario's numbers."""
    trade = scenario.trade
    return TradeTerms(
        trade.reprice_step.ppm,
        trade.slow_share.ppm,
        trade.restock_weight.ppm,
        trade.stock_cover.ppm,
        float(trade.take_up_share),
        int(trade.patience_weeks),
        float(trade.entry_share),
        trade.displacement.ppm,
        int(scenario.sellers.stock_per_good),
    )


def costs_of(scenario: Scenario) -> Costs:
    """A scenario's costs and incomes in each region's own money."""
    trade, regions = scenario.trade, scenario.regions.values()
    weeks = float(trade.horizon_weeks)

    def column(values: list[int]) -> Int64Array:
        return np.array(values, np.int64)

    return Costs(
        column([region.cents(trade.hour_cost_cents) for region in regions]),
        column([region.cents(trade.week_cost_cents) for region in regions]),
        column([round(region.cents(trade.entry_cost_cents) / weeks) for region in regions]),
        column([region.cents(trade.offline_cents_per_week) for region in regions]),
    )


class Traders:
    """All sellers of a run, as they trade.

    Parameters
    ----------
    region : array of shape (n_sellers,), by its place in the scenario
    cash : gives what sellers are owed in their region's currency, array of shape (n_sellers,)

    Attributes
    ----------
    foreign : whether each is from abroad
    region : of each, by its place in the scenario
    shelves : what each offers; whoever keeps stock replaces it
    now : the current week; whoever sells for a seller counts it there
    """

    def __init__(
        self,
        stage: Stage,
        region: Int64Array,
        cash: Callable[[], Int64Array],
    ) -> None:
        scenario = stage.scenario
        self._stage = stage
        self.region = region
        self._cash = cash
        self.foreign = foreign_sellers(scenario, stage.seed, len(region))
        self.shelves = draw_shelves(scenario, stage.seed, region)
        self._terms, self._costs = trade_terms(stage.scenario), costs_of(stage.scenario)
        self.regions = list(stage.scenario.regions)
        self.now = new_trade(scenario, stage.seed, self.shelves, goods_of(scenario), self.foreign)
        self._weeks: list[Int64Array] = []  # of shape (n_regions, 2, COUNTS)
        self._promises = Promises(stage)

    def __repr__(self) -> str:
        return f"<Traders sellers={len(self.region)} in week {len(self._weeks)}>"

    def drive(self, active: BoolArray) -> Int64Array:
        """The ppm of their opportunities that sellers take to go live."""
        return np.where(active & self.now.sells_live, WHOLE, 0)

    def income(self) -> Int64Array:
        """What sales brought so far in this week: cash, less the cost of what was delivered."""
        return self._cash() - self.now.cash + self.now.paid_out - self.now.cost_paid

    def close_week(self, week: Week, began: BoolArray, left: BoolArray) -> None:
        """Note the week that is over; `week` and the others are the sellers' own columns."""
        self._weeks.append(self._counts(week, began, left))

    def decide(self, week: Week) -> None:
        """Let the past week decide how the next one goes: who sells, live or not, at which price, from which stock."""
        before = week.active.copy()
        self.now.has_sold[:] |= before
        profit, earned = np.zeros(len(self.region), np.int64), np.zeros(len(self.region))
        _look_back(self.now.margin, week, self.region, self._costs, profit, earned)
        _decide(
            self._stage.seed,
            self._stage.now_us // WEEK_US,
            self.now,
            week,
            self.shelves,
            self.region,
            profit,
            earned,
            seen_of(week, self.region, self.now.sold, profit, earned, len(self.regions)),
            self._lure(before),
            self._terms,
            self._costs,
        )
        self._promote(week.active & ~before)
        week.drive[:] = self.drive(week.active)
        self.now.cash[:] = self._cash()
        for name in OF_A_WEEK:
            getattr(self.now, name)[:] = 0

    def _lure(self, active: BoolArray) -> Float64Array:
        """What a promotion would save each seller a week who hasn't sold here yet."""
        if not self._promises:
            return np.zeros(len(active))
        now, horizon = self.now, float(self._stage.scenario.trade.horizon_weeks)
        sums = np.zeros((len(self.regions), 4), np.int64)
        columns = (np.ones(len(active), np.int64), now.orders, now.sales, now.commissions)
        np.add.at(sums, self.region[active], np.stack(columns, axis=1)[active])
        promised = [
            promotion_saves(sellers, orders, sales, taken, *promise[1:], horizon) if promise.number else 0.0
            for promise, (sellers, orders, sales, taken) in zip(self._promises.now(), sums.tolist(), strict=True)
        ]
        return np.where(now.has_sold, 0.0, np.array(promised)[self.region])

    def _promote(self, began: BoolArray) -> None:
        """Let those who begin to sell for the first time pay what is promised now."""
        promises = self._promises.now()
        for n in np.flatnonzero(began & ~self.now.has_sold).tolist():
            promise = promises[self.region[n]]
            if promise.number:
                self._state_promotion(n, promise.number)
                self.now.promotion_until[n] = self._stage.now_us + promise.lasts_us
        self.now.has_sold[:] |= began

    def end_promotions(self) -> None:
        """Let those pay as others do whose days are over at this boundary; what lasts whole days ends as one begins."""
        if self._stage.now_us % DAY_US or not self._promises:
            return
        over = (self.now.promotion > 0) & (self.now.promotion_until <= self._stage.now_us)
        for n in np.flatnonzero(over).tolist():
            self._state_promotion(n, 0)

    def _state_promotion(self, n: int, number: int) -> None:
        self.now.promotion[n] = number
        self._stage.propose(Op.POLICY, FIRST_SELLER + n, peer=Rule.NEW_SELLER, amount=number)

    def _offline(self) -> Int64Array:
        """What each domestic merchant's shop in the street earned in this week so far, by region."""
        end_us = self._stage.now_us
        begin_us = (end_us - 1) // WEEK_US * WEEK_US
        diverted = self._stage.elsewhere.between(begin_us, end_us)[:, ORDER, :, OFFLINE, :, :, AMOUNT]
        n_regions = len(self.regions)
        shops = np.bincount(self.region[~self.foreign], minlength=n_regions)
        sales = np.zeros(n_regions, np.int64)
        np.add.at(sales, self.region, self.now.imported_sales)
        base = [int(income) * (end_us - begin_us) // WEEK_US for income in self._costs.offline]
        lost, displacement = diverted.sum(axis=(1, 2, 3)), self._terms.displacement
        found = [
            offline_income(base[place], int(sales[place]), displacement, int(lost[place]), max(int(count), 1))
            for place, count in enumerate(shops)
        ]
        return np.array(found, np.int64)

    def _counts(self, week: Week, began: BoolArray, left: BoolArray) -> Int64Array:
        counts = np.zeros((len(self.regions), 2, COUNTS), np.int64)
        own_shop = np.where(self.foreign, 0, self._offline()[self.region])
        live = week.active & self.now.sells_live
        columns = (week.active, live, began, left, week.live_us, self.income(), own_shop)
        for k, column in enumerate(columns):
            np.add.at(counts[:, :, k], (self.region, self.foreign.astype(np.int64)), column.astype(np.int64))
        return counts

    def by_week(self, week: Week, began: BoolArray, left: BoolArray) -> Columns:
        """Every week so far, the current one as far as it goes: a row for each region and origin."""
        counts = np.array([*self._weeks, self._counts(week, began, left)])
        names = [self._stage.scenario.regions[name].currency for name in self.regions]
        currency = np.array([CURRENCY_BY_NAME[name].code for name in names])
        code = np.array([REGION_BY_NAME[name] for name in self.regions])
        number, region, foreign = (axis.ravel() for axis in np.indices(counts.shape[:3]))
        values = [number, code[region], currency[region], foreign, *counts.reshape(-1, COUNTS).T]
        return {name: value.astype(dtype) for (name, dtype), value in zip(BY_WEEK.items(), values, strict=True)}

    def state(self) -> dict[str, Any]:
        """Everything that can't be drawn again, as arrays."""
        columns = {name: column.copy() for name, column in self.now._asdict().items() if name not in CONSTANT}
        return columns | {"weeks": np.array(self._weeks, np.int64).reshape(-1, len(self.regions), 2, COUNTS)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        for name, column in self.now._asdict().items():
            if name not in CONSTANT:
                column[:] = state[name]
        self._weeks = list(state["weeks"].copy())


def seen_of(
    week: Week, region: Int64Array, sold: Int64Array, profit: Int64Array, earned: Float64Array, n_regions: int
) -> Seen:
    """What there is to see: of the middle seller, for what a few stars earn isn't to be had by beginning."""
    seen = Seen(
        np.bincount(region, sold.sum(axis=1), n_regions).astype(np.int64),
        np.zeros(n_regions, np.int64),
        np.zeros(n_regions, np.bool_),
        np.zeros(n_regions),
    )
    for place in range(n_regions):
        here = week.active & (region == place)
        live = here & (week.live_us > 0)
        if here.any():
            seen.profit[place] = middle_of(profit[here])
        if live.any():
            seen.was_live[place], seen.an_hour[place] = True, middle_of(earned[live])
    return seen


def middle_of(values: npt.NDArray[Any]) -> Any:
    """The median; of an even number of values, the lower of the two in the middle."""
    return np.sort(values)[(len(values) - 1) // 2]


@rule
def _look_back(
    margin: Int64Array, week: Week, region: Int64Array, costs: Costs, profit: Int64Array, earned: Float64Array
) -> None:
    """Fill in what the week left each seller, and what an hour live earned."""
    for n in range(region.shape[0]):
        hour, being_there, live_us = costs.hour[region[n]], costs.week[region[n]], week.live_us[n]
        profit[n] = profit_of(week.income[n], being_there, hour, live_us)
        earned[n] = an_hour_earns(margin[n], live_us)


@rule
def _decide(
    seed: int,
    number: int,
    trade: Trade,
    week: Week,
    shelves: Shelves,
    region: Int64Array,
    profit: Int64Array,
    earned: Float64Array,
    seen: Seen,
    lure: Float64Array,
    terms: TradeTerms,
    costs: Costs,
) -> None:
    """Let sellers decide by the week that is over, and by what they see of others'."""
    for n in range(region.shape[0]):
        where = region[n]
        if not seen.sold[where]:
            continue  # a week without a sale tells nobody anything
        if week.active[n]:
            _weigh(trade, week, n, profit[n], terms)
            if seen.was_live[where]:
                an_hour = earned[n] if trade.sells_live[n] and week.live_us[n] else seen.an_hour[where]
                _consider_live(seed, number, trade, n, an_hour, costs.hour[where], terms)
            _tend(trade, shelves, n, terms)
        elif terms.entry_share > 0.0:
            expected = seen.profit[where] + lure[n]
            word = draw(seed, FIRST_SELLER + n, SELLER_ENTRY, number)[0]
            if begins(word, expected, float(costs.entry[where]), terms.entry_share):
                week.active[n] = True
                trade.losses[n] = 0


@rule
def _weigh(trade: Trade, week: Week, n: int, profit: int, terms: TradeTerms) -> None:
    """Let a seller leave after weeks of losses."""
    trade.losses[n] = trade.losses[n] + 1 if profit < 0 else 0
    if terms.patience_weeks and trade.losses[n] >= terms.patience_weeks:
        week.active[n] = False


@rule
def _consider_live(
    seed: int, number: int, trade: Trade, n: int, an_hour: float, hour_cost: int, terms: TradeTerms
) -> None:
    """Let a seller weigh selling live: by the own hours, or by those of others in the region."""
    word = draw(seed, FIRST_SELLER + n, SELL_LIVE, number)[0]
    if changes_live(word, trade.sells_live[n], an_hour, float(hour_cost), terms.take_up_share):
        trade.sells_live[n] = not trade.sells_live[n]


@rule
def _tend(trade: Trade, shelves: Shelves, n: int, terms: TradeTerms) -> None:
    """Let a seller reprice and restock every good."""
    for slot in range(shelves.goods[n]):
        level, sold_out = terms.pieces + trade.extra[n, slot], trade.sold_out[n, slot]
        shelves.price[n, slot] = reprice(
            shelves.price[n, slot],
            trade.cost[n, slot],
            trade.most[n, slot],
            terms.reprice_step,
            sold_out,
            is_slow(trade.sold[n, slot], level, terms.slow_share),
        )
        busiest = max(trade.busiest[n, slot], trade.today[n, slot])
        level = restock(level, busiest, sold_out, terms.restock_weight, terms.stock_cover)
        trade.extra[n, slot] = level - terms.pieces
