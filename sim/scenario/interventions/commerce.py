"""Interventions in the shop: what may be sold, where, and for whose part of the price."""

from typing import Annotated, ClassVar

from sim.scenario.interventions.base import Intervention
from sim.scenario.quantity import Rate


class Commission(Intervention, frozen=True, tag="commission"):
    """The shop takes another part of each order."""

    rate: Annotated[Rate, "the platform's part"]

    @property
    def text(self) -> str:
        """`commission 8 %`."""
        return f"commission {float(self.rate.value * 100):g} %"


class LiveShopping(Intervention, frozen=True, tag="live_shopping"):
    """Selling in live streams is allowed, or forbidden."""

    allowed: Annotated[bool, "whether it is"]

    regional: ClassVar[bool] = False

    @property
    def text(self) -> str:
        """`live shopping forbidden`."""
        return f"live shopping {'allowed' if self.allowed else 'forbidden'}"


CommerceIntervention = Commission | LiveShopping
