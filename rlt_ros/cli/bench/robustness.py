# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench tre and sre: OTB's temporal and spatial robustness evaluation."""

from __future__ import annotations

import argparse
from functools import partial

from rlt_ros.benchmark.ope import SRE, TRE
from rlt_ros.cli.bench.study_arguments import add_study_command, plan_from, run_plan

_WHAT = {
    TRE: "temporal robustness: passes from 20 moments of each sequence",
    SRE: "spatial robustness: passes from 12 shifted and scaled first boxes",
}

EPILOG = """\
examples:
  rlt-bench {name} OTB --tracker rlt --tracker csrt --sequences Deer,Girl --out out/{name}
  rlt-bench {name} OTB --seeds 3 --set attention_weight=0 --out out/{name}_lambda0

Measures are means over the passes, then over the sequences. DIR gets what rlt-bench ope writes; the
boxes of each pass are in TRACKER/seedN/SEQUENCE/.
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``tre`` and ``sre`` to the commands."""
    for name, what in _WHAT.items():
        command = add_study_command(commands, name, what, EPILOG.format(name=name))
        command.set_defaults(run=partial(robustness_evaluation, protocol=name))


def robustness_evaluation(options: argparse.Namespace, protocol: str) -> None:
    """Run every tracker from every start and write the results.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
    """
    run_plan(options, plan_from(options, protocol))
