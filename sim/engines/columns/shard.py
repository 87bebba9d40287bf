"""A shard: a part of the viewers, which advances window by window on its own.

    shard = Shard(setting, begin=0, end=500_000, source=1, n_sources=3)
    harvest = shard.advance(scene)         # what its viewers did until the next boundary

Viewers are independent inside a window, so shards may run in threads, processes or on other machines, in any number:
a shard is told what is published, and answers with rows and with what the other side must hear.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from sim.agents.calendar import Calendar
from sim.agents.population import trait_terms
from sim.agents.stage import Stage
from sim.behavior.types import Int64Array
from sim.behavior.visit import HOUR_US, HOURS_A_DRAW, NEVER
from sim.behavior.watch import NOTHING, Live
from sim.engines.columns.chain import Chains, Deeds, Disputes, Viewers, begin_visits, go_on
from sim.engines.columns.crowd import NO_PURSE, draw_crowd
from sim.engines.columns.maturity import due_disputes, due_grants, reverse, settle_grants
from sim.engines.columns.purses import NONE, Grants, Lots, Purses, new_grants, new_lots, new_purses
from sim.engines.columns.rows import Rows, Tickets, grown, new_rows, new_tickets, room_for, taken
from sim.engines.columns.saving import Arrays, filled, flat
from sim.engines.columns.scene import Scene, World, world_of
from sim.engines.columns.totals import Totals, new_totals
from sim.engines.columns.viewer_audit import Audit, audited
from sim.engines.columns.visits import Visits, new_words, roster, visits_of
from sim.scenario import Scenario


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

    `creators` and `diamonds` are the accepted gifts; `orders` the orders, by their row in `acts`.
    """

    boundary: Rows
    acts: Rows
    creators: npt.NDArray[np.int32]
    diamonds: Int64Array
    order_row: npt.NDArray[np.int32]
    order_host: npt.NDArray[np.int32]
    order_region: npt.NDArray[np.int32]
    order_occasion: Int64Array


class Kept(NamedTuple):
    """What a shard can't draw again."""

    free_us: Int64Array
    purses: Purses
    lots: Lots
    grants: Grants
    disputes: Disputes
    tickets: Tickets
    totals: Totals
    visits: Int64Array

    def pools(self) -> dict[str, Any]:
        """All but the crowd's, by their names in `Viewers`."""
        return {name: part for name, part in self._asdict().items() if name != "free_us"}


def setting_of(stage: Stage, assets: Sequence[int], creators_reach: Int64Array, n_hosts: int) -> Setting:
    """The setting of a run."""
    world = world_of(stage, assets, len(creators_reach))
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
        self._shown: npt.NDArray[np.int32] | None = None
        self._words = new_words(), new_words()
        self._before, self._begun, self._after = _new_chains(), _new_chains(), _new_chains()
        self._due = new_rows(1024)
        self._place = np.full(setting.n_hosts, NOTHING, np.int32)
        self._viewers = Viewers(
            crowd,
            trait_terms(setting.scenario),
            new_purses(np.flatnonzero(crowd.purse != NO_PURSE).astype(np.int32)),
            new_lots(),
            new_grants(),
            _new_disputes(),
            new_tickets(source, n_sources),
            new_rows(8192),
            _new_deeds(),
            new_totals(setting.n_assets),
            np.zeros(1, np.int64),
        )

    def __repr__(self) -> str:
        return f"<Shard viewers={len(self._opens)} visits={self.visits}>"

    @property
    def visits(self) -> int:
        """Visits that began so far."""
        return int(self._viewers.visits[0])

    def advance(self, scene: Scene) -> Harvest:
        """Live through one window."""
        boundary = self._settle(scene)
        live = self._live(scene)
        begin_us = scene.begin_us
        while begin_us < scene.end_us:
            hour = begin_us // HOUR_US
            until_us = min(scene.end_us, (hour + 1) * HOUR_US)
            self._before, self._after = self._after, self._before
            self._after.count[0] = self._begun.count[0] = 0
            self._go_on(scene, live, self._before, until_us)
            self._begin(scene, live, self._visits_of(hour), until_us)
            self._go_on(scene, live, self._begun, until_us)
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
        return flat("viewers", self._kept()) | flat("chains", self._after)

    def restore(self, arrays: Arrays) -> None:
        """Go on from a state, as if nothing had been."""
        kept = filled("viewers", self._kept(), arrays)
        crowd = self._viewers.crowd._replace(free_us=kept.free_us)
        self._viewers = self._viewers._replace(crowd=crowd, **kept.pools())
        self._after = filled("chains", self._after, arrays)

    def _kept(self) -> Kept:
        return Kept(self._viewers.crowd.free_us, *(getattr(self._viewers, name) for name in Kept._fields[1:]))

    def _settle(self, scene: Scene) -> Rows:
        """What falls due at the boundary: expiries, then chargebacks, each by account."""
        boundary = scene.begin_us // self.world.window_us
        expiring = due_grants(self._viewers.grants, boundary)
        disputed = due_disputes(self._viewers.disputes, boundary)
        if self._viewers.grants.state[1]:
            self._make_room_to_settle(len(expiring) + disputed)
            settle_grants(self.world, scene, self._viewers, expiring, boundary, self._due)
        if disputed:
            self._make_room_to_settle(len(expiring) + disputed)
            reverse(self.world, scene, self._viewers, disputed, boundary, self._due)
        return taken(self._due)

    def _make_room_to_settle(self, n: int) -> None:
        more = n + int(self._viewers.grants.state[1])  # each may give its ticket back
        self._viewers = self._viewers._replace(tickets=room_for(self._viewers.tickets, more))
        if len(self._due.at_us) < n:
            self._due = _with_room(self._due, n)

    def _live(self, scene: Scene) -> Live:
        """Who is live, with the place of each host."""
        shown = scene.shown
        if self._shown is not None:
            self._place[self._shown] = NOTHING
        self._place[shown.host] = np.arange(len(shown.host), dtype=np.int32)
        self._shown = shown.host
        return Live(shown.host, shown.until_us, shown.reach, self._place)

    def _visits_of(self, hour: int) -> Visits:
        if self._visits is None or self._visits.hour != hour:
            crowd, words = self._viewers.crowd, self._words[0]
            slot = (self.world.epoch_hour + hour) // HOURS_A_DRAW
            if slot != self._slot:
                roster(self.world, crowd, hour, words, self._opens)
                self._slot = slot
            self._visits = visits_of(self.world, crowd, hour, words, self._opens)
        return self._visits

    def _go_on(self, scene: Scene, live: Live, chains: Chains, until_us: int) -> None:
        """Take chains up; those that go on beyond `until_us` are put down in `_after`."""
        n, done = int(chains.count[0]), 0
        while done < n:
            done = go_on(self.world, scene, live, self._viewers, chains, self._after, done, until_us)
            if done < n:
                self._make_room()

    def _begin(self, scene: Scene, live: Live, visits: Visits, until_us: int) -> None:
        window = scene.begin_us // self.world.window_us - visits.first_window
        begin, end = visits.begin[window : window + 2].tolist()
        while begin < end:
            begin = begin_visits(
                self.world, scene, live, self._viewers, visits, self._begun, begin, end, until_us, *self._words
            )
            if begin < end:
                self._make_room()

    def _make_room(self) -> None:
        """Let everything that is more than half full be half as large again."""
        viewers = self._viewers
        self._viewers = viewers._replace(
            rows=_roomier(viewers.rows, int(viewers.rows.count[0])),
            disputes=_roomier(viewers.disputes, int(viewers.disputes.state[0])),
            deeds=_roomier(viewers.deeds, int(viewers.deeds.count.max())),
            lots=_roomier(viewers.lots, int(viewers.lots.state[1])),
            grants=_roomier_ring(viewers.grants, viewers.purses),
        )
        self._after = _roomier(self._after, int(self._after.count[0]))
        self._begun = _roomier(self._begun, int(self._begun.count[0]))

    def _harvest(self, boundary: Rows) -> Harvest:
        deeds = self._viewers.deeds
        gifts, orders = deeds.count.tolist()
        deeds.count[:] = 0
        return Harvest(
            boundary,
            taken(self._viewers.rows),
            *(column[:gifts].copy() for column in (deeds.creator, deeds.diamonds)),
            *(column[:orders].copy() for column in deeds[3:]),
        )


_Columns = TypeVar("_Columns", Chains, Deeds, Disputes, Grants, Lots, Rows)
COUNTERS: Final = ("count", "state")  # these fields say how much of the others is in use


def _with_room(columns: _Columns, needed: int) -> _Columns:
    """The same columns with at least so many places."""
    pairs = zip(columns._fields, columns, strict=True)
    return type(columns)(*(column if name in COUNTERS else grown(column, needed) for name, column in pairs))


def _roomier(columns: _Columns, used: int) -> _Columns:
    room = len(columns[-1])
    return _with_room(columns, room + 1) if 2 * used > room else columns


def _roomier_ring(grants: Grants, purses: Purses) -> Grants:
    """The ring of grants with more room, its first at the beginning; purses follow."""
    first, used = grants.state.tolist()
    room = len(grants.purse)
    if 2 * used <= room:
        return grants
    for links in (purses.first_grant, purses.last_grant, grants.next):
        known = links != NONE
        links[known] = (links[known] - first) % room
    grants.state[0] = 0
    turned = Grants(grants.state, *(np.roll(column, -first) for column in grants[1:]))
    return _with_room(turned, room + 1)


def _new_chains(capacity: int = 1024) -> Chains:
    types = (np.int32, np.int32, np.uint8, np.int64, np.int32, np.int64, *([np.int32] * 5))
    return Chains(np.zeros(1, np.int64), *(np.zeros(capacity, kind) for kind in types))


def _new_deeds(capacity: int = 2048) -> Deeds:
    types = (np.int32, np.int64, np.int32, np.int32, np.int32, np.int64)
    return Deeds(np.zeros(2, np.int64), *(np.zeros(capacity, kind) for kind in types))


def _new_disputes(capacity: int = 1024) -> Disputes:
    types = (*([np.int32] * 3), *([np.int64] * 6))
    return Disputes(np.zeros(1, np.int64), *(np.zeros(capacity, kind) for kind in types))
