# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench: measure trackers on annotated sequences and rosbags."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from rlt_ros.cli.arguments import CommandParser
from rlt_ros.cli.bench import (
    ablation,
    bag,
    lost,
    make_bag,
    ope,
    report,
    robustness,
    score,
    speed,
    unpack_bag,
    vot,
)
from rlt_ros.cli.bench.failed_runs import FailedRunsError
from rlt_ros.cli.output_folder import output_folder
from rlt_ros.cli.stopping import stopped_code
from rlt_ros.tracking import WeightsError
from rlt_ros.whole_files import NotWrittenError

COMMANDS = (ope, robustness, vot, lost, score, report, ablation, speed, bag, make_bag, unpack_bag)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; what is wrong costs one line at the end."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser().parse_args(given)
    options.command = shlex.join(["rlt-bench", *given])  # goes into the results
    out = getattr(options, "out", None)
    try:
        with nullcontext() if out is None else output_folder(out):
            options.run(options)
    except (FailedRunsError, NotWrittenError) as error:
        print(f"rlt-bench: error: {error}", file=sys.stderr)
        return 1
    except (ValueError, OSError, WeightsError) as error:
        print(f"rlt-bench: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print("rlt-bench: stopped", file=sys.stderr)
        return stopped_code(stop)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(prog="rlt-bench", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_command(commands)
    return parser
