"""Interventions in payments: taxes, the stores' fees, licences, limits and expiry."""

from typing import Annotated, ClassVar

from sim.scenario.catalogs import Channel
from sim.scenario.interventions.base import Intervention
from sim.scenario.quantity import Days, Quantity, Rate

Money = Annotated[int, Quantity("cents", 0, 10**12, whole=True)]


class Vat(Intervention, frozen=True, tag="vat"):
    """A value-added tax sets in, or changes. Prices of packs contain it and stay; it comes on top of a good's price."""

    topups: Annotated[Rate | None, "contained in the price of coins, else as the region has it"] = None
    orders: Annotated[Rate | None, "on top of the price of goods, else as the region has it"] = None

    @property
    def lacks(self) -> str:
        """One of the two must be said."""
        return "" if self.topups or self.orders else "topups, orders or both"

    @property
    def text(self) -> str:
        """`VAT 11 %`."""
        rates = dict.fromkeys(f"{float(rate.value * 100):g} %" for rate in (self.topups, self.orders) if rate)
        return " ".join(("VAT", *rates))


class StoreFee(Intervention, frozen=True, tag="store_fee"):
    """The app store, or the card processor of the web shop, takes another part of each topup."""

    channel: Annotated[Channel, "app or web"]
    rate: Annotated[Rate, "its part of a pack's price net of tax"]

    target_keys: ClassVar[tuple[str, ...]] = ("channel",)

    @property
    def text(self) -> str:
        """`app fee 15 %`."""
        return f"{self.channel} fee {float(self.rate.value * 100):g} %"


class PaymentLicence(Intervention, frozen=True, tag="payment_licence"):
    """The licence to pay is refused or suspended: the wallet is off, and declines everything as suspended."""

    @property
    def silences(self) -> frozenset[str]:
        """What concerns a wallet that is on."""
        coins = ("pack_price", "pack_offer", "spending_limit", "e_money_limits", "reward_expiry", "coins_in_shop")
        return frozenset((*coins, "gift_storm", "fraud_ring", "flash_sale", "voucher_campaign", "payout_day"))

    @property
    def text(self) -> str:
        """`wallet suspended`."""
        return "wallet suspended"


class SpendingLimit(Intervention, frozen=True, tag="spending_limit"):
    """Nobody may give more coins in a UTC day than the regulator allows."""

    coins_a_day: Annotated[int, Quantity("coins", 0, 10**12, whole=True), "that a viewer may give"]

    @property
    def text(self) -> str:
        """`at most 5,000 coins a day`."""
        return f"at most {self.coins_a_day:,} coins a day"


class EMoneyLimits(Intervention, frozen=True, tag="e_money_limits"):
    """Electronic money is limited for those of a tier of identification: what they may hold, and top up in 30 days."""

    region: Annotated[str, "whose wallets are electronic money"]
    tier: Annotated[int, Quantity("tier", 0, 3, whole=True), "0: not identified"]
    balance_cents: Annotated[Money | None, "most that a balance may be worth, at the app's cheapest coin"] = None
    topups_cents: Annotated[Money | None, "most that topups of 30 days may cost"] = None

    @property
    def lacks(self) -> str:
        """One of the two must be said."""
        return "" if (self.balance_cents, self.topups_cents) != (None, None) else "balance_cents, topups_cents or both"

    target_keys: ClassVar[tuple[str, ...]] = ("tier",)

    @property
    def text(self) -> str:
        """`limits of tier 0`."""
        return f"limits of tier {self.tier}"


class RewardExpiry(Intervention, frozen=True, tag="reward_expiry"):
    """Reward coins given from now on live longer, or shorter."""

    days: Annotated[Days, "until a reward expires; 0: never"]

    @property
    def text(self) -> str:
        """`rewards live 1825 days`."""
        return f"rewards live {self.days.value} days" if self.days.value else "rewards never expire"


PaymentIntervention = Vat | StoreFee | PaymentLicence | SpendingLimit | EMoneyLimits | RewardExpiry
