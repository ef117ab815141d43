# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A stored run is taken only if code, data, weights and libraries are the same as now."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pictured_dataset import write_pictures
from square_sequence import BOXES, write_square

from rlt_ros.benchmark.datasets import ScenarioSpec, open_dataset, write_spec
from rlt_ros.benchmark.runs.job import Job
from rlt_ros.benchmark.studies.evaluation.tasks import make_tasks
from rlt_ros.cli.bench.main import main

PACKAGE = Path(__file__).parents[3] / "rlt_ros"


def settings(dataset: Path, tracker: str = "mil", max_frames: int | None = None) -> dict[str, Any]:
    (task,) = make_tasks([Job(dataset, "Square", tracker, {"seed": 0}, max_frames)])
    return dict(task.settings)


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [key for key in {**before, **after} if before.get(key) != after.get(key)]


def test_other_annotations_are_noticed(dataset: Path) -> None:
    before = settings(dataset)
    path = dataset / "Square" / "groundtruth_rect.txt"
    path.write_text(path.read_text().replace("13\t", "14\t"))
    assert changed(before, settings(dataset)) == ["digest of frames and annotations"]


def test_other_attributes_are_noticed(dataset: Path) -> None:
    before = settings(dataset)
    (dataset / "Square" / "attrs.txt").write_text("FM\n")
    assert changed(before, settings(dataset)) == ["digest of frames and annotations"]


@pytest.mark.parametrize("frame", [1, 3])
def test_other_frames_are_noticed_among_those_that_are_run(dataset: Path, frame: int) -> None:
    before, first_two = settings(dataset), settings(dataset, max_frames=2)
    path = dataset / "Square" / "img" / f"000{frame}.jpg"
    cv2.imwrite(str(path), np.zeros((60, 80, 3), np.uint8))
    assert changed(before, settings(dataset)) == ["digest of frames and annotations"]
    assert bool(changed(first_two, settings(dataset, max_frames=2))) == (frame == 1)


def test_what_was_not_changed_is_the_same(dataset: Path) -> None:
    before = settings(dataset)
    write_square(dataset, "Second")
    assert settings(dataset) == before


def test_a_sequence_that_cannot_be_read_is_left_to_the_run(dataset: Path) -> None:
    (dataset / "Square" / "groundtruth_rect.txt").write_text("x\n")
    assert settings(dataset)["digest of frames and annotations"] is None


def test_made_sequences_are_known_by_what_they_are_made_of(tmp_path: Path) -> None:
    write_pictures(tmp_path / "source")
    spec = ScenarioSpec(1, source=str(tmp_path / "source"))
    path = write_spec(spec, tmp_path)
    (name,) = open_dataset(path).names
    before = open_dataset(path).read(name).digest()
    assert open_dataset(path).read(name).digest() == before
    for number in range(4):
        picture = tmp_path / "source" / f"Picture{number}" / "0001.png"
        cv2.imwrite(str(picture), 255 - np.asarray(cv2.imread(str(picture))))
    assert open_dataset(path).read(name).digest() != before


def test_other_weights_are_noticed(dataset: Path, tmp_path: Path) -> None:
    weights = tmp_path / "weights.pth"
    tracker = f"rlt,backbone_weights={weights}"
    weights.write_bytes(b"one")
    before = settings(dataset, tracker)
    weights.write_bytes(b"two")
    assert changed(before, settings(dataset, tracker)) == ["digest of weights"]
    assert None not in settings(dataset, "rlt")["digest of weights"]


def test_libraries_count_for_those_that_use_them(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = settings(dataset, "rlt"), settings(dataset, "mil")
    assert ours["torch"] == importlib.metadata.version("torch")
    monkeypatch.setattr("torch.__version__", "1.0")
    assert changed(ours, settings(dataset, "rlt")) == ["torch"]
    assert settings(dataset, "mil") == theirs
    monkeypatch.setattr("cv2.__version__", "1.0")
    assert changed(theirs, settings(dataset, "mil")) == ["opencv"]


def test_the_command_runs_anew_what_was_changed_and_says_why(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_square(dataset, "Second")
    command = ["ope", str(dataset), "--out", str(tmp_path / "out"), "--tracker", "mil"]
    command += ["--jobs", "1", "--no-report"]
    assert main(command) == 0
    path = dataset / "Square" / "groundtruth_rect.txt"
    lines = [f"{x + 5:g}\t{y + 1:g}\t{w:g}\t{h:g}" for x, y, w, h in BOXES]
    path.write_text("\n".join(lines))
    capsys.readouterr()
    assert main(command) == 0
    said = capsys.readouterr()
    assert said.out.count("frames/s") == 2  # of the run and in the table
    assert "1 stored runs were made otherwise and are run again (mil Square seed 0)" in said.err
    assert "digest of frames and annotations was" in said.err


def version_of(package: Path) -> str:
    code = "from rlt_ros.version import package_version; print(package_version())"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=package.parent,
        env={**os.environ, "PYTHONPATH": str(package.parent)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_version_tells_changed_code_but_not_where_it_is(tmp_path: Path) -> None:
    copies = [tmp_path / name / "rlt_ros" for name in ("a", "b")]
    for copy in copies:
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    same = version_of(copies[0])
    assert version_of(copies[1]) == same
    report = copies[0] / "benchmark" / "report" / "plots.py"
    report.write_text(report.read_text() + "\n# drawn otherwise\n")
    assert version_of(copies[0]) == same
    tracker = copies[0] / "tracking" / "tracker.py"
    tracker.write_text(tracker.read_text() + "\n# tracks otherwise\n")
    assert version_of(copies[0]) != same


def test_all_that_a_run_imports_counts_for_the_version() -> None:
    code = """
import sys
from pathlib import Path
import rlt_ros.benchmark.studies.evaluation.tasks, rlt_ros.benchmark.studies.speed.measuring
from rlt_ros.version import result_modules
counted = {str(name.with_suffix("")).replace("/", ".") for name in result_modules()}
used = {name.removeprefix("rlt_ros.") for name in sys.modules if name.startswith("rlt_ros.")}
packages = {name.removesuffix(".__init__") for name in counted}
print(sorted(used - counted - packages))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
