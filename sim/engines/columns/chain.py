"""A visit as a chain of acts, compiled: what `sim.engines.viewer` tells as a process, cut where a window ends.

A chain that goes beyond its window stays in `Chains` with its stage and is taken up again in the window of its next
act. Every choice is a rule of `sim.behavior`, every posting one of `purses`.

Most who open the app can do nothing there but look around: they are no givers, have no rewards and don't shop; or they
are in no mood to give, whoever is live, and won't look closely at any good. Whatever such a viewer watches, the visit
ends at the same instant and leaves nothing behind, so no stream is chosen for them (`next_act`).
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.fraud import in_ring
from sim.behavior.purposes import VISIT, WATCH
from sim.behavior.types import Int64Array
from sim.behavior.visit import HOUR_US, LOOK_AROUND_S, SEE_BALANCE_S, pause_of
from sim.behavior.watch import NOTHING, fill_guide
from sim.compiled import inner, on_columns
from sim.engines.columns import purses as money
from sim.engines.columns.balance_page import see_balance
from sim.engines.columns.buying import pay
from sim.engines.columns.collecting import COLLECTED_A_VISIT, REWARDS_A_VISIT, collect, collecting_habits
from sim.engines.columns.crowd import BUSY, CAME_TODAY, GIVER, HAS_REWARDS, HUNTS, has
from sim.engines.columns.giving import choose_what_to_give, give, give_what_was_bought, rob
from sim.engines.columns.held import Room, within
from sim.engines.columns.rows import Struct, Structs, wide
from sim.engines.columns.scene import Scene, World, is_hunted
from sim.engines.columns.shopping import browse, look_at_show
from sim.engines.columns.viewers import (
    BEGUN,
    BROWSE_NOW,
    CHOOSE,
    COUNT,
    END,
    GIVE,
    GIVE_FIRST,
    KEPT,
    NEXT,
    PAID,
    PAY,
    RING,
    SEE_BALANCE,
    Audience,
    Chains,
    Viewers,
    region_of,
    sees_page,
)
from sim.engines.columns.visits import BLOCK, new_words
from sim.engines.columns.watching import closely_us, next_act, stream_for, watch
from sim.streams import Words, draw, draw_each, uniform

# The most that one chain can leave behind in one window: 61 gifts, each with a tap, a look and five packs at most.
ROOM_FOR_ROWS: Final = 512
ROOM_FOR_LOTS: Final = 320


class Scratch(NamedTuple):
    """Room for a block of visits: their draws, who they are, and those who may act on what they watch."""

    visit: Words
    watch: Words
    free_us: Int64Array
    habits: npt.NDArray[np.uint8]
    viewer: npt.NDArray[np.int32]
    at_us: Int64Array
    place: npt.NDArray[np.int32]


def new_scratch() -> Scratch:
    """Room for a block."""
    return Scratch(
        new_words(),
        new_words(),
        np.zeros(BLOCK, np.int64),
        np.zeros(BLOCK, np.uint8),
        np.zeros(BLOCK, np.int32),
        np.zeros(BLOCK, np.int64),
        np.zeros(BLOCK, np.int32),
    )


class Settled(NamedTuple):
    """What stays as it is for a whole run."""

    world: World
    scratch: Scratch


settled_in, scene_in, viewers_in = within(Settled), within(Scene), within(Viewers)


@on_columns
def mark(days: Int64Array, crowd_zone: npt.NDArray[np.uint8], purses: Structs, habits: npt.NDArray[np.uint8]) -> None:
    """Set what comes and goes in habits by the purses, on a day; `days` is that of each zone."""
    for purse in range(purses.shape[0]):
        mine = purses[purse]
        known = habits[mine.viewer] & ~(HAS_REWARDS | CAME_TODAY)
        came = mine.came_on == days[crowd_zone[mine.viewer]]
        habits[mine.viewer] = known | (HAS_REWARDS * (mine.rewards > 0)) | (CAME_TODAY * came)


@on_columns
def look_around(
    before: npt.NDArray[np.int32],
    live: npt.NDArray[np.int32],
    reach: Int64Array,
    place: npt.NDArray[np.int32],
    guide: npt.NDArray[np.int32],
) -> None:
    """Set the place of each host, and a guide of 2^k + 1 places, to those who are live now; `before` are who was."""
    for host in before:
        place[host] = NOTHING
    for position in range(live.shape[0]):
        place[live[position]] = position
    if live.shape[0]:
        fill_guide(reach, guide)


@on_columns
def live_through(
    settled: Room,
    published: Room,
    audience: Audience,
    owned: Room,
    chains: Chains,
    hour: int,
    viewer: npt.NDArray[np.int32],
    into_us: npt.NDArray[np.uint32],
    until_us: int,
) -> bool:
    """Take chains up and let visits of an hour begin, all until an instant; returns False where room ran out.

    Then it is to be called again with more room: `chains.state` knows how far it came.

    Parameters
    ----------
    settled, published, owned : the rooms of `Settled`, of the scene and of the viewers
    """
    (world, scratch), scene, viewers, state = settled_in(settled), scene_in(published), viewers_in(owned), chains.state
    if not _go_on(world, scene, audience, viewers, chains, until_us):
        return False
    while state[BEGUN] < viewer.shape[0]:
        if not _has_room_for_block(viewers, chains):
            return False
        begin, end = state[BEGUN], min(state[BEGUN] + BLOCK, viewer.shape[0])
        n = _begin(world, scene, viewers, chains, hour, viewer[begin:end], into_us[begin:end], scratch)
        _choose(world, scene, audience, viewers, chains, hour, n, until_us, scratch)
        state[BEGUN] = end
        if not _go_on(world, scene, audience, viewers, chains, until_us):
            return False
    return True


@inner
def _has_room_for_block(viewers: Viewers, chains: Chains) -> bool:
    """Whether a block of visits can begin: each may be rewarded, and becomes a chain."""
    return bool(
        viewers.rows.used[0] + COLLECTED_A_VISIT * BLOCK <= viewers.rows.row.shape[0]
        and viewers.grants.state[money.COUNT] + REWARDS_A_VISIT * BLOCK <= viewers.grants.grant.shape[0]
        and viewers.vouchers.state[COUNT] + BLOCK <= viewers.vouchers.voucher.shape[0]
        and chains.state[COUNT] + BLOCK <= chains.chain.shape[0]
    )


@inner
def _has_room(viewers: Viewers) -> bool:
    """Whether one more chain can go on without anything running full."""
    return bool(
        viewers.rows.used[0] + ROOM_FOR_ROWS <= viewers.rows.row.shape[0]
        and viewers.lots.state[1] + ROOM_FOR_LOTS <= viewers.lots.lot.shape[0]
        and viewers.disputes.state[0] + ROOM_FOR_LOTS <= viewers.disputes.dispute.shape[0]
        and viewers.deeds.used[0] + ROOM_FOR_ROWS <= viewers.deeds.gift.shape[0]
        and viewers.deeds.used[1] + 2 <= viewers.deeds.order.shape[0]
    )


@inner
def _go_on(world: World, scene: Scene, audience: Audience, viewers: Viewers, chains: Chains, until_us: int) -> bool:
    """Follow the chains that are still to be followed, as far as there is room."""
    state = chains.state
    while state[NEXT] < state[COUNT]:
        if not _has_room(viewers):
            return False
        chains.chain[state[KEPT]] = chains.chain[state[NEXT]]
        chain = chains.chain[state[KEPT]]
        state[NEXT] += 1
        _follow(world, scene, audience, viewers, chain, until_us)
        if chain.stage == END:
            viewers.crowd.free_us[chain.viewer] = chain.at_us
        else:
            state[KEPT] += 1
    state[COUNT] = state[KEPT]
    state[NEXT] = state[KEPT]
    return True


@inner
def _begin(
    world: World,
    scene: Scene,
    viewers: Viewers,
    chains: Chains,
    hour: int,
    visitor: npt.NDArray[np.int32],
    into_us: npt.NDArray[np.uint32],
    scratch: Scratch,
) -> int:
    """Let a block of visits begin; returns how many of the viewers may act on what they watch, who are in `scratch`.

    Notes
    -----
    What belongs to a viewer is seldom in the cache. Loops that do little else than fetch it have many viewers under way
    at a time.
    """
    crowd, hour_us, occasion = viewers.crowd, hour * HOUR_US, world.epoch_hour + hour
    ring_share, balance_page = scene.ring.share, world.terms.balance.page
    collectors = collecting_habits(scene)
    visits, n = 0, 0
    draw_each(world.seed, crowd.first, visitor, VISIT, occasion, scratch.visit)
    for i in range(visitor.shape[0]):
        scratch.free_us[i], scratch.habits[i] = crowd.free_us[visitor[i]], crowd.habits[visitor[i]]
    for i in range(visitor.shape[0]):
        viewer, at_us, habits = wide(visitor[i]), hour_us + wide(into_us[i]), scratch.habits[i]
        if at_us < scratch.free_us[i]:
            continue
        if habits & HUNTS and not is_hunted(scene, region_of(world, crowd, viewer)):
            continue
        visits += 1
        if has(habits, collectors):
            collect(world, scene, viewers, viewer, hour, at_us, habits)
        if ring_share > 0.0 and has(habits, GIVER) and in_ring(world.seed, crowd.first + viewer, ring_share):
            _put_down(viewers, chains, viewer, hour, RING, at_us + pause_of(scratch.visit.w3[i], LOOK_AROUND_S))
            continue
        if uniform(scratch.visit.w1[i]) < balance_page and sees_page(world, scene, crowd, viewer):
            _put_down(viewers, chains, viewer, hour, SEE_BALANCE, at_us + pause_of(scratch.visit.w2[i], SEE_BALANCE_S))
            continue
        at_us += pause_of(scratch.visit.w3[i], LOOK_AROUND_S)
        crowd.free_us[viewer] = at_us
        stage = next_act(world, crowd, viewer, occasion)
        if stage == BROWSE_NOW:
            _put_down(viewers, chains, viewer, hour, BROWSE_NOW, at_us + closely_us(world, crowd, viewer, occasion))
        elif stage == CHOOSE:
            scratch.viewer[n], scratch.at_us[n] = viewer, at_us
            n += 1
    viewers.visits[0] += visits
    return n


@inner
def _choose(
    world: World,
    scene: Scene,
    audience: Audience,
    viewers: Viewers,
    chains: Chains,
    hour: int,
    n: int,
    until_us: int,
    scratch: Scratch,
) -> None:
    """Let the `n` who may act choose what to watch, if they come to it before an instant."""
    crowd, words = viewers.crowd, scratch.watch
    draw_each(world.seed, crowd.first, scratch.viewer[:n], WATCH, world.epoch_hour + hour, words)
    for i in range(n):
        scratch.place[i] = crowd.favourites[scratch.viewer[i], 0]  # only fetched: its own place follows
    for i in range(n):
        chosen = (words.w0[i], words.w1[i], words.w2[i], words.w3[i])
        scratch.place[i] = stream_for(world, audience, crowd, wide(scratch.viewer[i]), wide(scratch.at_us[i]), chosen)
    for i in range(n):
        is_now = scratch.at_us[i] < until_us
        if is_now and scratch.place[i] == NOTHING:
            continue
        viewer = wide(scratch.viewer[i])
        _put_down(viewers, chains, viewer, hour, CHOOSE, wide(scratch.at_us[i]))
        if is_now:
            chain = chains.chain[chains.state[COUNT] - 1]
            watch(world, scene, audience, crowd, chain, wide(scratch.place[i]), words.w3[i])
            if chain.stage == END:
                crowd.free_us[viewer] = chain.at_us
                chains.state[COUNT] -= 1


@inner
def _put_down(viewers: Viewers, chains: Chains, viewer: int, hour: int, stage: int, at_us: int) -> None:
    """Keep a visit for its next act."""
    viewers.crowd.free_us[viewer] = BUSY
    chain = chains.chain[chains.state[COUNT]]
    chains.state[COUNT] += 1
    chain.viewer = viewer
    chain.hour = hour
    chain.stage = stage
    chain.at_us = at_us
    chain.serves_ring = 0


@inner
def _follow(world: World, scene: Scene, audience: Audience, viewers: Viewers, chain: Struct, until_us: int) -> None:
    """Follow a chain until it ends, or goes beyond this window."""
    while chain.stage != END and chain.at_us < until_us:
        stage = chain.stage
        if stage == SEE_BALANCE:
            see_balance(world, scene, viewers, chain)
        elif stage == CHOOSE:
            crowd, viewer = viewers.crowd, chain.viewer
            words = draw(world.seed, crowd.first + viewer, WATCH, world.epoch_hour + chain.hour)
            place = stream_for(world, audience, crowd, viewer, chain.at_us, words)
            watch(world, scene, audience, crowd, chain, place, words[3])
        elif stage == GIVE_FIRST:
            choose_what_to_give(world, scene, viewers, chain)
        elif stage == GIVE:
            give(world, scene, viewers, chain)
        elif stage == PAY:
            pay(world, scene, viewers, chain)
        elif stage == PAID:
            give_what_was_bought(world, scene, viewers, chain)
        elif stage >= RING:
            rob(world, scene, audience.live, viewers, chain)
        elif stage == BROWSE_NOW:
            browse(world, scene, viewers, chain)
        else:
            look_at_show(world, scene, audience.live, viewers, chain)
