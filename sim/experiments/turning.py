"""Where an answer turns: the value of one unknown at which its sign changes.

    bracket = nearest_turn(values, changes, stated=0.15)
    bracket.crossing                    # where the straight line between the two is 0

>>> nearest_turn([0, 1, 2, 4], [-3, -1, 1, 5], stated=1).crossing
1.5
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Bracket(NamedTuple):
    """Two values of an unknown, and the answer there: of opposite signs, or 0 at one of them."""

    low: float
    high: float
    at_low: float
    at_high: float

    @property
    def crossing(self) -> float:
        """Where the straight line through both is 0."""
        if self.at_low == self.at_high:
            return (self.low + self.high) / 2
        return self.low + (self.high - self.low) * self.at_low / (self.at_low - self.at_high)

    def narrowed(self, value: float, answer: float) -> "Bracket":
        """The part of it that still holds the turn, once the answer between them is known."""
        if answer * self.at_low > 0:
            return self._replace(low=value, at_low=answer)
        return self._replace(high=value, at_high=answer)

    def distance(self, stated: float) -> float:
        """How far the crossing is from a value."""
        return abs(self.crossing - stated)


def brackets(values: Sequence[float], changes: Sequence[float]) -> list[Bracket]:
    """Every turn along rising values; where the answer is just 0 and has the same sign on both sides is none."""
    known = [(value, change) for value, change in zip(values, changes, strict=True) if change]
    return [Bracket(low, high, one, two) for (low, one), (high, two) in pairwise(known) if (one > 0) != (two > 0)]


def nearest_turn(values: Sequence[float], changes: Sequence[float], stated: float) -> Bracket | None:
    """The turn nearest to the stated value, or None where the answer has one sign throughout."""
    return min(brackets(values, changes), key=lambda found: found.distance(stated), default=None)
