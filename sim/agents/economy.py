"""The economy of many processes: hosts who go live, stock, and agents who hear what viewers did."""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, Protocol

import numpy as np
from simpy import Environment

from sim.agents.boards import STARS_STAY_US, Boards
from sim.agents.flash import SLOT, Flash, flash_sales, keenness, sale_price
from sim.agents.hosts import Host, draw_hosts, reach_of, running_sum
from sim.agents.publication import NO_GOOD, Counter, Offer, Publication, Stream, watched
from sim.agents.shelves import slot_of
from sim.agents.stage import Stage, Storm
from sim.agents.traders import Traders
from sim.agents.workforce import Hosts, Workforce
from sim.behavior.commerce import is_hidden
from sim.behavior.shop import LIVE
from sim.behavior.types import Int64Array
from sim.ledger import CURRENCY_BY_NAME, Kind, Op, Outcome
from sim.ledger.accounts import KIND_SPAN
from sim.scenario import Scenario
from sim.scenario.types import DAY_US


class Ledger(Protocol):
    """What agents may ask of an engine's balances."""

    def diamonds(self, creator: int) -> int:
        """Diamonds that a creator holds."""

    def reward_expires_us(self, viewer: int, ticket: int) -> int:
        """When what is left of a reward expires; 0 if never, or if nothing is left."""

    def cash(self, account: int, currency: int) -> int:
        """Fiat that a seller or creator has earned in the shop."""

    def order_net(self, order: int) -> tuple[int, int]:
        """What is left of an order or its capture, before tax and commission, and in which currency."""

    def commission(self, seller: int, net: int, currency: int, at_us: int) -> int:
        """The platform's part of an order, net of tax, that a seller delivers then."""

    def reward_left(self, viewer: int, ticket: int) -> int:
        """Coins left of a reward."""

    def voucher_expires_us(self, ticket: int) -> int:
        """When a voucher expires; 0 if never."""

    def voucher_left(self, ticket: int) -> int:
        """What a voucher is worth, 0 once it is gone."""

    def disputable(self, topup: int) -> int:
        """What a chargeback of a topup is about."""


class Deed(NamedTuple):
    """An accepted operation of a viewer, as agents hear of it when its window closes."""

    ticket: int
    at_us: int
    op: Op
    actor: int
    peer: int
    item: int
    amount: int
    currency: int
    occasion: int


class Turn(NamedTuple):
    """A creator's last turn to cash out: the how manieth it was, and its boundary."""

    number: int
    at_us: int


NO_TURN: Final = Turn(0, -1)

Listener = Callable[[Deed], None]


class Economy(Stage):
    """Everything that isn't a viewer's own business.

    Attributes
    ----------
    hosts : creators, then sellers, by `Host.place`
    turns : of creators, by place
    known_value_ppm : what a diamond was worth when a state was last published
    stock : pieces left of each (seller account, good)
    traders : what sellers sold, and for which prices
    """

    def __init__(self, env: Environment, scenario: Scenario, seed: int, ledger: Ledger) -> None:
        super().__init__(env, scenario, seed)
        self.ledger = ledger
        self.hosts: list[Host] = draw_hosts(scenario, self.seed, self.calendar)
        self.creators_reach = reach_of([host for host in self.hosts if host.starts and not host.is_seller])
        columns, n_creators = self._columns(), sum(not host.is_seller for host in self.hosts)
        weight = np.array([host.weight for host in self.hosts[:n_creators]], np.int64)
        self.boards = Boards(self, weight, columns.region[:n_creators], columns.starts[:n_creators])
        self.traders = Traders(self, columns.region[n_creators:], self._cash)
        self.workforce = Workforce(self, columns, n_creators, self.traders)
        self.stock: dict[tuple[int, int], int] = {}
        self._sellers = [host for host in self.hosts if host.is_seller]
        self.turns: dict[int, Turn] = {}
        self.known_value_ppm = dict(self.diamond_value_ppm)
        self._streams: dict[int, Stream] = {}
        self._listeners: dict[Op, list[Listener]] = {Op.GIFT: [self.hear_gift]}

    def _columns(self) -> Hosts:
        order = list(self.scenario.regions)
        return Hosts(
            np.array([host.account for host in self.hosts], np.int64),
            np.array([order.index(self.region_of(host.zone)) for host in self.hosts], np.int64),
            np.array([host.starts for host in self.hosts], np.bool_),
        )

    def _cash(self) -> Int64Array:
        """What each seller is owed in the region's currency."""
        regions = self.scenario.regions
        sellers = [host for host in self.hosts if host.is_seller]
        codes = [CURRENCY_BY_NAME[regions[self.region_of(host.zone)].currency].code for host in sellers]
        cash = [self.ledger.cash(host.account, code) for host, code in zip(sellers, codes, strict=True)]
        return np.array(cash, np.int64)

    def price(self, seller: int, good: int) -> int:
        """What a seller asks for a good."""
        shelves, n = self.traders.shelves, seller % KIND_SPAN
        return int(shelves.price[n, slot_of(shelves, n, good)])

    def go_live(self, stream: Stream) -> None:
        """Announce a stream from this boundary on."""
        self._streams[stream.host] = stream
        self.workforce.went_live(stream.host, stream.until_us - self.now_us)

    def _keep_stars_live(self) -> None:
        """While a storm is on its star is live, and for an hour from now."""
        until_us = self.now_us + STARS_STAY_US
        for place, _ in self.boards.stars():
            star, on = self.hosts[place], self._streams.get(place)
            if on is None:
                on = Stream(place, star.account, star.weight, self.now_us)
            if on.until_us < until_us:
                self.workforce.went_live(place, until_us - on.until_us)
                self._streams[place] = on._replace(until_us=until_us)

    def listen(self, op: Op, listener: Listener) -> None:
        """Call `listener(deed)` for each accepted operation of a kind, when its window has closed."""
        self._listeners.setdefault(op, []).append(listener)

    def hear_gift(self, gift: Deed) -> None:
        """Count what a creator was given."""
        creator = gift.peer % KIND_SPAN
        self.workforce.now.diamonds[creator] += gift.amount
        self.boards.hear(np.array([creator]), np.array([gift.amount]))

    def tell(self, deeds: Iterable[Deed]) -> None:
        """Let agents hear what viewers did, in canonical order, and decide where that ends a week."""
        for deed in deeds:
            for listener in self._listeners.get(deed.op, ()):
                listener(deed)
        if self.workforce.is_due(self.now_us):
            self.workforce.begin_week()
        self.traders.end_promotions()

    def publish(self) -> Publication:
        """The state that viewers will see until the next boundary."""
        now_us = self.now_us
        self._streams = {host: stream for host, stream in self._streams.items() if stream.until_us > now_us}
        self._keep_stars_live()
        sales = self._hold_sales()
        shown = [self._with_goods(stream) for stream in self._streams.values() if self._may_show(stream)]
        storms = dict(self.boards.stars())
        shown = [_announced(self._on_sale(stream, sales), storms) for stream in shown]
        self._look_at_supply([self.hosts[stream.host] for stream in shown])
        self.known_value_ppm = dict(self.diamond_value_ppm)
        self.boards.turn()
        live, show = watched(shown, len(self.hosts), self.boards.eagerness)
        return Publication(
            live,
            show,
            self._counters(),
            self._offers(),
            keenness(sales, len(self._sellers)),
            self.commerce,
            dict(self.packs),
            dict(self.rewards),
            dict(self.campaigns),
            self.supply.pull,
            dict(self.balance_share),
            self.rival,
            self.ring,
        )

    def _look_at_supply(self, live: list[Host]) -> None:
        day, since_us = divmod(self.now_us, DAY_US)
        if not since_us:
            self.supply.turn(day)
        order = list(self.scenario.regions)
        self.supply.see(day, np.array([order.index(self.region_of(host.zone)) for host in live], np.int64))

    def _hold_sales(self) -> list[Flash]:
        """Let whoever has a flash sale be live with it, and for an hour from now."""
        offers = self._offers()
        active = self.workforce.now.active
        n_goods = np.array([active[host.place] * len(offers.get(host.account, ())) for host in self._sellers])
        weight = np.array([host.weight for host in self._sellers], np.int64)
        order = list(self.scenario.regions)
        region = np.array([order.index(self.region_of(host.zone)) for host in self._sellers], np.int64)
        sales = flash_sales(self, weight, region, n_goods)
        until_us = self.now_us + STARS_STAY_US
        for sale in sales:
            host = self._sellers[sale.seller]
            good = offers[host.account][SLOT].good
            if not sale.terms.has_begun:
                self.stock[host.account, good] = sale.terms.pieces
                name = self.region_of(host.zone)
                self.flash[name] = sale.terms._replace(has_begun=True)
            on = self._streams.get(host.place, Stream(host.place, host.account, host.weight, self.now_us, good))
            self.workforce.went_live(host.place, max(until_us - on.until_us, 0))
            self._streams[host.place] = on._replace(good=good, until_us=max(on.until_us, until_us))
        return sales

    def _on_sale(self, stream: Stream, sales: list[Flash]) -> Stream:
        for sale in sales:
            if stream.account == self._sellers[sale.seller].account:
                return stream._replace(price=sale_price(stream.price, sale.terms))
        return stream

    def _offers(self) -> dict[int, list[Offer]]:
        """What is on every seller's shelf."""
        offers: dict[int, list[Offer]] = {}
        for (seller, good), stock in self.stock.items():
            offers.setdefault(seller, []).append(Offer(good, self.price(seller, good), stock))
        return offers

    def _counters(self) -> dict[str, Counter]:
        """Who sells in each region, by place."""
        found: dict[str, list[Host]] = {region: [] for region in self.scenario.regions}
        sellers_with_goods = {seller for seller, _ in self.stock}
        for host in self.hosts:
            if host.account in sellers_with_goods and self.workforce.now.active[host.place]:
                found[self.region_of(host.zone)].append(host)
        return {
            region: Counter(np.array([host.account for host in hosts], np.int64), running_sum(hosts))
            for region, hosts in found.items()
        }

    def _may_show(self, stream: Stream) -> bool:
        if stream.account // KIND_SPAN != Kind.SELLER:
            return True
        region = self.region_of(self.hosts[stream.host].zone)
        return not is_hidden(self.commerce, list(self.scenario.regions).index(region), LIVE)

    def _with_goods(self, stream: Stream) -> Stream:
        if stream.good == NO_GOOD:
            return stream
        stock = self.stock[stream.account, stream.good]
        return stream._replace(price=self.price(stream.account, stream.good), stock=stock)


def accepted(settled: tuple[int, Outcome]) -> bool:
    """Whether a settled proposal went through."""
    return settled[1] == Outcome.ACCEPTED


def _announced(stream: Stream, storms: dict[int, Storm]) -> Stream:
    """A stream, which more people open while a storm is on at it."""
    storm = storms.get(stream.host)
    return stream if storm is None else stream._replace(weight=storm.weight(stream.weight))
