"""`coinworks rollout`: what an estimate of a staggered rollout is worth."""

from math import isnan
from typing import Any

import click

from sim.cli.experiment import executor_options, experiment_options, variant
from sim.cli.terminal import json_option, show, show_json


@click.command()
@click.argument("scenario")
@experiment_options
@executor_options
@click.option("--seeds", type=click.IntRange(2, 100_000), default=10, show_default=True, help="So many replications.")
@click.option("--outcome", default="coins_given", show_default=True, help="What a viewer does in a day.")
@click.option(
    "--effect",
    "relative",
    type=click.FloatRange(0, 10),
    default=0.1,
    show_default=True,
    help="The relative effect whose detection is asked for.",
)
@json_option
def rollout(
    scenario: str,
    *,
    seeds: int,
    outcome: str,
    relative: float,
    where: str,
    workers: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Estimate the effect of a staggered rollout of the Balance page, beside its true effect.

    Each seed is simulated with the rollout and without, under the same draws: the difference is the truth. The
    difference-in-differences estimate knows only the run with it. OUTCOME is coins_given, gifts, bookings, topups, gmv
    or orders.

    \b
    Examples:
      coinworks rollout balance-rollout
      coinworks rollout balance-rollout --outcome topups --seeds 20 --effect 0.05 --json
    """
    if isnan(relative):  # which is in every range
        raise click.UsageError("--effect nan: expected a number from 0 to 10")
    from sim.experiments.executors import executor
    from sim.experiments.rollout import study
    from sim.report.rollout import effect_table, power_table

    loaded, first = variant(scenario, options)
    with executor(where, workers, seeds) as made_by:
        found = study(loaded, outcome, range(first, first + seeds), relative=relative, executor=made_by)
    if as_json:
        names = ("estimate", "truth", "bias", "noise", "error", "spread", "false_alarms", "power", "power_by_formula")
        told = {name: getattr(found, name) for name in (*names, "least_relative")}
        trials = [{**one._asdict(), "estimate": one.estimate._asdict()} for one in found.trials]
        show_json(
            {"schema": "coinworks/rollout/1", "scenario": loaded.name, **found._asdict(), **told, "trials": trials}
        )
        return
    show(effect_table(found))
    show(power_table(found))
