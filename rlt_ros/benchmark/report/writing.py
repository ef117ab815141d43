# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Writing all files of a report."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path

from matplotlib.figure import Figure

from rlt_ros.benchmark.datasets import Sequence as AnnotatedSequence
from rlt_ros.benchmark.datasets import open_dataset
from rlt_ros.benchmark.json_files import Json, write_atomically
from rlt_ros.benchmark.measures.frame_records import FrameRecord
from rlt_ros.benchmark.report.failures import find_failures, write_failures
from rlt_ros.benchmark.report.gallery import make_gallery
from rlt_ros.benchmark.report.moving import write_moving_picture
from rlt_ros.benchmark.report.page import Picture, render_page
from rlt_ros.benchmark.report.plots import eao_plot, precision_plot, save_figure, success_plot
from rlt_ros.benchmark.report.reliability import reliability_plot
from rlt_ros.benchmark.report.strips import absence_frames, draw_strip, strip_frames
from rlt_ros.benchmark.report.study_tables import study_data, study_tables
from rlt_ros.benchmark.report.style import Look, looks
from rlt_ros.benchmark.report.tables import write_tables
from rlt_ros.benchmark.report.views import VIEWS
from rlt_ros.benchmark.runs.output_folder import ReportError, Study, number, read_study
from rlt_ros.benchmark.table_files import TABLES, write_table_file
from rlt_ros.tracking.boxes import Boxes
from rlt_ros.whole_files import NotWrittenError

PAGE, FILES = "report.html", "report"
MOVING = "moving.webp"
STRIPS = 4  # sequences that are shown if none are named

_LOG = logging.getLogger(__name__)


def write_report(folder: Path, strips: Sequence[str] | None = None) -> Path:
    """Make the report of an output folder of ``rlt-bench ope``, ``tre``, ``sre`` or ``vot``.

    Args:
        folder: gets report.html, tables.md and, in report/, CSV, PNG and SVG files.
        strips: sequences to show frames of; None takes those where trackers differ most.

    Returns:
        The path of the page.

    Raises:
        ReportError: the folder has no usable summary, or there is no such sequence in it.
        OSError: a file cannot be written.
    """
    study = read_study(folder)
    if unknown := sorted(set(strips or ()) - set(study.sequences)):
        raise ReportError(f"{folder} has no results of {', '.join(unknown)}")
    files = folder / FILES
    files.mkdir(parents=True, exist_ok=True)
    look = looks(study.trackers)
    tables = write_tables(study, files)
    plots = _plots(study, files, look)
    names = most_disputed(study) if strips is None else strips
    shown, moving = _strips(study, files, look, names), _moving(study, files, look, names)
    if failures := find_failures(study):
        tables.append(write_failures(files / "failures.csv", failures))
    gallery = make_gallery(failures, files, look)
    view, found = VIEWS[study.protocol], study_tables(study, gallery)
    about = {**study.summary, "machine": _machines(study)}
    write_table_file(folder, about, view.title, found, study_data(study))
    page = folder / PAGE
    links = [path.relative_to(folder).as_posix() for path in tables]
    write_atomically(page, render_page(study, plots, shown, links, gallery, moving))
    return page


def _machines(study: Study) -> str:
    return "; ".join(study.summary.get("run_machines", ())) or str(study.summary["machine"])


def remove_report(folder: Path) -> None:
    """Remove the report of an output folder, which tells of other runs than it now holds."""
    files = folder / FILES
    made = [
        path for kind in ("csv", "md", "png", "svg", "webp") for path in files.rglob(f"*.{kind}")
    ]
    for path in (folder / PAGE, folder / TABLES, *made):
        path.unlink(missing_ok=True)


def most_disputed(study: Study, count: int = STRIPS) -> list[str]:
    """Return the sequences on which trackers differ most, in AUC or VOT's accuracy.

    Of one tracker it is the worst ones.
    """
    measure = VIEWS[study.protocol].by_sequence[0].measure

    def dispute(sequence: str) -> float:
        every = (study.tracker(name)["sequences"] for name in study.trackers)
        values = [number(one[sequence][measure]) for one in every if sequence in one]
        return max(values) - min(values) if len(study.trackers) > 1 else -values[0]

    return sorted(sorted(study.sequences, key=dispute, reverse=True)[:count])


def _plots(study: Study, folder: Path, look: Mapping[str, Look]) -> list[Picture]:
    pictures = []
    about = {name: study.tracker(name) for name in study.trackers}
    count = len(study.sequences)
    for kind, curve, measure, plot in _kinds(study):
        figure = plot(
            {name: curve(one["curves"]) for name, one in about.items()},
            {name: number(one["mean"][measure]) for name, one in about.items()},
            halves={
                name: (found["high"] - found["low"]) / 2
                for name, one in about.items()
                if (found := one["interval95"].get(measure))
            },
            look=look,
            title=f"{kind[0].upper()}{kind[1:]}, {count} sequence{'s' if count > 1 else ''}",
        )
        _, vector = save_figure(figure, folder, kind.replace(" ", "_"))
        pictures.append(Picture(f"{kind} plot", vector))
    if bins := {name: one["reliability"] for name, one in about.items() if "reliability" in one}:
        errors = {name: number(about[name]["mean"]["ece"]) for name in bins}
        _, vector = save_figure(reliability_plot(bins, errors, look=look), folder, "reliability")
        pictures.append(Picture("reliability plot", vector))
    return pictures


def _kinds(
    study: Study,
) -> list[tuple[str, Callable[[Json], Json], str, Callable[..., Figure]]]:
    """Return what is plotted: title, how to find the curve, measure for the legend, plot."""
    if interval := study.summary.get("eao_interval"):
        plot = partial(eao_plot, interval=tuple(interval))
        # From the first frame after a start on: the plot counts lengths from 1.
        return [("expected overlap", lambda curves: curves["expected_overlap"][1:], "eao", plot)]
    return [
        ("success", itemgetter("success"), "auc", success_plot),
        ("precision", itemgetter("precision"), "precision20", precision_plot),
    ]


def _strips(
    study: Study, folder: Path, look: Mapping[str, Look], names: Sequence[str]
) -> list[Picture]:
    pictures = []
    for name in names:
        try:
            sequence, boxes = _tracked(study, name)
            count = min(len(sequence), max(map(len, boxes.values())))
            visible, records = sequence.visible_shares, {}
            frames = [] if visible is None else absence_frames(visible[:count])
            if frames:
                records = _records(study, name, boxes)
            figure = draw_strip(name, sequence, boxes, look, frames or strip_frames(count), records)
        except (ValueError, OSError) as error:
            # Numbers and plots need no images: the data set may be elsewhere by now.
            _LOG.warning("no strip of %s: %s", name, error)
            continue
        target = folder / "strips"
        target.mkdir(exist_ok=True)
        raster, _ = save_figure(figure, target, name)
        pictures.append(Picture(f"frames of {name}", raster))
    return pictures


def _moving(
    study: Study, folder: Path, look: Mapping[str, Look], names: Sequence[str]
) -> Picture | None:
    """Write a moving picture of the first of these sequences whose images are at hand."""
    for name in names:
        try:
            sequence, boxes = _tracked(study, name)
            records = _records(study, name, boxes)
            path = write_moving_picture(folder / MOVING, name, sequence, boxes, look, records)
        except NotWrittenError:
            raise
        except (ValueError, OSError):
            continue  # its strip has been missed already
        return Picture(f"{name}, moving, with the boxes of all trackers", path)
    return None


def _tracked(study: Study, name: str) -> tuple[AnnotatedSequence, dict[str, Boxes]]:
    """Return a sequence and the boxes of the trackers that finished it, the best first.

    Raises:
        ValueError, OSError: the data set cannot be read.
    """
    path, layout = Path(study.summary["dataset"]), study.summary.get("layout")
    every = ((tracker, study.boxes(tracker, name)) for tracker in study.trackers)
    boxes = {tracker: found for tracker, found in every if found is not None}
    return open_dataset(path, layout).read(name), boxes


def _records(study: Study, name: str, trackers: Iterable[str]) -> dict[str, FrameRecord]:
    """Return what trackers said of each frame of a sequence, as far as that was stored."""
    every = ((tracker, study.frames(tracker, name)) for tracker in trackers)
    return {tracker: one for tracker, one in every if one is not None}
