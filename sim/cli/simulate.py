"""`coinworks simulate`: a scenario becomes a run's folder, with the trace of its every operation."""

from typing import Any

import click

from sim.cli.simulation import simulate_variant, simulation_options
from sim.cli.terminal import json_option, say, show, show_json


@click.command()
@click.argument("scenario")
@click.option("--engine", type=click.Choice(["reference"]), default="reference", show_default=True, help="What runs.")
@simulation_options
@json_option
def simulate(scenario: str, *, engine: str, as_json: bool, **options: Any) -> None:
    """Simulate a scenario: its economy, and the trace of every wallet operation.

    SCENARIO is a file, or the stem of one that `coinworks scenarios` lists.

    \b
    Examples:
      coinworks simulate us-baseline
      coinworks simulate us-baseline --viewers 500 --days 1 --set gifting.intent=0.2
    """
    from sim.report import kpi_table

    run = simulate_variant(scenario, options, engine)
    if as_json:
        show_json(run.summary)
        return
    show(kpi_table(run.summary))
    say(f"Wrote {run.path}. Replay it against a wallet with: coinworks replay {run.path}")
