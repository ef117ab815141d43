# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench report: make the report of a finished benchmark again."""

from __future__ import annotations

import argparse

from rlt_ros.benchmark.report import write_report
from rlt_ros.cli.arguments import path_argument

EPILOG = """\
example:
  rlt-bench report out/ope --strips Deer,Girl

DIR is what --out named for rlt-bench ope, tre, sre, vot or lost. It gets report.html, one page with
everything inside, and report/ with the same as CSV, PNG and SVG files. Strips of frames, and where
rlt goes wrong, need the data set where it was.
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``report`` to the commands."""
    report = commands.add_parser(
        "report",
        help="tables, plots and an HTML page from the output of ope, tre, sre, vot or lost",
        epilog=EPILOG,
    )
    report.add_argument(
        "folder", type=path_argument, metavar="DIR", help="output folder of rlt-bench"
    )
    report.add_argument(
        "--strips",
        metavar="A,B",
        help="show frames of these sequences (default: where the trackers differ most)",
    )
    report.set_defaults(run=make_report)


def make_report(options: argparse.Namespace) -> None:
    """Write the report.

    Raises:
        ValueError, OSError: it cannot be made; the message says why.
    """
    strips = options.strips.split(",") if options.strips else None
    print(f"report: {write_report(options.folder, strips)}")
