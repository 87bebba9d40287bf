"""Interventions: dated changes that are carried out at the first boundary at or after their date.

`turns` says when each takes hold and gives way, `effects` what that changes.
"""

from sim.agents.interventions.effects import EFFECTS
from sim.agents.interventions.laws import renew_quotas
from sim.agents.interventions.turns import Turn, turns
from sim.agents.stage import Process, Stage
from sim.scenario import ImportQuota


def start(stage: Stage) -> None:
    """Let the scenario's interventions come and go, each on its date; those before this boundary have come already."""
    for turn in turns(stage.scenario, stage.seed, stage.windows.after):
        if turn.at_us >= stage.now_us:
            stage.env.process(_take(stage, turn))
    if any(isinstance(change, ImportQuota) for change in stage.scenario.interventions):
        stage.env.process(renew_quotas(stage))


def _take(stage: Stage, turn: Turn) -> Process:
    yield stage.boundary(turn.at_us)
    effect = EFFECTS[type(turn.change)]
    carry_out = effect.begin if turn.begins else effect.end
    carry_out(stage, turn.region, turn.change)


__all__ = ["start"]
