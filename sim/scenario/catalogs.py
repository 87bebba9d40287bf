"""Catalogues: the coin packs, gifts and goods that a scenario names and many scenarios share.

    currency = "USD"
    packs = [
        { name = "app-1321", channel = "app", coins = 1_321, price_cents = 1999, source = "P1" },
    ]

A price in "cents" counts the minor unit of the catalogue's currency: cents for USD, whole rupiah for IDR.
"""

from typing import Annotated, Literal

import msgspec

from sim.ledger.money import PPM
from sim.scenario.quantity import Cents, Parameter, Quantity

Channel = Literal["app", "web"]
PriceCents = Annotated[int, Quantity("cents", 1, 10**12, whole=True)]
Coins = Annotated[int, Quantity("coins", 1, 10**12, whole=True)]
Bonus = Annotated[int, Quantity("coins", 0, 10**12, whole=True)]


class Pack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many coins for so much money, through one channel.

    Attributes
    ----------
    bonus : coins on top
    limited : whether it is only for sale while a `pack_offer` says so
    by_amount : whether any number of coins can be bought, from `coins` on, at the price of a coin that it states
    """

    name: str
    channel: Channel
    coins: Coins
    price_cents: PriceCents
    source: str
    bonus: Bonus = 0
    limited: bool = False
    by_amount: bool = False

    @property
    def each_ppm(self) -> int:
        """Of a pack by amount, the price of a coin in ppm of a minor unit; else 0."""
        return self.each_ppm_at(self.price_cents)

    def each_ppm_at(self, price_cents: int) -> int:
        """The same where the pack has another price; rounded down, so that its coins cost no more than it says."""
        return max(price_cents * PPM // self.coins, 1) if self.by_amount else 0

    @property
    def coins_in_all(self) -> int:
        """The coins that a buyer gets."""
        return self.coins + self.bonus


class Gift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a viewer sends, and what it costs."""

    name: str
    coins: Coins
    source: str


class Good(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What sellers show; the price is before order tax, the cost is a domestic seller's for a piece."""

    name: str
    category: str
    price_cents: PriceCents
    cost_cents: PriceCents
    source: str
    imported: bool = False


class PackCatalog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ladder of coin packs."""

    about: str
    currency: str
    packs: tuple[Pack, ...]


class GiftCatalog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The menu of gifts."""

    about: str
    gifts: tuple[Gift, ...]


class GoodCatalog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The assortment from which sellers take their goods."""

    about: str
    currency: str
    median_price_cents: Annotated[Cents, "the median of the prices, which stands for the median order"]
    goods: tuple[Good, ...]


class RivalCurrency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a fan pays for a coin on another app, and what it brings a creator there."""

    name: str
    price_cents: Annotated[Parameter, Quantity("cents a coin", 0, 1000, above_low=True)]
    creator_cents: Annotated[Parameter, Quantity("cents a coin", 0, 1000)]
    source: str


class RivalCatalog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rival currencies, each in a coin of its own."""

    about: str
    currency: str
    rivals: tuple[RivalCurrency, ...]


Catalog = PackCatalog | GiftCatalog | GoodCatalog | RivalCatalog


class Catalogs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every catalogue that a scenario names."""

    packs: dict[str, PackCatalog]
    gifts: GiftCatalog
    goods: dict[str, GoodCatalog]
    rivals: RivalCatalog
