"""Sanctions: a ladder that a platform climbs, step by step, until it complies or its licence is gone.

The steps and the fourteen days of a warning are Indonesia's (I7). The decree names the steps and not what they cost:
that a blacklisted platform may only advertise, that a blocked one may not even show goods, and that a revoked licence
turns the wallet off too, is our reading.
"""

from typing import Annotated, Final, NamedTuple

from sim.scenario.interventions.base import Intervention
from sim.scenario.interventions.commerce import CommerceBan
from sim.scenario.interventions.payments import PaymentLicence
from sim.scenario.quantity import Quantity, Share

StepDays = Annotated[int, Quantity("days", 1, 3660, whole=True)]
ORDINALS: Final = ("first", "second", "third", "fourth", "fifth")


class Step(NamedTuple):
    """A rung of the ladder: a few words, how long it is stood on (0: for good), and what it does meanwhile."""

    text: str
    days: int
    effects: tuple[CommerceBan | PaymentLicence, ...] = ()


class Sanctions(Intervention, frozen=True, tag="sanctions"):
    """A platform breaks a rule and is warned, watched, blacklisted, blocked; then its licence is revoked."""

    region: Annotated[str, "whose regulator it is"]
    compliance: Annotated[Share, "chance that it complies at the end of a step, which ends the ladder"]
    warnings: Annotated[int, Quantity("number", 0, len(ORDINALS), whole=True), "how many; 3 unless stated"] = 3
    warning_days: Annotated[StepDays, "that each is given; 14 unless stated"] = 14
    monitoring_days: Annotated[StepDays, "on the monitoring list, which changes nothing; 14 unless stated"] = 14
    blacklist_days: Annotated[StepDays, "when it may advertise and not sell; 14 unless stated"] = 14
    block_days: Annotated[StepDays, "when it may not even show goods; 14 unless stated"] = 14

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step from the first on."""
        no_sales = CommerceBan(at=self.at, region=self.region)
        no_shop = CommerceBan(at=self.at, region=self.region, advertising=False)
        no_wallet = PaymentLicence(at=self.at, region=self.region)
        warnings = (Step(f"{ordinal} warning", self.warning_days) for ordinal in ORDINALS[: self.warnings])
        return (
            *warnings,
            Step("monitoring list", self.monitoring_days),
            Step("blacklist", self.blacklist_days, (no_sales,)),
            Step("temporary block", self.block_days, (no_shop,)),
            Step("licence revoked", 0, (no_shop, no_wallet)),
        )
