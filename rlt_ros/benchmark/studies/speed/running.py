# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Timing jobs strictly one after another, each in a process of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path, PurePath

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.report import RUNS
from rlt_ros.benchmark.runs.execution import ALONE, Task, Workers, run_tasks
from rlt_ros.benchmark.runs.run_store import RunStore
from rlt_ros.benchmark.studies.speed.measuring import SpeedJob, measure
from rlt_ros.benchmark.studies.speed.summary import Run, summarise
from rlt_ros.benchmark.trackers.tracker_name import folder_name
from rlt_ros.version import package_version


def run_jobs(jobs: Sequence[SpeedJob], out: Path) -> tuple[dict[SpeedJob, Run], dict[str, str]]:
    """Time every job anew, in the given order, and store its frame times in ``out``.

    Stored ones are never used: numbers that are compared must come from one sitting.

    Returns:
        What each finished job gave, in the order of ``jobs``; and what failed, with a message.
    """
    store = RunStore(out / RUNS, package_version())
    tasks = {job: _task(job) for job in jobs}
    failures = run_tasks(list(tasks.values()), store, Workers(ALONE), describe=_line, again=True)
    runs: dict[SpeedJob, Run] = {}
    for job, task in tasks.items():
        if task.name not in failures:
            stored = store.load(task.path)
            if stored is None:
                raise OSError(f"{store.folder / task.path} has gone; give the command again")
            runs[job] = stored.result
    return runs, failures


def _task(job: SpeedJob) -> Task:
    settings: dict[str, Json] = {
        **job.settings,
        "tracker": job.tracker,
        "clip": repr(job.clip),
        "rate": job.rate,
        "targets": job.targets,
    }
    path = PurePath(folder_name(job.tracker), f"{folder_name(job.name)}.json")
    return Task(f"{job.tracker} {job.name}", path, settings, partial(measure, job))


def _line(task: Task, result: Mapping[str, Json]) -> str:
    found = summarise([result])
    return (
        f"{task.name:40}  {found['fps']:.1f} frames/s  median {found['median_ms']:.1f} ms  "
        f"95 % {found['p95_ms']:.1f} ms  AUC {found['auc']:.3f}"
    )
