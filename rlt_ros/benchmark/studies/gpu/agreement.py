# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the device and the CPU come to the same: features, boxes, attention maps."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.studies.gpu.bench import (
    DEFAULT,
    FEWER_SAMPLES,
    Bench,
    Found,
)
from rlt_ros.benchmark.studies.gpu.host_random_numbers import HostRandomNumbers
from rlt_ros.benchmark.text_tables import Table, number
from rlt_ros.tracking import Tracker, TrackerConfig
from rlt_ros.tracking.boxes import Boxes, from_centres, iou
from rlt_ros.tracking.compute.cpu_threads import CpuThreads
from rlt_ros.tracking.compute.precision import tf32_in_convolutions
from rlt_ros.tracking.features.loading import load_networks
from rlt_ros.tracking.settings import Value

_ON_CPU: dict[str, Value] = {"device": "cpu", "threads": 0, "precision": "float32"}
# What is asked for.
LARGEST_FEATURE_DIFFERENCE, LARGEST_MEAN_SHIFT, LEAST_CORRELATION = 1e-3, 0.5, 0.99
COMPARED_FRAMES = 60
_MAPS_EVERY = 10  # frames
_HEADINGS = [
    "",
    "frames",
    "updates",
    "mean px",
    "largest px",
    "mean score",
    "map correlation",
    "IoU",
    "the CPU's",
    "agrees",
]
_ROUNDING = 1e-7
_NOTE = (
    f"Agrees: boxes differ by {LARGEST_MEAN_SHIFT:g} px or less in the mean (of the four numbers' "
    f"largest), attention maps correlate by {LEAST_CORRELATION:g} or more at least. Frame by "
    "frame: before each, the device takes up the target as the CPU has learned and followed it. "
    "Whole run: the device learns and follows by itself, with the CPU's random numbers. A tracker "
    "that learns from what it finds makes small differences large, whatever computes them: the "
    f"last line is the CPU against itself, with features off by a share of {_ROUNDING:g}."
)


def compare_features(bench: Bench, until: float, tracker: str) -> Iterator[Found]:
    """Compare features of the same boxes in the first frame, with TF32 in convolutions and not."""
    numbers: dict[str, Json] = {}
    rows = [["convolutions in", "largest difference", "typical feature", "agrees"]]
    note = (
        f"Agrees: no feature differs by more than {LARGEST_FEATURE_DIFFERENCE:g}, or that share of "
        "a typical one (their deviation) where that is above 1."
    )
    height, width = bench.first.shape[:2]
    boxes = _boxes_around(bench.box, (width, height))
    expected = _features(bench.config(tracker, **_ON_CPU), bench, boxes)
    for what, precision in (("float32", "float32"), ("TF32", "tf32")):
        if time.perf_counter() > until:
            return
        with tf32_in_convolutions(bench.device, precision == "tf32"):
            found = _features(bench.config(tracker, precision=precision), bench, boxes)
        largest = float((found - expected).abs().max())
        typical = float(expected.std())
        agrees = largest <= LARGEST_FEATURE_DIFFERENCE * max(1.0, typical)
        numbers[what] = {"largest_difference": largest, "typical": typical, "agrees": agrees}
        rows.append([what, f"{largest:.2e}", number(typical, 2), "yes" if agrees else "NO"])
        yield Found(numbers, [Table(f"Features: device against CPU, {tracker}", rows, note)])


@dataclass
class _Run:
    boxes: list[Boxes] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    maps: dict[int, NDArray[np.uint8]] = field(default_factory=dict)
    updates: int = 0
    seconds: float = 0.0


def compare_tracks(bench: Bench, until: float, tracker: str) -> Iterator[Found]:
    """Compare 60 frames in lockstep, and attention maps: from the CPU's state, and on its own.

    The paper's presets learn from fewer samples here, on both sides, for the CPU's sake. With the
    same random numbers, mini-batches and dropout; without TF32, unless the settings ask for it.
    """
    settings: dict[str, Value] = {"update_mode": "lockstep", "precision": "float32"}
    if tracker != DEFAULT:
        settings.update(FEWER_SAMPLES)
    on_cpu_config = bench.config(tracker, **{**settings, **_ON_CPU})
    config = bench.config(tracker, **settings)
    start = time.perf_counter()
    on_cpu, taken_up = _side_by_side(bench, on_cpu_config, config, (2 * until + start) / 3)
    if not on_cpu.boxes:
        return
    numbers: dict[str, Json] = {"cpu_and_device_seconds": on_cpu.seconds}
    title = f"Tracking: device against CPU, {tracker}"
    rows = [_HEADINGS]

    def found(what: str, run: _Run) -> Found:
        numbers[what] = _differences(bench, on_cpu, run)
        rows.append(_row(what, numbers[what]))
        return Found(numbers, [Table(title, rows, _NOTE)])

    yield found("frame by frame", taken_up)
    with HostRandomNumbers(bench.device):
        alone = _tracked(bench, config, until, len(on_cpu.boxes))
    if not alone.boxes:
        return
    numbers["device_seconds"] = alone.seconds
    yield found("whole run", alone)
    if time.perf_counter() + on_cpu.seconds < until:
        noisy = _tracked(bench, on_cpu_config, until, len(on_cpu.boxes), _ROUNDING)
        if noisy.boxes:
            yield found("the CPU against itself", noisy)


def _row(what: str, one: dict[str, Json]) -> list[str]:
    cells = ("mean_shift", "largest_shift", "mean_score_difference", "least_correlation", "iou")
    return [
        what,
        str(one["frames"]),
        f"{one['updates']} / {one['cpu_updates']}",
        *(number(one[key], 3) for key in (*cells, "cpu_iou")),
        "yes" if one["agrees"] else "NO",
    ]


def correlation(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return Pearson's correlation of two maps: NaN where only one varies, 1 where neither does."""
    flat = [a.astype(np.float64).ravel() - a.mean() for a in (one, other)]
    norms = [float(np.linalg.norm(a)) for a in flat]
    if not any(norms):
        return 1.0
    return float(flat[0] @ flat[1] / (norms[0] * norms[1])) if all(norms) else float("nan")


def _side_by_side(
    bench: Bench, on_cpu: TrackerConfig, on_device: TrackerConfig, until: float
) -> tuple[_Run, _Run]:
    """Return a run on the CPU, and one on the device that takes up its target before each frame."""
    run, taken_up = _Run(), _Run()
    start = time.perf_counter()
    with bench.tracker(on_cpu, until) as one, bench.tracker(on_device, until) as other:
        one.init(bench.first, bench.box)
        for index, image in enumerate(bench.frames(COMPARED_FRAMES, until)):
            other.take_up(one.saved_target())
            for tracker, its in ((other, taken_up), (one, run)):
                result = tracker.track(image)
                its.boxes.append(result.box)
                its.scores.append(result.score)
                if index % _MAPS_EVERY == 0:
                    its.maps[index] = tracker.attention_map()
        run.updates = taken_up.updates = one.updates_done
    run.seconds = taken_up.seconds = time.perf_counter() - start
    return run, taken_up


def _tracked(
    bench: Bench,
    config: TrackerConfig,
    until: float,
    frames: int = COMPARED_FRAMES,
    off_by: float = 0.0,
) -> _Run:
    """Return a run; features are off by a random share of such a deviation."""
    run = _Run()
    start = time.perf_counter()
    with bench.tracker(config, until) as tracker:
        if off_by:
            _disturb(tracker, off_by)
        tracker.init(bench.first, bench.box)
        for index, image in enumerate(bench.frames(frames, until)):
            result = tracker.track(image)
            run.boxes.append(result.box)
            run.scores.append(result.score)
            if index % _MAPS_EVERY == 0:
                run.maps[index] = tracker.attention_map()
        run.updates = tracker.updates_done
    run.seconds = time.perf_counter() - start
    return run


def _disturb(tracker: Tracker, share: float) -> None:
    extractor: Any = tracker._extractor
    name = "_compute" if hasattr(extractor, "_compute") else "compute"
    compute, generator = getattr(extractor, name), torch.Generator().manual_seed(0)

    def off(one: torch.Tensor) -> torch.Tensor:
        return one * (1 + share * torch.randn(one.shape, generator=generator))

    def disturbed(images: torch.Tensor) -> Any:
        made = compute(images)
        return off(made) if isinstance(made, torch.Tensor) else tuple(map(off, made))

    disturbed.samples_per_call = getattr(compute, "samples_per_call", 0)  # type: ignore[attr-defined]
    setattr(extractor, name, disturbed)


def _differences(bench: Bench, expected: _Run, found: _Run) -> dict[str, Json]:
    count = min(len(expected.boxes), len(found.boxes))
    pairs = np.array(expected.boxes[:count]), np.array(found.boxes[:count])
    shifts = np.abs(pairs[0] - pairs[1]).max(axis=1)
    scores = np.abs(np.subtract(expected.scores[:count], found.scores[:count]))
    correlations = [
        correlation(one, found.maps[index])
        for index, one in expected.maps.items()
        if index in found.maps
    ]
    truth = bench.truth(count)
    overlaps = [
        float(np.nanmean([iou(a, b) for a, b in zip(one, truth, strict=True)])) for one in pairs
    ]
    least = min(correlations)
    return {
        "frames": count,
        "updates": found.updates,
        "cpu_updates": expected.updates,
        "mean_shift": float(shifts.mean()),
        "largest_shift": float(shifts.max()),
        "shifts": [round(one, 4) for one in shifts.tolist()],
        "mean_score_difference": float(scores.mean()),
        "correlations": correlations,
        "least_correlation": least,
        "cpu_iou": overlaps[0],
        "iou": overlaps[1],
        "agrees": bool(shifts.mean() <= LARGEST_MEAN_SHIFT and least >= LEAST_CORRELATION),
    }


def _features(config: TrackerConfig, bench: Bench, boxes: Boxes) -> torch.Tensor:
    device = torch.device(config.device)
    extractor, _ = load_networks(config, device, CpuThreads(config.threads), False)
    extractor.start(bench.first, bench.box)
    found = [extractor.features(boxes)]
    if config.regression_features == "context":
        found.append(extractor.context_features(boxes))
    return torch.cat(found, dim=1).cpu()


def _boxes_around(box: Boxes, size: tuple[int, int]) -> Boxes:
    rng = np.random.default_rng(0)
    centre, side = box[:2] + box[2:] / 2, float(np.sqrt(box[2:].prod()))
    sides = box[2:] * np.exp(rng.normal(0, 0.2, (64, 1)))
    near = from_centres(centre + side * rng.normal(0, 0.3, (64, 2)), sides)
    near[:, :2] = np.clip(near[:, :2], 0, np.maximum(0, np.array(size) - near[:, 2:]))
    return near
