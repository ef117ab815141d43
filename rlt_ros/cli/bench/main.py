# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench: measure trackers on annotated sequences and rosbags."""

from __future__ import annotations

import argparse
import importlib
import shlex
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from rlt_ros.cli.arguments import CommandParser
from rlt_ros.cli.bench.failed_runs import FailedRunsError
from rlt_ros.cli.output_folder import output_folder
from rlt_ros.cli.stopping import stopped_code
from rlt_ros.tracking import WeightsError
from rlt_ros.whole_files import NotWrittenError

# Modules beside this one. Only the one that is asked for is loaded: some need fewer packages.
COMMANDS = (
    "ope",
    "robustness",
    "vot",
    "lost",
    "score",
    "report",
    "ablation",
    "speed",
    "gpu",
    "bag",
    "make_bag",
    "unpack_bag",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; what is wrong costs one line at the end."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser(given[0] if given else "").parse_args(given)
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


def _parser(first: str = "") -> argparse.ArgumentParser:
    """Return the parser of one command, or where ``first`` names none, of all."""
    parser = CommandParser(prog="rlt-bench", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in [one for one in COMMANDS if one.replace("_", "-") == first] or COMMANDS:
        importlib.import_module(f"rlt_ros.cli.bench.{name}").add_command(commands)
    return parser
