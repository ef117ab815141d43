# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Jobs as tasks whose results are stored, and the way back."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import PurePath

import numpy as np

from rlt_ros.benchmark.execution import Task
from rlt_ros.benchmark.ope import (
    LOST,
    OPE,
    SRE,
    TRE,
    VOT,
    Job,
    Outcome,
    one_pass_outcome,
    read_sequence,
    run,
    score,
)
from rlt_ros.benchmark.robustness_runs import run_robustness
from rlt_ros.benchmark.run_store import Json, RunStore
from rlt_ros.benchmark.runners import rlt_config
from rlt_ros.benchmark.tracker_name import OURS, folder_name, parse_tracker_name
from rlt_ros.benchmark.vot_runs import run_supervised
from rlt_ros.tracking.config import Value

PUBLISHED = "published"

PROTOCOLS: Mapping[str, Callable[[Job], Outcome]] = {
    OPE: run,
    TRE: run_robustness,
    SRE: run_robustness,
    VOT: run_supervised,
    LOST: run,
}

_BOX = np.ones((1, 4))
_MEASURES = score(_BOX, _BOX)[0].keys()


def job_name(job: Job) -> str:
    """Return what messages call a job."""
    seed = f" seed {job.settings['seed']}" if "seed" in job.settings else ""
    return f"{job.tracker} {job.sequence}{seed}"


def job_folder(job: Job) -> PurePath:
    """Return where a job's files are below those of the command: one folder per seed."""
    return run_folder(folder_name(job.tracker), job.settings.get("seed"))


def run_folder(tracker: str, seed: Value | None) -> PurePath:
    """Return the same by the name of the tracker's folder; without a seed: published."""
    return PurePath(tracker, PUBLISHED if seed is None else f"seed{seed}")


def job_path(job: Job) -> PurePath:
    """Return where a job's result is in the store."""
    return job_folder(job) / f"{job.sequence}.json"


def job_settings(job: Job) -> dict[str, Json]:
    """Return all that a job's result depends on."""
    name = parse_tracker_name(job.tracker)
    settings: dict[str, Json] = {**job.settings, **name.settings}
    if name.family == OURS:
        # All of them: what was left at its default counts by its value.
        settings = dataclasses.asdict(rlt_config(name, job.settings))
    return {
        "tracker": job.tracker,
        "dataset": str(job.dataset),
        "layout": job.layout,
        "sequence": job.sequence,
        "max_frames": job.max_frames,
        **({} if job.protocol == OPE else {"protocol": job.protocol}),
        **({"omit": job.omit} if job.omit else {}),
        **({"intensity": list(job.intensity)} if job.intensity else {}),
        **settings,
    }


def make_task(job: Job) -> Task:
    """Return the task of running a job."""
    return Task(job_name(job), job_path(job), job_settings(job), partial(run_to_json, job))


def run_to_json(job: Job) -> dict[str, Json]:
    """Run a job, for ``Task.call``."""
    return outcome_to_json(PROTOCOLS[job.protocol](job))


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
    """Return a job's stored outcome, or None.

    Raises:
        ValueError: it was stored by a version with other measures and cannot be scored anew.
    """
    stored = store.load(job_path(job))
    if stored is None:
        return None
    result = stored.result
    measures = _with_nan(result["measures"])
    if job.protocol == OPE and not measures.keys() >= _MEASURES:
        sequence = read_sequence(job).head(job.max_frames)
        boxes = np.array(result["boxes"], dtype=np.float64)
        others = {key: value for key, value in measures.items() if key not in _MEASURES}
        return one_pass_outcome(
            job, boxes, sequence, others, result["machine"], result.get("frames")
        )
    return Outcome(
        job,
        measures,
        result["boxes"],
        result["curves"],
        result["machine"],
        {name: _with_nan(one) for name, one in result.get("attributes", {}).items()},
        result.get("details", {}),
        result.get("frames", {}),
    )


def _with_nan(measures: dict[str, float | None]) -> dict[str, float]:
    return {key: math.nan if value is None else value for key, value in measures.items()}
