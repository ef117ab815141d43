# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writing a figure with all that is needed to make it again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from rlt_ros.benchmark.json_files import Json, write_json
from rlt_ros.benchmark.report.plots import save_figure
from rlt_ros.benchmark.runs.provenance import origin
from rlt_ros.benchmark.table_files import write_table_file
from rlt_ros.benchmark.text_tables import Table
from rlt_ros.tracking import TrackerConfig


def write_figure(
    figure: Figure,
    folder: Path,
    stem: str,
    *,
    command: str,
    dataset: Path,
    sequence: str,
    config: TrackerConfig,
    numbers: Mapping[str, Json],
    table: Table,
) -> list[Path]:
    """Write PNG, SVG and, with the numbers behind them, JSON and tables.md; return the paths.

    Args:
        figure: what to write.
        folder: made if it is missing.
        stem: of the files' names.
        command, dataset, sequence, config: how it was made.
        numbers: what the figure shows, as far as numbers can say it.
        table: the same in short.
    """
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        **origin(command),
        "dataset": str(dataset),
        "sequence": sequence,
        "settings": dataclasses.asdict(config),
        **numbers,
    }
    path = folder / f"{stem}.json"
    write_json(path, about)
    data = f"{sequence}, preset {config.preset}, seed {config.seed}"
    tables = write_table_file(folder, about, table.title, [table], data)
    return [*save_figure(figure, folder, stem), path, tables]
