"""The waves of refunds that a scenario holds, with the boundaries at which they come."""

import numpy as np

from sim.agents.interventions.turns import turns
from sim.agents.stage import Stage
from sim.behavior.delay import DAY_US
from sim.behavior.types import Int64Array
from sim.behavior.wave import WAVE
from sim.scenario import RefundWave


def waves_of(stage: Stage) -> Int64Array:
    """Every wave of a run, by its date: an array whose columns are those of `WAVE`."""
    scenario, order = stage.scenario, list(stage.scenario.regions)
    found = [
        (turn.at_us, order.index(turn.region), round(float(turn.change.days) * DAY_US), turn.change.share.ppm)
        for turn in turns(scenario, stage.seed, stage.windows.after)
        if isinstance(turn.change, RefundWave)
    ]
    return np.array(found, np.int64).reshape(-1, len(WAVE))
