# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Published result files as trackers beside the others: ``FOLDER/TRACKER/SEQUENCE.txt``."""

from __future__ import annotations

from pathlib import Path

from rlt_ros.benchmark.ope import Job, Outcome, score
from rlt_ros.benchmark.result_files import read_boxes
from rlt_ros.benchmark.sequences import read_sequence


def published_trackers(folder: Path) -> list[str]:
    """Return the names of the trackers in a folder of published results.

    Raises:
        ValueError: there is none.
    """
    names = sorted(path.name for path in folder.glob("*") if any(path.glob("*.txt")))
    if not names:
        raise ValueError(f"{folder} holds no results (TRACKER/SEQUENCE.txt)")
    return names


def published_file(folder: Path, tracker: str, sequence: str) -> Path:
    """Return where a tracker's boxes on a sequence are, if it has some."""
    return folder / tracker / f"{sequence}.txt"


def score_published(job: Job, folder: Path) -> Outcome:
    """Score one file; the job's tracker names its folder.

    Raises:
        ValueError, OSError: the file or the sequence cannot be read, or they do not fit.
    """
    path = published_file(folder, job.tracker, job.sequence)
    truth = read_sequence(job.dataset, job.sequence).boxes
    boxes = read_boxes(path)
    if len(boxes) != len(truth):
        raise ValueError(f"{path} has {len(boxes)} boxes and the sequence {len(truth)} frames")
    boxes, truth = boxes[: job.max_frames], truth[: job.max_frames]
    # The first box is given to every tracker; some files hold a tracker's own version of it.
    boxes[0] = truth[0]
    measures, curves = score(boxes, truth)
    return Outcome(job, measures, boxes.tolist(), curves)
