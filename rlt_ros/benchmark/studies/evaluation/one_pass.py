# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One-pass evaluation: start each sequence on its first box, and compare what follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import torch

from rlt_ros.benchmark.datasets import Sequence, open_dataset
from rlt_ros.benchmark.measures.attributes import measures_by_attribute
from rlt_ros.benchmark.measures.disappearances import disappearance_measures
from rlt_ros.benchmark.measures.frame_records import record_frames
from rlt_ros.benchmark.measures.losses import loss_measures
from rlt_ros.benchmark.measures.one_pass import one_pass_curves, one_pass_measures
from rlt_ros.benchmark.measures.sizes import sides_over_true, size_measures
from rlt_ros.benchmark.measures.speed import speed_measures
from rlt_ros.benchmark.protocols.one_pass import run_pass
from rlt_ros.benchmark.runs.job import LOST, Job, Outcome
from rlt_ros.benchmark.runs.provenance import machine
from rlt_ros.benchmark.trackers.runners import make_runner
from rlt_ros.benchmark.trackers.timed_runner import TimedRunner
from rlt_ros.tracking.boxes import Boxes

SIDES = "sides_over_true"


def run(job: Job) -> Outcome:
    """Run one job in one pass.

    Returns:
        The measures of ``one_pass_outcome`` and ``speed_measures``; for ``LOST`` also those of
        ``disappearance_measures``.

    Raises:
        ValueError: the sequence cannot be read, or the tracker cannot be made.
    """
    runner, sequence = prepare(job)
    boxes = run_pass(runner, sequence, sequence.name, 0, sequence.boxes[0]).boxes
    record = record_frames(
        runner.scores, runner.states, boxes, sequence.boxes, sequence.visible_shares
    )
    others = disappearance_measures([record]) if job.protocol == LOST else {}
    others |= speed_measures(runner.seconds)
    return one_pass_outcome(job, boxes, sequence, others, machine(), record.to_json())


def prepare(job: Job) -> tuple[TimedRunner, Sequence]:
    """Return a job's tracker and its sequence, cut to the frames that are wanted; one CPU thread.

    Raises:
        ValueError: the sequence cannot be read, or the tracker cannot be made.
    """
    # Several jobs share the machine: more threads would slow each other down.
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    sequence = read_sequence(job).head(job.max_frames)
    return TimedRunner(make_runner(job.tracker, job.settings)), sequence


def read_sequence(job: Job) -> Sequence:
    """Return a job's sequence, all of it.

    Raises:
        DatasetError: it cannot be read.
    """
    return open_dataset(job.dataset, job.layout, job.intensity).read(job.sequence)


def one_pass_outcome(
    job: Job,
    boxes: Boxes,
    sequence: Sequence,
    other_measures: Mapping[str, float] | None = None,
    machine: str = "",
    frames: Mapping[str, Any] | None = None,
) -> Outcome:
    """Score the boxes of one pass.

    Args:
        job: that gave them.
        boxes: ``(N, 4)`` x, y, w, h in pixels, 0-based, one per frame of ``sequence``.
        sequence: with the truth and the attributes.
        other_measures: to be told beside those of ``score`` and ``size_measures``.
        machine: where it ran; empty where nothing ran.
        frames: see ``Outcome``; None where the tracker said nothing, as of published boxes.

    Returns:
        Its ``details`` hold what ``sides_over_true`` returns, as ``SIDES``.

    Raises:
        ValueError: not one box per frame.
    """
    measures, curves = score(boxes, sequence.boxes)
    by_attribute = measures_by_attribute(boxes, sequence.boxes, sequence.attributes)
    sides = sides_over_true(boxes, sequence.boxes, sequence.visible_shares)
    measures |= size_measures([sides]) | dict(other_measures or {})
    return Outcome(
        job,
        measures,
        boxes.tolist(),
        curves,
        machine,
        by_attribute,
        details={SIDES: sides.round(6).tolist()},
        frames=frames or {},
    )


def score(boxes: Boxes, truth: Boxes) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Return the measures (see ``one_pass_measures`` and ``loss_measures``) and the curves.

    Raises:
        ValueError: not one box per frame.
    """
    curves = one_pass_curves(boxes, truth)
    measures = one_pass_measures(boxes, truth) | loss_measures(boxes, truth)
    return measures, {name: one.tolist() for name, one in curves.items()}
