"""Collecting, as a visit begins: rewards."""

from typing import Final

from sim.behavior.reward import coins_for_watching, friend_joins, gives_anything
from sim.compiled import inner
from sim.engines.columns import codes
from sim.engines.columns import purses as money
from sim.engines.columns.codes import ACCEPTED, SUSPENDED
from sim.engines.columns.crowd import CAME_TODAY, HAS_REWARDS
from sim.engines.columns.rows import NO_TICKET, note, take_ticket
from sim.engines.columns.scene import Scene, World, offer_in
from sim.engines.columns.viewers import Viewers, region_of
from sim.ledger import REWARD as REWARD_COIN
from sim.ledger import Item, item_id
from sim.ledger.accounts import NOBODY

CHECKIN: Final = item_id(Item.REWARD_CHECKIN, 0)

WATCHED: Final = item_id(Item.REWARD_WATCH, 0)
INVITED: Final = item_id(Item.REWARD_INVITE, 0)
REWARDS_A_VISIT: Final = 3


@inner
def collect_rewards(world: World, scene: Scene, viewers: Viewers, viewer: int, hour: int, at_us: int) -> None:
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
    purse, rates = viewers.crowd.purse[viewer], scene.rates.of[region_of(world, viewers.crowd, viewer)]
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
