# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One tracker on one clip, every frame timed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.measures.one_pass import one_pass_measures
from rlt_ros.benchmark.runs.provenance import machine
from rlt_ros.benchmark.studies.speed.clips import ClipSource, Image
from rlt_ros.benchmark.studies.speed.memory import MemoryGrowth
from rlt_ros.benchmark.studies.speed.several_targets import SeveralTargets
from rlt_ros.benchmark.studies.speed.stages import Span, StageClock
from rlt_ros.benchmark.trackers.runners import RltRunner, Runner, make_runner, rlt_config
from rlt_ros.benchmark.trackers.tracker_name import parse_tracker_name
from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.settings import Value


@dataclass(frozen=True, eq=False)
class SpeedJob:
    """What to time.

    Attributes:
        name: of the job, for tables and files.
        tracker, settings: see ``make_runner``.
        clip: the frames.
        rate: frames per second that come in; 0 gives each frame as soon as the last was tracked.
        targets: that are tracked in each frame; several need our tracker.
    """

    name: str
    tracker: str
    settings: Mapping[str, Value]
    clip: ClipSource
    rate: float = 0.0
    targets: int = 1

    def runner(self) -> Runner:
        """Make what is timed.

        Raises:
            ValueError: see ``make_runner``.
        """
        if self.targets == 1:
            return make_runner(self.tracker, self.settings)
        config = rlt_config(parse_tracker_name(self.tracker), self.settings)
        return SeveralTargets(config, self.targets)


@dataclass(frozen=True)
class _Pass:
    """What the frames after the first gave, one entry per frame."""

    boxes: list[Boxes]
    spans: list[Span]
    latencies: list[float]
    stages: list[dict[str, float]]
    memory: list[float]


def measure(job: SpeedJob) -> dict[str, Json]:
    """Run a job in this process, which nothing else should use meanwhile.

    A frame's time is that from the decoded RGB frame to the box and its score. The numbers of
    threads are the libraries' own, apart from what the tracker sets.

    Returns:
        In JSON's types: seconds (of each frame but the first), updating (whether training ran in
        it), latencies (seconds from when a frame was due to its box; with a rate), stages (of rlt:
        seconds of each stage in each frame), init_seconds, update_seconds (of each update that has
        ended), updates (taken over by the tracker), memory_mib (growth after each frame), peak_mib,
        measures (see ``one_pass_measures``), machine and threads.

    Raises:
        ValueError: the clip cannot be read or is too short, or the tracker cannot be made.
    """
    images, truth = job.clip.load()
    if len(images) < 2:
        raise ValueError(f"{job.clip.name} has {len(images)} frames; speed needs 2 or more")
    memory = MemoryGrowth()
    with StageClock() as clock:
        runner = job.runner()
        start = time.perf_counter()
        runner.init(images[0], truth[0])
        init_seconds = time.perf_counter() - start
        memory.now()
        clock.take()
        before = len(clock.trainings)
        found = _follow(runner, images[1:], job.rate, clock, memory)
        updates = 0
        if isinstance(runner, RltRunner):
            updates = runner.tracker.updates_done
            runner.close()
        trainings = clock.trainings[before:]
    boxes = np.array([truth[0], *found.boxes], dtype=np.float64)
    return {
        "seconds": [span.end - span.start for span in found.spans],
        "updating": [_overlaps(span, trainings) for span in found.spans],
        "latencies": found.latencies,
        "stages": found.stages if isinstance(runner, RltRunner) else [],
        "init_seconds": init_seconds,
        "update_seconds": [span.end - span.start for span in trainings],
        "updates": updates,
        "memory_mib": found.memory,
        "peak_mib": memory.peak(),
        "measures": one_pass_measures(boxes, truth),
        "machine": machine(),
        "threads": {"torch": torch.get_num_threads(), "opencv": cv2.getNumThreads()},
    }


def _follow(
    runner: Runner, images: Sequence[Image], rate: float, clock: StageClock, memory: MemoryGrowth
) -> _Pass:
    found = _Pass([], [], [], [], [])
    first = time.perf_counter()
    for index, image in enumerate(images):
        due = first + index / rate if rate else 0.0
        if (early := due - time.perf_counter()) > 0:
            time.sleep(early)
        start = time.perf_counter()
        found.boxes.append(runner.track(image))
        end = time.perf_counter()
        found.spans.append(Span(start, end))
        if rate:
            found.latencies.append(end - due)
        found.stages.append(clock.take())
        found.memory.append(memory.now())
    return found


def _overlaps(frame: Span, trainings: Sequence[Span]) -> bool:
    return any(one.start < frame.end and one.end > frame.start for one in trainings)
