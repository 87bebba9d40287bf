"""Interventions by and for creators: a star's storm of gifts, what a diamond is worth, a day on which all are paid."""

from decimal import Decimal
from typing import Annotated, ClassVar, Final

from sim.scenario.interventions.base import Intervention
from sim.scenario.quantity import CentsEach, Parameter, Quantity

Times = Annotated[Parameter, Quantity("factor", 0, 1000, ledger_rate=True)]
AS_USUAL: Final = Parameter(value=Decimal(1))


class GiftStorm(Intervention, frozen=True, tag="gift_storm"):
    """A star's final: she is live as long as it lasts, and whoever watches her wants to give so many times as readily.

    It is announced, so more of those who come watch her; who follows others that are live may stay with them, and
    nobody comes to the app who wouldn't have come. Viewers in the same window don't see each other's gifts: a scenario
    with a storm has windows of some seconds.
    """

    factor: Annotated[Times, "on the intent to give at her stream"]
    popularity: Annotated[Times, "hers while it lasts, against usual; 1 unless stated"] = AS_USUAL
    rank: Annotated[int, Quantity("number", 1, 10**6, whole=True), "1: the most popular creator of the region"] = 1

    is_crowd: ClassVar[bool] = True
    target_keys: ClassVar[tuple[str, ...]] = ("rank",)


class CreatorShare(Intervention, frozen=True, tag="creator_share"):
    """A diamond gets another worth: creators have another share of what fans pay."""

    diamond_value_cents: Annotated[CentsEach, "what a creator gets for a diamond, from then on held ones too"]

    @property
    def text(self) -> str:
        """`diamond worth 0.6 c`."""
        return f"diamond worth {float(self.diamond_value_cents.value):g} c"


class PayoutDay(Intervention, frozen=True, tag="payout_day"):
    """A day on which every creator asks for a payout, all at one boundary."""

    lasts: ClassVar[bool] = False


PeopleIntervention = GiftStorm | CreatorShare | PayoutDay
