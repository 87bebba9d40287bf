"""A rival's currency: fans and creators who are on both sides give and take where a fan's money brings more."""

from typing import NamedTuple

from sim.behavior.purposes import MULTIHOMES
from sim.compiled import rule
from sim.elementary import power
from sim.streams import draw, uniform


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
