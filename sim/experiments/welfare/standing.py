"""Standing: what an engine knows of who has what, at an instant; welfare is the difference of two of them.

standing = standing_of(engine)                      # at the boundary from which a run counts, and at its end
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.engines.windowed import WindowedEngine
from sim.ledger import Closing
from sim.tables import Columns


class Standing(NamedTuple):
    """An instant of a run.

    Attributes
    ----------
    at_us : the instant
    closing : what the accounts say
    live_us : how long each host has been live so far, creators first
    """

    at_us: int
    closing: Closing
    live_us: npt.NDArray[np.int64]


class Side(NamedTuple):
    """What holds for a whole run, as its engine drew it.

    Attributes
    ----------
    hour_cost : what an hour costs each creator, in minor units of the own currency
    hosts_region : places of the regions in the scenario, creators first
    foreign : of each seller, whether from abroad
    elsewhere, sellers_by_week : see `sim.metrics.hosts.Ending`
    """

    hour_cost: npt.NDArray[np.float64]
    hosts_region: npt.NDArray[np.int64]
    foreign: npt.NDArray[np.bool_]
    elsewhere: Columns
    sellers_by_week: Columns


def opening(n_hosts: int) -> Standing:
    """Nobody has anything."""
    return Standing(0, Closing({}, {}, {}, {}, {}, {}, {}), np.zeros(n_hosts, np.int64))


def standing_of(engine: WindowedEngine) -> Standing:
    """How things stand now; the engine has been checked at this boundary."""
    return Standing(engine.stage.now_us, engine.closing(), engine.counterparties.workforce.live_us)


def side_of(engine: WindowedEngine) -> Side:
    """The rest, at the end of a run."""
    other = engine.counterparties
    return Side(
        other.workforce.hour_cost,
        other.hosts_region.astype(np.int64),
        engine.hosts.sellers_foreign,
        engine.elsewhere.columns(),
        engine.sellers_by_week(),
    )
