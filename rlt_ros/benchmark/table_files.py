# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of one command in a Markdown file, below where they come from; written and read back.

Every command of rlt-bench that measures leaves one in its output folder. It is small enough to be
kept in a repository: the page of results is made of such files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rlt_ros.benchmark.json_files import Json, write_atomically
from rlt_ros.benchmark.text_tables import Table, markdown

TABLES = "tables.md"

_ORIGIN = ("command", "date", "commit", "machine", "versions", "data")


class TableFileError(ValueError):
    """A file that is no such table file; the message says what is wrong where."""


@dataclass(frozen=True)
class TableFile:
    """What such a file holds.

    Attributes:
        title: of the study.
        origin: command, date, commit, machine, versions, and data: on what it was measured. What
            is not known is missing.
        tables: by their titles, in order.
    """

    title: str
    origin: Mapping[str, str]
    tables: Mapping[str, Table]


def write_table_file(
    folder: Path, summary: Mapping[str, Json], title: str, tables: Sequence[Table], data: str = ""
) -> Path:
    """Write TABLES into a folder and return its path.

    Args:
        folder: that the command was told to write to.
        summary: with what ``provenance.origin`` tells.
        title: of the study.
        tables: in order, each with a title of its own.
        data: on what it was measured, in words.

    Raises:
        OSError: it cannot be written.
    """
    versions = ", ".join(f"{name} {version}" for name, version in summary["versions"].items())
    told = {**summary, "command": f"`{summary['command']}`", "versions": versions, "data": data}
    lines = [f"# {title}", ""]
    lines += [f"- {key}: {told[key]}" for key in _ORIGIN if told.get(key)]
    for table in tables:
        lines += ["", f"## {table.title}", "", markdown(table.rows).rstrip("\n")]
        lines += ["", table.note] if table.note else []
    path = folder / TABLES
    write_atomically(path, "\n".join(lines) + "\n")
    return path


def read_table_file(path: Path) -> TableFile:
    """Read what ``write_table_file`` has written.

    Raises:
        TableFileError: it has another form.
        OSError: it cannot be read.
    """
    head, *sections = path.read_text(encoding="utf-8").split("\n## ")
    title, *lines = head.splitlines()
    found = [re.fullmatch(r"- (\w+): (.+)", line) for line in lines if line]
    origin = {one[1]: one[2].strip("`") for one in found if one}
    if not title.startswith("# ") or None in found or not {"command", "date"} <= origin.keys():
        raise TableFileError(f"{path} does not begin with a title, the command and the date")
    tables = [_table(path, section) for section in sections]
    return TableFile(title[2:], origin, {table.title: table for table in tables})


def _table(path: Path, section: str) -> Table:
    title, _, text = section.partition("\n")
    lines = [line for line in text.splitlines() if line]
    rows = [_cells(line) for line in lines if line.startswith("| ")]
    if len(rows) < 2 or len({len(row) for row in rows}) > 1:
        raise TableFileError(f"{path}: {title!r} has no table, or one with rows of several lengths")
    note = " ".join(line for line in lines if not line.startswith("| "))
    return Table(title, [rows[0], *rows[2:]], note)


def _cells(line: str) -> list[str]:
    cells = re.split(r"(?<!\\) \| ", line.removeprefix("| ").removesuffix(" |"))
    return [cell.replace("\\|", "|") for cell in cells]
