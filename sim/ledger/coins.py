"""The rules of coins: topup, reward, expiry and gift.

Coins are bought in lots. Money received for unspent coins waits with the exchange and becomes the platform's when the
coins are spent or clawed back, oldest lot first.
"""

from typing import Final

from sim.ledger import vouchers
from sim.ledger.accounts import BANK, BREAKAGE, EXCHANGE, PLATFORM, STORE, TAX, Kind
from sim.ledger.errors import LedgerError
from sim.ledger.money import COIN, CURRENCIES, DIAMOND, PPM, REWARD, is_fiat, portion, tax_inside
from sim.ledger.operations import ITEM_SPAN, NO_ITEM, Item, Op, Operation, Rule
from sim.ledger.outcomes import Outcome
from sim.ledger.postings import Decision, Posting, declined
from sim.ledger.state import Holder, Lot, RewardLot, State, Topup

DAY_US: Final = 86_400_000_000
MONTH_US: Final = 30 * DAY_US


def topup(state: State, operation: Operation) -> Decision:
    """Fiat in; store fee, tax and proceeds apart; coins minted as a lot, after what is owed."""
    viewer = state.holder(operation.actor, Kind.VIEWER)
    bought = _bought(state, operation, viewer.region)
    month = operation.at_us // MONTH_US
    paid = bought.price + viewer.bought.on(month, bought.currency)
    outcome = _topup_outcome(state, viewer, bought, paid)
    if outcome != Outcome.ACCEPTED:
        return declined(outcome)

    if is_fiat(bought.currency):
        viewer.bought.note(month, bought.currency, paid)
    posting = Posting()
    posting.move(bought.currency, bought.price, BANK, EXCHANGE)
    posting.move(bought.currency, bought.store_fee, EXCHANGE, STORE)
    posting.move(bought.currency, bought.tax, EXCHANGE, TAX)
    posting.move(COIN, bought.coins, EXCHANGE, viewer.account)
    lot = Lot(
        operation.seq, bought.at_us, bought.coins, bought.proceeds, bought.price, bought.currency, left=bought.coins
    )
    _settle_debt(viewer, lot, posting)
    if lot.left:
        viewer.lots.append(lot)
    state.topups[operation.seq] = bought
    return posting.accepted()


def _settle_debt(viewer: Holder, lot: Lot, posting: Posting) -> None:
    """Coins arrive; what is owed of them is gone at once, and their money earned."""
    owed = min(max(-viewer.coins, 0), lot.left)
    earned = lot.take(owed)
    posting.move(lot.currency, earned, EXCHANGE, PLATFORM)
    posting.debts += earned
    viewer.coins += lot.coins


def give_back(viewer: Holder, lot: Lot, posting: Posting) -> None:
    """Coins of an order that came to nothing: the first to be spent again, unless they settle a debt."""
    _settle_debt(viewer, lot, posting)
    if lot.left:
        viewer.lots.appendleft(lot)


def _topup_outcome(state: State, viewer: Holder, bought: Topup, paid: int) -> Outcome:
    at = bought.at_us
    if state.is_suspended(viewer, at):
        return Outcome.SUSPENDED
    if state.exceeds(Rule.TOPUP_LIMIT, viewer, at, paid, bought.currency):
        return Outcome.OVER_LIMIT
    if state.exceeds(Rule.BALANCE_CAP, viewer, at, viewer.coins + bought.coins):
        return Outcome.OVER_CAP
    return Outcome.ACCEPTED


def _bought(state: State, operation: Operation, region: int) -> Topup:
    at, item, price = operation.at_us, operation.item, operation.amount
    if operation.currency == COIN:
        if item != NO_ITEM:
            raise LedgerError(f"topup of item {item} in coins: expected its price in a fiat currency")
        return Topup(operation.actor, item, at, price, 0, 0, 0, COIN)  # coins from outside any known pack
    coins = _coins_in(state, operation, region)
    tax = tax_inside(price, state.terms.get(Rule.TOPUP_TAX, at, region=region))
    fee = portion(price - tax, state.terms.get(Rule.STORE_FEE, at, item=item, region=region))
    return Topup(operation.actor, item, at, coins, price, fee, tax, operation.currency)


def _coins_in(state: State, operation: Operation, region: int) -> int:
    """The coins of a pack; of a pack by amount, as many as the price buys."""
    at, item = operation.at_us, operation.item
    if item // ITEM_SPAN != Item.PACK_CUSTOM:
        return state.terms.demand(Rule.PACK_COINS, at, item=item, region=region).value
    price = state.terms.demand(Rule.COIN_PRICE, at, item=item, region=region)
    if operation.currency != price.currency:
        stated, expected = CURRENCIES[operation.currency].name, CURRENCIES[price.currency].name
        raise LedgerError(f"topup of item {item} in {stated}: expected {expected}, in which a coin has its price")
    coins = operation.amount * PPM // price.value
    if not coins:
        raise LedgerError(f"topup of item {item} amount {operation.amount}: expected the price of a coin or more")
    return coins


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
    if operation.currency != REWARD:
        return vouchers.expire(state, operation)
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
    spent = viewer.spent.on(day, COIN) + amount
    is_covered = amount <= viewer.coins + viewer.rewards
    outcome = spending_outcome(state, viewer, operation.at_us, spent, is_covered=is_covered)
    if outcome != Outcome.ACCEPTED:
        return declined(outcome)

    viewer.spent.note(day, COIN, spent)
    posting = Posting()
    account = viewer.account
    from_rewards = min(viewer.rewards, amount)
    _take_rewards(viewer, from_rewards)
    posting.move(REWARD, from_rewards, account, EXCHANGE)
    posting.move(COIN, amount - from_rewards, account, EXCHANGE)
    take_coins(viewer, amount - from_rewards, posting)
    creator.diamonds += amount
    posting.move(DIAMOND, amount, EXCHANGE, creator.account)
    return posting.accepted()


def spending_outcome(state: State, viewer: Holder, at_us: int, spent_today: int, *, is_covered: bool) -> Outcome:
    """Whether a viewer may give or pay coins, which make so many in a UTC day."""
    if state.is_suspended(viewer, at_us):
        return Outcome.SUSPENDED
    if viewer.coins < 0:
        return Outcome.FROZEN
    if state.exceeds(Rule.SPENDING_LIMIT, viewer, at_us, spent_today):
        return Outcome.OVER_LIMIT
    return Outcome.ACCEPTED if is_covered else Outcome.INSUFFICIENT_FUNDS


def _take_rewards(viewer: Holder, amount: int) -> None:
    viewer.rewards -= amount
    while amount:
        lot = viewer.reward_lots[0]
        taken = min(lot.left, amount)
        lot.left -= taken
        amount -= taken
        if not lot.left:
            viewer.reward_lots.pop(0)


def take_coins(viewer: Holder, amount: int, posting: Posting) -> None:
    """Take coins from the oldest lots, whose money becomes the platform's; what the lots lack is owed."""
    viewer.coins -= amount
    while amount and viewer.lots:
        lot = viewer.lots[0]
        taken = min(lot.left, amount)
        posting.move(lot.currency, lot.take(taken), EXCHANGE, PLATFORM)
        amount -= taken
        if not lot.left:
            viewer.lots.popleft()


def take_lots(viewer: Holder, amount: int, order: int) -> list[Lot]:
    """The oldest coins out of a viewer's lots with their money, together one lot a currency; their sum is at hand."""
    taken: dict[int, Lot] = {}
    while amount:
        part = viewer.lots[0].part(min(viewer.lots[0].left, amount))
        amount -= part.left
        if not viewer.lots[0].left:
            viewer.lots.popleft()
        oldest = taken.setdefault(part.currency, Lot(order, part.at_us, 0, 0, 0, part.currency, left=0))
        oldest.coins += part.coins
        oldest.left += part.coins
        oldest.cost += part.cost
        oldest.price += part.price
    return list(taken.values())


RULES: Final = {Op.TOPUP: topup, Op.REWARD: reward, Op.EXPIRE: expire, Op.GIFT: gift}
