# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One-pass evaluation: start each sequence on its first box, and compare what follows."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch

from rlt_ros.benchmark.datasets import Sequence, open_dataset
from rlt_ros.benchmark.metrics import one_pass_curves, one_pass_measures
from rlt_ros.benchmark.provenance import machine
from rlt_ros.benchmark.runners import make_runner
from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.config import Value

LATENCY_PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class Job:
    """One tracker with one seed on one sequence.

    Attributes:
        dataset: see ``open_dataset``.
        sequence: a sequence's name.
        tracker: see ``make_runner``.
        settings: changed settings, see ``make_runner``.
        max_frames: stop after so many frames; None runs all.
        layout: of the data set; None finds out.
    """

    dataset: Path
    sequence: str
    tracker: str
    settings: dict[str, Value]
    max_frames: int | None = None
    layout: str | None = None


@dataclass(frozen=True)
class Outcome:
    """A finished job.

    Attributes:
        job: what was run.
        measures: those of ``one_pass_measures`` and of ``speed_measures``.
        boxes: one x, y, w, h per frame, in pixels, 0-based.
        curves: see ``one_pass_curves``.
        machine: where it ran.
    """

    job: Job
    measures: dict[str, float]
    boxes: list[list[float]]
    curves: dict[str, list[float]] = field(default_factory=dict)
    machine: str = ""


def run(job: Job) -> Outcome:
    """Run one job, with one CPU thread.

    Raises:
        ValueError: the sequence cannot be read, or the tracker cannot be made.
    """
    # Several jobs share the machine: more threads would slow each other down.
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    sequence = read_sequence(job)
    truth = sequence.boxes[: job.max_frames]
    runner = make_runner(job.tracker, job.settings)
    boxes, seconds = [truth[0]], []
    for index, image in enumerate(sequence.frames(stop=job.max_frames)):
        start = time.perf_counter()
        if index == 0:
            runner.init(image, truth[0])
        else:
            boxes.append(runner.track(image))
        seconds.append(time.perf_counter() - start)
    measures, curves = score(np.array(boxes), truth)
    measures |= speed_measures(seconds)
    return Outcome(job, measures, [box.tolist() for box in boxes], curves, machine())


def read_sequence(job: Job) -> Sequence:
    """Return a job's sequence, all of it.

    Raises:
        DatasetError: it cannot be read.
    """
    return open_dataset(job.dataset, job.layout).read(job.sequence)


def score(boxes: Boxes, truth: Boxes) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Return the measures and the curves of boxes ``(N, 4)``.

    Raises:
        ValueError: not one box per frame.
    """
    curves = one_pass_curves(boxes, truth)
    return one_pass_measures(boxes, truth), {name: one.tolist() for name, one in curves.items()}


def speed_measures(seconds: list[float]) -> dict[str, float]:
    """Return how fast a run was.

    Args:
        seconds: time of the start on the first frame, then of each frame; reading images excluded.

    Returns:
        fps: frames per second without the first frame, 0 where there is no other.
        latency_p50_ms, latency_p95_ms, latency_p99_ms: percentiles of the time per frame, without
            the first.
        init_seconds: of the first frame.
    """
    frames = np.array(seconds[1:])
    percentiles = np.percentile(frames, LATENCY_PERCENTILES) * 1e3 if len(frames) else [0.0] * 3
    return {
        "fps": len(frames) / float(frames.sum()) if frames.sum() else 0.0,
        **{
            f"latency_p{percent}_ms": float(value)
            for percent, value in zip(LATENCY_PERCENTILES, percentiles, strict=True)
        },
        "init_seconds": seconds[0],
    }
