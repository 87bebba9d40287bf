"""The world's figures that the model is held against, from `targets.toml`.

>>> [target.fact for target in targets() if target.moment == "payer_top_1"]
['S4', 'S5']
"""

from functools import cache
from importlib import resources
from math import inf

import msgspec


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fact beside a moment of the model.

    Attributes
    ----------
    fact : its id in the table of sources in scenarios/README.md
    moment : by name, in `sim.experiments.validation.moments.MOMENTS`
    says, people : the fact in words, and in whom it was measured
    places : scenarios whose people stand for them; elsewhere it was not measured
    low, high : the range, in the moment's unit; unbounded where one of them isn't stated
    fits : the parameter that was chosen to agree with it; empty: the fact is held out
    disputed : what contradicts it; empty: nothing does
    likely : why the model lies outside, by place or for `all`
    """

    fact: str
    moment: str
    says: str
    people: str
    places: tuple[str, ...]
    low: float = -inf
    high: float = inf
    fits: str = ""
    disputed: str = ""
    likely: dict[str, str] = {}

    @property
    def middle(self) -> float:
        """Of the range; its one bound, where it has no other."""
        if self.low == -inf:
            return self.high
        return self.low if self.high == inf else (self.low + self.high) / 2

    def holds(self, value: float) -> bool:
        """Whether a value lies in the range."""
        return self.low <= value <= self.high

    def reason(self, place: str) -> str:
        """Why the model lies outside in a place, as far as we know."""
        return self.likely.get(place) or self.likely.get("all", "")


class _Targets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    targets: tuple[Target, ...]


@cache
def targets() -> tuple[Target, ...]:
    """All targets, in the order of the facts' chapters."""
    text = (resources.files(__package__) / "targets.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=_Targets).targets
