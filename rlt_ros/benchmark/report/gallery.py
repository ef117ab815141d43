# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The failure gallery: a table and strips of frames that show where a tracker goes wrong."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from rlt_ros.benchmark.measures.losses import FOUND_IOU
from rlt_ros.benchmark.report.failure_strips import draw_failure
from rlt_ros.benchmark.report.failures import Failure
from rlt_ros.benchmark.report.page import Gallery, Picture
from rlt_ros.benchmark.report.plots import save_figure
from rlt_ros.benchmark.report.style import Look

HEADINGS = (
    "sequence",
    "AUC",
    "worst seed",
    "its AUC",
    "goes wrong",
    "IoU",
    "said",
    "right again",
    "why",
)
_NONE = "-"

_LOG = logging.getLogger(__name__)


def make_gallery(
    failures: Sequence[Failure], folder: Path, look: Mapping[str, Look]
) -> Gallery | None:
    """Draw failure_SEQUENCE.png and .svg of each failure, and return what the page shows.

    Args:
        failures: of one tracker.
        folder: to write to.
        look: of each tracker.

    Returns:
        The gallery, without pictures of which the images are not at hand; None if nothing failed.

    Raises:
        OSError: a file cannot be written.
    """
    if not failures:
        return None
    rows = [_cells(one) for one in failures]
    return Gallery(failures[0].tracker, HEADINGS, rows, _strips(failures, folder, look))


def _strips(failures: Sequence[Failure], folder: Path, look: Mapping[str, Look]) -> list[Picture]:
    pictures = []
    for one in failures:
        name = one.sequence.name
        try:
            figure = draw_failure(one, look)
        except (ValueError, OSError) as error:
            _LOG.warning("no strip of where %s goes wrong: %s", name, error)
            continue
        raster, _ = save_figure(figure, folder, f"failure_{name}")
        pictures.append(Picture(f"{name}: {one.reason.text}", raster))
    return pictures


def _cells(one: Failure) -> list[str]:
    return [
        one.sequence.name,
        f"{one.auc:.3f}",
        str(one.seed),
        f"{one.seed_auc:.3f}",
        _where(one),
        f"{one.overlap:.2f}",
        _said(one),
        _again(one),
        one.reason.text,
    ]


def _where(one: Failure) -> str:
    """Say in which frame it goes wrong, counted from 1."""
    frame = f"#{one.window.frame + 1}"
    if one.window.sustained:
        return frame
    return f"{frame}, not for long" if one.overlap < FOUND_IOU else f"never, {frame} is worst"


def _said(one: Failure) -> str:
    score = "" if math.isnan(one.score) else f"{one.score:.2f}"
    return f"{one.state} {score}".strip() or _NONE


def _again(one: Failure) -> str:
    """Say in which frame it is right again."""
    if not one.window.sustained:
        return _NONE
    return "never" if one.window.recovered is None else f"#{one.window.recovered + 1}"
