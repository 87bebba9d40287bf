"""Rates: the terms in force during one window, as columns that compiled rules can read.

A policy takes effect at a boundary, so no number here changes inside a window.
"""

from typing import Final, NamedTuple

import numpy as np

from sim.agents.terms import pack_items
from sim.behavior.types import Int64Array
from sim.ledger import CURRENCY_BY_NAME, REGION_BY_NAME, Rule
from sim.ledger.errors import CoinworksError
from sim.ledger.terms import Terms
from sim.scenario import Scenario

NO_LIMIT: Final = -1
# Rules that bind single accounts, or everyone at once: the columns know no such thing.
UNKNOWN: Final = (Rule.SUSPENDED, Rule.SPENDING_LIMIT, Rule.BALANCE_CAP)


class Rates(NamedTuple):
    """Arrays of shape (n_regions,), in the scenario's order of regions; those of packs (n_packs,), region by region.

    Rates are in ppm, money in minor units, times in microseconds; a limit that isn't set is NO_LIMIT.
    """

    region: Int64Array  # its code
    currency: Int64Array  # its code
    asset: Int64Array  # the currency's place on the asset axis
    topup_tax: Int64Array
    order_tax: Int64Array
    commission: Int64Array
    refund_fee: Int64Array
    refund_fee_cap: Int64Array
    diamond_value: Int64Array
    payout_floor: Int64Array
    payout_ceiling: Int64Array
    reward_life: Int64Array
    first_pack: Int64Array  # array of shape (n_regions + 1,): where each region's packs begin
    pack_item: Int64Array
    pack_coins: Int64Array
    store_fee: Int64Array


def rates_at(terms: Terms, scenario: Scenario, assets: list[int], at_us: int) -> Rates:
    """The rates in force from an instant on."""
    codes = [REGION_BY_NAME[name] for name in scenario.regions]
    currencies = [CURRENCY_BY_NAME[region.currency].code for region in scenario.regions.values()]
    items = [pack_items(scenario, name) for name in scenario.regions]
    packs = [(code, item) for code, of_region in zip(codes, items, strict=True) for item in of_region]

    def column(values: list[int]) -> Int64Array:
        return np.array(values, np.int64)

    def rate(rule: Rule) -> Int64Array:
        return column([terms.get(rule, at_us, region=code) for code in codes])

    def limit(rule: Rule) -> Int64Array:
        return column(
            [
                terms.get(rule, at_us, NO_LIMIT, region=code, currency=currency)
                for code, currency in zip(codes, currencies, strict=True)
            ]
        )

    return Rates(
        region=column(codes),
        currency=column(currencies),
        asset=column([assets.index(currency) for currency in currencies]),
        topup_tax=rate(Rule.TOPUP_TAX),
        order_tax=rate(Rule.ORDER_TAX),
        commission=rate(Rule.COMMISSION),
        refund_fee=rate(Rule.REFUND_FEE),
        refund_fee_cap=limit(Rule.REFUND_FEE_CAP),
        diamond_value=rate(Rule.DIAMOND_VALUE),
        payout_floor=limit(Rule.PAYOUT_FLOOR),
        payout_ceiling=limit(Rule.PAYOUT_CEILING),
        reward_life=rate(Rule.REWARD_LIFE),
        first_pack=column(np.cumsum([0, *map(len, items)]).tolist()),
        pack_item=column([item for _, item in packs]),
        pack_coins=column([terms.get(Rule.PACK_COINS, at_us, item=item, region=code) for code, item in packs]),
        store_fee=column([terms.get(Rule.STORE_FEE, at_us, item=item, region=code) for code, item in packs]),
    )


def refuse_unknown(rule: Rule) -> None:
    """Refuse a policy that only the reference engine carries out.

    Raises
    ------
    CoinworksError : names the policy
    """
    if rule in UNKNOWN:
        raise CoinworksError(f"policy {rule.code}: the windowed engine doesn't know it, use --engine reference")
