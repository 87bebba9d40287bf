"""The rules by which a topup is undone: unspent coins given back for money, and a chargeback by the bank."""

from typing import Final

from sim.ledger.accounts import BANK, EXCHANGE, PLATFORM, STORE, TAX, Kind
from sim.ledger.coins import take_coins
from sim.ledger.errors import LedgerError
from sim.ledger.money import COIN, format_amount, share_left
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

    coins = bought.refunded = lot.left
    posting = Posting()
    posting.move(COIN, coins, viewer.account, EXCHANGE)
    posting.move(bought.currency, _share(bought.store_fee, coins, bought), STORE, PLATFORM)
    posting.move(bought.currency, _share(bought.tax, coins, bought), TAX, PLATFORM)
    posting.move(bought.currency, _share(bought.price, coins, bought), PLATFORM, BANK)
    _put_first(viewer, operation.ref)
    take_coins(viewer, coins, posting)
    return posting.accepted()


def _is_too_late(state: State, operation: Operation, viewer: Holder, bought: Topup) -> bool:
    window_us = state.terms.get(Rule.COIN_REFUND_WINDOW, operation.at_us, region=viewer.region)
    return operation.at_us >= bought.at_us + window_us


def _share(total: int, coins: int, bought: Topup) -> int:
    """What leaves of a topup's money with the last of its coins."""
    return total - share_left(total, bought.coins - coins, bought.coins)


def chargeback(state: State, operation: Operation) -> Decision:
    """A topup reversed in full: its own coins first, then other lots, then a balance below zero."""
    viewer = state.holder(operation.actor, Kind.VIEWER)
    bought = _paid_topup(state, operation)
    _check_price(operation, bought)
    if bought.charged_back or bought.refunded:
        return declined(Outcome.WRONG_STATE)
    bought.charged_back = True

    posting = Posting()
    posting.move(bought.currency, bought.store_fee, STORE, PLATFORM)
    posting.move(bought.currency, bought.tax, TAX, PLATFORM)
    posting.move(bought.currency, bought.price, PLATFORM, BANK)
    posting.move(COIN, bought.coins, viewer.account, EXCHANGE)
    _put_first(viewer, operation.ref)  # so that the coins just paid back are the first to go
    take_coins(viewer, bought.coins, posting)
    return posting.accepted()


def _paid_topup(state: State, operation: Operation) -> Topup:
    bought = state.topups.get(operation.ref)
    if bought is None or bought.viewer != operation.actor or bought.currency == COIN:
        raise LedgerError(f"{operation.op.code} of {operation.ref}: expected a paid topup of the same viewer")
    return bought


def _check_price(operation: Operation, bought: Topup) -> None:
    if (operation.amount, operation.currency) != (bought.price, bought.currency):
        stated = format_amount(operation.amount, operation.currency)
        expected = format_amount(bought.price, bought.currency)
        raise LedgerError(f"chargeback of {operation.ref} over {stated}: expected the topup's {expected}")


def _put_first(viewer: Holder, topup: int) -> None:
    own = _lot_of(viewer, topup)
    if own is not None:
        viewer.lots.remove(own)
        viewer.lots.appendleft(own)


def _lot_of(viewer: Holder, topup: int) -> Lot | None:
    return next((lot for lot in viewer.lots if lot.topup == topup), None)


RULES: Final = {Op.CHARGEBACK: chargeback, Op.COIN_REFUND: coin_refund}
