# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measures and ranks of VOT-2016's supervised runs, and overlap as its toolkit counts it."""

from __future__ import annotations

import numpy as np
import pytest

from rlt_ros.benchmark.measures.vot_measures import (
    JudgedRun,
    expected_average_overlap,
    expected_overlap_curve,
    sequence_measures,
    vot_measures,
)
from rlt_ros.benchmark.measures.vot_overlap import region_overlap, region_overlaps
from rlt_ros.benchmark.measures.vot_ranks import ranks_on_common_sequences, vot_ranks
from rlt_ros.benchmark.measures.vot_regions import FAILED, INITIALISED, SKIPPED, Region

SIZE = (100, 80)
BOX = np.array([10.0, 10.0, 20.0, 20.0])
AWAY = np.array([60.0, 50.0, 20.0, 20.0])


def run_of(text: str, overlap: float = 0.5) -> JudgedRun:
    """Make a run from one letter per frame: i, f, s for VOT's numbers, b for a box."""
    codes: dict[str, Region] = {"i": INITIALISED, "f": FAILED, "s": SKIPPED, "b": BOX}
    overlaps = [overlap if letter == "b" else 0.0 for letter in text]
    return JudgedRun([codes[letter] for letter in text], np.array(overlaps))


def test_overlap_is_counted_in_pixels() -> None:
    assert region_overlap(BOX, BOX, SIZE) == 1
    assert region_overlap(BOX, BOX + np.array([10, 0, 0, 0]), SIZE) == pytest.approx(10 / 30)
    assert region_overlap(BOX, AWAY, SIZE) == 0
    # A polygon's edges count as inside: 21 x 21 pixels against 20 x 20.
    corners = np.array([[10.0, 10], [30, 10], [30, 30], [10, 30]])
    assert region_overlap(BOX, corners, SIZE) == pytest.approx(400 / 441)
    # Only what is in the image counts.
    beyond = np.array([80.0, 10, 40, 20])
    assert region_overlap(beyond, np.array([80.0, 10, 60, 20]), SIZE) == 1


@pytest.mark.parametrize(
    ("region", "truth", "overlap"),
    [
        # VOT counts from 1: halves become even numbers there, 9.5 -> 10 and 10.5 -> 12.
        ([9.5, 10, 20, 20], [10.5, 10, 20, 20], 18 / 22),
        ([10, 9.5, 20, 20], [10, 10.5, 20, 20], 18 / 22),
        # Widths and heights are not moved by 1: 20.5 -> 20 and 21.5 -> 22.
        ([10, 10, 20.5, 10], [10, 10, 21.5, 10], 20 / 22),
        ([10, 10, 10, 20.5], [10, 10, 10, 21.5], 20 / 22),
        # In single precision this is 11.5 from 1, and so 12.
        ([10.49999999, 10, 20, 20], [11, 10, 20, 20], 1),
        # From 1 in columns and rows that count from 0: 0..5 and 1..10, 86..95 and 91..99.
        ([-5, 10, 10, 20], [0, 10, 10, 20], 5 / 11),
        ([10, -5, 20, 10], [10, 0, 20, 10], 5 / 11),
        ([90, 10, 10, 20], [85, 10, 10, 20], 5 / 14),
        ([10, 70, 20, 10], [10, 65, 20, 10], 5 / 14),
        # Together no more than a column or row of the image: nothing. One more: the same.
        ([-20, 10, 20, 20], [-20, 10, 20, 20], 0),
        ([-20, 10, 21, 20], [-20, 10, 21, 20], 1),
        ([98, 10, 20, 20], [98, 10, 20, 20], 0),
        ([97, 10, 20, 20], [97, 10, 20, 20], 1),
        ([10, -20, 20, 20], [10, -20, 20, 20], 0),
        ([10, -20, 20, 21], [10, -20, 20, 21], 1),
        ([10, 78, 20, 20], [10, 78, 20, 20], 0),
        ([10, 77, 20, 20], [10, 77, 20, 20], 1),
        # Both in one column or row, wherever in it, are the same to VOT; in two they are not.
        ([10, 10, 1, 9], [10, 30, 1, 9], 1),
        ([10, 10, 9, 1], [30, 10, 9, 1], 1),
        ([10, 10, 1, 9], [11, 10, 1, 9], 0),
        ([10, 10, 9, 1], [10, 11, 9, 1], 0),
        ([10, 10, 0, 9], [10, 10, 0, 9], 1),
        ([10, 10, 0, 9], [30, 10, 0, 9], 0),  # without a pixel
        ([10, 10, np.nan, 9], [10, 10, 9, 9], 0),
    ],
)
def test_pixels_are_vots(region: list[float], truth: list[float], overlap: float) -> None:
    assert region_overlap(np.array(region), np.array(truth), SIZE) == pytest.approx(overlap)
    if not np.isnan(region).any():
        assert region_overlap(np.array(truth), np.array(region), SIZE) == pytest.approx(overlap)


U_SHAPE = [(0, 0), (8, 0), (8, 15), (12, 15), (12, 0), (20, 0), (20, 20), (0, 20)]


@pytest.mark.parametrize(
    ("corners", "box", "pixels"),
    [
        # Rows of 11, 10 ... 1 pixels, edges included.
        ([(10, 10), (20, 10), (10, 20)], [10, 10, 11, 11], 66),
        # The slanted side is at columns 6, 4.5, 3, 1.5 and 0 of its box: cut down to whole ones.
        ([(10, 10), (16, 10), (10, 14)], [10, 10, 7, 5], 7 + 5 + 4 + 2 + 1),
        # A tall one: at 4, 3.7, 3.4, 3.1, 2.9, 2.6, 2.3, 2, 1.7 ... 0 of its box.
        ([(10, 10), (14, 10), (10, 24)], [10, 10, 5, 20], 5 + 3 * 4 + 4 * 3 + 3 * 2 + 4 * 1),
        # Of the image's columns 0..2: the side is at 2, -0.5, which becomes 0, and -3.
        ([(-9, 10), (1, 10), (-9, 14)], [-1, 10, 3, 5], 3 + 1),
        # Rows and columns beyond the image's first and last are left out.
        ([(10, -5), (15, -5), (15, 1), (10, 1)], [10, -1, 6, 5], 6 * 3),
        ([(10, 74), (15, 74), (15, 90), (10, 90)], [10, 74, 6, 5], 6 * 5),
        ([(94, 10), (120, 10), (120, 15), (94, 15)], [94, 10, 5, 6], 5 * 6),
        # Sides of one row: from column 10 of the first row back to 4, and on from 4 to 10.
        ([(10, 10), (20, 10), (14, 11), (14, 14), (10, 14)], [10, 10, 11, 5], 11 + 4 * 5),
        ([(10, 14), (20, 14), (20, 11), (14, 10), (10, 10)], [10, 10, 11, 5], 5 + 4 * 11),
        # Two triangles that meet in a corner: first and last row are cut at 0, 0, 8, 8 and filled
        # as a whole, and so is the middle one, cut at 0, 4, 4, 4, 4, 8.
        (
            [(10, 10), (14, 14), (18, 10), (18, 18), (14, 14), (10, 18)],
            [10, 10, 9, 9],
            3 * 9 + 2 * (4 + 6 + 8),
        ),
        # Two parts in rows 1 to 15, 9 pixels each; whole rows of 21 below. In the first row there
        # are cuts at 0, 8, 8, 12, 20, 20: VOT fills 0..8, 8..12 and 20.
        ([(10 + x, 10 + y) for x, y in U_SHAPE], [10, 10, 21, 21], 14 + 15 * 18 + 5 * 21),
        # The other way round a level side is cut at its other end: at 0, 0, 8, 12, 12, 20 in the
        # first row, which fills 0..8 and 12..20, and at 0, 8, 8, 12, 20 where the gap ends.
        ([(10 + x, 10 + y) for x, y in U_SHAPE[::-1]], [10, 10, 21, 21], 15 * 18 + 13 + 5 * 21),
    ],
)
def test_pixels_of_polygons_are_vots(
    corners: list[tuple[float, float]], box: list[float], pixels: int
) -> None:
    """Each polygon lies in its box, so that the overlap is the share of the box's pixels."""
    columns, rows = max(box[0], -1), max(box[1], -1)
    width = min(box[0] + box[2], 99) - columns
    height = min(box[1] + box[3], 79) - rows
    overlap = pixels / (width * height)
    polygon = np.array(corners, dtype=float)
    with np.errstate(all="raise"):
        found = region_overlap(polygon, np.array(box, dtype=float), SIZE)
    assert found == pytest.approx(overlap)
    assert region_overlap(np.array(box, dtype=float), polygon, SIZE) == pytest.approx(overlap)


def test_a_box_within_a_polygon() -> None:
    corners = np.array([[10.0, 10], [30, 10], [30, 30], [10, 30]])
    overlap = region_overlap(np.array([15.0, 14, 5, 6]), corners, SIZE)
    assert overlap == pytest.approx(5 * 6 / 21**2)


@pytest.mark.parametrize("column", [0, 1, 2, 3])
def test_a_truth_that_is_not_known_in_full_is_none(column: int) -> None:
    truth = BOX.copy()
    truth[column] = np.nan
    assert np.isnan(region_overlap(BOX, truth, SIZE))


def test_overlaps_of_numbers_and_without_truth() -> None:
    overlaps = region_overlaps([INITIALISED, BOX, BOX], [BOX, BOX, BOX * np.nan], SIZE)
    np.testing.assert_array_equal(overlaps, [0, 1, np.nan])
    with pytest.raises(ValueError, match="1 regions for 2 frames"):
        region_overlaps([BOX], [BOX, BOX], SIZE)


def test_accuracy_leaves_out_the_burn_in_and_failures() -> None:
    run = run_of("ibbbfssssibbb")
    run.overlaps[:] = np.arange(13) / 100
    counted = run.counted_overlaps(burn_in=3)
    assert np.flatnonzero(~np.isnan(counted)).tolist() == [3, 12]
    measures = sequence_measures([run], burn_in=3)
    assert measures == {"accuracy": pytest.approx(0.075), "failures": 1, "frames": 13}
    assert sequence_measures([run])["accuracy"] == 0  # all of it is burn-in


@pytest.mark.parametrize("burn_in", [0, 1])
def test_the_frame_of_a_start_never_counts(burn_in: int) -> None:
    counted = run_of("ibbfssibb").counted_overlaps(burn_in)
    assert np.flatnonzero(~np.isnan(counted)).tolist() == [1, 2, 7, 8]


def test_fragments_begin_with_a_start_and_end_before_a_failure() -> None:
    run = run_of("sibbfsibbfsib")
    run.overlaps[:] = np.arange(13) / 100
    run.overlaps[7] = np.nan  # not annotated
    found = [(overlaps.tolist(), complete) for overlaps, complete in run.fragments()]
    assert found == [([0.01, 0.02, 0.03], False), ([0.06, 0.08], False), ([0.11, 0.12], True)]
    assert run.failures == 2


def test_measures_weigh_sequences_with_their_lengths() -> None:
    runs = {
        "short": [run_of("ib" + "b" * 8, 1.0)],
        "long": [run_of("ib" + "b" * 23 + "fssss", 0.5)],
    }
    measures = vot_measures(runs, eao_interval=(1, 9), burn_in=1)
    assert measures["accuracy"] == pytest.approx((10 * 1.0 + 30 * 0.5) / 40)
    assert measures["robustness"] == pytest.approx(30 / 40)
    assert measures["failures"] == 1
    assert measures["reliability"] == pytest.approx(np.exp(-30 * 0.75 / 20))
    assert measures["eao"] == pytest.approx(0.75)


@pytest.mark.filterwarnings("error")
def test_expected_overlap_after_a_failure_is_0_and_after_the_end_unknown() -> None:
    # Failed after two boxes: means 1, 1, 2/3, 2/4. Complete after three: means .5, then unknown.
    curve = expected_overlap_curve([run_of("ibbfs", 1.0), run_of("ibbb", 0.5)])
    np.testing.assert_allclose(curve, [0, 0.75, 0.75, (2 / 3 + 0.5) / 2])
    longer = expected_overlap_curve(
        [run_of("ibbfs", 1.0), run_of("ibbbb", 0.5), run_of("ibb", 0.5)]
    )
    np.testing.assert_allclose(longer[2:], [2 / 3, (2 / 3 + 0.5) / 2, (2 / 4 + 0.5) / 2])
    assert expected_average_overlap(curve, (1, 2)) == pytest.approx(0.75)
    assert expected_average_overlap(curve, (2, 100)) == pytest.approx(curve[2:].mean())
    assert np.isnan(expected_average_overlap(curve))


def test_vot_2016_averages_from_108_to_371_frames() -> None:
    assert expected_average_overlap(np.arange(500.0)) == (108 + 371) / 2


def test_no_start_no_expected_overlap() -> None:
    with pytest.raises(ValueError, match="no tracker was ever started"):
        expected_overlap_curve([run_of("bbb")])


def noisy_run(rng: np.random.Generator, overlap: float, failures: int) -> JudgedRun:
    run = run_of("i" + "b" * 100 + "fi" * failures + "b" * (20 - 2 * failures))
    run.overlaps[1:101] = overlap + rng.normal(0, 0.02, 100)
    return run


def test_trackers_that_do_not_differ_share_a_rank() -> None:
    rng = np.random.default_rng(0)

    def runs(overlap: float, failures: tuple[int, ...]) -> dict[str, list[JudgedRun]]:
        return {"bag": [noisy_run(rng, overlap, count) for count in failures]}

    trackers = {
        "worst": runs(0.3, (8, 9, 8, 9, 8, 9)),
        "good": runs(0.6, (0, 1, 2, 0, 1, 2)),
        "as good": runs(0.6001, (1, 0, 1, 2, 1, 1)),
    }
    ranks = vot_ranks(trackers)
    assert ranks["worst"] == {"accuracy_rank": 3, "robustness_rank": 3}
    assert ranks["good"] == {"accuracy_rank": 1.5, "robustness_rank": 1.5}
    assert ranks["as good"] == ranks["good"]
    untested = vot_ranks(trackers, alpha=0)
    assert sorted(one["accuracy_rank"] for one in untested.values()) == [1, 2, 3]
    assert untested["good"]["robustness_rank"] == 1.5  # the same number of failures


def accuracy_ranks(trackers: dict[str, list[JudgedRun]], alpha: float) -> list[float]:
    ranks = vot_ranks({name: {"bag": runs} for name, runs in trackers.items()}, alpha, 1)
    return [one["accuracy_rank"] for one in ranks.values()]


@pytest.mark.filterwarnings("error")
def test_accuracy_is_ranked_by_the_mean_over_runs_of_the_frames_that_count() -> None:
    low, high = ("i" + "b" * 20, 0.2), ("i" + "b" * 20, 0.8)
    two_runs = [run_of(*low), run_of(*high)]  # 0.5 in the mean
    assert accuracy_ranks(
        {"a": two_runs, "b": [run_of("i" + "b" * 20, 0.45)], "c": [run_of("i" + "b" * 20, 0.55)]},
        alpha=0,
    ) == [2, 3, 1]
    # Frames that do not count are no misses; fewer frames are no lower mean.
    failed = run_of("i" + "b" * 12 + "fssssi" + "b" * 6, 0.5)
    assert accuracy_ranks({"a": [failed], "b": [run_of("i" + "b" * 24, 0.45)]}, alpha=0) == [1, 2]
    nothing = run_of("ifssss")
    assert accuracy_ranks({"a": [nothing], "b": [run_of("ibbbbb", 0.1)]}, alpha=0) == [2, 1]


@pytest.mark.filterwarnings("error")
def test_few_or_equal_frames_do_not_differ() -> None:
    def pair(frames: int, equal: int = 0) -> dict[str, list[JudgedRun]]:
        one, other = (run_of("i" + "b" * frames, overlap) for overlap in (0.4, 0.6))
        one.overlaps[1:] += np.arange(frames) / 100
        one.overlaps[1 : 1 + equal] = 0.6
        return {"one": [one], "other": [other]}

    # Of five differences of one sign the signed-rank test's p is 2 / 2^5 = .0625.
    assert accuracy_ranks(pair(5), alpha=0.0625) == [2, 1]
    assert accuracy_ranks(pair(5), alpha=0.06) == [1.5, 1.5]
    by_default = vot_ranks({name: {"bag": runs} for name, runs in pair(5).items()}, burn_in=1)
    assert [one["accuracy_rank"] for one in by_default.values()] == [1.5, 1.5]  # .05
    assert accuracy_ranks(pair(4), alpha=0.5) == [1.5, 1.5]  # fewer say nothing
    assert accuracy_ranks(pair(8, equal=8), alpha=0.05) == [1.5, 1.5]
    assert accuracy_ranks(pair(12, equal=1), alpha=0.05) == [2, 1]


def test_failures_are_compared_run_by_run() -> None:
    def runs(*failures: int) -> dict[str, list[JudgedRun]]:
        return {"bag": [run_of("ib" + "fi" * count + "b" * (20 - 2 * count)) for count in failures]}

    # Three runs against three that are all worse: the rank-sum test's p is 2 / 20.
    trackers = {"worse": runs(3, 4, 5), "better": runs(0, 1, 2)}
    for alpha, ranks in ((0.11, [2, 1]), (0.09, [1.5, 1.5])):
        assert [one["robustness_rank"] for one in vot_ranks(trackers, alpha).values()] == ranks


def test_trackers_are_ranked_on_what_all_of_them_have() -> None:
    one = {"bag": [run_of("ibb", 0.6)], "ball": [run_of("ifs")]}
    two = {"bag": [run_of("ibb", 0.5)], "car": [run_of("ibb")]}
    assert ranks_on_common_sequences({"one": one, "two": two}) == vot_ranks(
        {"one": {"bag": one["bag"]}, "two": {"bag": two["bag"]}}
    )
    assert ranks_on_common_sequences({"one": {"bag": one["bag"]}, "two": {"car": two["car"]}}) == {}
    assert ranks_on_common_sequences({}) == {}


def test_ranks_need_the_same_sequences() -> None:
    with pytest.raises(ValueError, match="two and one ran on different sequences"):
        vot_ranks({"one": {"bag": [run_of("ib")]}, "two": {"ball": [run_of("ib")]}})
