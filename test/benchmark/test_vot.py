# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""VOT-2016's supervised protocol, its measures and ranks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from scripted import ScriptedRunner, ScriptedSequence

from rlt_ros.benchmark.protocols.vot_measures import (
    JudgedRun,
    expected_average_overlap,
    expected_overlap_curve,
    sequence_measures,
    vot_measures,
)
from rlt_ros.benchmark.protocols.vot_overlap import region_overlap, region_overlaps
from rlt_ros.benchmark.protocols.vot_ranks import vot_ranks
from rlt_ros.benchmark.protocols.vot_supervised import supervised_run, true_regions
from rlt_ros.benchmark.result_files import FAILED, INITIALISED, SKIPPED, Region

SIZE = (100, 80)
BOX = np.array([10.0, 10.0, 20.0, 20.0])
AWAY = np.array([60.0, 50.0, 20.0, 20.0])


def run_of(text: str, overlap: float = 0.5) -> JudgedRun:
    """Make a run from one letter per frame: i, f, s for VOT's numbers, b for a box."""
    codes: dict[str, Region] = {"i": INITIALISED, "f": FAILED, "s": SKIPPED, "b": BOX}
    overlaps = [overlap if letter == "b" else 0.0 for letter in text]
    return JudgedRun([codes[letter] for letter in text], np.array(overlaps))


def test_a_lost_target_is_started_again_5_frames_later() -> None:
    truth = np.tile(BOX, (12, 1))
    answers = truth.copy()
    answers[[3, 10]] = AWAY
    runner = ScriptedRunner(answers)
    regions = supervised_run(runner, ScriptedSequence(truth))
    expected = [INITIALISED, BOX, BOX, FAILED, *[SKIPPED] * 4, INITIALISED, BOX, FAILED, SKIPPED]
    assert [np.array(one).tolist() for one in regions] == [
        np.array(one).tolist() for one in expected
    ]
    assert runner.starts == [(0, BOX.tolist()), (8, BOX.tolist())]


def test_each_start_has_frames_of_its_own() -> None:
    """So that each has the range of intensities of its first frame."""
    truth = np.tile(BOX, (12, 1))
    answers = truth.copy()
    answers[3] = AWAY
    asked: list[int] = []

    class Noting(ScriptedSequence):
        def frames(
            self, start: int = 0, stop: int | None = None, step: int = 1
        ) -> Iterator[NDArray[np.uint8]]:
            asked.append(start)
            return super().frames(start, stop, step)

    supervised_run(ScriptedRunner(answers), Noting(truth))
    assert asked == [0, 8]


def test_a_start_waits_for_a_box_and_what_is_not_annotated_is_no_failure() -> None:
    truth = np.tile(BOX, (9, 1))
    truth[[0, 2, 5]] = np.nan
    answers = np.tile(BOX, (9, 1))
    answers[3] = AWAY
    runner = ScriptedRunner(answers)
    regions = supervised_run(runner, ScriptedSequence(truth), restart_after=2)
    codes = [one if isinstance(one, int) else "b" for one in regions]
    assert codes == [SKIPPED, INITIALISED, "b", FAILED, SKIPPED, SKIPPED, INITIALISED, "b", "b"]


def test_failures_are_judged_with_the_polygon() -> None:
    # The polygon is a thin diagonal of its box; the tracker's box is in the empty corner.
    polygon = np.array([[10.0, 10], [12, 10], [40, 38], [38, 38]])
    truth = np.tile([10.0, 10, 30, 28], (3, 1))
    sequence = ScriptedSequence(truth, np.tile(polygon, (3, 1, 1)))
    runner = ScriptedRunner(np.tile([30.0, 11, 8, 8], (3, 1)))
    assert supervised_run(runner, sequence)[1] == FAILED
    np.testing.assert_array_equal(true_regions(sequence)[0], polygon)


def test_restarting_at_once_is_refused() -> None:
    with pytest.raises(ValueError, match="restart_after is 0"):
        supervised_run(ScriptedRunner(BOX[None]), ScriptedSequence(BOX[None]), restart_after=0)


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


def test_ranks_need_the_same_sequences() -> None:
    with pytest.raises(ValueError, match="two and one ran on different sequences"):
        vot_ranks({"one": {"bag": [run_of("ib")]}, "two": {"ball": [run_of("ib")]}})
