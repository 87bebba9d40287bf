"""A creator: goes live on some evenings, rests, and cashes out now and then, or on the day when all do."""

from sim.agents.economy import NO_TURN, Economy, Turn, accepted
from sim.agents.hosts import Host
from sim.agents.publication import Stream
from sim.agents.session import opportunities, takes_it
from sim.agents.stage import Process, Proposal
from sim.behavior.delay import around, memoryless
from sim.behavior.purposes import CASH_OUT, PAYMENT, PAYOUT_BACK
from sim.ledger import DIAMOND, Op
from sim.ledger.money import whole_units
from sim.streams import draw, uniform


def start(economy: Economy, host: Host) -> None:
    """Let a creator begin."""
    economy.env.process(_perform(economy, host))
    economy.env.process(_cash_out(economy, host))


def _perform(economy: Economy, host: Host) -> Process:
    terms = economy.scenario.creators
    for session in opportunities(economy, host, terms):
        yield economy.boundary(session.begin_us)
        if takes_it(economy, host, session, terms):
            economy.boards.begin([host.place], [session.day])
            economy.go_live(Stream(host.place, host.account, host.weight, economy.now_us + session.length_us))


def _cash_out(economy: Economy, host: Host) -> Process:
    """Every few days, ask for a payout if there is anything to ask for."""
    every_days = float(economy.scenario.creators.cash_out_every_days)
    at_us = memoryless(draw(economy.seed, host.account, CASH_OUT, 0)[0], every_days)
    turn = 0
    while True:
        yield economy.boundary(max(at_us, economy.now_us + 1))  # once a window at most, and not before the first
        turn += 1
        economy.turns[host.place] = Turn(turn, economy.now_us)
        _ask(economy, host, turn)
        at_us += around(draw(economy.seed, host.account, CASH_OUT, turn)[0], every_days)


def ask_on_payout_day(economy: Economy) -> None:
    """Where it is payout day, let every creator ask whose own turn it isn't."""
    for host in economy.hosts:
        if not host.is_seller and economy.region_of(host.zone) in economy.payout_days:
            turn = economy.turns.get(host.place, NO_TURN)
            if turn.at_us != economy.now_us:
                _ask(economy, host, turn.number)
    economy.payout_days.clear()


def _ask(economy: Economy, host: Host, turn: int) -> None:
    """Ask for everything above the floor, up to the day's ceiling, by what a diamond was worth until now."""
    terms, home = economy.scenario.creators, economy.home_of(host.zone)
    value_ppm = economy.known_value_ppm[economy.region_of(host.zone)]
    if not value_ppm:  # nobody asks for what is worth nothing
        return
    floor, ceiling = home.cents(terms.payout_floor_cents), home.cents(terms.payout_ceiling_cents)
    most_diamonds = ceiling * 1_000_000 // value_ppm
    diamonds, cash = whole_units(min(economy.ledger.diamonds(host.account), most_diamonds), value_ppm)
    if cash >= max(floor, 1):
        economy.propose(Op.BALANCE, host.account)
        request = economy.propose(Op.PAYOUT, host.account, amount=diamonds, currency=DIAMOND)
        economy.env.process(_be_paid(economy, host, request, diamonds, turn))


def _be_paid(economy: Economy, host: Host, request: Proposal, asked: int, turn: int) -> Process:
    terms = economy.scenario.creators
    settled = yield request
    if not accepted(settled):
        return
    diamonds, _ = whole_units(asked, economy.diamond_value_ppm[economy.region_of(host.zone)])
    answer = {"amount": diamonds, "currency": DIAMOND, "ref": settled[0]}
    delay_us = around(draw(economy.seed, host.account, PAYMENT, turn)[0], float(terms.payout_delay_days))
    yield economy.boundary(economy.now_us + delay_us)
    yield economy.propose(Op.PAYOUT, host.account, **answer)
    words = draw(economy.seed, host.account, PAYOUT_BACK, turn)
    if uniform(words[0]) < float(terms.payout_failure_rate):
        yield economy.boundary(economy.now_us + around(words[1], float(terms.payout_delay_days)))
        economy.propose(Op.PAYOUT_RETURN, host.account, **answer)
