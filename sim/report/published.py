"""What of a run is kept in the repository: the figures of its economy with their numbers, and its key figures.

    publish(open_run("us-baseline-1-1"), Path("results/economy/us-baseline"))

Only what the scenario and the seed determine: no wall time and no machine, so that anyone can make the same files.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sim.files import write_together
from sim.report.write import ReportError

if TYPE_CHECKING:
    from sim.runs import Run

KEY_FIGURES: Final = "key_figures.json"


def published_files(run: "Run") -> dict[str, str]:
    """Every kept file by name."""
    from sim.report.evidence import Evidence
    from sim.report.page import figures
    from sim.report.standalone import standalone

    manifest, summary = run.manifest, run.summary
    source = f"{manifest.scenario}, seed {manifest.seed}, n = {summary.viewers:,} viewers, one replication"
    files: dict[str, str] = {}
    drawn = figures(Evidence.of(run))
    for figure in (*drawn["story"], *drawn["economy"]):
        files[f"{figure.name}.csv"] = figure.csv
        files[f"{figure.name}.svg"] = standalone(figure, source)
    numbers = {
        "schema": "coinworks/key-figures/1",
        "scenario": manifest.scenario,
        "scenario_sha256": manifest.scenario_sha256,
        "seed": manifest.seed,
        "viewers": summary.viewers,
        "days": summary.days,
        "visits": summary.visits,
        "operations": summary.operations,
        "trace_digest": summary.trace_digest,
        "kpis": {name: _rounded(kpi) for name, kpi in summary.kpis.items()},
    }
    return {**files, KEY_FIGURES: json.dumps(numbers, indent=2) + "\n"}


def publish(run: "Run", folder: Path) -> None:
    """Write the kept files of a run into a folder."""
    write_together({folder / name: text for name, text in published_files(run).items()})


def check_published(run: "Run", folder: Path) -> None:
    """Raise ReportError, naming the first kept file that the run doesn't give."""
    for name, text in published_files(run).items():
        path = folder / name
        if not path.is_file() or path.read_text("utf-8") != text:
            raise ReportError(
                f"{path}: not what {run.path.name} gives; write it anew with: "
                f"coinworks report {run.path} --publish {folder}"
            )


def _rounded(kpi: dict[str, Any]) -> dict[str, Any]:
    """Floats to twelve digits: the last ones of a sum depend on how many numbers a CPU adds at a time."""
    return {name: float(f"{value:.12g}") if isinstance(value, float) else value for name, value in kpi.items()}
