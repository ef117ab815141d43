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
) -> list[Path]:
    """Write PNG, SVG and, with the numbers behind them, JSON; return the paths.

    Args:
        figure: what to write.
        folder: made if it is missing.
        stem: of the files' names.
        command, dataset, sequence, config: how it was made.
        numbers: what the figure shows, as far as numbers can say it.
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
    return [*save_figure(figure, folder, stem), path]
