"""Interventions: dated changes inside a scenario, one file a subject.

[[interventions]]
kind = "pack_price"
at = 2024-04-11T04:00:00Z
until = 2024-04-12T04:00:00Z    # its price goes back then; without it, it stays
chance = 0.5                    # in half of all seeds it comes
region = "US"
pack = "web-1321"
price_cents = 1399

A new kind is a class here, in a subject's union, and an effect in `sim.agents.interventions`. A rule that comes with a
chance, or late, is drawn by the seed: see `sim.scenario.timeline`.
"""

from sim.scenario.interventions.base import Intervention
from sim.scenario.interventions.coins import (
    REWARD_COINS,
    BalanceRollout,
    CoinIntervention,
    CoinRefundRight,
    CoinsInShop,
    FraudRing,
    PackOffer,
    PackPrice,
    Rewards,
    RivalOfferChange,
)
from sim.scenario.interventions.commerce import (
    CommerceBan,
    CommerceIntervention,
    Commission,
    FlashSale,
    ImportQuota,
    NewSellerPromotion,
    PriceFloor,
    RefundWave,
    VoucherCampaign,
)
from sim.scenario.interventions.payments import PaymentIntervention
from sim.scenario.interventions.people import CreatorShare, GiftStorm, PayoutDay, PeopleIntervention
from sim.scenario.interventions.sanctions import Sanctions

AnyIntervention = CoinIntervention | CommerceIntervention | PaymentIntervention | PeopleIntervention | Sanctions

__all__ = [
    "REWARD_COINS",
    "AnyIntervention",
    "BalanceRollout",
    "CoinRefundRight",
    "CoinsInShop",
    "CommerceBan",
    "Commission",
    "CreatorShare",
    "FlashSale",
    "FraudRing",
    "GiftStorm",
    "ImportQuota",
    "Intervention",
    "NewSellerPromotion",
    "PackOffer",
    "PackPrice",
    "PayoutDay",
    "PriceFloor",
    "RefundWave",
    "Rewards",
    "RivalOfferChange",
    "Sanctions",
    "VoucherCampaign",
]
