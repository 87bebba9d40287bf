"""Schedule: what coins cost when, and who was in a fraud ring's hands, as the scenario's dates say.

    schedule = Schedule(scenario, seed)
    schedule.coin_price(region, at_us, on_web)          # the least that a coin costs, by arrays of one shape
    schedule.ring_share(at_us)

A stage without an audience is led through the scenario's interventions; what it publishes holds from one of
their dates to the next.
"""

import numpy as np
import numpy.typing as npt
from simpy import Environment

from sim.agents import interventions
from sim.agents.interventions.turns import turns
from sim.agents.stage import Process, Stage
from sim.agents.terms import packs_on_sale
from sim.agents.windows import Phase
from sim.behavior.topup import coin_price
from sim.scenario import Scenario

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Schedule:
    """What was published by date alone.

    Attributes
    ----------
    from_us : ascending instants from which something else held, the first is 0
    price : array of shape (n_instants, n_regions, 2), of a coin in minor units, in the app alone and with the web
    ring : array of shape (n_instants,), the share of givers' accounts in a ring's hands
    """

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._stage = stage = Stage(Environment(), scenario, seed)
        stage.packs = {name: packs_on_sale(scenario, name) for name in scenario.regions}
        self._found: list[tuple[int, list[list[float]], float]] = []
        interventions.start(stage)
        stage.env.process(self._watch())
        stage.env.run(until=scenario.duration_us)
        self.from_us: Integers = np.array([at_us for at_us, _, _ in self._found], np.int64)
        self.price: Floats = np.array([prices for _, prices, _ in self._found])
        self.ring: Floats = np.array([share for _, _, share in self._found])

    def __repr__(self) -> str:
        return f"<Schedule of {len(self.from_us)} times>"

    def coin_price(self, region: Integers, at_us: Integers, on_web: npt.NDArray[np.bool_]) -> Floats:
        """What a coin cost at least: arrays of one shape; `region` by its place in the scenario."""
        found: Floats = self.price[self._when(at_us), region, on_web.astype(np.int64)]
        return found

    def ring_share(self, at_us: Integers) -> Floats:
        """The share of givers' accounts in a ring's hands at these instants."""
        found: Floats = self.ring[self._when(at_us)]
        return found

    def _when(self, at_us: Integers) -> Integers:
        return np.searchsorted(self.from_us, at_us, side="right") - 1

    def _watch(self) -> Process:
        stage = self._stage
        instants = {turn.at_us for turn in turns(stage.scenario, stage.seed, stage.windows.after)}
        for at_us in sorted({0, *instants}):
            yield stage.windows.boundary(at_us, Phase.SETTLE)
            stage.take_proposals()
            prices = [[coin_price(packs, on_web) for on_web in (False, True)] for packs in stage.packs.values()]
            self._found.append((stage.now_us, prices, stage.ring.share))
