"""Effects on the wallet: taxes, the stores' fees, licences and limits."""

from typing import Final

from sim.agents.interventions.effect import Effect, currency_of, state_policy
from sim.agents.stage import Stage
from sim.agents.terms import pack_items
from sim.behavior.delay import DAY_US
from sim.behavior.topup import Packs
from sim.ledger import COIN, Rule
from sim.ledger.money import AMOUNT_MAX
from sim.scenario.interventions.payments import EMoneyLimits, PaymentLicence, RewardExpiry, SpendingLimit, StoreFee, Vat

NO_LIMIT: Final = AMOUNT_MAX  # a policy can't be taken back, but a limit can be put where nobody reaches it


def _set_vat(stage: Stage, region: str, change: Vat) -> None:
    usual = stage.scenario.regions[region]
    state_policy(stage, Rule.TOPUP_TAX, region, (change.topups or usual.topup_tax).ppm)
    state_policy(stage, Rule.ORDER_TAX, region, (change.orders or usual.order_tax).ppm)


def _reset_vat(stage: Stage, region: str, change: Vat) -> None:
    _set_vat(stage, region, Vat(at=change.at))


def _set_store_fee(stage: Stage, region: str, change: StoreFee) -> None:
    _store_fee(stage, region, change.channel, change.rate.ppm)


def _reset_store_fee(stage: Stage, region: str, change: StoreFee) -> None:
    platform = stage.scenario.platform
    usual = platform.store_fee if change.channel == "app" else platform.web_fee
    _store_fee(stage, region, change.channel, usual.ppm)


def _store_fee(stage: Stage, region: str, channel: str, rate_ppm: int) -> None:
    packs = stage.scenario.packs(region)
    for pack, item in zip(packs, pack_items(stage.scenario, region), strict=True):
        if pack.channel == channel:
            state_policy(stage, Rule.STORE_FEE, region, rate_ppm, item=item)


def _suspend(stage: Stage, region: str, _: PaymentLicence) -> None:
    state_policy(stage, Rule.SUSPENDED, region, 1)


def _resume(stage: Stage, region: str, _: PaymentLicence) -> None:
    state_policy(stage, Rule.SUSPENDED, region, 0)


def _limit_spending(stage: Stage, region: str, change: SpendingLimit) -> None:
    state_policy(stage, Rule.SPENDING_LIMIT, region, change.coins_a_day, currency=COIN)


def _unlimit_spending(stage: Stage, region: str, _: SpendingLimit) -> None:
    state_policy(stage, Rule.SPENDING_LIMIT, region, NO_LIMIT, currency=COIN)


def _limit_e_money(stage: Stage, region: str, change: EMoneyLimits) -> None:
    balance = NO_LIMIT if change.balance_cents is None else coins_for(stage.packs[region], change.balance_cents)
    topups = NO_LIMIT if change.topups_cents is None else change.topups_cents
    _e_money(stage, region, change.tier, balance, topups)


def _unlimit_e_money(stage: Stage, region: str, change: EMoneyLimits) -> None:
    _e_money(stage, region, change.tier, NO_LIMIT, NO_LIMIT)


def _e_money(stage: Stage, region: str, tier: int, coins: int, topups_cents: int) -> None:
    state_policy(stage, Rule.BALANCE_CAP, region, coins, item=tier, currency=COIN)
    state_policy(stage, Rule.TOPUP_LIMIT, region, topups_cents, item=tier, currency=currency_of(stage, region))


def coins_for(packs: Packs, cents: int) -> int:
    """As many coins as so much money buys where they are cheapest in the app; where nothing is sold, no limit."""
    in_app = (packs.on_web == 0) & (packs.on_sale == 1)
    sold = zip(packs.coins[in_app].tolist(), packs.price[in_app].tolist(), strict=True)
    return max((cents * coins // price for coins, price in sold), default=NO_LIMIT)


def _set_life(stage: Stage, region: str, change: RewardExpiry) -> None:
    state_policy(stage, Rule.REWARD_LIFE, region, round(float(change.days) * DAY_US))


def _reset_life(stage: Stage, region: str, _: RewardExpiry) -> None:
    state_policy(stage, Rule.REWARD_LIFE, region, round(float(stage.scenario.rewards.life_days) * DAY_US))


PAYMENT_EFFECTS: Final[dict[type, Effect]] = {
    Vat: Effect(_set_vat, _reset_vat),
    StoreFee: Effect(_set_store_fee, _reset_store_fee),
    PaymentLicence: Effect(_suspend, _resume),
    SpendingLimit: Effect(_limit_spending, _unlimit_spending),
    EMoneyLimits: Effect(_limit_e_money, _unlimit_e_money),
    RewardExpiry: Effect(_set_life, _reset_life),
}
