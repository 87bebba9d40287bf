"""Creators' earnings: diamonds held, asked for at every turn to cash out, and paid some days later.

What `sim.agents.creator` tells as a process, decided and posted as `sim.ledger.earnings` does.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.delay import DAY_US, around, memoryless
from sim.behavior.purposes import CASH_OUT, PAYMENT, PAYOUT_BACK
from sim.behavior.types import Int64Array
from sim.compiled import inner, rule
from sim.engines.columns.agenda import (
    Agenda,
    Int32Array,
    capacity_of,
    enlarged,
    hire,
    needed,
    new_agenda,
    put,
    release,
    take,
)
from sim.engines.columns.amounts import whole_units
from sim.engines.columns.codes import (
    ACCEPTED,
    BALANCE,
    BANK,
    BELOW_FLOOR,
    EXCHANGE,
    HOLDER,
    INSUFFICIENT_FUNDS,
    OVER_CAP,
    PAYOUT,
    PAYOUT_RETURN,
    PENDING,
    PLATFORM,
    SUSPENDED,
)
from sim.engines.columns.host_columns import FIRST_CREATOR
from sim.engines.columns.proposals import ANSWERS_NOTHING, Clock, Proposals, propose, settled_at
from sim.engines.columns.rates import NO_LIMIT, Rates
from sim.engines.columns.rows import NO_TICKET, Rows, Structs, Tickets, give_back, grown, note, take_ticket
from sim.engines.columns.totals import DIAMONDS, Totals, post
from sim.ledger import DIAMOND
from sim.ledger.accounts import NOBODY
from sim.ledger.money import NONE, PPM
from sim.ledger.operations import NO_ITEM
from sim.scenario import Scenario
from sim.streams import draw, uniform

# An accepted gift: the creator's number, and what it brings.
GIVEN: Final = np.dtype([("creator", np.int64), ("diamonds", np.int64)])
# A creator:
#   region              its place in `Rates`
#   diamonds, pending   held, and on their way out
#   earned, asked       whether there ever were any of these
#   cashed_on, cashed   a day, and the minor units asked for on it
#   turn, turn_at_us    cash-outs considered so far, and when the next one is meant to be
CREATOR: Final = np.dtype(
    [
        ("diamonds", np.int64),
        ("pending", np.int64),
        ("cashed", np.int64),
        ("turn_at_us", np.int64),
        ("turn", np.int32),
        ("cashed_on", np.int32),
        ("region", np.int16),
        ("earned", np.bool_),
        ("asked", np.bool_),
    ]
)
# A request, made at `turn`: not paid yet and worth `cash`; or paid, and `back` diamonds and their cash will return.
PAYOUT_ASKED: Final = np.dtype(
    [
        ("creator", np.int64),
        ("number", np.int64),
        ("diamonds", np.int64),
        ("cash", np.int64),
        ("ticket", np.int64),
        ("turn", np.int64),
        ("back", np.int64),
        ("cash_back", np.int64),
    ]
)


class Earnings(NamedTuple):
    """The creators' side: records of `turns` are `CREATOR`s, those of `payments` are `PAYOUT_ASKED`."""

    creators: Structs
    turns: Agenda
    payouts: Structs
    payments: Agenda


class CashOut(NamedTuple):
    """When and how much creators ask for, as a scenario states it; the first three by region, in their currencies."""

    value_ppm: Int64Array
    floor: Int64Array
    most_diamonds: Int64Array
    every_days: float
    delay_days: float
    failure_rate: float


def cash_out_of(scenario: Scenario, values_ppm: Mapping[str, int]) -> CashOut:
    """A scenario's numbers, while a diamond is worth so much in each region."""
    terms, regions = scenario.creators, scenario.regions.values()
    value_ppm = np.array([values_ppm[name] for name in scenario.regions], np.int64)
    floor = np.array([region.cents(terms.payout_floor_cents) for region in regions], np.int64)
    ceiling = [region.cents(terms.payout_ceiling_cents) for region in regions]
    most = [most * PPM // value if value else 0 for most, value in zip(ceiling, value_ppm.tolist(), strict=True)]
    every_days, delay_days = float(terms.cash_out_every_days), float(terms.payout_delay_days)
    failure_rate = float(terms.payout_failure_rate)
    return CashOut(value_ppm, floor, np.array(most, np.int64), every_days, delay_days, failure_rate)


def new_earnings(region: npt.NDArray[np.integer], n_boundaries: int) -> Earnings:
    """Creators with nothing, no turns planned."""
    creators = np.zeros(len(region), CREATOR)
    creators["region"] = region
    turns, payments = new_agenda(n_boundaries, len(region)), new_agenda(n_boundaries)
    return Earnings(creators, turns, np.zeros(capacity_of(payments), PAYOUT_ASKED), payments)


def room_for_payouts(earnings: Earnings, more: int) -> Earnings:
    """The same with room for so many more payouts."""
    capacity = needed(earnings.payments, more)
    if capacity <= capacity_of(earnings.payments):
        return earnings
    payments = enlarged(earnings.payments, capacity)
    return earnings._replace(payments=payments, payouts=grown(earnings.payouts, capacity_of(payments)))


@rule
def plan_turns(earnings: Earnings, terms: CashOut, clock: Clock) -> None:
    """Plan every creator's first turn to cash out, which is not at the start itself."""
    for n in range(earnings.creators.shape[0]):
        creator = earnings.creators[n]
        creator.turn_at_us = memoryless(draw(clock.seed, FIRST_CREATOR + n, CASH_OUT, 0)[0], terms.every_days)
        put(earnings.turns, hire(earnings.turns), settled_at(clock, creator.turn_at_us))


@rule
def credit(creators: Structs, gifts: Structs, in_week: Int64Array) -> int:
    """Add the diamonds of a window's gifts, which were posted with the gifts, also to those of this week; their sum."""
    given = 0
    for i in range(gifts.shape[0]):
        n, diamonds = gifts[i].creator, gifts[i].diamonds
        creators[n].diamonds += diamonds
        creators[n].earned = True
        in_week[n] += diamonds
        given += diamonds
    return given


@rule
def earnings_due(
    earnings: Earnings,
    found: Int32Array,
    terms: CashOut,
    payout_day: npt.NDArray[np.bool_],
    proposals: Proposals,
    clock: Clock,
) -> None:
    """Let creators ask for what is above the floor, and propose the payments and returns that are due.

    Parameters
    ----------
    payout_day : of each region, whether everyone asks, and not only those whose turn it is
    """
    n_turns = take(earnings.turns, clock.boundary, found)
    if payout_day.any():
        _ask_all_others(earnings, found[:n_turns], terms, payout_day, proposals)
    for i in range(n_turns):
        n = int(found[i])
        creator = earnings.creators[n]
        creator.turn += 1
        _ask(earnings, n, terms, proposals)
        word = draw(clock.seed, FIRST_CREATOR + n, CASH_OUT, int(creator.turn))[0]
        creator.turn_at_us += around(word, terms.every_days)
        put(earnings.turns, n, settled_at(clock, creator.turn_at_us))
    for i in range(take(earnings.payments, clock.boundary, found)):
        record = int(found[i])
        asked = earnings.payouts[record]
        op, diamonds = (PAYOUT_RETURN, asked.back) if asked.back else (PAYOUT, asked.diamonds)
        propose(proposals, op, FIRST_CREATOR + asked.creator, NOBODY, asked.number, record, diamonds)


@rule
def _ask_all_others(
    earnings: Earnings,
    have_turn: Int32Array,
    terms: CashOut,
    payout_day: npt.NDArray[np.bool_],
    proposals: Proposals,
) -> None:
    asks = np.ones(earnings.creators.shape[0], np.bool_)
    asks[have_turn] = False
    for n in range(asks.shape[0]):
        if asks[n] and payout_day[earnings.creators[n].region]:
            _ask(earnings, n, terms, proposals)


@rule
def _ask(earnings: Earnings, n: int, terms: CashOut, proposals: Proposals) -> None:
    """Ask for everything above the floor, up to the day's ceiling."""
    creator, account = earnings.creators[n], FIRST_CREATOR + n
    value_ppm = terms.value_ppm[creator.region]
    if not value_ppm:  # nobody asks for what is worth nothing
        return
    diamonds, cash = whole_units(min(creator.diamonds, terms.most_diamonds[creator.region]), value_ppm)
    if cash >= max(terms.floor[creator.region], 1):
        propose(proposals, PAYOUT, account, NOBODY, ANSWERS_NOTHING, n, diamonds)
        propose(proposals, BALANCE, account, NOBODY, ANSWERS_NOTHING, n, 0)


@inner
def _note(
    earnings: Earnings, n: int, op: int, amount: int, outcome: int, rates: Rates, rows: Rows, clock: Clock
) -> int:
    """Write down what a creator did."""
    currency = NONE if op == BALANCE else DIAMOND
    code = rates.of[earnings.creators[n].region].code
    return note(rows, clock.now_us, op, FIRST_CREATOR + n, NOBODY, NO_ITEM, amount, currency, outcome, code)


@inner
def look(earnings: Earnings, n: int, rates: Rates, rows: Rows, clock: Clock) -> None:
    """A creator who asks for a payout looks at the balance."""
    _note(earnings, n, BALANCE, 0, ACCEPTED, rates, rows, clock)


@inner
def request(
    earnings: Earnings,
    n: int,
    amount: int,
    terms: CashOut,
    rates: Rates,
    totals: Totals,
    tickets: Tickets,
    numbers: Int64Array,
    rows: Rows,
    clock: Clock,
) -> None:
    """Diamonds worth whole minor units to pending, unless the day's ceiling or the floor says no."""
    creator = earnings.creators[n]
    region = int(creator.region)
    diamonds, cash = whole_units(amount, rates.of[region].diamond_value)
    day = clock.now_us // DAY_US
    today = cash + (creator.cashed if creator.cashed_on == day else 0)
    outcome = _request_outcome(creator.diamonds, amount, cash, today, rates, region)
    row = _note(earnings, n, PAYOUT, amount, outcome, rates, rows, clock)
    if outcome != ACCEPTED:
        return
    creator.cashed_on, creator.cashed = day, today
    creator.diamonds -= diamonds
    creator.pending += diamonds
    creator.asked = True
    post(totals, PAYOUT, HOLDER, DIAMONDS, -diamonds)
    post(totals, PAYOUT, PENDING, DIAMONDS, diamonds)
    record = hire(earnings.payments)
    asked = earnings.payouts[record]
    asked.creator, asked.number, asked.diamonds, asked.cash = n, numbers[0], diamonds, cash
    asked.turn, asked.back, asked.cash_back = int(creator.turn), 0, 0
    numbers[0] += 1
    delay_us = around(draw(clock.seed, FIRST_CREATOR + n, PAYMENT, int(creator.turn))[0], terms.delay_days)
    comes = put(earnings.payments, record, settled_at(clock, clock.now_us + delay_us))
    asked.ticket = take_ticket(tickets) if comes else NO_TICKET
    rows.row[row].makes = asked.ticket


@inner
def _request_outcome(held: int, amount: int, cash: int, today: int, rates: Rates, region: int) -> int:
    if rates.of[region].suspended:
        return SUSPENDED
    ceiling = rates.of[region].payout_ceiling
    if ceiling != NO_LIMIT and today > ceiling:
        return OVER_CAP
    if cash < max(rates.of[region].payout_floor, 1):
        return BELOW_FLOOR
    return ACCEPTED if held >= amount else INSUFFICIENT_FUNDS


@inner
def pay(
    earnings: Earnings,
    record: int,
    terms: CashOut,
    rates: Rates,
    totals: Totals,
    tickets: Tickets,
    rows: Rows,
    clock: Clock,
) -> None:
    """Pay what a request has set aside; some of that comes back."""
    asked = earnings.payouts[record]
    creator = earnings.creators[asked.creator]
    asset = rates.of[creator.region].asset
    creator.pending -= asked.diamonds
    post(totals, PAYOUT, PENDING, DIAMONDS, -asked.diamonds)
    post(totals, PAYOUT, EXCHANGE, DIAMONDS, asked.diamonds)
    post(totals, PAYOUT, PLATFORM, asset, -asked.cash)
    post(totals, PAYOUT, BANK, asset, asked.cash)
    row = _note(earnings, asked.creator, PAYOUT, asked.diamonds, ACCEPTED, rates, rows, clock)
    rows.row[row].refers = asked.ticket
    words = draw(clock.seed, FIRST_CREATOR + asked.creator, PAYOUT_BACK, asked.turn)
    if uniform(words[0]) < terms.failure_rate:
        asked.back, asked.cash_back, asked.diamonds, asked.cash = asked.diamonds, asked.cash, 0, 0
        put(earnings.payments, record, settled_at(clock, clock.now_us + around(words[1], terms.delay_days)))
        return
    give_back(tickets, asked.ticket)
    release(earnings.payments, record)


@inner
def come_back(
    earnings: Earnings, record: int, rates: Rates, totals: Totals, tickets: Tickets, rows: Rows, clock: Clock
) -> None:
    """Let what was paid come back: the diamonds are the creator's again."""
    asked = earnings.payouts[record]
    creator = earnings.creators[asked.creator]
    asset = rates.of[creator.region].asset
    creator.diamonds += asked.back
    post(totals, PAYOUT_RETURN, EXCHANGE, DIAMONDS, -asked.back)
    post(totals, PAYOUT_RETURN, HOLDER, DIAMONDS, asked.back)
    post(totals, PAYOUT_RETURN, BANK, asset, -asked.cash_back)
    post(totals, PAYOUT_RETURN, PLATFORM, asset, asked.cash_back)
    row = _note(earnings, asked.creator, PAYOUT_RETURN, asked.back, ACCEPTED, rates, rows, clock)
    rows.row[row].refers = asked.ticket
    give_back(tickets, asked.ticket)
    release(earnings.payments, record)
