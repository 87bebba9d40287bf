"""`coinworks outlook`: what may become of a scenario, over many seeds."""

from pathlib import Path
from typing import Any

import click

from sim.cli.experiment import executor_options, experiment_options, keep_option, variant
from sim.cli.terminal import json_option, progress, say, show, show_json


@click.command()
@click.argument("scenario")
@experiment_options
@executor_options
@keep_option
@click.option("--seeds", type=click.IntRange(2, 100_000), default=20, show_default=True, help="So many futures.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="Of these, else of the headlines; repeatable.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Put a figure and its numbers there.",
)
@json_option
def outlook(
    scenario: str,
    *,
    seeds: int,
    metrics: tuple[str, ...],
    where: str,
    workers: int | None,
    keep: Path | None,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Simulate a scenario under many seeds: what becomes of it, as a distribution.

    Rules that come with a chance come in some futures and not in others; a strategy is judged by all of them.

    \b
    Examples:
      coinworks outlook us-web-push --seeds 4 --viewers 500 --days 5
      coinworks outlook us-web-push --seeds 4 --viewers 500 --days 5 --metric bookings --json
    """
    from sim.experiments.executors import executor
    from sim.experiments.outlook import QUANTILES
    from sim.experiments.outlook import outlook as outlook_of
    from sim.experiments.runs import Keep
    from sim.files import write_together
    from sim.report.outlook import outlook_figure, outlook_table, rules_table
    from sim.report.standalone import standalone

    loaded, first = variant(scenario, options)
    kept = None if keep is None else Keep(keep)
    with executor(where, workers, seeds) as found, progress("simulating", seeds, "futures") as done:
        told = outlook_of(loaded, metrics, range(first, first + seeds), found, kept, done)
    if as_json:
        show_json(
            {
                "schema": "coinworks/outlook/1",
                "scenario": loaded.name,
                "seeds": told.seeds,
                "quantiles": QUANTILES,
                "metrics": {
                    one.metric: {**one._asdict(), "values": one.values.tolist(), "quantiles": one.quantiles.tolist()}
                    for one in told.metrics
                },
                "rules": [rule._asdict() for rule in told.rules],
            }
        )
    else:
        show(outlook_table(told))
        if told.rules:
            show(rules_table(told))
    if out is not None:
        figure = outlook_figure(told)
        source = f"{loaded.name}, seeds {first} to {told.seeds[-1]}, n = {loaded.viewers:,} viewers, {loaded.days} days"
        write_together({out / "outlook.svg": standalone(figure, source), out / "outlook.csv": figure.csv})
        if not as_json:
            say(f"Wrote {out / 'outlook.svg'} and the numbers beside it.")
