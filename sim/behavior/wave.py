"""A wave of refunds: many who lately got what they ordered send it back at one moment.

Which orders it takes is known from their delivery on, as with any other return.
"""

from typing import Final

from sim.behavior.purposes import REFUND_WAVE
from sim.behavior.types import Int64Array
from sim.compiled import rule
from sim.ledger.money import PPM
from sim.streams import below, draw

NO_WAVE: Final = -1
WAVE: Final = ("at_us", "region", "days_us", "share_ppm")  # the columns of an array of waves, by their date


@rule
def wave_of(seed: int, buyer: int, occasion: int, delivered_us: int, region: int, waves: Int64Array) -> int:
    """When a wave takes an order that is delivered now, NO_WAVE if none does.

    Parameters
    ----------
    region : the buyer's, by its place in the scenario
    waves : array of shape (n_waves, 4): the boundary, the region, how far back it reaches, and the share that it takes
    """
    for k in range(waves.shape[0]):
        at_us, where, days_us, share_ppm = waves[k]
        if where != region or not at_us - days_us <= delivered_us < at_us:
            continue
        if below(draw(seed, buyer, REFUND_WAVE, occasion)[0], PPM) < share_ppm:
            return int(at_us)
    return NO_WAVE
