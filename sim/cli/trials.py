"""What `run` and `replay` share: a wallet to try, the trial with its progress, and its table and verdict line."""

import math
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from sim.cli.terminal import new_table, progress
from sim.files import naming
from sim.ledger.errors import CoinworksError

if TYPE_CHECKING:
    from rich.table import Table

    from loadtests.replay.launch import Progress
    from loadtests.traffic import Traffic
    from loadtests.trial import Conditions, Trial

TIMES: Final = {"response": "response", "service": "  service", "lane_wait": "  lane wait", "send_lag": "  send lag"}

_OPTIONS: Final = (
    click.option("--speed", type=float, metavar="X", help="Times as fast as the trace. Default: lasts 20 s."),
    click.option("--duration", type=float, metavar="S", help="As fast, or as slow, as makes it last S seconds."),
    click.option(
        "--slo", "slos", multiple=True, metavar="P=T", help="Objective for response times, p99=50ms; repeatable."
    ),
    click.option("--connections", default=256, show_default=True, metavar="N", help="At most so many at a time."),
    click.option(
        "--deadline", default=30.0, show_default=True, metavar="S", help="Give a lost wallet up after S seconds."
    ),
    click.option(
        "--late-limit", default="20ms", show_default=True, metavar="T", help="A later generator voids latencies."
    ),
)


def replay_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a replay goes."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def conditions(options: dict[str, Any]) -> "Conditions":
    """The conditions that those options ask for; takes them out of `options`."""
    from loadtests.replay.plan import Pace, check_pace
    from loadtests.trial import Conditions
    from loadtests.verdict import parse_duration_ms, parse_objective

    speed, live_s = options.pop("speed"), options.pop("duration")
    if speed is not None and live_s is not None:
        raise click.UsageError("expected --speed or --duration, not both")
    if live_s is not None and not 0 < live_s < math.inf:
        raise click.UsageError(f"--duration {live_s:g}: expected more than 0 seconds")
    connections, deadline_s = options.pop("connections"), options.pop("deadline")
    check_pace(Pace(1.0 if speed is None else speed, connections, deadline_s))  # now, not after a long simulation
    return Conditions(
        speed=speed,
        connections=connections,
        deadline_s=deadline_s,
        objectives=tuple(parse_objective(slo) for slo in options.pop("slos")),
        late_ms=parse_duration_ms(options.pop("late_limit")),
        live_s=live_s,
    )


class Tried(NamedTuple):
    """A wallet under trial. `ended` says how it ended, if anybody here can know that it did."""

    url: str
    token: str
    ended: Callable[[], str | None] = lambda: None


@contextmanager
def wallet_to_try(target: str | None, token: str | None, folder: Path, store: str | None = None) -> Iterator[Tried]:
    """A wallet to try: the one named, or one of our own that ends with the block.

    Its store lies on the same disk as the run: a store in memory would commit faster than any wallet does. It is
    temporary unless `store` names a file in the folder. Its log lies elsewhere, to tell of a full disk.

    Raises
    ------
    CoinworksError : it has no token, did not start, or ended early; in its own words
    """
    if target is not None:
        token = token or os.environ.get("COINWORKS_TOKEN")
        if not token:
            raise CoinworksError(f"target {target}: expected its service token as --token or in COINWORKS_TOKEN")
        yield Tried(target, token)
        return
    from loadtests.remote_wallet import WalletError
    from loadtests.wallet.process import start_wallet

    with (
        tempfile.TemporaryDirectory(prefix=".wallet-", dir=folder) as scratch,
        tempfile.TemporaryDirectory(prefix="coinworks-log-") as words,
    ):
        path = Path(scratch) / "wallet.db" if store is None else folder / store
        with start_wallet(path, log_path=Path(words) / "wallet.log") as wallet:
            try:
                yield Tried(wallet.url, wallet.token, wallet.ended)
            except WalletError as error:  # before or after the load
                raise CoinworksError(wallet.ended() or str(error)) from None


def try_wallet(traffic: "Traffic", wallet: Tried, asked: "Conditions", folder: Path) -> "Trial":
    """Replay, compare and judge, with a progress bar; the files go to the folder.

    Raises
    ------
    CoinworksError : the wallet was gone for good; what was measured until then is in the folder
    """
    from loadtests.trial import run_trial

    with naming(folder), progress("replaying", total=len(traffic.trace), unit="operations") as done:

        def show(total: int, counters: "Progress") -> None:
            done(len(traffic.trace) - total + counters.answered)

        trial = run_trial(
            traffic.trace,
            wallet.url,
            wallet.token,
            asked,
            folder,
            simulated=traffic.balances,
            on_progress=show,
            is_wallet_gone=wallet.ended,
        )
    why = wallet.ended() or f"{wallet.url}: the wallet is gone: no outcome for {asked.deadline_s:g} s"
    try:
        trial.write(folder)
    except (CoinworksError, OSError) as error:
        if trial.is_wallet_gone:
            raise CoinworksError(f"{why}; nothing was kept: {error}") from None
        raise
    if trial.is_wallet_gone:
        numbers = trial.numbers
        answered = numbers["acknowledged"] + numbers["declined"] + numbers["without_outcome"]
        raise CoinworksError(
            f"{why}; {answered:,} of {numbers['planned']:,} operations were answered, as {folder} says"
        )
    return trial


def latency_table(numbers: dict[str, Any]) -> "Table":
    """How long operations took, by percentile: the response from the planned instant, and its three parts."""
    percentiles = list(numbers["latencies_ms"]["overall"]["response"])
    table = new_table("ms from the plan", *(f"{name}>" for name in percentiles))
    for name, label in TIMES.items():
        measured = numbers["latencies_ms"]["overall"][name]
        table.add_row(label, *(milliseconds(measured[percentile]) for percentile in percentiles))
    return table


def counts_line(numbers: dict[str, Any]) -> str:
    """What was sent and what came back."""
    counted = ", ".join(f"{numbers[name]:,} {name}" for name in ("acknowledged", "declined", "unknown", "unexpected"))
    return f"{numbers['sent']:,} of {numbers['planned']:,} operations sent in {numbers['live_s']:.1f} s: {counted}"


def milliseconds(value: float | None) -> str:
    """Three significant digits: 0.123, 45.6, 1,230."""
    if value is None:
        return "–"
    return f"{value:.3g}" if value < 100 else f"{value:,.0f}"


def load_line(numbers: dict[str, Any]) -> str:
    """How the load went."""
    return (
        f"Speed {numbers['speed']:,.0f} times the trace's; {numbers['rate_per_s']:,.0f} sent and "
        f"{numbers['throughput_per_s']:,.0f} answered a second; {percent(numbers['lane_blocked'])} waited for their "
        f"lane, {percent(numbers['connection_blocked'])} for a connection."
    )


def percent(share: float) -> str:
    """A share as people read it: `9.5 %`."""
    return f"{100 * share:.3g} %"


def verdict_line(numbers: dict[str, Any]) -> str:
    """PASS, FAIL or INVALID, and why."""
    if numbers["reasons"]:
        return f"{numbers['verdict']}: {'; '.join(numbers['reasons'])}.{_first_difference(numbers)}"
    return f"{numbers['verdict']}: all {numbers['accounts_compared']:,} accounts agree, to the last coin."


def _first_difference(numbers: dict[str, Any]) -> str:
    if numbers["mismatches"]:
        first = numbers["mismatches"][0]
        return f" First: {first['account']}: {first['difference']}."
    first = numbers["first_divergent"]
    if first:
        again = " (marked as replayed)" if first["replayed"] else ""
        return (
            f" First: record {first['seq']}, {first['op']} of {first['account']}: "
            f"{first['outcome']}{again}, expected {first['expected']}."
        )
    return ""
