# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench score: measures of result files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from rlt_ros.benchmark.metrics import one_pass_measures
from rlt_ros.benchmark.result_files import got10k_path, vot_path, write_boxes, write_regions
from rlt_ros.cli.bench.main import main

TRUTH = {
    "Ball": np.array([[10 + index, 20, 16, 12] for index in range(12)], dtype=float),
    "Jogging-1": np.array([[50 - index, 30, 10, 24] for index in range(15)], dtype=float),
}


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Two sequences in OTB's layout."""
    folder = tmp_path / "OTB"
    for name, boxes in TRUTH.items():
        write_boxes(folder / name / "groundtruth_rect.txt", boxes)
        (folder / name / "img").mkdir()
        for number in range(1, len(boxes) + 1):
            image = np.zeros((80, 100, 3), dtype=np.uint8)
            cv2.imwrite(str(folder / name / "img" / f"{number:04d}.jpg"), image)
    return folder


def results_of(pixels: float, name: str) -> np.ndarray:
    """Boxes that are so far to the right from the second frame on."""
    boxes = TRUTH[name].copy()
    boxes[1:, 0] += pixels
    return boxes


def summary_of(folder: Path) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return summary


def test_one_tracker_has_its_numbers_on_top(dataset: Path, tmp_path: Path) -> None:
    for name in TRUTH:
        write_boxes(tmp_path / "KCF" / f"{name}.txt", results_of(3, name))
    out = tmp_path / "out"
    assert main(["score", str(tmp_path / "KCF"), str(dataset), "--out", str(out)]) == 0
    summary = summary_of(out)
    assert summary["trackers"]["KCF"]["mean"] == summary["mean"]
    for name in TRUTH:
        expected = one_pass_measures(results_of(3, name), TRUTH[name])
        assert summary["sequences"][name] == pytest.approx(expected)
    means = [one["auc"] for one in summary["sequences"].values()]
    assert summary["mean"]["auc"] == pytest.approx(sum(means) / 2)
    assert len(summary["curves"]["success"]) == 21
    assert summary["failures"] == {}


def test_several_trackers_best_first(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for tracker, pixels in {"bad": 30, "good": 1, "fair": 8}.items():
        for name in TRUTH:
            write_boxes(tmp_path / "all" / tracker / f"{name}.txt", results_of(pixels, name))
    assert main(["score", str(tmp_path / "all"), str(dataset)]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["tracker", "seq.", "AUC", "prec.", "norm.", "OS50", "CLE"]
    assert [line.split()[0] for line in lines] == ["good", "fair", "bad"]
    assert all(line.split()[1] == "2" for line in lines)


def test_the_first_box_is_the_given_one(dataset: Path, tmp_path: Path) -> None:
    boxes = results_of(0, "Ball")
    boxes[0] = (1, 1, 1, 1)
    write_boxes(tmp_path / "KCF" / "Ball.txt", boxes)
    out = tmp_path / "out"
    assert main(["score", str(tmp_path / "KCF"), str(dataset), "--out", str(out)]) == 0
    assert summary_of(out)["mean"]["cle"] == 0


def test_repetitions_are_averaged(dataset: Path, tmp_path: Path) -> None:
    """In GOT-10k's layout, and in that of rlt-bench ope."""
    for number, pixels in ((1, 4), (2, 25)):
        boxes = results_of(pixels, "Ball")
        write_boxes(got10k_path(tmp_path / "got10k" / "rlt", "Ball", number), boxes)
        write_boxes(tmp_path / "ope" / "rlt_paper" / f"seed{number}" / "Ball.txt", boxes)
    for layout, tracker in (("got10k", "rlt"), ("ope", "rlt_paper")):
        out = tmp_path / "out" / layout
        assert main(["score", str(tmp_path / layout), str(dataset), "--out", str(out)]) == 0
        measures = summary_of(out)["trackers"][tracker]["sequences"]["Ball"]
        assert measures["cle"] == pytest.approx(29 / 2 * 11 / 12)
        assert measures["precision20"] == pytest.approx((1 + 1 / 12) / 2)


def test_names_may_be_spelt_otherwise(dataset: Path, tmp_path: Path) -> None:
    write_boxes(tmp_path / "KCF" / "jogging.1.txt", results_of(0, "Jogging-1"))
    (tmp_path / "KCF" / "README.txt").write_text("not a result\n")
    out = tmp_path / "out"
    assert main(["score", str(tmp_path / "KCF"), str(dataset), "--out", str(out)]) == 0
    assert list(summary_of(out)["sequences"]) == ["Jogging-1"]


def test_a_broken_file_is_named_and_the_rest_is_scored(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_boxes(tmp_path / "KCF" / "Ball.txt", results_of(2, "Ball"))
    (tmp_path / "KCF" / "Jogging-1.txt").write_text("1,2,3,4\n1,2,3\n")
    out = tmp_path / "out"
    command = ["score", str(tmp_path / "KCF"), str(dataset), "--out", str(out)]
    assert main(command) == 1
    assert list(summary_of(out)["sequences"]) == ["Ball"]
    assert "Jogging-1.txt:2: 3 numbers" in summary_of(out)["failures"]["KCF Jogging-1"]
    assert "1 of 2 results could not be scored: KCF Jogging-1: " in capsys.readouterr().err
    write_boxes(tmp_path / "KCF" / "Jogging-1.txt", results_of(2, "Ball"))
    assert main(command) == 1
    assert "12 lines for 15 frames" in capsys.readouterr().err


def test_a_broken_sequence_is_named_and_the_rest_is_scored(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in TRUTH:
        write_boxes(tmp_path / "KCF" / f"{name}.txt", results_of(2, name))
    (dataset / "Ball" / "groundtruth_rect.txt").write_text("1,2,x,4\n")
    assert main(["score", str(tmp_path / "KCF"), str(dataset)]) == 1
    output = capsys.readouterr()
    assert "groundtruth_rect.txt:1" in output.err
    assert output.out.splitlines()[1].split()[:2] == ["KCF", "1"]


def test_supervised_runs_are_found_out_and_ranked(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for tracker, pixels in {"good": 1, "bad": 6}.items():
        for name, boxes in TRUTH.items():
            run: list[Any] = [1, *results_of(pixels, name)[1:]]
            if tracker == "bad":
                run[6:8] = [2, 0]
            write_regions(vot_path(tmp_path / "vot" / tracker, name), run)
            assert len(run) == len(boxes)
    out = tmp_path / "out"
    command = ["score", str(tmp_path / "vot"), str(dataset), "--out", str(out)]
    assert main([*command, "--eao-interval", "2", "9"]) == 0
    trackers = summary_of(out)["trackers"]
    assert trackers["good"]["mean"]["robustness"] == 0
    assert trackers["bad"]["mean"]["robustness"] == 1
    assert trackers["bad"]["sequences"]["Ball"]["failures"] == 1
    assert trackers["good"]["mean"]["eao"] > 2 * trackers["bad"]["mean"]["eao"] > 0
    # One run each: failures do not differ significantly.
    assert trackers["good"]["mean"]["robustness_rank"] == 1.5
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split()[2:5] == ["EAO", "A", "R"]
    assert (first.split()[0], second.split()[0]) == ("good", "bad")
    # Sequences shorter than VOT-2016's interval have no expected overlap.
    assert main(command) == 0
    assert summary_of(out)["trackers"]["good"]["mean"]["eao"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sequences", "Ball,Circle"], "has no sequence Circle"),
        (["--eao-interval", "9", "2"], "--eao-interval 9 2: give 1 <= FROM <= TO"),
        (["--sequences", "Jogging-1"], "holds no result file of the data set's sequences"),
    ],
)
def test_misuse_is_one_line(
    dataset: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    write_boxes(tmp_path / "KCF" / "Ball.txt", results_of(2, "Ball"))
    assert main(["score", str(tmp_path / "KCF"), str(dataset), *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_published_results_have_the_published_numbers(tmp_path: Path) -> None:
    default = Path(__file__).parents[2].parent / "shared" / "data"
    data = Path(os.environ.get("RLT_DATA", default))
    if not (data / "published").is_dir() or not (data / "otb").is_dir():
        pytest.skip("set RLT_DATA to a folder with otb/ and published/, trackers' results on it")
    out = tmp_path / "out"
    assert main(["score", str(data / "published"), str(data / "otb"), "--out", str(out)]) == 0
    trackers = summary_of(out)["trackers"]
    expected = {"MDNet": (0.684, 0.956), "SiamRPN++": (0.684, 0.936), "SiamBAN": (0.701, 0.949)}
    for name, (auc, precision) in expected.items():
        assert len(trackers[name]["sequences"]) == 21
        assert round(trackers[name]["mean"]["auc"], 3) == auc
        assert round(trackers[name]["mean"]["precision20"], 3) == precision
