"""Buying coins: choose a pack, and pay for it."""

from sim.behavior.balance import valuing_leftovers
from sim.behavior.delay import memoryless
from sim.behavior.fraud import in_ring
from sim.behavior.purposes import CHARGEBACK, TOPUP
from sim.behavior.topup import NO_PACK, choose_pack, coins_for, packs_needed, price_of, stays_away
from sim.behavior.visit import CHOOSE_PACK_S, PAY_S, pause_us, step_of
from sim.compiled import inner
from sim.engines.columns import codes
from sim.engines.columns import purses as money
from sim.engines.columns.amounts import portion, tax_inside
from sim.engines.columns.codes import ACCEPTED
from sim.engines.columns.crowd import GIVER, ON_WEB, has
from sim.engines.columns.rows import NO_TICKET, Struct, note, take_ticket
from sim.engines.columns.scene import Scene, World, packs_of
from sim.engines.columns.spending import bought_this_month, note_bought
from sim.engines.columns.viewers import PAID, PAY, SPEND, Viewers, budget_left, leave, limits_of, region_of, sees_page
from sim.ledger.accounts import NOBODY
from sim.streams import draw, uniform


@inner
def choose_what_to_buy(world: World, scene: Scene, viewers: Viewers, chain: Struct, short: int) -> None:
    """Choose the pack that brings the coins that are short, or leave."""
    crowd, viewer = viewers.crowd, chain.viewer
    habits, mine, region = crowd.habits[viewer], viewers.purses[crowd.purse[viewer]], region_of(world, crowd, viewer)
    account, occasion = crowd.first + viewer, step_of(world.epoch_hour + chain.hour, chain.step)
    on_web = has(habits, ON_WEB)
    leave(chain)
    if not has(habits, GIVER):
        return
    word = draw(world.seed, account, TOPUP, occasion)[0]
    reference_price = world.zones[crowd.zone[viewer]].reference_price
    if stays_away(word, scene.coin_price[region, int(on_web)], reference_price, world.terms.topup):
        return
    budget = budget_left(world, crowd, viewer, chain.at_us, mine)
    packs = packs_of(scene, region)
    unit, leftover_value = scene.rates.of[region].unit, world.terms.topup.leftover_value
    if sees_page(world, scene, crowd, viewer):
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
def pay(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    """Buy a pack at the price of this window, if it is still on sale."""
    crowd, viewer = viewers.crowd, chain.viewer
    purse, account = crowd.purse[viewer], crowd.first + viewer
    rates = scene.rates.of[region_of(world, crowd, viewer)]
    place = rates.first_pack + chain.pack
    pack = scene.rates.packs[place]
    if not scene.packs.on_sale[place]:
        leave(chain)
        return
    price = price_of(scene.packs, place, chain.coins)
    coins = coins_for(scene.packs, place, price)
    chain.paid += 1
    occasion = step_of(step_of(world.epoch_hour + chain.hour, chain.step), chain.paid)
    mine, spending = viewers.purses[purse], viewers.spending[purse]
    paid, limits = bought_this_month(spending, chain.at_us) + price, limits_of(world, scene, crowd, viewer)
    outcome = money.topup_outcome(mine, coins, paid, rates.suspended, limits)
    row = note(
        viewers.rows, chain.at_us, codes.TOPUP, account, NOBODY, pack.item, price, rates.currency, outcome, rates.code
    )
    if outcome != ACCEPTED:
        leave(chain)
        return
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
    chain.at_us += pause_us(world.seed, account, occasion, PAY_S)
    paid_all = SPEND if chain.serves_ring else PAID
    chain.stage = PAY if chain.paid < chain.packs else paid_all


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
