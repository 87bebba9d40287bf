"""Orders from the window in which they were made to their delivery, cancellation or return.

What `sim.agents.seller` tells as a process an order, decided and posted as `sim.ledger.shopping` does.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.agents.merchants import NO_AFFILIATE
from sim.agents.shelves import NO_SLOT, Shelves, slot_of
from sim.agents.traders import Trade, note_order, note_sale
from sim.behavior.commerce import Commerce, may_import
from sim.behavior.delay import around, refunds_end_us
from sim.behavior.purposes import FULFILMENT, RETURN
from sim.behavior.selling import commission_of
from sim.behavior.types import Int64Array
from sim.behavior.wave import NO_WAVE, wave_of
from sim.compiled import inner, rule
from sim.engines.columns.agenda import (
    NEVER,
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
from sim.engines.columns.amounts import portion, share_left, tax_inside
from sim.engines.columns.codes import (
    ACCEPTED,
    AFFILIATE,
    BANK,
    CANCEL,
    CAPTURE,
    ESCROW,
    EXCHANGE,
    ORDER,
    PLATFORM,
    REFUND,
    TAX,
)
from sim.engines.columns.escrow import Escrow, hold, new_escrow, with_room
from sim.engines.columns.host_columns import FIRST_CREATOR, FIRST_SELLER
from sim.engines.columns.proposals import Clock, Proposals, boundary_after, propose, settled_at
from sim.engines.columns.rates import NO_LIMIT, Rates
from sim.engines.columns.returns import Returns, return_coins
from sim.engines.columns.rows import NO_TICKET, Rows, Struct, Structs, Tickets, give_back, grown, note, take_ticket
from sim.engines.columns.takings import Takings, add_cash
from sim.engines.columns.totals import COINS, Totals, post
from sim.ledger import COIN, Item
from sim.ledger.operations import ITEM_SPAN
from sim.scenario import Scenario
from sim.streams import draw, uniform

GOOD_VIDEO: Final = int(Item.GOOD_VIDEO)
GOOD_LIVE: Final = int(Item.GOOD_LIVE)
KEPT: Final = 2**62  # a boundary after every run

# An accepted order, as viewers leave it: `host` is the seller's place among all hosts, `region` the buyer's in `Rates`,
# `row` where it stands among the rows of its source, and `credit` what a voucher pays of amount and tax. One paid with
# `coins` has no amount yet; the lot that travels with it has a cost, a price and the instant when its first coins were
# bought.
ORDERED: Final = np.dtype(
    [
        ("at_us", np.int64),
        ("buyer", np.int64),
        ("amount", np.int64),
        ("credit", np.int64),
        ("occasion", np.int64),
        ("row", np.int64),
        ("coins", np.int64),
        ("cost", np.int64),
        ("price", np.int64),
        ("bought_us", np.int64),
        ("host", np.int32),
        ("item", np.int32),
        ("region", np.int32),
    ],
    align=True,
)

# An order with something still to come:
#   step                the operation that comes next: cancel, capture, refund or affiliate
#   number              in which order the operations happened that `step` answers
#   received            the boundary at which the seller heard of it
#   slot                the good's place on the shelf, or NO_SLOT where no piece would come back
#   amount              what is left of it for the seller, before commission
#   tax, commission     on the amount; the commission is known from the delivery on
#   credit              a voucher's part of amount and tax
#   coins               paid, 0 if it was money, with the cost, price and first instant of their lot
#   answer              the amount of the next operation
#   shared_at           the boundary at which an affiliate gets a part, NEVER if none does; known from the delivery on
OPEN_ORDER: Final = np.dtype(
    [
        ("number", np.int64),
        ("buyer", np.int64),
        ("amount", np.int64),
        ("tax", np.int64),
        ("commission", np.int64),
        ("credit", np.int64),
        ("coins", np.int64),
        ("cost", np.int64),
        ("price", np.int64),
        ("bought_us", np.int64),
        ("answer", np.int64),
        ("occasion", np.int64),
        ("ticket", np.int64),
        ("seller", np.int32),
        ("received", np.int32),
        ("slot", np.int32),
        ("shared_at", np.int32),
        ("item", np.int32),
        ("region", np.int32),
        ("step", np.int32),
    ]
)


class Sales(NamedTuple):
    """The sellers' side.

    Attributes
    ----------
    agenda, open : when an order's next step is due, and the order, an `OPEN_ORDER`
    escrow, coin_escrow : what waits for delivery, money and coins
    trade : what they sold this week
    takings : what sellers are owed
    affiliate : the number of the creator with whom each seller works, or NO_AFFILIATE
    region : array of shape (n_sellers,), by its place in `Rates`
    foreign, imported : origin of each seller and of each good, arrays of shape (n_sellers,) and (n_goods,)
    """

    shelves: Shelves
    agenda: Agenda
    open: Structs
    escrow: Escrow
    coin_escrow: Escrow
    trade: Trade
    takings: Takings
    affiliate: Int64Array
    n_creators: int
    region: npt.NDArray[np.uint16]
    foreign: npt.NDArray[np.bool_]
    imported: npt.NDArray[np.bool_]


class Fulfilment(NamedTuple):
    """What becomes of orders, as a scenario states it; the rate is in ppm."""

    delivery_days: float
    foreign_delivery_days: float
    cancel_rate: float
    return_rate: float
    import_return_rate: float
    return_days: float
    partial_refund_share: float
    affiliate_rate: int
    waves: Int64Array


def fulfilment_of(scenario: Scenario, waves: Int64Array) -> Fulfilment:
    """A scenario's numbers, and its waves of refunds."""
    numbers = {name: float(getattr(scenario.sellers, name)) for name in Fulfilment._fields[:-2]}
    return Fulfilment(**numbers, affiliate_rate=scenario.sellers.affiliate_rate.ppm, waves=waves)


def new_sales(
    shelves: Shelves,
    trade: Trade,
    takings: Takings,
    affiliate: Int64Array,
    n_creators: int,
    foreign: npt.NDArray[np.bool_],
    imported: npt.NDArray[np.bool_],
    n_boundaries: int,
) -> Sales:
    """No orders yet."""
    agenda = new_agenda(n_boundaries)
    open_orders = np.zeros(capacity_of(agenda), OPEN_ORDER)
    region = takings.region[n_creators:]
    return Sales(
        shelves,
        agenda,
        open_orders,
        new_escrow(),
        new_escrow(),
        trade,
        takings,
        affiliate,
        n_creators,
        region,
        foreign,
        imported,
    )


def room_for_orders(sales: Sales, more: int, in_coins: int) -> Sales:
    """The same with room for so many more orders, some of them in coins."""
    capacity = needed(sales.agenda, more)
    escrow, coin_escrow = with_room(sales.escrow, more), with_room(sales.coin_escrow, in_coins)
    if escrow is not sales.escrow or coin_escrow is not sales.coin_escrow:
        sales = sales._replace(escrow=escrow, coin_escrow=coin_escrow)
    if capacity <= capacity_of(sales.agenda):
        return sales
    agenda = enlarged(sales.agenda, capacity)
    return sales._replace(agenda=agenda, open=grown(sales.open, capacity_of(agenda)))


@inner
def receive(
    sales: Sales,
    orders: Structs,
    commerce: Commerce,
    fulfilment: Fulfilment,
    rates: Rates,
    totals: Totals,
    tickets: Tickets,
    numbers: Int64Array,
    made: Int64Array,
    late: Int32Array,
    clock: Clock,
) -> int:
    """What `settlement.receive` tells."""
    n_late = 0
    for i in range(orders.shape[0]):
        order, record = orders[i], hire(sales.agenda)
        region = int(order.region)
        bought = sales.open[record]
        bought.number = numbers[0]
        numbers[0] += 1
        bought.received = clock.boundary
        bought.buyer = order.buyer
        bought.seller = order.host - sales.n_creators
        bought.item = order.item
        bought.region = region
        bought.commission = 0
        bought.occasion = order.occasion
        bought.slot = _take_piece(sales, commerce, region, int(bought.seller), order.item % ITEM_SPAN)
        made[i] = bought.ticket = take_ticket(tickets)
        _pay(sales, record, order, rates.of[region], totals)
        if bought.slot == NO_SLOT:
            bought.step = CANCEL
            put(sales.agenda, record, clock.boundary)
            continue
        _count(sales, record, rates)
        if _promise(sales, record, order.at_us, fulfilment, clock):
            late[n_late] = record
            n_late += 1
    return n_late


@inner
def _pay(sales: Sales, record: int, order: Struct, rates: Struct, totals: Totals) -> None:
    """Put what is paid into escrow. Coins and vouchers are posted where they leave their holder; coins get a worth."""
    bought = sales.open[record]
    bought.coins = order.coins
    bought.credit = order.credit
    bought.cost = order.cost
    bought.price = order.price
    bought.bought_us = order.bought_us
    if order.coins:
        worth = portion(order.coins, rates.shop_coin_value)
        bought.tax = tax_inside(worth, rates.order_tax)
        bought.amount = worth - bought.tax
        bought.answer = order.coins
        hold(sales.coin_escrow, bought.buyer, COINS, order.coins)
        return
    bought.amount = order.amount
    bought.answer = order.amount
    bought.tax = portion(bought.amount, rates.order_tax)
    paid = bought.amount + bought.tax
    hold(sales.escrow, bought.buyer, rates.asset, paid)
    post(totals, ORDER, BANK, rates.asset, bought.credit - paid)
    post(totals, ORDER, ESCROW, rates.asset, paid - bought.credit)


@inner
def _take_piece(sales: Sales, commerce: Commerce, region: int, seller: int, good: int) -> int:
    """Put a piece aside, the later order's buyer going without; returns its place on the shelf, or NO_SLOT."""
    shelves, imported = sales.shelves, sales.imported[good]
    slot = slot_of(shelves, seller, good)
    if shelves.stock[seller, slot] <= 0 or not may_import(commerce, region, imported):
        return NO_SLOT
    if imported and commerce.left[region] > 0:
        commerce.left[region] -= 1
    shelves.stock[seller, slot] -= 1
    note_sale(sales.trade, seller, slot, shelves.stock[seller, slot])
    return slot


@inner
def _count(sales: Sales, record: int, rates: Rates) -> None:
    """Count an order that its seller accepts."""
    bought = sales.open[record]
    commission, kind = _commission(sales, record, rates), bought.item // ITEM_SPAN
    imported = sales.imported[bought.item % ITEM_SPAN]
    note_order(
        sales.trade, int(bought.seller), int(bought.slot), bought.amount, commission, kind == GOOD_LIVE, imported
    )


@inner
def _commission(sales: Sales, record: int, rates: Rates) -> int:
    """What the platform takes of an order now; the flat part in its own currency only."""
    bought = sales.open[record]
    home = rates.of[sales.region[bought.seller]]
    terms = rates.commissions[home.first_commission + sales.trade.promotion[bought.seller]]
    flat = terms.commission_flat if home.asset == rates.of[bought.region].asset else 0
    return int(commission_of(bought.amount, terms.commission, flat))


@inner
def _promise(sales: Sales, record: int, at_us: int, fulfilment: Fulfilment, clock: Clock) -> bool:
    """Plan the delivery, or the cancellation before it; returns whether that is late."""
    bought = sales.open[record]
    words = draw(clock.seed, bought.buyer, FULFILMENT, bought.occasion)
    foreign = sales.foreign[bought.seller]
    delivery_us = around(words[1], fulfilment.foreign_delivery_days if foreign else fulfilment.delivery_days)
    if uniform(words[0]) < fulfilment.cancel_rate:
        bought.step = CANCEL
        instant_us = at_us + delivery_us // 2
        put(sales.agenda, record, settled_at(clock, instant_us))
        return boundary_after(clock, instant_us) == clock.boundary
    bought.step = CAPTURE
    put(sales.agenda, record, settled_at(clock, at_us + delivery_us))
    return False


@rule
def put_back(sales: Sales, late: Int32Array) -> None:
    """Let the pieces of late orders be sold again."""
    for record in late:
        bought = sales.open[record]
        sales.shelves.stock[bought.seller, bought.slot] += 1
        bought.slot = NO_SLOT


@rule
def orders_due(sales: Sales, found: Int32Array, proposals: Proposals, clock: Clock) -> None:
    """Propose what is due for orders; the pieces of cancelled ones come back."""
    for i in range(take(sales.agenda, clock.boundary, found)):
        record = int(found[i])
        bought = sales.open[record]
        actor, peer = bought.buyer, FIRST_SELLER + int(bought.seller)
        if bought.step == CAPTURE:
            actor, peer = peer, actor
        elif bought.step == AFFILIATE:
            actor = FIRST_CREATOR + sales.affiliate[bought.seller]
        propose(proposals, int(bought.step), actor, peer, bought.number, record, 0)
        if bought.step == CANCEL and bought.slot != NO_SLOT and not _was_restocked(int(bought.received), clock):
            sales.shelves.stock[bought.seller, bought.slot] += 1


@inner
def _was_restocked(received: int, clock: Clock) -> bool:
    """Whether shelves are filled at this boundary after the pieces of an order's cancellation came back.

    Agents act at a boundary in the order in which they planned to, and shelves are filled once a day.
    """
    return clock.boundary % clock.windows_a_day == 0 and received < clock.boundary - clock.windows_a_day


@inner
def _answer(sales: Sales, record: int, rates: Rates, tickets: Tickets, rows: Rows, clock: Clock, is_last: bool) -> int:
    """Write down the next operation of an order; the last that answers a ticket lets it be free again."""
    bought = sales.open[record]
    region, seller = int(bought.region), int(bought.seller)
    actor, peer, home = bought.buyer, FIRST_SELLER + seller, region
    if bought.step == CAPTURE:
        actor, peer, home = peer, actor, int(sales.region[seller])
    elif bought.step == AFFILIATE:
        actor, home = FIRST_CREATOR + sales.affiliate[seller], int(sales.region[seller])
    in_coins = bought.coins > 0 and bought.step != AFFILIATE
    row = note(
        rows,
        clock.now_us,
        int(bought.step),
        actor,
        peer,
        int(bought.item),
        bought.answer,
        COIN if in_coins else rates.of[region].currency,
        ACCEPTED,
        rates.of[home].code,
    )
    rows.row[row].refers = bought.ticket
    if is_last:
        give_back(tickets, bought.ticket)
    return row


@inner
def cancel(
    sales: Sales,
    record: int,
    rates: Rates,
    totals: Totals,
    tickets: Tickets,
    returns: Returns,
    rows: Rows,
    clock: Clock,
) -> None:
    """Before delivery: all of the escrow back to whom it came from."""
    bought = sales.open[record]
    row = _answer(sales, record, rates, tickets, rows, clock, True)
    if bought.coins:
        hold(sales.coin_escrow, bought.buyer, COINS, -bought.coins)
        return_coins(
            returns, CANCEL, bought.buyer, bought.coins, bought.cost, bought.price, bought.bought_us, 0, 0, row
        )
    else:
        asset, paid = rates.of[bought.region].asset, bought.amount + bought.tax
        hold(sales.escrow, bought.buyer, asset, -paid)
        post(totals, CANCEL, ESCROW, asset, -paid)
        post(totals, CANCEL, BANK, asset, paid - bought.credit)
        post(totals, CANCEL, PLATFORM, asset, bought.credit)
        rows.row[row].revenue = bought.credit
    release(sales.agenda, record)


@inner
def capture(
    sales: Sales,
    record: int,
    fulfilment: Fulfilment,
    rates: Rates,
    totals: Totals,
    tickets: Tickets,
    numbers: Int64Array,
    rows: Rows,
    clock: Clock,
) -> None:
    """On delivery: the escrow to the seller, less commission, and the tax on its way; some orders come back later."""
    bought = sales.open[record]
    asset, seller = rates.of[bought.region].asset, int(bought.seller)
    commission = _commission(sales, record, rates)
    revenue = commission + _empty_escrow(sales, record, asset, totals)
    add_cash(sales.takings, totals, CAPTURE, sales.n_creators + seller, asset, bought.amount - commission)
    post(totals, CAPTURE, PLATFORM, asset, revenue)
    post(totals, CAPTURE, TAX, asset, bought.tax)
    bought.commission = commission
    sales.trade.cost_paid[seller] += sales.trade.cost[seller, bought.slot]
    number = numbers[0]
    numbers[0] += 1
    refund_at, returned = _return_of(sales, record, fulfilment, clock)
    bought.shared_at = _shared_at(sales, record, fulfilment, clock)
    if refund_at != KEPT:
        bought.shared_at = min(max(bought.shared_at, refund_at + 1), NEVER)
    returns, end = refund_at < sales.agenda.state[0], sales.agenda.state[0]
    goes_on = returns or bought.shared_at < end
    ticket = take_ticket(tickets) if goes_on else NO_TICKET  # before the order's own is given back: see `Tickets`
    row = _answer(sales, record, rates, tickets, rows, clock, True)
    rows.row[row].revenue = revenue
    rows.row[row].float_cost = -bought.cost
    rows.row[row].float_coins = -bought.coins
    rows.row[row].tax = bought.tax
    rows.row[row].makes = ticket
    bought.ticket, bought.number = ticket, number
    if returns:
        bought.step, bought.answer = REFUND, returned
        put(sales.agenda, record, refund_at)
    elif goes_on:
        _share_later(sales, record, fulfilment)
    else:
        release(sales.agenda, record)


@inner
def _empty_escrow(sales: Sales, record: int, asset: int, totals: Totals) -> int:
    """Take what was paid from escrow; returns what the platform gains by paying seller and tax for coins."""
    bought = sales.open[record]
    paid = bought.amount + bought.tax
    if not bought.coins:
        hold(sales.escrow, bought.buyer, asset, -paid)
        post(totals, CAPTURE, ESCROW, asset, -paid)
        return 0
    hold(sales.coin_escrow, bought.buyer, COINS, -bought.coins)
    post(totals, CAPTURE, ESCROW, COINS, -bought.coins)
    post(totals, CAPTURE, EXCHANGE, COINS, bought.coins)
    post(totals, CAPTURE, EXCHANGE, asset, -bought.cost)
    return int(bought.cost - paid)


@inner
def _shared_at(sales: Sales, record: int, fulfilment: Fulfilment, clock: Clock) -> int:
    """The boundary at which an affiliate gets a part of an order that is delivered now, NEVER if nobody does."""
    bought = sales.open[record]
    kind = bought.item // ITEM_SPAN
    if sales.affiliate[bought.seller] == NO_AFFILIATE or (kind != GOOD_VIDEO and kind != GOOD_LIVE):
        return NEVER
    if not portion(bought.amount, fulfilment.affiliate_rate):
        return NEVER
    end_us = refunds_end_us(clock.now_us, fulfilment.return_days, clock.window_us)
    return min(boundary_after(clock, end_us), NEVER)


@inner
def _share_later(sales: Sales, record: int, fulfilment: Fulfilment) -> None:
    """Plan an affiliate's part of what is left of an order."""
    bought = sales.open[record]
    bought.step, bought.answer = AFFILIATE, portion(bought.amount, fulfilment.affiliate_rate)
    put(sales.agenda, record, int(bought.shared_at))


@inner
def _return_of(sales: Sales, record: int, fulfilment: Fulfilment, clock: Clock) -> tuple[int, int]:
    """The boundary of a delivered order's refund, beyond every run if it is kept, and the amount."""
    bought = sales.open[record]
    words = draw(clock.seed, bought.buyer, RETURN, bought.occasion)
    imported = sales.imported[bought.item % ITEM_SPAN]
    if uniform(words[0]) >= (fulfilment.import_return_rate if imported else fulfilment.return_rate):
        region = int(bought.region)
        at_us = wave_of(clock.seed, bought.buyer, bought.occasion, clock.now_us, region, fulfilment.waves)
        return (KEPT, 0) if at_us == NO_WAVE else (settled_at(clock, at_us), bought.answer)
    in_part = uniform(words[2]) < fulfilment.partial_refund_share
    refund_at = settled_at(clock, clock.now_us + around(words[1], fulfilment.return_days))
    return refund_at, (bought.answer + 1) // 2 if in_part else bought.answer


@inner
def share(sales: Sales, record: int, rates: Rates, totals: Totals, tickets: Tickets, rows: Rows, clock: Clock) -> None:
    """When an order can't come back: the affiliate's part, from the seller."""
    bought = sales.open[record]
    asset, seller = rates.of[bought.region].asset, int(bought.seller)
    add_cash(sales.takings, totals, AFFILIATE, sales.n_creators + seller, asset, -bought.answer)
    add_cash(sales.takings, totals, AFFILIATE, int(sales.affiliate[seller]), asset, bought.answer)
    _answer(sales, record, rates, tickets, rows, clock, True)
    release(sales.agenda, record)


@inner
def refund(
    sales: Sales,
    record: int,
    fulfilment: Fulfilment,
    rates: Rates,
    totals: Totals,
    tickets: Tickets,
    returns: Returns,
    rows: Rows,
    clock: Clock,
) -> None:
    """After delivery: all or part back to the buyer; the platform returns its commission, less a fee.

    What a voucher paid goes to the platform, its share following that of amount and tax together.
    """
    bought = sales.open[record]
    asset, seller = rates.of[bought.region].asset, int(bought.seller)
    home, whole = sales.region[seller], bought.coins or bought.amount
    kept = whole - bought.answer
    left = share_left(bought.amount, kept, whole)
    returned = bought.amount - left
    commission = bought.commission - share_left(bought.commission, kept, whole)
    tax_left = share_left(bought.tax, kept, whole)
    tax, credit = bought.tax - tax_left, _credit_returned(bought, left + tax_left)
    fee = portion(commission, rates.of[home].refund_fee)
    if rates.of[home].refund_fee_cap != NO_LIMIT and rates.of[home].asset == asset:
        fee = min(fee, rates.of[home].refund_fee_cap)
    add_cash(sales.takings, totals, REFUND, sales.n_creators + seller, asset, commission - fee - returned)
    post(totals, REFUND, PLATFORM, asset, fee - commission + credit)
    post(totals, REFUND, TAX, asset, -tax)
    post(totals, REFUND, EXCHANGE if bought.coins else BANK, asset, returned + tax - credit)
    goes_on = bought.shared_at < sales.agenda.state[0] and portion(left, fulfilment.affiliate_rate) > 0
    row = _answer(sales, record, rates, tickets, rows, clock, not goes_on)
    rows.row[row].revenue = fee - commission + credit
    rows.row[row].tax = -tax
    if bought.coins:
        coins, worth = bought.answer, returned + tax
        rows.row[row].float_cost = worth
        rows.row[row].float_coins = coins
        return_coins(returns, REFUND, bought.buyer, coins, worth, worth, clock.now_us, worth, fee - commission, row)
    if goes_on:
        bought.amount = left
        _share_later(sales, record, fulfilment)
    else:
        release(sales.agenda, record)


@inner
def _credit_returned(bought: Struct, paid_left: int) -> int:
    """A voucher's part of what is taken back, where so much of amount and tax is left."""
    if not bought.credit:
        return 0
    return int(bought.credit - share_left(bought.credit, paid_left, bought.amount + bought.tax))
