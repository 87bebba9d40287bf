"""The settlement of one boundary: what was proposed happens, in canonical order, and is written down as rows."""

from sim.behavior.types import Int64Array
from sim.compiled import inner, rule
from sim.engines.columns import earnings as earning
from sim.engines.columns import orders as selling
from sim.engines.columns import takings as taking
from sim.engines.columns.codes import AFFILIATE, BALANCE, CANCEL, CAPTURE, PAYOUT_RETURN, REFUND, SETTLE
from sim.engines.columns.earnings import CashOut, Earnings
from sim.engines.columns.orders import Fulfilment, Sales
from sim.engines.columns.proposals import ANSWERS_NOTHING, Clock, Proposals
from sim.engines.columns.rates import Rates
from sim.engines.columns.returns import Returns
from sim.engines.columns.rows import Rows, Tickets
from sim.engines.columns.totals import Totals


@rule
def carry_out(
    proposals: Proposals,
    order: Int64Array,
    sales: Sales,
    fulfilment: Fulfilment,
    earnings: Earnings,
    cash_out: CashOut,
    rates: Rates,
    totals: Totals,
    tickets: Tickets,
    numbers: Int64Array,
    returns: Returns,
    rows: Rows,
    clock: Clock,
) -> None:
    """Let everything proposed happen in an order, a row for each."""
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
