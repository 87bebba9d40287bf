"""Rates: the terms in force during one window, as records that compiled rules can read.

A policy takes effect at a boundary, so no number here changes inside a window.
"""

from typing import Final, NamedTuple

import numpy as np

from sim.agents.interventions.promotions import promotions_of
from sim.agents.terms import pack_items, unit_of
from sim.engines.columns.rows import Structs
from sim.ledger import CURRENCY_BY_NAME, REGION_BY_NAME, Rule
from sim.ledger.accounts import NOBODY
from sim.ledger.errors import CoinworksError
from sim.ledger.money import NONE
from sim.ledger.terms import MEANINGS, TIER_MAX, Terms
from sim.scenario import Scenario

NO_LIMIT: Final = -1

PER_REGION: Final = (
    Rule.TOPUP_TAX,
    Rule.ORDER_TAX,
    Rule.REFUND_FEE,
    Rule.DIAMOND_VALUE,
    Rule.REWARD_LIFE,
    Rule.SUSPENDED,
    Rule.COIN_REFUND_WINDOW,
    Rule.SHOP_COIN_VALUE,
    Rule.VOUCHER_LIFE,
)
OF_PROMOTIONS: Final = (Rule.COMMISSION, Rule.COMMISSION_FLAT)
TIER_LIMITS: Final = (Rule.SPENDING_LIMIT, Rule.BALANCE_CAP, Rule.TOPUP_LIMIT)
N_TIERS: Final = TIER_MAX + 1
LIMITS: Final = (Rule.REFUND_FEE_CAP, Rule.PAYOUT_FLOOR, Rule.PAYOUT_CEILING, Rule.SETTLE_FLOOR, Rule.VOUCHER_MINIMUM)

# What holds in a region: its code and its currency's, minor units in a whole one, the currency's place on the asset
# axis, where its packs begin and end and its commissions begin, and its terms. Rates are in ppm, money in minor units,
# times in microseconds; a limit not set is NO_LIMIT.
REGION: Final = np.dtype(
    [(name, np.int64) for name in ("code", "currency", "unit", "asset", "first_pack", "end_pack", "first_commission")]
    + [(rule.code, np.int64) for rule in (*PER_REGION, *LIMITS)]
)
# What holds for a tier of identification in a region
TIER: Final = np.dtype([(rule.code, np.int64) for rule in TIER_LIMITS])
# What a promotion's sellers pay in a region, by its number; 0: all others
COMMISSION: Final = np.dtype([(rule.code, np.int64) for rule in OF_PROMOTIONS])
PACK: Final = np.dtype([(name, np.int64) for name in ("item", "coins", "store_fee")])


class Rates(NamedTuple):
    """Arrays of `REGION`, in the scenario's order, and of `TIER`, `PACK` and `COMMISSION`, region by region."""

    of: Structs
    tiers: Structs
    packs: Structs
    commissions: Structs


def rates_at(terms: Terms, scenario: Scenario, assets: list[int], at_us: int) -> Rates:
    """The rates in force from an instant on."""
    regions = np.zeros(len(scenario.regions), REGION)
    tiers: list[tuple[int, ...]] = []
    packs: list[tuple[int, ...]] = []
    commissions: list[tuple[int, ...]] = []
    n_promotions = len(promotions_of(scenario))
    for rates, (name, region) in zip(regions, scenario.regions.items(), strict=True):
        code, currency = REGION_BY_NAME[name], CURRENCY_BY_NAME[region.currency].code
        items = pack_items(scenario, name)
        rates["code"], rates["currency"], rates["asset"] = code, currency, assets.index(currency)
        rates["unit"] = unit_of(currency)
        rates["first_pack"], rates["end_pack"] = len(packs), len(packs) + len(items)
        rates["first_commission"] = len(commissions)
        for rule in PER_REGION:
            rates[rule.code] = terms.get(rule, at_us, region=code)
        for rule in LIMITS:
            rates[rule.code] = terms.get(rule, at_us, NO_LIMIT, region=code, currency=currency)
        tiers += [
            tuple(
                terms.get(rule, at_us, NO_LIMIT, item=tier, region=code, currency=currency if is_money else NONE)
                for rule in TIER_LIMITS
                for is_money in [MEANINGS[rule].binds_in_its_currency]
            )
            for tier in range(N_TIERS)
        ]
        packs += [
            (item, *(terms.get(rule, at_us, item=item, region=code) for rule in (Rule.PACK_COINS, Rule.STORE_FEE)))
            for item in items
        ]
        commissions += [
            tuple(
                terms.get(rule, at_us, item=promotion, region=code, currency=currency if is_money else NONE)
                for rule in OF_PROMOTIONS
                for is_money in [MEANINGS[rule].binds_in_its_currency]
            )
            for promotion in range(1 + n_promotions)
        ]
    return Rates(regions, np.array(tiers, TIER), np.array(packs, PACK), np.array(commissions, COMMISSION))


def holds_in_terms(rule: Rule, account: int) -> bool:
    """Whether a policy is among the terms, and not in the column of a seller whom it is about.

    Raises
    ------
    CoinworksError : only the reference engine carries it out: another for a single account; names the policy
    """
    if account != NOBODY and rule != Rule.NEW_SELLER:
        raise CoinworksError(f"policy {rule.code} for an account: the columns know only those that a viewer states")
    return account == NOBODY
