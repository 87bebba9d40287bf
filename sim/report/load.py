"""The load: what a replay asked of the wallet, when, and how long each answer took from its planned instant.

The columns of requests.parquet hold four instants of every request, in nanoseconds. They part its response time into
three waits that add up exactly: for its lane, for the load generator, and for the service.

    planned ── lane wait ──▶ free ── send lag ──▶ sent ── service ──▶ done
"""

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.ledger import account_name
from sim.metrics.breakdown import operations_by_account
from sim.report.evidence import Evidence
from sim.report.figure import Figure
from sim.report.numbers import count, duration, share
from sim.report.style import GRID, INK, OUTSIDE, PLATFORM, VIEWERS, WARNING, inside_labels, key, margins
from sim.tables import Columns

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

Int64Array = npt.NDArray[np.int64]

S_NS: Final = 1_000_000_000
MS_NS: Final = 1_000_000
QUANTILES: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
BIN_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
FLOOR_MS: Final = 0.01


class Waits(NamedTuple):
    """The response time of every answered request and its three parts, in nanoseconds."""

    response: Int64Array
    lane_wait: Int64Array
    send_lag: Int64Array
    service: Int64Array


class HotAccount(NamedTuple):
    """An account and how much of the traffic touches it."""

    name: str
    operations: int
    share: float
    busiest_second: int

    @property
    def texts(self) -> tuple[str, str, str, str]:
        return self.name, count(self.operations), share(self.share), count(self.busiest_second)


def waits(requests: Columns) -> Waits:
    """Response, lane wait, send lag and service; the last three sum to the first."""
    answered = requests["done_ns"] >= 0
    planned, free, sent, done = (requests[name][answered] for name in ("planned_ns", "free_ns", "sent_ns", "done_ns"))
    free = np.maximum(free, planned)
    return Waits(done - planned, free - planned, sent - free, done - sent)


def quantile(sorted_ns: Int64Array, q: float) -> int:
    """The smallest measured time that at least a share q of the requests did not exceed."""
    return int(sorted_ns[max(int(np.ceil(q * len(sorted_ns))) - 1, 0)])


def p99_ns(response: Int64Array) -> int:
    """The response time that 99 in 100 requests stayed within."""
    return quantile(np.sort(response), QUANTILES["p99"])


def throughput(requests: Columns) -> float:
    """Answers a second, from the first planned instant to the last answer."""
    done = requests["done_ns"][requests["done_ns"] >= 0]
    span_ns = int(done.max() - requests["planned_ns"].min())
    return len(done) * S_NS / max(span_ns, 1)


def rates(run: Evidence, requests: Columns) -> Figure:
    """Requests planned, sent and answered, over time."""
    zero = int(requests["planned_ns"].min())
    instants = {
        name: (column[column >= 0] - zero) / S_NS
        for name, column in (("planned", requests["planned_ns"]), ("sent", requests["sent_ns"]), ("answered", requests["done_ns"]))
    }
    last_s = max(float(values.max()) for values in instants.values() if len(values))
    bin_s = next((step for step in BIN_S if last_s / step <= 100), BIN_S[-1])
    edges = np.arange(0, last_s + bin_s, bin_s)
    per_s = {name: np.histogram(values, edges)[0] / bin_s for name, values in instants.items()}
    looks = (("planned", GRID, "-"), ("sent", VIEWERS, "-"), ("answered", PLATFORM, (0, (4, 2))))

    def draw(canvas: "Canvas") -> None:
        axes = canvas.add_subplot()
        margins(canvas, left=8, right=14, top=40, bottom=44)
        axes.fill_between(edges[:-1], per_s["planned"], step="post", color=GRID, linewidth=0)
        for name, color, dashes in looks[1:]:
            axes.step(edges[:-1], per_s[name], where="post", color=color, linestyle=dashes)
        key(canvas, looks)
        axes.set(xlim=(0, edges[-1]), xlabel="seconds from the first planned request")
        axes.set_ylim(0, 1.08 * max(values.max() for values in per_s.values()))
        inside_labels(axes, lambda value: f"{value:,.0f}/s")

    peak = int(np.histogram(instants["planned"], np.arange(0, last_s + 1, 1.0))[0].max()) if last_s >= 1 else len(instants["planned"])
    answered = len(instants["answered"])
    return Figure(
        "rates",
        f"The wallet answered {count(answered)} of {count(len(instants['planned']))} operations in {duration(last_s)}; "
        f"the busiest second planned {count(peak)}",
        f"Operations a second, in steps of {duration(bin_s)}: planned by the trace (grey), sent, answered",
        "An open model: a request leaves at its planned instant, whatever the answers do.",
        {"from_s": np.round(edges[:-1], 6).tolist(), **{f"{name}_per_s": values.tolist() for name, values in per_s.items()}},
        draw,
        height=280,
        phone_height=260,
    )


def latency(run: Evidence, requests: Columns) -> Figure:
    """Latency by percentile, from the planned instant, and its parts."""
    parts = {name.replace("_", " "): np.sort(values) for name, values in waits(requests)._asdict().items()}
    response = parts["response"]
    nines = np.linspace(0, np.log10(max(len(response), 10)), 240)
    grid = 1 - 10**-nines
    curves = {name: np.array([quantile(values, q) for q in grid]) / MS_NS for name, values in parts.items()}
    looks = (
        ("response", INK, "-"),
        ("service", PLATFORM, (0, (5, 1.5))),
        ("lane wait", OUTSIDE, (0, (2, 1.5))),
        ("send lag", WARNING, (0, (1, 1.2))),
    )

    def draw(canvas: "Canvas") -> None:
        axes = canvas.add_subplot()
        margins(canvas, left=8, right=14, top=40, bottom=44)
        for name, color, dashes in reversed(looks):
            shown = np.where(curves[name] >= FLOOR_MS, curves[name], np.nan)
            axes.plot(nines, shown, color=color, linestyle=dashes, linewidth=2.5 if name == "response" else 2)
        key(canvas, looks)
        axes.set_yscale("log")
        axes.set_ylim(FLOOR_MS, 10 ** np.ceil(np.log10(max(float(curves["response"].max()), 1.0))))
        axes.set(xlim=(0, nines[-1]), xlabel="share of requests answered within")
        names = ["0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %"]
        whole = range(int(nines[-1]) + 1)
        axes.set_xticks([*whole, np.log10(2)], [*(names[i] for i in whole), "50 %"])
        axes.minorticks_off()
        axes.get_xticklabels()[0].set_ha("left")
        inside_labels(axes, lambda value: duration(value / 1000))

    return Figure(
        "latency",
        f"Half of the answers came within {duration(quantile(response, 0.5) / S_NS)} of the plan, "
        f"99 in 100 within {duration(quantile(response, 0.99) / S_NS)}",
        "Time from the planned instant to the answer, by percentile; both axes logarithmic. Its parts: wait for the account's "
        "lane, lag of the load generator, service by the wallet",
        "A request that waits behind another is charged from its own plan, so a stall shows at its full length.",
        {"share_of_requests": grid.tolist(), **{f"{name.replace(' ', '_')}_ms": v.tolist() for name, v in curves.items()}},
        draw,
        height=330,
        phone_height=320,
    )


def latency_table(requests: Columns) -> list[tuple[str, list[str]]]:
    """Rows of the latency table: the part, and its time at each of `QUANTILES`."""
    return [
        (name.replace("_", " "), [duration(quantile(np.sort(values), q) / S_NS) for q in QUANTILES.values()])
        for name, values in waits(requests)._asdict().items()
    ]


def hot_accounts(run: Evidence, requests: Columns, top: int = 8) -> list[HotAccount]:
    """The accounts that most operations touch, with the most that any second planned for them."""
    touched = operations_by_account(run.trace)
    busiest = np.argsort(-touched.counts, kind="stable")[:top]
    total = len(requests["seq"])
    return [_hot_account(run, requests, int(touched.keys[i]), int(touched.counts[i]), total) for i in busiest]


def _hot_account(run: Evidence, requests: Columns, account: int, operations: int, total: int) -> HotAccount:
    columns, seq = run.trace.columns, requests["seq"]
    mine = (columns["actor"][seq] == account) | (columns["peer"][seq] == account)
    seconds = (requests["planned_ns"][mine] - requests["planned_ns"].min()) // S_NS
    return HotAccount(account_name(account), operations, operations / max(total, 1), int(np.bincount(seconds).max(initial=0)))


def hottest_finding(hot: list[HotAccount]) -> str:
    """What the table of hot accounts says."""
    first = hot[0]
    return (
        f"{first.name} is in {share(first.share)} of all operations; its busiest second planned {count(first.busiest_second)}"
    )

