"""From a run to its report's files, and back: whether the files are still what the run gives."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sim.files import write_together
from sim.ledger.errors import CoinworksError

if TYPE_CHECKING:
    from sim.runs import Run

REPORT: Final = "report.html"
FIGURES: Final = "figures"


class ReportError(CoinworksError):
    """A report that is missing, or is not what its run gives."""


def report_files(run: "Run") -> dict[str, str]:
    """Every file of the report by its path inside the run's folder; the same run gives the same text."""
    from sim.report.evidence import Evidence
    from sim.report.page import figures, page

    evidence = Evidence.of(run)
    drawn = figures(evidence)
    tables = {f"{FIGURES}/{figure.name}.csv": figure.csv for chapter in drawn.values() for figure in chapter}
    return {**tables, REPORT: page(evidence, drawn)}


def write_report(run: "Run") -> Path:
    """Write report.html and its figures' CSV files into the run's folder; the path of report.html."""
    write_together({run.path / name: text for name, text in report_files(run).items()})
    return run.path / REPORT


def check_report(run: "Run") -> None:
    """Raise ReportError, naming the first file that is missing or not current."""
    for name, text in report_files(run).items():
        path = run.path / name
        if not path.is_file():
            raise ReportError(f"{path}: missing; write it with: coinworks report {run.path}")
        if path.read_text("utf-8") != text:
            raise ReportError(f"{path}: not what the run gives; write it anew with: coinworks report {run.path}")
