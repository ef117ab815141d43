# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""VOT-2016's supervised protocol: what is lost is started again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from scripted import ScriptedRunner, ScriptedSequence

from rlt_ros.benchmark.measures.vot_regions import FAILED, INITIALISED, SKIPPED
from rlt_ros.benchmark.protocols.vot_supervised import supervised_run, true_regions

BOX = np.array([10.0, 10.0, 20.0, 20.0])
AWAY = np.array([60.0, 50.0, 20.0, 20.0])


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


def test_a_start_waits_for_a_whole_box_and_a_target_may_be_anywhere_in_the_image() -> None:
    edge = np.array([90.0, 10.0, 10.0, 20.0])
    truth = np.tile(edge, (3, 1))
    truth[0, 3] = np.nan
    runner = ScriptedRunner(np.tile(edge, (3, 1)))
    regions = supervised_run(runner, ScriptedSequence(truth))
    assert regions[:2] == [SKIPPED, INITIALISED]
    np.testing.assert_array_equal(regions[2], edge)


def test_the_next_frame_is_soon_enough_to_start_again() -> None:
    answers = np.tile(BOX, (4, 1))
    answers[1] = AWAY
    regions = supervised_run(ScriptedRunner(answers), ScriptedSequence(np.tile(BOX, (4, 1))), 1)
    codes = [one if isinstance(one, int) else "b" for one in regions]
    assert codes == [INITIALISED, FAILED, INITIALISED, "b"]


def test_restarting_at_once_is_refused() -> None:
    with pytest.raises(ValueError, match="restart_after is 0"):
        supervised_run(ScriptedRunner(BOX[None]), ScriptedSequence(BOX[None]), restart_after=0)
