"""The rules of coins: topup, reward, expiry, gift and chargeback.

Coins are bought in lots. Money received for unspent coins waits with the exchange and becomes the platform's when the
coins are spent or clawed back, oldest lot first.
"""

from typing import Final

from sim.ledger.accounts import BANK, BREAKAGE, EXCHANGE, PLATFORM, STORE, TAX, Kind
from sim.ledger.errors import LedgerError
from sim.ledger.money import COIN, DIAMOND, REWARD, format_amount, portion, tax_inside
from sim.ledger.operations import NO_ITEM, Op, Operation, Rule
from sim.ledger.outcomes import Outcome
from sim.ledger.postings import Decision, Posting, declined
from sim.ledger.state import DayTotal, Holder, Lot, RewardLot, State, Topup

DAY_US: Final = 86_400_000_000


def topup(state: State, operation: Operation) -> Decision:
    """Fiat in; store fee, tax and proceeds apart; coins minted as a lot, after what is owed."""
    viewer = state.holder(operation.actor, Kind.VIEWER)
    bought = _bought(state, operation, viewer.region)
    if state.is_suspended(viewer, operation.at_us):
        return declined(Outcome.SUSPENDED)
    if state.exceeds(Rule.BALANCE_CAP, viewer, operation.at_us, viewer.coins + bought.coins):
        return declined(Outcome.OVER_CAP)

    posting = Posting()
    posting.move(bought.currency, bought.price, BANK, EXCHANGE)
    posting.move(bought.currency, bought.store_fee, EXCHANGE, STORE)
    posting.move(bought.currency, bought.tax, EXCHANGE, TAX)
    posting.move(COIN, bought.coins, EXCHANGE, viewer.account)
    lot = Lot(operation.seq, bought.coins, bought.proceeds, bought.currency, left=bought.coins)
    owed = min(max(-viewer.coins, 0), lot.coins)
    posting.move(lot.currency, lot.take(owed), EXCHANGE, PLATFORM)
    viewer.coins += bought.coins
    if lot.left:
        viewer.lots.append(lot)
    state.topups[operation.seq] = bought
    return posting.accepted()


def _bought(state: State, operation: Operation, region: int) -> Topup:
    at, item, price = operation.at_us, operation.item, operation.amount
    if operation.currency == COIN:
        if item != NO_ITEM:
            raise LedgerError(f"topup of item {item} in coins: expected its price in a fiat currency")
        return Topup(operation.actor, price, 0, 0, 0, COIN)  # coins from outside any known pack
    coins = state.terms.demand(Rule.PACK_COINS, at, item=item, region=region).value
    tax = tax_inside(price, state.terms.get(Rule.TOPUP_TAX, at, region=region))
    fee = portion(price - tax, state.terms.get(Rule.STORE_FEE, at, item=item, region=region))
    return Topup(operation.actor, coins, price, fee, tax, operation.currency)


def reward(state: State, operation: Operation) -> Decision:
    """Reward coins minted; they cost nobody anything until they are given away."""
    viewer = state.holder(operation.actor, Kind.VIEWER)
    if state.is_suspended(viewer, operation.at_us):
        return declined(Outcome.SUSPENDED)
    life_us = state.terms.get(Rule.REWARD_LIFE, operation.at_us, region=viewer.region)
    expires_us = operation.at_us + life_us if life_us else 0
    viewer.add_rewards(RewardLot(operation.seq, operation.amount, expires_us))
    posting = Posting()
    posting.move(REWARD, operation.amount, EXCHANGE, viewer.account)
    return posting.accepted()


def expire(state: State, operation: Operation) -> Decision:
    """What is left of a reward breaks. Wrong state: already gone, not yet due, or another amount is left."""
    viewer = state.holder(operation.actor, Kind.VIEWER)
    lot = next((lot for lot in viewer.reward_lots if lot.reward == operation.ref), None)
    if lot is None or operation.at_us < lot.expires_us or operation.amount != lot.left:
        return declined(Outcome.WRONG_STATE)
    viewer.reward_lots.remove(lot)
    viewer.rewards -= lot.left
    posting = Posting()
    posting.move(REWARD, lot.left, viewer.account, BREAKAGE)
    return posting.accepted()


def gift(state: State, operation: Operation) -> Decision:
    """Coins retired, rewards first; as many diamonds minted to the creator; the spent lots' money earned."""
    viewer = state.holder(operation.actor, Kind.VIEWER)
    creator = state.holder(operation.peer, Kind.CREATOR)
    amount = operation.amount
    day = operation.at_us // DAY_US
    given_today = viewer.given.on(day, COIN)
    outcome = _gift_outcome(state, operation, viewer, given_today)
    if outcome != Outcome.ACCEPTED:
        return declined(outcome)

    viewer.given = DayTotal(day, COIN, given_today + amount)
    posting = Posting()
    account = viewer.account
    from_rewards = min(viewer.rewards, amount)
    _take_rewards(viewer, from_rewards)
    posting.move(REWARD, from_rewards, account, EXCHANGE)
    posting.move(COIN, amount - from_rewards, account, EXCHANGE)
    _take_coins(viewer, amount - from_rewards, posting)
    creator.diamonds += amount
    posting.move(DIAMOND, amount, EXCHANGE, creator.account)
    return posting.accepted()


def _gift_outcome(state: State, operation: Operation, viewer: Holder, given_today: int) -> Outcome:
    if state.is_suspended(viewer, operation.at_us):
        return Outcome.SUSPENDED
    if viewer.coins < 0:
        return Outcome.FROZEN
    if state.exceeds(Rule.SPENDING_LIMIT, viewer, operation.at_us, given_today + operation.amount):
        return Outcome.OVER_LIMIT
    if viewer.coins + viewer.rewards < operation.amount:
        return Outcome.INSUFFICIENT_FUNDS
    return Outcome.ACCEPTED


def _take_rewards(viewer: Holder, amount: int) -> None:
    viewer.rewards -= amount
    while amount:
        lot = viewer.reward_lots[0]
        taken = min(lot.left, amount)
        lot.left -= taken
        amount -= taken
        if not lot.left:
            viewer.reward_lots.pop(0)


def _take_coins(viewer: Holder, amount: int, posting: Posting) -> None:
    """Take coins from the oldest lots, whose money becomes the platform's; what the lots lack is owed."""
    viewer.coins -= amount
    while amount and viewer.lots:
        lot = viewer.lots[0]
        taken = min(lot.left, amount)
        posting.move(lot.currency, lot.take(taken), EXCHANGE, PLATFORM)
        amount -= taken
        if not lot.left:
            viewer.lots.popleft()


def chargeback(state: State, operation: Operation) -> Decision:
    """A topup reversed in full: its own coins first, then other lots, then a balance below zero."""
    viewer = state.holder(operation.actor, Kind.VIEWER)
    bought = _paid_topup(state, operation)
    if bought.charged_back:
        return declined(Outcome.WRONG_STATE)
    bought.charged_back = True

    posting = Posting()
    posting.move(bought.currency, bought.store_fee, STORE, PLATFORM)
    posting.move(bought.currency, bought.tax, TAX, PLATFORM)
    posting.move(bought.currency, bought.price, PLATFORM, BANK)
    posting.move(COIN, bought.coins, viewer.account, EXCHANGE)
    _put_first(viewer, operation.ref)  # so that the coins just paid back are the first to go
    _take_coins(viewer, bought.coins, posting)
    return posting.accepted()


def _paid_topup(state: State, operation: Operation) -> Topup:
    bought = state.topups.get(operation.ref)
    if bought is None or bought.viewer != operation.actor or bought.currency == COIN:
        raise LedgerError(f"chargeback of {operation.ref}: expected a paid topup of the same viewer")
    if (operation.amount, operation.currency) != (bought.price, bought.currency):
        stated = format_amount(operation.amount, operation.currency)
        expected = format_amount(bought.price, bought.currency)
        raise LedgerError(f"chargeback of {operation.ref} over {stated}: expected the topup's {expected}")
    return bought


def _put_first(viewer: Holder, topup: int) -> None:
    own = next((lot for lot in viewer.lots if lot.topup == topup), None)
    if own is not None:
        viewer.lots.remove(own)
        viewer.lots.appendleft(own)


RULES: Final = {Op.TOPUP: topup, Op.REWARD: reward, Op.EXPIRE: expire, Op.GIFT: gift, Op.CHARGEBACK: chargeback}
