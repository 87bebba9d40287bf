"""The load: what a replay asked of the wallet, when, and how long each answer took from its planned instant.

The columns of requests.parquet hold four instants of every request, in nanoseconds. They part its response time into
three waits that add up exactly: for its lane, for the load generator, and for the service.

    planned ── lane wait ──▶ free ── send lag ──▶ sent ── service ──▶ done

Counts and percentiles are those of replay.json; here they are only shown.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from sim.ledger import Op, parse_account
from sim.report.evidence import Evidence
from sim.report.figure import Figure
from sim.report.numbers import column_share, count, duration, share
from sim.report.style import GRID, INK, OUTSIDE, PLATFORM, VIEWERS, WARNING, key, margins, name_values
from sim.tables import Columns

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

Int64Array = npt.NDArray[np.int64]

S_NS: Final = 1_000_000_000
MS_NS: Final = 1_000_000
BINS: Final = 80
FLOOR_MS: Final = 0.01
NINES: Final = ("0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %")
PARTS: Final = (
    ("response", INK, "-"),
    ("service", PLATFORM, (0, (5, 1.5))),
    ("lane wait", OUTSIDE, (0, (2, 1.5))),
    ("send lag", WARNING, (0, (1, 1.2))),
)


def parts_ns(requests: Columns) -> dict[str, Int64Array]:
    """The response time of every answered request and its three parts, each in ascending order."""
    answered = requests["done_ns"] >= 0
    planned, free, sent, done = (requests[name][answered] for name in ("planned_ns", "free_ns", "sent_ns", "done_ns"))
    parts = {"response": done - planned, "service": done - sent, "lane wait": free - planned, "send lag": sent - free}
    return {name: np.sort(values) for name, values in parts.items()}


def percentile_curve(ascending: Int64Array, shares: npt.NDArray[np.float64]) -> Int64Array:
    """For each share the smallest measured time that at least so many of the requests did not exceed."""
    ranks = np.ceil(np.round(shares * len(ascending), 9)).astype(np.int64)
    return ascending[np.clip(ranks - 1, 0, None)]


def rates(replay: Mapping[str, Any], requests: Columns) -> Figure:
    """Requests planned, sent and answered, over time."""
    columns = {"planned": "planned_ns", "sent": "sent_ns", "answered": "done_ns"}
    instants = {name: requests[column][requests[column] >= 0] / S_NS for name, column in columns.items()}
    last_s = max(float(values.max()) for values in instants.values())
    edges = np.linspace(0, last_s, BINS + 1)
    per_s = {name: np.histogram(values, edges)[0] / edges[1] for name, values in instants.items()}
    looks = (("planned", GRID, "-"), ("sent", VIEWERS, "-"), ("answered", PLATFORM, (0, (5, 2))))

    def draw(canvas: "Canvas") -> None:
        axes = canvas.add_subplot()
        margins(canvas, left=56, right=12, top=36, bottom=44)
        axes.stairs(per_s["planned"], edges, fill=True, color=GRID, linewidth=0)
        for name, color, dashes in looks[1:]:
            axes.stairs(per_s[name], edges, color=color, linestyle=dashes, linewidth=1.6, baseline=None)
        key(canvas, looks)
        axes.set(xlim=(0, last_s), xlabel="seconds from the first planned instant")
        axes.set_ylim(0, 1.05 * max(values.max() for values in per_s.values()))
        axes.locator_params(axis="y", nbins=4)
        axes.locator_params(axis="x", nbins=6)
        name_values(axes, lambda value: f"{value:,.0f}/s")

    answered = replay["acknowledged"] + replay["declined"]
    return Figure(
        "rates",
        f"The wallet answered {count(answered)} of {count(replay['planned'])} operations in {duration(last_s)}; "
        f"the busiest second planned {count(max(replay['timeline']['planned']))}",
        "Operations a second: planned by the trace (grey), sent, answered",
        f"An open model: a request leaves at its planned instant, whatever the answers do. Rate, sent: "
        f"{replay['rate_per_s']:,.0f}/s; throughput, answered: {replay['throughput_per_s']:,.0f}/s. "
        f"{share(replay['lane_blocked'])} had to wait for an earlier operation of the same account. "
        f"The generator used {share(replay['generator']['cpu_share'])} of a core.",
        {
            "from_s": np.round(edges[:-1], 6).tolist(),
            **{f"{name}_per_s": np.round(values, 3).tolist() for name, values in per_s.items()},
        },
        draw,
        height=280,
        phone_height=260,
    )


def latency(replay: Mapping[str, Any], requests: Columns) -> Figure:
    """Latency by percentile, from the planned instant, and its parts."""
    parts = parts_ns(requests)
    nines = np.linspace(0, np.log10(max(len(parts["response"]), 10)), 240)
    shares = 1 - 10**-nines
    curves = {name: percentile_curve(values, shares) / MS_NS for name, values in parts.items()}

    def draw(canvas: "Canvas") -> None:
        axes = canvas.add_subplot()
        margins(canvas, left=56, right=12, top=36, bottom=44)
        for name, color, dashes in reversed(PARTS):
            shown = np.where(curves[name] >= FLOOR_MS, curves[name], np.nan)
            axes.plot(nines, shown, color=color, linestyle=dashes, linewidth=2.5 if name == "response" else 2)
        key(canvas, PARTS)
        axes.set_yscale("log")
        axes.set_ylim(FLOOR_MS, 10 ** np.ceil(np.log10(max(float(curves["response"].max()), 1.0))))
        axes.set(xlim=(0, nines[-1]), xlabel="share of requests answered within")
        whole = range(1, int(nines[-1]) + 1)
        axes.set_xticks([np.log10(2), *whole], ["50 %", *(NINES[i] for i in whole)])
        axes.minorticks_off()
        name_values(axes, lambda value: duration(value / 1000))

    response = replay["latencies_ms"]["overall"]["response"]
    return Figure(
        "latency",
        f"Half of the answers came within {duration(response['p50'] / 1000)} of the plan, "
        f"99 in 100 within {duration(response['p99'] / 1000)}",
        "Time from the planned instant to the answer, by percentile, and its parts: service by the wallet, wait for "
        "the account's lane, lag of the load generator; both axes logarithmic",
        "A request that waits behind another is charged from its own plan, so a stall shows at its full length.",
        {
            "share_of_requests": np.round(shares, 9).tolist(),
            **{f"{name.replace(' ', '_')}_ms": values.tolist() for name, values in curves.items()},
        },
        draw,
        height=330,
        phone_height=320,
    )


def latency_table(replay: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Rows of the latency table: the part, and its time at each percentile of replay.json."""
    overall = replay["latencies_ms"]["overall"]
    return [
        (name, [duration(ms / 1000, aligned=True) for ms in overall[name.replace(" ", "_")].values()])
        for name, _, _ in PARTS
    ]


def hot_accounts(run: Evidence, replay: Mapping[str, Any], requests: Columns) -> list[tuple[str, str, str, str]]:
    """The accounts that most operations touch: name, operations, share of all, and the most planned for one second."""
    return [
        (
            hot["account"],
            count(hot["operations"]),
            column_share(hot["share"]),
            count(busiest_second(run, requests, parse_account(hot["account"]))),
        )
        for hot in replay["hottest_accounts"]
    ]


def busiest_second(run: Evidence, requests: Columns, account: int) -> int:
    """The most operations on an account that were planned for one second."""
    op, actor, peer = (run.trace.columns[name][requests["seq"]] for name in ("op", "actor", "peer"))
    touched = (actor == account) | ((peer == account) & np.isin(op, (Op.GIFT, Op.REFUND)))
    return int(np.bincount(requests["planned_ns"][touched] // S_NS).max(initial=0))


def hottest_finding(hot: list[tuple[str, str, str, str]]) -> str:
    """What the table of hot accounts says."""
    name, _, part, busiest = hot[0]
    return f"{name} is the hottest account: {part} of all operations, {busiest} in its busiest second"
