"""Scenarios: a complete set of parameters in TOML, typed, checked and traceable to its sources.

    >>> from sim.scenario import load
    >>> scenario = load("us-baseline", ["gifting.intent=0.2"])
    >>> scenario.gifting.intent.value, scenario.window_us
    (Decimal('0.2'), 900000000)

`types` says what stands in a file, `load` reads one, `problems` tells what is wrong with it, `resolved` turns it into
the plain values that a manifest keeps, `schema` serves editors, `guide` writes the tables of scenarios/README.md, where
each number has its meaning and its source.
"""

from sim.scenario.catalogs import Catalogs, Gift, Good, Pack
from sim.scenario.interventions import (
    AnyIntervention,
    BalanceRollout,
    CoinRefundRight,
    CoinsInShop,
    CommerceBan,
    Commission,
    CreatorShare,
    FlashSale,
    FraudRing,
    GiftStorm,
    ImportQuota,
    NewSellerPromotion,
    PackOffer,
    PackPrice,
    PayoutDay,
    PriceFloor,
    RefundWave,
    Rewards,
    RivalOfferChange,
    VoucherCampaign,
)
from sim.scenario.load import check, load, load_base
from sim.scenario.problems import Problem, ScenarioError
from sim.scenario.quantity import Parameter
from sim.scenario.resolved import from_resolved, resolved
from sim.scenario.schema import json_schema
from sim.scenario.types import Region, Scenario

__all__ = [
    "AnyIntervention",
    "BalanceRollout",
    "Catalogs",
    "CoinRefundRight",
    "CoinsInShop",
    "CommerceBan",
    "Commission",
    "CreatorShare",
    "FlashSale",
    "FraudRing",
    "Gift",
    "GiftStorm",
    "Good",
    "ImportQuota",
    "NewSellerPromotion",
    "Pack",
    "PackOffer",
    "PackPrice",
    "Parameter",
    "PayoutDay",
    "PriceFloor",
    "Problem",
    "RefundWave",
    "Region",
    "Rewards",
    "RivalOfferChange",
    "Scenario",
    "ScenarioError",
    "VoucherCampaign",
    "check",
    "from_resolved",
    "json_schema",
    "load",
    "load_base",
    "resolved",
]
