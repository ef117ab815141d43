# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One-pass evaluation: start each sequence on its first box, and compare what follows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from rlt_ros.benchmark.datasets import open_dataset
from rlt_ros.benchmark.metrics import one_pass_measures
from rlt_ros.benchmark.runners import make_runner
from rlt_ros.tracking.config import Value


@dataclass(frozen=True)
class Job:
    """One tracker with one seed on one sequence.

    Attributes:
        dataset: see ``open_dataset``.
        sequence: a sequence's name.
        tracker: see ``make_runner``.
        settings: changed settings, for rlt.
        max_frames: stop after so many frames; None runs all.
    """

    dataset: Path
    sequence: str
    tracker: str
    settings: dict[str, Value]
    max_frames: int | None = None


@dataclass(frozen=True)
class Outcome:
    """A finished job.

    Attributes:
        job: what was run.
        measures: auc, precision20, os50, cle, fps (without the first frame), init_seconds.
        boxes: one x, y, w, h per frame.
    """

    job: Job
    measures: dict[str, float]
    boxes: list[list[float]]


def run(job: Job) -> Outcome:
    """Run one job, with one CPU thread.

    Raises:
        DatasetError: the sequence cannot be read.
    """
    # Several jobs share the machine: more threads would slow each other down.
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    sequence = open_dataset(job.dataset).read(job.sequence)
    truth = sequence.boxes[: job.max_frames]
    runner = make_runner(job.tracker, job.settings)
    boxes, init_seconds, seconds = [truth[0]], 0.0, 0.0
    for index, image in enumerate(sequence.frames(stop=job.max_frames)):
        start = time.perf_counter()
        if index == 0:
            runner.init(image, truth[0])
            init_seconds = time.perf_counter() - start
        else:
            boxes.append(runner.track(image))
            seconds += time.perf_counter() - start
    measures = one_pass_measures(np.array(boxes), truth)
    measures["fps"] = (len(boxes) - 1) / seconds if seconds else 0.0
    measures["init_seconds"] = init_seconds
    return Outcome(job, measures, [box.tolist() for box in boxes])
