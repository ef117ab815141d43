# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trackers timed side by side on the same clips: summary, tables and plot."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rlt_ros.benchmark.json_files import Json, write_json
from rlt_ros.benchmark.report import FILES, SUMMARY
from rlt_ros.benchmark.report.page import Picture
from rlt_ros.benchmark.report.plots import save_figure
from rlt_ros.benchmark.report.tables_page import write_tables_page
from rlt_ros.benchmark.runs.provenance import origin
from rlt_ros.benchmark.studies.speed.clips import ClipSource
from rlt_ros.benchmark.studies.speed.measuring import SpeedJob
from rlt_ros.benchmark.studies.speed.plot import draw_speed
from rlt_ros.benchmark.studies.speed.running import run_jobs
from rlt_ros.benchmark.studies.speed.stages import STAGES
from rlt_ros.benchmark.studies.speed.summary import Run, summarise
from rlt_ros.benchmark.text_tables import Table, aligned, counted, number, write_records
from rlt_ros.tracking.settings import Value

# Measure, heading, decimals.
_COLUMNS = (
    ("fps", "frames/s", 1),
    ("pooled_fps", "pooled", 1),
    ("mean_ms", "mean ms", 1),
    ("median_ms", "median", 1),
    ("p95_ms", "95 %", 1),
    ("p99_ms", "99 %", 1),
    ("updating_frames", "in updates", 0),
    ("updating_p95_ms", "their 95 %", 1),
    ("updating_p95_over_median", "/ median", 2),
    ("init_seconds", "init s", 2),
    ("updates", "updates", 0),
    ("update_seconds", "update s", 2),
    ("last_update_seconds", "last s", 2),
    ("peak_mib", "memory MiB", 0),
    ("auc", "AUC", 3),
)
_LATENCIES = (
    ("latency_p50_ms", "latency ms", 1),
    ("latency_p95_ms", "95 %", 1),
    ("latency_p99_ms", "99 %", 1),
)

_NOTE = (
    "frames/s is the mean over the clips, pooled that of all frames together. In updates counts "
    "the frames during which an update ran. The first frame is not in there: its time is init s."
)


@dataclass(frozen=True)
class SpeedPlan:
    """What to compare.

    Attributes:
        trackers: names, each with its settings, see ``make_runner``.
        clips: what they run on.
        rate: see ``SpeedJob``.
    """

    trackers: Sequence[tuple[str, Mapping[str, Value]]]
    clips: Sequence[ClipSource]
    rate: float = 0.0

    def jobs(self) -> list[SpeedJob]:
        """Return every tracker on the first clip, then on the next one, and so on."""
        return [
            SpeedJob(clip.name, tracker, settings, clip, self.rate)
            for clip in self.clips
            for tracker, settings in self.trackers
        ]


def compare_speed(plan: SpeedPlan, out: Path, command: str) -> dict[str, Json]:
    """Time all; write summary.json, report.html, and speed.csv, clips.csv and a plot in report/.

    Args:
        plan: what to compare.
        out: folder to write to.
        command: for the summary.

    Returns:
        The summary; its ``failures`` name what failed.
    """
    jobs = plan.jobs()
    runs, failures = run_jobs(jobs, out)
    by_tracker: dict[str, list[tuple[str, Run]]] = {}
    for job, run in runs.items():
        by_tracker.setdefault(job.tracker, []).append((job.name, run))
    trackers = {
        name: {
            **summarise([run for _, run in each]),
            "clips": {clip: summarise([run]) for clip, run in each},
            "threads": each[0][1]["threads"],
        }
        for name, each in by_tracker.items()
    }
    summary = {
        **origin(command),
        "clips": [repr(clip) for clip in plan.clips],
        "rate": plan.rate,
        "settings": {name: dict(settings) for name, settings in plan.trackers},
        "trackers": trackers,
        "runs": len(jobs),
        "failures": failures,
    }
    write_json(out / SUMMARY, summary)
    if trackers:
        _write_report(summary, out)
    return summary


def table_lines(summary: Mapping[str, Json]) -> Iterator[str]:
    """Yield the tables of a summary for a terminal."""
    for table in _tables(summary):
        yield from aligned(table.rows)
        yield ""
    yield f"{summary['machine']}; " + ", ".join(
        f"{name} {version}" for name, version in summary["versions"].items()
    )


def _tables(summary: Mapping[str, Json]) -> Iterator[Table]:
    trackers = summary["trackers"]
    columns = [*_COLUMNS, *(_LATENCIES if summary["rate"] else ())]
    yield Table("Time per frame", _rows("tracker", columns, trackers), _NOTE)
    staged = {name: one for name, one in trackers.items() if math.isfinite(one["stage_crop_ms"])}
    for what, key in (("mean", "stage_{}_ms"), ("median", "stage_{}_median_ms")) if staged else ():
        columns = [(key.format(name), name, 2) for name in STAGES]
        title = f"What it goes into, {what}s"
        yield Table(title, _rows(f"{what} ms per frame", columns, staged))


def _rows(
    title: str, columns: Sequence[tuple[str, str, int]], trackers: Mapping[str, Json]
) -> list[list[str]]:
    rows = [[title, *(heading for _, heading, _ in columns)]]
    for name, numbers in trackers.items():
        rows.append([name, *(number(numbers[key], decimals) for key, _, decimals in columns)])
    return rows


def _write_report(summary: Mapping[str, Json], out: Path) -> None:
    trackers, folder = summary["trackers"], out / FILES
    folder.mkdir(parents=True, exist_ok=True)
    apart = ("clips", "threads")
    speed = write_records(
        folder / "speed.csv",
        [
            {"tracker": name, **{key: one[key] for key in one if key not in apart}}
            for name, one in trackers.items()
        ],
    )
    clips = write_records(
        folder / "clips.csv",
        [
            {"tracker": name, "clip": clip, **numbers}
            for name, one in trackers.items()
            for clip, numbers in one["clips"].items()
        ],
    )
    _, vector = save_figure(draw_speed(trackers, summary["machine"]), folder, "speed")
    names = sorted({clip for one in trackers.values() for clip in one["clips"]})
    write_tables_page(
        out,
        summary,
        title="Speed",
        about=f"{counted(len(trackers), 'tracker')} on {counted(len(names), 'clip')}: "
        + ", ".join(names),
        tables=list(_tables(summary)),
        plots=[Picture("time per frame", vector)],
        links=[speed, clips],
    )
