"""`coinworks scenarios`: what there is to ask, and what came of it."""

from typing import TYPE_CHECKING, Any, Final

import click

from sim.cli.terminal import json_option, new_table, say, show, show_json

if TYPE_CHECKING:
    from sim.report.headlines import Headline
    from sim.scenario import Scenario

SHOWN: Final = ("name", "question", "base", "days", "viewers")


@click.command()
@json_option
def scenarios(*, as_json: bool) -> None:
    """List the scenarios: the question that each asks, and its headline answer.

    \b
    Example:
      coinworks scenarios
    """
    from sim.paths import results_dir, scenarios_dir
    from sim.report.headlines import KEPT, headlines
    from sim.scenario import load

    listed = [load(path) for path in sorted(scenarios_dir().glob("*.toml"))]
    answers = headlines(results_dir() / KEPT)
    if as_json:
        show_json([_plain(item) | {"headline": answers.get(item.name)} for item in listed])
        return
    table = new_table("scenario", "question, and answer", "days>", "viewers>")
    for item in listed:
        table.add_row(item.name, _asked(item, answers.get(item.name)), f"{item.days}", f"{item.viewers:,}")
    show(table)
    say("Ask one with: coinworks run us-baseline")


def _plain(scenario: "Scenario") -> dict[str, Any]:
    return {key: getattr(scenario, key) for key in SHOWN}


def _asked(scenario: "Scenario", answer: "Headline | None") -> str:
    return f"{scenario.question}\n→ {answer.text}" if answer else scenario.question
