"""What the platform states at the start: its packs, and every number that a wallet needs to decide as it does."""

from collections.abc import Iterator

import numpy as np

from sim.agents.stage import Act
from sim.behavior.delay import DAY_US
from sim.behavior.topup import Packs
from sim.ledger import COIN, CURRENCIES, CURRENCY_BY_NAME, REGION_BY_NAME, Item, Op, Rule, item_id
from sim.ledger.accounts import NOBODY
from sim.scenario import Parameter, Scenario


def packs_on_sale(scenario: Scenario, region: str) -> Packs:
    """A region's packs as columns."""
    packs = scenario.packs(region)
    return Packs(
        np.array([pack.coins_in_all for pack in packs], np.int64),
        np.array([pack.price_cents for pack in packs], np.int64),
        np.array([pack.channel == "web" for pack in packs], np.int64),
        np.array([not pack.limited for pack in packs], np.int64),
        np.array([pack.each_ppm for pack in packs], np.int64),
    )


def pack_items(scenario: Scenario, region: str) -> list[int]:
    """The item ids of a region's packs, by their place in the catalogue."""
    kinds = {"app": Item.PACK_APP, "web": Item.PACK_WEB}
    return [
        item_id(Item.PACK_CUSTOM if pack.by_amount else kinds[pack.channel], n)
        for n, pack in enumerate(scenario.packs(region))
    ]


def unit_of(currency: int) -> int:
    """Minor units in a whole one: 100 cents in a dollar, 1 in a rupiah."""
    unit: int = 10 ** CURRENCIES[currency].exponent
    return unit


def days_us(days: Parameter) -> int:
    """Days as whole microseconds."""
    return round(float(days) * DAY_US)


def opening_terms(scenario: Scenario) -> Iterator[Act]:
    """The policies with which a trace opens: every number that the wallet needs to decide as the model does."""

    def policy(rule: Rule, amount: int, currency: int = 0, **scope: int) -> Act:
        return Act(Op.POLICY, NOBODY, peer=rule, amount=amount, currency=currency, **scope)

    creators, sellers, platform = scenario.creators, scenario.sellers, scenario.platform
    for name, region in scenario.regions.items():
        code, currency = REGION_BY_NAME[name], CURRENCY_BY_NAME[region.currency].code
        fees = {"app": platform.store_fee.ppm, "web": platform.web_fee.ppm}
        for pack, item in zip(scenario.packs(name), pack_items(scenario, name), strict=True):
            if pack.by_amount:
                yield policy(Rule.COIN_PRICE, pack.each_ppm, currency, item=item, region=code)
            else:
                yield policy(Rule.PACK_COINS, pack.coins_in_all, COIN, item=item, region=code)
            yield policy(Rule.STORE_FEE, fees[pack.channel], item=item, region=code)
        if region.refund_days.value:
            yield policy(Rule.COIN_REFUND_WINDOW, days_us(region.refund_days), region=code)
        yield policy(Rule.TOPUP_TAX, region.topup_tax.ppm, region=code)
        yield policy(Rule.ORDER_TAX, region.order_tax.ppm, region=code)
        yield policy(Rule.DIAMOND_VALUE, region.ppm(creators.diamond_value_cents), currency, region=code)
        yield policy(Rule.PAYOUT_FLOOR, region.cents(creators.payout_floor_cents), currency, region=code)
        yield policy(Rule.PAYOUT_CEILING, region.cents(creators.payout_ceiling_cents), currency, region=code)
        yield policy(Rule.REFUND_FEE_CAP, region.cents(sellers.refund_fee_cap_cents), currency, region=code)
        yield policy(Rule.COMMISSION_FLAT, region.cents(sellers.commission_flat_cents), currency, region=code)
        yield policy(Rule.SETTLE_FLOOR, region.cents(sellers.settle_floor_cents), currency, region=code)
    yield policy(Rule.COMMISSION, sellers.commission.ppm)
    yield policy(Rule.REFUND_FEE, sellers.refund_fee.ppm)
    yield policy(Rule.REWARD_LIFE, round(float(scenario.rewards.life_days) * DAY_US))
