"""A viewer's life as a SimPy process: open the app, check in, watch, give, top up, buy.

The process says what follows what; every choice is a rule of `sim.behavior`.
"""

from collections.abc import Generator
from typing import Any, Final

from simpy import Event, Timeout

from sim.agents.publication import NO_GOOD, Offer, Publication
from sim.agents.stage import Act, Process
from sim.agents.terms import unit_of
from sim.behavior.balance import asks_back, has_page, own_limit, sets_limit, valuing_leftovers
from sim.behavior.commerce import NO_REASON, is_hidden, legal_price, obstacle, refusal
from sim.behavior.delay import DAY_US, memoryless
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
    wants_to_give,
    willing_to_pay,
)
from sim.behavior.purposes import BROWSE, COMBO, DIVERT, GIFT, RIVAL, SHOP, TOPUP, VISIT, WATCH
from sim.behavior.reward import coins_for_watching, draws_hunters, friend_joins, gives_anything
from sim.behavior.rival import gives_there, multi_homes
from sim.behavior.shop import (
    LIVE,
    LOOK_CLOSELY_S,
    ORDERING,
    channel_of,
    considered_live,
    item_of,
    looks_closely,
    pays_with_coins,
    price_in_coins,
    with_tax,
    worth_of,
)
from sim.behavior.topup import (
    NO_PACK,
    WEEK_US,
    TopupTerms,
    choose_pack,
    coin_price,
    coins_for,
    coins_lacking,
    is_no_dearer_in_coins,
    packs_needed,
    price_of,
    stays_away,
)
from sim.behavior.visit import (
    CHOOSE_PACK_S,
    HOUR_US,
    LOOK_AROUND_S,
    NEVER,
    NEXT_GIFT_S,
    PAY_S,
    SEE_BALANCE_S,
    SEE_COINS_S,
    next_visit,
    pause_of,
    pause_us,
    step_of,
)
from sim.behavior.voucher import credit_of, is_given
from sim.behavior.watch import NOTHING, choose_stream, pick
from sim.engines.market import Market
from sim.ledger import COIN, CURRENCY_BY_NAME, REGION_BY_NAME, REWARD, Item, Op, Outcome, Rule, item_id
from sim.ledger.accounts import KIND_SPAN
from sim.ledger.money import PPM
from sim.ledger.operations import NO_REF
from sim.ledger.state import Holder
from sim.streams import below, draw, uniform

VOUCHER: Final = item_id(Item.VOUCHER, 0)
CHECKIN: Final = item_id(Item.REWARD_CHECKIN, 0)
WATCHED: Final = item_id(Item.REWARD_WATCH, 0)
INVITED: Final = item_id(Item.REWARD_INVITE, 0)
COINS_WOULD_HELP: Final = (Outcome.FROZEN, Outcome.INSUFFICIENT_FUNDS)


class Viewer:
    """One viewer."""

    def __init__(self, market: Market, index: int) -> None:
        self.market = market
        self.index = index
        self.account = int(market.viewers.account[index])
        self.traits = market.viewers.traits(index)
        self.favourites = market.viewers.favourites[index]
        self.zone = int(market.viewers.zone[index])
        self.region = market.calendar.zones[self.zone].region
        home = market.scenario.regions[self.region]
        self.currency = CURRENCY_BY_NAME[home.currency].code
        self.reference_price = home.each(market.scenario.topup.reference_cents_per_coin)
        self.unit = unit_of(self.currency)
        self.place = list(market.scenario.regions).index(self.region)
        self.considerations = market.considerations[self.region]
        self.came_on = NEVER
        self.watched = 0
        self.campaign = 0  # of the last voucher, and that voucher's ticket
        self.voucher = NO_REF
        self.has_limit = False
        self.budget_week = NEVER
        self.spent_in_week = 0

    def __repr__(self) -> str:
        return f"<Viewer {self.index} in {self.region}>"

    @property
    def publication(self) -> Publication:
        """What is published in this window."""
        return self.market.engine.publication

    def live(self) -> Process:
        """Visit after visit, until the end."""
        market, calendar = self.market, self.market.calendar
        chances = calendar.visit_weights[self.zone]
        hour = 0
        while hour < len(chances):
            until = self._foreseen_hours()
            now = chances[:until] * self.publication.pull[self.place]
            found, at_us = next_visit(
                market.seed,
                self.account,
                self.traits.visits_per_day,
                now,
                calendar.epoch_hour,
                hour,
                int(market.env.now),
            )
            if found == NEVER:
                yield market.env.timeout(until * HOUR_US - market.env.now)
                hour = until
                continue
            yield market.env.timeout(at_us - market.env.now)
            if self._comes():
                yield from self._visit(calendar.epoch_hour + found)
            hour = found + 1

    def _foreseen_hours(self) -> int:
        """Until which hour the chances of visits are known: supply may bring more, or fewer, from tomorrow on."""
        n_hours = self.market.scenario.days * 24
        if not self.market.engine.economy.supply.elasticity:
            return n_hours
        return min((int(self.market.env.now) // DAY_US + 1) * 24, n_hours)

    def _comes(self) -> bool:
        """Whether a visit takes place: those who come for rewards alone stay away where there are none to speak of."""
        threshold = int(self.market.scenario.rewards.hunter_threshold_coins)
        return not self.traits.hunts or draws_hunters(self.publication.rewards[self.region], threshold)

    def _visit(self, occasion: int) -> Process:
        """One opening of the app; `occasion` is its hour since 1970."""
        market = self.market
        market.engine.visits += 1
        words = draw(market.seed, self.account, VISIT, occasion)
        self._collect()
        self._collect_voucher()
        if self.traits.is_giver and in_ring(market.seed, self.account, self.publication.ring.share):
            yield market.env.timeout(pause_of(words[3], LOOK_AROUND_S))
            yield from self._serve_ring(occasion)
            return
        if uniform(words[1]) < market.terms.balance.page and self._has_page():
            yield market.env.timeout(pause_of(words[2], SEE_BALANCE_S))
            self._see_balance()
            self._perhaps_ask_back(occasion)
        yield market.env.timeout(pause_of(words[3], LOOK_AROUND_S))
        channel = self._channel(occasion)
        if channel == LIVE:
            yield from self._watch(occasion)
        else:
            yield from self._browse(occasion, channel)

    def _has_page(self) -> bool:
        return has_page(self.market.seed, self.account, self.publication.balance_share[self.region])

    def _see_balance(self) -> None:
        """Read what happened; a giver may set an own limit, once and for all."""
        market, terms = self.market, self.market.terms.balance
        self._act(Op.HISTORY)
        if self.has_limit or not self.traits.is_giver:
            return
        price = coin_price(self.publication.packs[self.region], self.traits.buys_on_web)
        if sets_limit(market.seed, self.account, terms.limit_share):
            self.has_limit = True
            coins = own_limit(self.traits.weekly_budget, terms.limit_factor, price)
            self._act(Op.POLICY, peer=Rule.SPENDING_LIMIT, amount=coins, currency=COIN)

    def _perhaps_ask_back(self, occasion: int) -> None:
        """Give back what is unspent of a topup, where that can still be done."""
        market, book = self.market, self.market.engine.book
        now_us, code = int(market.env.now), REGION_BY_NAME[self.region]
        since_us = now_us - book.terms.get(Rule.COIN_REFUND_WINDOW, now_us, region=code)
        lots = (lot for lot in self._holder.lots if lot.topup in book.topups)  # not those that came back from the shop
        lot = next((lot for lot in lots if book.topups[lot.topup].at_us > since_us), None)
        if lot is not None and asks_back(market.seed, self.account, occasion, market.terms.refund_intent):
            item = book.topups[lot.topup].item
            self._act(Op.COIN_REFUND, item=item, amount=lot.left, currency=COIN, ref=lot.topup)

    def _collect(self) -> None:
        """Take the rewards of a visit: for the first one of the day, for a friend who joins, for watching."""
        offer = self.publication.rewards[self.region]
        if not self.traits.checks_in or not gives_anything(offer):
            return
        market = self.market
        today = market.calendar.day_of(self.zone, int(market.env.now))
        if today != self.came_on:
            self.came_on, self.watched = today, 0
            if offer.checkin:
                self._reward(CHECKIN, offer.checkin)
            if offer.invite and friend_joins(market.seed, self.account, today, market.terms.invite_rate):
                self._reward(INVITED, offer.invite)
        coins = coins_for_watching(offer, self.watched)
        if coins:
            self.watched += coins
            self._reward(WATCHED, coins)

    def _reward(self, item: int, coins: int) -> None:
        self._act(Op.REWARD, item=item, amount=coins, currency=REWARD)

    def _collect_voucher(self) -> None:
        """Take a voucher of a campaign, unless there was one of it, or another is held."""
        market, campaign = self.market, self.publication.campaigns[self.region]
        if not campaign.amount or not self.traits.is_shopper or self.campaign == campaign.number:
            return
        if self._holds_voucher() or not is_given(market.seed, self.account, campaign.share_ppm):
            return
        voucher = Act(Op.VOUCHER, self.account, item=VOUCHER, amount=campaign.amount, currency=self.currency)
        ticket, outcome = market.engine.happen(voucher)
        if outcome == Outcome.ACCEPTED:
            self.campaign, self.voucher = campaign.number, ticket

    def _holds_voucher(self) -> bool:
        return self.voucher != NO_REF and not self.market.engine.book.vouchers[self.voucher].is_gone

    def _credit(self, price: int) -> int:
        """What a voucher takes off a price now."""
        if not self._holds_voucher():
            return 0
        held = self.market.engine.book.vouchers[self.voucher]
        return credit_of(held.amount, held.minimum, held.expires_us, price, int(self.market.env.now))

    def _channel(self, occasion: int) -> int:
        """Where this visit goes: a shopper's may go to the shop tab or to a video."""
        if not self.traits.is_shopper:
            return LIVE
        return channel_of(draw(self.market.seed, self.account, SHOP, occasion)[2], self.market.terms.shop)

    def _consideration(self, channel: int, occasion: int) -> float:
        """The chance to look closely, on this day."""
        calendar = self.market.calendar
        return float(self.considerations[channel] * calendar.shopping[self.zone, occasion - calendar.epoch_hour])

    def _browse(self, occasion: int, channel: int) -> Process:
        """See a good of the region's sellers, and buy it or not. Few look closely; the others are gone at once."""
        market = self.market
        words = draw(market.seed, self.account, SHOP, occasion)
        if not looks_closely(words[0], self._consideration(channel, occasion)):
            return
        yield market.env.timeout(pause_of(words[1], LOOK_CLOSELY_S))
        counter, shelves = self.publication.counters[self.region], self.publication.shelves
        if not len(counter.seller) or is_hidden(self.publication.commerce, self.place, channel):
            return
        words = draw(market.seed, self.account, BROWSE, occasion)
        seller = int(counter.seller[pick(counter.reach, words[0])])
        offer = shelves[seller][below(words[1], len(shelves[seller]))]
        self._perhaps_order(occasion, channel, seller, offer)

    def _watch(self, occasion: int) -> Process:
        market, env, live = self.market, self.market.env, self.publication.live
        words = draw(market.seed, self.account, WATCH, occasion)
        place = choose_stream(live, self.favourites, market.terms.favourite_share, int(env.now), words)
        if place == NOTHING:
            return
        until_us = int(live.until_us[place])
        watch_us = min(memoryless(words[3], market.terms.watch_days), until_us - int(env.now))
        host = int(live.host[place])
        if self.publication.show.good[place] == NO_GOOD:
            yield from self._perhaps_give(occasion, host, watch_us, until_us)
        else:
            yield from self._perhaps_buy(occasion, host, watch_us)

    def _perhaps_give(self, occasion: int, creator: int, watch_us: int, until_us: int) -> Process:
        """At one moment of watching, want to give, or not."""
        market = self.market
        words = draw(market.seed, self.account, GIFT, occasion)
        is_favourite = bool((market.first_creator + self.favourites == creator).any())
        has_rewards = self._holder.rewards > 0
        eager = int(self.publication.show.eagerness[self.publication.live.place[market.host_index[creator]]])
        if not wants_to_give(words[0], market.terms.gift, self.traits.is_giver, has_rewards, is_favourite, eager):
            return
        yield market.env.timeout(int(uniform(words[3]) * watch_us))
        coins = self._coins_worth_giving(words[1])
        gift = choose_gift(market.gift_prices, coins, words[2])
        if gift != NO_GIFT and not self._gives_on_rival(occasion, creator, gift):
            yield from self._give(occasion, creator, gift, until_us)

    def _gives_on_rival(self, occasion: int, creator: int, gift: int) -> bool:
        """Whether a giver who is on the rival's side too prefers to give there, and count it."""
        market, rival, terms = self.market, self.publication.rival, self.market.terms.rival
        if not (
            self.traits.is_giver
            and multi_homes(market.seed, self.account, rival.viewer_share)
            and multi_homes(market.seed, creator, terms.creator_share)
        ):
            return False
        price = coin_price(self.publication.packs[self.region], self.traits.buys_on_web)
        here = market.engine.diamond_value(self.region) / PPM / price
        words = draw(market.seed, self.account, RIVAL, occasion)
        if not gives_there(words[0], here, rival.creator_value / rival.price, terms.sensitivity):
            return False
        amount = int(market.gift_prices[gift] * price)
        if uniform(words[1]) >= market.terms.topup.hesitation and amount <= self._budget_left():
            self.spent_in_week += amount
            market.engine.note_elsewhere(self.region, ELSEWHERE_GIFT, RIVAL_OFFER, AT_RIVAL, 0, 0, amount)
        return True

    def _coins_worth_giving(self, word: int) -> int:
        """What a gift may cost: a giver's willingness at today's price of a coin; others give what they were given."""
        if not self.traits.is_giver:
            return self._holder.rewards
        worth = willing_to_pay(word, self.traits.willingness, self.market.terms.gift.mood_sigma)
        price = coin_price(self.publication.packs[self.region], self.traits.buys_on_web)
        return coins_worth(worth, price)

    def _give(self, occasion: int, creator: int, gift: int, until_us: int) -> Process:
        """Give, and perhaps again; buy coins where they are short. Some look at their coins first, some just tap."""
        market, env = self.market, self.market.env
        price, item = int(market.gift_prices[gift]), market.gift_items[gift]
        if not self.traits.taps_first:
            self._act(Op.BALANCE)
            yield self._pause(occasion, SEE_COINS, SEE_COINS_S)
        for step in range(FIRST_GIFT, LAST_GIFT + 1):
            if env.now >= until_us:
                return
            short = self._short_of(price)
            if short > 0:
                if self.traits.taps_first and self._give_now(creator, item, price) not in COINS_WOULD_HELP:
                    return
                bought = yield from self._buy_coins(step_of(occasion, step), short)
                if not bought or env.now >= until_us:  # paying takes a while
                    return
            if self._give_now(creator, item, price) != Outcome.ACCEPTED:
                return
            words = draw(market.seed, self.account, COMBO, step_of(occasion, step))
            if uniform(words[0]) >= market.terms.gift.combo:
                return
            yield self._pause(occasion, step, NEXT_GIFT_S)

    def _give_now(self, creator: int, item: int, price: int) -> Outcome:
        return self._act(Op.GIFT, peer=creator, item=item, amount=price, currency=COIN)

    def _buy_coins(self, occasion: int, short: int) -> Generator[Event, Any, bool]:
        """Buy the coins that an intended gift lacks. Whether enough were bought."""
        market = self.market
        if not self.traits.is_giver:
            return False
        packs = self.publication.packs[self.region]
        price_of_coin = coin_price(packs, self.traits.buys_on_web)
        words = draw(market.seed, self.account, TOPUP, occasion)
        if stays_away(words[0], price_of_coin, self.reference_price, market.terms.topup):
            return False
        pack = self._pack_for(occasion, short)
        if pack == NO_PACK:
            return False
        yield self._pause(occasion, 0, CHOOSE_PACK_S)
        count = packs_needed(packs, pack, short)
        for purchase in range(1, count + 1):
            if not self.publication.packs[self.region].on_sale[pack]:
                return False
            if self._top_up(pack, short, step_of(occasion, purchase)) != Outcome.ACCEPTED:
                return False
            yield self._pause(occasion, purchase, PAY_S)
        return True

    def _pack_for(self, occasion: int, short: int) -> int:
        """The pack that brings the coins that are short, within the week's budget; NO_PACK if none does."""
        return choose_pack(
            self.market.seed,
            self.account,
            occasion,
            self.publication.packs[self.region],
            self.traits.buys_on_web,
            short,
            self._budget_left(),
            self.unit,
            self._topup_terms(),
        )

    def _topup_terms(self) -> TopupTerms:
        """Who sees all coins in one place values those left over otherwise."""
        terms = self.market.terms
        return valuing_leftovers(terms.topup, terms.balance.leftover_value) if self._has_page() else terms.topup

    def _serve_ring(self, occasion: int) -> Process:
        """In the hands of a fraud ring: buy the largest pack several times, and give all to its creator, if live."""
        market, live, ring = self.market, self.publication.live, self.publication.ring
        creator = ring.creator % len(market.engine.economy.creators_reach)
        place = int(live.place[creator])
        pack = biggest_pack(self.publication.packs[self.region], self.traits.buys_on_web)
        if place == NOTHING or live.until_us[place] <= market.env.now or pack == NO_PACK or not ring.packs:
            return
        until_us, host, step = int(live.until_us[place]), int(live.host[place]), step_of(occasion, FIRST_GIFT)
        for purchase in range(1, ring.packs + 1):
            if not self.publication.packs[self.region].on_sale[pack]:
                return
            if self._top_up(pack, 0, step_of(step, purchase)) != Outcome.ACCEPTED:
                return
            yield self._pause(step, purchase, PAY_S)
        yield from self._give_all(occasion, host, until_us)

    def _give_all(self, occasion: int, creator: int, until_us: int) -> Process:
        """Give the dearest gift that the coins are enough for, again and again."""
        market = self.market
        for step in range(FIRST_GIFT, LAST_GIFT + 1):
            within = dearest_within(market.gift_prices, self._holder.coins + self._holder.rewards)
            if not within or market.env.now >= until_us:
                return
            gift = within - 1
            if self._give_now(creator, market.gift_items[gift], int(market.gift_prices[gift])) != Outcome.ACCEPTED:
                return
            yield self._pause(occasion, step, NEXT_GIFT_S)

    def _top_up(self, pack: int, coins: int, occasion: int) -> Outcome:
        """Buy a pack at the price of this window."""
        price = price_of(self.publication.packs[self.region], pack, coins)
        item = self.market.pack_items[self.region][pack]
        outcome = self._act(Op.TOPUP, item=item, amount=price, currency=self.currency, occasion=occasion)
        if outcome == Outcome.ACCEPTED:
            self.spent_in_week += price
        return outcome

    def _budget_left(self) -> int:
        week = int(self.market.env.now) // WEEK_US
        if week != self.budget_week:
            self.budget_week, self.spent_in_week = week, 0
        return self.traits.weekly_budget - self.spent_in_week

    def _perhaps_buy(self, occasion: int, seller: int, watch_us: int) -> Process:
        """Buy what a live seller shows, or not, at one moment of watching."""
        market = self.market
        if not self.traits.is_shopper or self._is_abroad(seller):
            return
        words = draw(market.seed, self.account, SHOP, occasion)
        keenness_ppm = int(self.publication.keenness[seller % KIND_SPAN])
        if not looks_closely(words[0], considered_live(self._consideration(LIVE, occasion), keenness_ppm)):
            return
        yield market.env.timeout(int(uniform(words[1]) * watch_us))
        live, show = self.publication.live, self.publication.show
        place = int(live.place[market.host_index[seller]])
        if place != NOTHING:
            offer = Offer(int(show.good[place]), int(show.price[place]), int(show.stock[place]))
            self._perhaps_order(occasion, LIVE, seller, offer)

    def _perhaps_order(self, occasion: int, channel: int, seller: int, offer: Offer) -> None:
        """Order what is seen, if it is worth its price; where it can't be had, go elsewhere or nowhere."""
        market, commerce, good = self.market, self.publication.commerce, offer.good
        taste_sigma = market.terms.shop.taste_sigma
        worth = worth_of(market.seed, self.account, good, market.usual_prices[good], taste_sigma)
        foreign, imported = bool(market.foreign[seller % KIND_SPAN]), bool(market.imported[good])
        price = legal_price(commerce, good, offer.price, foreign)
        credit = self._credit(price)
        if worth + credit < offer.price:
            return
        reason = obstacle(commerce, self.place, channel, imported, price, worth + credit, offer.stock)
        if reason == NO_REASON:
            reason = refusal(self._order(occasion, seller, item_of(channel, good), price))
        if reason == NO_REASON or worth < offer.price:  # nobody else takes the voucher
            return
        has_links = reason == BAN and bool(commerce.advertised[self.place])
        word = draw(market.seed, self.account, DIVERT, occasion)[0]
        route = route_of(word, market.terms.elsewhere, has_links)
        market.engine.note_elsewhere(
            self.region, ELSEWHERE_ORDER, reason, route, int(foreign), int(imported), offer.price
        )

    def _order(self, occasion: int, seller: int, item: int, price: int) -> Outcome:
        """Order, and pay with a voucher if one holds for the price, else with coins or money."""
        ref = self.voucher if self._credit(price) else NO_REF
        coins = self._coins_to_pay(occasion, price) if ref == NO_REF else 0
        amount, currency = (coins, COIN) if coins else (price, self.currency)
        return self._act(Op.ORDER, peer=seller, item=item, amount=amount, currency=currency, ref=ref, occasion=occasion)

    def _coins_to_pay(self, occasion: int, price: int) -> int:
        """What an order costs in coins, if it is paid with them, else 0; buys what lacks if that costs no more."""
        market, terms, now_us = self.market, self.market.engine.book.terms, int(self.market.env.now)
        code = REGION_BY_NAME[self.region]
        tax_ppm, value_ppm = (terms.get(rule, now_us, region=code) for rule in (Rule.ORDER_TAX, Rule.SHOP_COIN_VALUE))
        coins = price_in_coins(price, tax_ppm, value_ppm)
        if not coins or not self.traits.is_giver:
            return 0
        if not pays_with_coins(market.seed, self.account, occasion, market.terms.shop.coin_share):
            return 0
        if self._holder.coins >= coins:
            return coins
        return coins if self._buy_if_no_dearer(occasion, coins, with_tax(price, tax_ppm)) else 0

    def _buy_if_no_dearer(self, occasion: int, needed: int, price_with_tax: int) -> bool:
        """Buy the coins that an order lacks, at its instant, if that is no dearer. Whether they were bought."""
        packs, held, step = self.publication.packs[self.region], self._holder.coins, step_of(occasion, ORDERING)
        short = needed - held
        pack = self._pack_for(step, short)
        if pack == NO_PACK:
            return False
        price, count = price_of(packs, pack, short), packs_needed(packs, pack, short)
        spare = count * coins_for(packs, pack, price) - short
        coin_value = self._topup_terms().leftover_value * coin_price(packs, self.traits.buys_on_web)
        if not is_no_dearer_in_coins(count * price, held, spare, price_with_tax, coin_value):
            return False
        purchases = range(1, count + 1)
        return all(self._top_up(pack, short, step_of(step, n)) == Outcome.ACCEPTED for n in purchases)

    def _is_abroad(self, seller: int) -> bool:
        """Whether a seller is of another region: what such a one shows is watched and not bought."""
        host = self.market.engine.economy.hosts[self.market.host_index[seller]]
        return self.market.calendar.zones[host.zone].region != self.region

    @property
    def _holder(self) -> Holder:
        return self.market.engine.book.holders[self.account]

    def _short_of(self, price: int) -> int:
        return coins_lacking(price, self._holder.coins, self._holder.rewards)

    def _act(self, op: Op, *, occasion: int = 0, **fields: int) -> Outcome:
        return self.market.engine.happen(Act(op, self.account, **fields), occasion=occasion)[1]

    def _pause(self, occasion: int, step: int, bounds_s: tuple[int, int]) -> Timeout:
        market = self.market
        return market.env.timeout(pause_us(market.seed, self.account, step_of(occasion, step), bounds_s))
