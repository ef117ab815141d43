# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench ope: one-pass evaluation of trackers on annotated sequences."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rlt_ros.benchmark.execution import Task, run_tasks
from rlt_ros.benchmark.ope import Job, Outcome
from rlt_ros.benchmark.ope_summary import TrackerRuns, compare_trackers, summarise
from rlt_ros.benchmark.ope_tasks import (
    job_folder,
    job_name,
    job_path,
    load_outcome,
    make_task,
    outcome_to_json,
)
from rlt_ros.benchmark.peer_networks import peer_networks
from rlt_ros.benchmark.provenance import machine, package_version, versions
from rlt_ros.benchmark.published import published_file, published_trackers, score_published
from rlt_ros.benchmark.report import RUNS, SUMMARY, write_report
from rlt_ros.benchmark.result_files import write_boxes
from rlt_ros.benchmark.run_store import RunStore, without_nan, write_atomically
from rlt_ros.benchmark.runners import OPENCV_NETWORK_TRACKERS, make_runner, rlt_config
from rlt_ros.benchmark.sequences import sequence_names
from rlt_ros.benchmark.tracker_name import OURS, TrackerName, folder_name, parse_tracker_name
from rlt_ros.cli.bench.execution_arguments import add_execution_arguments, workers_from
from rlt_ros.cli.bench.ope_tables import print_tables
from rlt_ros.tracking.config import Value, parse_setting

EPILOG = """\
examples:
  rlt-bench ope OTB --tracker rlt --tracker csrt --sequences Deer,Girl --seeds 3 --out out/ope
  rlt-bench ope OTB --tracker rlt --tracker rlt,attention_weight=0 --seeds 3 --out out/lambda
  rlt-bench ope OTB --tracker nano --peers-onnx peers --published results --out out/peers
  rlt-bench ope OTB --backend dask --address tcp://10.0.0.1:8786 --seeds 5 --out out/cluster

OTB is a folder of sequences (NAME/img/0001.jpg ..., NAME/groundtruth_rect.txt). The folder given
with --out gets summary.json, report.html with its tables and pictures in report/, and, for each
tracker and seed, the boxes of every sequence. Finished runs are kept in its folder runs/: a command
that was stopped goes on from there when it is given again.
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``ope`` to the commands."""
    ope = commands.add_parser(
        "ope",
        help="one-pass evaluation (success AUC, precision, speed)",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ope.add_argument("dataset", type=Path, help="a folder of sequences in OTB's layout")
    ope.add_argument(
        "--tracker",
        action="append",
        dest="trackers",
        metavar="NAME",
        help="rlt, rlt:PRESET, csrt, kcf, mil, nano or vit; settings of its own may follow, as in "
        "rlt:paper,attention_weight=0; several are run side by side (default: rlt, or none with "
        "--published)",
    )
    ope.add_argument("--sequences", metavar="A,B", help="only these sequences")
    ope.add_argument(
        "--seeds", type=int, default=1, metavar="N", help="N seeds, from seed on (0), for rlt"
    )
    ope.add_argument(
        "--set",
        action="append",
        default=[],
        dest="settings",
        metavar="KEY=VALUE",
        help="change one setting of rlt; may be given several times",
    )
    ope.add_argument("--max-frames", type=int, metavar="N", help="of each sequence")
    ope.add_argument(
        "--published",
        action="append",
        default=[],
        type=Path,
        metavar="FOLDER",
        help="score published boxes beside the others: FOLDER/TRACKER/SEQUENCE.txt with x,y,w,h "
        "counted from 1; may be given several times",
    )
    ope.add_argument(
        "--peers-onnx",
        type=Path,
        metavar="FOLDER",
        help="where the networks of nano (*backbone*.onnx, *head*.onnx) and vit (*vit*.onnx) are",
    )
    ope.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    ope.add_argument("--no-report", action="store_true", help="numbers only, no pictures")
    add_execution_arguments(ope)
    ope.set_defaults(run=one_pass_evaluation)


def one_pass_evaluation(options: argparse.Namespace) -> None:
    """Run every tracker on every sequence and write the results.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
    """
    for name in ("seeds", "max_frames"):
        if (number := getattr(options, name)) is not None and number < 1:
            raise ValueError(f"--{name.replace('_', '-')} must be 1 or more, not {number}")
    workers = workers_from(options)
    settings = dict(parse_setting(text) for text in options.settings)
    seeds = range(first := int(settings.pop("seed", 0)), first + options.seeds)
    trackers = _trackers(options, settings)
    published = _published(options.published, {tracker.full for tracker, _ in trackers})
    sequences = _sequences(options)
    jobs = [
        Job(dataset, sequence, tracker.full, {**own, "seed": seed}, options.max_frames)
        for dataset in [options.dataset.resolve()]  # workers may be in other folders
        # Side by side: whatever else the machine does meets all trackers alike.
        for sequence in sequences
        for tracker, own in trackers
        for seed in (seeds if tracker.seeded else seeds[:1])
    ]
    store = RunStore(options.out / RUNS, package_version())
    failures = run_tasks(
        [make_task(job) for job in jobs], store, workers, describe=_line, again=options.again
    )
    files = [
        (Job(options.dataset.resolve(), sequence, name, {}, options.max_frames), folder)
        for name, folder in published.items()
        for sequence in sequences
        if published_file(folder, name, sequence).is_file()
    ]
    for job, folder in files:
        try:
            outcome = score_published(job, folder)
        except (ValueError, OSError) as error:
            failures[job_name(job)] = str(error)
            print(f"{job_name(job)}: {error}", file=sys.stderr)
            continue
        store.save(job_path(job), {"published": str(folder)}, outcome_to_json(outcome))
    every = [*jobs, *(job for job, _ in files)]
    runs = _gather([job for job in every if job_name(job) not in failures], store, published)
    _write_boxes(options.out, runs)
    summary = _summary(options, settings, sequences, runs, failures, store)
    text = json.dumps(without_nan(summary), indent=2, allow_nan=False)
    write_atomically(options.out / SUMMARY, text + "\n")
    if summary["trackers"]:
        print_tables(summary)
        if not options.no_report:
            print(f"report: {write_report(options.out)}")
    if failures:
        raise ValueError(f"{len(failures)} of {len(every)} runs failed, see above")


def _trackers(
    options: argparse.Namespace, settings: dict[str, Value]
) -> list[tuple[TrackerName, dict[str, Value]]]:
    """Return each tracker with its settings; find out before a long run what is wrong."""
    names = options.trackers or ([] if options.published else ["rlt"])
    trackers = []
    for tracker in map(parse_tracker_name, dict.fromkeys(names)):
        own: dict[str, Value] = {}
        if tracker.family == OURS:
            own = settings
            rlt_config(tracker, own)
        else:
            if tracker.family in OPENCV_NETWORK_TRACKERS and not tracker.settings:
                own = {**peer_networks(tracker.family, options.peers_onnx)}
            make_runner(tracker.full, own)
        trackers.append((tracker, own))
    return trackers


def _published(folders: Sequence[Path], taken: set[str]) -> dict[str, Path]:
    """Return the folder of results for each published tracker's name."""
    published: dict[str, Path] = {}
    for folder in folders:
        for name in published_trackers(folder):
            if name in published or name in taken:
                raise ValueError(f"{folder / name}: there are two trackers called {name}")
            published[name] = folder.resolve()
    return published


def _sequences(options: argparse.Namespace) -> list[str]:
    known = sequence_names(options.dataset)
    names = list(dict.fromkeys(options.sequences.split(","))) if options.sequences else known
    if missing := sorted(set(names) - set(known)):
        raise ValueError(f"{options.dataset} has no sequence {', '.join(missing)}")
    return names


def _line(task: Task, result: Mapping[str, Any]) -> str:
    measures = result["measures"]
    return (
        f"{task.name:32}  AUC {measures['auc']:.3f}  precision {measures['precision20']:.3f}  "
        f"{measures['fps']:.1f} frames/s"
    )


def _gather(
    jobs: Iterable[Job], store: RunStore, published: Mapping[str, Path]
) -> dict[str, TrackerRuns]:
    runs: dict[str, TrackerRuns] = {}
    for job in jobs:
        if (outcome := load_outcome(job, store)) is None:
            raise OSError(f"{store.folder / job_path(job)} has gone; give the command again")
        if job.tracker not in runs:
            runs[job.tracker] = _tracker_runs(job.tracker, published.get(job.tracker))
        seed = int(job.settings.get("seed", 0))
        runs[job.tracker].outcomes.setdefault(seed, {})[job.sequence] = outcome
    return runs


def _tracker_runs(name: str, published: Path | None) -> TrackerRuns:
    if published is not None:
        return TrackerRuns(name, False, folder_name(name), str(published))
    parsed = parse_tracker_name(name)
    return TrackerRuns(name, parsed.seeded, parsed.folder, settings=parsed.settings)


def _write_boxes(folder: Path, runs: Mapping[str, TrackerRuns]) -> None:
    outcomes: list[Outcome] = [
        outcome
        for tracker in runs.values()
        if not tracker.published
        for by_sequence in tracker.outcomes.values()
        for outcome in by_sequence.values()
    ]
    for one in outcomes:
        path = folder / job_folder(one.job) / f"{one.job.sequence}.txt"
        write_boxes(path, np.array(one.boxes, dtype=np.float64))


def _summary(
    options: argparse.Namespace,
    settings: dict[str, Value],
    sequences: list[str],
    runs: Mapping[str, TrackerRuns],
    failures: dict[str, str],
    store: RunStore,
) -> dict[str, Any]:
    outcomes = [
        outcome
        for tracker in runs.values()
        for by_sequence in tracker.outcomes.values()
        for outcome in by_sequence.values()
    ]
    own = (one.job for one in outcomes if not runs[one.job.tracker].published)
    stored = (store.load(job_path(job)) for job in own)
    run_versions = sorted({run.version for run in stored if run})
    if len(run_versions) > 1:
        print(
            f"the runs are of several versions of rlt_ros ({', '.join(run_versions)}); "
            "--again runs all with this one",
            file=sys.stderr,
        )
    summary: dict[str, Any] = {
        "command": shlex.join(["rlt-bench", *sys.argv[1:]]),
        "folder": str(Path.cwd()),
        "machine": machine(),
        "run_machines": sorted({outcome.machine for outcome in outcomes} - {""}),
        "versions": versions(),
        "run_versions": run_versions,
        "dataset": str(options.dataset.resolve()),
        "max_frames": options.max_frames,
        "settings": settings,
        "failures": failures,
        "trackers": {name: summarise(tracker, sequences) for name, tracker in runs.items()},
        "comparisons": compare_trackers(list(runs.values())),
    }
    # One tracker's numbers stand at the top as well, where scripts look for them.
    if len(runs) == 1:
        one = next(iter(summary["trackers"].values()))
        summary |= {key: one[key] for key in ("mean", "sequences", "interval95")}
    return summary
