"""`coinworks replay`: a trace as load on a wallet, and every account compared afterwards."""

from pathlib import Path
from typing import Any

import click

from sim.cli.terminal import json_option, say, show, show_json
from sim.cli.trials import replay_options


@click.command()
@click.argument("run", required=False)
@click.option("--trace", type=click.Path(path_type=Path), metavar="FILE", help="A CSV, or a folder with a trace.")
@click.option("--target", metavar="URL", help="The wallet to try. Default: one of our own, on a new store.")
@click.option("--token", metavar="TOKEN", help="The wallet's service token. Default: COINWORKS_TOKEN.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="With --trace: the results' folder, a new one."
)
@replay_options
@json_option
def replay(
    run: str | None,
    *,
    trace: Path | None,
    target: str | None,
    token: str | None,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Replay a run's trace against a wallet, then compare every account.

    RUN is a run's folder, or its name under results/runs. Each operation leaves at its planned instant, whatever the
    answers do (an open model). Exit status: 0 PASS, 1 FAIL, 3 INVALID (the generator was late).

    \b
    Examples:
      coinworks replay us-baseline-1-1 --duration 60 --slo p99=50ms
      coinworks replay --trace march.csv --target http://127.0.0.1:8765
    """
    from loadtests.traffic import read_foreign, read_traffic, results_folder
    from sim.cli.trials import (
        conditions,
        counts_line,
        latency_table,
        load_line,
        try_wallet,
        verdict_line,
        wallet_to_try,
    )

    if (run is None) == (trace is None):
        raise click.UsageError("expected a RUN, or --trace FILE")
    asked = conditions(options)
    traffic = read_foreign(trace) if trace is not None else read_traffic(str(run))
    with results_folder(traffic, out) as results, wallet_to_try(target, token, results.path) as wallet:
        trial = try_wallet(traffic, wallet, asked, results.path)
    numbers = trial.numbers
    if as_json:
        show_json(numbers)
    else:
        say(counts_line(numbers))
        show(latency_table(numbers))
        say(load_line(numbers))
        say(f"{verdict_line(numbers)} Wrote {results.path / 'replay.json'}.")
    return trial.verdict.exit_code
