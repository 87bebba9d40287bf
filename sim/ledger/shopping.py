"""The rules of shopping: order, capture, cancel, refund and an affiliate's share.

An order waits in the buyer's escrow until delivery: money, perhaps partly a voucher's, or coins, whose cost then stays
with the exchange. Amounts of money are net of order tax, which travels beside them; coins contain it. Whatever is
cancelled or refunded takes its share of the tax along, and a refund its share of the commission.
"""

from typing import Final

from sim.ledger import vouchers
from sim.ledger.accounts import BANK, EXCHANGE, PLATFORM, TAX, Kind
from sim.ledger.coins import DAY_US, give_back, spending_outcome, take_lots
from sim.ledger.errors import LedgerError
from sim.ledger.money import COIN, CURRENCIES, NONE, commission_of, portion, tax_inside
from sim.ledger.operations import NO_REF, Op, Operation, Rule
from sim.ledger.outcomes import Outcome
from sim.ledger.postings import Decision, Posting, declined, escrow_account
from sim.ledger.state import Holder, Lot, Order, State, Voucher


def order(state: State, operation: Operation) -> Decision:
    """What is paid, and its tax, into the buyer's escrow."""
    buyer = state.holder(operation.actor, Kind.VIEWER)
    seller = state.holder(operation.peer, Kind.SELLER)
    if operation.currency == COIN and operation.ref == NO_REF:
        return _pay_in_coins(state, operation, buyer, seller)
    voucher = None if operation.ref == NO_REF else vouchers.voucher_of(state, operation, buyer)
    outcome = _money_outcome(state, operation, buyer, voucher)
    if outcome != Outcome.ACCEPTED:
        return declined(outcome)
    return _pay_in_money(state, operation, buyer, seller, voucher)


def _money_outcome(state: State, operation: Operation, buyer: Holder, voucher: Voucher | None) -> Outcome:
    if state.is_suspended(buyer, operation.at_us):
        return Outcome.SUSPENDED
    if voucher is None:
        return Outcome.ACCEPTED
    if voucher.is_gone or 0 < voucher.expires_us <= operation.at_us:
        return Outcome.WRONG_STATE
    return Outcome.BELOW_FLOOR if operation.amount < voucher.minimum else Outcome.ACCEPTED


def _pay_in_money(
    state: State, operation: Operation, buyer: Holder, seller: Holder, voucher: Voucher | None
) -> Decision:
    currency, amount = operation.currency, operation.amount
    tax = portion(amount, state.terms.get(Rule.ORDER_TAX, operation.at_us, region=buyer.region))
    bought = Order(buyer.id, seller.id, currency, amount, tax, left=amount, pays=currency, net=amount)
    state.orders[operation.seq] = bought
    escrow = escrow_account(buyer.id)
    posting = Posting()
    if voucher is not None:
        bought.credit = min(voucher.amount, amount + tax)
        posting.move(currency, bought.credit, buyer.account, escrow)
        posting.move(currency, vouchers.take(buyer, voucher) - bought.credit, buyer.account, PLATFORM)
    posting.move(currency, amount + tax - bought.credit, BANK, escrow)
    return posting.accepted()


def _pay_in_coins(state: State, operation: Operation, buyer: Holder, seller: Holder) -> Decision:
    """Bought coins only: rewards don't pay. What they are worth to the seller is settled now."""
    at, coins = operation.at_us, operation.amount
    value = state.terms.demand(Rule.SHOP_COIN_VALUE, at, region=buyer.region)
    day = at // DAY_US
    spent = buyer.spent.on(day, COIN) + coins
    outcome = spending_outcome(state, buyer, at, spent, is_covered=coins <= buyer.coins)
    if outcome != Outcome.ACCEPTED:
        return declined(outcome)
    buyer.spent.note(day, COIN, spent)
    worth = portion(coins, value.value)
    tax = tax_inside(worth, state.terms.get(Rule.ORDER_TAX, at, region=buyer.region))
    bought = Order(buyer.id, seller.id, COIN, coins, tax, left=coins, pays=value.currency, net=worth - tax)
    bought.lots = take_lots(buyer, coins, operation.seq)
    buyer.coins -= coins
    state.orders[operation.seq] = bought
    posting = Posting()
    posting.move(COIN, coins, buyer.account, escrow_account(buyer.id))
    return posting.accepted()


def capture(state: State, operation: Operation) -> Decision:
    """On delivery: what is still in escrow to the seller, less commission; tax to the state's account."""
    seller = state.holder(operation.actor, Kind.SELLER)
    bought = _answered(state.orders, operation, buyer=operation.peer, seller=seller.id)
    amount, net = bought.in_escrow, bought.net_left
    if operation.amount != amount:  # delivered, cancelled, or partly cancelled meanwhile
        return declined(Outcome.WRONG_STATE)
    commission = commission_on(state, seller, net, bought.pays, operation.at_us)
    escrow, source = escrow_account(bought.buyer), escrow_account(bought.buyer)
    posting = Posting()
    if bought.currency == COIN:
        source = PLATFORM
        posting.move(COIN, amount, escrow, EXCHANGE)
        for lot in bought.lots:
            posting.move(lot.currency, lot.take(lot.left), EXCHANGE, PLATFORM)
    posting.move(bought.pays, net, source, seller.account)
    posting.move(bought.pays, commission, seller.account, PLATFORM)
    posting.move(bought.pays, bought.tax_left, source, TAX)
    seller.add_cash(bought.pays, net - commission)
    bought.captured, bought.commission = amount, commission
    state.captures[operation.seq] = bought
    return posting.accepted()


def commission_on(state: State, seller: Holder, net: int, currency: int, at_us: int) -> int:
    """What the platform takes of so much, net of tax, that is delivered now; the flat part in its own currency only."""
    promotion = state.terms.get(Rule.NEW_SELLER, at_us, account=seller.id, region=seller.region)
    rate, flat = (
        state.terms.get(rule, at_us, item=promotion, region=seller.region, currency=unit)
        for rule, unit in ((Rule.COMMISSION, NONE), (Rule.COMMISSION_FLAT, currency))
    )
    return commission_of(net, rate, flat)


def cancel(state: State, operation: Operation) -> Decision:
    """Before delivery: all or part of the escrow back to whom it came from, with its tax."""
    buyer = state.holder(operation.actor, Kind.VIEWER)
    bought = _answered(state.orders, operation, buyer=buyer.id)
    if operation.amount > bought.in_escrow:
        return declined(Outcome.WRONG_STATE)
    before = bought.parts_left
    bought.left -= operation.amount
    escrow = escrow_account(buyer.id)
    posting = Posting()
    if bought.currency == COIN:
        posting.move(COIN, operation.amount, escrow, buyer.account)
        for lot in _taken(bought.lots, operation.amount):
            give_back(buyer, lot, posting)
    else:
        net, tax, credit = before - bought.parts_left
        posting.move(bought.pays, net + tax - credit, escrow, BANK)
        posting.move(bought.pays, credit, escrow, PLATFORM)
    return posting.accepted()


def _taken(lots: list[Lot], coins: int) -> list[Lot]:
    """Coins out of an order's lots, each with its share of cost and price."""
    taken = []
    for lot in lots:
        part = lot.part(min(lot.left, coins))
        coins -= part.left
        taken.append(part)
    return [part for part in taken if part.left]


def refund(state: State, operation: Operation) -> Decision:
    """After delivery: all or part back to the buyer; the platform returns its commission, less a fee.

    Coins are minted again, as a lot that costs what seller and tax have given back.
    """
    buyer = state.holder(operation.actor, Kind.VIEWER)
    seller = state.holder(operation.peer, Kind.SELLER)
    bought = _answered(state.captures, operation, buyer=buyer.id, seller=seller.id)
    if operation.amount > bought.left:
        return declined(Outcome.WRONG_STATE)
    before, commission_before, currency = bought.parts_left, bought.commission_left, bought.pays
    bought.left -= operation.amount
    net, tax, credit = before - bought.parts_left
    commission = commission_before - bought.commission_left
    returned = commission - _refund_fee(state, bought, operation.at_us, commission, seller.region)
    target = EXCHANGE if bought.currency == COIN else BANK
    posting = Posting()
    posting.move(currency, net, seller.account, target)
    posting.move(currency, returned, PLATFORM, seller.account)
    posting.move(currency, tax, TAX, target)
    posting.move(currency, credit, target, PLATFORM)
    seller.add_cash(currency, returned - net)
    if bought.currency == COIN:
        coins, worth = operation.amount, net + tax
        posting.move(COIN, coins, EXCHANGE, buyer.account)
        give_back(buyer, Lot(operation.seq, operation.at_us, coins, worth, worth, currency, left=coins), posting)
    return posting.accepted()


def _refund_fee(state: State, bought: Order, at_us: int, commission: int, region: int) -> int:
    """The fee on all commission given back so far, less what was taken before: so parts cost what the whole does."""
    so_far = bought.commission - bought.commission_left
    whole = portion(so_far, state.terms.get(Rule.REFUND_FEE, at_us, region=region))
    whole = min(whole, state.terms.get(Rule.REFUND_FEE_CAP, at_us, whole, region=region, currency=bought.pays))
    fee = min(max(whole - bought.refund_fee, 0), commission)  # terms may have changed between two parts
    bought.refund_fee += fee
    return fee


def affiliate(state: State, operation: Operation) -> Decision:
    """The seller's share to the creator who brought the order. Wrong state: paid before, or more than is left."""
    creator = state.holder(operation.actor, Kind.CREATOR)
    seller = state.holder(operation.peer, Kind.SELLER)
    sold = state.captures.get(operation.ref)
    if sold is None or sold.seller != seller.id:
        raise LedgerError(f"affiliate of {operation.ref}: expected the capture of an order from the same seller")
    _check_currency(operation, sold.pays)
    if sold.affiliate_paid or operation.amount > sold.net_left:
        return declined(Outcome.WRONG_STATE)
    sold.affiliate_paid = True
    seller.add_cash(operation.currency, -operation.amount)
    creator.add_cash(operation.currency, operation.amount)
    posting = Posting()
    posting.move(operation.currency, operation.amount, seller.account, creator.account)
    return posting.accepted()


def _answered(orders: dict[int, Order], operation: Operation, *, buyer: int, seller: int | None = None) -> Order:
    """The order that an operation answers, if it is between the same two and in the same currency."""
    bought = orders.get(operation.ref)
    if bought is None or bought.buyer != buyer or seller not in (None, bought.seller):
        answers = "the capture of an order" if operation.op == Op.REFUND else "an accepted order"
        raise LedgerError(f"{operation.op.code} of {operation.ref}: expected {answers} between the same accounts")
    _check_currency(operation, bought.currency)
    return bought


def _check_currency(operation: Operation, currency: int) -> None:
    if operation.currency != currency:
        stated, expected = CURRENCIES[operation.currency].name, CURRENCIES[currency].name
        raise LedgerError(f"{operation.op.code} of {operation.ref} in {stated}: expected the order's {expected}")


RULES: Final = {
    Op.ORDER: order,
    Op.CAPTURE: capture,
    Op.CANCEL: cancel,
    Op.REFUND: refund,
    Op.AFFILIATE: affiliate,
}
