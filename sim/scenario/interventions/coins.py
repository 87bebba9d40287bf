"""Interventions in coins: what they cost, and which are given away."""

from typing import Annotated, ClassVar, Final

from sim.scenario.catalogs import Bonus, PriceCents
from sim.scenario.interventions.base import Intervention
from sim.scenario.quantity import CentsEach, CoinPrice, Days, Quantity, Share


class PackPrice(Intervention, frozen=True, tag="pack_price"):
    """A coin pack gets another price."""

    region: Annotated[str, "where the pack is sold"]
    pack: Annotated[str, "its name in the region's catalogue"]
    price_cents: Annotated[PriceCents, "what it costs"]

    target_keys: ClassVar[tuple[str, ...]] = ("pack",)

    @property
    def text(self) -> str:
        """`web-1321 for 1299`."""
        return f"{self.pack} for {self.price_cents}"


class PackOffer(Intervention, frozen=True, tag="pack_offer"):
    """A limited offer: a pack brings bonus coins, and one that is limited is for sale at all."""

    region: Annotated[str, "where the pack is sold"]
    pack: Annotated[str, "its name in the region's catalogue"]
    bonus_coins: Annotated[Bonus, "on top of what the catalogue says"] = 0

    target_keys: ClassVar[tuple[str, ...]] = ("pack",)

    @property
    def text(self) -> str:
        """`app-1321 + 100 coins`."""
        return f"{self.pack} + {self.bonus_coins} coins" if self.bonus_coins else f"{self.pack} on offer"


REWARDED: Final = Quantity("coins", 0, 10**6, whole=True)


class CoinRefundRight(Intervention, frozen=True, tag="coin_refund_right"):
    """Who bought coins may give back those unspent, for so many days; 0 takes the right away."""

    days: Annotated[Days, "from the topup"]

    @property
    def text(self) -> str:
        """`coins refundable for 14 days`."""
        return f"coins refundable for {float(self.days.value):g} days"


class BalanceRollout(Intervention, frozen=True, tag="balance_rollout"):
    """The Balance page reaches another share of the viewers; several in a row make a staggered rollout."""

    share: Annotated[Share, "of the viewers who have it; a larger share holds the smaller"]

    @property
    def text(self) -> str:
        """`Balance for 50 %`."""
        return f"Balance for {float(self.share.value * 100):g} %"


class RivalOfferChange(Intervention, frozen=True, tag="rival_offer"):
    """The rival changes what its coin costs or brings, or reaches other people; what isn't said stays as stated."""

    viewer_share: Annotated[Share | None, "of the givers who give there too"] = None
    price_cents: Annotated[CoinPrice | None, "what a fan pays for a coin there"] = None
    creator_cents: Annotated[CentsEach | None, "what a creator gets for it"] = None

    regional: ClassVar[bool] = False

    @property
    def lacks(self) -> str:
        """One of the three must be said."""
        stated = (self.viewer_share, self.price_cents, self.creator_cents)
        return "" if any(value is not None for value in stated) else "viewer_share, price_cents or creator_cents"


class FraudRing(Intervention, frozen=True, tag="fraud_ring"):
    """A ring uses givers' accounts: it buys the largest packs, gives all to its creator, and banks take it back.

    That is at each visit while its creator is live; every topup by such an account is charged back.
    """

    share: Annotated[Share, "of the givers' accounts that it uses"]
    creator: Annotated[int, Quantity("number", 0, 10**9, whole=True), "who gets the gifts, by number"] = 0
    packs: Annotated[int, Quantity("number", 1, 20, whole=True), "bought at a visit"] = 3

    regional: ClassVar[bool] = False

    @property
    def text(self) -> str:
        """`fraud ring, 5 % of givers`."""
        return f"fraud ring, {float(self.share.value * 100):g} % of givers"


class Rewards(Intervention, frozen=True, tag="rewards"):
    """Collectors get other rewards; what is left out stays as the scenario's table of rewards says."""

    checkin_coins: Annotated[int | None, REWARDED, "for a day's first visit"] = None
    watch_coins: Annotated[int | None, REWARDED, "for the watching of a visit"] = None
    watch_cap_coins: Annotated[int | None, REWARDED, "most that watching brings in a day"] = None
    invite_coins: Annotated[int | None, REWARDED, "for a friend who joins"] = None

    @property
    def lacks(self) -> str:
        """One of them must be said."""
        is_said = any(getattr(self, name) is not None for name in REWARD_COINS)
        return "" if is_said else f"one or more of {', '.join(REWARD_COINS)}"

    @property
    def text(self) -> str:
        """`rewards: watch 5, watch cap 30`."""
        stated = {name: getattr(self, name) for name in REWARD_COINS}
        words = [f"{name.removesuffix('_coins').replace('_', ' ')} {n}" for name, n in stated.items() if n is not None]
        return f"rewards: {', '.join(words)}" if words else "rewards"


class CoinsInShop(Intervention, frozen=True, tag="coins_in_shop"):
    """The shop takes bought coins too; what the buyer doesn't keep comes back as coins."""

    region: Annotated[str, "where the buyers are"]
    coin_value_cents: Annotated[CentsEach, "what a coin is worth there, in the region's own minor units; 0: nothing"]

    @property
    def text(self) -> str:
        """`coins buy goods at 1.2`."""
        return f"coins buy goods at {float(self.coin_value_cents.value):g}"


REWARD_COINS: Final = ("checkin_coins", "watch_coins", "watch_cap_coins", "invite_coins")
CoinIntervention = (
    PackPrice | PackOffer | CoinRefundRight | BalanceRollout | RivalOfferChange | FraudRing | Rewards | CoinsInShop
)
