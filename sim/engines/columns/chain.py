"""A visit as a chain of acts, compiled: what `sim.engines.viewer` tells as a process, cut where a window ends.

A chain that goes beyond its window is put down in `Chains` with its stage and taken up again when the window of its
next act comes. Every choice is a rule of `sim.behavior`, every posting one of `purses`.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.publication import NO_GOOD
from sim.behavior.delay import memoryless
from sim.behavior.gift import (
    FIRST_GIFT,
    LAST_GIFT,
    NO_GIFT,
    SEE_COINS,
    choose_gift,
    coins_worth,
    wants_to_give,
    willing_to_pay,
)
from sim.behavior.purposes import CHARGEBACK, COMBO, SHOP, TOPUP, VISIT, WATCH
from sim.behavior.purposes import GIFT as WANT
from sim.behavior.shop import buys
from sim.behavior.topup import NO_PACK, WEEK_US, choose_pack, coins_lacking, stays_away
from sim.behavior.traits import TraitTerms, viewer_traits
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
from sim.behavior.watch import NOTHING, Live, choose_stream
from sim.compiled import inlined_on_columns, on_columns
from sim.engines.columns import purses as money
from sim.engines.columns.amounts import portion, tax_inside
from sim.engines.columns.crowd import BUSY, CHECKS_IN, GIVER, NO_PURSE, ON_WEB, SHOPPER, TAPS_FIRST, Crowd, has
from sim.engines.columns.purses import Grants, Lots, Purses
from sim.engines.columns.rows import NO_TICKET, Rows, Tickets, note, take_ticket
from sim.engines.columns.scene import Scene, World, packs_of
from sim.engines.columns.totals import Totals
from sim.engines.columns.visits import BLOCK, Visits
from sim.ledger import COIN, Item, Kind, Op, Outcome, item_id
from sim.ledger import REWARD as REWARD_COIN
from sim.ledger.accounts import KIND_SPAN, NOBODY
from sim.ledger.operations import NO_ITEM
from sim.streams import Words, draw, draw_each, uniform

# What comes next in a chain
SEE_BALANCE: Final = 0
CHOOSE: Final = 1
GIVE_FIRST: Final = 2
ORDER_NOW: Final = 3
GIVE: Final = 4
PAY: Final = 5
PAID: Final = 6
END: Final = 7

FAR: Final = 2**31 - 1  # a boundary beyond every run

CHECKIN: Final = item_id(Item.REWARD_CHECKIN, 0)
FIRST_LIVE: Final = item_id(Item.GOOD_LIVE, 0)
FIRST_CREATOR: Final = KIND_SPAN * int(Kind.CREATOR)
FIRST_SELLER: Final = KIND_SPAN * int(Kind.SELLER)
ACCEPTED: Final = int(Outcome.ACCEPTED)
OP_TOPUP: Final = int(Op.TOPUP)
OP_REWARD: Final = int(Op.REWARD)
OP_GIFT: Final = int(Op.GIFT)
OP_ORDER: Final = int(Op.ORDER)
OP_BALANCE: Final = int(Op.BALANCE)
OP_HISTORY: Final = int(Op.HISTORY)

# The most that one chain can leave behind in one window: 61 gifts, each with a tap, a look and five packs at most.
ROOM_FOR_ROWS: Final = 512
ROOM_FOR_LOTS: Final = 320


class Chain(NamedTuple):
    """One visit in progress. Fields that its stage doesn't need hold anything."""

    viewer: int
    hour: int  # in which the visit began, since the start
    stage: int
    at_us: int  # of the next act
    host: int  # whose stream is watched: creators first, then sellers
    until_us: int  # when that stream ends
    gift: int
    step: int
    pack: int
    packs: int
    paid: int


class Chains(NamedTuple):
    """Visits that go on in a later window: arrays of shape (capacity,), used up to `count[0]`; fields as in `Chain`."""

    count: Int64Array
    viewer: npt.NDArray[np.int32]
    hour: npt.NDArray[np.int32]
    stage: npt.NDArray[np.uint8]
    at_us: Int64Array
    host: npt.NDArray[np.int32]
    until_us: Int64Array
    gift: npt.NDArray[np.int32]
    step: npt.NDArray[np.int32]
    pack: npt.NDArray[np.int32]
    packs: npt.NDArray[np.int32]
    paid: npt.NDArray[np.int32]


class Deeds(NamedTuple):
    """What the other side must hear: gifts as (creator, diamonds), orders by their row. `count` is [gifts, orders]."""

    count: Int64Array
    creator: npt.NDArray[np.int32]
    diamonds: Int64Array
    order_row: npt.NDArray[np.int32]
    order_host: npt.NDArray[np.int32]
    order_region: npt.NDArray[np.int32]
    order_occasion: Int64Array


class Disputes(NamedTuple):
    """Topups that will be charged back; `state` is [how many], in the order in which they were bought."""

    state: Int64Array
    due: npt.NDArray[np.int32]  # boundary
    viewer: npt.NDArray[np.int32]
    item: npt.NDArray[np.int32]
    coins: Int64Array
    price: Int64Array
    fee: Int64Array
    tax: Int64Array
    serial: Int64Array
    ticket: Int64Array


class Viewers(NamedTuple):
    """Everything that a division of the viewers owns and writes to."""

    crowd: Crowd
    traits: TraitTerms
    purses: Purses
    lots: Lots
    grants: Grants
    disputes: Disputes
    tickets: Tickets
    rows: Rows
    deeds: Deeds
    totals: Totals
    visits: Int64Array  # [so far]


@inlined_on_columns
def has_room(viewers: Viewers, after: Chains) -> bool:
    """Whether one more chain can go on without anything running full."""
    return (
        viewers.rows.count[0] + ROOM_FOR_ROWS <= viewers.rows.at_us.shape[0]
        and viewers.lots.state[1] + ROOM_FOR_LOTS <= viewers.lots.next.shape[0]
        and viewers.disputes.state[0] + ROOM_FOR_LOTS <= viewers.disputes.due.shape[0]
        and viewers.deeds.count[0] + ROOM_FOR_ROWS <= viewers.deeds.creator.shape[0]
        and viewers.deeds.count[1] + 2 <= viewers.deeds.order_row.shape[0]
        and viewers.grants.state[1] + 2 <= viewers.grants.purse.shape[0]
        and after.count[0] + 2 <= after.viewer.shape[0]
    )


@on_columns
def go_on(
    world: World, scene: Scene, live: Live, viewers: Viewers, before: Chains, after: Chains, begin: int, until_us: int
) -> int:
    """Take up the chains from place `begin` on; returns the place at which room ran out, or the end."""
    for i in range(begin, before.count[0]):
        if not has_room(viewers, after):
            return i
        chain = Chain(
            np.int64(before.viewer[i]),
            np.int64(before.hour[i]),
            np.int64(before.stage[i]),
            before.at_us[i],
            np.int64(before.host[i]),
            before.until_us[i],
            np.int64(before.gift[i]),
            np.int64(before.step[i]),
            np.int64(before.pack[i]),
            np.int64(before.packs[i]),
            np.int64(before.paid[i]),
        )
        _follow(world, scene, live, viewers, chain, after, until_us)
    return int(before.count[0])


@on_columns
def begin_visits(
    world: World,
    scene: Scene,
    live: Live,
    viewers: Viewers,
    visits: Visits,
    after: Chains,
    begin: int,
    end: int,
    until_us: int,
    visit_words: Words,
    watch_words: Words,
) -> int:
    """Let the visits `begin` to `end` of an hour begin; returns the place at which room ran out, or the end."""
    crowd, hour_us, occasion = viewers.crowd, visits.hour * HOUR_US, world.epoch_hour + visits.hour
    for start in range(begin, end, BLOCK):
        stop = min(start + BLOCK, end)
        those = visits.viewer[start:stop]
        draw_each(world.seed, crowd.first, those, VISIT, occasion, visit_words)
        draw_each(world.seed, crowd.first, those, WATCH, occasion, watch_words)
        for i in range(start, stop):
            if not has_room(viewers, after):
                return i
            viewer, at_us = np.int64(visits.viewer[i]), np.int64(hour_us + visits.into_us[i])
            if at_us < crowd.free_us[viewer]:
                continue
            viewers.visits[0] += 1
            k = i - start
            habits = crowd.habits[viewer]
            if has(habits, CHECKS_IN) and scene.checkin_coins:
                _check_in(world, scene, viewers, viewer, visits.hour, at_us)
            if uniform(visit_words.w1[k]) < world.terms.balance_page:
                chain = _chain(viewer, visits.hour, SEE_BALANCE, at_us + pause_of(visit_words.w2[k], SEE_BALANCE_S))
            else:
                at_us += pause_of(visit_words.w3[k], LOOK_AROUND_S)
                chain = _chain(viewer, visits.hour, CHOOSE, at_us)
                if at_us < until_us:
                    words = (watch_words.w0[k], watch_words.w1[k], watch_words.w2[k], watch_words.w3[k])
                    chain = _watch(world, scene, live, viewers, chain, words)
            _put_down(viewers, after, chain)
    return end


@inlined_on_columns
def _chain(viewer: int, hour: int, stage: int, at_us: int) -> Chain:
    return Chain(viewer, hour, stage, at_us, 0, 0, 0, 0, 0, 0, 0)


@inlined_on_columns
def _put_down(viewers: Viewers, after: Chains, chain: Chain) -> None:
    """Keep a chain for its next act, or let the viewer go."""
    if chain.stage == END:
        viewers.crowd.free_us[chain.viewer] = chain.at_us
        return
    i = after.count[0]
    after.count[0] = i + 1
    after.viewer[i] = chain.viewer
    after.hour[i] = chain.hour
    after.stage[i] = chain.stage
    after.at_us[i] = chain.at_us
    after.host[i] = chain.host
    after.until_us[i] = chain.until_us
    after.gift[i] = chain.gift
    after.step[i] = chain.step
    after.pack[i] = chain.pack
    after.packs[i] = chain.packs
    after.paid[i] = chain.paid
    viewers.crowd.free_us[chain.viewer] = BUSY


@inlined_on_columns
def _follow(
    world: World, scene: Scene, live: Live, viewers: Viewers, chain: Chain, after: Chains, until_us: int
) -> None:
    """Follow a chain until it ends, or goes beyond this window."""
    while chain.stage != END and chain.at_us < until_us:
        if chain.stage == SEE_BALANCE:
            chain = _see_balance(world, viewers, chain)
        elif chain.stage == CHOOSE:
            words = draw(world.seed, viewers.crowd.first + chain.viewer, WATCH, world.epoch_hour + chain.hour)
            chain = _watch(world, scene, live, viewers, chain, words)
        elif chain.stage == GIVE_FIRST:
            chain = _choose_gift(world, scene, viewers, chain)
        elif chain.stage == GIVE:
            chain = _give(world, scene, viewers, chain)
        elif chain.stage == PAY:
            chain = _pay(world, scene, viewers, chain)
        elif chain.stage == PAID:
            chain = _give_what_was_bought(world, scene, viewers, chain)
        else:
            chain = _order(world, scene, live, viewers, chain)
    _put_down(viewers, after, chain)


@inlined_on_columns
def _region(world: World, viewers: Viewers, viewer: int) -> int:
    return int(world.zone_region[viewers.crowd.zone[viewer]])


@inlined_on_columns
def _check_in(world: World, scene: Scene, viewers: Viewers, viewer: int, hour: int, at_us: int) -> None:
    purses, purse = viewers.purses, viewers.crowd.purse[viewer]
    today = world.local_day[viewers.crowd.zone[viewer], hour]
    if purses.checked_in[purse] == today:
        return
    purses.checked_in[purse] = today
    region = _region(world, viewers, viewer)
    amount, code = scene.checkin_coins, scene.rates.region[region]
    row = note(
        viewers.rows,
        at_us,
        OP_REWARD,
        viewers.crowd.first + viewer,
        NOBODY,
        CHECKIN,
        amount,
        REWARD_COIN,
        ACCEPTED,
        code,
    )
    life_us = scene.rates.reward_life[region]
    due, ticket = money.NEVER, NO_TICKET
    if life_us:
        due = min((at_us + life_us + world.window_us - 1) // world.window_us, FAR)
        ticket = take_ticket(viewers.tickets)
        viewers.rows.makes[row] = ticket
    money.grant(purses, viewers.grants, viewers.totals, purse, amount, due, ticket)


@inlined_on_columns
def _go(chain: Chain, stage: int, at_us: int) -> Chain:
    """The chain with another act, or at its end."""
    return Chain(
        chain.viewer,
        chain.hour,
        stage,
        at_us,
        chain.host,
        chain.until_us,
        chain.gift,
        chain.step,
        chain.pack,
        chain.packs,
        chain.paid,
    )


@inlined_on_columns
def _to_step(chain: Chain, step: int, at_us: int) -> Chain:
    """The chain before another gift."""
    stage = GIVE if step <= LAST_GIFT else END
    return Chain(chain.viewer, chain.hour, stage, at_us, chain.host, chain.until_us, chain.gift, step, chain.pack, 0, 0)


@inlined_on_columns
def _to_payment(chain: Chain, pack: int, packs: int, paid: int, at_us: int) -> Chain:
    """The chain before another purchase, or after the last."""
    stage = PAY if paid < packs else PAID
    return Chain(
        chain.viewer,
        chain.hour,
        stage,
        at_us,
        chain.host,
        chain.until_us,
        chain.gift,
        chain.step,
        pack,
        packs,
        paid,
    )


@inlined_on_columns
def _read(world: World, viewers: Viewers, chain: Chain, op: int) -> None:
    account, code = viewers.crowd.first + chain.viewer, world.zone_code[viewers.crowd.zone[chain.viewer]]
    note(viewers.rows, chain.at_us, op, account, NOBODY, NO_ITEM, 0, 0, ACCEPTED, code)


@inlined_on_columns
def _see_balance(world: World, viewers: Viewers, chain: Chain) -> Chain:
    _read(world, viewers, chain, OP_HISTORY)
    words = draw(world.seed, viewers.crowd.first + chain.viewer, VISIT, world.epoch_hour + chain.hour)
    return _go(chain, CHOOSE, chain.at_us + pause_of(words[3], LOOK_AROUND_S))


@inlined_on_columns
def _watch(
    world: World, scene: Scene, live: Live, viewers: Viewers, chain: Chain, words: tuple[int, int, int, int]
) -> Chain:
    """Choose a stream; want to give to a creator, or look closer at what a seller shows."""
    viewer, now_us = chain.viewer, chain.at_us
    favourites = viewers.crowd.favourites[viewer]
    place = choose_stream(live, favourites, world.terms.favourite_share, now_us, words)
    if place == NOTHING:
        return _go(chain, END, now_us)
    habits = viewers.crowd.habits[viewer]
    account, occasion = viewers.crowd.first + viewer, world.epoch_hour + chain.hour
    if scene.shown.good[place] != NO_GOOD:
        if not has(habits, SHOPPER):
            return _go(chain, END, now_us)
        stage, word = ORDER_NOW, draw(world.seed, account, SHOP, occasion)[1]
    else:
        purse = viewers.crowd.purse[viewer]
        is_giver = has(habits, GIVER)
        has_rewards = purse != NO_PURSE and viewers.purses.rewards[purse] > 0
        if not is_giver and not has_rewards:
            return _go(chain, END, now_us)
        want = draw(world.seed, account, WANT, occasion)
        is_favourite = False
        for favourite in favourites:
            is_favourite |= favourite == live.host[place]
        if not wants_to_give(want[0], world.terms.gift, is_giver, has_rewards, is_favourite):
            return _go(chain, END, now_us)
        stage, word = GIVE_FIRST, want[3]
    until_us = live.until_us[place]
    watch_us = min(memoryless(words[3], world.terms.watch_days), until_us - now_us)
    at_us = now_us + int(uniform(word) * watch_us)
    return Chain(viewer, chain.hour, stage, at_us, np.int64(live.host[place]), until_us, 0, FIRST_GIFT, 0, 0, 0)


@inlined_on_columns
def _choose_gift(world: World, scene: Scene, viewers: Viewers, chain: Chain) -> Chain:
    """Choose what to give. Some look at their coins first, some just tap."""
    viewer, now_us = chain.viewer, chain.at_us
    account, occasion = viewers.crowd.first + viewer, world.epoch_hour + chain.hour
    habits, words = viewers.crowd.habits[viewer], draw(world.seed, account, WANT, occasion)
    if has(habits, GIVER):
        willingness = viewer_traits(world.seed, account, viewers.traits).willingness
        worth = willing_to_pay(words[1], willingness, world.terms.gift.mood_sigma)
        coins = coins_worth(worth, scene.coin_price[_region(world, viewers, viewer), int(has(habits, ON_WEB))])
    else:
        coins = viewers.purses.rewards[viewers.crowd.purse[viewer]]
    gift = choose_gift(world.gift_prices, coins, words[2])
    if gift == NO_GIFT:
        return _go(chain, END, now_us)
    at_us = now_us
    if not has(habits, TAPS_FIRST):
        _read(world, viewers, chain, OP_BALANCE)
        at_us += pause_us(world.seed, account, step_of(occasion, SEE_COINS), SEE_COINS_S)
    return Chain(viewer, chain.hour, GIVE, at_us, chain.host, chain.until_us, gift, FIRST_GIFT, 0, 0, 0)


@inlined_on_columns
def _give(world: World, scene: Scene, viewers: Viewers, chain: Chain) -> Chain:
    """Give, while the stream is on; buy what is short first."""
    if chain.at_us >= chain.until_us:
        return _go(chain, END, chain.at_us)
    purse = viewers.crowd.purse[chain.viewer]
    price = world.gift_prices[chain.gift]
    short = coins_lacking(price, viewers.purses.coins[purse], viewers.purses.rewards[purse])
    if short <= 0:
        return _give_now(world, scene, viewers, chain)
    if has(viewers.crowd.habits[chain.viewer], TAPS_FIRST):
        _tap(world, scene, viewers, chain)
    return _choose_pack(world, scene, viewers, chain, short)


@inlined_on_columns
def _give_what_was_bought(world: World, scene: Scene, viewers: Viewers, chain: Chain) -> Chain:
    if chain.at_us >= chain.until_us:  # paying took a while
        return _go(chain, END, chain.at_us)
    return _give_now(world, scene, viewers, chain)


@inlined_on_columns
def _give_now(world: World, scene: Scene, viewers: Viewers, chain: Chain) -> Chain:
    """Give, and perhaps again."""
    if _tap(world, scene, viewers, chain) != ACCEPTED:
        return _go(chain, END, chain.at_us)
    account, step = viewers.crowd.first + chain.viewer, step_of(world.epoch_hour + chain.hour, chain.step)
    if uniform(draw(world.seed, account, COMBO, step)[0]) >= world.terms.gift.combo:
        return _go(chain, END, chain.at_us)
    return _to_step(chain, chain.step + 1, chain.at_us + pause_us(world.seed, account, step, NEXT_GIFT_S))


@inlined_on_columns
def _tap(world: World, scene: Scene, viewers: Viewers, chain: Chain) -> int:
    """Ask the ledger for the gift; returns its outcome."""
    viewer, price = chain.viewer, world.gift_prices[chain.gift]
    purse, region = viewers.crowd.purse[viewer], _region(world, viewers, viewer)
    asset = scene.rates.asset[region]
    spent = money.give(viewers.purses, viewers.lots, viewers.grants, viewers.totals, purse, asset, price)
    row = note(
        viewers.rows,
        chain.at_us,
        OP_GIFT,
        viewers.crowd.first + viewer,
        FIRST_CREATOR + chain.host,
        world.gift_items[chain.gift],
        price,
        COIN,
        spent.outcome,
        scene.rates.region[region],
    )
    if spent.outcome == ACCEPTED:
        viewers.rows.revenue[row] = spent.earned
        viewers.rows.float_cost[row] = -spent.earned
        viewers.rows.float_coins[row] = -spent.coins
        deeds = viewers.deeds
        deeds.creator[deeds.count[0]] = chain.host
        deeds.diamonds[deeds.count[0]] = price
        deeds.count[0] += 1
    return spent.outcome


@inlined_on_columns
def _choose_pack(world: World, scene: Scene, viewers: Viewers, chain: Chain, short: int) -> Chain:
    """Choose the pack that brings the coins that are short, or leave."""
    viewer, purses = chain.viewer, viewers.purses
    habits, purse, region = viewers.crowd.habits[viewer], viewers.crowd.purse[viewer], _region(world, viewers, viewer)
    account, occasion = viewers.crowd.first + viewer, step_of(world.epoch_hour + chain.hour, chain.step)
    on_web = has(habits, ON_WEB)
    if not has(habits, GIVER):
        return _go(chain, END, chain.at_us)
    word = draw(world.seed, account, TOPUP, occasion)[0]
    if stays_away(word, scene.coin_price[region, int(on_web)], world.terms.topup):
        return _go(chain, END, chain.at_us)
    week = chain.at_us // WEEK_US
    if week != purses.week[purse]:
        purses.week[purse], purses.spent[purse] = week, 0
    budget = viewer_traits(world.seed, account, viewers.traits).weekly_budget - purses.spent[purse]
    packs = packs_of(scene, region)
    pack = choose_pack(world.seed, account, occasion, packs, on_web, short, budget, world.terms.topup)
    if pack == NO_PACK:
        return _go(chain, END, chain.at_us)
    count = (short + packs.coins[pack] - 1) // packs.coins[pack]
    at_us = chain.at_us + pause_us(world.seed, account, step_of(occasion, 0), CHOOSE_PACK_S)
    return _to_payment(chain, pack, count, 0, at_us)


@inlined_on_columns
def _pay(world: World, scene: Scene, viewers: Viewers, chain: Chain) -> Chain:
    """Buy a pack at the price of this window."""
    viewer, rates, purse = chain.viewer, scene.rates, viewers.crowd.purse[chain.viewer]
    region, account = _region(world, viewers, chain.viewer), viewers.crowd.first + chain.viewer
    place, purchase = rates.first_pack[region] + chain.pack, chain.paid + 1
    occasion = step_of(step_of(world.epoch_hour + chain.hour, chain.step), purchase)
    price, coins, item = scene.packs.price[place], rates.pack_coins[place], rates.pack_item[place]
    tax = tax_inside(price, rates.topup_tax[region])
    fee = portion(price - tax, rates.store_fee[place])
    asset = rates.asset[region]
    earned, serial = money.top_up(viewers.purses, viewers.lots, viewers.totals, purse, asset, coins, price, fee, tax)
    viewers.purses.spent[purse] += price
    code, currency = rates.region[region], rates.currency[region]
    row = note(viewers.rows, chain.at_us, OP_TOPUP, account, NOBODY, item, price, currency, ACCEPTED, code)
    viewers.rows.revenue[row] = earned
    viewers.rows.float_cost[row] = price - fee - tax - earned
    viewers.rows.float_coins[row] = coins
    words = draw(world.seed, account, CHARGEBACK, occasion)
    if uniform(words[0]) < world.chargeback_rate:
        due_us = chain.at_us + memoryless(words[1], world.chargeback_days)
        _dispute(world, scene, viewers, viewer, row, due_us, item, coins, price, fee, tax, serial)
    at_us = chain.at_us + pause_us(world.seed, account, occasion, PAY_S)
    return _to_payment(chain, chain.pack, chain.packs, purchase, at_us)


@inlined_on_columns
def _dispute(
    world: World,
    scene: Scene,
    viewers: Viewers,
    viewer: int,
    row: int,
    due_us: int,
    item: int,
    coins: int,
    price: int,
    fee: int,
    tax: int,
    serial: int,
) -> None:
    """Note a topup that will be charged back; the bank's word comes one boundary after the topup at the earliest."""
    disputes = viewers.disputes
    i = disputes.state[0]
    disputes.state[0] = i + 1
    heard = scene.end_us // world.window_us
    due = (due_us + world.window_us - 1) // world.window_us
    ticket = take_ticket(viewers.tickets)
    viewers.rows.makes[row] = ticket
    disputes.due[i] = min(due if due > heard else heard + 1, FAR)
    disputes.viewer[i], disputes.item[i] = viewer, item
    disputes.coins[i], disputes.price[i], disputes.fee[i], disputes.tax[i] = coins, price, fee, tax
    disputes.serial[i], disputes.ticket[i] = serial, ticket


@inlined_on_columns
def _order(world: World, scene: Scene, live: Live, viewers: Viewers, chain: Chain) -> Chain:
    """Buy what the seller shows at this moment, or not."""
    end = _go(chain, END, chain.at_us)
    place = live.place[chain.host]
    if place == NOTHING or scene.shown.stock[place] <= 0:
        return end
    good, price = np.int64(scene.shown.good[place]), scene.shown.price[place]
    account, occasion = viewers.crowd.first + chain.viewer, world.epoch_hour + chain.hour
    item, word = FIRST_LIVE + good, draw(world.seed, account, SHOP, occasion)[0]
    if not buys(world.seed, account, word, item, price, world.usual_prices[good], world.terms.shop):
        return end
    region = _region(world, viewers, chain.viewer)
    code, currency = scene.rates.region[region], scene.rates.currency[region]
    seller = FIRST_SELLER + chain.host - world.n_creators
    row = note(viewers.rows, chain.at_us, OP_ORDER, account, seller, item, price, currency, ACCEPTED, code)
    deeds = viewers.deeds
    i = deeds.count[1]
    deeds.count[1] = i + 1
    deeds.order_row[i], deeds.order_host[i], deeds.order_region[i] = row, chain.host, region
    deeds.order_occasion[i] = occasion
    return end
