# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench tre and sre: OTB's temporal and spatial robustness evaluation."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from functools import partial

from rlt_ros.benchmark.datasets.otb_omitted import FOLDER, Stretches, read_omitted
from rlt_ros.benchmark.runs.job import SRE, TRE
from rlt_ros.benchmark.studies.evaluation.evaluating import Plan
from rlt_ros.cli.arguments import path_argument
from rlt_ros.cli.bench.study_arguments import add_study_command, plan_from, run_plan

_WHAT = {
    TRE: "temporal robustness: passes from 20 moments of each sequence",
    SRE: "spatial robustness: passes from 12 shifted and scaled first boxes",
}

EPILOG = """\
examples:
  rlt-bench {name} OTB --tracker rlt --tracker mil --sequences Deer,Girl --out out/{name}
  rlt-bench {name} OTB --seeds 3 --set attention_weight=0 --out out/{name}_lambda0

Measures are means over the passes, then over the sequences. DIR gets what rlt-bench ope writes; the
boxes of each pass are in TRACKER/seedN/SEQUENCE/.
"""

OMIT_HELP = """\
frames that are not started at, because the target is hidden: the folder initOmit of OTB's MATLAB
toolkit, NAME.txt with lines FIRST LAST, numbers of images (default: initOmit in the data set's
folder; without one every annotated frame may be a start)"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``tre`` and ``sre`` to the commands."""
    for name, what in _WHAT.items():
        command = add_study_command(commands, name, what, EPILOG.format(name=name))
        if name == TRE:
            command.add_argument(
                "--init-omit", type=path_argument, metavar="FOLDER", help=OMIT_HELP
            )
        command.set_defaults(run=partial(robustness_evaluation, protocol=name))


def robustness_evaluation(options: argparse.Namespace, protocol: str) -> None:
    """Run every tracker from every start and write the results.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
    """
    plan = plan_from(options, protocol)
    if protocol == TRE:
        plan = dataclasses.replace(plan, omit=_omitted(options, plan))
    run_plan(options, plan)


def _omitted(options: argparse.Namespace, plan: Plan) -> dict[str, Stretches]:
    folder = options.init_omit or plan.dataset / FOLDER
    if not (options.init_omit or folder.is_dir()):
        return {}
    omitted = read_omitted(folder, plan.sequences)
    print(
        f"{folder}: frames not to start at for {len(omitted)} of {len(plan.sequences)} sequences",
        file=sys.stderr,
    )
    return omitted
