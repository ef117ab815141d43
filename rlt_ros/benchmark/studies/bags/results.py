# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a run over a bag came to: numbers, summary.json and boxes.csv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlt_ros.benchmark.json_files import write_json
from rlt_ros.benchmark.measures.one_pass import one_pass_measures
from rlt_ros.benchmark.runs.provenance import origin
from rlt_ros.benchmark.studies.bags.frames import BagFrames
from rlt_ros.benchmark.studies.bags.job import BagJob
from rlt_ros.benchmark.table_files import write_table_file
from rlt_ros.benchmark.text_tables import Table, number
from rlt_ros.media.results import ResultRow, write_results
from rlt_ros.messages.detections import Box

SUMMARY, BOXES = "summary.json", "boxes.csv"
_PROBLEMS_SHOWN = 20


@dataclass
class BagRun:
    """What was measured, in whichever mode.

    Attributes:
        tracker: its name, such as "rlt" or "rlt:paper".
        frames: the frames as far as they were read.
        rows: one per tracked frame, in order.
        latencies: seconds per tracked frame but the first; see ``latency_is``.
        latency_is: what the latencies measure, in words.
        init_seconds: learning the target on the first frame.
        seconds: time that tracking took altogether, the first frame not counted.
        dropped: usable frames that the tracker left out because a newer one had come.
        extra: further numbers of the mode.
        problem: what ended the run early; empty if nothing did.
        stop: the Ctrl-C that ended it, to be raised again when all is written.
    """

    tracker: str
    frames: BagFrames
    rows: list[ResultRow]
    latencies: Sequence[float]
    latency_is: str
    init_seconds: float = 0.0
    seconds: float = 0.0
    dropped: int = 0
    extra: Mapping[str, Any] | None = None
    problem: str = ""
    stop: KeyboardInterrupt | None = None


def held_boxes(rows: Sequence[ResultRow], truth: Mapping[int, Box]) -> tuple[Any, Any]:
    """Pair every annotated frame with the newest box that there was for it.

    A frame that was dropped or could not be decoded has the box of the last tracked one before
    it, as somebody who acts on the tracker's output would see it. Annotations that are empty or
    not finite are left out, and so is what comes before the first box.

    Returns:
        Boxes and annotations, both ``(N, 4)``.
    """
    boxes, annotated = [], []
    row, following = None, iter([*rows, None])
    ahead = next(following)
    for frame in sorted(truth):
        while ahead is not None and ahead.frame <= frame:
            row, ahead = ahead, next(following)
        box = np.array(truth[frame])
        if row is not None and np.isfinite(box).all() and (box[2:] > 0).all():
            boxes.append(row.box)
            annotated.append(box)
    return np.array(boxes).reshape(-1, 4), np.array(annotated).reshape(-1, 4)


def summary_of(job: BagJob, run: BagRun, mode: str) -> dict[str, Any]:
    """Return the numbers of a run as they stand in summary.json; times in seconds."""
    frames, bag = run.frames, job.bag
    boxes, truth = held_boxes(run.rows, frames.truth)
    tracked = {row.frame for row in run.rows}
    exact = [row for row in run.rows if row.frame in frames.truth]
    mean: dict[str, float] = {
        "fps": (len(run.rows) - 1) / run.seconds if run.seconds and run.rows else 0.0,
        "init_seconds": run.init_seconds,
    }
    if len(truth):
        mean = {**one_pass_measures(boxes, truth), **mean}
    only = held_boxes(exact, {n: box for n, box in frames.truth.items() if n in tracked})
    name = bag.stem if bag.is_file() else bag.resolve().name
    numbers = {"mean": mean, "sequences": {name: mean}}
    return {
        **origin(job.command),
        "tracker": run.tracker,
        "settings": {"seed": 0, **job.settings},
        "failures": {f"{run.tracker} {name}": run.problem} if run.problem else {},
        "bag": str(bag),
        "mode": mode,
        "topics": {
            "image": frames.topics.image,
            "init": frames.topics.init,
            "truth": frames.topics.truth,
        },
        "notes": frames.notes,
        "init": {"from": frames.start.source, "frame": frames.first, "box": frames.box},
        "frames": len(frames.stamps),
        "frames_before_init": min(frames.stamps, default=1) - 1,
        "tracked": len(run.rows),
        "lost": sum(row.state == "LOST" for row in run.rows),
        "dropped": run.dropped,
        "unusable": len(frames.unusable),
        "unusable_frames": dict(list(frames.unusable.items())[:_PROBLEMS_SHOWN]),
        "unusable_annotations": frames.unusable_truth,
        **(run.extra or {}),
        "init_seconds": run.init_seconds,
        "latency": {**_percentiles(run.latencies), "is": run.latency_is},
        "annotated": len(truth),
        **numbers,
        # Without the frames that were left out: how well it tracks, given that it does.
        "tracked_only": one_pass_measures(*only) if len(only[0]) else {},
        "trackers": {run.tracker: numbers},
    }


def write_run(job: BagJob, run: BagRun, mode: str) -> dict[str, Any]:
    """Write summary.json, tables.md and boxes.csv (frame, stamp, x, ... state) into ``job.out``.

    Stamps are seconds since the bag's first image. Returns what summary.json holds.
    """
    folder = job.out
    folder.mkdir(parents=True, exist_ok=True)
    summary = summary_of(job, run, mode)
    write_results(folder / BOXES, run.rows)
    write_json(folder / SUMMARY, summary)
    (name,) = summary["sequences"]
    data = f"{name}, {summary['frames']} images, {summary['mode']}"
    write_table_file(folder, summary, "A rosbag", [_table(summary)], data)
    return summary


def _table(summary: Mapping[str, Any]) -> Table:
    mean, memory = summary["mean"], summary.get("node_memory_mib") or {}
    numbers = {
        "median ms": _milliseconds(summary, "median"),
        "95 % ms": _milliseconds(summary, "p95"),
        "99 % ms": _milliseconds(summary, "p99"),
        "start s": number(summary["init_seconds"], 2),
        "AUC": number(mean.get("auc"), 3),
        "precision 20 px": number(mean.get("precision20"), 3),
        **{f"MiB, {when}": number(memory.get(when), 0) for when in ("start", "half", "end")},
    }
    counts = {key: str(summary[key]) for key in ("tracked", "dropped", "unusable", "lost")}
    known = {key: text for key, text in numbers.items() if text != "-"}
    row = {"tracker": summary["tracker"], **counts, **known}
    note = f"Times are {summary['latency']['is']}; MiB is the memory of the node."
    return Table("Frames and times", [list(row), list(row.values())], note)


def _milliseconds(summary: Mapping[str, Any], key: str) -> str:
    seconds = summary["latency"][key]
    return number(None if seconds is None else 1000 * seconds, 1)


def report(job: BagJob, summary: Mapping[str, Any]) -> str:
    """Return the numbers as text for people."""
    mean, latency = summary["mean"], summary["latency"]
    median, p95, p99 = (_milliseconds(summary, key) for key in ("median", "p95", "p99"))
    lines = {
        "mode": summary["mode"],
        "frames": f"{summary['frames']} from frame {summary['init']['frame']} on",
        "tracked": f"{summary['tracked']}, target lost on {summary['lost']} of them",
        "dropped": f"{summary['dropped']}",
        "unusable": f"{summary['unusable']}",
        "latency": f"{median} ms median, {p95} ms 95th, {p99} ms 99th percentile ({latency['is']})",
        "initialisation": f"{summary['init_seconds']:.2f} s",
    }
    memory = summary.get("node_memory_mib") or {}
    if memory.get("start") is not None:
        lines["the node's memory"] = (
            f"{memory['start']:.0f} MiB when the target was learned, {memory['tenth']:.0f} a tenth "
            f"of the way, {memory['half']:.0f} half of it, {memory['end']:.0f} at the end, "
            f"{memory['most']:.0f} at most"
        )
    if summary.get("lost_in_transport"):
        lines["lost in transport"] = f"{summary['lost_in_transport']}"
    if "auc" in mean:
        lines["ground truth"] = (
            f"AUC {mean['auc']:.3f}, precision at 20 px {mean['precision20']:.3f} "
            f"on {summary['annotated']} frames"
        )
    lines["wrote"] = f"{job.out / SUMMARY}, {job.out / BOXES}"
    return "\n".join(f"{label:<18} {text}" for label, text in lines.items())


def _percentiles(latencies: Sequence[float]) -> dict[str, float | None]:
    if not len(latencies):
        return {"median": None, "p95": None, "p99": None}
    median, p95, p99 = np.percentile(np.asarray(latencies, np.float64), [50, 95, 99])
    return {"median": float(median), "p95": float(p95), "p99": float(p99)}
