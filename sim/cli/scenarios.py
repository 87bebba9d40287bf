"""`coinworks scenarios`: what there is to ask."""

import click

from sim.cli.terminal import json_option, new_table, say, show, show_json


@click.command()
@json_option
def scenarios(*, as_json: bool) -> None:
    """List the scenarios, and the question that each asks.

    \b
    Example:
      coinworks scenarios
    """
    from sim.paths import scenarios_dir
    from sim.scenario import load

    listed = [load(path) for path in sorted(scenarios_dir().glob("*.toml"))]
    if as_json:
        show_json([{key: getattr(item, key) for key in ("name", "question", "days", "viewers")} for item in listed])
        return
    table = new_table("scenario", "question", "days>", "viewers>")
    for item in listed:
        table.add_row(item.name, item.question, f"{item.days}", f"{item.viewers:,}")
    show(table)
    say("Ask one with: coinworks run us-baseline")
