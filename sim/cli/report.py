"""`coinworks report`: a run's numbers become one HTML page, with each figure's numbers as CSV beside it."""

from pathlib import Path

import click

from sim.cli.terminal import json_option, say, show_json


@click.command()
@click.argument("run")
@click.option("--check", is_flag=True, help="Write nothing; fail if the report is missing or not what the run gives.")
@json_option
def report(run: str, *, check: bool, as_json: bool) -> None:
    """Write the report of a run: one page about its economy and the wallet that carried it.

    RUN is a run's folder, or its name under results/runs.

    \b
    Examples:
      coinworks report us-baseline-1-1
      coinworks report us-baseline-1-1 --check
    """
    from sim.report import check_report, write_report
    from sim.report.write import REPORT
    from sim.runs import open_run

    opened = open_run(Path(run))
    path = opened.path / REPORT
    if check:
        check_report(opened)
    else:
        path = write_report(opened)
    if as_json:
        show_json({"report": str(path), "current": True})
    else:
        say(f"{path} is current." if check else f"Wrote {path}. Open it in a browser; it needs no network.")
