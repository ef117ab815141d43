# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A whole evaluation: trackers x sequences x seeds, run, stored and summed up."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from rlt_ros.benchmark.datasets.otb_omitted import Stretches
from rlt_ros.benchmark.json_files import without_nan, write_json
from rlt_ros.benchmark.measures.vot_measures import EAO_INTERVAL
from rlt_ros.benchmark.report import RUNS, SUMMARY, remove_report
from rlt_ros.benchmark.runs.execution import Task, Workers, run_tasks
from rlt_ros.benchmark.runs.job import LOST, OPE, TRE, VOT, Job, Outcome, job_name
from rlt_ros.benchmark.runs.provenance import origin
from rlt_ros.benchmark.runs.result_folders import remove_result_files, write_outcome
from rlt_ros.benchmark.runs.run_store import RunStore
from rlt_ros.benchmark.runs.stored_outcomes import job_path, load_outcome, outcome_to_json
from rlt_ros.benchmark.studies.evaluation.published import Published, score_published
from rlt_ros.benchmark.studies.evaluation.record_summary import summarise_with_records
from rlt_ros.benchmark.studies.evaluation.summary import TrackerRuns, compare_trackers
from rlt_ros.benchmark.studies.evaluation.tasks import make_tasks
from rlt_ros.benchmark.studies.evaluation.vot_summary import (
    compare_supervised,
    summarise_supervised,
)
from rlt_ros.benchmark.trackers.tracker_name import TrackerName, folder_name, parse_tracker_name
from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.tracking.settings import Value
from rlt_ros.version import package_version


@dataclass(frozen=True)
class Plan:
    """What to evaluate.

    Attributes:
        dataset: an absolute path: workers may be in other folders.
        sequences: their names.
        trackers: each with its settings beside those in its name, see ``make_runner``.
        seeds: for trackers with chance in them; the others run once, under the first.
        max_frames: of each sequence; None takes all.
        published: the files of trackers whose boxes are published.
        layout: of the data set; None finds out.
        protocol: how trackers are run, see ``Job``; published boxes are for ope alone.
        eao_interval: for vot, see ``vot_measures``.
        omit: for tre, the frames not to start at by sequence, see ``read_omitted``.
        intensity: of frames of more than 8 bits, see ``open_dataset``.
    """

    dataset: Path
    sequences: Sequence[str]
    trackers: Sequence[tuple[TrackerName, Mapping[str, Value]]]
    seeds: Sequence[int] = (0,)
    max_frames: int | None = None
    published: Published = field(default_factory=dict)
    layout: str | None = None
    protocol: str = OPE
    eao_interval: tuple[int, int] = EAO_INTERVAL
    omit: Mapping[str, Stretches] = field(default_factory=dict)
    intensity: IntensityRange | None = None

    def jobs(self) -> list[Job]:
        """Return what is to be run."""
        return [
            self._job(sequence, tracker.full, {**own, "seed": seed})
            # Side by side: whatever else the machine does meets all trackers alike.
            for sequence in self.sequences
            for tracker, own in self.trackers
            for seed in (self.seeds if tracker.seeded else self.seeds[:1])
        ]

    def published_jobs(self) -> list[Job]:
        """Return what is only to be scored: the published files that there are."""
        return [
            self._job(sequence, name, {})
            for name, files in self.published.items()
            for sequence in self.sequences
            if sequence in files
        ]

    def _job(self, sequence: str, tracker: str, settings: dict[str, Value]) -> Job:
        return Job(
            self.dataset,
            sequence,
            tracker,
            settings,
            self.max_frames,
            self.layout,
            self.protocol,
            self.omit.get(sequence, ()),
            self.intensity,
        )


def evaluate(
    plan: Plan,
    out: Path,
    workers: Workers,
    *,
    command: str,
    settings: Mapping[str, Value],
    again: bool = False,
) -> dict[str, Any]:
    """Run what is not stored yet, then write summary.json and each tracker's result files.

    Args:
        plan: what to evaluate.
        out: folder to write to; runs that it holds already are not run again.
        workers: where to run.
        command, settings: for the summary.
        again: run also what is stored.

    Returns:
        The summary; its ``failures`` name what failed.

    Raises:
        OSError: a file cannot be written, or a cluster not be used.
    """
    store = RunStore(out / RUNS, package_version())
    jobs, published = plan.jobs(), plan.published_jobs()
    failures = run_tasks(make_tasks(jobs), store, workers, describe=_line, again=again)
    failures |= _score_published(published, plan.published, store)
    done = [job for job in (*jobs, *published) if job_name(job) not in failures]
    runs = _gather(done, store, plan.published)
    _remove_old_files(store, out, {job_path(job) for job in (*jobs, *published)})
    for outcome in _outcomes(runs):
        if outcome.job.tracker not in plan.published:
            write_outcome(outcome, out, plan.seeds)
    summary: dict[str, Any] = {
        **origin(command),
        "run_machines": sorted({outcome.machine for outcome in _outcomes(runs)} - {""}),
        "run_versions": [store.version] if len(failures) < len(jobs) else [],
        "dataset": str(plan.dataset),
        "layout": plan.layout,
        "protocol": plan.protocol,
        "max_frames": plan.max_frames,
        "settings": dict(settings),
        "failures": failures,
        **_summaries(plan, runs),
    }
    # One tracker's numbers stand at the top as well, where scripts look for them.
    if len(runs) == 1:
        one = next(iter(summary["trackers"].values()))
        summary |= {key: one[key] for key in ("mean", "sequences", "interval95", "attributes")}
    summary = without_nan(summary)
    write_json(out / SUMMARY, summary)
    return summary


def _summaries(plan: Plan, runs: Mapping[str, TrackerRuns]) -> dict[str, Any]:
    if plan.protocol == VOT:
        return {
            "eao_interval": plan.eao_interval,
            "trackers": summarise_supervised(runs, plan.sequences, plan.eao_interval),
            "comparisons": compare_supervised(list(runs.values()), plan.eao_interval),
        }
    return {
        **({"omit": dict(plan.omit)} if plan.protocol == TRE else {}),
        "trackers": {
            name: summarise_with_records(
                tracker, plan.sequences, disappearances=plan.protocol == LOST
            )
            for name, tracker in runs.items()
        },
        "comparisons": compare_trackers(list(runs.values())),
    }


def _line(task: Task, result: Mapping[str, Any]) -> str:
    measures = result["measures"]
    if "flagged5" in measures:
        text = f"AUC {measures['auc']:.3f}  {_lost_words(measures)}"
    elif "auc" in measures:
        text = f"AUC {measures['auc']:.3f}  precision {measures['precision20']:.3f}"
    else:
        text = f"accuracy {measures['accuracy']:.3f}  failures {measures['failures']:.0f}"
    return f"{task.name:32}  {text}  {measures['fps']:.1f} frames/s"


def _lost_words(measures: Mapping[str, float]) -> str:
    """Say what came of a disappearance in one run."""
    if not measures["disappearances"]:
        return "no disappearance"
    words = (("flag_frames", "flagged after"), ("refound_frames", "found again after"))
    found = [f"{word} {measures[key]:.0f}" for key, word in words if math.isfinite(measures[key])]
    return ", ".join(found) or "neither flagged nor found again"


def _score_published(jobs: Iterable[Job], published: Published, store: RunStore) -> dict[str, str]:
    failures = {}
    for job in jobs:
        path = published[job.tracker][job.sequence]
        try:
            outcome = score_published(job, path)
        except (ValueError, OSError) as error:
            failures[job_name(job)] = str(error)
            print(f"{job_name(job)}: {error}", file=sys.stderr)
            continue
        store.save(job_path(job), {"published": str(path)}, outcome_to_json(outcome))
    return failures


def _gather(jobs: Iterable[Job], store: RunStore, published: Published) -> dict[str, TrackerRuns]:
    runs: dict[str, TrackerRuns] = {}
    for job in jobs:
        if (outcome := load_outcome(job, store)) is None:
            raise OSError(f"{store.folder / job_path(job)} has gone; give the command again")
        if job.tracker not in runs:
            runs[job.tracker] = _tracker_runs(job.tracker, published.get(job.tracker))
        seed = int(job.settings.get("seed", 0))
        runs[job.tracker].outcomes.setdefault(seed, {})[job.sequence] = outcome
    return runs


def _remove_old_files(store: RunStore, out: Path, wanted: Collection[PurePath]) -> None:
    remove_report(out)
    gone = [
        str(run.with_suffix("")) for run in remove_result_files(store, out) if run not in wanted
    ]
    if gone:
        more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        print(
            f"removed the boxes of earlier commands that this one does not name ({min(gone)}{more})"
            f"; their runs stay in {store.folder}",
            file=sys.stderr,
        )


def _tracker_runs(name: str, published: Mapping[str, Path] | None) -> TrackerRuns:
    if published is not None:
        folder = os.path.commonpath([path.parent for path in published.values()])
        return TrackerRuns(name, False, folder_name(name), folder)
    parsed = parse_tracker_name(name)
    return TrackerRuns(name, parsed.seeded, parsed.folder, settings=parsed.settings)


def _outcomes(runs: Mapping[str, TrackerRuns]) -> Iterator[Outcome]:
    for tracker in runs.values():
        for by_sequence in tracker.outcomes.values():
            yield from by_sequence.values()
