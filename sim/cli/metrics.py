"""`coinworks metrics`: what a run can be asked, and what each answer means."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from sim.cli.terminal import json_option, new_table, say, show, show_json
from sim.ledger.errors import CoinworksError

if TYPE_CHECKING:
    from sim.metrics import Metric

PLACES: Final = {"by_region (where there are several)": "region", "by_channel": "channel"}


@click.command()
@click.argument("words", nargs=-1)
@json_option
def metrics(words: tuple[str, ...], *, as_json: bool) -> None:
    """List the metrics: name, unit, formula, definition, and along what each can be had.

    WORDS narrow the list to metrics whose name or title has one of them.

    \b
    Examples:
      coinworks metrics
      coinworks metrics float gini
      coinworks metrics take_rate --json
    """
    from sim.experiments.names import nearest
    from sim.metrics.cuts import OF_ITS_OWN, cuts_of
    from sim.metrics.definitions import METRICS

    asked = [word.lower() for word in words]
    found = [metric for metric in METRICS if not asked or any(word in _names(metric) for word in asked)]
    if not found:
        raise CoinworksError("; ".join(nearest("metric", word, [metric.name for metric in METRICS]) for word in words))
    if as_json:
        show_json([_plain(metric) for metric in found])
        return
    table = new_table("metric", "unit", "by", "formula, and what it means")
    for metric in found:
        by = "\n".join(cut.replace(f" {OF_ITS_OWN}", "*") for cut in cuts_of(metric.name).by)
        told = [metric.formula, metric.definition, *(_reasons(metric) if words else ())]
        table.add_row(metric.name, metric.unit, by, "\n".join(told), end_section=True)
    show(table)
    say(f"Unit money: minor units of a currency. By region*: a region {OF_ITS_OWN}, which no other region has.")
    if not words:
        say("Why not by the others, and where each cut is found: coinworks metrics METRIC, or --json.")


def _plain(metric: "Metric") -> dict[str, object]:
    from sim.metrics.cuts import cuts_of

    cuts = cuts_of(metric.name)
    series = None if cuts.series is None else cuts.series._asdict()
    return {**metric._asdict(), "by": cuts.by, "series": series, "without": cuts.without}


def _reasons(metric: "Metric") -> Iterator[str]:
    """Where its cuts are found, and why it hasn't the others."""
    from sim.metrics.cuts import cuts_of

    cuts = cuts_of(metric.name)
    places = [place for place, cut in PLACES.items() if any(one.startswith(cut) for one in cuts.by)]
    yield f"In summary.json under {', '.join(['kpis', *places])}."
    if cuts.series is not None:
        yield f"By {cuts.series.step}: {cuts.series.sql} in {cuts.series.table}.parquet."
    for axis, reason in cuts.without.items():
        yield f"Not by {axis}: {reason}."


def _names(metric: "Metric") -> str:
    return f"{metric.name} {metric.title}".lower()
