"""A fraud ring: accounts taken over by thieves buy the largest packs, give all at once, and the banks take it back."""

from typing import NamedTuple

from sim.behavior.purposes import FRAUD
from sim.behavior.topup import NO_PACK, Packs, is_offered
from sim.compiled import rule
from sim.streams import draw, uniform


class Ring(NamedTuple):
    """What a ring does now: the share of givers' accounts in its hands, its creator by number, and packs a visit."""

    share: float
    creator: int
    packs: int


@rule
def in_ring(seed: int, viewer: int, share: float) -> bool:
    """Whether a giver's account is in the ring's hands; a larger share holds the smaller."""
    return share > 0.0 and uniform(draw(seed, viewer, FRAUD, 0)[0]) < share


@rule
def biggest_pack(packs: Packs, buys_on_web: bool) -> int:
    """The pack with the most coins that a viewer can buy now, or NO_PACK."""
    best, most = NO_PACK, 0
    for pack in range(packs.coins.shape[0]):
        if is_offered(packs, pack, buys_on_web) and not packs.each[pack] and packs.coins[pack] > most:
            best, most = pack, int(packs.coins[pack])
    return best
