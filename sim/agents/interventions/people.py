"""Effects of interventions by and for creators."""

from typing import Final

from sim.agents.interventions.effect import Effect, currency_of, state_policy
from sim.agents.stage import Stage, Storm
from sim.ledger import Rule
from sim.scenario import CreatorShare, GiftStorm, PayoutDay


def _begin_storm(stage: Stage, region: str, change: GiftStorm) -> None:
    stage.storms[region, change.rank] = Storm(change.factor.ppm, change.popularity.ppm)


def _end_storm(stage: Stage, region: str, change: GiftStorm) -> None:
    stage.storms.pop((region, change.rank), None)


def _set_share(stage: Stage, region: str, change: CreatorShare) -> None:
    _value(stage, region, stage.scenario.regions[region].ppm(change.diamond_value_cents))


def _reset_share(stage: Stage, region: str, _: CreatorShare) -> None:
    _value(stage, region, stage.scenario.regions[region].ppm(stage.scenario.creators.diamond_value_cents))


def _value(stage: Stage, region: str, ppm: int) -> None:
    stage.diamond_value_ppm[region] = ppm
    state_policy(stage, Rule.DIAMOND_VALUE, region, ppm, currency=currency_of(stage, region))


def _call_all(stage: Stage, region: str, _: PayoutDay) -> None:
    stage.payout_days.add(region)


def _leave(stage: Stage, region: str, change: PayoutDay) -> None:
    """Nothing lasts of it."""


PEOPLE_EFFECTS: Final[dict[type, Effect]] = {
    GiftStorm: Effect(_begin_storm, _end_storm),
    CreatorShare: Effect(_set_share, _reset_share),
    PayoutDay: Effect(_call_all, _leave),
}
