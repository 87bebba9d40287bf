"""Watching: what can come of a visit, what is opened, and whether the viewer wants to give or looks closely."""

from sim.agents.publication import NO_GOOD
from sim.behavior.delay import memoryless
from sim.behavior.gift import FIRST_GIFT, may_want_to_give, wants_to_give
from sim.behavior.purposes import GIFT as WANT
from sim.behavior.purposes import SHOP
from sim.behavior.shop import LIVE, LOOK_CLOSELY_S, channel_of, considered_live, looks_closely
from sim.behavior.visit import pause_of
from sim.behavior.watch import NOTHING, choose_favourite, pick_by, still_on
from sim.compiled import inner
from sim.engines.columns.crowd import GIVER, HAS_REWARDS, SHOPPER, Crowd, has
from sim.engines.columns.rows import Struct, wide
from sim.engines.columns.scene import Scene, World
from sim.engines.columns.viewers import BROWSE_NOW, CHOOSE, END, GIVE_FIRST, ORDER_NOW, Audience, region_of
from sim.streams import draw, uniform


@inner
def next_act(world: World, crowd: Crowd, viewer: int, occasion: int) -> int:
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
def closely_us(world: World, crowd: Crowd, viewer: int, occasion: int) -> int:
    """How long it takes to look closely at a good in the shop tab or in a video."""
    return pause_of(draw(world.seed, crowd.first + viewer, SHOP, occasion)[1], LOOK_CLOSELY_S)


@inner
def _consideration(world: World, crowd: Crowd, viewer: int, occasion: int, channel: int) -> float:
    """The chance that a shopper looks closely, on this day."""
    today = world.shopping[crowd.zone[viewer], occasion - world.epoch_hour]
    return float(world.considerations[region_of(world, crowd, viewer), channel] * today)


@inner
def _is_sold_to(world: World, crowd: Crowd, viewer: int, good: int) -> bool:
    """Whether a good is sold in a viewer's region: what others show is watched and not bought."""
    zone = world.zones[crowd.zone[viewer]]
    return bool(zone.first_good <= good < zone.end_good)


@inner
def stream_for(
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
def watch(
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
