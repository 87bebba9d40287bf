"""`coinworks validate`: hold the model against the world."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.experiment import executor_options
from sim.cli.terminal import json_option, progress, say, show, show_json

if TYPE_CHECKING:
    from sim.experiments.validation import Row


@click.command()
@executor_options
@click.option("--fit", "fits", is_flag=True, help="Fit parameters to their facts instead, and say which agree.")
@click.option("--check", is_flag=True, help="Write nothing: say whether what is kept is still what comes out.")
@json_option
def validate(*, fits: bool, where: str, workers: int | None, check: bool, as_json: bool) -> None:
    """Put the model's moments beside published facts, for the baseline of each place.

    The numbers and their figure go to results/economy/. It takes some minutes.

    \b
    Examples:
      coinworks validate
      coinworks validate --check
      coinworks validate --fit
    """
    from sim import paths
    from sim.files import write_together
    from sim.ledger import CoinworksError
    from sim.scenario.problems import shown_path

    folder = paths.results_dir() / "economy"
    if not folder.is_dir():
        raise CoinworksError(f"{shown_path(folder)}: no such folder; results are kept in a clone of coinworks")
    files = (_fit if fits else _validate)(where, workers, as_json)
    if check:
        check_kept(folder, files, "coinworks validate --fit" if fits else "coinworks validate")
        return
    write_together({folder / name: text for name, text in files.items()})
    if not as_json:
        say(f"Wrote {', '.join(files)} to {shown_path(folder)}.")


def _validate(where: str, workers: int | None, as_json: bool) -> dict[str, str]:
    """Judge and tell; what is kept of it, by name."""
    from sim.experiments.executors import executor as working
    from sim.experiments.validation import PLACES, PUBLISHED
    from sim.experiments.validation import validate as rows_of
    from sim.report.validation import kept_files, summary, validation_table

    with (
        working(where, workers, len(PLACES) * len(PUBLISHED.seeds)) as executor,
        progress("validating", 100, "%") as done,
    ):
        rows = rows_of(executor=executor, on_done=lambda n, of: done(100 * n / of))
    if as_json:
        show_json({"schema": "coinworks/validation/1", "rows": [_plain(row) for row in rows]})
    else:
        show(validation_table(rows))
        say(f"{summary(rows)}. * a parameter was fitted to it. The .csv has a note for each that lies outside.")
    return kept_files(rows)


def _fit(where: str, workers: int | None, as_json: bool) -> dict[str, str]:
    """Fit and tell; what is kept of it, by name."""
    from sim.experiments.executors import executor as working
    from sim.experiments.validation.fit import FITS, SEEDS, fit_all
    from sim.report.validation import fit_files, fit_table

    with working(where, workers, len(SEEDS)) as executor, progress("fitting", len(FITS), "facts") as done:
        found = fit_all(executor, on_done=done)
    if as_json:
        show_json({"schema": "coinworks/validation-fit/1", "parameters": [one._asdict() for one in found]})
    else:
        show(fit_table(found))
    return fit_files(found)


def check_kept(folder: Path, files: Mapping[str, str], command: str) -> None:
    """Raise where a kept file isn't what comes out now."""
    from sim.ledger import CoinworksError
    from sim.scenario.problems import shown_path

    for name, text in files.items():
        kept = folder / name
        if not kept.is_file() or kept.read_text("utf-8") != text:
            raise CoinworksError(f"{shown_path(kept)}: not what comes out now; write it anew with: {command}")


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
