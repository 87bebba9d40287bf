"""A visit as a chain of acts, compiled: what `sim.engines.viewer` tells as a process, cut where a window ends.

A chain that goes beyond its window stays in `Chains` with its stage and is taken up again in the window of its next
act. Every choice is a rule of `sim.behavior`, every posting one of `purses`.

Most who open the app can do nothing there but look around: they are no givers, have no rewards and don't shop; or they
are in no mood to give, whoever is live, and won't look closely at any good. Whatever such a viewer watches, the visit
ends at the same instant and leaves nothing behind, so no stream is chosen for them (`_next_act`).
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.publication import NO_GOOD, Offer
from sim.behavior.balance import asks_back, has_page, own_limit, sets_limit, valuing_leftovers
from sim.behavior.commerce import NO_REASON, is_hidden, legal_price, obstacle
from sim.behavior.delay import memoryless
from sim.behavior.elsewhere import AT_RIVAL, BAN, route_of
from sim.behavior.elsewhere import GIFT as ELSEWHERE_GIFT
from sim.behavior.elsewhere import ORDER as ELSEWHERE_ORDER
from sim.behavior.elsewhere import RIVAL as RIVAL_OFFER
from sim.behavior.fraud import biggest_pack, in_ring
from sim.behavior.gift import (
    FIRST_GIFT,
    LAST_GIFT,
    NO_GIFT,
    SEE_COINS,
    choose_gift,
    coins_worth,
    dearest_within,
    may_want_to_give,
    wants_to_give,
    willing_to_pay,
)
from sim.behavior.identity import tier_of
from sim.behavior.purposes import BROWSE, CHARGEBACK, COMBO, DIVERT, RIVAL, SHOP, TOPUP, VISIT, WATCH
from sim.behavior.purposes import GIFT as WANT
from sim.behavior.reward import coins_for_watching, friend_joins, gives_anything
from sim.behavior.rival import gives_there, multi_homes
from sim.behavior.shop import (
    LIVE,
    LOOK_CLOSELY_S,
    channel_of,
    considered_live,
    item_of,
    looks_closely,
    pays_with_coins,
    price_in_coins,
    worth_of,
)
from sim.behavior.topup import (
    NO_PACK,
    WEEK_US,
    choose_pack,
    coins_for,
    coins_lacking,
    packs_needed,
    price_of,
    stays_away,
)
from sim.behavior.traits import Traits, viewer_traits
from sim.behavior.types import Int64Array
from sim.behavior.visit import (
    CHOOSE_PACK_S,
    HOUR_US,
    LOOK_AROUND_S,
    NEXT_GIFT_S,
    PAY_S,
    SEE_BALANCE_S,
    SEE_COINS_S,
    pause_of,
    pause_us,
    step_of,
)
from sim.behavior.watch import NOTHING, Live, choose_favourite, fill_guide, pick_by, still_on
from sim.compiled import inner, on_columns
from sim.engines.columns import codes
from sim.engines.columns import purses as money
from sim.engines.columns.amounts import portion, tax_inside
from sim.engines.columns.codes import ACCEPTED, FROZEN, INSUFFICIENT_FUNDS, SUSPENDED
from sim.engines.columns.counter import seller_at
from sim.engines.columns.crowd import (
    BUSY,
    CAME_TODAY,
    CHECKS_IN,
    GIVER,
    HAS_REWARDS,
    HUNTS,
    ON_WEB,
    SHOPPER,
    TAPS_FIRST,
    Crowd,
    has,
)
from sim.engines.columns.purses import Grants, Lots
from sim.engines.columns.rates import N_TIERS
from sim.engines.columns.rows import NO_TICKET, Rows, Struct, Structs, Tickets, note, take_ticket, wide
from sim.engines.columns.scene import ALWAYS, PackedWorld, Scene, World, is_hunted, offer_in, packs_of, unpacked
from sim.engines.columns.spending import bought_this_month, note_bought, note_given, room_today
from sim.engines.columns.totals import Totals
from sim.engines.columns.visits import BLOCK, new_words
from sim.ledger import COIN, Item, Kind, Rule, item_id
from sim.ledger import REWARD as REWARD_COIN
from sim.ledger.accounts import KIND_SPAN, NOBODY
from sim.ledger.money import PPM
from sim.ledger.operations import NO_ITEM
from sim.metrics.elsewhere import note_elsewhere
from sim.streams import Words, below, draw, draw_each, uniform

# What comes next in a chain
SEE_BALANCE: Final = 0
CHOOSE: Final = 1
GIVE_FIRST: Final = 2
ORDER_NOW: Final = 3
GIVE: Final = 4
PAY: Final = 5
PAID: Final = 6
BROWSE_NOW: Final = 7
RING: Final = 9  # serve a fraud ring
SPEND: Final = 10  # give whatever is left
END: Final = 8


CHECKIN: Final = item_id(Item.REWARD_CHECKIN, 0)
SPENDING_LIMIT: Final = int(Rule.SPENDING_LIMIT)
WATCHED: Final = item_id(Item.REWARD_WATCH, 0)
INVITED: Final = item_id(Item.REWARD_INVITE, 0)
REWARDS_A_VISIT: Final = 3
FIRST_CREATOR: Final = KIND_SPAN * int(Kind.CREATOR)
FIRST_SELLER: Final = KIND_SPAN * int(Kind.SELLER)

# The most that one chain can leave behind in one window: 61 gifts, each with a tap, a look and five packs at most.
ROOM_FOR_ROWS: Final = 512
ROOM_FOR_LOTS: Final = 320

# Places in `Chains.state`
COUNT: Final = 0
NEXT: Final = 1
KEPT: Final = 2
BEGUN: Final = 3


# A visit in progress; what its stage doesn't need holds anything:
#   hour, at_us         in which hour since the start it began, and the instant of its next act
#   coins               how many a pack by amount is to bring
#   host, until_us      whose stream is watched (creators first, then sellers), and when that stream ends
CHAIN: Final = np.dtype(
    [
        (name, np.int64)
        for name in (
            "viewer",
            "hour",
            "stage",
            "at_us",
            "host",
            "until_us",
            "gift",
            "step",
            "pack",
            "packs",
            "paid",
            "coins",
            "serves_ring",
        )
    ]
)
# A topup that will be charged back at the boundary `due`, unless its coins were returned.
DISPUTE: Final = np.dtype(
    [
        (name, np.int64)
        for name in ("coins", "price", "fee", "tax", "serial", "ticket", "item", "viewer", "due", "refunded")
    ]
)


class Chains(NamedTuple):
    """Visits in progress: an array of `CHAIN`. `state` is [COUNT, NEXT, KEPT, BEGUN].

    In a window those before KEPT have been followed to its end, those from NEXT to COUNT are still to be followed.
    BEGUN counts the visits that have begun in this hour of the window.
    """

    state: Int64Array
    chain: Structs


class Deeds(NamedTuple):
    """What the other side must hear: arrays of `GIVEN` and of `ORDERED`. `used` is [gifts, orders]."""

    used: Int64Array
    gift: Structs
    order: Structs


class Disputes(NamedTuple):
    """Topups that will be charged back, in the order in which they were bought: an array of `DISPUTE`."""

    state: Int64Array  # [how many]
    dispute: Structs


class Viewers(NamedTuple):
    """Everything that a division of the viewers owns and writes to."""

    crowd: Crowd
    purses: Structs
    spending: Structs
    lots: Lots
    grants: Grants
    disputes: Disputes
    tickets: Tickets
    rows: Rows
    deeds: Deeds
    totals: Totals
    visits: Int64Array  # [so far]
    elsewhere: Int64Array  # of this window, see `sim.metrics.elsewhere`


class Audience(NamedTuple):
    """Who is live, and a guide to them (see `sim.behavior.watch.fill_guide`)."""

    live: Live
    guide: npt.NDArray[np.int32]


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
    packed: PackedWorld,
    scene: Scene,
    audience: Audience,
    viewers: Viewers,
    chains: Chains,
    hour: int,
    viewer: npt.NDArray[np.int32],
    into_us: npt.NDArray[np.uint32],
    until_us: int,
    scratch: Scratch,
) -> bool:
    """Take chains up and let visits of an hour begin, all until an instant; returns False where room ran out.

    Then it is to be called again with more room: `chains.state` knows how far it came.
    """
    world, state = unpacked(packed), chains.state
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
        viewers.rows.used[0] + REWARDS_A_VISIT * BLOCK <= viewers.rows.row.shape[0]
        and viewers.grants.state[money.COUNT] + REWARDS_A_VISIT * BLOCK <= viewers.grants.grant.shape[0]
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
    collect, balance_page = scene.collect, world.terms.balance.page
    ring_share = scene.ring.share
    visits, n = 0, 0
    draw_each(world.seed, crowd.first, visitor, VISIT, occasion, scratch.visit)
    for i in range(visitor.shape[0]):
        scratch.free_us[i], scratch.habits[i] = crowd.free_us[visitor[i]], crowd.habits[visitor[i]]
    for i in range(visitor.shape[0]):
        viewer, at_us, habits = wide(visitor[i]), hour_us + wide(into_us[i]), scratch.habits[i]
        if at_us < scratch.free_us[i]:
            continue
        if habits & HUNTS and not is_hunted(scene, _region(world, crowd, viewer)):
            continue
        visits += 1
        if collect and habits & CHECKS_IN and (collect == ALWAYS or not habits & CAME_TODAY):
            _collect(world, scene, viewers, viewer, hour, at_us)
        if ring_share > 0.0 and has(habits, GIVER) and in_ring(world.seed, crowd.first + viewer, ring_share):
            _put_down(viewers, chains, viewer, hour, RING, at_us + pause_of(scratch.visit.w3[i], LOOK_AROUND_S))
            continue
        if uniform(scratch.visit.w1[i]) < balance_page and _has_page(world, scene, crowd, viewer):
            _put_down(viewers, chains, viewer, hour, SEE_BALANCE, at_us + pause_of(scratch.visit.w2[i], SEE_BALANCE_S))
            continue
        at_us += pause_of(scratch.visit.w3[i], LOOK_AROUND_S)
        crowd.free_us[viewer] = at_us
        stage = _next_act(world, crowd, viewer, occasion)
        if stage == BROWSE_NOW:
            _put_down(viewers, chains, viewer, hour, BROWSE_NOW, at_us + _closely_us(world, crowd, viewer, occasion))
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
        scratch.place[i] = _stream(world, audience, crowd, wide(scratch.viewer[i]), wide(scratch.at_us[i]), chosen)
    for i in range(n):
        is_now = scratch.at_us[i] < until_us
        if is_now and scratch.place[i] == NOTHING:
            continue
        viewer = wide(scratch.viewer[i])
        _put_down(viewers, chains, viewer, hour, CHOOSE, wide(scratch.at_us[i]))
        if is_now:
            chain = chains.chain[chains.state[COUNT] - 1]
            _watch(world, scene, audience, crowd, chain, wide(scratch.place[i]), words.w3[i])
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
def _next_act(world: World, crowd: Crowd, viewer: int, occasion: int) -> int:
    """What can come of a visit after a look around: to browse, to choose a stream, or nothing."""
    habits = crowd.habits[viewer]
    if has(habits, SHOPPER):
        words = draw(world.seed, crowd.first + viewer, SHOP, occasion)
        channel = channel_of(words[2], world.terms.shop)
        consideration = _consideration(world, crowd, viewer, occasion, channel)
        if channel == LIVE:
            consideration = considered_live(consideration, world.terms.keenest_ppm)
        closely = looks_closely(words[0], consideration)
        if channel != LIVE:
            return BROWSE_NOW if closely else END
        if closely:
            return CHOOSE
    if not has(habits, GIVER | HAS_REWARDS):
        return END
    word = draw(world.seed, crowd.first + viewer, WANT, occasion)[0]
    return CHOOSE if may_want_to_give(word, world.terms.gift, has(habits, GIVER)) else END


@inner
def _closely_us(world: World, crowd: Crowd, viewer: int, occasion: int) -> int:
    """How long it takes to look closely at a good in the shop tab or in a video."""
    return pause_of(draw(world.seed, crowd.first + viewer, SHOP, occasion)[1], LOOK_CLOSELY_S)


@inner
def _follow(world: World, scene: Scene, audience: Audience, viewers: Viewers, chain: Struct, until_us: int) -> None:
    """Follow a chain until it ends, or goes beyond this window."""
    while chain.stage != END and chain.at_us < until_us:
        stage = chain.stage
        if stage == SEE_BALANCE:
            _see_balance(world, scene, viewers, chain)
        elif stage == CHOOSE:
            crowd, viewer = viewers.crowd, chain.viewer
            words = draw(world.seed, crowd.first + viewer, WATCH, world.epoch_hour + chain.hour)
            place = _stream(world, audience, crowd, viewer, chain.at_us, words)
            _watch(world, scene, audience, crowd, chain, place, words[3])
        elif stage == GIVE_FIRST:
            _choose_gift(world, scene, viewers, chain)
        elif stage == GIVE:
            _give(world, scene, viewers, chain)
        elif stage == PAY:
            _pay(world, scene, viewers, chain)
        elif stage == PAID:
            _give_what_was_bought(world, scene, viewers, chain)
        elif stage >= RING:
            _rob(world, scene, audience.live, viewers, chain)
        elif stage == BROWSE_NOW:
            _browse(world, scene, viewers, chain)
        else:
            _look_at_show(world, scene, audience.live, viewers, chain)


@inner
def _occasion(world: World, chain: Struct) -> int:
    """The hour of a visit, since 1970."""
    return int(world.epoch_hour + chain.hour)


@inner
def _region(world: World, crowd: Crowd, viewer: int) -> int:
    return int(world.zones[crowd.zone[viewer]].region)


@inner
def _consideration(world: World, crowd: Crowd, viewer: int, occasion: int, channel: int) -> float:
    """The chance that a shopper looks closely, on this day."""
    today = world.shopping[crowd.zone[viewer], occasion - world.epoch_hour]
    return float(world.considerations[_region(world, crowd, viewer), channel] * today)


@inner
def _traits(world: World, crowd: Crowd, viewer: int) -> Traits:
    """What is drawn again where it is needed."""
    return viewer_traits(world.seed, crowd.first + viewer, world.traits, world.zones[crowd.zone[viewer]].means)


@inner
def _tier(world: World, scene: Scene, crowd: Crowd, viewer: int) -> Struct:
    """The limits of a viewer's tier of identification."""
    zone = world.zones[crowd.zone[viewer]]
    tier = tier_of(world.seed, crowd.first + viewer, zone.verified_share)
    return scene.rates.tiers[zone.region * N_TIERS + tier]


@inner
def _is_sold_to(world: World, crowd: Crowd, viewer: int, good: int) -> bool:
    """Whether a good is sold in a viewer's region: what others show is watched and not bought."""
    zone = world.zones[crowd.zone[viewer]]
    return bool(zone.first_good <= good < zone.end_good)


@inner
def _collect(world: World, scene: Scene, viewers: Viewers, viewer: int, hour: int, at_us: int) -> None:
    """Take the rewards of a visit: for the first one of the day, for a friend who joins, for watching."""
    crowd, zone = viewers.crowd, viewers.crowd.zone[viewer]
    offer, mine = offer_in(scene, world.zones[zone].region), viewers.purses[crowd.purse[viewer]]
    if not gives_anything(offer):
        return
    today = world.local_day[zone, hour]
    if mine.came_on != today:
        mine.came_on = today
        mine.watched = 0
        crowd.habits[viewer] |= CAME_TODAY
        if offer.checkin:
            _reward(world, scene, viewers, viewer, at_us, CHECKIN, offer.checkin)
        if offer.invite and friend_joins(world.seed, crowd.first + viewer, today, world.terms.invite_rate):
            _reward(world, scene, viewers, viewer, at_us, INVITED, offer.invite)
    coins = coins_for_watching(offer, mine.watched)
    if coins:
        mine.watched += coins
        _reward(world, scene, viewers, viewer, at_us, WATCHED, coins)


@inner
def _reward(world: World, scene: Scene, viewers: Viewers, viewer: int, at_us: int, item: int, amount: int) -> None:
    purse, rates = viewers.crowd.purse[viewer], scene.rates.of[_region(world, viewers.crowd, viewer)]
    outcome = SUSPENDED if rates.suspended else ACCEPTED
    place = note(
        viewers.rows,
        at_us,
        codes.REWARD,
        viewers.crowd.first + viewer,
        NOBODY,
        item,
        amount,
        REWARD_COIN,
        outcome,
        rates.code,
    )
    if outcome != ACCEPTED:
        return
    viewers.crowd.habits[viewer] |= HAS_REWARDS
    ticket = NO_TICKET
    if rates.reward_life:
        ticket = take_ticket(viewers.tickets)
        viewers.rows.row[place].makes = ticket
    money.grant(viewers.purses, viewers.grants, viewers.totals, purse, item, amount, at_us, rates.reward_life, ticket)


@inner
def _end(chain: Struct) -> None:
    chain.stage = END


@inner
def _read(world: World, crowd: Crowd, rows: Rows, chain: Struct, op: int) -> None:
    account, code = crowd.first + chain.viewer, world.zones[crowd.zone[chain.viewer]].code
    note(rows, chain.at_us, op, account, NOBODY, NO_ITEM, 0, 0, ACCEPTED, code)


@inner
def _has_page(world: World, scene: Scene, crowd: Crowd, viewer: int) -> bool:
    return has_page(world.seed, crowd.first + viewer, scene.balance_share[_region(world, crowd, viewer)])


@inner
def _see_balance(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    """Read what happened; a giver may set an own limit, once and for all."""
    _read(world, viewers.crowd, viewers.rows, chain, codes.HISTORY)
    if world.terms.balance.limit_share > 0.0 and has(viewers.crowd.habits[chain.viewer], GIVER):
        _perhaps_limit(world, scene, viewers, chain)
    if world.terms.refund_intent > 0.0 and has(viewers.crowd.habits[chain.viewer], GIVER):
        _perhaps_ask_back(world, scene, viewers, chain)
    occasion = world.epoch_hour + chain.hour
    words = draw(world.seed, viewers.crowd.first + chain.viewer, VISIT, occasion)
    chain.at_us += pause_of(words[3], LOOK_AROUND_S)
    chain.stage = _next_act(world, viewers.crowd, chain.viewer, occasion)
    if chain.stage == BROWSE_NOW:
        chain.at_us += _closely_us(world, viewers.crowd, chain.viewer, occasion)


@inner
def _perhaps_limit(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    crowd, viewer, terms = viewers.crowd, chain.viewer, world.terms.balance
    account, spending = crowd.first + viewer, viewers.spending[crowd.purse[viewer]]
    if spending.limited or not sets_limit(world.seed, account, terms.limit_share):
        return
    region = _region(world, crowd, viewer)
    budget = _traits(world, crowd, viewer).weekly_budget
    price = scene.coin_price[region, int(has(crowd.habits[viewer], ON_WEB))]
    spending.limited = 1
    spending.limit = own_limit(budget, terms.limit_factor, price)
    code = scene.rates.of[region].code
    note(
        viewers.rows,
        chain.at_us,
        codes.POLICY,
        account,
        SPENDING_LIMIT,
        NO_ITEM,
        spending.limit,
        COIN,
        ACCEPTED,
        code,
    )


@inner
def _perhaps_ask_back(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    """Give back what is unspent of a topup, where that can still be done."""
    crowd, viewer = viewers.crowd, chain.viewer
    account, purse, rates = crowd.first + viewer, crowd.purse[viewer], scene.rates.of[_region(world, crowd, viewer)]
    place = money.lot_to_return(viewers.purses[purse], viewers.lots, chain.at_us - rates.coin_refund_window)
    occasion = world.epoch_hour + chain.hour
    if place == money.NONE or not asks_back(world.seed, account, occasion, world.terms.refund_intent):
        return
    lot = viewers.lots.lot[place]
    coins, ticket, serial = lot.left, lot.ticket, lot.serial
    outcome = SUSPENDED if rates.suspended else ACCEPTED
    noted = viewers.rows.row[
        note(viewers.rows, chain.at_us, codes.COIN_REFUND, account, NOBODY, NO_ITEM, coins, COIN, outcome, rates.code)
    ]
    noted.refers = ticket
    if outcome != ACCEPTED:
        return
    returned = money.give_back_coins(viewers.purses, viewers.lots, viewers.totals, purse, rates.asset, place)
    noted.revenue = returned.lost
    noted.float_cost = -returned.earned
    noted.float_coins = -coins
    noted.tax = -returned.tax
    noted.store_fee = -returned.fee
    for n in range(viewers.disputes.state[0]):
        if viewers.disputes.dispute[n].serial == serial:
            viewers.disputes.dispute[n].refunded = 1


@inner
def _stream(
    world: World, audience: Audience, crowd: Crowd, viewer: int, at_us: int, words: tuple[int, int, int, int]
) -> int:
    """What a viewer opens, by the rules of `choose_stream`; the guide spares most of the search."""
    live, guide = audience.live, audience.guide
    if live.host.shape[0] == 0:
        return NOTHING
    place = choose_favourite(live, crowd.favourites[viewer], world.terms.favourite_share, at_us, words)
    if place != NOTHING:
        return place
    return still_on(live, pick_by(live.reach, guide, words[2]), at_us)


@inner
def _watch(
    world: World, scene: Scene, audience: Audience, crowd: Crowd, chain: Struct, place: int, watch_word: int
) -> None:
    """Watch a stream, if any: want to give to a creator, or look closer at what a seller shows."""
    live, viewer = audience.live, chain.viewer
    habits, account, occasion = crowd.habits[viewer], crowd.first + viewer, world.epoch_hour + chain.hour
    chain.stage = END
    if place == NOTHING:
        return
    if scene.shown.good[place] != NO_GOOD:
        if not has(habits, SHOPPER) or not _is_sold_to(world, crowd, viewer, wide(scene.shown.good[place])):
            return
        look = draw(world.seed, account, SHOP, occasion)
        keenness_ppm = scene.counter.keenness[wide(live.host[place]) - world.n_creators]
        consideration = _consideration(world, crowd, viewer, occasion, LIVE)
        if not looks_closely(look[0], considered_live(consideration, keenness_ppm)):
            return
        stage, word = ORDER_NOW, look[1]
    else:
        if not has(habits, GIVER | HAS_REWARDS):
            return
        want = draw(world.seed, account, WANT, occasion)
        is_favourite = False
        for favourite in crowd.favourites[viewer]:
            is_favourite |= favourite == live.host[place]
        is_giver, has_rewards, eager = has(habits, GIVER), has(habits, HAS_REWARDS), scene.shown.eagerness[place]
        if not wants_to_give(want[0], world.terms.gift, is_giver, has_rewards, is_favourite, eager):
            return
        stage, word = GIVE_FIRST, want[3]
    until_us = live.until_us[place]
    watch_us = min(memoryless(watch_word, world.terms.watch_days), until_us - chain.at_us)
    chain.stage = stage
    chain.at_us += int(uniform(word) * watch_us)
    chain.host = live.host[place]
    chain.until_us = until_us
    chain.step = FIRST_GIFT


@inner
def _choose_gift(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    """Choose what to give. Some look at their coins first, some just tap."""
    crowd, viewer = viewers.crowd, chain.viewer
    account, occasion = crowd.first + viewer, world.epoch_hour + chain.hour
    habits, words = crowd.habits[viewer], draw(world.seed, account, WANT, occasion)
    if has(habits, GIVER):
        worth = willing_to_pay(words[1], _traits(world, crowd, viewer).willingness, world.terms.gift.mood_sigma)
        coins = coins_worth(worth, scene.coin_price[_region(world, crowd, viewer), int(has(habits, ON_WEB))])
    else:
        coins = viewers.purses[crowd.purse[viewer]].rewards
    gift = choose_gift(world.gift_prices, coins, words[2])
    if gift == NO_GIFT:
        _end(chain)
        return
    if has(habits, GIVER) and _gives_on_rival(world, scene, viewers, chain, gift):
        _end(chain)
        return
    chain.stage = GIVE
    chain.gift = gift
    if not has(habits, TAPS_FIRST):
        _read(world, crowd, viewers.rows, chain, codes.BALANCE)
        chain.at_us += pause_us(world.seed, account, step_of(occasion, SEE_COINS), SEE_COINS_S)


@inner
def _gives_on_rival(world: World, scene: Scene, viewers: Viewers, chain: Struct, gift: int) -> bool:
    """Whether a giver who is on the rival's side too prefers to give there, and count it."""
    crowd, viewer, rival, terms = viewers.crowd, chain.viewer, scene.rival, world.terms.rival
    account, creator = crowd.first + viewer, FIRST_CREATOR + chain.host
    if not multi_homes(world.seed, account, rival.viewer_share):
        return False
    if not multi_homes(world.seed, creator, terms.creator_share):
        return False
    region = _region(world, crowd, viewer)
    price = scene.coin_price[region, int(has(crowd.habits[viewer], ON_WEB))]
    here = scene.rates.of[region].diamond_value / PPM / price
    words = draw(world.seed, account, RIVAL, world.epoch_hour + chain.hour)
    if not gives_there(words[0], here, rival.creator_value / rival.price, terms.sensitivity):
        return False
    amount = int(world.gift_prices[gift] * price)
    mine = viewers.purses[crowd.purse[viewer]]
    if uniform(words[1]) >= world.terms.topup.hesitation and amount <= _budget_left(
        world, crowd, viewer, chain.at_us, mine
    ):
        mine.spent += amount
        note_elsewhere(viewers.elsewhere, region, ELSEWHERE_GIFT, RIVAL_OFFER, AT_RIVAL, 0, 0, amount)
    return True


@inner
def _budget_left(world: World, crowd: Crowd, viewer: int, at_us: int, mine: Struct) -> int:
    """What may still be spent this week, in minor units."""
    week = at_us // WEEK_US
    if week != mine.week:
        mine.week = week
        mine.spent = 0
    return int(_traits(world, crowd, viewer).weekly_budget - mine.spent)


@inner
def _give(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    """Give, while the stream is on; buy what is short first."""
    if chain.at_us >= chain.until_us:
        _end(chain)
        return
    crowd = viewers.crowd
    mine = viewers.purses[crowd.purse[chain.viewer]]
    short = coins_lacking(world.gift_prices[chain.gift], mine.coins, mine.rewards)
    if short <= 0:
        _give_now(world, scene, viewers, chain)
        return
    if has(crowd.habits[chain.viewer], TAPS_FIRST):
        outcome = _tap(world, scene, viewers, chain)
        if outcome not in (FROZEN, INSUFFICIENT_FUNDS):  # coins would not help
            _end(chain)
            return
    _choose_pack(world, scene, viewers, chain, short)


@inner
def _give_what_was_bought(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    if chain.at_us >= chain.until_us:  # paying took a while
        _end(chain)
    else:
        _give_now(world, scene, viewers, chain)


@inner
def _give_now(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    """Give, and perhaps again."""
    outcome = _tap(world, scene, viewers, chain)
    account, step = viewers.crowd.first + chain.viewer, step_of(world.epoch_hour + chain.hour, chain.step)
    if outcome != ACCEPTED or uniform(draw(world.seed, account, COMBO, step)[0]) >= world.terms.gift.combo:
        _end(chain)
        return
    chain.at_us += pause_us(world.seed, account, step, NEXT_GIFT_S)
    chain.step += 1
    chain.stage = GIVE if chain.step <= LAST_GIFT else END


@inner
def _tap(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> int:
    """Ask the ledger for the gift; returns its outcome."""
    crowd, price = viewers.crowd, world.gift_prices[chain.gift]
    purse, rates = crowd.purse[chain.viewer], scene.rates.of[_region(world, crowd, chain.viewer)]
    spending = viewers.spending[purse]
    spent = money.give(
        viewers.purses,
        viewers.lots,
        viewers.grants,
        viewers.totals,
        purse,
        rates.asset,
        price,
        rates.suspended,
        room_today(spending, _tier(world, scene, crowd, chain.viewer).spending_limit, chain.at_us),
    )
    place = note(
        viewers.rows,
        chain.at_us,
        codes.GIFT,
        crowd.first + chain.viewer,
        FIRST_CREATOR + chain.host,
        world.gift_items[chain.gift],
        price,
        COIN,
        spent.outcome,
        rates.code,
    )
    if spent.outcome == ACCEPTED:
        note_given(spending, price, chain.at_us)
        if not viewers.purses[purse].rewards:
            crowd.habits[chain.viewer] &= ~HAS_REWARDS
        row = viewers.rows.row[place]
        row.revenue = spent.earned
        row.float_cost = -spent.earned
        row.float_coins = -spent.coins
        gift = viewers.deeds.gift[viewers.deeds.used[0]]
        gift.creator = chain.host
        gift.diamonds = price
        viewers.deeds.used[0] += 1
    return spent.outcome


@inner
def _choose_pack(world: World, scene: Scene, viewers: Viewers, chain: Struct, short: int) -> None:
    """Choose the pack that brings the coins that are short, or leave."""
    crowd, viewer = viewers.crowd, chain.viewer
    habits, mine, region = crowd.habits[viewer], viewers.purses[crowd.purse[viewer]], _region(world, crowd, viewer)
    account, occasion = crowd.first + viewer, step_of(world.epoch_hour + chain.hour, chain.step)
    on_web = has(habits, ON_WEB)
    _end(chain)
    if not has(habits, GIVER):
        return
    word = draw(world.seed, account, TOPUP, occasion)[0]
    reference_price = world.zones[crowd.zone[viewer]].reference_price
    if stays_away(word, scene.coin_price[region, int(on_web)], reference_price, world.terms.topup):
        return
    budget = _budget_left(world, crowd, viewer, chain.at_us, mine)
    packs = packs_of(scene, region)
    unit, leftover_value = scene.rates.of[region].unit, world.terms.topup.leftover_value
    if _has_page(world, scene, crowd, viewer):
        leftover_value = world.terms.balance.leftover_value
    terms = valuing_leftovers(world.terms.topup, leftover_value)
    pack = choose_pack(world.seed, account, occasion, packs, on_web, short, budget, unit, terms)
    if pack == NO_PACK:
        return
    chain.stage = PAY
    chain.at_us += pause_us(world.seed, account, step_of(occasion, 0), CHOOSE_PACK_S)
    chain.pack = pack
    chain.packs = packs_needed(packs, pack, short)
    chain.coins = short
    chain.paid = 0


@inner
def _pay(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    """Buy a pack at the price of this window, if it is still on sale."""
    crowd, viewer = viewers.crowd, chain.viewer
    purse, account = crowd.purse[viewer], crowd.first + viewer
    rates = scene.rates.of[_region(world, crowd, viewer)]
    place = rates.first_pack + chain.pack
    pack = scene.rates.packs[place]
    if not scene.packs.on_sale[place]:
        _end(chain)
        return
    price = price_of(scene.packs, place, chain.coins)
    coins = coins_for(scene.packs, place, price)
    chain.paid += 1
    occasion = step_of(step_of(world.epoch_hour + chain.hour, chain.step), chain.paid)
    mine, spending = viewers.purses[purse], viewers.spending[purse]
    paid, limits = bought_this_month(spending, chain.at_us) + price, _tier(world, scene, crowd, viewer)
    outcome = money.topup_outcome(mine, coins, paid, rates.suspended, limits)
    row = note(
        viewers.rows, chain.at_us, codes.TOPUP, account, NOBODY, pack.item, price, rates.currency, outcome, rates.code
    )
    if outcome != ACCEPTED:
        _end(chain)
        return
    tax = tax_inside(price, rates.topup_tax)
    fee = portion(price - tax, pack.store_fee)
    words = draw(world.seed, account, CHARGEBACK, occasion)
    is_disputed = in_ring(world.seed, account, scene.ring.share) or uniform(words[0]) < world.chargeback_rate
    ticket = take_ticket(viewers.tickets) if is_disputed or world.terms.refund_intent > 0.0 else NO_TICKET
    earned, serial = money.top_up(
        viewers.purses, viewers.lots, viewers.totals, purse, rates.asset, coins, price, fee, tax, chain.at_us, ticket
    )
    mine.spent += price
    note_bought(spending, price, chain.at_us)
    noted = viewers.rows.row[row]
    noted.makes = ticket
    noted.revenue = earned
    noted.float_cost = price - fee - tax - earned
    noted.float_coins = coins
    noted.tax = tax
    noted.store_fee = fee
    if is_disputed:
        due_us = chain.at_us + memoryless(words[1], world.chargeback_days)
        _dispute(world, scene, viewers, viewer, due_us, pack.item, coins, price, fee, tax, serial, ticket)
    chain.at_us += pause_us(world.seed, account, occasion, PAY_S)
    paid_all = SPEND if chain.serves_ring else PAID
    chain.stage = PAY if chain.paid < chain.packs else paid_all


@inner
def _rob(world: World, scene: Scene, live: Live, viewers: Viewers, chain: Struct) -> None:
    """What an account in the hands of a fraud ring does next."""
    if chain.stage == RING:
        _serve_ring(world, scene, live, viewers, chain)
    else:
        _give_all(world, scene, viewers, chain)


@inner
def _serve_ring(world: World, scene: Scene, live: Live, viewers: Viewers, chain: Struct) -> None:
    """Buy the largest pack several times, if the ring's creator is live."""
    crowd, creator = viewers.crowd, scene.ring.creator % world.n_creators
    place = live.place[creator]
    packs = packs_of(scene, _region(world, crowd, chain.viewer))
    pack = biggest_pack(packs, has(crowd.habits[chain.viewer], ON_WEB))
    _end(chain)
    if place == NOTHING or live.until_us[place] <= chain.at_us or pack == NO_PACK or not scene.ring.packs:
        return
    chain.stage = PAY
    chain.serves_ring = 1
    chain.host = creator
    chain.until_us = live.until_us[place]
    chain.step = FIRST_GIFT
    chain.pack = pack
    chain.packs = scene.ring.packs
    chain.paid = 0
    chain.coins = 0


@inner
def _give_all(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    """Give the dearest gift that the coins are enough for, and come back for the next."""
    crowd = viewers.crowd
    mine = viewers.purses[crowd.purse[chain.viewer]]
    within = dearest_within(world.gift_prices, mine.coins + mine.rewards)
    if not within or chain.at_us >= chain.until_us:
        _end(chain)
        return
    chain.gift = within - 1
    if _tap(world, scene, viewers, chain) != ACCEPTED:
        _end(chain)
        return
    step = step_of(world.epoch_hour + chain.hour, chain.step)
    chain.at_us += pause_us(world.seed, crowd.first + chain.viewer, step, NEXT_GIFT_S)
    chain.step += 1
    chain.stage = SPEND if chain.step <= LAST_GIFT else END


@inner
def _dispute(
    world: World,
    scene: Scene,
    viewers: Viewers,
    viewer: int,
    due_us: int,
    item: int,
    coins: int,
    price: int,
    fee: int,
    tax: int,
    serial: int,
    ticket: int,
) -> None:
    """Note a topup that will be charged back; the bank's word comes one boundary after the topup at the earliest."""
    disputes = viewers.disputes
    dispute = disputes.dispute[disputes.state[0]]
    disputes.state[0] += 1
    heard = scene.end_us // world.window_us
    due = (due_us + world.window_us - 1) // world.window_us
    dispute.due = due if due > heard else heard + 1
    dispute.viewer = viewer
    dispute.item = item
    dispute.coins = coins
    dispute.price = price
    dispute.fee = fee
    dispute.tax = tax
    dispute.serial = serial
    dispute.ticket = ticket
    dispute.refunded = 0


@inner
def _look_at_show(world: World, scene: Scene, live: Live, viewers: Viewers, chain: Struct) -> None:
    """Buy what the seller shows at this moment, or not."""
    place = live.place[chain.host]
    _end(chain)
    if place != NOTHING:
        shown = scene.shown
        offer = Offer(wide(shown.good[place]), wide(shown.price[place]), wide(shown.stock[place]))
        _perhaps_order(world, scene, viewers, chain, LIVE, offer)


@inner
def _browse(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    """See a good of the region's sellers in the shop tab or in a video, and buy it or not."""
    crowd, counter = viewers.crowd, scene.counter
    region, account, occasion = _region(world, crowd, chain.viewer), crowd.first + chain.viewer, _occasion(world, chain)
    _end(chain)
    channel = channel_of(draw(world.seed, account, SHOP, occasion)[2], world.terms.shop)
    if counter.begin[region] == counter.begin[region + 1] or is_hidden(scene.commerce, region, channel):
        return
    words = draw(world.seed, account, BROWSE, occasion)
    seller, shelves = seller_at(counter, region, words[0]), counter.shelves
    slot = below(words[1], int(shelves.goods[seller]))
    chain.host = world.n_creators + seller
    offer = Offer(wide(shelves.good[seller, slot]), shelves.price[seller, slot], shelves.stock[seller, slot])
    _perhaps_order(world, scene, viewers, chain, channel, offer)


@inner
def _perhaps_order(world: World, scene: Scene, viewers: Viewers, chain: Struct, channel: int, offer: Offer) -> None:
    """Order what is seen of `chain.host`, if it is worth its price; where it can't be had, go elsewhere or nowhere."""
    crowd, good = viewers.crowd, offer.good
    region, account, occasion = _region(world, crowd, chain.viewer), crowd.first + chain.viewer, _occasion(world, chain)
    worth = worth_of(world.seed, account, good, world.usual_prices[good], world.terms.shop.taste_sigma)
    if worth < offer.price:
        return
    seller = chain.host - world.n_creators
    foreign, imported = scene.counter.foreign[seller], scene.counter.imported[good]
    price = legal_price(scene.commerce, good, offer.price, foreign)
    reason = obstacle(scene.commerce, region, channel, imported, price, worth, offer.stock)
    if reason == NO_REASON:
        _order(world, scene, viewers, chain, item_of(channel, good), price)
        return
    has_links = reason == BAN and scene.commerce.advertised[region] != 0
    route = route_of(draw(world.seed, account, DIVERT, occasion)[0], world.terms.elsewhere, has_links)
    note_elsewhere(viewers.elsewhere, region, ELSEWHERE_ORDER, reason, route, int(foreign), int(imported), offer.price)


@inner
def _order(world: World, scene: Scene, viewers: Viewers, chain: Struct, item: int, price: int) -> None:
    """Order of `chain.host`."""
    crowd = viewers.crowd
    account, occasion = crowd.first + chain.viewer, _occasion(world, chain)
    region = _region(world, crowd, chain.viewer)
    rates = scene.rates.of[region]
    seller = FIRST_SELLER + chain.host - world.n_creators
    coins = _coins_to_pay(world, scene, viewers, chain, price)
    amount, currency = (coins, COIN) if coins else (price, wide(rates.currency))
    paid = money.Paid(SUSPENDED if rates.suspended else ACCEPTED, 0, 0, 0)
    if coins:
        paid = _pay_with_coins(world, scene, viewers, chain, coins)
    row = note(
        viewers.rows, chain.at_us, codes.ORDER, account, seller, item, amount, currency, paid.outcome, rates.code
    )
    if paid.outcome != ACCEPTED:
        return
    order = viewers.deeds.order[viewers.deeds.used[1]]
    viewers.deeds.used[1] += 1
    order.at_us = chain.at_us
    order.buyer = account
    order.amount = price
    order.coins = coins
    order.cost = paid.cost
    order.price = paid.price
    order.bought_us = paid.at_us
    order.occasion = occasion
    order.row = row
    order.host = chain.host
    order.item = item
    order.region = region


@inner
def _coins_to_pay(world: World, scene: Scene, viewers: Viewers, chain: Struct, price: int) -> int:
    """What an order costs in coins, if it is paid with them, else 0."""
    crowd, rates = viewers.crowd, scene.rates.of[_region(world, viewers.crowd, chain.viewer)]
    if not rates.shop_coin_value or not has(crowd.habits[chain.viewer], GIVER):
        return 0
    coins = price_in_coins(price, rates.order_tax, rates.shop_coin_value)
    if viewers.purses[crowd.purse[chain.viewer]].coins < coins:
        return 0
    account, occasion = crowd.first + chain.viewer, _occasion(world, chain)
    return coins if pays_with_coins(world.seed, account, occasion, world.terms.shop.coin_share) else 0


@inner
def _pay_with_coins(world: World, scene: Scene, viewers: Viewers, chain: Struct, coins: int) -> money.Paid:
    crowd = viewers.crowd
    purse, rates = crowd.purse[chain.viewer], scene.rates.of[_region(world, crowd, chain.viewer)]
    spending = viewers.spending[purse]
    room = room_today(spending, _tier(world, scene, crowd, chain.viewer).spending_limit, chain.at_us)
    paid = money.pay(viewers.purses, viewers.lots, viewers.totals, purse, coins, rates.suspended, room)
    if paid.outcome == ACCEPTED:
        note_given(spending, coins, chain.at_us)
    return paid
