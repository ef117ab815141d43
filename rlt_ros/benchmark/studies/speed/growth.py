# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How time per frame and memory grow with what is put in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rlt_ros.benchmark.json_files import Json, write_json
from rlt_ros.benchmark.report import FILES, SUMMARY
from rlt_ros.benchmark.report.tables_page import write_tables_page
from rlt_ros.benchmark.runs.provenance import origin
from rlt_ros.benchmark.studies.speed.clips import GeneratedClip
from rlt_ros.benchmark.studies.speed.measuring import SpeedJob
from rlt_ros.benchmark.studies.speed.running import run_jobs
from rlt_ros.benchmark.studies.speed.summary import Run, summarise
from rlt_ros.benchmark.text_tables import Table, aligned, number, write_records
from rlt_ros.benchmark.trackers.tracker_name import OURS, parse_tracker_name
from rlt_ros.tracking.settings import Value

FRAME_SIZES = ((640, 480), (1280, 720), (1920, 1080))
TARGET_SIZES = (24.0, 48.0, 96.0, 192.0)  # px, geometric mean side, in 640 x 480
CANDIDATES = (100, 200, 400, 800)
TARGETS = (1, 2, 4, 8)
LENGTH, FRAMES = 400, 60  # frames of the longest run, and of the others
_SHARES = (8, 4, 2, 1)  # of the longest run, which is looked at on its way

_LENGTH_NAME = "length"
_OURS_ALONE = ("candidates", "targets")
_BASE = GeneratedClip()


@dataclass(frozen=True)
class Growth:
    """One row of the table.

    Attributes:
        tracker: its name.
        dimension: what is varied: frame size, target size, candidates, targets or length.
        value: of it.
        median_ms, p95_ms: time per frame. For a length: of the frames since the one before.
        memory_mib: growth of memory after the last frame.
        peak_mib: its largest growth, the first frame included; NaN but for the whole length.
        init_seconds: time of the first frame.
    """

    tracker: str
    dimension: str
    value: str
    median_ms: float
    p95_ms: float
    memory_mib: float
    peak_mib: float
    init_seconds: float


def measure_growth(
    trackers: Sequence[tuple[str, Mapping[str, Value]]],
    out: Path,
    command: str,
    max_frames: int | None = None,
) -> dict[str, Json]:
    """Time trackers on generated clips; write summary.json, the page, and report/growth.csv.

    Args:
        trackers: names, each with its settings, see ``make_runner``.
        out: folder to write to.
        command: for the summary.
        max_frames: of each clip; None takes 400 for the length and 60 for all else.

    Returns:
        The summary; its ``failures`` name what failed.

    Raises:
        ValueError: too few frames.
    """
    if max_frames is not None and max_frames < 2 * _SHARES[0]:
        raise ValueError(f"--growth needs --max-frames of {2 * _SHARES[0]} or more")
    jobs = {
        SpeedJob(
            variant.name,
            tracker,
            {**settings, **variant.settings},
            variant.clip,
            targets=variant.targets,
        ): variant
        for variant in _variants(max_frames)
        for tracker, settings in trackers
        # Only our tracker has settings to vary, and several targets.
        if variant.dimension not in _OURS_ALONE or parse_tracker_name(tracker).family == OURS
    }
    runs, failures = run_jobs(list(jobs), out)
    rows = [row for job, run in runs.items() for row in _rows(job.tracker, jobs[job], run)]
    summary: dict[str, Json] = {
        **origin(command),
        "settings": {name: dict(settings) for name, settings in trackers},
        "growth": [asdict(row) for row in rows],
        "runs": len(jobs),
        "failures": failures,
    }
    write_json(out / SUMMARY, summary)
    if rows:
        write_tables_page(
            out,
            summary,
            title="Speed: how the cost grows",
            about="One thing at a time is varied; memory is what the process grew by.",
            tables=[Table("Growth", _cells(summary))],
            links=[write_records(out / FILES / "growth.csv", summary["growth"])],
        )
    return summary


def growth_lines(summary: Mapping[str, Json]) -> Iterator[str]:
    """Yield the table of a summary for a terminal."""
    return aligned(_cells(summary))


@dataclass(frozen=True)
class _Variant:
    dimension: str
    value: str
    clip: GeneratedClip
    settings: Mapping[str, Value] = field(default_factory=dict)
    targets: int = 1

    @property
    def name(self) -> str:
        return f"{self.dimension} {self.value}"


def _variants(max_frames: int | None) -> Iterator[_Variant]:
    frames = max_frames or FRAMES
    for width, height in FRAME_SIZES:
        # The same scene, scaled: the target grows along.
        scale = math.sqrt(width * height / (_BASE.width * _BASE.height))
        clip = GeneratedClip(frames, width, height, _BASE.target * scale)
        yield _Variant("frame size", f"{width}x{height}", clip)
    for side in TARGET_SIZES:
        yield _Variant("target size", f"{side:g} px", GeneratedClip(frames, target=side))
    for count in CANDIDATES:
        yield _Variant("candidates", str(count), GeneratedClip(frames), {"candidates": count})
    for targets in TARGETS:
        yield _Variant("targets", str(targets), GeneratedClip(frames), targets=targets)
    length = max_frames or LENGTH
    yield _Variant(_LENGTH_NAME, f"{length} frames", GeneratedClip(length))


def _rows(tracker: str, variant: _Variant, run: Run) -> Iterator[Growth]:
    found = summarise([run])
    if variant.dimension != _LENGTH_NAME:
        yield Growth(
            tracker,
            variant.dimension,
            variant.value,
            found["median_ms"],
            found["p95_ms"],
            run["memory_mib"][-1],
            found["peak_mib"],
            found["init_seconds"],
        )
        return
    before = 0
    for share in _SHARES:
        # The first frame has no time of its own, but counts.
        last = variant.clip.frames // share - 1
        part = {key: run[key][before:last] for key in ("seconds", "updating", "stages")}
        here = summarise([{**run, **part}])
        yield Growth(
            tracker,
            variant.dimension,
            f"{last + 1} frames",
            here["median_ms"],
            here["p95_ms"],
            run["memory_mib"][last - 1],
            found["peak_mib"] if share == 1 else math.nan,
            found["init_seconds"],
        )
        before = last


def _cells(summary: Mapping[str, Json]) -> list[list[str]]:
    heading = ["what", "tracker", "median ms", "95 % ms", "memory MiB", "peak MiB", "init s"]
    return [
        heading,
        *(
            [
                f"{row['dimension']} {row['value']}",
                row["tracker"],
                number(row["median_ms"], 1),
                number(row["p95_ms"], 1),
                number(row["memory_mib"], 1),
                number(row["peak_mib"], 0),
                number(row["init_seconds"], 2),
            ]
            for row in summary["growth"]
        ),
    ]
