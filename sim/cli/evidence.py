"""`coinworks evidence`: the studies that say how far the model's answers can be trusted."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from sim.cli.experiment import executor_options, experiment_options, keep_option, variant
from sim.cli.terminal import json_option, progress, say, show, show_json

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from rich.table import Table

    from sim.experiments.runs import Keep
    from sim.ledger import Kind
    from sim.report.figure import Figure
    from sim.scenario import Scenario

    Told = tuple[list[Table], Figure]


class Study(NamedTuple):
    """A study's own scenario, what of it is set otherwise, and how many seeds it takes."""

    scenario: str
    overrides: tuple[str, ...]
    seeds: int
    tell: "Callable[[Asked], Told]"


class Asked(NamedTuple):
    """What a study is asked: under which seeds, and where and with what its runs are made."""

    scenario: "Scenario"
    seeds: range
    executor: "Executor | None"
    keep: "Keep | None"
    done: Callable[[float], None]


def _planted(asked: Asked) -> "Told":
    from sim.experiments.evidence.planted import planted as study
    from sim.report.studies import planted

    found = study(asked.scenario, asked.seeds, asked.executor, asked.done)
    return planted.tables(found, asked.scenario.name), planted.figure(found, asked.scenario.name)


def _coverage(asked: Asked) -> "Told":
    from sim.experiments.evidence.coverage import coverage as study
    from sim.report.studies import coverage

    found = study(asked.scenario, asked.seeds, executor=asked.executor, keep=asked.keep, tell=asked.done)
    return coverage.tables(found, asked.scenario), coverage.figure(found, asked.scenario)


def _draws(asked: Asked) -> "Told":
    from sim.experiments.evidence.draws import common_draws
    from sim.report.studies import draws

    found = common_draws(asked.scenario, asked.seeds, asked.executor, asked.keep, asked.done)
    return draws.tables(found), draws.figure(found, asked.scenario.name)


def _windows(asked: Asked) -> "Told":
    from sim.experiments.evidence.windows import halving
    from sim.report.studies import windows

    found = halving(asked.scenario, asked.seeds, asked.executor, asked.done)
    return windows.tables(found), windows.figure(found)


def _creators(asked: Asked) -> "Told":
    from sim.ledger import Kind

    return _starts(asked, Kind.CREATOR)


def _sellers(asked: Asked) -> "Told":
    from sim.ledger import Kind

    return _starts(asked, Kind.SELLER)


def _starts(asked: Asked, kind: "Kind") -> "Told":
    from sim.experiments.evidence.starts import long_runs
    from sim.report.studies import starts

    found = long_runs(asked.scenario, kind, asked.seeds, executor=asked.executor, tell=asked.done)
    return starts.tables(found), starts.figure(found)


A_YEAR: Final = ("days=364", "window=3h")
STUDIES: Final = {
    "planted": Study("us-baseline", ("viewers=2000", "window=1h"), 20, _planted),
    "coverage": Study("us-baseline", ("window=6h",), 1_000, _coverage),
    "draws": Study("us-baseline", (), 40, _draws),
    "windows": Study("us-baseline", (), 40, _windows),
    "creators": Study("us-baseline", (*A_YEAR, "viewers=2000"), 5, _creators),
    "sellers": Study("indonesia-no-ban", (*A_YEAR, "viewers=2000"), 5, _sellers),
}


@click.command()
@click.argument("study", type=click.Choice(tuple(STUDIES)))
@click.argument("scenario", required=False)
@experiment_options
@click.option("--seeds", type=click.IntRange(2, 100_000), help="So many, not as many as the study takes by itself.")
@executor_options
@keep_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Put a figure and its numbers there.",
)
@click.option("--check", is_flag=True, help="Write nothing: say whether DIR holds what comes out.")
@json_option
def evidence(
    study: str,
    scenario: str | None,
    *,
    seeds: int | None,
    where: str,
    workers: int | None,
    keep: Path | None,
    out: Path | None,
    check: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Run a study of how far the model's answers can be trusted, of its own scenario unless another is named.

    \b
    planted    an elasticity, a rollout's effect and policies that do nothing, planted and found
    coverage   how often an interval of 95 % holds the truth, in a thousand repetitions
    draws      how many times fewer runs common draws need, for coins dearer by 5 %
    windows    what halving and doubling the window changes, and the peak rate on one account
    creators   a year from several numbers of creators: what is left of the start
    sellers    the same of sellers

    \b
    Examples:
      coinworks evidence draws --viewers 500 --days 2 --seeds 8
      coinworks evidence windows gift-storm --seeds 4 --viewers 2000 --out evidence
    """
    from sim.experiments.executors import executor
    from sim.experiments.runs import Keep

    if check and out is None:
        raise click.UsageError("--check: expected --out DIR, where the files are")
    own = STUDIES[study]
    options["overrides"] = (*(own.overrides if scenario is None else ()), *options["overrides"])
    loaded, first = variant(scenario or own.scenario, options)
    wanted = range(first, first + (seeds or own.seeds))
    kept = None if keep is None else Keep(keep)
    with executor(where, workers, len(wanted)) as found, progress(study, 100, "%") as done:
        tables, figure = own.tell(Asked(loaded, wanted, found, kept, lambda share: done(100 * share)))
    if as_json:
        show_json(
            {
                "schema": "coinworks/evidence/1",
                "study": study,
                "scenario": loaded.name,
                "viewers": loaded.viewers,
                "days": loaded.days,
                "seeds": list(wanted),
                "columns": figure.columns,
            }
        )
    else:
        for table in tables:
            show(table)
    if out is not None:
        _keep(figure, loaded, wanted, out, check=check)
        if not as_json:
            say(f"{out / figure.name}.svg and its numbers: {'still what comes out' if check else 'written'}.")


def _keep(figure: "Figure", scenario: "Scenario", seeds: range, folder: Path, *, check: bool) -> None:
    """Write a figure and its numbers, or say that they aren't what comes out."""
    from sim.files import write_together
    from sim.ledger import CoinworksError
    from sim.report.numbers import duration, plural
    from sim.report.standalone import standalone

    source = (
        f"{scenario.name}, seeds {seeds[0]} to {seeds[-1]}, n = {scenario.viewers:,} viewers, "
        f"{plural(scenario.days, 'day')}, windows of {duration(scenario.window_us / 1e6)}"
    )
    files = {
        folder / f"{figure.name}.svg": standalone(figure, source),
        folder / f"{figure.name}.csv": figure.csv,
    }
    if not check:
        write_together(files)
        return
    for path, text in files.items():
        if not path.is_file() or path.read_text("utf-8") != text:
            raise CoinworksError(f"{path}: not what comes out; write it anew without --check")
