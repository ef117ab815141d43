# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Arguments that choose a data set and some of its sequences."""

from __future__ import annotations

import argparse
from pathlib import Path

from rlt_ros.benchmark.datasets import LAYOUTS, open_dataset
from rlt_ros.cli.arguments import add_intensity_argument


def add_dataset_arguments(parser: argparse.ArgumentParser, *, without: str = "") -> None:
    """Add DATASET, --layout and --intensity-range.

    Args:
        parser: gets them.
        without: what happens without DATASET; empty where it must be given.
    """
    what = "the folder of a data set"
    if without:
        parser.add_argument("dataset", type=Path, nargs="?", help=f"{what} (default: {without})")
    else:
        parser.add_argument("dataset", type=Path, help=what)
    parser.add_argument(
        "--layout", choices=LAYOUTS, help="of the data set (default: found out by its files)"
    )
    add_intensity_argument(parser)


def chosen_sequences(options: argparse.Namespace) -> list[str]:
    """Return what --sequences names, or all sequences of the data set.

    Raises:
        ValueError: there is no such sequence, or no such data set.
    """
    known = open_dataset(options.dataset, options.layout).names
    names = list(dict.fromkeys(options.sequences.split(","))) if options.sequences else known
    if missing := sorted(set(names) - set(known)):
        raise ValueError(f"{options.dataset} has no sequence {', '.join(missing)}")
    return names
