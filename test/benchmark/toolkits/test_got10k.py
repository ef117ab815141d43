# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The GOT-10k toolkit: the same numbers from the same files, and our trackers inside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from scripted import ScriptedRunner, ScriptedSequence

from rlt_ros.benchmark.measures.one_pass import one_pass_curves, one_pass_measures
from rlt_ros.benchmark.runs.result_files import read_boxes, write_boxes
from rlt_ros.tracking.settings import Value

pytest.importorskip(
    "got10k", reason="no GOT-10k toolkit: pip install -r tools/requirements-toolkits.txt"
)

NAMES = ["Girl", "Deer", "Car4"]


class Sequences:
    """What the toolkit's experiments ask of its data sets: names, image files, boxes from 1."""

    def __init__(self, folder: Path, truth: dict[str, np.ndarray]) -> None:
        self.seq_names = list(truth)
        self._folder = folder
        self._truth = truth

    def __len__(self) -> int:
        return len(self.seq_names)

    def __iter__(self) -> Iterator[tuple[list[str], np.ndarray]]:
        for name, boxes in self._truth.items():
            files = [self._folder / name / f"{index + 1:04d}.png" for index in range(len(boxes))]
            yield [str(file) for file in files], boxes


def otb_experiment(folder: Path, truth: dict[str, np.ndarray]) -> Any:
    """The toolkit's OTB experiment on these sequences; by itself it downloads OTB."""
    from got10k.experiments import ExperimentOTB

    experiment = ExperimentOTB.__new__(ExperimentOTB)
    experiment.dataset = Sequences(folder, truth)
    experiment.result_dir, experiment.report_dir = str(folder / "results"), str(folder / "reports")
    experiment.nbins_iou, experiment.nbins_ce = 21, 51
    return experiment


@pytest.fixture(autouse=True)
def without_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")


def test_the_same_files_give_the_same_numbers(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth, files = {}, {}
    for name in NAMES:
        walk = np.cumsum(rng.normal(0, 2, (80, 2)), axis=0) + 100
        truth[name] = np.hstack([walk, rng.uniform(20, 60, (80, 2))]).round(2)
        drift = rng.normal(0, np.linspace(0, 40, 80)[:, None], (80, 4)) * (1, 1, 0.2, 0.2)
        files[name] = tmp_path / "results" / "KCF" / f"{name}.txt"
        write_boxes(files[name], truth[name] + drift - (1, 1, 0, 0))
    report = otb_experiment(tmp_path, truth).report(["KCF"])["KCF"]

    for name in NAMES:
        from_0 = truth[name] - (1.0, 1.0, 0.0, 0.0)
        boxes = read_boxes(files[name])
        boxes[0] = from_0[0]  # as the toolkit does, and `rlt-bench score`
        measures, curves = one_pass_measures(boxes, from_0), one_pass_curves(boxes, from_0)
        theirs = report["seq_wise"][name]
        assert 0.1 < measures["auc"] < 0.9
        assert measures["auc"] == pytest.approx(theirs["success_score"], abs=1e-6)
        assert measures["precision20"] == pytest.approx(theirs["precision_score"], abs=1e-6)
        assert measures["os50"] == pytest.approx(theirs["success_rate"], abs=1e-6)
        np.testing.assert_allclose(curves["success"], theirs["success_curve"], atol=1e-6)
        np.testing.assert_allclose(curves["precision"], theirs["precision_curve"], atol=1e-6)


def test_a_tracker_runs_in_an_experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rlt_ros.benchmark.toolkits import got10k_tracker

    truth = np.array([[31 + 2 * index, 21, 24, 20] for index in range(6)], dtype=float)
    answers = truth - (1, 1, 0, 0) + np.array([0, 6, 0, 0])
    (tmp_path / "Square").mkdir()
    for index, image in enumerate(ScriptedSequence(truth).frames()):
        cv2.imwrite(str(tmp_path / "Square" / f"{index + 1:04d}.png"), image[..., ::-1])
    runner = ScriptedRunner(answers)
    asked: list[Any] = []

    def make_runner(*arguments: Any) -> ScriptedRunner:
        asked.append(arguments)
        return runner

    monkeypatch.setattr(got10k_tracker, "make_runner", make_runner)

    experiment = otb_experiment(tmp_path, {"Square": truth})
    experiment.run(got10k_tracker.Got10kTracker("rlt:paper", {"seed": 3}))
    assert asked == [("rlt:paper", {"seed": 3})]
    assert runner.starts == [(0, [30, 20, 24, 20])]
    written = np.loadtxt(tmp_path / "results" / "rlt_paper" / "Square.txt", delimiter=",")
    np.testing.assert_array_equal(written[0], truth[0])
    np.testing.assert_array_equal(written[1:], answers[1:] + np.array([1, 1, 0, 0]))
    scores = experiment.report(["rlt_paper"])["rlt_paper"]["overall"]
    assert scores["precision_curve"][5:7] == [pytest.approx(1 / 6), 1]


def test_our_tracker_takes_the_toolkit_s_images() -> None:
    from PIL import Image

    from rlt_ros.benchmark.toolkits.got10k_tracker import Got10kTracker

    rng = np.random.default_rng(0)
    background = cv2.resize(rng.integers(0, 99, (12, 16, 3), dtype=np.uint8), (160, 120))
    patch = cv2.resize(rng.integers(99, 255, (5, 6, 3), dtype=np.uint8), (24, 20))
    settings: dict[str, Value] = {"device": "cpu", "threads": 1}
    settings |= {"initial_negatives": 200, "initial_iterations": 20}
    tracker = Got10kTracker("rlt", settings)
    for x in (50, 52, 54):
        image = background.copy()
        image[40:60, x : x + 24] = patch
        if x == 50:
            tracker.init(Image.fromarray(image), np.array([51, 41, 24, 20]))
        else:
            box = tracker.update(Image.fromarray(image))
            assert np.abs(box[:2] - (x + 1, 41)).max() < 6
