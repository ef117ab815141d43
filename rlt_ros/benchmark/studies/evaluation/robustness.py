# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Jobs of OTB's TRE and SRE: many passes over one sequence, whose mean counts."""

from __future__ import annotations

import numpy as np

from rlt_ros.benchmark.measures.one_pass import mean_measures
from rlt_ros.benchmark.measures.speed import speed_measures
from rlt_ros.benchmark.protocols.sre import spatial_robustness
from rlt_ros.benchmark.protocols.tre import temporal_robustness
from rlt_ros.benchmark.runs.job import TRE, Job, Outcome
from rlt_ros.benchmark.runs.provenance import machine
from rlt_ros.benchmark.studies.evaluation.one_pass import prepare, score


def run_robustness(job: Job) -> Outcome:
    """Run a job from every start of its protocol, TRE's moments or SRE's wrong boxes.

    Returns:
        Measures and curves are means over the passes. ``details`` holds the ``passes``: name,
        start (the first frame, from 0) and boxes of each.

    Raises:
        ValueError: the sequence cannot be read, or the tracker cannot be made.
    """
    runner, sequence = prepare(job)
    if job.protocol == TRE:
        omit = {frame for first, last in job.omit for frame in range(first, last + 1)}
        passes = list(temporal_robustness(runner, sequence, omit=omit))
    else:
        passes = list(spatial_robustness(runner, sequence))
    scores = [score(one.boxes, sequence.boxes[one.start :]) for one in passes]
    curves = [curves for _, curves in scores]
    first = np.full((len(sequence), 4), np.nan)
    first[passes[0].start :] = passes[0].boxes
    return Outcome(
        job,
        mean_measures(measures for measures, _ in scores) | speed_measures(runner.seconds),
        first.tolist(),
        {name: np.mean([one[name] for one in curves], axis=0).tolist() for name in curves[0]},
        machine(),
        details={
            "passes": [
                {"name": one.name, "start": one.start, "boxes": one.boxes.tolist()}
                for one in passes
            ]
        },
    )
