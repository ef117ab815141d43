# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the output folder of a benchmark to tables, plots, strips of frames and one HTML page."""

from rlt_ros.benchmark.report.plots import eao_plot, precision_plot, success_plot
from rlt_ros.benchmark.report.writing import FILES, PAGE, remove_report, write_report
from rlt_ros.benchmark.runs.output_folder import RUNS, SUMMARY, ReportError

__all__ = [
    "FILES",
    "PAGE",
    "RUNS",
    "SUMMARY",
    "ReportError",
    "eao_plot",
    "precision_plot",
    "remove_report",
    "success_plot",
    "write_report",
]
