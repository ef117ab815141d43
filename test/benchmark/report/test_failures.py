# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where runs go wrong, and why, and the gallery of it in reports."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from jumping_sequence import write_jumping
from quick_settings import SETTINGS, as_options

from rlt_ros.benchmark.measures.failure_reasons import find_reason, measure_deviation
from rlt_ros.benchmark.measures.failure_windows import FailureWindow, find_failure
from rlt_ros.benchmark.report import writing
from rlt_ros.benchmark.report.failure_strips import failure_frames, windows_on
from rlt_ros.cli.bench.main import main

TRUTH = [100.0, 100.0, 40.0, 40.0]  # centred on (120, 120)


def why(box: list[float], truth: list[float] | None = None) -> tuple[str, str]:
    boxes, every = np.tile(box, (5, 1)), np.tile(truth or TRUTH, (5, 1))
    found = find_reason(measure_deviation(boxes, every))
    return found.kind, found.text


@pytest.mark.parametrize(
    ("box", "kind", "text"),
    [
        ([152, 100, 40, 40], "moved off", "moved off the target: centres 1.3 sides apart"),
        ([148, 64, 40, 40], "moved off", "moved off the target: centres 1.5 sides apart"),
        ([900, 100, 40, 40], "moved off", "moved off the target: centres 20 sides apart"),
        ([82, 82, 76, 76], "too large", "box too large: 1.9 times the true sides"),
        ([110, 110, 20, 20], "too small", "box too small: 0.5 times the true sides"),
        ([110, 80, 20, 80], "wrong aspect", "wrong aspect: w/h 0.25, true 1"),
    ],
)
def test_one_cause(box: list[float], kind: str, text: str) -> None:
    assert why(box) == (kind, text)


def test_the_aspect_is_compared_with_the_true_one() -> None:
    assert why([115, 75, 10, 90], [105, 102, 30, 36])[1].startswith("wrong aspect: w/h 0.11, true")
    tall = [115.0, 75.0, 10.0, 90.0]
    assert why([110, 30, 20, 180], tall) == ("too large", "box too large: 2 times the true sides")


def test_several_causes_are_told_worst_first() -> None:
    """Each of them would be enough."""
    kind, text = why([300, 100, 10, 10])
    assert kind == "moved off"
    assert text == (
        "moved off the target: centres 4.6 sides apart; box too small: 0.25 times the true sides"
    )

    kind, text = why([136, 136, 8, 8])
    assert kind == "too small"
    assert text == (
        "box too small: 0.2 times the true sides; moved off the target: centres 0.71 sides apart"
    )


def test_two_causes_that_only_together_are_too_much() -> None:
    kind, text = why([107, 95, 50, 50])
    assert kind == "moved off"
    assert text == "off centre: centres 0.3 sides apart; box too large: 1.2 times the true sides"


def test_a_box_that_is_right_has_one_small_deviation() -> None:
    assert why([104, 100, 40, 40]) == ("moved off", "off centre: centres 0.1 sides apart")


def test_the_reason_is_that_of_most_frames() -> None:
    boxes = np.array([[300, 100, 40, 40], [np.nan] * 4, *[[110, 110, 20, 20]] * 3])
    found = measure_deviation(boxes, np.tile(TRUTH, (5, 1)))
    assert find_reason(found).kind == "too small"
    boxes[2:4, 3] = np.nan  # no box, whatever the other three numbers are
    assert find_reason(measure_deviation(boxes, np.tile(TRUTH, (5, 1)))).text == "gave no box"
    boxes[2:4] = np.nan
    assert find_reason(measure_deviation(boxes, np.tile(TRUTH, (5, 1)))).text == "gave no box"


def test_boxes_without_sides_have_a_reason() -> None:
    assert why([120, 120, 0, 0])[0] == "too small"
    assert why([120, 120, 40, 40], [100, 100, 0, 0])[0] == "moved off"


def test_a_run_goes_wrong_where_it_stays_wrong() -> None:
    overlaps = np.full(40, 0.8)
    overlaps[5:9] = 0.1  # four are not enough
    overlaps[20:30] = 0.3
    overlaps[32:34] = 0.3
    found = find_failure(overlaps)
    assert (found.sustained, found.frame, found.recovered) == (True, 20, 34)
    assert found.frames.tolist() == [20, 21, 22, 23, 24]
    overlaps[36] = 0.4
    assert find_failure(overlaps).recovered is None


def test_frames_without_annotation_are_skipped() -> None:
    overlaps = np.array([1.0, 0.9, 0.4, 0.3, np.nan, np.nan, 0.0, 0.1, 0.2, 0.9])
    found = find_failure(overlaps)
    assert (found.sustained, found.frame) == (True, 2)
    assert found.frames.tolist() == [2, 3, 6, 7, 8]


def test_a_run_that_never_goes_wrong_has_a_worst_stretch() -> None:
    overlaps = np.full(30, 0.9)
    overlaps[4] = 0.45  # one frame: not what a run suffers from
    overlaps[15:20] = 0.7, 0.6, 0.55, 0.6, 0.7
    found = find_failure(overlaps)
    assert (found.sustained, found.frame, found.recovered) == (False, 17, None)
    assert found.frames.tolist() == [16, 17, 18]
    assert find_failure(np.full(10, 0.7)).frames.tolist() == [1, 2, 3, 4, 5]


def test_a_short_failure_is_told_by_its_own_frames() -> None:
    overlaps = np.full(30, 0.7)
    overlaps[10:12] = 0.0
    found = find_failure(overlaps)
    assert (found.sustained, found.frame) == (False, 10)
    assert found.frames.tolist() == [10, 11]


def test_an_iou_of_a_half_is_neither_wrong_nor_right_again() -> None:
    assert not find_failure(np.full(10, 0.5)).sustained
    found = find_failure(np.array([1.0, *[0.3] * 5, *[0.5] * 5, *[0.6] * 5]))
    assert (found.sustained, found.frame, found.recovered) == (True, 1, 11)


def test_five_frames_are_enough_to_go_wrong() -> None:
    assert find_failure(np.array([1.0, *[0.3] * 5])).sustained
    assert not find_failure(np.array([1.0, *[0.3] * 4])).sustained


@pytest.mark.parametrize(
    ("overlaps", "frame"), [([1.0, 0.4, 0.3], 2), ([1.0], 0), ([0.3, 0.6], 1), ([0.1, 0.3, 0.2], 2)]
)
def test_short_runs_have_a_worst_frame(overlaps: list[float], frame: int) -> None:
    found = find_failure(np.array(overlaps))
    assert (found.sustained, found.frame) == (False, frame)


def test_a_run_without_annotation_is_refused() -> None:
    with pytest.raises(ValueError, match="no frame is annotated"):
        find_failure(np.full(3, np.nan))


def test_a_strip_shows_what_is_before_and_after() -> None:
    frames = np.arange(40, 45)
    assert failure_frames(FailureWindow(True, 40, frames), 100) == [20, 35, 40, 44, 59, 99]
    assert failure_frames(FailureWindow(True, 40, frames, 70), 100) == [20, 35, 40, 44, 59, 70]
    assert failure_frames(FailureWindow(True, 3, np.arange(3, 8)), 10) == [0, 3, 7, 9]
    short = FailureWindow(False, 40, np.array([39, 40]))
    assert failure_frames(short, 100) == [20, 35, 40, 44, 59, 99]


def test_windows_hold_both_boxes_and_stay_in_the_image() -> None:
    truth = np.array([[100, 100, 20, 20], [0, 0, 20, 20], [100, 100, 20, 20], [np.nan] * 4])
    boxes = np.array([[110, 100, 20, 20], [0, 0, 20, 20], [300, 200, 40, 40], [np.nan] * 4])
    near, corner, far, nothing = windows_on(boxes, truth, (320, 240))
    np.testing.assert_allclose(near[2:] / near[2:].max(), [1, 0.75])
    x, y, w, h = near.tolist()
    assert (x + w / 2, y + h / 2) == pytest.approx((115, 110))
    assert corner[:2].tolist() == [0, 0]
    np.testing.assert_allclose(far, [70, 52.5, 250, 187.5])  # as far as the image goes
    np.testing.assert_allclose(nothing, [0, 0, 320, 240])


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The output folder of two seeds on Jump and Leap; seed 1 leaves the target of Leap.

    Its reports are without plots, which take most of the time.
    """
    monkeypatch.setattr(writing, "_plots", lambda *_: [])
    dataset, out = tmp_path / "data", tmp_path / "out"
    write_jumping(dataset, "Jump")
    write_jumping(dataset, "Leap")
    command = ["ope", str(dataset), "--out", str(out), "--jobs", "1", "--no-report"]
    quick = as_options({**SETTINGS, "update_iterations": 1})
    assert main([*command, "--tracker", "rlt", "--tracker", "mil", "--seeds", "2", *quick]) == 0
    run = out / "runs" / "rlt" / "seed1" / "Leap.json"
    stored = json.loads(run.read_text())
    truth = np.loadtxt(dataset / "Leap" / "groundtruth.txt", delimiter=",") - (1, 1, 0, 0)
    truth[3:9, 0] += 20
    truth[12:, 2:] *= 1.5
    stored["result"]["boxes"] = truth.tolist()
    stored["result"]["measures"]["auc"] = 0.0
    stored["result"]["frames"]["states"][3] = "uncertain"
    stored["result"]["frames"]["scores"][3] = 0.375
    run.write_text(json.dumps(stored))
    assert main(["report", str(out)]) == 0
    return out


def test_the_report_tells_where_it_goes_wrong_and_leaves_out_what_is_not_at_hand(
    finished: Path,
) -> None:
    with (finished / "report" / "failures.csv").open() as file:
        rows = {row["sequence"]: row for row in csv.DictReader(file)}
    assert set(rows) == {"Jump", "Leap"}
    assert {row["tracker"] for row in rows.values()} == {"rlt"}
    leap = rows["Leap"]
    summary = json.loads((finished / "summary.json").read_text())
    mean = summary["trackers"]["rlt"]["sequences"]["Leap"]["auc"]
    assert float(leap["auc"]) == pytest.approx(mean, abs=1e-5)
    found = {key: leap[key] for key in ("seed", "sustained", "frame", "kind", "recovered")}
    assert found == {
        "seed": "1", "sustained": "1", "frame": "4", "kind": "moved off", "recovered": ""
    }  # fmt: skip
    assert leap["why"] == "moved off the target: centres 1.2 sides apart"
    assert (leap["state"], leap["score"], leap["iou"]) == ("uncertain", "0.375", "0")
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert "Where it goes wrong" in page
    assert page.count("centres 1.2 sides apart") == 2  # in the table and for its picture
    assert "uncertain 0.38" in page
    assert "report/failures.csv" in page
    for name in rows:
        image = cv2.imread(str(finished / "report" / f"failure_{name}.png"))
        assert image is not None
        assert image.std() > 5

    shutil.rmtree(finished / "runs" / "rlt" / "seed0")
    (finished / "runs" / "rlt" / "seed1" / "Jump.json").unlink()
    run = finished / "runs" / "rlt" / "seed1" / "Leap.json"
    stored = json.loads(run.read_text())
    del stored["result"]["frames"]  # older versions stored none
    run.write_text(json.dumps(stored))
    assert main(["report", str(finished)]) == 0
    with (finished / "report" / "failures.csv").open() as file:
        (leap,) = csv.DictReader(file)
    assert (leap["sequence"], leap["frame"], leap["iou"]) == ("Leap", "4", "0")
    assert (leap["state"], leap["score"]) == ("", "")
    for image in (finished.parent / "data" / "Leap").glob("*.jpg"):
        image.write_bytes(b"")
    assert main(["report", str(finished)]) == 0
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert page.count("centres 1.2 sides apart") == 1  # in the table alone
    shutil.rmtree(finished.parent / "data")
    assert main(["report", str(finished)]) == 0
    assert "Where it goes wrong" not in (finished / "report.html").read_text(encoding="utf-8")
