"""What is kept of a benchmark: its numbers, how time grows with the number of viewers, a row in the list of machines.

publish_throughput(numbers, Path("results/throughput") / machine_name(numbers["machine"]))
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sim.files import write_together
from sim.report.figure import Figure
from sim.report.numbers import THIN, duration, plural
from sim.report.standalone import standalone
from sim.report.style import INK, MUTED, VIEWERS, is_narrow, margins

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

NUMBERS_FILE: Final = "sim.json"
FIGURE_NAME: Final = "scale"
README: Final = "README.md"
NOISE_WORDS: Final = r"\((?:r|tm)\)|@.*|\bcpu\b|\bprocessor\b|\b\d+-core\b"

HEAD: Final = """\
# Throughput

How fast the simulator is, a folder a machine: absolute figures belong to the machine, ratios hold better.
Written by `coinworks bench sim`, whose `--help` says what is measured; `sim.json` has every figure with its spread, the
bars, versions and commit; `scale.svg` shows how time grows with the number of viewers, `scale.csv` has its numbers.
Millions of events a second are of the full rules, recorded; an event is a visit or an operation. Seed 1.

| machine | one thread | two threads | against plain SimPy, trivial rule | against Mesa | one more viewer | bars met |
|---|---:|---:|---:|---:|---:|---|
"""


def machine_name(machine: Mapping[str, Any]) -> str:
    """A folder's name for a machine: its cores and its kind of CPU.

    >>> machine_name({"cores": 2, "cpu_model": "Intel(R) Xeon(R) CPU @ 2.20GHz"})
    '2-cores-intel-xeon'
    """
    kind = re.sub(NOISE_WORDS, " ", machine["cpu_model"].lower())
    words = re.findall(r"[a-z0-9]+", kind)
    return "-".join([plural(machine["cores"], "core").replace(" ", "-"), *words])


def publish_throughput(numbers: Mapping[str, Any], folder: Path) -> None:
    """Write a machine's files into its folder, in place of earlier ones, and the list of machines beside it."""
    figure = growth(numbers)
    write_together(
        {
            folder / f"{FIGURE_NAME}.csv": figure.csv,
            folder / f"{FIGURE_NAME}.svg": standalone(figure, _source(numbers)),
            folder / NUMBERS_FILE: json.dumps(numbers, indent=2) + "\n",
        }
    )


def list_machines(throughput: Path) -> Path:
    """Write the README of all machines' folders; its path."""
    path = throughput / README
    write_together({path: machines_text(throughput)})
    return path


def machines_text(throughput: Path) -> str:
    """A row a machine, as its folder says."""
    rows = [_row(path.parent.name, json.loads(path.read_text("utf-8"))) for path in _kept(throughput)]
    return HEAD + "".join(rows)


def _kept(throughput: Path) -> list[Path]:
    return sorted(throughput.glob(f"*/{NUMBERS_FILE}"))


def _row(name: str, numbers: Mapping[str, Any]) -> str:
    speeds, ratios = numbers["events_per_s"], numbers["ratios"]
    bars = [bar["is_met"] for bar in numbers["bars"] if bar["is_met"] is not None]
    mesa, viewer = ratios.get("windowed_trivial/mesa_trivial"), numbers["bytes_per_viewer"]
    cells = (
        f"[`{name}/`]({name})",
        f"{speeds['windowed_1_crowd'] / 1e6:.2f} M/s",
        f"{speeds['windowed_2_crowd'] / 1e6:.2f} M/s",
        f"{ratios['windowed_trivial/simpy_trivial']:.3g} times",
        "–" if mesa is None else f"{mesa:.3g} times",
        "–" if viewer is None else f"{viewer:.0f} B",
        f"{sum(bars)} of {len(bars)}",
    )
    return f"| {' | '.join(cells)} |\n"


def growth(numbers: Mapping[str, Any]) -> Figure:
    """How long a day takes, for more and more viewers."""
    sizes = numbers["sizes"]
    viewers = [size["viewers"] for size in sizes]
    seconds = [size["seconds"] for size in sizes]
    worst = [size["seconds_worst"] for size in sizes]
    costs = [size["ns_per_event"] for size in sizes]

    def draw(canvas: "Canvas") -> None:
        axes, narrow = canvas.add_subplot(), is_narrow(canvas)
        margins(canvas, left=56, right=56 if narrow else 160, top=24, bottom=28)
        axes.set(xscale="log", yscale="log", xlim=(viewers[0] / 1.5, viewers[-1] * 1.5))
        even = [seconds[0] * n / viewers[0] for n in viewers]
        axes.plot(viewers, even, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.vlines(viewers, seconds, worst, color=VIEWERS, linewidth=4, alpha=0.35)
        axes.plot(viewers, seconds, color=VIEWERS, marker="o")
        for n, best_s, cost_ns in zip(viewers, seconds, costs, strict=True):
            text = duration(best_s) if narrow else f"{duration(best_s)}, {cost_ns:.0f}{THIN}ns an event"
            axes.annotate(text, (n, best_s), (8, -12), textcoords="offset points", color=INK, annotation_clip=False)
        axes.set_ylim(seconds[0] / 2.5)
        axes.set_xticks(viewers, [_people(n) for n in viewers])
        axes.yaxis.set_major_formatter(lambda value, _: duration(value))
        axes.tick_params(axis="y", which="minor", labelleft=False)

    return Figure(
        FIGURE_NAME,
        _finding(viewers, costs),
        "Time to simulate one day by the number of viewers, metrics only; both axes are logarithmic",
        "Dots are the best of the measurements, bars reach to the worst; the dashed line grows in proportion.",
        {name: [size[name] for size in sizes] for name in sizes[0]},
        draw,
    )


def _finding(viewers: list[int], costs: list[float]) -> str:
    if len(viewers) == 1:
        return f"A day of {_people(viewers[0])} viewers costs {costs[0]:.0f} ns an event"
    times = viewers[-1] / viewers[0]
    return f"{times:,.0f} times the viewers: an event costs {costs[-1]:.0f} ns instead of {costs[0]:.0f} ns"


def _people(number: int) -> str:
    """`10 k`, `1 M`."""
    for unit, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= unit:
            return f"{number / unit:.3g}{THIN}{letter}"
    return str(number)


def _source(numbers: Mapping[str, Any]) -> str:
    machine, threads = numbers["machine"], numbers["plan"]["threads"]
    return f"us-baseline, seed 1, on {plural(threads, 'thread')} of a machine with {_cores(machine)}"


def _cores(machine: Mapping[str, Any]) -> str:
    return f"{plural(machine['cores'], 'core')} ({machine['cpu_model']})"
