"""One run of the benchmark: every race of the plan, and the numbers that come of it."""

import shlex
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec

from sim.bench.bars import bars_of
from sim.bench.chapters import CHAPTERS, COMPILE, WITHOUT_MESA, has_mesa
from sim.bench.child import Child
from sim.bench.plan import Plan
from sim.bench.race import Result, race
from sim.bench.trivial import Population, agree
from sim.runs import this_machine
from sim.runs.provenance import CHECKOUT, commit, versions

SCHEMA: Final = "coinworks/bench-sim/1"

Results = Mapping[str, Result]


def run_bench(plan: Plan, tell: Callable[[float], None]) -> dict[str, Any]:
    """Measure everything; `tell` gets how much of the expected time is done, in seconds.

    Raises
    ------
    BenchError : a measurement failed, or there is no room for what it writes
    """
    plan.check_room()
    started_at, began_s, done_s = datetime.now(UTC), time.perf_counter(), 0.0
    with Child("compiler") as child:
        for call in COMPILE:
            child.ask(*call)
    raced: dict[str, Results] = {}
    for chapter, contenders_of in CHAPTERS.items():
        contenders = contenders_of(plan)
        each_s = plan.expected_s[chapter] / sum(contender.rounds for contender in contenders)

        def tick(each_s: float = each_s) -> None:
            nonlocal done_s
            done_s += each_s
            tell(done_s)

        raced[chapter] = race(contenders, tick)
    measured = numbers_of(plan, raced)
    document = {
        "schema": SCHEMA,
        **measured,
        "bars": [bar.document() for bar in bars_of(measured)],
        "plan": asdict(plan),
        "notes": [] if has_mesa() else [WITHOUT_MESA],
        "started_at": started_at,
        "wall_s": round(time.perf_counter() - began_s, 1),
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "commit": commit(CHECKOUT),
        "versions": versions() | ({"mesa": version("mesa")} if has_mesa() else {}),
        "machine": this_machine(),
    }
    plain: dict[str, Any] = msgspec.to_builtins(document)
    return plain


def numbers_of(plan: Plan, raced: Mapping[str, Results]) -> dict[str, Any]:
    """What the races say, under the names of the JSON."""
    speeds = {**raced["engines"], **raced["trivial"], **_only(raced["threads"], "windowed")}
    events_per_s = {name: round(result.events_per_s, 1) for name, result in speeds.items()}
    return {
        "events_per_s": events_per_s,
        "operations_per_s": {name: round(result.operations_per_s, 1) for name, result in speeds.items()},
        "ratios": _ratios(events_per_s),
        "thread_scaling": _gain(raced["threads"], "windowed_{}_crowd"),
        "arithmetic_scaling": 2 * _gain(raced["threads"], "arithmetic_{}"),
        "identical": _identical(raced["engines"]),
        "trivial": _trivial(plan, raced["trivial"]),
        "bytes_per_viewer": _bytes_per_viewer(raced["sizes"]),
        "sizes": [_size(int(name), result) for name, result in raced["sizes"].items()],
        "what_if": {name: result.document() for name, result in raced["what_if"].items()}
        | {"viewers": plan.what_if_viewers, "days": plan.what_if_days},
        "month": raced["month"]["month"].document() | {"viewers": plan.month_viewers, "days": plan.month_days},
        "measured": {name: result.document() for name, result in speeds.items()},
    }


def _only(results: Results, prefix: str) -> dict[str, Result]:
    return {name: result for name, result in results.items() if name.startswith(prefix)}


def _ratios(events_per_s: Mapping[str, float]) -> dict[str, float]:
    """How many times as quick as its peers the windowed engine is, on one thread."""
    pairs = {"reference": "windowed_1", "simpy_trivial": "windowed_trivial", "mesa_trivial": "windowed_trivial"}
    return {
        f"{ours}/{peer}": round(events_per_s[ours] / events_per_s[peer], 2)
        for peer, ours in pairs.items()
        if peer in events_per_s
    }


def _gain(results: Results, name: str) -> float:
    """How many times as quick two threads are as one, best against best."""
    return round(results[name.format(1)].run_s.best / results[name.format(2)].run_s.best, 4)


def _identical(results: Results) -> dict[str, Any]:
    digests = {name: result.best.digest for name, result in results.items()}
    every = {timed.digest for result in results.values() for timed in result.runs}
    return {**digests, "equal": len(every) == 1}


def _trivial(plan: Plan, results: Results) -> dict[str, Any]:
    """What everybody's viewers did: nobody is quick by doing less."""
    population = Population(plan.trivial_viewers, plan.trivial_days)
    counts = {name: result.best.counts for name, result in results.items()}
    ours = counts["windowed_trivial"]
    agreeing = all(ours and other and agree(ours, other, population) for other in counts.values())
    return {"counts": {name: found and found._asdict() for name, found in counts.items()}, "agree": agreeing}


def _size(viewers: int, result: Result) -> dict[str, Any]:
    events, times = result.best.events, result.run_s
    return {
        "viewers": viewers,
        "events": events,
        "seconds": round(times.best, 4),
        "seconds_worst": round(times.worst, 4),
        "ns_per_event": round(times.best / events * 1e9, 1),
        "peak_rss_bytes": result.peak_rss_bytes,
        "bytes_per_viewer": round(result.peak_rss_bytes / viewers, 1),
    }


def _bytes_per_viewer(results: Results) -> float | None:
    """What one more viewer costs: the slope between the two largest sizes."""
    if len(results) < 2:
        return None
    (less, small), (more, large) = sorted((int(name), result.peak_rss_bytes) for name, result in results.items())[-2:]
    return round((large - small) / (more - less), 1)
