"""Strata: a uniform number for each viewer, spread evenly over every 1,024 of them.

Viewers are taken in blocks of 1,024 by their number. A keyed permutation gives each of a block another of 1,024 strata,
and chance a place within it. So each number is uniform, and of each block just one lies in each stratum: what the few
with the smallest numbers do varies far less between seeds than if all were drawn apart. A person stays the same however
many people there are.
"""

from typing import Final

from sim.behavior.purposes import STRATUM
from sim.compiled import rule
from sim.ledger.accounts import KIND_SPAN
from sim.streams import draw, uniform

STRATA: Final = 1024
HALF: Final = 32  # its square root
LOW_32: Final = 0xFFFFFFFF
MULTIPLIER: Final = 0x9E3779B1
MIXER: Final = 0x2C1B3C6D


@rule
def stratified(seed: int, viewer: int, word: int) -> float:
    """A number in (0, 1), uniform; `word` says where in the viewer's stratum it lies."""
    return (stratum_of(seed, viewer) + uniform(word)) / STRATA


@rule
def stratum_of(seed: int, viewer: int) -> int:
    """The stratum of a viewer, by account, in [0, 1024).

    Notes
    -----
    A Feistel network of four rounds over five bits each: a permutation whatever its round function is.
    """
    number = viewer % KIND_SPAN
    keys = draw(seed, number // STRATA, STRATUM, 0)
    left, right = (number % STRATA) // HALF, number % HALF
    for key in keys:
        left, right = right, left ^ _scrambled(right, int(key))
    return left * HALF + right


@rule
def _scrambled(half: int, key: int) -> int:
    """Five bits of a hash."""
    mixed = (half * MULTIPLIER + key) & LOW_32
    mixed ^= mixed >> 15
    return ((mixed * MIXER) & LOW_32) >> 27
