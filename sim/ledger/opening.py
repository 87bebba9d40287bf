"""The rules before any money moves: open and policy; and of what moves none: balance and history."""

from typing import Final

from sim.ledger.accounts import BANK, EXCHANGE, NOBODY, Kind, account_name, kind_of
from sim.ledger.errors import LedgerError
from sim.ledger.money import COIN, CURRENCIES, DIAMOND, FIAT, REWARD, is_fiat
from sim.ledger.operations import NO_ITEM, Op, Operation, Rule
from sim.ledger.postings import NOTHING_MOVES, Decision, Posting
from sim.ledger.state import Holder, Lot, RewardLot, State
from sim.ledger.terms import TIER_MAX

_HELD_BY: Final = {
    Kind.VIEWER: frozenset({COIN, REWARD}),
    Kind.CREATOR: frozenset({DIAMOND}),
    Kind.SELLER: FIAT,
}


def open_account(state: State, operation: Operation) -> Decision:
    """A new account, perhaps with an opening balance; opening coins form a lot that cost nothing."""
    kind, account = kind_of(operation.actor), operation.actor
    currency, amount = operation.currency, operation.amount
    if account in state.holders:
        raise LedgerError(f"{account_name(account)} is open already: expected one open an account")
    if amount and currency not in _HELD_BY[kind]:
        raise LedgerError(f"open of {account_name(account)}: no {kind.name.lower()} holds {CURRENCIES[currency].name}")
    holder = Holder(account, operation.region, _tier(kind, operation))
    state.holders[account] = holder
    posting = Posting()
    if amount:
        _stock(holder, operation)
        posting.move(currency, amount, BANK if is_fiat(currency) else EXCHANGE, holder.account)
    return posting.accepted()


def _tier(kind: Kind, operation: Operation) -> int:
    """How well a viewer is identified: 0 by nothing, 3 in person."""
    tier = 0 if operation.item == NO_ITEM else operation.item
    if tier and (kind != Kind.VIEWER or not 0 <= tier <= TIER_MAX):
        expected = f"a viewer's tier from 0 to {TIER_MAX}, or none"
        raise LedgerError(f"open of {account_name(operation.actor)} item {tier}: expected {expected}")
    return tier


def _stock(holder: Holder, operation: Operation) -> None:
    currency, amount = operation.currency, operation.amount
    if currency == COIN:
        holder.coins = amount
        holder.lots.append(Lot(operation.seq, operation.at_us, amount, 0, 0, COIN, left=amount))
    elif currency == REWARD:
        holder.add_rewards(RewardLot(operation.seq, amount, 0))
    elif currency == DIAMOND:
        holder.diamonds = amount
    else:
        holder.add_cash(currency, amount)


def set_policy(state: State, operation: Operation) -> Decision:
    """A number of the terms, from the operation's instant on."""
    try:
        rule = Rule(operation.peer)
    except ValueError:
        raise LedgerError(f"policy rule {operation.peer}: expected a code from 1 to {max(Rule)}") from None
    if operation.actor != NOBODY:
        kind_of(operation.actor)  # refuses what is no account; it may be opened later
    state.terms.set(
        rule,
        operation.amount,
        at_us=operation.at_us,
        seq=operation.seq,
        account=operation.actor,
        item=operation.item,
        region=operation.region,
        currency=operation.currency,
    )
    return NOTHING_MOVES


def read(state: State, operation: Operation) -> Decision:
    """Nothing moves; the account must be there."""
    state.holder(operation.actor)
    return NOTHING_MOVES


RULES: Final = {Op.OPEN: open_account, Op.POLICY: set_policy, Op.BALANCE: read, Op.HISTORY: read}
