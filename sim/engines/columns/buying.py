"""Buying coins, for a gift or for an order: choose a pack, and pay for it."""

from sim.behavior.balance import valuing_leftovers
from sim.behavior.delay import memoryless
from sim.behavior.fraud import in_ring
from sim.behavior.purposes import CHARGEBACK, TOPUP
from sim.behavior.shop import ORDERING
from sim.behavior.topup import (
    NO_PACK,
    choose_pack,
    coins_for,
    is_no_dearer_in_coins,
    packs_needed,
    price_of,
    stays_away,
)
from sim.behavior.visit import CHOOSE_PACK_S, PAY_S, pause_us, step_of
from sim.compiled import inner
from sim.engines.columns import codes
from sim.engines.columns import purses as money
from sim.engines.columns.amounts import portion, tax_inside
from sim.engines.columns.codes import ACCEPTED
from sim.engines.columns.crowd import GIVER, ON_WEB, Crowd, has
from sim.engines.columns.rows import NO_TICKET, Struct, note, take_ticket
from sim.engines.columns.scene import Scene, World, packs_of
from sim.engines.columns.spending import bought_this_month, note_bought
from sim.engines.columns.viewers import (
    PAID,
    PAY,
    SPEND,
    Viewers,
    budget_left,
    leave,
    limits_of,
    occasion_of,
    region_of,
    sees_page,
)
from sim.ledger.accounts import NOBODY
from sim.streams import draw, uniform


@inner
def choose_what_to_buy(world: World, scene: Scene, viewers: Viewers, chain: Struct, short: int) -> None:
    """Choose the pack that brings the coins that are short, or leave."""
    crowd, viewer = viewers.crowd, chain.viewer
    account, occasion = crowd.first + viewer, step_of(world.epoch_hour + chain.hour, chain.step)
    leave(chain)
    if not has(crowd.habits[viewer], GIVER):
        return
    word = draw(world.seed, account, TOPUP, occasion)[0]
    reference_price = world.zones[crowd.zone[viewer]].reference_price
    if stays_away(word, _coin_price(world, scene, crowd, viewer), reference_price, world.terms.topup):
        return
    pack = _pack_for(world, scene, viewers, chain, occasion, short)
    if pack == NO_PACK:
        return
    chain.stage = PAY
    chain.at_us += pause_us(world.seed, account, step_of(occasion, 0), CHOOSE_PACK_S)
    chain.pack = pack
    chain.packs = packs_needed(packs_of(scene, region_of(world, crowd, viewer)), pack, short)
    chain.coins = short
    chain.paid = 0


@inner
def buy_if_no_dearer(
    world: World, scene: Scene, viewers: Viewers, chain: Struct, needed: int, price_with_tax: int
) -> bool:
    """Buy the coins that an order lacks, at its instant, if that is no dearer. Whether they were bought."""
    crowd, viewer = viewers.crowd, chain.viewer
    held, packs = int(viewers.purses[crowd.purse[viewer]].coins), packs_of(scene, region_of(world, crowd, viewer))
    occasion, short = step_of(occasion_of(world, chain), ORDERING), needed - held
    pack = _pack_for(world, scene, viewers, chain, occasion, short)
    if pack == NO_PACK:
        return False
    price, count = price_of(packs, pack, short), packs_needed(packs, pack, short)
    spare = count * coins_for(packs, pack, price) - short
    coin_value = _leftover_value(world, scene, crowd, viewer) * _coin_price(world, scene, crowd, viewer)
    if not is_no_dearer_in_coins(count * price, held, spare, price_with_tax, coin_value):
        return False
    for purchase in range(1, count + 1):
        if _buy(world, scene, viewers, chain, pack, short, step_of(occasion, purchase)) != ACCEPTED:
            return False
    return True


@inner
def _pack_for(world: World, scene: Scene, viewers: Viewers, chain: Struct, occasion: int, short: int) -> int:
    """The pack that brings the coins that are short, within the week's budget; NO_PACK if none does."""
    crowd, viewer = viewers.crowd, chain.viewer
    region, on_web = region_of(world, crowd, viewer), has(crowd.habits[viewer], ON_WEB)
    budget = budget_left(world, crowd, viewer, chain.at_us, viewers.purses[crowd.purse[viewer]])
    packs, unit = packs_of(scene, region), scene.rates.of[region].unit
    terms = valuing_leftovers(world.terms.topup, _leftover_value(world, scene, crowd, viewer))
    return choose_pack(world.seed, crowd.first + viewer, occasion, packs, on_web, short, budget, unit, terms)


@inner
def _leftover_value(world: World, scene: Scene, crowd: Crowd, viewer: int) -> float:
    """What a viewer values left-over coins at, as a share of what they cost."""
    if sees_page(world, scene, crowd, viewer):
        return world.terms.balance.leftover_value
    return world.terms.topup.leftover_value


@inner
def _coin_price(world: World, scene: Scene, crowd: Crowd, viewer: int) -> float:
    """The least that a coin costs a viewer today."""
    return float(scene.coin_price[region_of(world, crowd, viewer), int(has(crowd.habits[viewer], ON_WEB))])


@inner
def pay(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    """Buy a pack at the price of this window, if it is still on sale."""
    crowd, viewer = viewers.crowd, chain.viewer
    if not scene.packs.on_sale[scene.rates.of[region_of(world, crowd, viewer)].first_pack + chain.pack]:
        leave(chain)
        return
    chain.paid += 1
    occasion = step_of(step_of(world.epoch_hour + chain.hour, chain.step), chain.paid)
    if _buy(world, scene, viewers, chain, chain.pack, chain.coins, occasion) != ACCEPTED:
        leave(chain)
        return
    chain.at_us += pause_us(world.seed, crowd.first + viewer, occasion, PAY_S)
    paid_all = SPEND if chain.serves_ring else PAID
    chain.stage = PAY if chain.paid < chain.packs else paid_all


@inner
def _buy(world: World, scene: Scene, viewers: Viewers, chain: Struct, chosen: int, wanted: int, occasion: int) -> int:
    """Ask the ledger for a topup, of one by amount for the coins that are wanted; returns its outcome."""
    crowd, viewer = viewers.crowd, chain.viewer
    purse, account = crowd.purse[viewer], crowd.first + viewer
    rates = scene.rates.of[region_of(world, crowd, viewer)]
    place = rates.first_pack + chosen
    pack, price = scene.rates.packs[place], price_of(scene.packs, place, wanted)
    coins = coins_for(scene.packs, place, price)
    mine, spending = viewers.purses[purse], viewers.spending[purse]
    paid, limits = bought_this_month(spending, chain.at_us) + price, limits_of(world, scene, crowd, viewer)
    outcome = money.topup_outcome(mine, coins, paid, rates.suspended, limits)
    row = note(
        viewers.rows, chain.at_us, codes.TOPUP, account, NOBODY, pack.item, price, rates.currency, outcome, rates.code
    )
    if outcome != ACCEPTED:
        return outcome
    tax = tax_inside(price, rates.topup_tax)
    fee = portion(price - tax, pack.store_fee)
    words = draw(world.seed, account, CHARGEBACK, occasion)
    is_disputed = in_ring(world.seed, account, scene.ring.share) or uniform(words[0]) < world.chargeback_rate
    ticket = take_ticket(viewers.tickets) if is_disputed or world.terms.refund_intent > 0.0 else NO_TICKET
    earned, serial = money.top_up(
        viewers.purses,
        viewers.lots,
        viewers.totals,
        purse,
        rates.asset,
        pack.item,
        coins,
        price,
        fee,
        tax,
        chain.at_us,
        ticket,
    )
    mine.spent += price
    note_bought(spending, price, chain.at_us)
    noted = viewers.rows.row[row]
    noted.makes = ticket
    noted.revenue = earned
    noted.debts = earned
    noted.float_cost = price - fee - tax - earned
    noted.float_coins = coins
    noted.tax = tax
    noted.store_fee = fee
    if is_disputed:
        due_us = chain.at_us + memoryless(words[1], world.chargeback_days)
        _dispute(world, scene, viewers, viewer, due_us, pack.item, coins, price, fee, tax, serial, ticket)
    return outcome


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
