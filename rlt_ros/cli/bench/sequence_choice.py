# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Arguments that choose a data set and some of its sequences."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from difflib import get_close_matches

from rlt_ros.benchmark.datasets import LAYOUTS, open_dataset
from rlt_ros.cli.arguments import add_intensity_argument, path_argument


def add_dataset_arguments(parser: argparse.ArgumentParser, *, without: str = "") -> None:
    """Add DATASET, --layout and --intensity-range.

    Args:
        parser: gets them.
        without: what happens without DATASET; empty where it must be given.
    """
    what = "the folder of a data set"
    if without:
        parser.add_argument(
            "dataset", type=path_argument, nargs="?", help=f"{what} (default: {without})"
        )
    else:
        parser.add_argument("dataset", type=path_argument, help=what)
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
    return named_sequences(options.sequences, known, str(options.dataset))


def named_sequences(text: str | None, known: Sequence[str], holder: str) -> list[str]:
    """Return the known names that a text with commas between names means, in any case.

    Args:
        text: None means all.
        known: names there are.
        holder: what has them, for the error.

    Raises:
        ValueError: there is no such sequence.
    """
    if text is None:
        return list(known)
    given = [name for part in text.split(",") if (name := part.strip())]
    alike = {name.casefold(): name for name in known}
    found = {name: name if name in known else alike.get(name.casefold()) for name in given}
    missing = [name for name, one in found.items() if one is None]
    if missing or not given:
        close = get_close_matches(missing[0] if missing else "", known, n=3) or list(known[:3])
        raise ValueError(
            f"{holder} has no sequence {', '.join(missing) or repr(text)}; it has "
            f"{', '.join(close)}{' ...' if len(known) > len(close) else ''}"
        )
    return list(dict.fromkeys(one for one in found.values() if one is not None))
