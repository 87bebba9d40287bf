"""What a run came to, as a table for the terminal.

    console().print(kpi_table(run.summary))

The definitions stand in `sim.metrics.definitions`; every row of the table is one of them.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from sim.metrics import METRIC, Metric, stated
from sim.report.numbers import UNKNOWN, count, index, money, plural, share
from sim.runs import Summary

if TYPE_CHECKING:
    from rich.table import Table

HEADLINES: Final = (
    ("bookings", "revenue", "take_rate", "coin_float"),
    ("payers", "conversion", "arpu", "arppu", "payer_gini", "payer_top_share", "best_pack_share"),
    ("gifts", "creator_income", "creator_gini", "creator_top_share"),
    ("rewards_issued", "rewards_expired"),
    ("orders", "gmv", "gmv_net", "commission"),
    ("chargebacks", "decline_rate"),
)


def kpi_table(summary: Summary) -> "Table":
    """The headline metrics of a run, each with its unit; of several currencies a column each, after that of counts."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    currencies = list(dict.fromkeys(key["currency"] for key in summary.kpis.values() if "currency" in key))
    table = Table(title=_title(summary), title_justify="left", box=SIMPLE_HEAD)
    table.add_column("what happened")
    columns = ["", *currencies] if len(currencies) > 1 else currencies or [""]
    for column in columns:
        table.add_column(column, justify="right")
    for group in HEADLINES:
        for name in group:
            found = [_figure(summary, METRIC[name], column, columns) for column in columns]
            if any(found):
                texts = [metric_text(METRIC[name], figure) if figure else "" for figure in found]
                table.add_row(METRIC[name].title, *texts, end_section=name == group[-1])
    return table


def _figure(summary: Summary, metric: Metric, column: str, columns: Sequence[str]) -> dict[str, Any] | None:
    """What stands in a column: of several currencies each its own money, and what is no money in the first."""
    if len(columns) > 1 and metric.per_currency == (column == ""):
        return None
    return stated(summary.kpis, metric.name, column)


def _title(summary: Summary) -> str:
    people_and_time = f"{plural(summary.viewers, 'viewer')}, {plural(int(summary.days), 'day')}"
    return f"{people_and_time}: {plural(summary.operations, 'operation')}"


def stated_metrics(summary: Summary) -> Iterator[tuple[Metric, dict[str, Any]]]:
    """Every key figure of a run with its definition, in the order of the definitions."""
    order = list(METRIC)
    for name, figure in sorted(summary.kpis.items(), key=lambda item: order.index(item[0].split(".")[0])):
        yield METRIC[name.split(".")[0]], figure


def metric_text(metric: Metric, figure: dict[str, Any]) -> str:
    """A key figure beside its title, which may say the unit already."""
    text = value_text(figure)
    return text.removesuffix(f" {metric.unit}") if metric.unit in metric.title.lower() else text


def value_text(figure: dict[str, Any]) -> str:
    """A key figure with its unit: `$12,345.67`, `31.4 %`, `1,234 coins`."""
    value, unit = figure["value"], figure["unit"]
    if value is None:
        return UNKNOWN
    if unit == "money":
        return money(value, figure["currency"])
    if unit == "share":
        return share(value)
    if unit == "days":
        return f"{value:.3g} days"
    return index(value) if unit == "index" else f"{count(value)} {unit.removesuffix('s') if value == 1 else unit}"
