"""The report of a run: one HTML file that needs no network, and its figures' numbers as CSV.

    write_report(open_run("us-baseline-1-1"))     # results/runs/us-baseline-1-1/report.html

Start reading at `page`. The one home of matplotlib, which is imported only when a figure is drawn.
"""

from sim.report.terminal import kpi_table, value_text
from sim.report.write import ReportError, check_report, write_report

__all__ = ["ReportError", "check_report", "kpi_table", "value_text", "write_report"]
