"""Tables and columns as all studies have them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table


def new_table(title: str, *columns: str) -> "Table":
    """An empty table; a column whose name ends in `>` is aligned to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for column in columns:
        table.add_column(column.removesuffix(">"), justify="right" if column.endswith(">") else "left")
    return table


def rounded(values: Iterable[float]) -> list[object]:
    """To six digits: the last ones of a sum depend on how many numbers a CPU adds at a time."""
    return [float(f"{value:.6g}") for value in values]
