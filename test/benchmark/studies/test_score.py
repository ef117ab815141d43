# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-bench score: measures of result files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from rlt_ros.benchmark.datasets import Sequence
from rlt_ros.benchmark.measures.one_pass import one_pass_measures
from rlt_ros.benchmark.runs.result_files import got10k_path, vot_path, write_boxes, write_regions
from rlt_ros.benchmark.runs.result_folders import find_trackers, is_supervised
from rlt_ros.benchmark.studies.scoring import score_one_pass, score_supervised
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


def test_a_frame_without_a_box_is_a_miss(dataset: Path, tmp_path: Path) -> None:
    boxes = results_of(0, "Ball")
    boxes[5] = np.nan
    write_boxes(tmp_path / "KCF" / "Ball.txt", boxes)
    out = tmp_path / "out"
    assert main(["score", str(tmp_path / "KCF"), str(dataset), "--out", str(out)]) == 0
    assert summary_of(out)["mean"]["precision20"] == pytest.approx(11 / 12)
    assert summary_of(out)["mean"]["auc"] == pytest.approx(11 / 12 * 20 / 21)
    assert summary_of(out)["curves"]["precision"][50] == pytest.approx(11 / 12)


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


def test_only_a_folder_has_results(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="none is not a folder; give a folder of result files"):
        find_trackers(tmp_path / "none", TRUTH)


def test_trackers_and_repetitions_are_in_alphabetical_order(tmp_path: Path) -> None:
    names = [f"t{number:02d}" for number in range(20)]
    for name in reversed(names):
        for seed in ("seed2", "seed0", "seed1"):
            write_boxes(tmp_path / name / seed / "Ball.txt", TRUTH["Ball"])
        write_boxes(tmp_path / name / "Ball" / "Ball_002.txt", TRUTH["Ball"])
        write_boxes(tmp_path / name / "Ball" / "Ball_001.txt", TRUTH["Ball"])
        write_boxes(tmp_path / name / "Ball" / "Ball_times.txt", TRUTH["Ball"])
        write_boxes(tmp_path / name / "Other" / "Ball.txt", TRUTH["Ball"])
    found = find_trackers(tmp_path, TRUTH)
    assert list(found) == names
    files = ["Ball/Ball_001", "Ball/Ball_002", "seed0/Ball", "seed1/Ball", "seed2/Ball"]
    for name, by_sequence in found.items():
        assert by_sequence == {"Ball": [tmp_path / name / f"{file}.txt" for file in files]}


@pytest.mark.parametrize(
    ("name", "text", "supervised"),
    [("a.bin", "", True), ("a.txt", "1\n2,2,3,4\n", True), ("a.txt", "1,2,3,4\n1\n", False),
     ("a.txt", "", False)],
)  # fmt: skip
def test_supervised_files_begin_with_a_lone_1(
    tmp_path: Path, name: str, text: str, supervised: bool
) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "b.txt").write_text("2,2,3,4\n")
    files = [tmp_path / name, tmp_path / "b.txt"]  # the first tells
    assert is_supervised({"one": {"Ball": files}}) is supervised


class Black:
    """Frames of 100 x 80 pixels, of which only the first may be read."""

    def __len__(self) -> int:
        return 12

    def read(self, indices: range) -> Iterator[np.ndarray]:
        assert list(indices) == [0]
        yield np.zeros((80, 100, 3), np.uint8)

    def identity(self, count: int) -> str:
        return "black"


def sequence(name: str, attributes: Mapping[str, np.ndarray] | None = None) -> Sequence:
    return Sequence(name, TRUTH["Ball"], Black(), attributes=attributes or {})


def test_curves_and_attributes_are_means_over_repetitions_and_then_sequences(
    tmp_path: Path,
) -> None:
    late = np.arange(12) >= 6
    sequences = {"A": sequence("A", {"blur": late}), "B": sequence("B", {"blur": late})}
    paths = [tmp_path / f"{number}.txt" for number in range(3)]
    shifts = (0, 8, 16)  # right on, IoU 1/3, beside; of all frames but the first
    for path, shift in zip(paths, shifts, strict=True):
        write_boxes(path, results_of(shift, "Ball"))
    score = score_one_pass({"A": paths, "B": paths[:1]}, sequences)
    # Shares of frames with an IoU above 0.5: the first frame and those of one run of three.
    assert score.curves["success"][10] == pytest.approx((((1 + 1 / 12 + 1 / 12) / 3) + 1) / 2)
    assert score.curves["precision"][8] == pytest.approx(((1 + 1 + 1 / 12) / 3 + 1) / 2)
    assert score.sequences["A"]["cle"] == pytest.approx((0 + 8 + 16) / 3 * 11 / 12)
    assert score.attributes["blur"]["cle"] == pytest.approx(((0 + 8 + 16) / 3 + 0) / 2)
    assert score.attributes["blur"]["sequences"] == 2


def test_supervised_runs_are_judged_in_the_image_and_must_fit_the_sequence(tmp_path: Path) -> None:
    good, short, boxes = (tmp_path / f"{name}.txt" for name in ("good", "short", "boxes"))
    wide = np.tile([90.0, 20.0, 20.0, 12.0], (12, 1))  # cut at the image's width of 100
    truth = Sequence("A", wide, Black())
    write_regions(good, [1, *(wide[1:] - np.array([5, 0, 0, 0]))])
    write_regions(short, [1, *wide[2:]])
    write_regions(boxes, wide)
    score, judged = score_supervised(
        {"A": [good], "B": [short], "C": [boxes], "D": [good]},
        {"A": truth, "B": truth, "C": truth},
        (1, 11),
    )
    # Columns 91..99 and 86..99 of an image that VOT counts to 99.
    assert judged["A"][0].overlaps[1:] == pytest.approx(9 / 14)
    assert score.mean["eao"] == pytest.approx(9 / 14)
    assert score.curves["expected_overlap"] == pytest.approx([0] + [9 / 14] * 11)
    assert score.failures == {
        "B": f"{short}: 11 lines for 12 frames",
        "C": f"{boxes}:1: a supervised run begins with 1, where the tracker started",
    }


def test_published_results_have_the_published_numbers(tmp_path: Path) -> None:
    default = Path(__file__).parents[3].parent / "shared" / "data"
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
