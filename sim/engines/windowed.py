"""The windowed engine: the reference's trace, byte for byte, from compiled loops over columns.

    engine = WindowedEngine(scenario, seed, record=writer.extend, threads=2)
    engine.run()
    engine.balances()           # every balance

SimPy is still the clock: the platform and its interventions are processes, and so is the round of windows. At each
boundary the other side settles and publishes (`columns.counterparties`); then every shard of the viewers lives through
the window by itself (`columns.shard`); what they did goes to the journal, which puts it into order.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from typing import Final

import numpy as np
import numpy.typing as npt
from simpy import Environment

from sim.agents import interventions
from sim.agents.stage import Process, Stage
from sim.agents.terms import opening_terms, packs_on_sale
from sim.agents.windows import Phase
from sim.engines.columns.counterparties import Counterparties, Shown
from sim.engines.columns.crowd import home_regions, opening_items
from sim.engines.columns.division import Division, Local
from sim.engines.columns.earnings import GIVEN
from sim.engines.columns.journal import Journal, Record
from sim.engines.columns.opening import opened, policies
from sim.engines.columns.orders import ORDERED
from sim.engines.columns.rates import Rates, holds_in_terms, rates_at
from sim.engines.columns.remote_division import Place, Remote
from sim.engines.columns.returns import note_debts
from sim.engines.columns.rows import NO_ROWS, Structs, joined, new_tickets
from sim.engines.columns.saving import Arrays, part_of, restore_stage, state_of_stage
from sim.engines.columns.scene import Scene, Scenes
from sim.engines.columns.shard import Harvest, setting_of
from sim.engines.columns.totals import FIRST_FIAT, assets_of, check_sums, flows_of
from sim.engines.columns.viewer_audit import check_float, combined, own_balances
from sim.engines.forks import changed_terms
from sim.ledger import COIN, CURRENCY_BY_NAME, DIAMOND, REGION_BY_NAME, REWARD, Closing, Kind, Rule
from sim.ledger.conservation import asset_flow, check_asset
from sim.ledger.operations import NO_ITEM
from sim.ledger.terms import Terms
from sim.metrics.elsewhere import Elsewhere
from sim.metrics.hosts import Hosts
from sim.scenario import Scenario
from sim.scenario.types import DAY_US
from sim.tables import Columns

Progress = Callable[[float], None]
Save = Callable[[int, int, Arrays], None]
N_STATED: Final = 6  # numbers of a term
OPENED_AT_ONCE: Final = 262_144


def unseen(done: float) -> None:
    """Progress that nobody watches."""
    del done


def unsaved(at_us: int, shards: int, state: Arrays) -> None:
    """A state that nobody asked for."""
    del at_us, shards, state


class WindowedEngine:
    """One run of a scenario.

    Parameters
    ----------
    record : gets the run's rows block by block, in canonical order (a trace's columns and `sim.metrics.RECOGNIZED`)
    threads : how many shards of the viewers advance at a time, in each place
    shards : into how many parts the viewers are divided; as many as threads unless given. The trace is the same.
    places : other processes that keep the shards, see `columns.remote_division`; they are left when the run ends
    begin_us : where a run goes on that `go_on_from` a state, cut there
    cuts, save : at these boundaries `save(at_us, shards, state)` gets what a run needs to go on from there
    opens : whether everyone's opening is recorded; without it the records are no trace
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        record: Record,
        *,
        threads: int = 1,
        shards: int | None = None,
        places: Sequence[Place] = (),
        begin_us: int = 0,
        cuts: Collection[int] = (),
        save: Save = unsaved,
        opens: bool = True,
        progress: Progress = unseen,
    ) -> None:
        self.env = Environment(begin_us)
        self.stage = Stage(self.env, scenario, seed)
        self.journal = Journal(record, in_background=threads > 1)
        self.terms = Terms()
        self._stated: list[tuple[int, ...]] = []
        self.assets = assets_of([CURRENCY_BY_NAME[region.currency].code for region in scenario.regions.values()])
        self._n_shards = n_shards = min(shards or threads * max(len(places), 1), scenario.viewers)
        self.counterparties = Counterparties(self.stage, self.assets, new_tickets(0, n_shards + 1))
        other = self.counterparties
        n_hosts = other.n_creators + other.n_sellers
        self.setting = setting_of(self.stage, self.assets, other.creators_reach, other.n_creators, n_hosts)
        self.division: Division = (
            Remote(self.setting, places, n_shards, threads) if places else Local(self.setting, n_shards, threads)
        )
        self.rates: Rates = rates_at(self.terms, scenario, self.assets, begin_us)  # of no policy yet
        self._harvests: Sequence[Harvest] = ()
        self._begun_us = begin_us
        self._scenes = Scenes(self.stage)
        self._progress = progress
        self._cuts, self._save = cuts, save
        self._opens = opens
        self.unrecorded = 0

    def __repr__(self) -> str:
        return f"<WindowedEngine at {self.env.now} us, {self.division!r}>"

    @property
    def hosts(self) -> Hosts:
        """Who creates and sells what."""
        return self.counterparties.hosts

    @property
    def viewers_by_region(self) -> dict[int, int]:
        """How many viewers there are, by region code; known when the run has ended."""
        found: Counter[int] = Counter()
        for zone, people in zip(self.stage.calendar.zones, self.audit.people.tolist(), strict=True):
            found[REGION_BY_NAME[zone.region]] += people
        return {region: people for region, people in found.items() if people}

    def sellers_by_week(self) -> Columns:
        """Who sold, by origin, and what it brought, see `sim.agents.traders.BY_WEEK`."""
        return self.counterparties.workforce.sellers_by_week()

    def hosts_by_week(self) -> Columns:
        """How many creators and sellers worked, began and left, see `sim.agents.workforce.BY_WEEK`."""
        return self.counterparties.workforce.by_week()

    @property
    def elsewhere(self) -> Elsewhere:
        """What viewers wanted here and did elsewhere."""
        return self.stage.elsewhere

    @property
    def visits(self) -> int:
        """Visits that began so far."""
        return self.division.visits

    def run(self) -> None:
        """Run to the end of the scenario; the final state conserves everything, or this raises ConservationError."""
        with closing(self.division), closing(self.journal):
            self._run()

    def _run(self) -> None:
        if not self.env.now:
            self._begin()
        self.counterparties.begin()
        interventions.start(self.stage)
        self.env.process(self._windows())
        self.env.run(until=self.stage.windows.duration_us)
        self._close()
        self.journal.flush()
        self.check()
        self._progress(1.0)

    def _begin(self) -> None:
        scenario = self.stage.scenario
        for fields in opening_terms(scenario):
            self.stage.propose(**fields._asdict())
        self.stage.packs = {name: packs_on_sale(scenario, name) for name in scenario.regions}

    def state(self) -> Arrays:
        """Everything that the rest of the run depends on and that can't be drawn again."""
        parts = {
            "journal": self.journal.state(),
            "opening": {"unrecorded": self.unrecorded},
            "stage": state_of_stage(self.stage),
            "terms": {"stated": np.array(self._stated, np.int64).reshape(-1, N_STATED)},
            "counterparties": self.counterparties.state(),
            **{f"shard{k}": state for k, state in enumerate(self.division.states())},
        }
        return {f"{part}/{name}": np.asarray(column) for part, state in parts.items() for name, column in state.items()}

    def go_on_from(self, arrays: Arrays, past: Scenario) -> None:
        """Take up a state, cut at `begin_us`; what this scenario states otherwise holds from here on."""
        self.journal.restore(part_of("journal", arrays))
        self.unrecorded = part_of("opening", arrays)["unrecorded"]
        restore_stage(self.stage, part_of("stage", arrays), past)
        for stated in part_of("terms", arrays)["stated"].tolist():
            self._term(*stated)
        self.rates = rates_at(self.terms, self.stage.scenario, self.assets, self.stage.now_us)
        self.counterparties = Counterparties.restored(self.stage, self.assets, part_of("counterparties", arrays))
        self.division.restore([part_of(f"shard{k}", arrays) for k in range(self._n_shards)])
        for act in changed_terms(past, self.stage.scenario):
            self.stage.propose(**act._asdict())

    def _windows(self) -> Process:
        """The round of windows: settle and publish, live through the window, and when it closes hear what was done."""
        windows = self.stage.windows
        yield windows.boundary(windows.now_us, Phase.SETTLE)
        while True:
            self._advance(self._settle())
            yield windows.boundary(windows.now_us + 1, Phase.CLOSE)
            self._close()
            if windows.now_us in self._cuts:
                self.journal.flush()
                self._save(windows.now_us, self._n_shards, self.state())
            self.counterparties.begin()
            self._progress(windows.now_us / windows.duration_us)
            yield windows.boundary(windows.now_us, Phase.SETTLE)

    def _settle(self) -> Scene:
        """What falls due for everyone but viewers; returns what is published then."""
        acts = [proposal.act for proposal in self.stage.take_proposals()]
        stated = policies(acts, self.stage.now_us, self.counterparties.region_of)
        self._hear(stated)
        if self.stage.now_us == 0:
            self._open(stated)
            stated = NO_ROWS
        self._settled = [stated, self.counterparties.settle(self.rates)]
        shown = self.counterparties.publish()
        self._look_at_supply(shown)
        scene = self._scenes.now(shown, self.counterparties.counter, self.rates, self.counterparties.returned)
        self.counterparties.after()
        return scene

    def _look_at_supply(self, shown: Shown) -> None:
        supply, (day, since_us) = self.stage.supply, divmod(self.stage.now_us, DAY_US)
        if supply.elasticity:
            if not since_us:
                supply.turn(day)
            supply.see(day, self.counterparties.hosts_region[shown.host])

    def _hear(self, stated: Structs) -> None:
        """Let policies take effect."""
        if not len(stated):
            return
        for account, rule, *term in stated[["actor", "peer", "amount", "item", "region", "currency"]].tolist():
            if holds_in_terms(Rule(rule), account):
                self._term(rule, *term, self.stage.now_us)
        self.rates = rates_at(self.terms, self.stage.scenario, self.assets, self.stage.now_us)

    def _term(self, *stated: int) -> None:
        rule, amount, item, region, currency, at_us = stated
        seq = len(self._stated)  # of two for one scope and instant, the later holds
        self._stated.append(stated)
        self.terms.set(Rule(rule), amount, at_us=at_us, seq=seq, item=item, region=region, currency=currency)

    def _open(self, stated: Structs) -> None:
        """The first rows of a trace: the terms, then an account for everyone."""
        self.journal.take([stated], [])
        known: set[int] = set()
        for kind, begin, regions in self._everyone():
            if self._opens:
                told = regions
            else:  # the metrics want to know at least which regions there are
                told = np.array(sorted(set(np.unique(regions).tolist()) - known), np.uint16)
                known.update(told.tolist())
            self.unrecorded += len(regions) - len(told)
            self.journal.take([opened(kind, begin, told, self._items(kind, begin, len(told)))], [])
            self.journal.flush()

    def _everyone(self) -> Iterator[tuple[Kind, int, npt.NDArray[np.uint16]]]:
        """The regions of all accounts, so many at a time: their kind, the number of the first, and the codes."""
        viewers, other = self.stage.scenario.viewers, self.counterparties
        for begin in range(0, viewers, OPENED_AT_ONCE):
            yield Kind.VIEWER, begin, self._viewer_regions(begin, min(begin + OPENED_AT_ONCE, viewers))
        for kind, regions in ((Kind.CREATOR, other.creators_region), (Kind.SELLER, other.sellers_region)):
            for begin in range(0, len(regions), OPENED_AT_ONCE):
                yield kind, begin, regions[begin : begin + OPENED_AT_ONCE]

    def _items(self, kind: Kind, begin: int, n: int) -> npt.NDArray[np.int32] | int:
        """What so many openings say beside the region."""
        world = self.setting.world
        if kind != Kind.VIEWER or not self._opens or not world.zones["verified_share"].any():
            return NO_ITEM
        shares = self.stage.calendar.cumulative_shares()
        return opening_items(world.seed, shares, world.zones["verified_share"], begin, begin + n)

    def _viewer_regions(self, begin: int, end: int) -> npt.NDArray[np.uint16]:
        world = self.setting.world
        return home_regions(world.seed, self.stage.calendar.cumulative_shares(), world.zones["code"], begin, end)

    def _advance(self, scene: Scene) -> None:
        self._begun_us = self.stage.now_us
        self._harvests = self.division.advance(scene)

    def _close(self) -> None:
        """Let the other side hear what viewers did, and the journal take it down."""
        harvests = self._harvests
        for harvest in harvests:
            self.stage.elsewhere.add(self._begun_us, harvest.elsewhere)
            note_debts(self._settled[1], harvest.debts)
        gifts = joined([harvest.gifts for harvest in harvests], GIVEN)
        if any(len(harvest.orders) for harvest in harvests):
            self._hand_out(gifts)
        elif len(gifts):
            self.counterparties.close(harvests[0].orders, gifts)
        self.journal.take(
            [*self._settled, *(harvest.boundary for harvest in harvests)], [harvest.acts for harvest in harvests]
        )

    def _hand_out(self, gifts: Structs) -> None:
        """Hand the window's orders over; each one's row gets the ticket by which later rows refer to it."""
        orders = joined([harvest.orders for harvest in self._harvests], ORDERED)
        order = np.lexsort((orders["buyer"], orders["at_us"]))
        makes = np.empty(len(orders), np.int64)
        makes[order] = self.counterparties.close(orders[order], gifts)
        begin = 0
        for harvest in self._harvests:
            end = begin + len(harvest.orders)
            harvest.acts["makes"][harvest.orders["row"]] = makes[begin:end]
            begin = end

    def check(self) -> None:
        """Assert every law of conservation over the columns.

        Raises
        ------
        ConservationError : names the law, the account and the amounts
        """
        audits = self.division.audits()
        self.audit = combined(audits, self.counterparties.totals, self.counterparties.unspent())
        check_sums(self.audit.totals, self.assets)
        self.counterparties.check()
        check_float(self.audit, self.assets)
        for asset in (COIN, REWARD, DIAMOND):
            check_asset(asset_flow(self.closing(), asset))

    def closing(self) -> Closing:
        """What the accounts say at the end."""
        unspent = self.audit.unspent
        return Closing(
            flows_of(self.audit.totals, self.assets),
            self._by_currency(unspent.price),
            self.counterparties.payable(self.rates),
            affiliate_balances=self.counterparties.affiliate_balances(),
            voucher_balances=self._by_currency(self.audit.vouchers),
            unspent_coins=self._by_currency(unspent.coins),
            coin_seconds=self._by_currency(unspent.seconds),
        )

    def _by_currency(self, amounts: npt.NDArray[np.int64]) -> dict[int, int]:
        """Amounts along the asset axis by fiat currency; a currency of which there is nothing is left out."""
        named = zip(self.assets[FIRST_FIAT:], amounts[FIRST_FIAT:].tolist(), strict=True)
        return {currency: amount for currency, amount in named if amount}

    def balances(self) -> Columns:
        """Every balance that an entry has touched, by account and asset."""
        parts = [self.audit.balances, self.counterparties.balances(), own_balances(self.audit.totals, self.assets)]
        joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        order = np.lexsort((joined["asset"], joined["owner"], joined["klass"]))
        return {name: column[order] for name, column in joined.items()}
