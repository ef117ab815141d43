# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Published result files as trackers beside the others: ``FOLDER/TRACKER/SEQUENCE.txt``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from rlt_ros.benchmark.runs.job import Job, Outcome
from rlt_ros.benchmark.runs.result_files import read_boxes
from rlt_ros.benchmark.runs.result_folders import find_trackers
from rlt_ros.benchmark.studies.evaluation.one_pass import one_pass_outcome, read_sequence

# For each tracker, its file for each sequence that it has one for.
Published = Mapping[str, Mapping[str, Path]]


def find_published(
    folders: Sequence[Path], sequences: Sequence[str], taken: Collection[str] = ()
) -> Published:
    """Find the published trackers in folders.

    Args:
        folders: as ``find_trackers`` takes them.
        sequences: the ones that matter.
        taken: names that other trackers have.

    Raises:
        ValueError: a folder has none, or two trackers have one name, or a tracker several runs.
    """
    published: dict[str, dict[str, Path]] = {}
    for folder in folders:
        for name, files in find_trackers(folder, sequences).items():
            if name in published or name in taken:
                raise ValueError(f"{folder}: there are two trackers called {name}; rename one")
            published[name] = {}
            for sequence, paths in files.items():
                if len(paths) > 1:
                    raise ValueError(
                        f"{folder}: {name} has {len(paths)} runs of {sequence} ({paths[0]} ...); "
                        "give a folder with one run for each sequence"
                    )
                published[name][sequence] = paths[0].resolve()
    return published


def score_published(job: Job, path: Path) -> Outcome:
    """Score one file.

    Args:
        job: names the sequence and the tracker; nothing is run.
        path: of the result file.

    Raises:
        ValueError, OSError: the file or the sequence cannot be read, or they do not fit.
    """
    sequence = read_sequence(job)
    boxes = read_boxes(path)
    if len(boxes) != len(sequence):
        raise ValueError(f"{path} has {len(boxes)} boxes and the sequence {len(sequence)} frames")
    boxes, sequence = boxes[: job.max_frames], sequence.head(job.max_frames)
    # The first box is given to every tracker; some files hold a tracker's own version of it.
    boxes[0] = sequence.boxes[0]
    return one_pass_outcome(job, boxes, sequence)
