# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The report as one HTML page that needs no other file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import jinja2

from rlt_ros.benchmark.measures.seed_statistics import is_untested
from rlt_ros.benchmark.report.cells import (
    comparison_cells,
    halved_rows,
    known_columns,
    mean_rows,
    named_rows,
)
from rlt_ros.benchmark.report.views import HALVES_NOTE, SIZES, SIZES_NOTE, VIEWS, main_column
from rlt_ros.benchmark.runs.output_folder import Study

_TEMPLATE = "page.html.jinja"
_JPEG_QUALITY = 88


@dataclass(frozen=True)
class Picture:
    """A picture for the page.

    Attributes:
        title: what it shows.
        path: of the SVG, PNG or WebP file.
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
        if self.path.suffix == ".webp":
            return _data_url("image/webp", self.path.read_bytes())
        image = cv2.imread(str(self.path))
        if image is None:
            raise OSError(f"{self.path} is not a readable image")
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        return _data_url("image/jpeg", data.tobytes())


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
    moving: Picture | None = None,
) -> str:
    """Return the page.

    Args:
        study: the benchmark.
        plots, strips: pictures, in order.
        tables: links to the CSV files, relative to the page.
        gallery: where a tracker goes wrong; None leaves it out.
        moving: a moving picture, for the top; None leaves it out.
    """
    about = {name: study.tracker(name) for name in study.trackers}
    columns = known_columns(study)
    comparisons = study.summary.get("comparisons", [])
    main, view = main_column(study.protocol), VIEWS[study.protocol]
    half_headings, halves = halved_rows(study, view.halves)
    sizes = known_columns(study, SIZES)
    return template(_TEMPLATE).render(
        summary=study.summary,
        experiment=study.summary.get("experiment"),
        experiment_picture=_experiment_picture(study),
        about=about,
        sequences=study.sequences,
        view=view,
        main=main,
        headings=[one.heading for one in columns],
        rows=mean_rows(study, columns),
        half_headings=half_headings,
        halves=halves,
        halves_note=HALVES_NOTE,
        size_headings=[one.heading for one in sizes],
        sizes=mean_rows(study, sizes),
        sizes_note=SIZES_NOTE,
        by_sequence={
            column.heading: named_rows(study, "sequences", study.sequences, column)
            for column in known_columns(study, view.by_sequence)
        },
        by_attribute=named_rows(study, "attributes", study.attributes, main),
        attributes=study.attributes,
        comparisons=[comparison_cells(one) for one in comparisons],
        untested=all(is_untested(one["verdict"]) for one in comparisons),
        plots=[(one.title, one.inline()) for one in plots],
        gallery=gallery,
        moving=moving,
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


def _data_url(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
