"""What a run came to, as a table for the terminal.

    console().print(kpi_table(run.summary))

The definitions stand in `sim.metrics.definitions`; every row of the table is one of them.
"""

from typing import TYPE_CHECKING, Any, Final

from sim.metrics.definitions import METRIC
from sim.report.numbers import UNKNOWN, count, index, money, share
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
    """The headline metrics of a run, each with its unit; one column of numbers a currency."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    currencies = list(dict.fromkeys(key["currency"] for key in summary.kpis.values() if "currency" in key))
    table = Table(title=_title(summary), title_justify="left", box=SIMPLE_HEAD)
    table.add_column("what happened")
    for currency in currencies or [""]:
        table.add_column(currency, justify="right")
    for group in HEADLINES:
        for name in group:
            texts = [_text(summary.kpis, name, currency) for currency in currencies or [""]]
            if any(texts):
                table.add_row(METRIC[name].title, *texts, end_section=name == group[-1])
    return table


def _title(summary: Summary) -> str:
    return f"{summary.viewers:,} viewers, {summary.days:g} days: {summary.operations:,} operations"


def _text(kpis: dict[str, Any], name: str, currency: str) -> str:
    stated = kpis.get(name) or kpis.get(f"{name}.{currency}")
    return value_text(stated) if stated else ""


def value_text(stated: dict[str, Any]) -> str:
    """A key figure with its unit: `$12,345.67`, `31.4 %`, `1,234 coins`."""
    value, unit = stated["value"], stated["unit"]
    if value is None:
        return UNKNOWN
    if unit == "money":
        return money(value, stated["currency"])
    if unit == "share":
        return share(value)
    return index(value) if unit == "index" else f"{count(value)} {unit}"
