"""`coinworks metrics`: what a run can be asked, and what each answer means."""

from typing import TYPE_CHECKING

import click

from sim.cli.terminal import json_option, new_table, say, show, show_json
from sim.ledger.errors import CoinworksError

if TYPE_CHECKING:
    from sim.metrics import Metric


@click.command()
@click.argument("words", nargs=-1)
@json_option
def metrics(words: tuple[str, ...], *, as_json: bool) -> None:
    """List the metrics: name, unit, formula and definition.

    WORDS narrow the list to metrics whose name or title has one of them.

    \b
    Examples:
      coinworks metrics
      coinworks metrics float gini
      coinworks metrics take_rate --json
    """
    from sim.experiments.names import nearest
    from sim.metrics.definitions import METRICS

    asked = [word.lower() for word in words]
    found = [metric for metric in METRICS if not asked or any(word in _names(metric) for word in asked)]
    if not found:
        raise CoinworksError("; ".join(nearest("metric", word, [metric.name for metric in METRICS]) for word in words))
    if as_json:
        show_json([metric._asdict() for metric in found])
        return
    table = new_table("metric", "unit", "formula, and what it means")
    for metric in found:
        table.add_row(metric.name, metric.unit, f"{metric.formula}\n{metric.definition}", end_section=True)
    show(table)
    say('Unit money: minor units of a currency. A run has them in its summary.json, under "kpis".')


def _names(metric: "Metric") -> str:
    return f"{metric.name} {metric.title}".lower()
