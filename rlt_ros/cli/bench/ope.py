# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench ope: one-pass evaluation of trackers on annotated sequences."""

from __future__ import annotations

import argparse
import dataclasses

from rlt_ros.benchmark.runs.job import OPE
from rlt_ros.benchmark.studies.evaluation.published import find_published
from rlt_ros.benchmark.trackers.tracker_name import OURS
from rlt_ros.cli.arguments import path_argument
from rlt_ros.cli.bench.study_arguments import add_study_command, plan_from, run_plan

EPILOG = """\
examples:
  rlt-bench ope OTB --tracker rlt --tracker mil --sequences Deer,Girl --seeds 3 --out out/ope
  rlt-bench ope OTB --tracker rlt --tracker rlt,attention_weight=0 --seeds 3 --out out/lambda
  rlt-bench ope OTB --tracker nano --peers-onnx peers --published results --out out/peers
  rlt-bench ope OTB --backend dask --address tcp://10.0.0.1:8786 --seeds 5 --out out/cluster

OTB is a data set: OTB, VOT, GOT-10k, UAV123, or plain videos with box files. The folder given
with --out gets summary.json, report.html with its tables and pictures in report/, and, for each
tracker and seed, the boxes of every sequence. Finished runs are kept in its folder runs/: a command
that was stopped goes on from there when it is given again. What other code, weights, settings,
frames or annotations have given is run anew, and boxes that an earlier command left there for other
trackers or sequences are removed.
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``ope`` to the commands."""
    what = "one-pass evaluation (success AUC, precision, speed)"
    ope = add_study_command(commands, OPE, what, EPILOG)
    ope.add_argument(
        "--published",
        action="append",
        default=[],
        type=path_argument,
        metavar="FOLDER",
        help="score published boxes beside the others: FOLDER/TRACKER/SEQUENCE.txt with x,y,w,h "
        "counted from 1; may be given several times; then rlt is run only if it is named",
    )
    ope.set_defaults(run=one_pass_evaluation)


def one_pass_evaluation(options: argparse.Namespace) -> None:
    """Run every tracker on every sequence and write the results.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
    """
    plan = plan_from(options, OPE, None if options.published else OURS)
    names = {tracker.full for tracker, _ in plan.trackers}
    published = find_published(options.published, plan.sequences, names)
    run_plan(options, dataclasses.replace(plan, published=published))
