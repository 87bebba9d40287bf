"""Interventions in the shop: what may be sold, where, and for whose part of the price."""

from decimal import Decimal
from typing import Annotated, ClassVar, Final, Literal

from sim.scenario.catalogs import PriceCents
from sim.scenario.interventions.base import Intervention
from sim.scenario.quantity import Days, Parameter, Quantity, Rate

Interest = Annotated[Parameter, Quantity("factor", 0, 1000, ledger_rate=True)]
VoucherCents = Annotated[int, Quantity("cents", 1, 10**9, whole=True)]
PromotionDays = Annotated[int, Quantity("days", 1, 3660, whole=True)]
OrderCents = Annotated[int, Quantity("cents", 0, 10**12, whole=True)]
AS_USUAL: Final = Parameter(value=Decimal(1))

ShopChannel = Literal["live", "shop", "video"]
EVERYWHERE: Final[tuple[ShopChannel, ...]] = ("live", "shop", "video")
CONCERN_SALES: Final = frozenset(
    {
        "price_floor",
        "import_quota",
        "flash_sale",
        "voucher_campaign",
        "coins_in_shop",
        "commission",
        "new_seller_promotion",
    }
)


class Commission(Intervention, frozen=True, tag="commission"):
    """The shop takes another part of each order."""

    rate: Annotated[Rate, "the platform's part"]
    flat_cents: Annotated[
        OrderCents | None, "what it takes of each order beside, in the region's own minor units, else as without it"
    ] = None

    @property
    def text(self) -> str:
        """`commission 8 %`; `commission 2 % + 30`."""
        return f"commission {_fee(self.rate, self.flat_cents)}"


class NewSellerPromotion(Intervention, frozen=True, tag="new_seller_promotion"):
    """Who begins to sell while it holds, for the first time, pays another commission for some days from then on.

    So do those who have begun when it ends, until their own days are over. It lures too: who thinks about beginning
    counts what it would save.
    """

    rate: Annotated[Rate, "the platform's part of what new sellers sell"]
    days: Annotated[PromotionDays, "for how long"]
    flat_cents: Annotated[
        OrderCents, "what it takes of each of their orders beside, in the region's own minor units; 0 unless stated"
    ] = 0

    @property
    def text(self) -> str:
        """`new sellers 2 % + 30 for 60 days`."""
        return f"new sellers {_fee(self.rate, self.flat_cents)} for {self.days} days"


def _fee(rate: Parameter, flat_cents: int | None) -> str:
    share = f"{float(rate.value * 100):g} %"
    return f"{share} + {flat_cents}" if flat_cents else share


class CommerceBan(Intervention, frozen=True, tag="commerce_ban"):
    """Nothing may be sold through some channels of a social app. Of two at once, the later says all that is banned."""

    channels: Annotated[tuple[ShopChannel, ...], "which: live, shop (the tab), video; all unless stated"] = EVERYWHERE
    advertising: Annotated[bool, "whether they may show goods all the same, as they may unless stated"] = True

    @property
    def lacks(self) -> str:
        """Something must be banned."""
        return "" if self.channels else f"one or more of {', '.join(EVERYWHERE)} in channels"

    @property
    def silences(self) -> frozenset[str]:
        """What concerns sales, where there are none through any channel."""
        return CONCERN_SALES if set(EVERYWHERE) <= set(self.channels) else frozenset()

    @property
    def text(self) -> str:
        """`no sales in live, video`."""
        return f"no sales in {', '.join(self.channels)}"


class PriceFloor(Intervention, frozen=True, tag="price_floor"):
    """What a merchant from abroad sells costs at least so much a piece."""

    region: Annotated[str, "where it is sold"]
    price_cents: Annotated[PriceCents, "the least price, in the region's own minor units"]
    exempt: Annotated[tuple[str, ...], "categories of goods that may cost less"] = ()

    @property
    def text(self) -> str:
        """`floor 10000 for foreign merchants`."""
        return f"floor {self.price_cents} for foreign merchants"


class ImportQuota(Intervention, frozen=True, tag="import_quota"):
    """So many orders of imported goods a day, counted in days from the start; those beyond it are cancelled."""

    region: Annotated[str, "where they are ordered"]
    orders_a_day: Annotated[int, Quantity("number", 0, 10**9, whole=True), "how many"]

    @property
    def text(self) -> str:
        """`100 imports a day`."""
        return f"{self.orders_a_day} imports a day"


class RefundWave(Intervention, frozen=True, tag="refund_wave"):
    """Part of what was delivered lately is sent back, all at one boundary: what a recall or a rumour does."""

    share: Annotated[Rate, "of the orders delivered lately that would have been kept"]
    days: Annotated[Days, "how far back that reaches"]

    lasts: ClassVar[bool] = False

    @property
    def text(self) -> str:
        """`20 % of 7 days refunded`."""
        return f"{float(self.share.value * 100):g} % of {float(self.days):g} days refunded"


class VoucherCampaign(Intervention, frozen=True, tag="voucher_campaign"):
    """Shoppers are given a voucher at their next visit, each one in a campaign and none while she holds another.

    It pays for one order in money, and its buyer takes it off the price when she thinks about whether to buy.
    """

    region: Annotated[str, "whose shoppers"]
    amount_cents: Annotated[VoucherCents, "of each voucher, in the region's own minor units"]
    days: Annotated[Days, "until it expires; 0: never"]
    share: Annotated[Rate, "of the shoppers who are given one; a larger share holds the smaller"]
    minimum_cents: Annotated[OrderCents, "least price, before tax, that it pays for; 0 unless stated"] = 0

    @property
    def text(self) -> str:
        """`vouchers of 500`."""
        return f"vouchers of {self.amount_cents}"


class FlashSale(Intervention, frozen=True, tag="flash_sale"):
    """The most popular seller of a region is live and sells the first good on the shelf for less, a few pieces of it.

    Viewers in the same window don't see each other's orders, so most of a crowd's are cancelled: a scenario with a sale
    has windows of some seconds.
    """

    region: Annotated[str, "whose most popular seller"]
    discount: Annotated[Rate, "off the price"]
    stock: Annotated[int, Quantity("number", 1, 10**9, whole=True), "pieces on the shelf when it begins"]
    interest: Annotated[Interest, "how many times as readily those who watch look closely"] = AS_USUAL

    is_crowd: ClassVar[bool] = True

    @property
    def text(self) -> str:
        """`flash sale, 50 % off`."""
        return f"flash sale, {float(self.discount.value * 100):g} % off"


CommerceIntervention = (
    Commission | NewSellerPromotion | CommerceBan | PriceFloor | ImportQuota | FlashSale | RefundWave | VoucherCampaign
)
