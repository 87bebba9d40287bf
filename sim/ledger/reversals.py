"""The rules by which a topup is undone: unspent coins given back for money, and a chargeback by the bank."""

from typing import Final

from sim.ledger.accounts import BANK, EXCHANGE, PLATFORM, STORE, TAX, Account, Kind
from sim.ledger.coins import take_coins
from sim.ledger.errors import LedgerError
from sim.ledger.money import COIN, format_amount
from sim.ledger.operations import Op, Operation, Rule
from sim.ledger.outcomes import Outcome
from sim.ledger.postings import Decision, Posting, declined
from sim.ledger.state import Holder, Lot, State, Topup


def coin_refund(state: State, operation: Operation) -> Decision:
    """The right to withdraw: what is unspent of a topup goes back, with its share of price, store fee and tax.

    Wrong state: too late, or not the coins that are left of it.
    """
    viewer = state.holder(operation.actor, Kind.VIEWER)
    bought = _paid_topup(state, operation)
    if state.is_suspended(viewer, operation.at_us):
        return declined(Outcome.SUSPENDED)
    if viewer.coins < 0:
        return declined(Outcome.FROZEN)
    lot = _lot_of(viewer, operation.ref)
    if lot is None or lot.left != operation.amount or _is_too_late(state, operation, viewer, bought):
        return declined(Outcome.WRONG_STATE)

    bought.refunded = lot.left
    posting = Posting()
    posting.move(COIN, lot.left, viewer.account, EXCHANGE)
    for total, source, target in _moves(bought):
        posting.move(bought.currency, total - bought.left_of(total), source, target)
    _put_first(viewer, operation.ref)
    take_coins(viewer, lot.left, posting)
    return posting.accepted()


def _is_too_late(state: State, operation: Operation, viewer: Holder, bought: Topup) -> bool:
    window_us = state.terms.get(Rule.COIN_REFUND_WINDOW, operation.at_us, region=viewer.region)
    return operation.at_us >= bought.at_us + window_us


def _moves(bought: Topup) -> tuple[tuple[int, Account, Account], ...]:
    """How the money of a whole topup goes back."""
    return (bought.store_fee, STORE, PLATFORM), (bought.tax, TAX, PLATFORM), (bought.price, PLATFORM, BANK)


def chargeback(state: State, operation: Operation) -> Decision:
    """What was not given back of a topup reversed: its own coins first, then other lots, then a balance below zero."""
    viewer = state.holder(operation.actor, Kind.VIEWER)
    bought = _paid_topup(state, operation)
    _check_price(operation, bought)
    if bought.charged_back or not bought.coins_left:
        return declined(Outcome.WRONG_STATE)
    bought.charged_back = True

    posting = Posting()
    for total, source, target in _moves(bought):
        posting.move(bought.currency, bought.left_of(total), source, target)
    posting.move(COIN, bought.coins_left, viewer.account, EXCHANGE)
    _put_first(viewer, operation.ref)  # so that the coins just paid back are the first to go
    take_coins(viewer, bought.coins_left, posting)
    return posting.accepted()


def _paid_topup(state: State, operation: Operation) -> Topup:
    bought = state.topups.get(operation.ref)
    if bought is None or bought.viewer != operation.actor or bought.currency == COIN:
        raise LedgerError(f"{operation.op.code} of {operation.ref}: expected a paid topup of the same viewer")
    return bought


def _check_price(operation: Operation, bought: Topup) -> None:
    left = bought.disputable
    if (operation.amount, operation.currency) != (left, bought.currency):
        stated = format_amount(operation.amount, operation.currency)
        expected = format_amount(left, bought.currency)
        raise LedgerError(f"chargeback of {operation.ref} over {stated}: expected the topup's {expected}")


def _put_first(viewer: Holder, topup: int) -> None:
    own = _lot_of(viewer, topup)
    if own is not None:
        viewer.lots.remove(own)
        viewer.lots.appendleft(own)


def _lot_of(viewer: Holder, topup: int) -> Lot | None:
    return next((lot for lot in viewer.lots if lot.topup == topup), None)


RULES: Final = {Op.CHARGEBACK: chargeback, Op.COIN_REFUND: coin_refund}
