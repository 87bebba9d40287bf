"""From a scenario to a finished run.

    run = simulate(load("us-baseline"), progress=print)
    run.path, run.summary.kpis["bookings"]

`manner` says how a run is made, `simulation` makes it, `recorder` keeps its records, `resumption` goes on from a
checkpoint.
"""

from sim.model.manner import Manner
from sim.model.simulation import ENGINES, ending_of, simulate

__all__ = ["ENGINES", "Manner", "ending_of", "simulate"]
