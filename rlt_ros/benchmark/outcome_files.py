# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Result files of finished runs, in the formats of OTB and VOT, and what they have no place for."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rlt_ros.benchmark.frame_records import FrameRecord, record_from_json
from rlt_ros.benchmark.ope import LOST, OPE, VOT, Outcome
from rlt_ros.benchmark.ope_tasks import job_folder
from rlt_ros.benchmark.result_files import vot_path, write_boxes, write_regions
from rlt_ros.benchmark.robustness_runs import pass_boxes
from rlt_ros.benchmark.tracker_name import folder_name
from rlt_ros.benchmark.vot_runs import judged_run


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
    rows = zip(record.scores, record.states, record.overlaps, record.visible, strict=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["frame", "score", "state", "iou", "visible"])
        for number, (score, state, overlap, visible) in enumerate(rows, start=1):
            writer.writerow([number, _text(score), state, _text(overlap), _text(visible)])


def _text(value: float) -> str:
    return f"{value:.6g}" if np.isfinite(value) else ""
