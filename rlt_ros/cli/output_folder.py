# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The folder that a command writes to, tried before anything runs."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rlt_ros.cli.arguments import path_argument


class OutputError(OSError):
    """A folder that cannot be written to; the message says why."""


def add_out_argument(parser: argparse.ArgumentParser) -> None:
    """Add --out, which must be given."""
    parser.add_argument(
        "--out", type=path_argument, required=True, metavar="DIR", help="folder to write to"
    )


@contextmanager
def output_folder(path: Path) -> Iterator[None]:
    """Make a folder and write to it, before hours of work are put into something without a place.

    A folder that is made here and still empty at the end, as after a misuse, is removed again.

    Raises:
        OutputError: it cannot be made or written to.
    """
    made = _missing(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as trial:
            trial.write(b"x")
    except OSError as error:
        _remove_empty(made)
        raise OutputError(f"--out {path}: {_in_words(path, error)}") from None
    try:
        yield
    finally:
        _remove_empty(made)


def _missing(path: Path) -> list[Path]:
    """Return the folders that have to be made, the innermost first."""
    return [one for one in (path, *path.parents) if not one.exists()]


def _remove_empty(folders: list[Path]) -> None:
    with suppress(OSError):  # not empty
        for folder in folders:
            folder.rmdir()


def _in_words(path: Path, error: OSError) -> str:
    for one in (path, *path.parents):
        if one.exists() and not one.is_dir():
            return f"{one} is a file; name a folder"
    existing = next(one for one in (path, *path.parents) if one.exists())
    if isinstance(error, PermissionError) or not os.access(existing, os.W_OK):
        return f"you may not write to {existing}; name another folder"
    return f"it cannot be written to ({error.strerror}); name another folder"
