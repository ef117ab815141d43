# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The argument that says which lengths the expected average overlap is about."""

from __future__ import annotations

import argparse

from rlt_ros.benchmark.measures.vot_measures import EAO_INTERVAL


def add_eao_argument(parser: argparse.ArgumentParser) -> None:
    """Add --eao-interval."""
    parser.add_argument(
        "--eao-interval",
        type=int,
        nargs=2,
        default=EAO_INTERVAL,
        metavar=("FROM", "TO"),
        help="frames that the expected average overlap is about (default: VOT-2016's, 108 371)",
    )


def eao_interval_from(options: argparse.Namespace) -> tuple[int, int]:
    """Return the interval.

    Raises:
        ValueError: it is none.
    """
    low, high = options.eao_interval
    if not 1 <= low <= high:
        raise ValueError(f"--eao-interval {low} {high}: give 1 <= FROM <= TO, in frames")
    return low, high
