"""A rival's currency: fans and creators who are on both sides give and take where a fan's money brings more."""

from typing import Final, NamedTuple

from sim.behavior.purposes import MULTIHOMES
from sim.compiled import rule
from sim.elementary import power
from sim.streams import draw, uniform

WHOLE: Final = 1_000_000  # ppm


class RivalOffer(NamedTuple):
    """What the rival offers now: the share of givers who use it too; price and a creator's part of a coin there."""

    viewer_share: float
    price: float
    creator_value: float


class RivalTerms(NamedTuple):
    """The share of creators who go live there too, and how strongly fans follow what a cent of theirs brings."""

    creator_share: float
    sensitivity: float


@rule
def multi_homes(seed: int, agent: int, share: float) -> bool:
    """Whether a viewer or creator is on the rival's side too; a larger share holds the smaller."""
    return share > 0.0 and uniform(draw(seed, agent, MULTIHOMES, 0)[0]) < share


@rule
def gives_there(word: int, here: float, there: float, sensitivity: float) -> bool:
    """Whether a fan of both gives on the rival.

    Parameters
    ----------
    here, there : what a fan's minor unit brings the creator on each side, in minor units

    Notes
    -----
    A logit choice on the logarithms: the chance is there^s / (here^s + there^s).
    """
    if there <= 0.0:
        return False
    return here <= 0.0 or uniform(word) * (1.0 + power(here / there, sensitivity)) < 1.0


@rule
def share_there(here: float, there: float, viewer_share: float, sensitivity: float) -> float:
    """The part of a creator's hours, in [0, 1), that belongs on the rival.

    Parameters
    ----------
    here, there : what a fan's minor unit brings the creator on each side, in minor units
    viewer_share : of the fans who can be met there

    Notes
    -----
    A logit choice on the logarithms of what an hour brings, as that of fans in `gives_there`.
    """
    brought = there * viewer_share
    if brought <= 0.0:
        return 0.0
    return 1.0 / (1.0 + power(here / brought, sensitivity)) if here > 0.0 else 1.0


@rule
def moved(away: int, share: float, mobility: float) -> int:
    """The ppm of hours on the rival after a week, in which a part of the way to a share is gone."""
    return away + int(mobility * (share * WHOLE - away))
