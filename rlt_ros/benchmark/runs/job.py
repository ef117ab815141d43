# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One run of an evaluation: what is to be run, and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rlt_ros.benchmark.datasets.otb_omitted import Stretches
from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.tracking.settings import Value

OPE, TRE, SRE, VOT, LOST = "ope", "tre", "sre", "vot", "lost"

# The measure that trackers are ordered and compared by.
MAIN_MEASURES: Mapping[str, str] = {OPE: "auc", LOST: "auc", TRE: "auc", SRE: "auc", VOT: "eao"}


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
        protocol: how it is run: one of the names above.
        intensity: of frames of more than 8 bits, see ``open_dataset``.
        omit: frames that tre does not start at, see ``read_omitted``.
    """

    dataset: Path
    sequence: str
    tracker: str
    settings: dict[str, Value]
    max_frames: int | None = None
    layout: str | None = None
    protocol: str = OPE
    omit: Stretches = ()
    intensity: IntensityRange | None = None


@dataclass(frozen=True)
class Outcome:
    """A finished job.

    Attributes:
        job: what was run.
        measures: those of the protocol and of ``speed_measures``.
        boxes: one x, y, w, h per frame, in pixels, 0-based; NaN where the protocol has none. Of
            many passes those of the first.
        curves: see ``one_pass_curves``.
        machine: where it ran.
        attributes: one-pass measures by attribute, see ``measures_by_attribute``.
        details: what else the protocol stores, in JSON's types.
        frames: of one pass, what the tracker said of each frame; see ``FrameRecord.to_json``.
    """

    job: Job
    measures: dict[str, float]
    boxes: list[list[float]]
    curves: dict[str, list[float]] = field(default_factory=dict)
    machine: str = ""
    attributes: Mapping[str, dict[str, float]] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    frames: Mapping[str, Any] = field(default_factory=dict)


def job_name(job: Job) -> str:
    """Return what messages call a job."""
    seed = f" seed {job.settings['seed']}" if "seed" in job.settings else ""
    return f"{job.tracker} {job.sequence}{seed}"
