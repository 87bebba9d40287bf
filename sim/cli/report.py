"""`coinworks report`: a run's numbers become one HTML page, with each figure's numbers as CSV beside it."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from sim.cli.terminal import json_option, say, show_json

if TYPE_CHECKING:
    from sim.runs import Run

OPEN_IT: Final = "Open it in a browser; it needs no network."


@click.command()
@click.argument("run")
@click.option("--check", is_flag=True, help="Write nothing; fail if the report is missing or not what the run gives.")
@click.option(
    "--publish",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write only what scenario and seed determine: the economy's figures and numbers.",
)
@json_option
def report(run: str, *, check: bool, publish: Path | None, as_json: bool) -> None:
    """Write the report of a run: one page about its economy and the wallet that carried it.

    RUN is a run's folder, or its name under results/runs.

    \b
    Examples:
      coinworks report us-baseline-1-1
      coinworks report us-baseline-1-1 --check
      coinworks report us-baseline-1-1 --publish results/economy/us-baseline
    """
    from sim.report import check_report, write_report
    from sim.report.write import REPORT
    from sim.runs import open_run

    opened = open_run(Path(run))
    path = _published(opened, publish, check=check) if publish else opened.path / REPORT
    if not publish and check:
        check_report(opened)
    elif not publish:
        path = write_report(opened)
    if as_json:
        show_json({"report": str(path), "current": True})
    else:
        say(f"{path} is current." if check else f"Wrote {path}. {'' if publish else OPEN_IT}".rstrip())


def _published(opened: "Run", folder: Path, *, check: bool) -> Path:
    from sim.report.published import check_published, publish

    (check_published if check else publish)(opened, folder)
    return folder
