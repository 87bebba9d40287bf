"""A run's folder: what was asked, what came out, and the trace between them.

    with create_run("us-baseline", seed=1) as run:
        run.write_table("balances", balance_columns(book.balances()))
        run.write_manifest(new_manifest(...))
        run.write_summary(summary)
    run.path                                      # results/runs/us-baseline-1-1
    open_run("us-baseline-1-1").summary.kpis

The folder holds `manifest.json`, `summary.json`, `balances.parquet`, `metrics.parquet` and the parts in `trace/`; a
replay adds its own files. Making and opening is in `folders`, the JSON files in `documents`, and what a manifest says
about program and machine in `provenance`.
"""

from sim.runs.documents import Machine, Manifest, RunError, Summary, read_json, write_json
from sim.runs.folders import BASE, RUN_FILES, RUNS, NewRun, Run, balance_columns, create_run, open_run
from sim.runs.provenance import code_tables, new_manifest, peak_rss_mb, this_machine

__all__ = [
    "BASE",
    "RUNS",
    "RUN_FILES",
    "Machine",
    "Manifest",
    "NewRun",
    "Run",
    "RunError",
    "Summary",
    "balance_columns",
    "code_tables",
    "create_run",
    "new_manifest",
    "open_run",
    "peak_rss_mb",
    "read_json",
    "this_machine",
    "write_json",
]
