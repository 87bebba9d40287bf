"""How fast the simulator is, side by side with others, in one run on one machine.

    numbers = run_bench(Plan.up_to(1_000_000), tell=print)
    numbers["events_per_s"]["windowed_1"], numbers["bars"]

`plan` says what is measured, `chapters` measure it, each configuration in a process of its own (`child`) that carries
out `tasks`; `bars` say what was to be reached. The comparison with other tools has one rule for all (`trivial`),
written for plain SimPy, for Mesa and for the machinery of the windowed engine.

An *event* is a visit, in which decisions are drawn, or an operation. Opening accounts and stating terms are set-up:
their time counts, they don't. Nothing here asserts anything: it measures, and prints the bar beside the figure.
"""

from sim.bench.bars import Bar, bars_of
from sim.bench.plan import Plan, size_of
from sim.bench.run import run_bench

__all__ = ["Bar", "Plan", "bars_of", "run_bench", "size_of"]
