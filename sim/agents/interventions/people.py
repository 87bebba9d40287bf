"""Effects of interventions by and for creators."""

from typing import Final

from sim.agents.interventions.effect import Effect
from sim.agents.stage import Stage
from sim.scenario import GiftStorm


def _begin_storm(stage: Stage, region: str, change: GiftStorm) -> None:
    stage.storms[region, change.rank] = change.factor.ppm


def _end_storm(stage: Stage, region: str, change: GiftStorm) -> None:
    stage.storms.pop((region, change.rank), None)


PEOPLE_EFFECTS: Final[dict[type, Effect]] = {
    GiftStorm: Effect(_begin_storm, _end_storm),
}
