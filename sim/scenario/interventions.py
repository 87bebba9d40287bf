"""Interventions: dated changes inside a scenario.

[[interventions]]
kind = "pack_price"
at = 2024-04-11T04:00:00Z
region = "US"
pack = "web-1321"
price_cents = 1399
"""

from datetime import datetime
from typing import Annotated

import msgspec

from sim.scenario.catalogs import PriceCents
from sim.scenario.quantity import Quantity, Rate


class Intervention(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every intervention has: the instant from which it holds."""

    at: datetime

    @property
    def kind(self) -> str:
        """The word by which a scenario names it."""
        return str(self.__struct_config__.tag)


class PackPrice(Intervention, frozen=True, tag="pack_price"):
    """A coin pack gets another price."""

    region: str
    pack: str
    price_cents: PriceCents


class Commission(Intervention, frozen=True, tag="commission"):
    """The shop takes another part of each order."""

    rate: Rate


class Checkin(Intervention, frozen=True, tag="checkin"):
    """The daily check-in gives another number of reward coins."""

    coins: Annotated[int, Quantity("coins", 0, 10**6, whole=True)]


class LiveShopping(Intervention, frozen=True, tag="live_shopping"):
    """Selling in live streams is allowed, or forbidden."""

    allowed: bool


AnyIntervention = PackPrice | Commission | Checkin | LiveShopping
