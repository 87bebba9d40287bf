"""Takings: what sellers, and creators as their affiliates, earned in the shop, taken out now and then."""

from sim.agents.economy import Economy, accepted
from sim.agents.hosts import Host
from sim.agents.stage import Process
from sim.behavior.delay import around, memoryless
from sim.behavior.purposes import SETTLEMENT
from sim.ledger import CURRENCY_BY_NAME, Op
from sim.ledger.accounts import KIND_SPAN
from sim.ledger.money import AMOUNT_MAX
from sim.streams import draw


def start(economy: Economy, host: Host) -> None:
    """Let a host take money out."""
    if float(economy.scenario.sellers.settle_every_days):
        economy.env.process(_take_out(economy, host))


def _take_out(economy: Economy, host: Host) -> Process:
    """Ask for everything above the floor, every few days."""
    terms = economy.scenario.sellers
    region = economy.scenario.regions[economy.region_of(host.zone)]
    currency, least = CURRENCY_BY_NAME[region.currency].code, max(region.cents(terms.settle_floor_cents), 1)
    every_days = float(terms.settle_every_days)
    at_us = memoryless(draw(economy.seed, host.account, SETTLEMENT, 0)[0], every_days)
    turn = 0
    while True:
        yield economy.boundary(max(at_us, economy.now_us + 1))  # once a window at most, and not before the first
        turn += 1
        amount = min(economy.ledger.cash(host.account, currency), AMOUNT_MAX)
        if amount >= least:
            settled = yield economy.propose(Op.SETTLE, host.account, amount=amount, currency=currency)
            if accepted(settled) and host.is_seller:
                economy.traders.now.paid_out[host.account % KIND_SPAN] += amount
        at_us += around(draw(economy.seed, host.account, SETTLEMENT, turn)[0], every_days)
