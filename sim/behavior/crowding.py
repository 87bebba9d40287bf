"""Crowding: what a viewer sees others give changes how ready she is to give, and so does who else is there.

    eagerness(board, audience, terms)       # ppm on the intent to give, 1,000,000 where nobody gave and nobody is there

Three effects, each of a published experiment or regression, in whole ppm:

- the largest gift lately draws others in where a session follows its star, and drives them out where fans
  compete (S14);
- the more was given lately, the less others give, whatever the session (S13);
- a larger audience makes everyone in it a little readier (S12).

Each grows with what is seen and is half of its most at a stated amount, so the whole stays within bounds.
"""

from typing import Final, NamedTuple

from sim.behavior.purposes import SESSION
from sim.compiled import rule
from sim.streams import draw, uniform

PLAIN: Final = 1_000_000  # ppm
MOST_SEEN: Final = 10**12  # so that products stay within 64 bits


class CrowdTerms(NamedTuple):
    """Effects at their most, in ppm; `board_coins` and `audience_half` are where they are half of that."""

    crowd_in: int
    crowd_out: int
    peer_effect: int
    audience_effect: int
    board_coins: int
    audience_half: int


class Board(NamedTuple):
    """What a stream's gift board shows: the largest gift lately, all gifts lately, in coins; whether fans compete."""

    largest: int
    given: int
    competes: bool


@rule
def competes(seed: int, host: int, day: int, competition_share: float) -> bool:
    """Whether the session of a host on a day is a competition."""
    return uniform(draw(seed, host, SESSION, day)[3]) < competition_share


@rule
def saturation(seen: int, half: int) -> int:
    """How much of an effect there is, in ppm: 0 where nothing is seen, a half at `half`, never quite all."""
    if seen <= 0:
        return 0
    capped = min(seen, MOST_SEEN)
    return capped * PLAIN // (capped + half)


@rule
def eagerness(board: Board, audience: int, terms: CrowdTerms) -> int:
    """The factor on the intent to give, in ppm."""
    head = saturation(board.largest, terms.board_coins)
    by_head = -terms.crowd_out * head // PLAIN if board.competes else terms.crowd_in * head // PLAIN
    by_peers = terms.peer_effect * saturation(board.given, terms.board_coins) // PLAIN
    by_audience = terms.audience_effect * saturation(audience, terms.audience_half) // PLAIN
    return (PLAIN + by_head) * (PLAIN - by_peers) // PLAIN * (PLAIN + by_audience) // PLAIN


@rule
def most_eager(terms: CrowdTerms) -> int:
    """No stream makes anyone more eager than so many ppm."""
    return (PLAIN + terms.crowd_in) * (PLAIN + terms.audience_effect) // PLAIN
