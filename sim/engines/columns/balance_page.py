"""The Balance page: read what happened, set an own limit, ask for coins back."""

from typing import Final

from sim.behavior.balance import asks_back, own_limit, sets_limit
from sim.behavior.purposes import VISIT
from sim.behavior.visit import LOOK_AROUND_S, pause_of
from sim.compiled import inner
from sim.engines.columns import codes
from sim.engines.columns import purses as money
from sim.engines.columns.amounts import share_left
from sim.engines.columns.codes import ACCEPTED, SUSPENDED
from sim.engines.columns.crowd import GIVER, ON_WEB, has
from sim.engines.columns.rows import Struct, note
from sim.engines.columns.scene import Scene, World
from sim.engines.columns.viewers import BROWSE_NOW, Viewers, read, region_of, traits_of
from sim.engines.columns.watching import closely_us, next_act
from sim.ledger import COIN, Rule
from sim.ledger.accounts import NOBODY
from sim.ledger.operations import NO_ITEM
from sim.streams import draw

SPENDING_LIMIT: Final = int(Rule.SPENDING_LIMIT)


@inner
def see_balance(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    """Read what happened; a giver may set an own limit, once and for all."""
    read(world, viewers.crowd, viewers.rows, chain, codes.HISTORY)
    if world.terms.balance.limit_share > 0.0 and has(viewers.crowd.habits[chain.viewer], GIVER):
        _perhaps_limit(world, scene, viewers, chain)
    if world.terms.refund_intent > 0.0 and has(viewers.crowd.habits[chain.viewer], GIVER):
        _perhaps_ask_back(world, scene, viewers, chain)
    occasion = world.epoch_hour + chain.hour
    words = draw(world.seed, viewers.crowd.first + chain.viewer, VISIT, occasion)
    chain.at_us += pause_of(words[3], LOOK_AROUND_S)
    chain.stage = next_act(world, viewers.crowd, chain.viewer, occasion)
    if chain.stage == BROWSE_NOW:
        chain.at_us += closely_us(world, viewers.crowd, chain.viewer, occasion)


@inner
def _perhaps_limit(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    crowd, viewer, terms = viewers.crowd, chain.viewer, world.terms.balance
    account, spending = crowd.first + viewer, viewers.spending[crowd.purse[viewer]]
    if spending.limited or not sets_limit(world.seed, account, terms.limit_share):
        return
    region = region_of(world, crowd, viewer)
    budget = traits_of(world, crowd, viewer).weekly_budget
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
    account, purse, rates = crowd.first + viewer, crowd.purse[viewer], scene.rates.of[region_of(world, crowd, viewer)]
    place = money.lot_to_return(viewers.purses[purse], viewers.lots, chain.at_us - rates.coin_refund_window)
    occasion = world.epoch_hour + chain.hour
    if place == money.NONE or not asks_back(world.seed, account, occasion, world.terms.refund_intent):
        return
    lot = viewers.lots.lot[place]
    coins, ticket, serial, item = lot.left, lot.ticket, lot.serial, lot.item
    outcome = SUSPENDED if rates.suspended else ACCEPTED
    noted = viewers.rows.row[
        note(viewers.rows, chain.at_us, codes.COIN_REFUND, account, NOBODY, item, coins, COIN, outcome, rates.code)
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
            _return(viewers.disputes.dispute[n], coins)


@inner
def _return(dispute: Struct, coins: int) -> None:
    """Take coins given back out of what will be charged back; where all were, the price stays to be declined."""
    whole, left = dispute.coins, dispute.coins - coins
    dispute.coins = left
    if left:
        dispute.price = share_left(dispute.price, left, whole)
        dispute.fee = share_left(dispute.fee, left, whole)
        dispute.tax = share_left(dispute.tax, left, whole)
