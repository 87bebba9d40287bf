"""Collecting, as a visit begins: rewards and vouchers."""

from typing import Final

from sim.behavior.reward import coins_for_watching, friend_joins, gives_anything
from sim.behavior.voucher import is_given
from sim.compiled import inner
from sim.engines.columns import codes, vouchers
from sim.engines.columns import purses as money
from sim.engines.columns.codes import ACCEPTED, SUSPENDED
from sim.engines.columns.crowd import CAME_TODAY, CHECKS_IN, HAS_REWARDS, SHOPPER, has
from sim.engines.columns.rows import NO_TICKET, note, take_ticket
from sim.engines.columns.scene import ALWAYS, Scene, World, campaign_in, has_campaign, offer_in
from sim.engines.columns.viewers import Viewers, region_of
from sim.ledger import REWARD as REWARD_COIN
from sim.ledger import Item, item_id
from sim.ledger.accounts import NOBODY

CHECKIN: Final = item_id(Item.REWARD_CHECKIN, 0)
WATCHED: Final = item_id(Item.REWARD_WATCH, 0)
INVITED: Final = item_id(Item.REWARD_INVITE, 0)
CREDIT: Final = item_id(Item.VOUCHER, 0)
REWARDS_A_VISIT: Final = 3
COLLECTED_A_VISIT: Final = REWARDS_A_VISIT + 1


@inner
def collecting_habits(scene: Scene) -> int:
    """The habits of those for whom there may be anything."""
    return (CHECKS_IN if scene.collect else 0) | (SHOPPER if has_campaign(scene) else 0)


@inner
def collect(world: World, scene: Scene, viewers: Viewers, viewer: int, hour: int, at_us: int, habits: int) -> None:
    """Take what a visit brings, as it begins."""
    if scene.collect and has(habits, CHECKS_IN) and (scene.collect == ALWAYS or not has(habits, CAME_TODAY)):
        _collect_rewards(world, scene, viewers, viewer, hour, at_us)
    if has(habits, SHOPPER):
        _collect_voucher(world, scene, viewers, viewer, at_us)


@inner
def _collect_rewards(world: World, scene: Scene, viewers: Viewers, viewer: int, hour: int, at_us: int) -> None:
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


@inner
def _collect_voucher(world: World, scene: Scene, viewers: Viewers, viewer: int, at_us: int) -> None:
    """Take a voucher of a campaign, unless there was one of it, or another is held."""
    crowd, region, mine = viewers.crowd, region_of(world, viewers.crowd, viewer), viewers.collectors[viewer]
    campaign, rates = campaign_in(scene, region), scene.rates.of[region]
    if not campaign.amount or mine.campaign == campaign.number or mine.place != vouchers.NONE:
        return
    if not is_given(world.seed, crowd.first + viewer, campaign.share_ppm):
        return
    outcome = SUSPENDED if rates.suspended else ACCEPTED
    row = viewers.rows.row[
        note(
            viewers.rows,
            at_us,
            codes.VOUCHER,
            crowd.first + viewer,
            NOBODY,
            CREDIT,
            campaign.amount,
            rates.currency,
            outcome,
            rates.code,
        )
    ]
    if outcome != ACCEPTED:
        return
    row.makes = take_ticket(viewers.tickets)
    row.revenue = -campaign.amount
    mine.campaign = campaign.number
    expires_us = at_us + rates.voucher_life if rates.voucher_life else 0
    vouchers.grant(
        viewers.vouchers,
        mine,
        viewers.totals,
        viewer,
        rates.asset,
        campaign.amount,
        max(rates.voucher_minimum, 0),
        expires_us,
        row.makes,
    )
