"""Metrics: what a run's economy came to, as numbers with units.

    >>> kpis, series = summarize(trace, book, scenario)
    >>> kpis["conversion"]
    {'value': 0.0342, 'unit': 'share'}

`definitions` says what each number means; `breakdown` asks a trace who and what; `recognition` finds when money was
earned; `series` cuts it into hours; `inequality` measures who has how much.
"""

from sim.metrics.definitions import METRIC, METRICS, Metric, stated
from sim.metrics.inequality import gini, lorenz_curve, lorenz_share
from sim.metrics.summary import key_figures, summarize

__all__ = ["METRIC", "METRICS", "Metric", "gini", "key_figures", "lorenz_curve", "lorenz_share", "stated", "summarize"]
