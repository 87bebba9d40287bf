"""Shopping: see a good, order it if it is worth its price, and pay with money or with coins."""

from typing import Final

from sim.agents.publication import Offer
from sim.behavior.commerce import NO_REASON, is_hidden, legal_price, obstacle, refusal
from sim.behavior.elsewhere import BAN, route_of
from sim.behavior.elsewhere import ORDER as ELSEWHERE_ORDER
from sim.behavior.purposes import BROWSE, DIVERT, SHOP
from sim.behavior.shop import LIVE, channel_of, item_of, pays_with_coins, price_in_coins, with_tax, worth_of
from sim.behavior.voucher import credit_of
from sim.behavior.watch import NOTHING, Live
from sim.compiled import inner
from sim.engines.columns import codes, vouchers
from sim.engines.columns import purses as money
from sim.engines.columns.amounts import portion
from sim.engines.columns.buying import buy_if_no_dearer
from sim.engines.columns.codes import ACCEPTED, SUSPENDED
from sim.engines.columns.counter import seller_at
from sim.engines.columns.crowd import GIVER, has
from sim.engines.columns.rows import Struct, note, wide
from sim.engines.columns.scene import Scene, World
from sim.engines.columns.spending import note_given, room_today
from sim.engines.columns.viewers import Viewers, leave, limits_of, occasion_of, region_of
from sim.ledger import COIN, Kind
from sim.ledger.accounts import KIND_SPAN
from sim.metrics.elsewhere import note_elsewhere
from sim.streams import below, draw

FIRST_SELLER: Final = KIND_SPAN * int(Kind.SELLER)


@inner
def look_at_show(world: World, scene: Scene, live: Live, viewers: Viewers, chain: Struct) -> None:
    """Buy what the seller shows at this moment, or not."""
    place = live.place[chain.host]
    leave(chain)
    if place != NOTHING:
        shown = scene.shown
        offer = Offer(wide(shown.good[place]), wide(shown.price[place]), wide(shown.stock[place]))
        _perhaps_order(world, scene, viewers, chain, LIVE, offer)


@inner
def browse(world: World, scene: Scene, viewers: Viewers, chain: Struct) -> None:
    """See a good of the region's sellers in the shop tab or in a video, and buy it or not."""
    crowd, counter = viewers.crowd, scene.counter
    region, occasion = region_of(world, crowd, chain.viewer), occasion_of(world, chain)
    account = crowd.first + chain.viewer
    leave(chain)
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
    region, occasion = region_of(world, crowd, chain.viewer), occasion_of(world, chain)
    account = crowd.first + chain.viewer
    worth = worth_of(world.seed, account, good, world.usual_prices[good], world.terms.shop.taste_sigma)
    seller = chain.host - world.n_creators
    foreign, imported = scene.counter.foreign[seller], scene.counter.imported[good]
    price = legal_price(scene.commerce, good, offer.price, foreign)
    credit = _credit(viewers, chain, price)
    if worth + credit < offer.price:
        return
    reason = obstacle(scene.commerce, region, channel, imported, price, worth + credit, offer.stock)
    if reason == NO_REASON:
        reason = refusal(_order(world, scene, viewers, chain, item_of(channel, good), price))
    if reason == NO_REASON or worth < offer.price:  # nobody else takes the voucher
        return
    has_links = reason == BAN and scene.commerce.advertised[region] != 0
    route = route_of(draw(world.seed, account, DIVERT, occasion)[0], world.terms.elsewhere, has_links)
    note_elsewhere(viewers.elsewhere, region, ELSEWHERE_ORDER, reason, route, int(foreign), int(imported), offer.price)


@inner
def _order(world: World, scene: Scene, viewers: Viewers, chain: Struct, item: int, price: int) -> int:
    """Order of `chain.host`, and pay with a voucher if one holds for the price, else with coins or money."""
    crowd = viewers.crowd
    account, occasion = crowd.first + chain.viewer, occasion_of(world, chain)
    region = region_of(world, crowd, chain.viewer)
    rates = scene.rates.of[region]
    seller = FIRST_SELLER + chain.host - world.n_creators
    has_credit = _credit(viewers, chain, price) > 0
    coins = 0 if has_credit else _coins_to_pay(world, scene, viewers, chain, price)
    amount, currency = (coins, COIN) if coins else (price, wide(rates.currency))
    paid = money.Paid(SUSPENDED if rates.suspended else ACCEPTED, 0, 0, 0)
    if coins:
        paid = _pay_with_coins(world, scene, viewers, chain, coins)
    row = note(
        viewers.rows, chain.at_us, codes.ORDER, account, seller, item, amount, currency, paid.outcome, rates.code
    )
    if has_credit:
        viewers.rows.row[row].refers = _voucher(viewers, chain).ticket
    if paid.outcome != ACCEPTED:
        return paid.outcome
    order = viewers.deeds.order[viewers.deeds.used[1]]
    viewers.deeds.used[1] += 1
    order.at_us = chain.at_us
    order.buyer = account
    order.amount = price
    order.credit = _use_voucher(viewers, chain, rates, price, row) if has_credit else 0
    order.coins = coins
    order.cost = paid.cost
    order.price = paid.price
    order.bought_us = paid.at_us
    order.occasion = occasion
    order.row = row
    order.host = chain.host
    order.item = item
    order.region = region
    return paid.outcome


@inner
def _voucher(viewers: Viewers, chain: Struct) -> Struct:
    """What a viewer holds who holds one."""
    return viewers.vouchers.voucher[viewers.collectors[chain.viewer].place - 1]


@inner
def _credit(viewers: Viewers, chain: Struct, price: int) -> int:
    """What a voucher takes off a price now."""
    if viewers.collectors[chain.viewer].place == vouchers.NONE:
        return 0
    held = _voucher(viewers, chain)
    return credit_of(held.amount, held.minimum, held.expires_us, price, chain.at_us)


@inner
def _use_voucher(viewers: Viewers, chain: Struct, rates: Struct, price: int, row: int) -> int:
    """Pay with a voucher as far as it goes; returns how far that is."""
    worth, collector = _voucher(viewers, chain).amount, viewers.collectors[chain.viewer]
    to_pay = price + portion(price, rates.order_tax)
    credit = vouchers.use(viewers.vouchers, collector, viewers.totals, rates.asset, to_pay)
    viewers.rows.row[row].revenue = worth - credit
    return credit


@inner
def _coins_to_pay(world: World, scene: Scene, viewers: Viewers, chain: Struct, price: int) -> int:
    """What an order costs in coins, if it is paid with them, else 0; buys what lacks if that costs no more."""
    crowd, rates = viewers.crowd, scene.rates.of[region_of(world, viewers.crowd, chain.viewer)]
    if not rates.shop_coin_value or not has(crowd.habits[chain.viewer], GIVER):
        return 0
    coins = price_in_coins(price, rates.order_tax, rates.shop_coin_value)
    account, occasion = crowd.first + chain.viewer, occasion_of(world, chain)
    if not coins or not pays_with_coins(world.seed, account, occasion, world.terms.shop.coin_share):
        return 0
    if viewers.purses[crowd.purse[chain.viewer]].coins >= coins:
        return coins
    return coins if buy_if_no_dearer(world, scene, viewers, chain, coins, with_tax(price, rates.order_tax)) else 0


@inner
def _pay_with_coins(world: World, scene: Scene, viewers: Viewers, chain: Struct, coins: int) -> money.Paid:
    crowd = viewers.crowd
    purse, rates = crowd.purse[chain.viewer], scene.rates.of[region_of(world, crowd, chain.viewer)]
    spending = viewers.spending[purse]
    room = room_today(spending, limits_of(world, scene, crowd, chain.viewer).spending_limit, chain.at_us)
    paid = money.pay(viewers.purses, viewers.lots, viewers.totals, purse, coins, rates.suspended, room)
    if paid.outcome == ACCEPTED:
        note_given(spending, coins, chain.at_us)
    return paid
