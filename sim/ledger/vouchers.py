"""The rules of vouchers: store credit that the platform grants, until it is used for one order or its life has passed.

What an order doesn't need of its voucher goes back to the platform at once; the rest follows the order: to the seller
when it is delivered, to the platform for what is cancelled or refunded.
"""

from typing import Final

from sim.ledger.accounts import PLATFORM, Kind
from sim.ledger.errors import LedgerError
from sim.ledger.money import CURRENCIES
from sim.ledger.operations import Op, Operation, Rule
from sim.ledger.outcomes import Outcome
from sim.ledger.postings import Decision, Posting, declined
from sim.ledger.state import Holder, State, Voucher


def grant(state: State, operation: Operation) -> Decision:
    """Credit for one order, with the life and the least order that the terms say now."""
    viewer = state.holder(operation.actor, Kind.VIEWER)
    at, currency, region = operation.at_us, operation.currency, viewer.region
    if state.is_suspended(viewer, at):
        return declined(Outcome.SUSPENDED)
    life_us = state.terms.get(Rule.VOUCHER_LIFE, at, region=region)
    minimum = state.terms.get(Rule.VOUCHER_MINIMUM, at, region=region, currency=currency)
    expires_us = at + life_us if life_us else 0
    state.vouchers[operation.seq] = Voucher(viewer.id, currency, operation.amount, minimum, expires_us)
    viewer.add_cash(currency, operation.amount)
    posting = Posting()
    posting.move(currency, operation.amount, PLATFORM, viewer.account)
    return posting.accepted()


def expire(state: State, operation: Operation) -> Decision:
    """An unused voucher goes back to the platform. Wrong state: used, gone, not yet due, or another amount."""
    viewer = state.holder(operation.actor, Kind.VIEWER)
    voucher = voucher_of(state, operation, viewer)
    if voucher.is_gone or operation.at_us < voucher.expires_us or operation.amount != voucher.amount:
        return declined(Outcome.WRONG_STATE)
    posting = Posting()
    posting.move(voucher.currency, take(viewer, voucher), viewer.account, PLATFORM)
    return posting.accepted()


def voucher_of(state: State, operation: Operation, viewer: Holder) -> Voucher:
    """The voucher that an operation answers, if it is the viewer's and in the same currency."""
    voucher = state.vouchers.get(operation.ref)
    if voucher is None or voucher.viewer != viewer.id:
        raise LedgerError(f"{operation.op.code} of {operation.ref}: expected a voucher of the same viewer")
    if operation.currency != voucher.currency:
        stated, expected = CURRENCIES[operation.currency].name, CURRENCIES[voucher.currency].name
        raise LedgerError(f"{operation.op.code} of {operation.ref} in {stated}: expected the voucher's {expected}")
    return voucher


def take(viewer: Holder, voucher: Voucher) -> int:
    """Use a voucher up; returns what it was worth."""
    voucher.is_gone = True
    viewer.add_cash(voucher.currency, -voucher.amount)
    return voucher.amount


RULES: Final = {Op.VOUCHER: grant}
