"""`coinworks simulate`: a scenario becomes a run's folder, with the trace of its every operation."""

from pathlib import Path
from typing import Any, Final

import click

from sim.cli.simulation import simulate_variant, simulation_options
from sim.cli.terminal import json_option, say, show, show_json

MANNER: Final = (
    "engine",
    "threads",
    "processes",
    "cluster",
    "metrics_only",
    "with_digest",
    "checkpoint_days",
    "resume",
)


@click.command()
@click.argument("scenario")
@simulation_options
@click.option(
    "--engine",
    type=click.Choice(["windowed", "reference"]),
    default="windowed",
    show_default=True,
    help="Compiled columns, or the readable specification. Both give the same trace.",
)
@click.option("--threads", type=click.IntRange(1, 256), metavar="N", help="So many; as many as pay unless given.")
@click.option("--processes", type=click.IntRange(1, 256), metavar="N", help="Divide the viewers over processes.")
@click.option("--cluster", metavar="ADDRESS", help="Divide them over the workers of a Dask scheduler, tcp://HOST:PORT.")
@click.option("--metrics-only", is_flag=True, help="Keep no trace: metrics, balances and summary alone.")
@click.option(
    "--digest", "with_digest", is_flag=True, help="With --metrics-only: the digest of the trace all the same."
)
@click.option(
    "--checkpoint-at",
    "checkpoint_days",
    type=click.IntRange(1),
    multiple=True,
    metavar="DAY",
    help="Write a checkpoint when so many days have passed; repeatable.",
)
@click.option(
    "--from",
    "resume",
    type=click.Path(path_type=Path),
    metavar="CHECKPOINT",
    help="Go on from there, under another policy if --set says so.",
)
@click.option("--base", "with_base", is_flag=True, help="Simulate the scenario's base beside it, for the report.")
@json_option
def simulate(scenario: str, *, with_base: bool, as_json: bool, **options: Any) -> None:
    """Simulate a scenario: its economy, and the trace of every wallet operation.

    SCENARIO is a file, or the stem of one that `coinworks scenarios` lists.

    \b
    Examples:
      coinworks simulate us-baseline
      coinworks simulate us-baseline --viewers 500 --days 1 --set gifting.intent=0.2
      coinworks simulate us-baseline --viewers 1000000 --days 30 --metrics-only
      coinworks simulate us-baseline --checkpoint-at 3
      coinworks simulate us-baseline --from results/runs/us-baseline-1-day3.checkpoint --set sellers.commission=0.08
    """
    from sim.report import kpi_table

    run = simulate_variant(scenario, options, with_base=with_base, **{name: options.pop(name) for name in MANNER})
    if as_json:
        show_json(run.summary)
        return
    show(kpi_table(run.summary))
    if run.keeps_trace:
        say(f"Wrote {run.path}. Replay it against a wallet with: coinworks replay {run.path}")
    else:
        say(f"Wrote {run.path}, without a trace.")
