"""What a rollout's estimate is worth, as tables for the terminal."""

from typing import TYPE_CHECKING

from sim.experiments.rollout import Study
from sim.report.numbers import share

if TYPE_CHECKING:
    from rich.table import Table


def effect_table(found: Study) -> "Table":
    """The estimate, and what it is made of."""
    table = _table(f"Effect on {found.outcome}, in {found.unit}; mean of {len(found.trials)} seeds", "", "effect>")
    for name, value in (
        ("difference-in-differences estimate", found.estimate),
        ("= true effect on the treated", found.truth),
        ("+ bias, where they meet others", found.bias),
        ("+ noise of these seeds", found.noise),
        ("standard error stated by one estimate", found.error),
        ("spread of estimates without any effect", found.spread),
    ):
        table.add_row(name, f"{value:,.4g}")
    return table


def power_table(found: Study) -> "Table":
    """How often a test sees an effect."""
    table = _table("A two-sided test of the size 5 % sees", "", "counted>", "by formula>")
    table.add_row("an effect where there is none", share(found.false_alarms), share(0.05))
    table.add_row(f"an effect of {share(found.relative)}", share(found.power), share(found.power_by_formula))
    table.add_row("the least effect seen with a chance of 80 %", "", share(found.least_relative))
    return table


def _table(title: str, *columns: str) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for column in columns:
        table.add_column(column.removesuffix(">"), justify="right" if column.endswith(">") else "left")
    return table
