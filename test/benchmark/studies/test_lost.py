# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench lost, and what ope stores of states and scores."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from pictured_dataset import write_pictures
from quick_settings import SETTINGS, as_options
from scripted import ScriptedRunner

from rlt_ros.benchmark.datasets import open_dataset
from rlt_ros.benchmark.datasets.scenarios.scene import Scene
from rlt_ros.benchmark.runs.job import Job
from rlt_ros.benchmark.stored_records import read_records
from rlt_ros.benchmark.studies.evaluation import one_pass
from rlt_ros.benchmark.trackers.runners import make_runner
from rlt_ros.cli.bench.main import main
from rlt_ros.tracking.boxes import Boxes

QUICK = as_options(SETTINGS)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_pictures(tmp_path / "source")
    return tmp_path / "source"


class Honest(ScriptedRunner):
    """Knows the truth, says that the target is lost one frame after it has gone, and so on."""

    def __init__(self, boxes: Boxes) -> None:
        super().__init__(np.nan_to_num(boxes, nan=1.0))
        self._gone = [bool(np.isnan(box).any()) for box in boxes]
        self.frame = 0

    def init(self, image: np.ndarray, box: Boxes) -> None:
        self._say(0)

    def track(self, image: np.ndarray) -> Boxes:
        self._say(self.frame + 1)
        return self._boxes[self.frame]

    def _say(self, frame: int) -> None:
        self.frame = frame
        gone = self._gone[max(frame - 1, 0)]
        self.state, self.score = ("lost", 0.0) if gone else ("tracking", 1.0)


def test_an_honest_tracker(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    # Writes the file of the sequences; the runs themselves are made in this process below.
    base = ["lost", str(source), "--cases", "5", "--out", str(out), "--jobs", "1", "--no-report"]
    assert main([*base, "--tracker", "mil", "--max-frames", "2"]) == 0
    (spec,) = out.glob("*.scenarios.json")
    # It looks at no picture, and drawing them takes most of the time.
    monkeypatch.setattr(Scene, "read", lambda self, indices: map(np.zeros, len(indices) * [(1, 1)]))
    dataset = open_dataset(spec)
    measures = {}
    for name in dataset.names:
        honest = Honest(dataset.read(name).boxes)
        monkeypatch.setattr(one_pass, "make_runner", lambda *_, honest=honest: honest)
        outcome = one_pass.run(Job(spec, name, "mil", {}, protocol="lost"))
        measures[name] = outcome.measures
        assert len(outcome.frames["states"]) == len(outcome.boxes)
    for name, one in measures.items():
        if name.startswith("control"):
            assert one["disappearances"] == 0
            assert one["false_lost"] == 0
            continue
        assert one["disappearances"] == one["flagged5"] == one["refound_share"] == 1
        assert one["flag_frames"] == 1
        assert one["refound_frames"] == 0
        assert 1 / 40 <= one["blind"] <= 1 / 15  # one frame of 15 to 40


def test_the_command(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    command = ["lost", str(source), "--cases", "2", "--out", str(out), "--jobs", "1", *QUICK]
    command += ["--tracker", "rlt", "--tracker", "mil", "--max-frames", "4", "--seeds", "2"]
    assert main([*command, "--write-frames", str(tmp_path / "frames")]) == 0
    assert "ECE" in capsys.readouterr().out
    summary = json.loads((out / "summary.json").read_text())
    ours, mil = summary["trackers"]["rlt"], summary["trackers"]["mil"]
    assert 0 <= ours["mean"]["ece"] <= 1
    assert set(ours["interval95"]["brier"]) == {"mean", "low", "high"}
    assert "ece" in ours["seed_means"]["1"]
    # Two cases and two seeds, three frames each: the first frame of a run does not count.
    assert sum(ours["reliability"]["equal_width"]["counts"]) == 2 * 2 * 3
    assert "ece" not in mil["mean"]  # OpenCV's trackers give no probabilities
    assert mil["mean"]["false_lost"] is not None
    with (out / "rlt" / "seed1" / "occlusion-000_frames.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["frame"] for row in rows] == ["1", "2", "3", "4"]
    assert {row["state"] for row in rows} <= {"tracking", "uncertain", "lost"}
    assert all(0 <= float(row["score"]) <= 1 for row in rows)
    assert float(rows[0]["iou"]) == 1
    records = list(read_records(out))
    assert {(one.tracker, one.seed) for one in records} == {
        ("rlt", 0), ("rlt", 1), ("mil", 0), ("mil", 1),
    }  # fmt: skip
    assert all(len(one.frames.scores) == 4 for one in records)
    image = cv2.imread(str(out / "report" / "reliability.png"))
    assert image is not None
    assert image.std() > 5
    assert "Targets that disappear" in (out / "report.html").read_text()
    assert open_dataset(tmp_path / "frames").names == ["occlusion-000", "out_of_view-001"]

    assert main([*command, "--no-report"]) == 0
    assert "8 of 8 runs are stored" in capsys.readouterr().err


def test_stored_runs_belong_to_their_sequences(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["lost", str(source), "--out", str(tmp_path / "out"), "--jobs", "1", "--no-report"]
    command += ["--tracker", "mil", "--max-frames", "2"]
    assert main([*command, "--cases", "1"]) == 0
    capsys.readouterr()
    assert main([*command, "--cases", "2"]) == 0  # more cases run only those that are new
    assert "1 of 2 runs are stored" in capsys.readouterr().err
    assert main([*command, "--cases", "2", "--scenario-seed", "1"]) == 0  # others run all
    assert "2 stored runs were made otherwise" in capsys.readouterr().err


def test_one_pass_evaluation_has_the_calibration(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["ope", str(dataset), "--out", str(out), "--jobs", "1", *QUICK]) == 0
    summary = json.loads((out / "summary.json").read_text())
    assert {"ece", "ece_equal_mass", "brier"} <= summary["mean"].keys()
    assert "flagged5" not in summary["mean"]
    assert (out / "report" / "reliability.svg").is_file()


def test_a_report_of_runs_of_an_older_version(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ["ope", str(dataset), "--out", str(out), "--jobs", "1", "--tracker", "mil"]
    assert main([*command, "--no-report"]) == 0
    path = out / "runs" / "mil" / "seed0" / "Square.json"
    stored = json.loads(path.read_text())
    del stored["result"]["frames"]
    path.write_text(json.dumps(stored))
    assert main(["report", str(out)]) == 0
    assert list(read_records(out)) == []


def test_opencv_s_success_flag_is_the_state() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (80, 100, 3), dtype=np.uint8)
    runner = make_runner("mil", {})
    runner.init(image, np.array([20.0, 20, 30, 30]))
    assert np.isnan(runner.score)
    assert runner.state == "tracking"

    class Failing:
        def update(self, image: np.ndarray) -> tuple[bool, tuple[int, int, int, int]]:
            return False, (0, 0, 0, 0)

    runner._tracker = Failing()  # type: ignore[attr-defined]
    assert runner.track(image).tolist() == [20, 20, 30, 30]
    assert runner.state == "lost"


def test_what_the_command_refuses(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ["lost", str(source), "--out", str(tmp_path / "out")]
    assert main([*base, "--cases", "0"]) == 2
    assert "1 case or more" in capsys.readouterr().err
    assert main([*base, "--sequences", "Picture0"]) == 2
    assert "two sequences or more" in capsys.readouterr().err
    assert main([*base, "--sequences", "Nobody"]) == 2
    assert "has no sequence Nobody" in capsys.readouterr().err
