# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tables as a page: HTML where jinja2 is installed, otherwise Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rlt_ros.benchmark.json_files import Json, write_atomically
from rlt_ros.benchmark.text_tables import Table, markdown

TITLE = "On a GPU"
MARKDOWN = "report.md"


def write_page(folder: Path, summary: Mapping[str, Json], tables: Sequence[Table]) -> Path:
    """Write report.html, or report.md where what makes that is not installed; return its path.

    Args:
        folder: to write to.
        summary: with ``command``, ``machine`` and ``versions``.
        tables: in order.

    Raises:
        OSError: it cannot be written.
    """
    try:
        from rlt_ros.benchmark.report.tables_page import write_tables_page
    except ModuleNotFoundError:
        path = folder / MARKDOWN
        write_atomically(path, "\n".join(_lines(summary, tables)))
        return path
    return write_tables_page(
        folder, summary, title=TITLE, about=str(summary["machine"]), tables=tables
    )


def _lines(summary: Mapping[str, Json], tables: Sequence[Table]) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in summary["versions"].items())
    lines = [f"# {TITLE}\n", f"{summary['machine']}; {versions}\n", f"    {summary['command']}\n"]
    for table in tables:
        lines += [f"## {table.title}\n", markdown(table.rows)]
        lines += [f"{table.note}\n"] if table.note else []
    return lines
