# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""VOT's toolkit: the same numbers from the same files, and our trackers inside it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from quick_settings import SETTINGS, as_options

from rlt_ros.benchmark.measures.vot_measures import (
    expected_overlap_curve,
    judge,
    sequence_measures,
    vot_measures,
)
from rlt_ros.benchmark.measures.vot_overlap import region_overlap
from rlt_ros.benchmark.measures.vot_regions import FAILED, INITIALISED, SKIPPED, Region
from rlt_ros.benchmark.runs.result_files import read_regions, vot_path, write_regions

pytest.importorskip("vot", reason="no vot-toolkit: pip install -r tools/requirements-toolkits.txt")

SIZE = (100, 80)
LENGTHS = {"bag": 90, "ball": 60, "bird": 75}


def some_box(rng: np.random.Generator) -> np.ndarray:
    return np.concatenate([rng.uniform(-20, 95, 2), rng.uniform(0, 60, 2)])


def some_polygon(rng: np.random.Generator) -> np.ndarray:
    """Four corners around a centre, or, one in four, in any order."""
    if rng.random() < 0.25:
        return rng.uniform(-10, 110, (4, 2))
    angles = np.sort(rng.uniform(0, 2 * np.pi, 4))
    radius = rng.uniform(2, 40)
    return rng.uniform(0, 90, 2) + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def to_toolkit(region: Region) -> Any:
    """What the toolkit reads from the line of a file that has this region."""
    from vot.region.io import parse_region

    if isinstance(region, int):
        return parse_region(str(region))
    from_1 = region + (1 if region.ndim == 2 else np.array([1, 1, 0, 0]))
    return parse_region(",".join(str(value) for value in from_1.ravel()))


@pytest.mark.parametrize("decimals", [0, 1, 3])
def test_overlaps_agree(decimals: int) -> None:
    from vot.region import calculate_overlap

    rng = np.random.default_rng(decimals)
    makers = (some_box, some_polygon)
    between = 0
    for _ in range(400):
        one, other = (makers[rng.integers(2)](rng).round(decimals) for _ in range(2))
        if rng.random() < 0.3:
            other = one + rng.integers(-2, 3) / 2 * (1 if one.ndim == 2 else np.array([1, 1, 0, 0]))
        expected = calculate_overlap(to_toolkit(one), to_toolkit(other), SIZE)
        assert region_overlap(one, other, SIZE) == pytest.approx(expected, abs=1e-6), (one, other)
        between += 0 < expected < 1
    assert between > 100


def some_runs(rng: np.random.Generator) -> dict[str, tuple[list[Any], list[list[Region]]]]:
    """Sequences with a truth of polygons, or boxes, and two runs with failures on each."""
    sequences = {}
    for name, length in LENGTHS.items():
        truth: list[Any] = []
        for index in range(length):
            corner = np.array([10 + index / 2, 20.0]) + rng.normal(0, 1, 2)
            x, y = corner
            polygon = np.array([[x + 5, y], [x + 30, y + 4], [x + 26, y + 30], [x, y + 24]])
            truth.append(polygon if name != "bird" else np.array([*corner, 28, 26]))
        runs: list[list[Region]] = []
        for failures in ([30], [20, 41]) if name != "ball" else ([], [length - 1]):
            run: list[Region] = [SKIPPED] * length
            start = 0
            for end in [*failures, length]:
                for index in range(start + 1, end):
                    centre = truth[index].reshape(-1, 2)[0]
                    run[index] = np.array([*(centre + rng.normal(-3, 4, 2)), 27.5, 27.5])
                if start < length:
                    run[start] = INITIALISED
                if end < length:
                    run[end] = FAILED
                start = end + 5
            runs.append(run)
        sequences[name] = truth, runs
    return sequences


def test_the_same_files_give_the_same_numbers(tmp_path: Path) -> None:
    from vot.analysis.supervised import AccuracyRobustness, AverageAccuracyRobustness, EAOCurve
    from vot.region.io import read_trajectory

    interval = (15, 60)
    judged, theirs, files = {}, [], {}
    for name, (truth, runs) in some_runs(np.random.default_rng(0)).items():
        files[name] = [vot_path(tmp_path, name, number + 1) for number in range(len(runs))]
        for path, run in zip(files[name], runs, strict=True):
            write_regions(path, run)
        judged[name] = [judge(read_regions(path), truth, SIZE) for path in files[name]]
        theirs.append(Truth(name, [to_toolkit(region) for region in truth]))

    def gather(tracker: None, sequence: Truth) -> list[Any]:
        return [
            SimpleNamespace(regions=lambda path=path: read_trajectory(str(path)))
            for path in files[sequence.name]
        ]

    experiment = SimpleNamespace(gather=gather)
    each = [AccuracyRobustness().subcompute(experiment, None, one, []) for one in theirs]
    for one, (accuracy, failures, _, _) in zip(theirs, each, strict=True):
        measures = sequence_measures(judged[one.name])
        assert measures["accuracy"] == pytest.approx(accuracy, abs=1e-6)
        assert measures["failures"] == failures
    measures = vot_measures(judged, interval)
    accuracy, failures, (reliability, _), _ = AverageAccuracyRobustness().aggregate(
        None, theirs, each
    )
    assert measures["accuracy"] == pytest.approx(accuracy, abs=1e-6)
    assert measures["robustness"] == pytest.approx(failures, abs=1e-6)
    assert measures["reliability"] == pytest.approx(reliability, abs=1e-6)
    assert measures["failures"] == 1.5 + 0.5 + 1.5
    (curve,) = EAOCurve().subcompute(experiment, None, theirs, [])
    ours = expected_overlap_curve(run for runs in judged.values() for run in runs)
    np.testing.assert_allclose(ours, curve, atol=1e-6)
    eao = float(np.mean(curve[interval[0] : interval[1] + 1]))
    assert 0.1 < eao < 0.9
    assert measures["eao"] == pytest.approx(eao, abs=1e-6)


def test_its_binary_files_are_read(tmp_path: Path) -> None:
    from vot.region.io import write_trajectory

    regions: list[Region] = [INITIALISED, np.array([10.0, 11.5, 3, 4]), FAILED, SKIPPED]
    regions.append(np.array([[0.0, 1], [10, 1], [10, 11], [0, 11]]))
    write_trajectory(str(tmp_path / "bag_001.bin"), [to_toolkit(region) for region in regions])
    for read, written in zip(read_regions(tmp_path / "bag_001.bin"), regions, strict=True):
        np.testing.assert_array_equal(read, written)


class Truth:
    """What the toolkit's analyses ask of a sequence."""

    size = SIZE

    def __init__(self, name: str, regions: list[Any]) -> None:
        self.name = name
        self._regions = regions

    def __len__(self) -> int:
        return len(self._regions)

    def groundtruth(self) -> list[Any]:
        return self._regions


@pytest.mark.parametrize("tracker", ["mil", "rlt"])
def test_vot_test_passes(tracker: str, tmp_path: Path) -> None:
    """The toolkit starts the tracker, over TraX, on 50 frames of its own."""
    command = [sys.executable, "-m", "rlt_ros.benchmark.toolkits.trax", "--tracker", tracker]
    if tracker == "rlt":
        command += [*as_options(SETTINGS), "--set", "threads=1"]
    (tmp_path / "trackers.ini").write_text(
        f"[ours]\nlabel = ours\nprotocol = trax\ntimeout = 120\ncommand = {shlex.join(command)}\n"
    )
    result = subprocess.run(
        [sys.executable, "-m", "vot", "--registry", "trackers.ini", "test", "ours"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg"},
        timeout=250,
    )
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    assert "Processing frame 49/49" in output
    assert "Test concluded successfuly" in output  # spelt so by the toolkit
    assert output.count("@@TRAX:state") == 50
