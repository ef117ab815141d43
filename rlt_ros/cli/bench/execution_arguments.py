# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Arguments of the commands that run many things: where, and how many at a time."""

from __future__ import annotations

import argparse
import os

from rlt_ros.benchmark.runs.cluster import BACKENDS
from rlt_ros.benchmark.runs.execution import LOCAL, Workers
from rlt_ros.cli.arguments import check_positive


def add_execution_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --jobs, --backend, --address and --again."""
    group = parser.add_argument_group("where it runs")
    group.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="runs at the same time, one CPU thread each (default: %(default)s)",
    )
    group.add_argument(
        "--backend",
        choices=(LOCAL, *BACKENDS),
        default=LOCAL,
        help="local: processes of this machine; dask or ray: an existing cluster, whose workers "
        "have the same rlt_ros, and the data under the same path (default: %(default)s)",
    )
    group.add_argument(
        "--address",
        metavar="URL",
        help="of the cluster: tcp://HOST:8786 for dask; HOST:6379, ray://HOST:10001 or auto for "
        "ray (default: auto)",
    )
    group.add_argument(
        "--again", action="store_true", help="run also what is stored in --out already"
    )


def workers_from(options: argparse.Namespace) -> Workers:
    """Return where the options say that things run.

    Raises:
        ValueError: they do not fit together.
    """
    check_positive(options, "jobs")
    address = options.address or ("auto" if options.backend == "ray" else "")
    return Workers(options.backend, options.jobs, address)
