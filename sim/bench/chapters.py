"""What is compared with what: the contenders of each race."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Final

from sim.bench.plan import Plan
from sim.bench.race import Call, Contender
from sim.bench.tasks import (
    WARM_UP,
    WARM_UP_REFERENCE,
    arithmetic_run,
    command_run,
    engine_run,
    metrics_run,
    simulation,
    trivial_run,
)
from sim.bench.trivial import Population

ARITHMETIC: Final = 100_000_000  # rounds of a nanosecond or two
WITHOUT_MESA: Final = "Mesa is not installed, so not compared: the extra `bench` brings it."

Chapter = Callable[[Plan], list[Contender]]


# Once before all, in a process that is thrown away: whoever compiles needs memory for it
COMPILE: Final[tuple[Call, ...]] = (
    (engine_run, "reference", *WARM_UP_REFERENCE),
    (engine_run, "windowed", *WARM_UP, 2),
    (trivial_run, "columns", Population(*WARM_UP)),
)


def engines(plan: Plan) -> list[Contender]:
    """The full rules on one population. The reference is slow, so it runs once."""
    reference = Contender(
        "reference", (engine_run, "reference", plan.viewers, 1), (engine_run, "reference", *WARM_UP_REFERENCE)
    )
    return [reference, *(_windowed(f"windowed_{threads}", plan.viewers, threads, plan) for threads in (1, 2))]


def trivial(plan: Plan) -> list[Contender]:
    """The trivial rule on one population."""
    tools = {"simpy_trivial": "simpy", "windowed_trivial": "columns"} | ({"mesa_trivial": "mesa"} if has_mesa() else {})
    population = Population(plan.trivial_viewers, plan.trivial_days)
    return [
        Contender(name, (trivial_run, tool, population), (trivial_run, tool, Population(*WARM_UP)), plan.rounds)
        for name, tool in tools.items()
    ]


def threads(plan: Plan) -> list[Contender]:
    """A crowd on one thread and on two, and what two threads gain where there is nothing but arithmetic."""
    arithmetic = (
        Contender(f"arithmetic_{n}", (arithmetic_run, n, ARITHMETIC), (arithmetic_run, n, 1), plan.rounds)
        for n in (1, 2)
    )
    return [*(_windowed(f"windowed_{n}_crowd", plan.crowd, n, plan) for n in (1, 2)), *arithmetic]


def sizes(plan: Plan) -> list[Contender]:
    """A day of more and more viewers, metrics only."""
    return [
        Contender(str(size), (metrics_run, size, 1, plan.threads), (metrics_run, *WARM_UP, plan.threads), rounds)
        for size, rounds in plan.rounds_of_sizes.items()
    ]


def what_if(plan: Plan) -> list[Contender]:
    """An economist's question: from the command to the table, and in a warm process, with a trace or without."""
    size, threads = (plan.what_if_viewers, plan.what_if_days), plan.threads
    return [
        Contender("command", (command_run, *size), (command_run, *WARM_UP), plan.rounds),
        Contender("warm", (metrics_run, *size, threads), (metrics_run, *WARM_UP, threads), plan.rounds),
        Contender("warm_with_trace", (simulation, *size, threads), (simulation, *WARM_UP, threads), plan.rounds),
    ]


def month(plan: Plan) -> list[Contender]:
    """A month of a million viewers, the trace written."""
    size = plan.month_viewers, plan.month_days
    return [Contender("month", (simulation, *size, plan.threads), (simulation, *WARM_UP, plan.threads))]


CHAPTERS: Final[dict[str, Chapter]] = {
    "engines": engines,
    "trivial": trivial,
    "threads": threads,
    "sizes": sizes,
    "what_if": what_if,
    "month": month,
}


def has_mesa() -> bool:
    """Whether Mesa can be compared."""
    return find_spec("mesa") is not None


def _windowed(name: str, viewers: int, threads: int, plan: Plan) -> Contender:
    return Contender(
        name,
        (engine_run, "windowed", viewers, 1, threads),
        (engine_run, "windowed", *WARM_UP, threads),
        plan.rounds,
    )
