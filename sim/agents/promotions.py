"""What new sellers are promised, region by region, as it changes in a run."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from sim.agents.interventions.promotions import number_of
from sim.agents.interventions.turns import turns
from sim.agents.stage import Stage
from sim.behavior.delay import DAY_US
from sim.scenario import NewSellerPromotion


class Promise(NamedTuple):
    """The commission that a promotion promises: its number, the rate, the flat part in minor units, for how long."""

    number: int
    rate_ppm: int
    flat: int
    days: int

    @property
    def lasts_us(self) -> int:
        """The same in microseconds."""
        return self.days * DAY_US


NO_PROMISE: Final = Promise(0, 0, 0, 0)


class Promises:
    """Every promise of a run.

    They are known from the scenario and the seed, so that whoever begins at the boundary at which a promotion does has
    it, whatever comes first there.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._order = list(stage.scenario.regions)
        self._made = list(_promises(stage))

    def __bool__(self) -> bool:
        return bool(self._made)

    def __repr__(self) -> str:
        return f"<Promises made={len(self._made)} to {len(self._order)} regions>"

    def now(self) -> list[Promise]:
        """What holds at this boundary, by region."""
        found = dict.fromkeys(self._order, NO_PROMISE)
        for at_us, region, promise in self._made:
            if at_us <= self._stage.now_us:
                found[region] = promise
        return list(found.values())


def _promises(stage: Stage) -> Iterator[tuple[int, str, Promise]]:
    scenario = stage.scenario
    for turn in turns(scenario, stage.seed, stage.windows.after):
        change = turn.change
        if isinstance(change, NewSellerPromotion):
            promise = Promise(number_of(scenario, change), change.rate.ppm, change.flat_cents, change.days)
            yield turn.at_us, turn.region, promise if turn.begins else NO_PROMISE
