"""Supply: how much there was to see lately, and how it brings viewers back, or doesn't.

    supply.see(regions_of_who_is_live)      # at each boundary, of what is published
    supply.turn()                           # at each day's beginning
    supply.pull[region]

A region's pull multiplies the chance of its viewers' visits. In the first week it is 1; after, each day's is the live
hours of the past seven days against those of the first seven, to the power of an elasticity, within bounds.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sim.behavior.types import Float64Array, Int64Array
from sim.elementary import power
from sim.scenario import Scenario

WEEK: Final = 7  # days
LEAST_PULL: Final = 0.25
MOST_PULL: Final = 4.0


class Supply:
    """The live windows of each region's hosts, by day from the start.

    Attributes
    ----------
    elasticity : 0 where supply brings nobody; then nothing is counted
    live : int64 array of shape (n_days, n_regions): live hosts, summed over the windows of a day
    pull : array of shape (n_regions,)
    """

    def __init__(self, scenario: Scenario) -> None:
        n_regions = len(scenario.regions)
        self.elasticity = float(scenario.audience.supply_elasticity)
        self.live: Int64Array = np.zeros((scenario.days, n_regions), np.int64)
        self.pull: Float64Array = np.ones(n_regions)

    def __repr__(self) -> str:
        return f"<Supply elasticity={self.elasticity} pull={self.pull.tolist()}>"

    def see(self, day: int, regions: npt.NDArray[np.integer]) -> None:
        """Count those who are live in a window; `regions` are their places in the scenario."""
        if self.elasticity:
            self.live[day] += np.bincount(regions, minlength=self.live.shape[1])

    def turn(self, day: int) -> None:
        """Let a day begin."""
        if self.elasticity and day >= WEEK:
            first, past = self.live[:WEEK].sum(axis=0), self.live[day - WEEK : day].sum(axis=0)
            self.pull = np.array([pull_of(*pair, self.elasticity) for pair in zip(past, first, strict=True)])

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """What has been seen."""
        return {"live": self.live.copy(), "pull": self.pull.copy()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state, also one of a shorter or longer run."""
        days = min(len(self.live), len(state["live"]))
        self.live[:days] = state["live"][:days]
        self.pull = state["pull"].copy()


def pull_of(live: int, live_first: int, elasticity: float) -> float:
    """How many visits come against the first week, by the live hours of a week and of the first."""
    if not live_first:
        return 1.0
    if not live:
        return LEAST_PULL
    return min(max(power(float(live) / float(live_first), elasticity), LEAST_PULL), MOST_PULL)
