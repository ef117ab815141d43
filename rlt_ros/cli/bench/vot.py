# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench vot: VOT-2016's supervised protocol."""

from __future__ import annotations

import argparse
import dataclasses

from rlt_ros.benchmark.runs.job import VOT
from rlt_ros.cli.bench.eao_argument import add_eao_argument, eao_interval_from
from rlt_ros.cli.bench.study_arguments import add_study_command, plan_from, run_plan

EPILOG = """\
examples:
  rlt-bench vot VOT2016 --tracker rlt --tracker mil --seeds 15 --out out/vot
  rlt-bench vot VOT2016 --tracker mil --sequences bag --out out/bag

A tracker that has lost its target is started again 5 frames later. VOT asks for 15 runs of trackers
with chance in them. DIR gets summary.json (accuracy, robustness, expected average overlap, ranks),
report.html with its tables and plots in report/, and VOT's own result files,
TRACKER/baseline/SEQUENCE/SEQUENCE_001.txt, one for each of the N seeds and no others: files that an
earlier command left for other seeds, trackers or sequences are removed, since VOT's toolkit counts
whatever it finds. Finished runs are kept in the folder runs/: a command that was stopped
goes on from there when it is given again, and one with more seeds runs only what is not there.
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``vot`` to the commands."""
    what = "VOT-2016's supervised protocol (accuracy, robustness, EAO, ranks)"
    vot = add_study_command(commands, VOT, what, EPILOG)
    add_eao_argument(vot)
    vot.set_defaults(run=supervised_evaluation)


def supervised_evaluation(options: argparse.Namespace) -> None:
    """Run every tracker on every sequence and write the results.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
    """
    interval = eao_interval_from(options)
    run_plan(options, dataclasses.replace(plan_from(options, VOT), eao_interval=interval))
