# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench ope: one-pass evaluation of trackers on annotated sequences."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import shlex
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from statistics import fmean
from typing import Any

import cv2
import torch
from tqdm import tqdm

from rlt_ros.benchmark.datasets import open_dataset
from rlt_ros.benchmark.ope import Job, Outcome, run
from rlt_ros.benchmark.runners import make_runner
from rlt_ros.tracking import WeightsError
from rlt_ros.tracking.config import Value, make_config, parse_setting

EPILOG = """\
example:
  rlt-bench ope OTB --tracker rlt --tracker csrt --sequences Deer,Girl --seeds 3 --out out/ope

OTB is a folder of sequences (NAME/img/0001.jpg ..., NAME/groundtruth_rect.txt). The folder given
with --out gets summary.json and, for each tracker and seed, the boxes of every sequence.
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``ope`` to the commands."""
    ope = commands.add_parser(
        "ope",
        help="one-pass evaluation (success AUC, precision, speed)",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ope.add_argument("dataset", type=Path, help="a data set of any known layout")
    ope.add_argument(
        "--tracker",
        action="append",
        dest="trackers",
        metavar="NAME",
        help="rlt, rlt:PRESET, csrt, kcf or mil; several are run side by side (default: rlt)",
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
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="sequences at the same time, one CPU thread each (default: %(default)s)",
    )
    ope.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    ope.set_defaults(run=one_pass_evaluation)


def one_pass_evaluation(options: argparse.Namespace) -> None:
    """Run every tracker on every sequence and write the results.

    Raises:
        ValueError, OSError, WeightsError: it cannot be done; the message says why.
    """
    for name in ("seeds", "jobs", "max_frames"):
        if (number := getattr(options, name)) is not None and number < 1:
            raise ValueError(f"--{name.replace('_', '-')} must be 1 or more, not {number}")
    settings = dict(parse_setting(text) for text in options.settings)
    first_seed = int(settings.pop("seed", 0))
    trackers = options.trackers or ["rlt"]
    _check(trackers, settings)
    known = open_dataset(options.dataset).names
    names = options.sequences.split(",") if options.sequences else known
    if missing := sorted(set(names) - set(known)):
        raise ValueError(f"{options.dataset} has no sequence {', '.join(missing)}")
    jobs = [
        Job(
            options.dataset,
            name,
            tracker,
            {**settings, "seed": first_seed + seed},
            options.max_frames,
        )
        # Side by side: whatever else the machine does meets all trackers alike.
        for name in names
        for tracker in trackers
        for seed in range(options.seeds if tracker.startswith("rlt") else 1)
    ]
    outcomes, failures = _run_all(jobs, options.jobs)
    _write(options.out, outcomes, failures, settings)
    if failures:
        raise ValueError(f"{len(failures)} of {len(jobs)} runs failed, see above")


def _check(trackers: list[str], settings: dict[str, Value]) -> None:
    """Find out before a long run that a name or a setting is wrong."""
    for tracker in trackers:
        family, _, preset = tracker.partition(":")
        if family == "rlt":
            make_config(preset or "default", **settings)
        else:
            make_runner(tracker, settings)


def _run_all(jobs: list[Job], processes: int) -> tuple[list[Outcome], dict[str, str]]:
    outcomes: list[Outcome] = []
    failures: dict[str, str] = {}
    context = multiprocessing.get_context("spawn")  # PyTorch's threads do not survive a fork
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        running = {pool.submit(run, job): job for job in jobs}
        for future in tqdm(as_completed(running), total=len(jobs), unit="run"):
            job = running[future]
            try:
                outcome = future.result()
            except (ValueError, OSError, WeightsError) as error:
                failures[f"{job.tracker} {job.sequence} seed {job.settings['seed']}"] = str(error)
                tqdm.write(f"{job.tracker} {job.sequence}: {error}", file=sys.stderr)
                continue
            outcomes.append(outcome)
            measures = outcome.measures
            tqdm.write(
                f"{job.tracker:10} {job.sequence:14} seed {job.settings['seed']}  "
                f"AUC {measures['auc']:.3f}  precision {measures['precision20']:.3f}  "
                f"{measures['fps']:.1f} frames/s"
            )
    return outcomes, failures


def _write(
    folder: Path, outcomes: list[Outcome], failures: dict[str, str], settings: dict[str, Value]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    by_tracker: dict[str, dict[str, list[dict[str, float]]]] = {}
    for outcome in outcomes:
        job = outcome.job
        by_sequence = by_tracker.setdefault(job.tracker, defaultdict(list))
        by_sequence[job.sequence].append(outcome.measures)
        path = folder / job.tracker.replace(":", "_") / f"seed{job.settings['seed']}"
        path.mkdir(parents=True, exist_ok=True)
        # OTB's own result format: x,y,w,h counted from 1.
        lines = (f"{x + 1:.4f},{y + 1:.4f},{w:.4f},{h:.4f}" for x, y, w, h in outcome.boxes)
        (path / f"{job.sequence}.txt").write_text("\n".join(lines) + "\n")
    summary: dict[str, Any] = {
        "command": shlex.join(sys.argv),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "opencv": cv2.__version__,
        },
        "settings": settings,
        "failures": failures,
        "trackers": {name: _summary(runs) for name, runs in by_tracker.items()},
    }
    # One tracker's numbers stand at the top as well, where scripts look for them.
    if len(by_tracker) == 1:
        summary.update(next(iter(summary["trackers"].values())))
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    print(f"{'tracker':12} {'AUC':>6} {'prec.':>6} {'OS50':>6} {'CLE':>7} {'frames/s':>9}")
    for name, numbers in summary["trackers"].items():
        mean = numbers["mean"]
        print(
            f"{name:12} {mean['auc']:6.3f} {mean['precision20']:6.3f} {mean['os50']:6.3f} "
            f"{mean['cle']:7.2f} {mean['fps']:9.1f}"
        )


def _summary(runs: dict[str, list[dict[str, float]]]) -> dict[str, Any]:
    sequences = {name: _mean(measures) for name, measures in sorted(runs.items())}
    return {"mean": _mean(list(sequences.values())), "sequences": sequences}


def _mean(measures: list[dict[str, float]]) -> dict[str, float]:
    return {key: fmean(one[key] for one in measures) for key in measures[0]}
