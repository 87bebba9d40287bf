"""Rates: the terms in force during one window, as records that compiled rules can read.

A policy takes effect at a boundary, so no number here changes inside a window.
"""

from typing import Final, NamedTuple

import numpy as np

from sim.agents.terms import pack_items, unit_of
from sim.engines.columns.rows import Structs
from sim.ledger import CURRENCY_BY_NAME, REGION_BY_NAME, Rule
from sim.ledger.accounts import NOBODY
from sim.ledger.errors import CoinworksError
from sim.ledger.terms import Terms
from sim.scenario import Scenario

NO_LIMIT: Final = -1

PER_REGION: Final = (
    Rule.TOPUP_TAX,
    Rule.ORDER_TAX,
    Rule.COMMISSION,
    Rule.REFUND_FEE,
    Rule.DIAMOND_VALUE,
    Rule.REWARD_LIFE,
    Rule.SUSPENDED,
)
COIN_LIMITS: Final = (Rule.SPENDING_LIMIT, Rule.BALANCE_CAP)
LIMITS: Final = (Rule.REFUND_FEE_CAP, Rule.PAYOUT_FLOOR, Rule.PAYOUT_CEILING, Rule.SETTLE_FLOOR)

# What holds in a region: its code and its currency's, minor units in a whole one, the currency's place on the asset
# axis, where its packs begin and end, and its terms. Rates are in ppm, money in minor units, times in microseconds; a
# limit not set is NO_LIMIT.
REGION: Final = np.dtype(
    [(name, np.int64) for name in ("code", "currency", "unit", "asset", "first_pack", "end_pack")]
    + [(rule.code, np.int64) for rule in (*PER_REGION, *COIN_LIMITS, *LIMITS)]
)
PACK: Final = np.dtype([(name, np.int64) for name in ("item", "coins", "store_fee")])


class Rates(NamedTuple):
    """An array of `REGION`, in the scenario's order of regions, and one of `PACK`, region by region."""

    of: Structs
    packs: Structs


def rates_at(terms: Terms, scenario: Scenario, assets: list[int], at_us: int) -> Rates:
    """The rates in force from an instant on."""
    regions = np.zeros(len(scenario.regions), REGION)
    packs: list[tuple[int, ...]] = []
    for rates, (name, region) in zip(regions, scenario.regions.items(), strict=True):
        code, currency = REGION_BY_NAME[name], CURRENCY_BY_NAME[region.currency].code
        items = pack_items(scenario, name)
        rates["code"], rates["currency"], rates["asset"] = code, currency, assets.index(currency)
        rates["unit"] = unit_of(currency)
        rates["first_pack"], rates["end_pack"] = len(packs), len(packs) + len(items)
        for rule in PER_REGION:
            rates[rule.code] = terms.get(rule, at_us, region=code)
        for rule in COIN_LIMITS:
            rates[rule.code] = terms.get(rule, at_us, NO_LIMIT, region=code)
        for rule in LIMITS:
            rates[rule.code] = terms.get(rule, at_us, NO_LIMIT, region=code, currency=currency)
        packs += [
            (item, *(terms.get(rule, at_us, item=item, region=code) for rule in (Rule.PACK_COINS, Rule.STORE_FEE)))
            for item in items
        ]
    return Rates(regions, np.array(packs, PACK))


def refuse_unknown(rule: Rule, account: int) -> None:
    """Refuse a policy that only the reference engine carries out: another's for a single account.

    Raises
    ------
    CoinworksError : names the policy
    """
    if account != NOBODY:
        raise CoinworksError(f"policy {rule.code} for an account: the columns know only those that a viewer states")
