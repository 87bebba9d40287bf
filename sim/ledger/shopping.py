"""The rules of shopping: order, capture, cancel, refund and an affiliate's share.

Money waits in the buyer's escrow until delivery.

Amounts are net of order tax, which travels beside them. Whatever is cancelled or refunded takes its share of the tax
along, and a refund its share of the commission.
"""

from typing import Final

from sim.ledger.accounts import BANK, PLATFORM, TAX, Kind
from sim.ledger.errors import LedgerError
from sim.ledger.money import CURRENCIES, portion
from sim.ledger.operations import Op, Operation, Rule
from sim.ledger.outcomes import Outcome
from sim.ledger.postings import Decision, Posting, declined, escrow_account
from sim.ledger.state import Order, State


def order(state: State, operation: Operation) -> Decision:
    """The price and its tax into the buyer's escrow."""
    buyer = state.holder(operation.actor, Kind.VIEWER)
    seller = state.holder(operation.peer, Kind.SELLER)
    if state.is_suspended(buyer, operation.at_us):
        return declined(Outcome.SUSPENDED)
    currency, amount = operation.currency, operation.amount
    tax = portion(amount, state.terms.get(Rule.ORDER_TAX, operation.at_us, region=buyer.region))
    state.orders[operation.seq] = Order(buyer.id, seller.id, currency, amount, tax, left=amount)
    posting = Posting()
    posting.move(currency, amount + tax, BANK, escrow_account(buyer.id))
    return posting.accepted()


def capture(state: State, operation: Operation) -> Decision:
    """On delivery: what is still in escrow to the seller, less commission; tax to the state's account."""
    seller = state.holder(operation.actor, Kind.SELLER)
    bought = _answered(state.orders, operation, buyer=operation.peer, seller=seller.id)
    amount, tax = bought.in_escrow, bought.tax_left
    if operation.amount != amount:  # delivered, cancelled, or partly cancelled meanwhile
        return declined(Outcome.WRONG_STATE)
    commission = portion(amount, state.terms.get(Rule.COMMISSION, operation.at_us, region=seller.region))
    escrow, account = escrow_account(bought.buyer), seller.account
    posting = Posting()
    posting.move(bought.currency, amount, escrow, account)
    posting.move(bought.currency, commission, account, PLATFORM)
    posting.move(bought.currency, tax, escrow, TAX)
    seller.add_cash(bought.currency, amount - commission)
    bought.captured, bought.commission = amount, commission
    state.captures[operation.seq] = bought
    return posting.accepted()


def cancel(state: State, operation: Operation) -> Decision:
    """Before delivery: all or part of the escrow back to the buyer, with its tax."""
    buyer = state.holder(operation.actor, Kind.VIEWER)
    bought = _answered(state.orders, operation, buyer=buyer.id)
    if operation.amount > bought.in_escrow:
        return declined(Outcome.WRONG_STATE)
    tax_before = bought.tax_left
    bought.left -= operation.amount
    posting = Posting()
    posting.move(bought.currency, operation.amount + tax_before - bought.tax_left, escrow_account(buyer.id), BANK)
    return posting.accepted()


def refund(state: State, operation: Operation) -> Decision:
    """After delivery: all or part back to the buyer; the platform returns its commission, less a fee."""
    buyer = state.holder(operation.actor, Kind.VIEWER)
    seller = state.holder(operation.peer, Kind.SELLER)
    bought = _answered(state.captures, operation, buyer=buyer.id, seller=seller.id)
    amount, currency = operation.amount, bought.currency
    if amount > bought.left:
        return declined(Outcome.WRONG_STATE)
    tax_before, commission_before = bought.tax_left, bought.commission_left
    bought.left -= amount
    commission = commission_before - bought.commission_left
    returned = commission - _refund_fee(state, operation, commission, seller.region)
    account = seller.account
    posting = Posting()
    posting.move(currency, amount, account, BANK)
    posting.move(currency, returned, PLATFORM, account)
    posting.move(currency, tax_before - bought.tax_left, TAX, BANK)
    seller.add_cash(currency, returned - amount)
    return posting.accepted()


def _refund_fee(state: State, operation: Operation, commission: int, region: int) -> int:
    at, currency = operation.at_us, operation.currency
    fee = portion(commission, state.terms.get(Rule.REFUND_FEE, at, region=region))
    return min(fee, state.terms.get(Rule.REFUND_FEE_CAP, at, fee, region=region, currency=currency))


def affiliate(state: State, operation: Operation) -> Decision:
    """The seller's share to the creator who brought the order. Wrong state: paid before, or more than is left."""
    creator = state.holder(operation.actor, Kind.CREATOR)
    seller = state.holder(operation.peer, Kind.SELLER)
    sold = state.captures.get(operation.ref)
    if sold is None or sold.seller != seller.id:
        raise LedgerError(f"affiliate of {operation.ref}: expected the capture of an order from the same seller")
    _check_currency(operation, sold.currency)
    if sold.affiliate_paid or operation.amount > sold.left:
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
