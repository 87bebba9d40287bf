"""`coinworks scenarios`: what there is to ask."""

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sim.scenario import Scenario


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def scenarios(*, as_json: bool) -> None:
    """List the scenarios and the question that each asks.

    \b
    Example:
      coinworks scenarios
    """
    from sim.paths import scenarios_dir
    from sim.scenario import load

    listed = [load(path) for path in sorted(scenarios_dir().glob("*.toml"))]
    if as_json:
        rows = [
            {"name": scenario.name, "question": scenario.question, "days": scenario.days, "viewers": scenario.viewers}
            for scenario in listed
        ]
        click.echo(json.dumps(rows, indent=2))
    else:
        _print_table(listed)
        click.echo("Ask one with: coinworks run us-baseline")


def _print_table(listed: list["Scenario"]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    table.add_column("scenario", no_wrap=True)
    table.add_column("question")
    table.add_column("days", justify="right")
    table.add_column("viewers", justify="right")
    for scenario in listed:
        table.add_row(scenario.name, scenario.question, f"{scenario.days}", f"{scenario.viewers:,}")
    Console().print(table)
