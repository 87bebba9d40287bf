"""The settlement of one boundary: what was proposed happens, in canonical order, and is written down as rows.

    receive(room, orders, ...)              # when a window closes: what viewers ordered in it
    due_at(room, boundary, counts)          # at the boundary: how much can be due
    propose_due(room, ...)                  # what is
    carry_out(room, ...)                    # and what comes of it

All is about the same `Books`, whose room is handed over.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.behavior.commerce import Commerce
from sim.behavior.types import Int64Array
from sim.compiled import inner, on_columns, rule
from sim.engines.columns import earnings as earning
from sim.engines.columns import orders as selling
from sim.engines.columns import takings as taking
from sim.engines.columns.agenda import Int32Array, due_at_most
from sim.engines.columns.codes import AFFILIATE, BALANCE, CANCEL, CAPTURE, PAYOUT_RETURN, REFUND, SETTLE
from sim.engines.columns.earnings import CashOut, Earnings
from sim.engines.columns.held import Room, within
from sim.engines.columns.orders import Fulfilment, Sales
from sim.engines.columns.proposals import ANSWERS_NOTHING, Clock, Proposals
from sim.engines.columns.rates import Rates
from sim.engines.columns.returns import Returns
from sim.engines.columns.rows import Rows, Structs, Tickets
from sim.engines.columns.totals import Totals


class Books(NamedTuple):
    """What creators and sellers have and owe, the terms, and what counts operations.

    `numbers` is [operations that others answer, so far]; `settle_floor` the least takings to be asked for, by region.
    """

    sales: Sales
    fulfilment: Fulfilment
    earnings: Earnings
    cash_out: CashOut
    settle_every_days: float
    settle_floor: Int64Array
    commerce: Commerce
    rates: Rates
    totals: Totals
    tickets: Tickets
    numbers: Int64Array


books_in = within(Books)


@on_columns
def receive(room: Room, orders: Structs, made: Int64Array, late: Int32Array, clock: Clock) -> int:
    """Take a window's orders from stock, or cancel them at once; returns how many are late.

    Parameters
    ----------
    made : gets the ticket of each
    late : gets those that are to be cancelled before their sellers hear of them: their pieces come back after this
        boundary
    """
    books = books_in(room)
    return selling.receive(
        books.sales,
        orders,
        books.commerce,
        books.fulfilment,
        books.rates,
        books.totals,
        books.tickets,
        books.numbers,
        made,
        late,
        clock,
    )


@on_columns
def due_at(room: Room, boundary: int, counts: Int64Array) -> bool:
    """Whether anything can be due; `counts` gets how many orders, turns to cash out, payments, and turns of sellers."""
    books = books_in(room)
    earnings, sales = books.earnings, books.sales
    agendas = (sales.agenda, earnings.turns, earnings.payments, sales.takings.turns)
    any_due = False
    for n in range(len(agendas)):
        counts[n] = due_at_most(agendas[n], boundary)
        any_due |= counts[n] > 0
    return any_due


@rule
def propose_due(
    room: Room, found: Int32Array, payout_day: npt.NDArray[np.bool_], proposals: Proposals, clock: Clock
) -> int:
    """Propose what is due, where `payout_day` also what its regions' creators want; returns how many proposals."""
    books = books_in(room)
    selling.orders_due(books.sales, found, proposals, clock)
    earning.earnings_due(books.earnings, found, books.cash_out, payout_day, proposals, clock)
    taking.takings_due(
        books.sales.takings,
        found,
        books.sales.n_creators,
        books.settle_every_days,
        books.settle_floor,
        books.rates,
        proposals,
        clock,
    )
    return int(proposals.made[0])


@on_columns
def carry_out(room: Room, proposals: Proposals, order: Int64Array, returns: Returns, rows: Rows, clock: Clock) -> None:
    """Let everything proposed happen in an order, a row for each."""
    books = books_in(room)
    sales, fulfilment, earnings, cash_out = books.sales, books.fulfilment, books.earnings, books.cash_out
    rates, totals, tickets, numbers = books.rates, books.totals, books.tickets, books.numbers
    for k in order:
        wanted = proposals.wanted[k]
        op, record = wanted.op, wanted.record
        if op == CANCEL:
            selling.cancel(sales, record, rates, totals, tickets, returns, rows, clock)
        elif op == REFUND:
            selling.refund(sales, record, fulfilment, rates, totals, tickets, returns, rows, clock)
        elif op == CAPTURE:
            selling.capture(sales, record, fulfilment, rates, totals, tickets, numbers, rows, clock)
        elif op == AFFILIATE:
            selling.share(sales, record, rates, totals, tickets, rows, clock)
        elif op == SETTLE:
            paid = taking.settle(sales.takings, record, wanted.actor, wanted.amount, rates, totals, rows, clock)
            if record >= sales.n_creators:
                sales.trade.paid_out[record - sales.n_creators] += paid
        else:
            _of_creator(
                wanted.op,
                record,
                wanted.number,
                wanted.amount,
                earnings,
                cash_out,
                rates,
                totals,
                tickets,
                numbers,
                rows,
                clock,
            )


@inner
def _of_creator(
    op: int,
    record: int,
    number: int,
    amount: int,
    earnings: Earnings,
    cash_out: CashOut,
    rates: Rates,
    totals: Totals,
    tickets: Tickets,
    numbers: Int64Array,
    rows: Rows,
    clock: Clock,
) -> None:
    """Let what is about a creator's earnings happen."""
    if op == PAYOUT_RETURN:
        earning.come_back(earnings, record, rates, totals, tickets, rows, clock)
    elif op == BALANCE:
        earning.look(earnings, record, rates, rows, clock)
    elif number == ANSWERS_NOTHING:
        earning.request(earnings, record, amount, cash_out, rates, totals, tickets, numbers, rows, clock)
    else:
        earning.pay(earnings, record, cash_out, rates, totals, tickets, rows, clock)
