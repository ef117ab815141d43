# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tables and plots as one HTML page, where there are no sequences and boxes to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rlt_ros.benchmark.json_files import Json, write_atomically
from rlt_ros.benchmark.report.page import Picture, template
from rlt_ros.benchmark.report.writing import PAGE
from rlt_ros.benchmark.table_files import write_table_file
from rlt_ros.benchmark.text_tables import Table


def write_tables_page(
    folder: Path,
    summary: Mapping[str, Json],
    *,
    title: str,
    about: str,
    tables: Sequence[Table],
    plots: Sequence[Picture] = (),
    links: Sequence[Path] = (),
) -> Path:
    """Write report.html and tables.md, and return the path of the first.

    Args:
        folder: that the command was told to write to.
        summary: with what ``provenance.origin`` tells and, where there are any, ``failures``.
        title, about: at the top.
        tables, plots: in order.
        links: files in the folder that hold all numbers.

    Raises:
        OSError: the page cannot be written.
    """
    write_table_file(folder, summary, title, tables, about)
    page = template("tables.html.jinja").render(
        summary={"failures": {}, **summary},
        title=title,
        about=about,
        tables=tables,
        plots=[(one.title, one.inline()) for one in plots],
        links=[path.relative_to(folder).as_posix() for path in links],
    )
    write_atomically(folder / PAGE, page)
    return folder / PAGE
