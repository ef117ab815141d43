# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Jobs of VOT-2016's supervised protocol."""

from __future__ import annotations

from rlt_ros.benchmark.measures.speed import speed_measures
from rlt_ros.benchmark.measures.vot_measures import judge, sequence_measures
from rlt_ros.benchmark.protocols.vot_supervised import supervised_run, true_regions
from rlt_ros.benchmark.runs.job import Job, Outcome
from rlt_ros.benchmark.runs.provenance import machine
from rlt_ros.benchmark.studies.evaluation.one_pass import prepare


def run_supervised(job: Job) -> Outcome:
    """Run a job once, with restarts.

    Returns:
        Measures are accuracy and failures, see ``sequence_measures``, and of the speed.
        ``details`` holds ``codes``, VOT's number for each frame or None where there is a box, and
        ``overlaps``, see ``JudgedRun``.

    Raises:
        ValueError: the sequence cannot be read, or the tracker cannot be made.
    """
    runner, sequence = prepare(job)
    regions = supervised_run(runner, sequence)
    height, width = next(sequence.frames(stop=1)).shape[:2]
    judged = judge(regions, true_regions(sequence), (width, height))
    measures = sequence_measures([judged])
    nothing = [float("nan")] * 4
    return Outcome(
        job,
        {key: measures[key] for key in ("accuracy", "failures")} | speed_measures(runner.seconds),
        [nothing if isinstance(one, int) else one.tolist() for one in regions],
        machine=machine(),
        details={
            "codes": [one if isinstance(one, int) else None for one in regions],
            "overlaps": judged.overlaps.tolist(),
        },
    )
