# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""VOT-2016's supervised run: a tracker that lost the target is started again a little later.

Source: Kristan et al., "The Visual Object Tracking VOT2016 Challenge Results", ECCVW 2016.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.measures.vot_overlap import region_overlap
from rlt_ros.benchmark.measures.vot_regions import FAILED, INITIALISED, SKIPPED, Region
from rlt_ros.benchmark.protocols.annotated_sequence import AnnotatedSequence
from rlt_ros.benchmark.trackers.runners import Runner

RESTART_AFTER = 5  # frames from a failure to the next start


def supervised_run(
    runner: Runner, sequence: AnnotatedSequence, restart_after: int = RESTART_AFTER
) -> list[Region]:
    """Run a tracker from the first frame to the last; no overlap with the truth is a failure.

    Frames that are not annotated are tracked and not judged; a start waits for one that is.

    Returns:
        One region per frame, as VOT's result files have them: INITIALISED, FAILED, SKIPPED
        between a failure and the next start, or the tracker's box ``(4,)``, 0-based.

    Raises:
        ValueError: ``restart_after`` is under 1.
    """
    if restart_after < 1:
        raise ValueError(f"restart_after is {restart_after}: give 1 frame or more")
    truth = true_regions(sequence)
    startable = [bool(np.isfinite(box).all()) for box in sequence.boxes]
    regions: list[Region] = [SKIPPED] * len(sequence)
    tracking, next_start = False, 0
    images: Iterator[NDArray[np.uint8]]
    for index in range(len(sequence)):
        if not tracking:
            if index >= next_start and startable[index]:
                # Anew: a range of intensities is that of the frame on which a target is chosen.
                images = sequence.frames(start=index)
                runner.init(next(images), sequence.boxes[index])
                regions[index] = INITIALISED
                tracking = True
            continue
        image = next(images)
        box = np.array(runner.track(image), dtype=np.float64)
        height, width = image.shape[:2]
        if region_overlap(box, truth[index], (width, height)) <= 0:
            regions[index] = FAILED
            tracking, next_start = False, index + restart_after
        else:
            regions[index] = box
    return regions


def true_regions(sequence: AnnotatedSequence) -> list[NDArray[np.float64]]:
    """Return the truth of every frame: a polygon ``(4, 2)`` where there is one, or a box."""
    polygons = sequence.polygons
    return list(sequence.boxes if polygons is None else polygons)
