"""`coinworks simulate`: a scenario becomes a run's folder, with the trace of its every operation."""

from pathlib import Path

import click

from sim.cli.terminal import json_option, progress, say, show, show_json


@click.command()
@click.argument("scenario")
@click.option("--engine", type=click.Choice(["reference"]), default="reference", show_default=True, help="What runs.")
@click.option("--viewers", type=click.IntRange(1), metavar="N", help="So many viewers; creators and stock follow.")
@click.option("--days", type=click.IntRange(1), metavar="D", help="So many days.")
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), metavar="N", help="Another seed, and so other draws.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="The run's folder, which must not exist.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Set any key of the scenario; repeatable.")
@json_option
def simulate(
    scenario: str,
    *,
    engine: str,
    viewers: int | None,
    days: int | None,
    seed: int | None,
    out: Path | None,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Simulate a scenario: its economy, and the trace of every wallet operation.

    SCENARIO is a file, or the stem of one that `coinworks scenarios` lists.

    \b
    Examples:
      coinworks simulate us-baseline
      coinworks simulate us-baseline --viewers 500 --days 1 --set gifting.intent=0.2
    """
    from sim.model import simulate as simulate_scenario
    from sim.report import kpi_table
    from sim.scenario import load

    sizes = [f"{key}={number}" for key, number in (("viewers", viewers), ("days", days)) if number is not None]
    loaded = load(scenario, [*overrides, *sizes])
    with progress("simulating", total=loaded.days, unit="days") as done:
        run = simulate_scenario(
            loaded, seed=seed, engine=engine, out=out, progress=lambda share: done(share * loaded.days)
        )
    if as_json:
        show_json(run.summary)
        return
    show(kpi_table(run.summary))
    say(f"Wrote {run.path}. Replay it against a wallet with: coinworks replay {run.path.name if out is None else out}")
