# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The report as one HTML page that needs no other file."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import jinja2

from rlt_ros.benchmark.measures.seed_statistics import in_short, is_untested
from rlt_ros.benchmark.report.views import COLUMNS, VIEWS, Column, main_column
from rlt_ros.benchmark.runs.output_folder import Study, number

_TEMPLATE = "page.html.jinja"
_JPEG_QUALITY = 88
_NONE = "-"


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


@dataclass(frozen=True)
class Gallery:
    """Where a tracker goes wrong, as the page shows it.

    Attributes:
        tracker: its name.
        headings: of the table.
        rows: one for each sequence, its name first and the reason last.
        strips: pictures, in the same order; none where the images are not at hand.
    """

    tracker: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    strips: Sequence[Picture]


def render_page(
    study: Study,
    plots: Sequence[Picture],
    strips: Sequence[Picture],
    tables: Sequence[str],
    gallery: Gallery | None = None,
) -> str:
    """Return the page.

    Args:
        study: the benchmark.
        plots, strips: pictures, in order.
        tables: links to the CSV files, relative to the page.
        gallery: where a tracker goes wrong; None leaves it out.
    """
    about = {name: study.tracker(name) for name in study.trackers}
    columns = [
        one for one in COLUMNS if any(one.measure in each["mean"] for each in about.values())
    ]
    comparisons = study.summary.get("comparisons", [])
    main = main_column(study.protocol)
    return template(_TEMPLATE).render(
        summary=study.summary,
        experiment=study.summary.get("experiment"),
        experiment_picture=_experiment_picture(study),
        about=about,
        sequences=study.sequences,
        view=VIEWS[study.protocol],
        main=main,
        headings=[one.heading for one in columns],
        rows=_mean_rows(about, columns),
        by_sequence={
            column.heading: _rows(study, "sequences", study.sequences, column)
            for column in VIEWS[study.protocol].by_sequence
        },
        by_attribute=_rows(study, "attributes", study.attributes, main),
        attributes=study.attributes,
        comparisons=[_comparison(one) for one in comparisons],
        untested=all(is_untested(one["verdict"]) for one in comparisons),
        plots=[(one.title, one.inline()) for one in plots],
        gallery=gallery,
        strips=[(one.title, one.inline()) for one in strips],
        tables=tables,
    )


def template(name: str) -> jinja2.Template:
    """Return a template of this folder."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _experiment_picture(study: Study) -> str:
    """Return the picture of what the benchmark was made for, if it was for an experiment."""
    if (experiment := study.summary.get("experiment")) is None:
        return ""
    return Picture(experiment["title"], study.folder / experiment["picture"]).inline()


def _mean_rows(about: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, list[Cell]]:
    rows: dict[str, list[Cell]] = {name: [] for name in about}
    for column in columns:
        cells = _cells([one["mean"].get(column.measure) for one in about.values()], column)
        for (name, one), cell in zip(about.items(), cells, strict=True):
            text = cell.text
            if found := one["interval95"].get(column.measure):
                text += f" ± {(found['high'] - found['low']) / 2:.{column.decimals}f}"
            rows[name].append(Cell(text, cell.best))
    return rows


def _rows(study: Study, key: str, names: Iterable[str], column: Column) -> dict[str, list[Cell]]:
    """Return a row for each name, which is one of those under a key of every tracker."""
    found = [study.tracker(name).get(key, {}) for name in study.trackers]
    return {
        name: _cells([one.get(name, {}).get(column.measure) for one in found], column)
        for name in names
    }


def _cells(numbers: Iterable[float | None], column: Column) -> list[Cell]:
    values = [_finite(one) for one in numbers]
    best = _best(values, column.more)
    return [
        Cell(_NONE) if value is None else Cell(f"{value:.{column.decimals}f}", value == best)
        for value in values
    ]


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
        "verdict": in_short(one["verdict"]),
    }


def _data_url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
