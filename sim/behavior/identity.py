"""How well a viewer is identified: electronic money is limited by tiers of it."""

from typing import Final

from sim.behavior.purposes import IDENTITY
from sim.compiled import rule
from sim.streams import draw, uniform

NOT_IDENTIFIED: Final = 0
VERIFIED: Final = 1


@rule
def tier_of(seed: int, viewer: int, verified_share: float) -> int:
    """The tier of a viewer; a larger share of verified ones holds the smaller."""
    is_verified = verified_share > 0.0 and uniform(draw(seed, viewer, IDENTITY, 0)[0]) < verified_share
    return VERIFIED if is_verified else NOT_IDENTIFIED
