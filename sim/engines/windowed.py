"""The windowed engine: the reference's trace, byte for byte, from compiled loops over columns.

    engine = WindowedEngine(scenario, seed, record=writer.extend, threads=2)
    engine.run()
    engine.balances()           # every balance

SimPy is still the clock: the platform and its interventions are processes, and so is the round of windows. At each
boundary the other side settles and publishes (`columns.counterparties`); then every shard of the viewers lives through
the window by itself (`columns.shard`); what they did goes to the journal, which puts it into order.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
from simpy import Environment

from sim.agents import interventions
from sim.agents.stage import Process, Stage
from sim.agents.terms import opening_terms, packs_on_sale
from sim.agents.windows import Phase
from sim.behavior.types import Int64Array
from sim.engines.columns.counterparties import Counterparties, Orders, Shown
from sim.engines.columns.crowd import home_regions
from sim.engines.columns.division import Division, Local
from sim.engines.columns.journal import Journal, Record
from sim.engines.columns.opening import opened, policies
from sim.engines.columns.rates import Rates, rates_at, refuse_unknown
from sim.engines.columns.rows import Rows, new_tickets
from sim.engines.columns.scene import scene_of
from sim.engines.columns.shard import Harvest, setting_of
from sim.engines.columns.totals import FIRST_FIAT, assets_of, check_sums, flows_of
from sim.engines.columns.viewer_audit import check_float, combined, own_balances
from sim.ledger import COIN, CURRENCY_BY_NAME, DIAMOND, REWARD, Closing, Kind, Rule
from sim.ledger.conservation import asset_flow, check_asset
from sim.ledger.terms import Terms
from sim.scenario import Scenario
from sim.tables import Columns

Progress = Callable[[float], None]
OPENED_AT_ONCE: Final = 262_144


def unseen(done: float) -> None:
    """Progress that nobody watches."""
    del done


class WindowedEngine:
    """One run of a scenario.

    Parameters
    ----------
    record : gets the run's rows block by block, in canonical order (a trace's columns and `sim.metrics.RECOGNIZED`)
    threads : how many shards of the viewers advance at a time
    shards : into how many parts the viewers are divided; as many as threads unless given. The trace is the same.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        record: Record,
        *,
        threads: int = 1,
        shards: int | None = None,
        progress: Progress = unseen,
    ) -> None:
        self.env = Environment()
        self.stage = Stage(self.env, scenario, seed)
        self.journal = Journal(record)
        self.terms = Terms()
        self.assets = assets_of([CURRENCY_BY_NAME[region.currency].code for region in scenario.regions.values()])
        n_shards = min(shards or threads, scenario.viewers)
        self.counterparties = Counterparties(self.stage, self.assets, new_tickets(0, n_shards + 1))
        hosts = self.counterparties.n_creators + self.counterparties.n_sellers
        self.setting = setting_of(self.stage, self.assets, self.counterparties.creators_reach, hosts)
        self.division: Division = Local(self.setting, n_shards, threads)
        self.rates: Rates | None = None
        self._harvests: list[Harvest] = []
        self._progress = progress

    def __repr__(self) -> str:
        return f"<WindowedEngine at {self.env.now} us, {self.division!r}>"

    @property
    def creators_region(self) -> npt.NDArray[np.uint16]:
        """The region code of each creator."""
        return self.counterparties.creators_region

    @property
    def visits(self) -> int:
        """Visits that began so far."""
        return self.division.visits

    def run(self) -> None:
        """Run to the end of the scenario; the final state conserves everything, or this raises ConservationError."""
        for fields in opening_terms(self.stage.scenario):
            self.stage.propose(**fields._asdict())
        self.stage.packs = {name: packs_on_sale(self.stage.scenario, name) for name in self.stage.scenario.regions}
        interventions.start(self.stage)
        self.env.process(self._windows())
        self.env.run(until=self.stage.windows.duration_us)
        self._close()
        self.journal.flush()
        self.check()
        self._progress(1.0)

    def _windows(self) -> Process:
        """The round of windows: settle and publish, live through the window, and when it closes hear what was done."""
        windows = self.stage.windows
        yield windows.boundary(0, Phase.SETTLE)
        while True:
            self._advance(self._settle())
            yield windows.boundary(windows.now_us + 1, Phase.CLOSE)
            self._close()
            self._progress(windows.now_us / windows.duration_us)
            yield windows.boundary(windows.now_us, Phase.SETTLE)

    def _settle(self) -> Shown:
        """What falls due for everyone but viewers; returns what is published then."""
        stated = policies([proposal.act for proposal in self.stage.take_proposals()], self.stage.now_us)
        self._hear(stated)
        if self.stage.now_us == 0:
            self._open(stated)
            stated = policies([], 0)
        self._settled = [stated, self.counterparties.settle(self.rates)]
        shown = self.counterparties.publish()
        self.counterparties.after()
        return shown

    def _hear(self, stated: Rows) -> None:
        """Let policies take effect."""
        for row in range(len(stated.at_us)):
            refuse_unknown(Rule(int(stated.peer[row])))
            self.terms.set(
                Rule(int(stated.peer[row])),
                int(stated.amount[row]),
                at_us=self.stage.now_us,
                seq=self.journal.written + row,
                item=int(stated.item[row]),
                region=int(stated.region[row]),
                currency=int(stated.currency[row]),
            )
        if len(stated.at_us):
            self.rates = rates_at(self.terms, self.stage.scenario, self.assets, self.stage.now_us)

    def _open(self, stated: Rows) -> None:
        """The first rows of a trace: the terms, then an account for everyone."""
        self.journal.take([stated], [])
        everyone = (
            (Kind.VIEWER, self._viewer_regions, self.stage.scenario.viewers),
            (
                Kind.CREATOR,
                lambda begin, end: self.counterparties.creators_region[begin:end],
                self.counterparties.n_creators,
            ),
            (
                Kind.SELLER,
                lambda begin, end: self.counterparties.sellers_region[begin:end],
                self.counterparties.n_sellers,
            ),
        )
        for kind, regions, count in everyone:
            for begin in range(0, count, OPENED_AT_ONCE):
                self.journal.take([opened(kind, begin, regions(begin, min(begin + OPENED_AT_ONCE, count)))], [])
                self.journal.flush()

    def _viewer_regions(self, begin: int, end: int) -> npt.NDArray[np.uint16]:
        world = self.setting.world
        return home_regions(world.seed, self.stage.calendar.cumulative_shares(), world.zone_code, begin, end)

    def _advance(self, shown: Shown) -> None:
        self._harvests = self.division.advance(scene_of(self.stage, shown, self.rates))

    def _close(self) -> None:
        """Let the other side hear what viewers did, and the journal take it down."""
        harvests = self._harvests
        tickets = self.counterparties.close(
            self._orders(),
            np.concatenate([harvest.creators for harvest in harvests]),
            np.concatenate([harvest.diamonds for harvest in harvests]),
        )
        self._hand_out(tickets)
        self.journal.take(
            [*self._settled, *(harvest.boundary for harvest in harvests)], [harvest.acts for harvest in harvests]
        )

    def _orders(self) -> Orders:
        """The window's orders in canonical order."""
        parts = [_orders_of(harvest) for harvest in self._harvests]
        joined = Orders(*(np.concatenate(column) for column in zip(*parts, strict=True)))
        self._order = np.lexsort((joined.buyer, joined.at_us))
        return Orders(*(column[self._order] for column in joined))

    def _hand_out(self, tickets: Int64Array) -> None:
        """Give each order's row the ticket by which later rows refer to it."""
        makes = np.empty(len(tickets), np.int64)
        makes[self._order] = tickets
        begin = 0
        for harvest in self._harvests:
            end = begin + len(harvest.order_row)
            harvest.acts.makes[harvest.order_row] = makes[begin:end]
            begin = end

    def check(self) -> None:
        """Assert every law of conservation over the columns.

        Raises
        ------
        ConservationError : names the law, the account and the amounts
        """
        audits = self.division.audits()
        self.audit = combined(audits, self.counterparties.totals)
        check_sums(self.audit.totals, self.assets)
        self.counterparties.check()
        check_float(self.audit, self.assets)
        for asset in (COIN, REWARD, DIAMOND):
            check_asset(asset_flow(self.closing(), asset))

    def closing(self) -> Closing:
        """What the accounts say at the end."""
        prices = zip(self.assets[FIRST_FIAT:], self.audit.unspent_price[FIRST_FIAT:].tolist(), strict=True)
        unspent = {currency: price for currency, price in prices if price}
        return Closing(flows_of(self.audit.totals, self.assets), unspent, self.counterparties.payable(self.rates))

    def balances(self) -> Columns:
        """Every balance that an entry has touched, by account and asset."""
        parts = [self.audit.balances, self.counterparties.balances(), own_balances(self.audit.totals, self.assets)]
        joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        order = np.lexsort((joined["asset"], joined["owner"], joined["klass"]))
        return {name: column[order] for name, column in joined.items()}


def _orders_of(harvest: Harvest) -> Orders:
    acts, row = harvest.acts, harvest.order_row
    return Orders(
        at_us=acts.at_us[row],
        buyer=acts.actor[row],
        host=harvest.order_host,
        item=acts.item[row],
        amount=acts.amount[row],
        region=harvest.order_region,
        occasion=harvest.order_occasion,
    )
