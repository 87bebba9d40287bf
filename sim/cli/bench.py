"""`coinworks bench`: how fast the parts are, side by side with their peers, in one run."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from sim.cli.terminal import json_option, new_table, progress, say, show, show_json

if TYPE_CHECKING:
    from rich.table import Table

RESULTS: Final = Path("results/throughput")
RACES: Final = {
    "viewers": {"reference": "reference", "windowed_1": "windowed, 1 thread", "windowed_2": "windowed, 2 threads"},
    "crowd": {"windowed_1_crowd": "windowed, 1 thread", "windowed_2_crowd": "windowed, 2 threads"},
    "trivial_viewers": {"simpy_trivial": "plain SimPy", "mesa_trivial": "Mesa", "windowed_trivial": "windowed"},
}


@click.group(invoke_without_command=True)
@click.pass_context
def bench(context: click.Context) -> None:
    """Measure how fast it is here, side by side with its peers, in one run.

    \b
    Examples:
      coinworks bench sim
      coinworks bench sim --largest 10M
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@bench.command("sim")
@click.option(
    "--largest",
    default="1M",
    show_default=True,
    metavar="SIZE",
    help="So many viewers at most, as 100k or 10M; the largest decides how long it takes.",
)
@click.option("--rounds", type=click.IntRange(1, 100), default=3, show_default=True, help="How often each is measured.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where sim.json, scale.csv and scale.svg go.  [default: results/throughput/<machine>]",
)
@json_option
def bench_sim(*, largest: str, rounds: int, out: Path | None, as_json: bool) -> None:
    """Measure the simulator: engines, threads, sizes, and one trivial rule in other tools too.

    \b
    Side by side, in turns, each in a process of its own, warmed up before:
      one population, full rules    reference, windowed on one and two threads; their traces compared
      a crowd, full rules           windowed on one and two threads, beside what pure arithmetic gains
      one population, trivial rule  plain SimPy, windowed, Mesa (the extra `bench` brings it)
      a day of more and more        10k, 100k, … viewers, metrics only: time and memory
      errands                       50k viewers for 30 days, from the command to the table and in a warm process;
                                    a million viewers for 30 days, trace written

    An event is a visit, in which decisions are drawn, or an operation; opening accounts is set-up and not counted.
    The best of the rounds is shown, and how far the worst lies. Let nothing else run meanwhile.

    \b
    Examples:
      coinworks bench sim
      coinworks bench sim --largest 10M --json
    """
    from sim.bench import Plan, run_bench, size_of
    from sim.report.throughput import list_machines, machine_name, publish_throughput

    plan = Plan.up_to(size_of(largest), rounds)
    expected_s = sum(plan.expected_s.values())
    click.echo(f"This takes about {max(round(expected_s / 60), 1)} min, if all is compiled already.", err=True)
    with progress("measuring", total=expected_s, unit="s") as done:
        numbers = run_bench(plan, done)
    folder = out or RESULTS / machine_name(numbers["machine"])
    publish_throughput(numbers, folder)
    if out is None:
        list_machines(RESULTS)
    if as_json:
        show_json(numbers)
        return
    for population in RACES:
        show(_speeds(numbers, population))
    show(_sizes(numbers))
    show(_bars(numbers))
    for line in (*_findings(numbers), *numbers["notes"], f"Wrote {folder / 'sim.json'}, scale.csv and scale.svg."):
        say(line)


def _speeds(numbers: Mapping[str, Any], population: str) -> "Table":
    table = new_table(
        "who", "visits>", "operations>", "events/s>", "operations/s>", "best>", "worst>", "memory>",
        title=_title(numbers["plan"], population),
    )  # fmt: skip
    for name, label in RACES[population].items():
        if name in numbers["measured"]:
            table.add_row(label, *_speed(numbers["measured"][name]))
    return table


def _title(plan: Mapping[str, Any], population: str) -> str:
    trivial = population == "trivial_viewers"
    days = plan["trivial_days"] if trivial else 1
    rules = "trivial rule" if trivial else "full rules"
    return f"{plan[population]:,} viewers, {days} day{'s' if days > 1 else ''}, {rules}"


def _speed(measured: Mapping[str, Any]) -> tuple[str, ...]:
    from sim.report.numbers import duration

    return (
        f"{measured['visits']:,}",
        f"{measured['operations']:,}",
        f"{measured['events_per_s']:,.0f}",
        f"{measured['operations_per_s']:,.0f}",
        duration(measured["run_s"]["best"]),
        duration(measured["run_s"]["worst"]),
        _megabytes(measured["peak_rss_bytes"]),
    )


def _sizes(numbers: Mapping[str, Any]) -> "Table":
    from sim.report.numbers import duration

    table = new_table(
        "viewers>", "events>", "best>", "worst>", "an event>", "memory>", "a viewer>", title="One day, metrics only"
    )
    for size in numbers["sizes"]:
        table.add_row(
            f"{size['viewers']:,}",
            f"{size['events']:,}",
            duration(size["seconds"]),
            duration(size["seconds_worst"]),
            f"{size['ns_per_event']:,.0f} ns",
            _megabytes(size["peak_rss_bytes"]),
            f"{size['bytes_per_viewer']:,.0f} B",
        )
    return table


def _bars(numbers: Mapping[str, Any]) -> "Table":
    table = new_table("bar", "measured>", "bar>", "")
    for bar in numbers["bars"]:
        measured, side = bar["measured"], ">=" if bar["is_least"] else "<="
        shown = "–" if measured is None else _figure(measured, bar["unit"])
        table.add_row(bar["name"], shown, f"{side} {_figure(bar['bound'], bar['unit'])}", _judgement(bar))
    return table


def _judgement(bar: Mapping[str, Any]) -> str:
    if bar["is_met"] is None:
        return "not at this size"
    return f"{'met' if bar['is_met'] else 'not met'}, {bar['margin']:.2f} ×"


def _findings(numbers: Mapping[str, Any]) -> list[str]:
    """What no table says."""
    ratios = ", ".join(f"{value:,.3g} times {name.split('/')[1]}" for name, value in numbers["ratios"].items())
    same = "the same trace" if numbers["identical"]["equal"] else "DIFFERENT traces"
    agree = "agree" if numbers["trivial"]["agree"] else "DISAGREE"
    viewer = numbers["bytes_per_viewer"]
    return [
        f"Windowed, one thread: {ratios}.",
        f"Two threads gain {numbers['thread_scaling']:.2f}, with arithmetic alone {numbers['arithmetic_scaling']:.2f}.",
        f"Both engines gave {same}; under the trivial rule all tools {agree} on what viewers did.",
        *([f"One more viewer takes {viewer:,.0f} B."] if viewer is not None else []),
    ]


def _figure(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if value >= 1000 else f"{value:.3g} {unit}"


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.0f} MB"
