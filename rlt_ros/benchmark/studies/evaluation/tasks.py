# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Jobs as tasks whose results are stored."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from rlt_ros.benchmark.datasets import open_dataset
from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.runs.execution import Task
from rlt_ros.benchmark.runs.job import LOST, OPE, SRE, TRE, VOT, Job, Outcome, job_name
from rlt_ros.benchmark.runs.provenance import libraries
from rlt_ros.benchmark.runs.stored_outcomes import job_path, outcome_to_json
from rlt_ros.benchmark.studies.evaluation.one_pass import run
from rlt_ros.benchmark.studies.evaluation.robustness import run_robustness
from rlt_ros.benchmark.studies.evaluation.supervised import run_supervised
from rlt_ros.benchmark.trackers.runners import rlt_config, weight_files
from rlt_ros.benchmark.trackers.tracker_name import OURS, parse_tracker_name

PROTOCOLS: Mapping[str, Callable[[Job], Outcome]] = {
    OPE: run,
    TRE: run_robustness,
    SRE: run_robustness,
    VOT: run_supervised,
    LOST: run,
}


def make_tasks(jobs: Iterable[Job]) -> list[Task]:
    """Return the tasks of running jobs; looks at frames, annotations and weights as they are now.

    All that a result depends on stands in the tasks' settings, so that a stored one is taken only
    if nothing of it was changed.
    """
    opened = functools.cache(open_dataset)

    @functools.cache
    def data(
        dataset: Path, layout: str | None, sequence: str, max_frames: int | None
    ) -> str | None:
        try:
            return opened(dataset, layout).read(sequence).head(max_frames).digest()
        except (ValueError, OSError):
            return None  # the run tells what is wrong

    weights = functools.cache(_file_digest)
    computed_by = {ours: libraries(ours=ours) for ours in (True, False)}
    tasks = []
    for job in jobs:
        name = parse_tracker_name(job.tracker)
        settings: dict[str, Json] = {**job.settings, **name.settings}
        if name.family == OURS:
            # All of them: what was left at its default counts by its value.
            settings = dataclasses.asdict(rlt_config(name, job.settings))
        frames = data(job.dataset, job.layout, job.sequence, job.max_frames)
        files = weight_files(name, job.settings)
        about = {
            "tracker": job.tracker,
            "dataset": str(job.dataset),
            "layout": job.layout,
            "sequence": job.sequence,
            "max_frames": job.max_frames,
            **({} if job.protocol == OPE else {"protocol": job.protocol}),
            **({"omit": job.omit} if job.omit else {}),
            **({"intensity": list(job.intensity)} if job.intensity else {}),
            **settings,
            "digest of frames and annotations": frames,
            **({"digest of weights": [weights(file) for file in files]} if files else {}),
            **computed_by[name.family == OURS],
        }
        tasks.append(Task(job_name(job), job_path(job), about, partial(run_to_json, job)))
    return tasks


def _file_digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError:
        return None


def run_to_json(job: Job) -> dict[str, Json]:
    """Run a job, for ``Task.call``."""
    return outcome_to_json(PROTOCOLS[job.protocol](job))
