# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Result files of finished runs, in the formats of OTB and VOT, and what they have no place for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePath

import numpy as np

from rlt_ros.benchmark.measures.frame_records import FrameRecord, record_from_json
from rlt_ros.benchmark.runs.result_files import (
    vot_path,
    vot_repetitions,
    write_boxes,
    write_regions,
)
from rlt_ros.benchmark.runs.run_store import RunStore
from rlt_ros.benchmark.studies.evaluation.one_pass import LOST, OPE, VOT, Outcome
from rlt_ros.benchmark.studies.evaluation.robustness import pass_boxes
from rlt_ros.benchmark.studies.evaluation.supervised import judged_run
from rlt_ros.benchmark.studies.evaluation.tasks import job_folder
from rlt_ros.benchmark.text_tables import write_records
from rlt_ros.benchmark.trackers.tracker_name import folder_name


def remove_result_files(store: RunStore, out: Path) -> list[PurePath]:
    """Remove what earlier commands wrote of stored runs, before the present ones are written.

    What is left in a folder is taken for its results, by toolkits and by people, also what is of
    trackers, sequences, seeds or starts that the last command did not have. The runs themselves
    stay in the store, so the command that had them brings their files back.

    Args:
        store: of all runs.
        out: see ``write_outcome``.

    Returns:
        The paths in the store of the runs whose files were removed.
    """
    removed = []
    for run in store.paths():
        folder, sequence = out / run.parent, run.stem
        old = [folder / f"{sequence}.txt", folder / f"{sequence}_frames.csv"]
        old += (folder / sequence).glob("*.txt")  # of tre and sre
        old += vot_repetitions(folder.parent, sequence)
        found = [path for path in old if path.exists()]
        if found:
            removed.append(run)
        for path in found:
            path.unlink()
        supervised = vot_path(folder.parent, sequence).parent
        for empty in (supervised, supervised.parent, folder / sequence, folder, folder.parent):
            with suppress(OSError):  # not empty, or not there
                empty.rmdir()
    return removed


def write_outcome(outcome: Outcome, out: Path, seeds: Sequence[int]) -> None:
    """Write an outcome's boxes.

    ope and lost: ``TRACKER/seedN/SEQUENCE.txt`` and, with score, state, IoU and visible share per
    frame, ``SEQUENCE_frames.csv``. tre and sre: ``TRACKER/seedN/SEQUENCE/START.txt``, from
    the start on. vot: ``TRACKER/baseline/SEQUENCE/SEQUENCE_001.txt``, one file per seed.

    Args:
        outcome: of any protocol.
        out: folder to write to.
        seeds: all of them, in the order of VOT's repetitions.
    """
    job = outcome.job
    folder = out / job_folder(job)
    if job.protocol in (OPE, LOST):
        write_boxes(folder / f"{job.sequence}.txt", np.array(outcome.boxes, dtype=np.float64))
        if (record := record_from_json(outcome.frames)) is not None:
            write_frames(folder / f"{job.sequence}_frames.csv", record)
    elif job.protocol == VOT:
        repetition = list(seeds).index(int(job.settings["seed"])) + 1
        path = vot_path(out / folder_name(job.tracker), job.sequence, repetition)
        write_regions(path, judged_run(outcome).regions)
    else:
        for name, boxes in pass_boxes(outcome.details).items():
            write_boxes(folder / job.sequence / f"{folder_name(name)}.txt", boxes)


def write_frames(path: Path, record: FrameRecord) -> None:
    """Write a row for each frame, counted from 1; what is not known is left empty."""
    columns = ("frame", "score", "state", "iou", "visible")
    numbers = range(1, len(record.scores) + 1)
    rows = zip(numbers, record.scores, record.states, record.overlaps, record.visible, strict=True)
    write_records(path, [dict(zip(columns, row, strict=True)) for row in rows])
