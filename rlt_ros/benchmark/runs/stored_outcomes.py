# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Outcomes as they are stored, and the way back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.measures.vot_measures import JudgedRun
from rlt_ros.benchmark.measures.vot_regions import Region
from rlt_ros.benchmark.runs.job import Job, Outcome
from rlt_ros.benchmark.runs.run_store import RunStore
from rlt_ros.benchmark.trackers.tracker_name import folder_name
from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.settings import Value

PUBLISHED = "published"


def job_folder(job: Job) -> PurePath:
    """Return where a job's files are below those of the command: one folder per seed."""
    return run_folder(folder_name(job.tracker), job.settings.get("seed"))


def run_folder(tracker: str, seed: Value | None) -> PurePath:
    """Return the same by the name of the tracker's folder; without a seed: published."""
    return PurePath(tracker, PUBLISHED if seed is None else f"seed{seed}")


def job_path(job: Job) -> PurePath:
    """Return where a job's result is in the store."""
    return job_folder(job) / f"{job.sequence}.json"


def outcome_to_json(outcome: Outcome) -> dict[str, Json]:
    """Return what is stored of an outcome."""
    return {
        "measures": outcome.measures,
        "curves": outcome.curves,
        "boxes": outcome.boxes,
        "machine": outcome.machine,
        "attributes": dict(outcome.attributes),
        "details": dict(outcome.details),
        "frames": dict(outcome.frames),
    }


def load_outcome(job: Job, store: RunStore) -> Outcome | None:
    """Return a job's stored outcome, or None."""
    stored = store.load(job_path(job))
    if stored is None:
        return None
    result = stored.result
    return Outcome(
        job,
        _with_nan(result["measures"]),
        result["boxes"],
        result["curves"],
        result["machine"],
        {name: _with_nan(one) for name, one in result["attributes"].items()},
        result["details"],
        result["frames"],
    )


def pass_boxes(details: Mapping[str, Any]) -> dict[str, Boxes]:
    """Return the boxes ``(N - start, 4)`` of each pass by its name, 0-based."""
    return {one["name"]: np.array(one["boxes"], dtype=np.float64) for one in details["passes"]}


def judged_run(outcome: Outcome) -> JudgedRun:
    """Return an outcome of ``run_supervised``, stored or not, as its measures are taken from it."""
    regions: list[Region] = [
        np.array(box, dtype=np.float64) if code is None else code
        for box, code in zip(outcome.boxes, outcome.details["codes"], strict=True)
    ]
    return JudgedRun(regions, np.array(outcome.details["overlaps"], dtype=np.float64))


def _with_nan(measures: dict[str, float | None]) -> dict[str, float]:
    return {key: math.nan if value is None else value for key, value in measures.items()}
