# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from rlt_ros.benchmark.measures.attributes import attribute_table, measures_by_attribute
from rlt_ros.benchmark.measures.one_pass import mean_measures, one_pass_curves, one_pass_measures

# The first is exact, the second 5 px off in x and the third nowhere near.
TRUTH = np.array([[10, 10, 20, 40], [10, 10, 20, 40], [10, 10, 20, 40]], dtype=float)
BOXES = TRUTH + np.array([[0, 0, 0, 0], [5, 0, 0, 0], [500, 0, 0, 0]])


def test_curves_of_known_boxes() -> None:
    curves = one_pass_curves(BOXES, TRUTH)
    lengths = {name: len(curve) for name, curve in curves.items()}
    assert lengths == {"success": 21, "precision": 51, "norm_precision": 51}
    # IoU 1, 15/25 = 0.6 and 0: above 0.55 both, above 0.6 and 0.95 the first, above 1 none.
    np.testing.assert_allclose(
        curves["success"][[0, 11, 12, 19, 20]], [2 / 3, 2 / 3, 1 / 3, 1 / 3, 0]
    )
    assert np.round(curves["precision"] * 3)[[0, 4, 5, 50]].tolist() == [1, 1, 2, 2]
    # 5 px are 0.25 of a width of 20 px.
    np.testing.assert_allclose(
        curves["norm_precision"][[0, 24, 25, 50]], [1 / 3, 1 / 3, 2 / 3, 2 / 3]
    )


def test_measures_are_those_of_the_curves() -> None:
    measures, curves = one_pass_measures(BOXES, TRUTH), one_pass_curves(BOXES, TRUTH)
    assert measures["auc"] == pytest.approx(curves["success"].mean())
    assert measures["precision20"] == pytest.approx(curves["precision"][20])
    assert measures["norm_precision"] == pytest.approx((51 + 26) / 51 / 3)
    assert measures["os50"] == pytest.approx(curves["success"][10])
    assert measures["cle"] == pytest.approx((0 + 5 + 500) / 3)


def test_an_error_in_y_is_normalised_with_the_height() -> None:
    lower = TRUTH + np.array([0, 10, 0, 0])
    curve = one_pass_curves(lower, TRUTH)["norm_precision"]
    np.testing.assert_allclose(curve[[24, 25]], [0, 1])


def test_equal_boxes_are_above_every_threshold_but_the_last() -> None:
    # 0.1 + 0.3 - 0.1 is more than 0.3 in floating point, and so is the IoU more than 1.
    boxes = np.array([[0.1, 0.1, 0.3, 0.3]])
    assert one_pass_curves(boxes, boxes)["success"].tolist() == [1] * 20 + [0]


def test_frames_without_truth_do_not_count() -> None:
    truth = TRUTH.copy()
    truth[2] = np.nan
    assert one_pass_measures(BOXES, truth) == one_pass_measures(BOXES[:2], TRUTH[:2])
    assert one_pass_measures(BOXES, truth)["precision20"] == 1


def test_a_box_that_is_not_a_number_is_a_miss() -> None:
    boxes = TRUTH.copy()
    boxes[1] = np.nan
    measures = one_pass_measures(boxes, TRUTH)
    assert measures["precision20"] == pytest.approx(2 / 3)
    assert measures["os50"] == pytest.approx(2 / 3)
    assert measures["cle"] == 0


@pytest.mark.parametrize("column", [0, 1, 2, 3])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_number_that_is_none_makes_a_box_a_miss_for_every_measure(
    column: int, value: float
) -> None:
    boxes = TRUTH.copy()
    boxes[1, column] = value
    with np.errstate(invalid="ignore"):
        measures, curves = one_pass_measures(boxes, TRUTH), one_pass_curves(boxes, TRUTH)
    assert measures == {
        "auc": pytest.approx(2 / 3 * 20 / 21),
        "precision20": pytest.approx(2 / 3),
        "norm_precision": pytest.approx(2 / 3),
        "os50": pytest.approx(2 / 3),
        "cle": 0,
    }
    assert [curve.max() for curve in curves.values()] == pytest.approx([2 / 3] * 3)


def test_a_run_without_any_box_has_no_centre_error() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        measures = one_pass_measures(np.full((3, 4), np.nan), TRUTH)
    assert math.isnan(measures.pop("cle"))
    assert set(measures.values()) == {0}


def test_a_frame_is_annotated_if_all_of_its_truth_is_known() -> None:
    truth = TRUTH.copy()
    truth[2, 3] = np.nan
    assert one_pass_measures(BOXES, truth) == one_pass_measures(BOXES[:2], TRUTH[:2])


def test_limits_of_the_shares() -> None:
    """OTB counts 20 px as near enough, and an IoU of 0.5 not as enough."""
    far = TRUTH + np.array([[12, 16, 0, 0], [12, 16.01, 0, 0], [0, 0, 0, 0]])
    assert one_pass_measures(far, TRUTH)["precision20"] == pytest.approx(2 / 3)
    half = TRUTH * np.array([[1, 1, 1, 0.5], [1, 1, 1, 0.501], [1, 1, 1, 1]])
    assert one_pass_measures(half, TRUTH)["os50"] == pytest.approx(2 / 3)


def test_a_true_box_without_sides_is_missed_silently() -> None:
    truth = np.array([[10.0, 10.0, 0.0, 0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = one_pass_measures(truth + np.array([1e3, 0, 0, 0]), truth)
    assert (found["norm_precision"], found["auc"], found["cle"]) == (0, 0, 1000)


@pytest.mark.parametrize(
    ("boxes", "truth", "message"),
    [
        (BOXES[:2], TRUTH, "2 boxes for 3 frames"),
        (BOXES, np.full((3, 4), np.nan), "no frame is annotated"),
    ],
)
def test_what_cannot_be_compared(boxes: np.ndarray, truth: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        one_pass_measures(boxes, truth)


def test_attributes_of_frames_and_of_whole_sequences() -> None:
    truth = TRUTH.copy()
    truth[1] = np.nan
    attributes = {
        "occlusion": np.array([False, True, True]),
        "scale": np.ones(3, dtype=bool),
        "hidden": np.array([False, True, False]),  # only where there is no truth
        "never": np.zeros(3, dtype=bool),
    }
    measures = measures_by_attribute(BOXES, truth, attributes)
    assert list(measures) == ["occlusion", "scale"]
    assert measures["occlusion"]["cle"] == 500
    assert measures["scale"] == one_pass_measures(BOXES, truth)


def test_attributes_count_no_box_as_off_and_half_a_truth_as_none() -> None:
    boxes, truth = BOXES.copy(), TRUTH.copy()
    boxes[1] = np.nan
    truth[2, 2] = np.nan
    measures = measures_by_attribute(boxes, truth, {"blur": np.ones(3, dtype=bool)})["blur"]
    assert measures["precision20"] == 0.5
    assert measures["norm_precision"] == 0.5
    alone = measures_by_attribute(boxes, truth, {"blur": np.array([False, False, True])})
    assert alone == {}


def test_the_table_is_a_mean_over_the_sequences_that_have_the_attribute() -> None:
    one = {"scale": {"auc": 0.2}, "blur": {"auc": 0.9}}
    table = attribute_table([one, {"scale": {"auc": 0.6}}])
    assert list(table) == ["blur", "scale"]
    assert table["blur"] == {"sequences": 1, "auc": pytest.approx(0.9)}
    assert table["scale"] == {"sequences": 2, "auc": pytest.approx(0.4)}


def test_a_mean_leaves_out_what_has_no_number() -> None:
    nan = float("nan")
    mean = mean_measures([{"auc": 0.4, "cle": nan}, {"auc": 0.8, "cle": 6.0}, {"auc": 0.6}])
    assert mean == {"auc": pytest.approx(0.6), "cle": 6.0}
    assert math.isnan(mean_measures([{"cle": nan}, {"cle": nan}])["cle"])
