"""A creator: goes live on some evenings, rests, and cashes out now and then."""

from sim.agents.economy import Economy, accepted
from sim.agents.hosts import Host
from sim.agents.publication import Stream
from sim.agents.session import opportunities, takes_it
from sim.agents.stage import Process
from sim.behavior.delay import around, memoryless
from sim.behavior.purposes import CASH_OUT, PAYMENT
from sim.ledger import DIAMOND, Op
from sim.ledger.money import whole_units
from sim.streams import draw


def start(economy: Economy, host: Host) -> None:
    """Let a creator begin."""
    economy.env.process(_perform(economy, host))
    home = economy.home_of(host.zone)
    if home.ppm(economy.scenario.creators.diamond_value_cents):  # nobody asks for what is worth nothing
        economy.env.process(_cash_out(economy, host))


def _perform(economy: Economy, host: Host) -> Process:
    terms = economy.scenario.creators
    for session in opportunities(economy, host, terms):
        yield economy.boundary(session.begin_us)
        if takes_it(economy, host, session, terms):
            economy.boards.begin(host.place, session.day)
            economy.go_live(Stream(host.place, host.account, host.weight, economy.now_us + session.length_us))


def _cash_out(economy: Economy, host: Host) -> Process:
    """Ask for everything above the floor, every few days, up to the day's ceiling."""
    terms, home = economy.scenario.creators, economy.home_of(host.zone)
    value_ppm = home.ppm(terms.diamond_value_cents)
    floor, ceiling = home.cents(terms.payout_floor_cents), home.cents(terms.payout_ceiling_cents)
    most_diamonds = ceiling * 1_000_000 // value_ppm
    every_days = float(terms.cash_out_every_days)
    at_us = memoryless(draw(economy.seed, host.account, CASH_OUT, 0)[0], every_days)
    turn = 0
    while True:
        yield economy.boundary(max(at_us, economy.now_us + 1))  # once a window at most, and not before the first
        turn += 1
        diamonds, cash = whole_units(min(economy.ledger.diamonds(host.account), most_diamonds), value_ppm)
        if cash >= max(floor, 1):
            economy.propose(Op.BALANCE, host.account)
            settled = yield economy.propose(Op.PAYOUT, host.account, amount=diamonds, currency=DIAMOND)
            if accepted(settled):
                economy.env.process(_be_paid(economy, host, diamonds, settled[0], turn))
        at_us += around(draw(economy.seed, host.account, CASH_OUT, turn)[0], every_days)


def _be_paid(economy: Economy, host: Host, diamonds: int, request: int, turn: int) -> Process:
    delay_us = around(
        draw(economy.seed, host.account, PAYMENT, turn)[0], float(economy.scenario.creators.payout_delay_days)
    )
    yield economy.boundary(economy.now_us + delay_us)
    economy.propose(Op.PAYOUT, host.account, amount=diamonds, currency=DIAMOND, ref=request)
