"""The rival: what another app's currency offers fans and creators."""

from sim.behavior.rival import RivalOffer
from sim.scenario import Scenario


def rival_offer(scenario: Scenario) -> RivalOffer:
    """What the rival offers at the start."""
    row = scenario.rival_currency
    return RivalOffer(float(scenario.rival.viewer_share), float(row.price_cents), float(row.creator_cents))
