# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tables as a page: HTML where jinja2 is installed, otherwise Markdown alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.table_files import write_table_file
from rlt_ros.benchmark.text_tables import Table

TITLE = "On a GPU"


def write_page(folder: Path, summary: Mapping[str, Json], tables: Sequence[Table]) -> Path:
    """Write tables.md, and report.html where what makes that is installed; return its path.

    Args:
        folder: to write to.
        summary: with what ``provenance.origin`` tells.
        tables: in order.

    Raises:
        OSError: it cannot be written.
    """
    about = "parts of the tracker, one after the other"
    try:
        from rlt_ros.benchmark.report.tables_page import write_tables_page
    except ModuleNotFoundError:
        return write_table_file(folder, summary, TITLE, tables, about)
    return write_tables_page(folder, summary, title=TITLE, about=about, tables=tables)
