"""`coinworks validate`: hold the model against the world."""

from typing import TYPE_CHECKING

import click

from sim.cli.experiment import executor_options
from sim.cli.terminal import json_option, progress, say, show, show_json

if TYPE_CHECKING:
    from sim.experiments.validation import Row


@click.command()
@executor_options
@click.option("--check", is_flag=True, help="Write nothing: say whether what is kept is still what comes out.")
@json_option
def validate(*, where: str, workers: int | None, check: bool, as_json: bool) -> None:
    """Put the model's moments beside published facts, for the baseline of each place.

    The numbers and their figure go to results/economy/. It takes some minutes.

    \b
    Examples:
      coinworks validate
      coinworks validate --check
    """
    from sim import paths
    from sim.experiments.executors import executor as working
    from sim.experiments.validation import PLACES, PUBLISHED
    from sim.experiments.validation import validate as rows_of
    from sim.files import write_together
    from sim.ledger import CoinworksError
    from sim.report.validation import kept_files, summary, validation_table
    from sim.scenario.problems import shown_path

    folder = paths.results_dir() / "economy"
    if not folder.is_dir():
        raise CoinworksError(f"{shown_path(folder)}: no such folder; results are kept in a clone of coinworks")
    jobs = len(PLACES) * len(PUBLISHED.seeds)
    with working(where, workers, jobs) as executor, progress("validating", 1, "of all runs") as done:
        rows = rows_of(executor=executor, on_done=lambda n, of: done(n / of))
    files = kept_files(rows)
    if as_json:
        show_json({"schema": "coinworks/validation/1", "rows": [_plain(row) for row in rows]})
    else:
        show(validation_table(rows))
        say(f"{summary(rows)}. * a parameter was fitted to it.")
    if not check:
        write_together({folder / name: text for name, text in files.items()})
        if not as_json:
            say(f"Wrote {', '.join(files)} to {shown_path(folder)}; the .csv has a note where a fact lies outside.")
        return
    for name, text in files.items():
        kept = folder / name
        if not kept.is_file() or kept.read_text("utf-8") != text:
            raise CoinworksError(f"{shown_path(kept)}: not what comes out now; write it anew with: coinworks validate")


def _plain(row: "Row") -> dict[str, object]:
    """A row for machines; what isn't known is null."""
    target = row.target
    bounds = {"low": target.low, "high": target.high}
    return {
        "fact": target.fact,
        "moment": target.moment,
        "place": row.place,
        "model": _known(row.value),
        "interval_seeds": [_known(row.low), _known(row.high)],
        "world": {name: bound if abs(bound) != float("inf") else None for name, bound in bounds.items()},
        "verdict": row.verdict,
        "fits": target.fits,
        "note": row.note,
    }


def _known(value: float) -> float | None:
    return None if value != value else value
