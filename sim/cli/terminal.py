"""How the verbs speak: tables and closing lines on stdout, progress and asides on stderr, JSON for machines.

    table = new_table("pack", "coins>", "price>")       # `>` aligns a column's numbers to the right
    table.add_row("coins-330", "330", "$4.99")
    show(table)

    with progress("simulating", total=7, unit="days") as done:
        done(3.5)                                       # so much of the total; the bar appears after two seconds

Colours and bars are for terminals: a pipe gets plain text, and NO_COLOR is honoured.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

PATIENCE_S: Final = 2.0
PIPE_WIDTH: Final = 100

Done = Callable[[float], None]

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, for machines.")


def console(*, stderr: bool = False) -> "Console":
    """Where rich text goes: as wide as the terminal, and of one width in every pipe."""
    from rich.console import Console

    is_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, width=None if is_terminal else PIPE_WIDTH, highlight=False)


def new_table(*columns: str, title: str | None = None) -> "Table":
    """An empty table in the house's style; a column whose name ends in `>` is aligned to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for column in columns:
        table.add_column(column.removesuffix(">"), justify="right" if column.endswith(">") else "left")
    return table


def show(table: "Table") -> None:
    """Print a table on stdout."""
    console().print(table)


def say(line: str) -> None:
    """Print a line on stdout, as it is."""
    click.echo(line)


def say_aside(line: str) -> None:
    """Print a line on stderr, where it is in no machine's way."""
    click.echo(line, err=True)


def show_json(value: object) -> None:
    """Print structs, dicts and numbers as indented JSON."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


@contextmanager
def progress(label: str, total: float, unit: str) -> Iterator[Done]:
    """Show how far a piece of work is, if it takes over two seconds and somebody watches.

    Parameters
    ----------
    label : what is being done, as a word in -ing
    total, unit : when it is finished; the yielded function is called with what is done so far, in the same unit
    """
    with ExitStack() as stack:
        yield _Bar(label, total, unit, stack) if sys.stderr.isatty() else _unseen


def progress_line(done: float, total: float, unit: str, elapsed_s: float) -> str:
    """What stands beside the bar.

    >>> progress_line(3, 7, "days", 6.0)
    '3 of 7 days, 0.5 days/s, 8 s left'
    """
    rate = done / elapsed_s
    left = f", {_time_left((total - done) / rate)}" if done > 0 else ""
    return f"{_figure(done)} of {_figure(total)} {unit}, {_figure(rate)} {unit}/s{left}"


class _Bar:
    """Calls with what is done; rich's bar is started by the first one after the user has begun to wonder."""

    def __init__(self, label: str, total: float, unit: str, stack: ExitStack) -> None:
        self._label, self._total, self._unit = label, total, unit
        self._stack = stack
        self._started_s = time.monotonic()
        self._drawn: Progress | None = None

    def __call__(self, done: float) -> None:
        elapsed_s = time.monotonic() - self._started_s
        if elapsed_s < PATIENCE_S:
            return
        if self._drawn is None:
            self._drawn = self._stack.enter_context(_rich_progress())
            self._drawn.add_task(self._label, total=self._total, line="")
        fields: dict[str, Any] = {"line": progress_line(done, self._total, self._unit, elapsed_s)}
        self._drawn.update(self._drawn.task_ids[0], completed=done, **fields)


def _rich_progress() -> "Progress":
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[line]}"))
    return Progress(*columns, console=console(stderr=True), transient=True)


def _unseen(done: float) -> None:
    """Progress that nobody watches."""


def _figure(number: float) -> str:
    """Three significant digits below a thousand, whole numbers from there on.

    >>> _figure(0.12345), _figure(7), _figure(31_234.5)
    ('0.123', '7', '31,234')
    """
    return f"{number:.3g}" if number < 999.5 else f"{number:,.0f}"


def _time_left(seconds: float) -> str:
    return f"{seconds:.0f} s left" if seconds < 120 else f"{seconds / 60:.0f} min left"
