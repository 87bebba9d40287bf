"""Counterparties: the other side of what viewers do. Creators and sellers as columns, and the platform's payments.

    other = Counterparties(stage, assets, new_tickets(0, 1))
    tickets = other.close(orders, gifts)                # the past window is heard; not at the start
    other.begin()                                       # hosts decide, where a week has ended
    rows = other.settle(rates)                          # what is due at this boundary happens
    shown = other.publish()                             # what viewers see until the next
    other.after()

The calls of a boundary come in this order, and `close` once more at the end of the run. They do what the processes of
`sim.agents.creator` and `sim.agents.seller` do, but without an object a host, order or payout. Gifts are posted where
they are given; here they only arrive.
"""

from fractions import Fraction
from typing import Any, Final, NamedTuple, Self, TypeVar

import numpy as np
import numpy.typing as npt

from sim.agents.boards import STARS_STAY_US, Boards
from sim.agents.flash import SLOT, Flash, flash_sales, keenness, sale_price
from sim.agents.hosts import head_counts, reach
from sim.agents.merchants import NO_AFFILIATE, affiliates, goods_of
from sim.agents.session import start_hours_reach
from sim.agents.shelves import NO_SLOT
from sim.agents.stage import Stage, Storm
from sim.agents.traders import Traders, fill
from sim.agents.waves import waves_of
from sim.agents.workforce import Hosts as HostColumns
from sim.agents.workforce import Workforce
from sim.behavior.commerce import is_hidden
from sim.behavior.shop import LIVE
from sim.behavior.types import Int64Array
from sim.engines.columns import audit
from sim.engines.columns import earnings as earning
from sim.engines.columns import orders as selling
from sim.engines.columns.agenda import Agenda, Int32Array, dues, restored_agenda
from sim.engines.columns.codes import CANCEL
from sim.engines.columns.counter import Counter, new_counter
from sim.engines.columns.earnings import (
    CREATOR,
    PAYOUT_ASKED,
    Earnings,
    cash_out_of,
    new_earnings,
    plan_turns,
    room_for_payouts,
)
from sim.engines.columns.escrow import holdings, restored_escrow
from sim.engines.columns.held import Held, Room
from sim.engines.columns.host_columns import accounts_of, draw_hosts
from sim.engines.columns.orders import OPEN_ORDER, fulfilment_of, new_sales, room_for_orders
from sim.engines.columns.proposals import Clock, canonical, new_proposals
from sim.engines.columns.rates import Rates
from sim.engines.columns.returns import NO_RETURNS, new_returns
from sim.engines.columns.rows import NO_ROWS, Structs, Tickets, new_rows, room_for
from sim.engines.columns.settlement import Books, carry_out, due_at, propose_due, receive
from sim.engines.columns.streams_on import Shown, Streams, count_hours, go_on, no_streams, show, stay_on
from sim.engines.columns.takings import EARNER, new_takings, plan_takings
from sim.engines.columns.timetable import Habits, Timetable
from sim.engines.columns.totals import FIRST_FIAT, Totals, new_totals
from sim.engines.columns.unspent import Unspent
from sim.ledger import CURRENCY_BY_NAME, REGION_BY_NAME
from sim.ledger.accounts import KIND_SPAN, NOBODY
from sim.ledger.errors import CoinworksError
from sim.metrics.hosts import Hosts
from sim.scenario import Scenario
from sim.scenario.types import DAY_US
from sim.tables import Columns

__all__ = ["Counterparties", "Shown"]

NO_TICKETS: Final = np.empty(0, np.int64)
ESCROW: Final = ("buyer", "asset", "amount")

_NamedTuple = TypeVar("_NamedTuple", bound=NamedTuple)


class Counterparties:
    """Creators, sellers, the orders and payouts on their way.

    Parameters
    ----------
    assets : codes by their place on the asset axis, see `totals.assets_of`
    tickets : of this source; grown as need be

    Attributes
    ----------
    creators_reach : running sum of the creators' popularity, array of shape (n_creators,)
    hosts_region : places of the regions in the scenario, array of shape (n_hosts,)
    creators_region, sellers_region : region codes, arrays of shape (n_creators,) and (n_sellers,)
    workforce, boards : who works, and how much; what was given at whose stream
    totals : of the operations order, capture, cancel, refund and payout
    returned : coins that come back to viewers at the boundary that was settled last, an array of `RETURNED`

    Raises
    ------
    CoinworksError : so many creators that a favourite can't be drawn from them
    """

    def __init__(self, stage: Stage, assets: list[int], tickets: Tickets) -> None:
        scenario = stage.scenario
        self.stage = stage
        self.tickets = tickets
        self.totals: Totals = new_totals(len(assets))
        self._assets = assets
        self._n_boundaries = scenario.duration_us // scenario.window_us
        self._hosts, self.n_creators = draw_hosts(scenario, stage.seed, stage.calendar)
        self.n_sellers = len(self._hosts.zone) - self.n_creators
        count, sellers = head_counts(scenario)
        self.creators_reach: Int64Array = reach(self._hosts.weight[: count.starting])
        order = list(scenario.regions)
        regions = np.array([order.index(zone.region) for zone in stage.calendar.zones], np.uint16)[self._hosts.zone]
        self.hosts_region: npt.NDArray[np.uint16] = regions
        codes = np.array([REGION_BY_NAME[name] for name in order], np.uint16)[regions]
        self.creators_region: npt.NDArray[np.uint16] = codes[: self.n_creators]
        self.sellers_region: npt.NDArray[np.uint16] = codes[self.n_creators :]
        numbers = np.arange(self.n_creators), np.arange(self.n_sellers)
        starts = np.concatenate([numbers[0] < count.starting, numbers[1] < sellers.starting])
        accounts = accounts_of(self.n_creators, self.n_sellers)
        mine = slice(self.n_creators)
        self.boards = Boards(
            stage, self._hosts.weight[mine].astype(np.int64), regions[mine].astype(np.int64), starts[mine]
        )
        places = regions.astype(np.int64)
        self._traders = Traders(stage, places[self.n_creators :], self._cash)
        self.workforce = Workforce(stage, HostColumns(accounts, places, starts), self.n_creators, self._traders)
        self._fulfilment = fulfilment_of(scenario, waves_of(stage))
        self._cash_out = cash_out_of(scenario, stage.diamond_value_ppm)
        self._sales = self._no_sales(regions)
        self._every_days = float(scenario.sellers.settle_every_days)
        floor = scenario.sellers.settle_floor_cents
        self._floor = np.array([region.cents(floor) for region in scenario.regions.values()], np.int64)
        if self._every_days:
            plan_takings(self._sales.takings, self.n_creators, self._every_days, self._clock(0))
        self._earnings = new_earnings(regions[: self.n_creators], self._n_boundaries)
        plan_turns(self._earnings, self._cash_out, self._clock(0))
        self._count_sellers()
        n_live = self.n_creators + (self.n_sellers if self._sales.shelves.goods.any() else 0)
        self._timetable = Timetable(stage, self._hosts, n_live, self._habits(scenario))
        self._on: Streams = no_streams()
        self._next_end_us = 0
        self._shown: Shown | None = None  # while neither streams nor stock have changed
        self._flash: list[Flash] = []
        self._stars: list[tuple[int, Storm]] = []
        self._law = b""
        self._held_books = Held(Books)
        self._counts: Int64Array = np.zeros(4, np.int64)
        self._no_payout_day = np.zeros(len(order), np.bool_)
        self._are_hidden = np.zeros(len(order), np.bool_)
        self._numbers: Int64Array = np.zeros(1, np.int64)
        self._given = 0
        self._paid_coins = 0  # of all orders, less what came back from escrow
        self._paid_credit: Int64Array = np.zeros(len(assets), np.int64)  # of all orders, by vouchers
        self.returned: Structs = NO_RETURNS
        self._late: Int32Array = np.empty(0, np.int32)
        self._rates: Rates | None = None

    @property
    def hosts(self) -> Hosts:
        """Who creates and sells what."""
        return Hosts(self.creators_region, self.sellers_region, self._sales.foreign, self._sales.imported)

    def __repr__(self) -> str:
        return f"<Counterparties creators={self.n_creators} sellers={self.n_sellers} at {self.stage.now_us} us>"

    def _no_sales(self, region: npt.NDArray[np.uint16]) -> selling.Sales:
        scenario, seed, n_creators = self.stage.scenario, self.stage.seed, self.n_creators
        of_creators, of_sellers = region[:n_creators].astype(np.int64), region[n_creators:].astype(np.int64)
        partner = affiliates(scenario, seed, of_sellers, of_creators, self.creators_reach)
        earners = np.concatenate([np.unique(partner[partner != NO_AFFILIATE]), n_creators + np.arange(self.n_sellers)])
        n_currencies = len(self._assets) - FIRST_FIAT
        return new_sales(
            self._traders.shelves,
            self._traders.now,
            new_takings(region, earners.astype(np.int32), n_currencies, self._n_boundaries),
            partner,
            n_creators,
            self._traders.foreign,
            goods_of(scenario).imported,
            self._n_boundaries,
        )

    def _cash(self) -> Int64Array:
        """What each seller is owed in the region's currency."""
        regions = self.stage.scenario.regions.values()
        of_region = [self._assets.index(CURRENCY_BY_NAME[region.currency].code) - FIRST_FIAT for region in regions]
        owed = self._sales.takings.cash[self.n_creators :]
        cash: Int64Array = owed[np.arange(self.n_sellers), np.array(of_region)[self._sales.region]]
        return cash

    def _count_sellers(self) -> None:
        """Let the shop tab and videos show those who sell this week."""
        sells = self.workforce.now.active[self.n_creators :]
        weight, n_regions = self._hosts.weight[self.n_creators :], len(self.stage.scenario.regions)
        self._counter = new_counter(self._sales, weight, n_regions, sells)

    def _habits(self, scenario: Scenario) -> Habits:
        creators, sellers = scenario.creators, scenario.sellers
        return Habits(
            self.n_creators,
            float(creators.sessions_per_week),
            float(creators.session_minutes),
            float(sellers.sessions_per_week),
            float(sellers.session_minutes),
            start_hours_reach(self.stage),
        )

    def _clock(self, now_us: int) -> Clock:
        window_us = self.stage.windows.window_us
        return Clock(now_us // window_us, now_us, window_us, DAY_US // window_us, self.stage.seed)

    def close(self, orders: Structs, gifts: Structs) -> Int64Array:
        """Hear what viewers did in the window that ends now.

        Parameters
        ----------
        orders : all accepted ones, an array of `ORDERED` in canonical order
        gifts : all accepted ones, an array of `GIVEN` in any order

        Returns
        -------
        int64 array of shape (n_orders,): the ticket that each order makes
        """
        if len(gifts):
            self._given += earning.credit(self._earnings.creators, gifts, self.workforce.now.diamonds)
            self.boards.hear(gifts["creator"], gifts["diamonds"])
        if not len(orders):
            return NO_TICKETS
        if self._rates is None:
            raise CoinworksError("orders before the first settlement: expected the rates of their window first")
        self._shown = None
        in_coins, with_credit = (int(np.count_nonzero(orders[name])) for name in ("coins", "credit"))
        self._sales = room_for_orders(self._sales, len(orders), in_coins)
        if in_coins:
            self._paid_coins += int(orders["coins"].sum())
        if with_credit:
            np.add.at(self._paid_credit, self._rates.of["asset"][orders["region"]], orders["credit"])
        made, late = np.empty(len(orders), np.int64), np.empty(len(orders), np.int32)
        n_late = receive(self._books(self._rates), orders, made, late, self._clock(self.stage.now_us))
        self._late = late[:n_late]
        return made

    def _books(self, rates: Rates) -> Room:
        """The room of all that compiled code reads and writes here."""
        books = Books(
            self._sales,
            self._fulfilment,
            self._earnings,
            self._cash_out,
            self._every_days,
            self._floor,
            self.stage.commerce,
            rates,
            self.totals,
            self.tickets,
            self._numbers,
        )
        return self._held_books.of(books)

    def region_of(self, account: int) -> int:
        """The code of a seller's region; 0 for nobody."""
        return 0 if account == NOBODY else int(self.sellers_region[account % KIND_SPAN])

    def begin(self) -> None:
        """Before anybody else acts: let hosts decide, if a week has ended, and sellers' promotions end."""
        if self.workforce.is_due(self.stage.now_us):
            self.workforce.begin_week()
            self._count_sellers()
        self._traders.end_promotions()

    def settle(self, rates: Rates) -> Structs:
        """Let everything happen that is due at this boundary: its rows, in canonical order.

        Parameters
        ----------
        rates : in force from this boundary on
        """
        self._rates, self.returned = rates, NO_RETURNS
        clock = self._clock(self.stage.now_us)
        if clock.boundary % clock.windows_a_day == 0:
            pieces, sells = (
                int(self.stage.scenario.sellers.stock_per_good),
                self.workforce.now.active[self.n_creators :],
            )
            fill(self._sales.shelves, self._traders.now, sells, pieces)
            self._shown = None
        if not (due_at(self._books(rates), clock.boundary, self._counts) or self.stage.payout_days):
            return NO_ROWS
        n_orders, n_turns, n_payments, n_takings = self._counts.tolist()
        n_called = self.n_creators if self.stage.payout_days else 0
        proposals = new_proposals(n_orders + 2 * (n_turns + n_called) + n_payments + n_takings)
        found = np.empty(max(n_orders, n_turns, n_payments, n_takings), np.int32)
        if n_orders:
            self._shown = None
        n = propose_due(self._books(rates), found, self._payout_day(), proposals, clock)
        if not n:
            return NO_ROWS
        rows, returns = new_rows(n), new_returns(n if self._sales.coin_escrow.buyers[0] else 0)
        self._earnings = room_for_payouts(self._earnings, n_turns + n_called)
        self.tickets = room_for(self.tickets, n)
        carry_out(self._books(rates), proposals, canonical(proposals), returns, rows, clock)
        self.returned = returned = returns.back[: int(returns.used[0])]
        if len(returned):
            self._paid_coins -= int(returned["coins"][returned["op"] == CANCEL].sum())
        return rows.row

    def _payout_day(self) -> npt.NDArray[np.bool_]:
        """Of each region, whether all its creators are asked at this boundary, and no longer."""
        if not self.stage.payout_days:
            return self._no_payout_day
        called = np.array([region in self.stage.payout_days for region in self.stage.scenario.regions])
        self.stage.payout_days.clear()
        return called

    def publish(self) -> Shown:
        """The streams that viewers will see until the next boundary."""
        now_us = self.stage.now_us
        boundary = now_us // self.stage.windows.window_us
        sessions, first, last = self._timetable.begun(boundary, self.workforce.drive)
        if first < last or now_us >= self._next_end_us:
            goods = self._sales.shelves.goods
            count_hours(sessions, first, last, self.n_creators, goods, self.workforce.now.live_us)
            self._on = go_on(self._on, sessions, first, last, now_us, self.n_creators, goods)
            self._next_end_us = int(self._on.until_us.min(initial=self.stage.windows.duration_us))
            self._shown = None
            self.boards.begin(sessions.place[first:last], sessions.day[first:last])
        self._keep_stars_live()
        self._flash = self._hold_sales()
        self._look_at_law()
        if self._shown is None:
            self._shown = show(
                self._on, self._weight(), self._sales.shelves, self._sales.region, self.n_creators, self._are_hidden
            )
            for sale in self._flash:
                on_sale = self._shown.host == self.n_creators + sale.seller
                self._shown.price[on_sale] = [sale_price(price, sale.terms) for price in self._shown.price[on_sale]]
        if self._cash_out.value_ppm.tolist() != [*self.stage.diamond_value_ppm.values()]:
            self._cash_out = cash_out_of(self.stage.scenario, self.stage.diamond_value_ppm)
        self.boards.turn()
        if self.boards.change:
            eagerness = self.boards.eagerness(self._shown.host, self._shown.reach)
            self._shown = self._shown._replace(eagerness=eagerness)
        return self._shown

    def _keep_stars_live(self) -> None:
        """While a storm is on its star is live, and for an hour from now: nobody gives in a hurry."""
        before, self._stars = self._stars, self.boards.stars()
        for place, _ in self._stars:
            self.workforce.now.live_us[place] += self._stay_on(place, NO_SLOT)
        if before or self._stars:
            self._shown = None

    def _weight(self) -> npt.NDArray[np.int32]:
        """Each host's popularity; an announced storm makes its star more popular."""
        weight = self._hosts.weight
        if self._stars:
            weight = weight.copy()
            for place, storm in self._stars:
                weight[place] = storm.weight(int(weight[place]))
        return weight

    def _hold_sales(self) -> list[Flash]:
        """Let whoever has a flash sale be live with it, and for an hour from now."""
        if not self.stage.flash and not self._flash:
            return []
        self._shown = None
        sales, weight = self._sales, self._hosts.weight[self.n_creators :]
        n_goods = sales.shelves.goods * self.workforce.now.active[self.n_creators :]
        held = flash_sales(self.stage, weight, sales.region, n_goods)
        for sale in held:
            if not sale.terms.has_begun:
                sales.shelves.stock[sale.seller, SLOT] = sale.terms.pieces
                region = list(self.stage.scenario.regions)[sales.region[sale.seller]]
                self.stage.flash[region] = sale.terms._replace(has_begun=True)
            place = self.n_creators + sale.seller
            self.workforce.now.live_us[place] += self._stay_on(place, SLOT)
        return held

    def _stay_on(self, place: int, slot: int) -> int:
        """Let a host be live for an hour from now; returns for how much longer that is."""
        now_us = self.stage.now_us
        until_us = now_us + STARS_STAY_US
        self._on, longer_us = stay_on(self._on, place, slot, until_us, now_us)
        self._next_end_us = min(self._next_end_us, until_us)
        return longer_us

    def _look_at_law(self) -> None:
        """Find out in which regions sellers may not even show goods live, where the law has changed."""
        law = self.stage.commerce.banned.tobytes() + self.stage.commerce.advertised.tobytes()
        if law != self._law:
            regions = range(len(self.stage.scenario.regions))
            self._are_hidden = np.array([is_hidden(self.stage.commerce, region, LIVE) for region in regions])
            self._law, self._shown = law, None

    @property
    def counter(self) -> Counter:
        """What the shop tab and videos show until the next boundary, to be asked for after `publish`."""
        if self._counter.shelves is not self._sales.shelves:
            self._counter = self._counter._replace(shelves=self._sales.shelves)
        counter = self._counter
        return counter._replace(keenness=keenness(self._flash, self.n_sellers)) if self._flash else counter

    def after(self) -> None:
        """When everyone has seen what is published: what came too late for this boundary's settlement."""
        if len(self._late):
            shelves = self._sales.shelves
            self._sales = self._sales._replace(shelves=shelves._replace(stock=shelves.stock.copy()))
            selling.put_back(self._sales, self._late)
            self._shown = None
            self._late = self._late[:0]

    def balances(self) -> Columns:
        """Every (account, asset) that an entry has touched: columns klass, owner, asset, amount, in that order."""
        return audit.balances_of(self._sales, self._earnings, self._assets)

    def affiliate_balances(self) -> dict[int, int]:
        """By currency, what affiliates have earned and not taken out."""
        owed = self._sales.takings.cash[: self.n_creators].sum(axis=0).tolist()
        return {code: amount for code, amount in zip(self._assets[FIRST_FIAT:], owed, strict=True) if amount}

    def payable(self, rates: Rates) -> dict[int, Fraction]:
        """By currency, what creators' diamonds are worth: held by these rates, pending by their request's."""
        return audit.payable_of(self._earnings, rates)

    def unspent(self) -> Unspent:
        """What the coins in escrow add up to."""
        if self._rates is None:
            return Unspent(*np.zeros((len(Unspent._fields), len(self._assets)), np.int64))
        return audit.unspent_of(self._sales, self._rates, len(self._assets))

    def check(self) -> None:
        """Assert the laws of conservation that concern these accounts.

        Raises
        ------
        ConservationError : names the account or class, and the amounts
        """
        paid = self._paid_coins, self._paid_credit
        audit.check(self._sales, self._earnings, self._given, *paid, self.totals, self._assets)

    def state(self) -> dict[str, Any]:
        """Everything that can't be drawn again, as arrays and whole numbers; to be asked for after `close`."""
        sales, earnings = self._sales, self._earnings
        parts = {
            "tickets": self.tickets._asdict(),
            "totals": self.totals._asdict(),
            "streams": self._on._asdict(),
            "rates": self._rates._asdict() if self._rates else {},
            "creators": _fields(earnings.creators),
            "payouts": _fields(earnings.payouts[: len(dues(earnings.payments))]),
            "orders": _fields(sales.open[: len(dues(sales.agenda))]),
            "workforce": self.workforce.state(),
            "boards": self.boards.state(),
            "escrow": dict(zip(ESCROW, holdings(sales.escrow), strict=True)),
            "coin_escrow": dict(zip(ESCROW, holdings(sales.coin_escrow), strict=True)),
            "sellers": {
                "stock": sales.shelves.stock,
                "price": sales.shelves.price,
            },
            "takings": {"cash": sales.takings.cash, "had_cash": sales.takings.had_cash},
            "earners": _fields(sales.takings.earners),
            "due": {
                "orders": dues(sales.agenda),
                "payments": dues(earnings.payments),
                "turns": dues(earnings.turns),
                "takings": dues(sales.takings.turns),
            },
        }
        arrays = {f"{name}.{field}": array.copy() for name, part in parts.items() for field, array in part.items()}
        return {
            **arrays,
            "late": self._late.copy(),
            "paid_credit": self._paid_credit.copy(),
            "numbers": int(self._numbers[0]),
            "given": self._given,
            "paid_coins": self._paid_coins,
        }

    @classmethod
    def restored(cls, stage: Stage, assets: list[int], state: dict[str, Any]) -> Self:
        """Those of a checkpoint, who go on as if nothing had been.

        Raises
        ------
        CoinworksError : the scenario has other hosts, or other goods on their shelves
        """
        other = cls(stage, assets, _tuple(Tickets, "tickets", state))
        other._check_alike(state)
        other.totals = _tuple(Totals, "totals", state)
        other._sales.shelves.price[:] = state["sellers.price"]
        other._sales = other._sales._replace(
            shelves=other._sales.shelves._replace(stock=state["sellers.stock"].copy()),
            agenda=other._agenda(state["due.orders"]),
            open=_structs(OPEN_ORDER, "orders", state),
            escrow=restored_escrow(*(state[f"escrow.{name}"] for name in ESCROW)),
            coin_escrow=restored_escrow(*(state[f"coin_escrow.{name}"] for name in ESCROW)),
            takings=other._sales.takings._replace(
                cash=state["takings.cash"].copy(),
                had_cash=state["takings.had_cash"].copy(),
                turns=other._agenda(state["due.takings"]),
                earners=_structs(EARNER, "earners", state),
            ),
        )
        other._earnings = Earnings(
            _structs(CREATOR, "creators", state),
            other._agenda(state["due.turns"]),
            _structs(PAYOUT_ASKED, "payouts", state),
            other._agenda(state["due.payments"]),
        )
        other.workforce.restore(part(state, "workforce"))
        other.boards.restore(part(state, "boards"))
        other._count_sellers()
        other._on = _tuple(Streams, "streams", state)
        other._rates = _tuple(Rates, "rates", state) if "rates.of" in state else None
        other._numbers[0] = state["numbers"]
        other._given = state["given"]
        other._paid_coins = state["paid_coins"]
        other._paid_credit = state["paid_credit"].copy()
        other._late = state["late"].copy()
        return other

    def _agenda(self, due: Int32Array) -> Agenda:
        return restored_agenda(due, self._n_boundaries)

    def _check_alike(self, state: dict[str, Any]) -> None:
        own = {"creators.region": self._earnings.creators["region"], "sellers.stock": self._sales.shelves.stock}
        for name, column in own.items():
            if state[name].shape != column.shape:
                stated, expected = (" x ".join(map(str, shape)) for shape in (state[name].shape, column.shape))
                raise CoinworksError(f"checkpoint {name} of shape {stated}: expected {expected}, as in the scenario")


def part(state: dict[str, Any], name: str) -> dict[str, Any]:
    """What is kept under `name.`, by the rest of its name."""
    begin = f"{name}."
    return {key.removeprefix(begin): value for key, value in state.items() if key.startswith(begin)}


def _tuple(kind: type[_NamedTuple], name: str, state: dict[str, Any]) -> _NamedTuple:
    return kind(*(state[f"{name}.{field}"].copy() for field in kind._fields))


def _fields(structs: Structs) -> dict[str, npt.NDArray[Any]]:
    return {name: structs[name] for name in structs.dtype.names or ()}


def _structs(kind: np.dtype[np.void], name: str, state: dict[str, Any]) -> Structs:
    array = np.zeros(len(state[f"{name}.{(kind.names or ())[0]}"]), kind)
    for field, column in _fields(array).items():
        column[:] = state[f"{name}.{field}"]
    return array
