"""The reference engine, the readable specification: a SimPy process per viewer, every posting through `sim.ledger`.

    engine = ReferenceEngine(scenario, seed, record=writer.extend)
    engine.run()
    engine.closing(), engine.balances()

Nothing here is fast, and everything can be followed: any quicker engine has to give the same trace, byte for byte.
"""

from collections import Counter
from collections.abc import Callable

import numpy as np
from simpy import Environment

from sim.agents import creator, hosts
from sim.agents.economy import Deed, Economy
from sim.agents.merchants import foreign_sellers, goods_of
from sim.agents.platform import Platform
from sim.agents.population import draw_viewers, opening_item
from sim.agents.publication import Publication
from sim.agents.seller import Sellers
from sim.agents.stage import Act, Process, Proposal
from sim.agents.windows import Phase
from sim.engines.journal import Journal, Record, Row, accepted_deed
from sim.engines.market import Market
from sim.engines.viewer import Viewer
from sim.ledger import REGION_BY_NAME, Book, Closing, Operation, Outcome, Rule, closing_of
from sim.ledger.conservation import check
from sim.ledger.shopping import commission_on
from sim.metrics import recognized
from sim.metrics.elsewhere import Elsewhere, empty_cells, note_elsewhere
from sim.metrics.hosts import Hosts
from sim.runs import balance_columns
from sim.scenario import Scenario
from sim.tables import Columns

Progress = Callable[[float], None]


def unseen(done: float) -> None:
    """Progress that nobody watches."""
    del done


class ReferenceEngine:
    """One run of a scenario.

    Parameters
    ----------
    record : gets the operations in canonical order, as blocks (see `sim.engines.journal`)
    check_every_window : assert conservation at every boundary and not only at the end
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        record: Record,
        *,
        check_every_window: bool = False,
        progress: Progress = unseen,
    ) -> None:
        self.env = Environment()
        self.book = Book()
        self.journal = Journal(record)
        self.visits = 0
        self.unrecorded = 0  # every open is recorded
        self._check_every_window = check_every_window
        self._progress = progress
        self.economy = Economy(self.env, scenario, seed, BookLedger(self.book))
        self.viewers = draw_viewers(scenario, self.economy.seed, self.economy.calendar, self.economy.creators_reach)
        self.publication: Publication = self.economy.publish()
        self._start_agents()
        self._start_viewers()

    def __repr__(self) -> str:
        return f"<ReferenceEngine at {self.env.now} us, {self.book!r}>"

    def _start_agents(self) -> None:
        economy = self.economy
        zones = self.viewers.zone.tolist()
        regions = [REGION_BY_NAME[zone.region] for zone in economy.calendar.zones]
        shares = [float(economy.scenario.regions[zone.region].verified_share) for zone in economy.calendar.zones]
        Platform(economy).start(
            [
                (account, regions[zone], opening_item(economy.seed, account, shares[zone]))
                for account, zone in zip(self.viewers.account.tolist(), zones, strict=True)
            ]
        )
        sellers = Sellers(economy)
        for host in economy.hosts:
            self._start_host(host, sellers)
        sellers.start_takings()
        self.env.process(self._close_windows())
        self.env.process(self._settle())

    def _start_host(self, host: hosts.Host, sellers: Sellers) -> None:
        if host.is_seller:
            sellers.start(host)
        else:
            creator.start(self.economy, host)

    def _start_viewers(self) -> None:
        market = Market(self)
        for index in range(len(self.viewers.account)):
            self.env.process(Viewer(market, index).live())

    def run(self) -> None:
        """Run to the end of the scenario; the final state conserves everything, or this raises ConservationError."""
        self.env.run(until=self.economy.windows.duration_us)
        self._close()
        self.journal.flush()
        check(self.book)
        self._progress(1.0)

    def closing(self) -> Closing:
        """What the accounts say now."""
        return closing_of(self.book)

    def balances(self) -> Columns:
        """Every account's balances now, as `sim.runs.balance_columns` orders them."""
        return balance_columns(self.book.balances())

    def sellers_by_week(self) -> Columns:
        """Who sold, by origin, and what it brought, see `sim.agents.traders.BY_WEEK`."""
        return self.economy.workforce.sellers_by_week()

    def hosts_by_week(self) -> Columns:
        """How many creators and sellers worked, began and left, see `sim.agents.workforce.BY_WEEK`."""
        return self.economy.workforce.by_week()

    @property
    def elsewhere(self) -> Elsewhere:
        """What viewers wanted here and did elsewhere."""
        return self.economy.elsewhere

    @property
    def hosts(self) -> Hosts:
        """Who creates and sells what."""
        scenario, hosts = self.economy.scenario, self.economy.hosts
        region = np.array([REGION_BY_NAME[self.economy.region_of(host.zone)] for host in hosts], np.uint16)
        sells = np.array([host.is_seller for host in hosts], np.bool_)
        foreign = foreign_sellers(scenario, self.economy.seed, int(sells.sum()))
        return Hosts(region[~sells], region[sells], foreign, goods_of(scenario).imported)

    @property
    def viewers_by_region(self) -> dict[int, int]:
        """How many viewers there are, by region code."""
        zones = self.economy.calendar.zones
        return dict(Counter(REGION_BY_NAME[zones[zone].region] for zone in self.viewers.zone.tolist()))

    def _close_windows(self) -> Process:
        """At each boundary, first: the past window gets its order, and agents hear what was done."""
        windows = self.economy.windows
        while True:
            yield windows.boundary(windows.now_us + 1, Phase.CLOSE)
            self._close()
            self._progress(windows.now_us / windows.duration_us)

    def _close(self) -> None:
        rows = self.journal.close()
        self.economy.tell(_deed(row) for row in rows if accepted_deed(row))
        if self._check_every_window:
            check(self.book)

    def _settle(self) -> Process:
        """At each boundary, last: what agents proposed happens, and the next window's state is published."""
        windows = self.economy.windows
        yield windows.boundary(0, Phase.SETTLE)
        while True:
            creator.ask_on_payout_day(self.economy)
            for proposal in self.economy.take_proposals():
                self._carry_out(proposal)
            self.publication = self.economy.publish()
            yield windows.boundary(windows.now_us + 1, Phase.SETTLE)

    def _carry_out(self, proposal: Proposal) -> None:
        proposal.succeed(self.happen(proposal.act, by_viewer=False))

    def happen(self, act: Act, *, by_viewer: bool = True, occasion: int = 0) -> tuple[int, Outcome]:
        """Let somebody act now: decided by the book, noted in the journal. Returns (ticket, outcome)."""
        ticket = self.journal.next_ticket()
        operation = Operation(ticket, self.economy.now_us, *act)
        outcome, entries, debts = self.book.apply(operation)
        moves = recognized(operation.op, entries, debts)
        self.journal.note(Row(operation, outcome, moves, self._region_of(operation.actor), by_viewer, occasion))
        return ticket, outcome

    def diamond_value(self, region: str) -> int:
        """What a diamond is worth in a region now, in ppm of a minor unit."""
        return self.book.terms.get(Rule.DIAMOND_VALUE, int(self.env.now), region=REGION_BY_NAME[region])

    def note_elsewhere(
        self, region: str, what: int, reason: int, route: int, merchant: int, goods: int, amount: int
    ) -> None:
        """Count what a viewer wants here and does elsewhere now, see `sim.metrics.elsewhere`."""
        elsewhere, window_us = self.economy.elsewhere, self.economy.windows.window_us
        cells = empty_cells(len(elsewhere.regions))
        note_elsewhere(cells, elsewhere.regions.index(region), what, reason, route, merchant, goods, amount)
        elsewhere.add(self.economy.now_us // window_us * window_us, cells)

    def _region_of(self, account: int) -> int:
        """Where an account was opened; 0 for nobody's."""
        holder = self.book.holders.get(account)
        return holder.region if holder else 0


class BookLedger:
    """What agents may ask of the book."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def diamonds(self, creator: int) -> int:
        """Diamonds that a creator holds."""
        return self._book.holders[creator].diamonds

    def reward_expires_us(self, viewer: int, ticket: int) -> int:
        """When what is left of a reward expires; 0 if never, or if nothing is left."""
        lots = self._book.holders[viewer].reward_lots
        return next((lot.expires_us for lot in lots if lot.reward == ticket), 0)

    def cash(self, account: int, currency: int) -> int:
        """Fiat that a seller or creator has earned in the shop."""
        return self._book.holders[account].cash.get(currency, 0)

    def order_net(self, order: int) -> tuple[int, int]:
        """What is left of an order or its capture, before tax and commission, and in which currency."""
        bought = self._book.orders.get(order) or self._book.captures[order]
        return bought.net_left, bought.pays

    def commission(self, seller: int, net: int, currency: int, at_us: int) -> int:
        """The platform's part of an order, net of tax, that a seller delivers then."""
        return commission_on(self._book, self._book.holders[seller], net, currency, at_us)

    def voucher_expires_us(self, ticket: int) -> int:
        """When a voucher expires; 0 if never."""
        return self._book.vouchers[ticket].expires_us

    def voucher_left(self, ticket: int) -> int:
        """What a voucher is worth, 0 once it is gone."""
        voucher = self._book.vouchers[ticket]
        return 0 if voucher.is_gone else voucher.amount

    def disputable(self, topup: int) -> int:
        """What a chargeback of a topup is about."""
        return self._book.topups[topup].disputable

    def reward_left(self, viewer: int, ticket: int) -> int:
        """Coins left of a reward."""
        return sum(lot.left for lot in self._book.holders[viewer].reward_lots if lot.reward == ticket)


def _deed(row: Row) -> Deed:
    operation = row.operation
    return Deed(
        operation.seq,
        operation.at_us,
        operation.op,
        operation.actor,
        operation.peer,
        operation.item,
        operation.amount,
        operation.currency,
        row.occasion,
    )
