"""A seller: shows goods live, holds stock, delivers, takes returns."""

from typing import Final

import numpy as np

from sim.agents import takings
from sim.agents.economy import Deed, Economy, accepted
from sim.agents.hosts import Host
from sim.agents.merchants import NO_AFFILIATE, affiliates, goods_of
from sim.agents.publication import Stream
from sim.agents.session import opportunities, takes_it
from sim.agents.shelves import slot_of
from sim.agents.stage import Process, Proposal
from sim.agents.traders import end_day, note_order, note_sale
from sim.agents.waves import waves_of
from sim.behavior.commerce import may_import
from sim.behavior.delay import DAY_US, around, refunds_end_us
from sim.behavior.purposes import FULFILMENT, RETURN
from sim.behavior.trade import is_foreign
from sim.behavior.types import Int64Array
from sim.behavior.wave import NO_WAVE, wave_of
from sim.ledger import Item, Kind, Op, account_id
from sim.ledger.accounts import KIND_SPAN
from sim.ledger.money import portion
from sim.ledger.operations import ITEM_SPAN
from sim.streams import draw, uniform

BY_AFFILIATES: Final = (Item.GOOD_VIDEO, Item.GOOD_LIVE)  # what a creator's part is paid for


class Sellers:
    """All sellers of a run: one process shows, one restocks, and each order has one of its own until it is settled."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy
        scenario = economy.scenario
        self._goods = goods_of(scenario)
        self._shelves, self._trade = economy.traders.shelves, economy.traders.now
        self._waves = waves_of(economy)
        self._affiliates = affiliates(
            scenario, economy.seed, self._regions(Kind.SELLER), self._regions(Kind.CREATOR), economy.creators_reach
        )
        economy.listen(Op.ORDER, self._receive)

    def _regions(self, kind: Kind) -> Int64Array:
        """The place of each host's region in the scenario."""
        order = list(self.economy.scenario.regions)
        hosts = (host for host in self.economy.hosts if host.account // KIND_SPAN == kind)
        return np.array([order.index(self.economy.region_of(host.zone)) for host in hosts], np.int64)

    def start_takings(self) -> None:
        """Let sellers, and the creators with whom they work, take out what they earn."""
        earners = {account_id(Kind.CREATOR, n) for n in self._affiliates.tolist() if n != NO_AFFILIATE}
        for host in self.economy.hosts:
            if host.is_seller or host.account in earners:
                takings.start(self.economy, host)

    def start(self, host: Host) -> None:
        """Let a seller begin, with full stock."""
        goods = self._assortment(host)
        if goods:
            self.economy.env.process(self._show(host, goods))
            self.economy.env.process(self._restock(host, goods))

    def _assortment(self, host: Host) -> list[int]:
        n = host.account % KIND_SPAN
        return [int(good) for good in self._shelves.good[n, : self._shelves.goods[n]]]

    def _show(self, host: Host, goods: list[int]) -> Process:
        economy, terms = self.economy, self.economy.scenario.sellers
        for session in opportunities(economy, host, terms):
            yield economy.boundary(session.begin_us)
            if takes_it(economy, host, session, terms):
                good, until_us = goods[session.day % len(goods)], economy.now_us + session.length_us
                economy.go_live(Stream(host.place, host.account, host.weight, until_us, good))

    def _restock(self, host: Host, goods: list[int]) -> Process:
        """Every day: fill the shelf, or leave it empty as one who doesn't sell."""
        pieces, n = int(self.economy.scenario.sellers.stock_per_good), host.account % KIND_SPAN
        while True:
            end_day(self._trade, n)
            sells = self.economy.workforce.now.active[host.place]
            for slot, good in enumerate(goods):
                full = pieces + int(self._trade.extra[n, slot])
                self.economy.stock[host.account, good] = full if sells else 0
            yield self.economy.boundary(self.economy.now_us + DAY_US)

    def _receive(self, order: Deed) -> None:
        """Take an order from stock; what was sold twice is cancelled at once, the later buyer's order first to go."""
        shelf = (order.peer, order.item % ITEM_SPAN)
        n, slot = self._place(order)
        if self.economy.stock[shelf] > 0 and self._may_come_in(order):
            self.economy.stock[shelf] -= 1
            note_sale(self._trade, n, slot, self.economy.stock[shelf])
            net, currency = self.economy.ledger.order_net(order.ticket)
            commission = self.economy.ledger.commission(order.peer, net, currency, self.economy.now_us)
            is_live, imported = order.item // ITEM_SPAN == Item.GOOD_LIVE, self._goods.imported[shelf[1]]
            note_order(self._trade, n, slot, net, commission, is_live, bool(imported))
            self.economy.env.process(self._fulfil(order))
        else:
            self._cancel(order)

    def _may_come_in(self, order: Deed) -> bool:
        """Whether an order is within its region's quota of imports, which it then uses up."""
        economy, good = self.economy, order.item % ITEM_SPAN
        region = int(economy.traders.region[order.peer % KIND_SPAN])
        if not may_import(economy.commerce, region, bool(self._goods.imported[good])):
            return False
        if self._goods.imported[good] and economy.commerce.left[region] > 0:
            economy.commerce.left[region] -= 1
        return True

    def _place(self, order: Deed) -> tuple[int, int]:
        """The seller's number, and the good's place on the shelf."""
        n = order.peer % KIND_SPAN
        return n, slot_of(self._shelves, n, order.item % ITEM_SPAN)

    def _answer(self, op: Op, order: Deed, actor: int, peer: int, amount: int, ref: int) -> Proposal:
        return self.economy.propose(
            op, actor, peer=peer, item=order.item, amount=amount, currency=order.currency, ref=ref
        )

    def _cancel(self, order: Deed) -> None:
        self._answer(Op.CANCEL, order, order.actor, order.peer, order.amount, order.ticket)

    def _fulfil(self, order: Deed) -> Process:
        economy, terms = self.economy, self.economy.scenario.sellers
        words = draw(economy.seed, order.actor, FULFILMENT, order.occasion)
        foreign = is_foreign(economy.seed, order.peer, float(terms.foreign_share))
        delivery_us = around(words[1], float(terms.foreign_delivery_days if foreign else terms.delivery_days))
        if uniform(words[0]) < float(terms.cancel_rate):
            yield economy.boundary(order.at_us + delivery_us // 2)
            economy.stock[order.peer, order.item % ITEM_SPAN] += 1
            self._cancel(order)
            return
        yield economy.boundary(order.at_us + delivery_us)
        settled = yield self._answer(Op.CAPTURE, order, order.peer, order.actor, order.amount, order.ticket)
        if not accepted(settled):
            return
        capture, settled_us = settled[0], economy.now_us
        n, slot = self._place(order)
        self._trade.cost_paid[n] += self._trade.cost[n, slot]
        yield from self._take_return(order, capture)
        affiliate = self._affiliate_of(order)
        if affiliate != NO_AFFILIATE:
            end_us = refunds_end_us(settled_us, float(terms.return_days), economy.windows.window_us)
            yield economy.boundary(max(end_us, economy.now_us + 1))  # a wave may have come later
            self._pay_affiliate(order, affiliate, capture)

    def _affiliate_of(self, order: Deed) -> int:
        """The creator from whose video or stream an order came, if that creator gets a part."""
        if order.item // ITEM_SPAN not in BY_AFFILIATES:
            return NO_AFFILIATE
        return int(self._affiliates[order.peer % KIND_SPAN])

    def _pay_affiliate(self, order: Deed, affiliate: int, capture: int) -> None:
        kept, currency = self.economy.ledger.order_net(capture)
        amount = portion(kept, self.economy.scenario.sellers.affiliate_rate.ppm)
        if amount:
            paid = order._replace(currency=currency)
            self._answer(Op.AFFILIATE, paid, account_id(Kind.CREATOR, affiliate), order.peer, amount, capture)

    def _take_return(self, order: Deed, capture: int) -> Process:
        """Take an order back, in part or whole, or not."""
        economy, terms = self.economy, self.economy.scenario.sellers
        words = draw(economy.seed, order.actor, RETURN, order.occasion)
        imported = self._goods.imported[order.item % ITEM_SPAN]
        if uniform(words[0]) >= float(terms.import_return_rate if imported else terms.return_rate):
            yield from self._take_back_in_wave(order, capture)
            return
        yield economy.boundary(economy.now_us + around(words[1], float(terms.return_days)))
        in_part = uniform(words[2]) < float(terms.partial_refund_share)
        amount = (order.amount + 1) // 2 if in_part else order.amount
        self._answer(Op.REFUND, order, order.actor, order.peer, amount, capture)

    def _take_back_in_wave(self, order: Deed, capture: int) -> Process:
        """Take back what would have been kept, where a wave of refunds takes it."""
        economy = self.economy
        region = int(economy.traders.region[order.peer % KIND_SPAN])
        at_us = wave_of(economy.seed, order.actor, order.occasion, economy.now_us, region, self._waves)
        if at_us != NO_WAVE:
            yield economy.boundary(at_us)
            self._answer(Op.REFUND, order, order.actor, order.peer, order.amount, capture)
