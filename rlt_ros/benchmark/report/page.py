# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The report as one HTML page that needs no other file."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import jinja2

from rlt_ros.benchmark.report.study import Study, number

_TEMPLATE = "page.html.jinja"
_JPEG_QUALITY = 88
_NONE = "-"

# Measure, heading, decimals, whether more is better (None: not a matter of quality).
COLUMNS: tuple[tuple[str, str, int, bool | None], ...] = (
    ("auc", "AUC", 3, True),
    ("precision20", "precision 20 px", 3, True),
    ("norm_precision", "norm. precision", 3, True),
    ("os50", "OS 0.5", 3, True),
    ("cle", "centre error px", 1, False),
    ("fps", "frames/s", 1, None),
    ("latency_p95_ms", "95 % latency ms", 1, None),
    ("init_seconds", "start s", 2, None),
)


@dataclass(frozen=True)
class Picture:
    """A picture for the page.

    Attributes:
        title: what it shows.
        path: of the SVG or PNG file.
    """

    title: str
    path: Path

    def inline(self) -> str:
        """Return the file as a data URL; photographs shrink to JPEG.

        Raises:
            OSError: the file cannot be read.
        """
        if self.path.suffix == ".svg":
            return _data_url("image/svg+xml", self.path.read_bytes())
        image = cv2.imread(str(self.path))
        if image is None:
            raise OSError(f"{self.path} is not a readable image")
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        return _data_url("image/jpeg", data.tobytes())


@dataclass(frozen=True)
class Cell:
    """A number in a table; ``best`` of its column or row."""

    text: str
    best: bool = False


def render_page(
    study: Study, plots: Sequence[Picture], strips: Sequence[Picture], tables: Sequence[str]
) -> str:
    """Return the page.

    Args:
        study: the benchmark.
        plots, strips: pictures, in order.
        tables: links to the CSV files, relative to the page.
    """
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    about = {name: study.tracker(name) for name in study.trackers}

    columns = [one for one in COLUMNS if any(one[0] in each["mean"] for each in about.values())]
    return environment.get_template(_TEMPLATE).render(
        summary=study.summary,
        experiment=study.summary.get("experiment"),
        experiment_picture=_experiment_picture(study),
        about=about,
        sequences=study.sequences,
        headings=[heading for _, heading, _, _ in columns],
        rows=_mean_rows(about, columns),
        by_sequence=_sequence_rows(study),
        comparisons=[_comparison(one) for one in study.summary.get("comparisons", [])],
        plots=[(one.title, one.inline()) for one in plots],
        strips=[(one.title, one.inline()) for one in strips],
        tables=tables,
    )


def _experiment_picture(study: Study) -> str:
    """Return the picture of what the benchmark was made for, if it was for an experiment."""
    if (experiment := study.summary.get("experiment")) is None:
        return ""
    return Picture(experiment["title"], study.folder / experiment["picture"]).inline()


def _mean_rows(
    about: Mapping[str, Any], columns: Sequence[tuple[str, str, int, bool | None]]
) -> dict[str, list[Cell]]:
    rows: dict[str, list[Cell]] = {name: [] for name in about}
    for measure, _, decimals, more in columns:
        values = {name: _finite(one["mean"].get(measure)) for name, one in about.items()}
        best = _best(values.values(), more)
        for name, value in values.items():
            text = _NONE if value is None else f"{value:.{decimals}f}"
            if found := about[name]["interval95"].get(measure):
                text += f" ± {(found['high'] - found['low']) / 2:.{decimals}f}"
            rows[name].append(Cell(text, value is not None and value == best))
    return rows


def _sequence_rows(study: Study) -> dict[str, list[Cell]]:
    rows = {}
    for sequence in study.sequences:
        found = [study.tracker(name)["sequences"].get(sequence, {}) for name in study.trackers]
        values = [_finite(one.get("auc")) for one in found]
        best = _best(values, len(values) > 1 or None)
        rows[sequence] = [
            Cell(_NONE if value is None else f"{value:.3f}", value is not None and value == best)
            for value in values
        ]
    return rows


def _best(values: Any, more: bool | None) -> float | None:
    known = [value for value in values if value is not None]
    if more is None or len(known) < 2:
        return None
    return max(known) if more else min(known)


def _finite(value: float | None) -> float | None:
    return None if value is None or number(value) != value else value


def _comparison(one: Mapping[str, Any]) -> dict[str, str]:
    known = one["p"] is not None
    difference = _NONE if one["difference"] is None else f"{one['difference']:+.3f}"
    return {
        "a": one["a"],
        "b": one["b"],
        "difference": difference,
        "interval": f"{one['low']:+.3f} to {one['high']:+.3f}" if known else _NONE,
        "p": f"{one['p']:.2g}" if known else _NONE,
        "verdict": one["verdict"],
    }


def _data_url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
