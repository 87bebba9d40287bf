"""Giving: choose a gift, tap, buy what is short, and perhaps give again; or serve a fraud ring."""

from typing import Final

from sim.behavior.elsewhere import AT_RIVAL
from sim.behavior.elsewhere import GIFT as ELSEWHERE_GIFT
from sim.behavior.elsewhere import RIVAL as RIVAL_OFFER
from sim.behavior.fraud import biggest_pack
from sim.behavior.gift import (
    FIRST_GIFT,
    LAST_GIFT,
    NO_GIFT,
    SEE_COINS,
    choose_gift,
    coins_worth,
    dearest_within,
    willing_to_pay,
)
from sim.behavior.purposes import COMBO, RIVAL
from sim.behavior.purposes import GIFT as WANT
from sim.behavior.rival import gives_there, multi_homes
from sim.behavior.topup import NO_PACK, coins_lacking
from sim.behavior.visit import NEXT_GIFT_S, SEE_COINS_S, pause_us, step_of
from sim.behavior.watch import NOTHING, Live
from sim.compiled import inner
from sim.engines.columns import codes
from sim.engines.columns import purses as money
from sim.engines.columns.buying import choose_what_to_buy
from sim.engines.columns.codes import ACCEPTED, FROZEN, INSUFFICIENT_FUNDS
from sim.engines.columns.crowd import GIVER, HAS_REWARDS, ON_WEB, TAPS_FIRST, has
from sim.engines.columns.rows import Struct, note
from sim.engines.columns.scene import Scene, World, packs_of
from sim.engines.columns.spending import note_given, room_today
from sim.engines.columns.viewers import (
    END,
    GIVE,
    PAY,
    RING,
    SPEND,
    Viewers,
    budget_left,
    leave,
    limits_of,
    read,
    region_of,
    traits_of,
)
from sim.ledger import COIN, Kind
from sim.ledger.accounts import KIND_SPAN
from sim.ledger.money import PPM
from sim.metrics.elsewhere import note_elsewhere
from sim.streams import draw, uniform

FIRST_CREATOR: Final = KIND_SPAN * int(Kind.CREATOR)


@inner
def choose_what_to_give(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    """Choose what to give. Some look at their coins first, some just tap."""
    crowd, viewer = viewers.crowd, chain.viewer
    account, occasion = crowd.first + viewer, world.epoch_hour + chain.hour
    habits, words = crowd.habits[viewer], draw(world.seed, account, WANT, occasion)
    if has(habits, GIVER):
        worth = willing_to_pay(words[1], traits_of(world, crowd, viewer).willingness, world.terms.gift.mood_sigma)
        coins = coins_worth(worth, scene.coin_price[region_of(world, crowd, viewer), int(has(habits, ON_WEB))])
    else:
        coins = viewers.purses[crowd.purse[viewer]].rewards
    gift = choose_gift(world.gift_prices, coins, words[2])
    if gift == NO_GIFT:
        leave(chain)
        return
    if has(habits, GIVER) and _gives_on_rival(world, scene, viewers, chain, gift):
        leave(chain)
        return
    chain.stage = GIVE
    chain.gift = gift
    if not has(habits, TAPS_FIRST):
        read(world, crowd, viewers.rows, chain, codes.BALANCE)
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
    region = region_of(world, crowd, viewer)
    price = scene.coin_price[region, int(has(crowd.habits[viewer], ON_WEB))]
    here = scene.rates.of[region].diamond_value / PPM / price
    words = draw(world.seed, account, RIVAL, world.epoch_hour + chain.hour)
    if not gives_there(words[0], here, rival.creator_value / rival.price, terms.sensitivity):
        return False
    amount = int(world.gift_prices[gift] * price)
    mine = viewers.purses[crowd.purse[viewer]]
    if uniform(words[1]) >= world.terms.topup.hesitation and amount <= budget_left(
        world, crowd, viewer, chain.at_us, mine
    ):
        mine.spent += amount
        note_elsewhere(viewers.elsewhere, region, ELSEWHERE_GIFT, RIVAL_OFFER, AT_RIVAL, 0, 0, amount)
    return True


@inner
def give(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    """Give, while the stream is on; buy what is short first."""
    if chain.at_us >= chain.until_us:
        leave(chain)
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
            leave(chain)
            return
    choose_what_to_buy(world, scene, viewers, chain, short)


@inner
def give_what_was_bought(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    if chain.at_us >= chain.until_us:  # paying took a while
        leave(chain)
    else:
        _give_now(world, scene, viewers, chain)


@inner
def _give_now(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    """Give, and perhaps again."""
    outcome = _tap(world, scene, viewers, chain)
    account, step = viewers.crowd.first + chain.viewer, step_of(world.epoch_hour + chain.hour, chain.step)
    if outcome != ACCEPTED or uniform(draw(world.seed, account, COMBO, step)[0]) >= world.terms.gift.combo:
        leave(chain)
        return
    chain.at_us += pause_us(world.seed, account, step, NEXT_GIFT_S)
    chain.step += 1
    chain.stage = GIVE if chain.step <= LAST_GIFT else END


@inner
def _tap(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> int:
    """Ask the ledger for the gift; returns its outcome."""
    crowd, price = viewers.crowd, world.gift_prices[chain.gift]
    purse, rates = crowd.purse[chain.viewer], scene.rates.of[region_of(world, crowd, chain.viewer)]
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
        room_today(spending, limits_of(world, scene, crowd, chain.viewer).spending_limit, chain.at_us),
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
def rob(world: World, scene: Scene, live: Live, viewers: Viewers, chain: Struct) -> None:
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
    packs = packs_of(scene, region_of(world, crowd, chain.viewer))
    pack = biggest_pack(packs, has(crowd.habits[chain.viewer], ON_WEB))
    leave(chain)
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
        leave(chain)
        return
    chain.gift = within - 1
    if _tap(world, scene, viewers, chain) != ACCEPTED:
        leave(chain)
        return
    step = step_of(world.epoch_hour + chain.hour, chain.step)
    chain.at_us += pause_us(world.seed, crowd.first + chain.viewer, step, NEXT_GIFT_S)
    chain.step += 1
    chain.stage = SPEND if chain.step <= LAST_GIFT else END
