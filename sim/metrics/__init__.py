"""Metrics: what a run's economy came to, as numbers with units.

    >>> tally = sim.metrics.tally.Tally(scenario, engine.hosts)
    >>> tally.add(block)                       # while the run goes on
    >>> tally.close(ending).kpis["conversion"]
    {'value': 0.0342, 'unit': 'share'}

`definitions` says what each number means; `tally` adds a run up block by block, by the compiled `counting`, with what
`hosts` tells of those who create and sell; `recognition` finds when money was earned; `summary` states the metrics,
`regions` those of each region; `series` cuts them into hours, `shop` what was sold by origin, `elsewhere` what went
elsewhere; `inequality` measures who has how much; `breakdown` asks a whole trace who and what. What is compiled is
imported by name, so that who only reads metrics, as a report does, doesn't wait for the compiler.
"""

from sim.metrics.definitions import METRIC, METRICS, Metric, metric_names, stated
from sim.metrics.inequality import gini, herfindahl, lorenz_curve, lorenz_share
from sim.metrics.recognition import RECOGNIZED, Moves, recognized

__all__ = [
    "METRIC",
    "METRICS",
    "RECOGNIZED",
    "Metric",
    "Moves",
    "gini",
    "herfindahl",
    "lorenz_curve",
    "lorenz_share",
    "metric_names",
    "recognized",
    "stated",
]
