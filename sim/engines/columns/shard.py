"""A shard: a part of the viewers, which advances window by window on its own.

    shard = Shard(setting, begin=0, end=500_000, source=1, n_sources=3)
    harvest = shard.advance(scene)         # what its viewers did until the next boundary

Viewers are independent inside a window, so shards may run in threads, processes or on other machines, in any number:
a shard is told what is published, and answers with rows and with what the other side must hear.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from sim.agents.calendar import Calendar
from sim.agents.stage import Stage
from sim.behavior.types import Float64Array, Int64Array
from sim.behavior.visit import HOUR_US, HOURS_A_DRAW, NEVER
from sim.behavior.watch import GUIDE_BITS, NOTHING, Live
from sim.engines.columns.chain import Settled, live_through, look_around, mark, new_scratch
from sim.engines.columns.collecting import COLLECTED_A_VISIT, REWARDS_A_VISIT
from sim.engines.columns.counterparties import Shown
from sim.engines.columns.crowd import NO_PURSE, draw_crowd
from sim.engines.columns.earnings import GIVEN
from sim.engines.columns.held import Held
from sim.engines.columns.maturity import due_at, reverse, settle_grants, settle_vouchers, take_coins_back
from sim.engines.columns.orders import ORDERED
from sim.engines.columns.purses import NONE, Grants, Lots, new_grants, new_lots, new_purses
from sim.engines.columns.rates import COMMISSION, PACK, REGION, TIER, Rates
from sim.engines.columns.returns import RETURNED
from sim.engines.columns.rows import Rows, Structs, Tickets, copied, grown, new_rows, new_tickets, room_for, taken
from sim.engines.columns.saving import Arrays, filled, flat
from sim.engines.columns.scene import Scene, World, world_of
from sim.engines.columns.spending import new_spending
from sim.engines.columns.totals import Totals, new_totals
from sim.engines.columns.viewer_audit import Audit, audited
from sim.engines.columns.viewers import CHAIN, COUNT, DISPUTE, Audience, Chains, Deeds, Disputes, Viewers
from sim.engines.columns.visits import BLOCK, Visits, roster, visits_of
from sim.engines.columns.vouchers import Vouchers, new_collectors, new_vouchers
from sim.metrics.elsewhere import empty_cells
from sim.metrics.elsewhere import taken as counted
from sim.scenario import Scenario

NO_DEBTS: Final = np.zeros((0, 2), np.int64)


class Setting(NamedTuple):
    """What all shards of a run share."""

    scenario: Scenario
    calendar: Calendar
    world: World
    creators_reach: Int64Array
    n_hosts: int
    n_assets: int


class Harvest(NamedTuple):
    """What a shard's viewers did: first what fell due at the boundary, then their own acts, in no order yet.

    The first two are arrays of `ROW`, `gifts` of `GIVEN`, those accepted, and `orders` of `ORDERED`; `elsewhere` are
    cells of `sim.metrics.elsewhere`; `debts` are what coins that came back earned, see `returns.note_debts`.
    """

    boundary: Structs
    acts: Structs
    gifts: Structs
    orders: Structs
    elsewhere: Int64Array
    debts: Int64Array


class Kept(NamedTuple):
    """What a shard can't draw again."""

    free_us: Int64Array
    purses: Structs
    spending: Structs
    lots: Lots
    grants: Grants
    vouchers: Vouchers
    collectors: Structs
    disputes: Disputes
    tickets: Tickets
    totals: Totals
    visits: Int64Array

    def pools(self) -> dict[str, Any]:
        """All but the crowd's, by their names in `Viewers`."""
        return {name: part for name, part in self._asdict().items() if name != "free_us"}


def setting_of(
    stage: Stage, assets: Sequence[int], creators_reach: Int64Array, n_creators: int, n_hosts: int
) -> Setting:
    """The setting of a run."""
    world = world_of(stage, assets, n_creators)
    return Setting(stage.scenario, stage.calendar, world, creators_reach, n_hosts, len(assets))


class Shard:
    """The viewers `begin` to `end`; `source` of `n_sources` numbers their tickets."""

    def __init__(self, setting: Setting, begin: int, end: int, source: int, n_sources: int) -> None:
        world = setting.world
        crowd = draw_crowd(setting.scenario, world.seed, setting.calendar, setting.creators_reach, begin, end)
        self.world = world
        self._n_hosts = setting.n_hosts
        self._opens = np.zeros(end - begin, np.uint8)
        self._visits: Visits | None = None
        self._slot = NEVER
        self._pull: Float64Array = np.ones(len(setting.scenario.regions))
        self._settled = Settled(world, new_scratch())
        self._held_settled, self._held_scene, self._held_viewers = Held(Settled), Held(Scene), Held(Viewers)
        self._days: list[int] = []  # on which habits are marked, by zone
        self._chains = Chains(np.zeros(4, np.int64), np.zeros(2 * BLOCK, CHAIN))
        self._due = new_rows(1024)
        self._debts = NO_DEBTS
        self._place = np.full(setting.n_hosts, NOTHING, np.int32)
        self._seen = np.zeros(0, np.int32)  # who was live when the place of each host was set
        nobody, nothing = np.zeros(0, np.int32), np.zeros(0, np.int64)
        self._audience = Audience(Live(nobody, nothing, nothing, self._place), np.zeros(2, np.int32))
        self._viewers = Viewers(
            crowd,
            new_purses(np.flatnonzero(crowd.purse != NO_PURSE)),
            new_spending(int(np.count_nonzero(crowd.purse != NO_PURSE))),
            new_lots(),
            new_grants(max(2 * REWARDS_A_VISIT * BLOCK, int(np.count_nonzero(crowd.purse != NO_PURSE)))),
            new_vouchers(2 * BLOCK),
            new_collectors(end - begin),
            Disputes(np.zeros(1, np.int64), np.zeros(1024, DISPUTE)),
            new_tickets(source, n_sources),
            new_rows(2 * COLLECTED_A_VISIT * BLOCK),
            Deeds(np.zeros(2, np.int64), np.zeros(2048, GIVEN), np.zeros(1024, ORDERED)),
            new_totals(setting.n_assets),
            np.zeros(1, np.int64),
            empty_cells(len(setting.scenario.regions)),
        )

    def __repr__(self) -> str:
        return f"<Shard viewers={len(self._opens)} visits={self.visits}>"

    @property
    def visits(self) -> int:
        """Visits that began so far."""
        return int(self._viewers.visits[0])

    def advance(self, scene: Scene) -> Harvest:
        """Live through one window."""
        if scene.rates.of.dtype is not REGION:  # records from another process bear kinds of their own, though alike
            rates = scene.rates
            scene = scene._replace(
                rates=Rates(
                    rates.of.view(REGION),
                    rates.tiers.view(TIER),
                    rates.packs.view(PACK),
                    rates.commissions.view(COMMISSION),
                ),
                returned=scene.returned.view(RETURNED),
            )
        boundary = self._settle(scene)
        audience = self._see(scene.shown)
        begin_us = scene.begin_us
        while begin_us < scene.end_us:
            hour = begin_us // HOUR_US
            until_us = min(scene.end_us, (hour + 1) * HOUR_US)
            self._live_through(scene, audience, hour, until_us)
            begin_us = until_us
        return self._harvest(boundary)

    def audit(self) -> Audit:
        """What the accounts say, once they are found right.

        Raises
        ------
        ConservationError : a purse that its lots don't explain
        """
        return audited(self.world, self._viewers)

    def state(self) -> Arrays:
        """Everything that can't be drawn again, to be asked for between two windows, on the hour."""
        return flat("viewers", self._kept()) | flat("chains", self._chains)

    def restore(self, arrays: Arrays) -> None:
        """Go on from a state, as if nothing had been."""
        kept = filled("viewers", self._kept(), arrays)
        crowd = self._viewers.crowd._replace(free_us=kept.free_us)
        self._viewers = self._viewers._replace(crowd=crowd, **kept.pools())
        self._chains = filled("chains", self._chains, arrays)
        self._days = []

    def _kept(self) -> Kept:
        return Kept(self._viewers.crowd.free_us, *(getattr(self._viewers, name) for name in Kept._fields[1:]))

    def _settle(self, scene: Scene) -> Structs:
        """What falls due at the boundary: rewards, then vouchers expire, coins come back from the shop, chargebacks."""
        boundary = scene.begin_us // self.world.window_us
        due = due_at(self._held_viewers.of(self._viewers), boundary, self.world.window_us)
        n = due.expiring + due.vouchers + due.disputed
        if due.past or due.past_vouchers or n:
            self._make_room_to_settle(n, due.past + due.past_vouchers + due.disputed)
        zones, viewers = self.world.zones, self._held_viewers.of(self._viewers)
        if due.past or due.expiring:
            settle_grants(zones, viewers, scene.begin_us, self.world.window_us, self._due)
        if due.past_vouchers:
            settle_vouchers(zones, viewers, scene.begin_us, self._due)
        self._debts = self._take_coins_back(scene.returned)
        if due.disputed:
            viewers = self._held_viewers.of(self._viewers)  # lots may have grown
            reverse(zones, scene.rates.of, viewers, boundary, scene.begin_us, self._due)
        return taken(self._due)

    def _take_coins_back(self, returned: Structs) -> Int64Array:
        if not len(returned):
            return NO_DEBTS
        lots, needed = self._viewers.lots, int(self._viewers.lots.state[1]) + len(returned)
        if len(lots.lot) < needed:
            self._viewers = self._viewers._replace(lots=_with_room(lots, needed))
        debts = np.zeros((len(returned), 2), np.int64)
        return debts[: take_coins_back(self.world.zones, returned, self._held_viewers.of(self._viewers), debts)]

    def _make_room_to_settle(self, n: int, tickets: int) -> None:
        roomy = room_for(self._viewers.tickets, tickets)
        if roomy is not self._viewers.tickets:
            self._viewers = self._viewers._replace(tickets=roomy)
        if len(self._due.row) < n:
            self._due = _with_room(self._due, n)

    def _see(self, shown: Shown) -> Audience:
        """Who is live, with the place of each host."""
        if shown.reach is self._audience.live.reach:  # boards change often, who is live doesn't
            return self._audience
        guide, parts = self._audience.guide, 1 << min(len(shown.host).bit_length(), GUIDE_BITS)
        if len(guide) != parts + 1:
            guide = np.zeros(parts + 1, np.int32)
        look_around(self._seen, shown.host, shown.reach, self._place, guide)
        self._seen = shown.host
        self._audience = Audience(Live(shown.host, shown.until_us, shown.reach, self._place), guide)
        return self._audience

    def _visits_of(self, hour: int, pull: Float64Array) -> Visits:
        if self._visits is None or self._visits.hour != hour:
            crowd, words = self._viewers.crowd, self._settled.scratch.visit
            slot = (self.world.epoch_hour + hour) // HOURS_A_DRAW
            if slot != self._slot or (pull is not self._pull and (pull != self._pull).any()):
                roster(self.world, crowd, hour, pull, words, self._opens)
                self._slot, self._pull = slot, pull
            self._mark_days(self.world.local_day[:, hour])
            self._visits = visits_of(self.world, crowd, hour, words, self._opens)
        return self._visits

    def _mark_days(self, days: Int64Array) -> None:
        if days.tolist() != self._days:
            self._days = days.tolist()
            mark(days.copy(), self._viewers.crowd.zone, self._viewers.purses, self._viewers.crowd.habits)

    def _live_through(self, scene: Scene, audience: Audience, hour: int, until_us: int) -> None:
        """The part of a window that lies in one hour."""
        visits = self._visits_of(hour, scene.pull)
        window = scene.begin_us // self.world.window_us - visits.first_window
        begin, end = visits.begin[window : window + 2].tolist()
        count = int(self._chains.state[COUNT])
        if not count and begin == end:
            return
        self._chains.state[:] = count, 0, 0, 0
        viewer, into_us = visits.viewer[begin:end], visits.into_us[begin:end]
        while not live_through(
            self._held_settled.of(self._settled),
            self._held_scene.of(scene),
            audience,
            self._held_viewers.of(self._viewers),
            self._chains,
            hour,
            viewer,
            into_us,
            until_us,
        ):
            self._make_room()

    def _make_room(self) -> None:
        """Let everything that is more than half full be half as large again."""
        viewers = self._viewers
        self._viewers = viewers._replace(
            rows=_roomier(viewers.rows, int(viewers.rows.used[0])),
            disputes=_roomier(viewers.disputes, int(viewers.disputes.state[0])),
            deeds=_roomier(viewers.deeds, int(viewers.deeds.used.max())),
            lots=_roomier(viewers.lots, int(viewers.lots.state[1])),
            grants=_roomier_ring(viewers.grants, viewers.purses),
            vouchers=_roomier(viewers.vouchers, int(viewers.vouchers.state[0])),
        )
        self._chains = _roomier(self._chains, int(self._chains.state[COUNT]))

    def _harvest(self, boundary: Structs) -> Harvest:
        deeds = self._viewers.deeds
        gifts, orders = deeds.used.tolist()
        deeds.used[:] = 0
        given, ordered = copied(deeds.gift[:gifts]), copied(deeds.order[:orders])
        elsewhere = counted(self._viewers.elsewhere)
        return Harvest(boundary, taken(self._viewers.rows), given, ordered, elsewhere, self._debts)


_Pool = TypeVar("_Pool", Chains, Deeds, Disputes, Grants, Lots, Rows, Vouchers)


def _with_room(pool: _Pool, needed: int) -> _Pool:
    """The same pool with at least so many places; its counters come first."""
    return type(pool)(pool[0], *(grown(places, needed) for places in pool[1:]))


def _roomier(pool: _Pool, used: int) -> _Pool:
    room = len(pool[-1])
    return _with_room(pool, room + 1) if 2 * used > room else pool


def _roomier_ring(grants: Grants, purses: Structs) -> Grants:
    """The ring of grants with more room, its first at the beginning; purses follow."""
    first, used = grants.state[:2].tolist()
    room = len(grants.grant)
    if 2 * used <= room:
        return grants
    for links in (purses["first_grant"], purses["last_grant"], grants.grant["next"]):
        known = links != NONE
        links[known] = (links[known] - first) % room
    grants.state[0] = 0
    return _with_room(Grants(grants.state, np.roll(grants.grant, -first)), room + 1)
