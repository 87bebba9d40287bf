"""The rules of earnings: payouts of diamonds, and money taken out by whoever earned it in the shop.

Diamonds go to pending when a creator asks, and out when the platform pays. Money goes at once.
"""

from typing import Final

from sim.ledger.accounts import BANK, EXCHANGE, PLATFORM, Kind, account_name, kind_of
from sim.ledger.coins import DAY_US
from sim.ledger.errors import LedgerError
from sim.ledger.money import DIAMOND, whole_units
from sim.ledger.operations import NO_REF, Op, Operation, Rule
from sim.ledger.outcomes import Outcome
from sim.ledger.postings import Decision, Posting, declined, pending_account
from sim.ledger.state import Holder, Payout, State


def payout(state: State, operation: Operation) -> Decision:
    """A request when it answers nothing; the payment when it answers a request."""
    creator = state.holder(operation.actor, Kind.CREATOR)
    return _request(state, operation, creator) if operation.ref == NO_REF else _pay(state, operation, creator)


def _request(state: State, operation: Operation, creator: Holder) -> Decision:
    value = state.terms.demand(Rule.DIAMOND_VALUE, operation.at_us, region=creator.region)
    diamonds, cash = whole_units(operation.amount, value.value)
    asked = Payout(creator.id, diamonds, cash, value.currency)
    day = operation.at_us // DAY_US
    cashed_today = creator.cashed.on(day, asked.currency)
    outcome = _request_outcome(state, operation, creator, asked, cashed_today)
    if outcome != Outcome.ACCEPTED:
        return declined(outcome)
    creator.cashed.note(day, asked.currency, cashed_today + cash)
    creator.diamonds -= diamonds
    state.payouts[operation.seq] = asked
    posting = Posting()
    posting.move(DIAMOND, diamonds, creator.account, pending_account(creator.id))
    return posting.accepted()


def _request_outcome(state: State, operation: Operation, creator: Holder, asked: Payout, cashed_today: int) -> Outcome:
    if state.is_suspended(creator, operation.at_us):
        return Outcome.SUSPENDED
    if state.exceeds(Rule.PAYOUT_CEILING, creator, operation.at_us, cashed_today + asked.cash, asked.currency):
        return Outcome.OVER_CAP
    floor = state.terms.get(Rule.PAYOUT_FLOOR, operation.at_us, region=creator.region, currency=asked.currency)
    if asked.cash < max(floor, 1):
        return Outcome.BELOW_FLOOR
    if creator.diamonds < operation.amount:
        return Outcome.INSUFFICIENT_FUNDS
    return Outcome.ACCEPTED


def _pay(state: State, operation: Operation, creator: Holder) -> Decision:
    asked = _asked(state, operation, creator)
    if asked.paid:
        return declined(Outcome.WRONG_STATE)
    asked.paid = True
    posting = Posting()
    posting.move(DIAMOND, asked.diamonds, pending_account(creator.id), EXCHANGE)
    posting.move(asked.currency, asked.cash, PLATFORM, BANK)
    return posting.accepted()


def _asked(state: State, operation: Operation, creator: Holder) -> Payout:
    asked = state.payouts.get(operation.ref)
    if asked is None or asked.creator != creator.id:
        raise LedgerError(f"{operation.op.code} of {operation.ref}: expected an accepted request of the same creator")
    if operation.amount != asked.diamonds:
        expected = f"the {asked.diamonds} diamonds that the request set aside"
        raise LedgerError(f"{operation.op.code} of {operation.ref} amount {operation.amount}: expected {expected}")
    return asked


def payout_return(state: State, operation: Operation) -> Decision:
    """What was paid came back: the diamonds are the creator's again. Wrong state: not paid, or returned before."""
    creator = state.holder(operation.actor, Kind.CREATOR)
    asked = _asked(state, operation, creator)
    if not asked.paid or asked.returned:
        return declined(Outcome.WRONG_STATE)
    asked.returned = True
    creator.diamonds += asked.diamonds
    posting = Posting()
    posting.move(DIAMOND, asked.diamonds, EXCHANGE, creator.account)
    posting.move(asked.currency, asked.cash, BANK, PLATFORM)
    return posting.accepted()


def settle(state: State, operation: Operation) -> Decision:
    """All or part of what a seller, or a creator as an affiliate, has earned in the shop."""
    earner = state.holder(operation.actor)
    if kind_of(earner.id) == Kind.VIEWER:
        raise LedgerError(f"account {account_name(earner.id)}: expected a seller or a creator")
    outcome = _settle_outcome(state, operation, earner)
    if outcome != Outcome.ACCEPTED:
        return declined(outcome)
    earner.add_cash(operation.currency, -operation.amount)
    posting = Posting()
    posting.move(operation.currency, operation.amount, earner.account, BANK)
    return posting.accepted()


def _settle_outcome(state: State, operation: Operation, earner: Holder) -> Outcome:
    at, amount, currency = operation.at_us, operation.amount, operation.currency
    if state.is_suspended(earner, at):
        return Outcome.SUSPENDED
    if amount < state.terms.get(Rule.SETTLE_FLOOR, at, region=earner.region, currency=currency):
        return Outcome.BELOW_FLOOR
    if earner.cash.get(currency, 0) < amount:
        return Outcome.INSUFFICIENT_FUNDS
    return Outcome.ACCEPTED


RULES: Final = {Op.PAYOUT: payout, Op.PAYOUT_RETURN: payout_return, Op.SETTLE: settle}
