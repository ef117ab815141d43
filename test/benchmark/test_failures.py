# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where runs go wrong, and why."""

from __future__ import annotations

import numpy as np
import pytest

from rlt_ros.benchmark.failure_reasons import find_reason, measure_deviation
from rlt_ros.benchmark.failure_windows import find_failure

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
    assert found.frames.tolist() == [15, 16, 17, 18, 19]


@pytest.mark.parametrize(("overlaps", "frame"), [([1.0, 0.4, 0.3], 2), ([1.0], 0)])
def test_short_runs_have_a_worst_frame(overlaps: list[float], frame: int) -> None:
    found = find_failure(np.array(overlaps))
    assert (found.sustained, found.frame) == (False, frame)


def test_a_run_without_annotation_is_refused() -> None:
    with pytest.raises(ValueError, match="no frame is annotated"):
        find_failure(np.full(3, np.nan))
