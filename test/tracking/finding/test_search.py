# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a target is looked for next, and what is said of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rlt_ros.tracking import TrackerConfig, TrackState, make_config
from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.finding import search
from rlt_ros.tracking.finding.confidence import calibrated
from rlt_ros.tracking.finding.detection import Find, Scene
from rlt_ros.tracking.finding.search import SEARCH_GROWTH, Search, carried_over
from rlt_ros.tracking.finding.sighting import Sighting
from rlt_ros.tracking.finding.verification import Likenesses

TARGET: Boxes = np.array([20.0, 10.0, 8.0, 6.0])
CONFIG = make_config(
    search_translation=0.5,
    search_translation_lost=0.6,
    hold_threshold=1.5,
    lost_after=3,
    centre_adaptation=0.5,
    size_adaptation=0.5,
    inertia=0.5,
    extent_share=0.0,
    flow_share=0.25,
    likeness=0.7,
    likeness_doubtful=0.8,
    likeness_jumped=0.9,
    score_slope=0.5,
    score_likeness=3.0,
    score_offset=-0.5,
)
SCENE: Any = Scene(np.zeros((48, 64, 3), np.uint8), None, None)  # type: ignore[arg-type]


def sighting(box: Boxes, score: float = 0.0, probability: float = 0.7) -> Sighting:
    return Sighting(box, box[None], torch.tensor([[1.0, 2.0]]), score, probability)


def best_of_one(classifier: Any, extractor: Any, boxes: Boxes, count: int) -> Sighting:
    assert len(boxes) == count == 1
    return sighting(boxes[0])


def find_of(
    seen: Boxes, box: Boxes, is_target: bool, score: float = 0.0, likeness: float = 0.9
) -> Find:
    features = torch.zeros(1, 2)
    return Find(sighting(seen, score), box, features, likeness, is_target, is_target, SCENE)


class Told:
    """Stands for what a search asks: it finds what it is told, and keeps the questions."""

    def __init__(self) -> None:
        self.finds: list[Find] = []
        self.asked: list[tuple[list[float], float, int]] = []
        self.confirmed: list[int] = []
        self.doubted: list[Find] = []
        self.followed: list[bool] = []
        self.begun: list[object] = []
        self.carried: list[list[float]] = []
        self.verifier: Any = None

    def detector(self, config: Any, rng: Any, target: Boxes, regressor: Any, verifier: Any) -> Any:
        self.verifier = verifier
        return self

    def find(self, scene: Scene, box: Boxes, reach: float, failures: int) -> Find:
        self.asked.append((box.tolist(), reach, failures))
        return self.finds.pop(0)

    def begin(self, image: object, helper: object) -> None:
        self.begun.append(helper)

    def carry(self, expected: Any, is_guessed: bool) -> None:
        assert is_guessed, "frames without anything tell nothing of the camera"
        self.carried.append(expected(TARGET).tolist())

    def confirm(self, find: Find, failures: int) -> None:
        self.confirmed.append(failures)

    def doubt(self, find: Find) -> None:
        self.doubted.append(find)

    def steadied(self, box: Boxes, image: Any, followed: bool) -> Boxes:
        self.followed.append(followed)
        return box + np.array([1.0, 0.0, 0.0, 0.0])


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    result = Told()
    monkeypatch.setattr(search, "Detector", result.detector)
    monkeypatch.setattr(search, "Steadying", lambda *arguments: result)
    monkeypatch.setattr(search, "best_sighting", best_of_one)
    monkeypatch.setattr(search, "turned_looks", lambda *arguments: [torch.tensor([[3.0, 4.0]])])
    monkeypatch.setattr(search, "Verifier", lambda *arguments: arguments)
    return result


def started(config: TrackerConfig = CONFIG) -> Search:
    result = Search(config, np.random.default_rng(0), SCENE.image, TARGET)
    result.start(SCENE, None)
    return result


def test_the_first_frame_is_tracked_where_it_was_told(told: Told) -> None:
    following = Search(CONFIG, np.random.default_rng(0), SCENE.image, TARGET)
    result = following.start(SCENE, None)
    assert result.state is TrackState.TRACKING
    assert result.score == pytest.approx(calibrated(0.7, 1.0, 0.5, 3.0, -0.5))
    np.testing.assert_array_equal(result.box, TARGET)
    assert not np.shares_memory(result.box, following.box)  # whoever gets it may change it
    looks, box, least = told.verifier
    torch.testing.assert_close(looks, torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    np.testing.assert_array_equal(box, TARGET)
    assert least == Likenesses(steady=0.7, doubtful=0.8, jumped=0.9)


def test_nothing_verifies_where_no_likeness_is_asked(told: Told) -> None:
    started(make_config(likeness=0.0, extent_share=0.0))
    assert told.verifier is None


def test_a_found_target_is_published_steadied_and_searched_where_it_was_seen(told: Told) -> None:
    following = started()
    seen, refined = np.array([24.0, 10.0, 8.0, 6.0]), np.array([27.0, 10.0, 18.0, 6.0])
    told.finds = [find_of(seen, refined, True), find_of(seen, refined, True)]
    find, result = following.find(SCENE)
    assert find.is_target
    np.testing.assert_array_equal(result.box, refined + np.array([1.0, 0.0, 0.0, 0.0]))
    assert result.score == pytest.approx(calibrated(0.7, 0.9, 0.5, 3.0, -0.5))
    assert result.state is TrackState.TRACKING
    # Half way to centre 36, 13; wider by the root of 18 / 8.
    np.testing.assert_allclose(following.box, [32 - 6, 10, 12, 6])
    following.find(SCENE)
    assert told.asked == [(TARGET.tolist(), 0.5, 0), ([26.0, 10.0, 12.0, 6.0], 0.5, 0)]
    assert told.confirmed == [0, 0]
    assert told.followed == [True, True]


def test_a_target_is_expected_to_go_on(told: Told) -> None:
    following = started()
    seen = TARGET + np.array([6.0, 0.0, 0.0, 0.0])
    guess = TARGET + np.array([10.5, 0.0, 0.0, 0.0])
    told.finds = [
        find_of(seen, seen, True),
        find_of(TARGET, TARGET, False),
        find_of(guess, guess, False, score=1.6),
    ]
    following.expect(SCENE.image)
    assert following.box.tolist() == TARGET.tolist()
    following.find(SCENE)
    # It moved by 6: half of that is its velocity, and half of that goes on.
    following.expect(SCENE.image)
    assert following.box.tolist() == [27.5, 10.0, 8.0, 6.0]
    assert told.carried == [TARGET.tolist(), [21.5, 10.0, 8.0, 6.0]]
    following.find(SCENE)
    # It is not found there, and what is left of its velocity halves.
    following.expect(SCENE.image)
    assert following.box.tolist() == [28.25, 10.0, 8.0, 6.0]
    # What is likely it is followed as well, from 27.5 to 30.5.
    following.find(SCENE)
    following.expect(SCENE.image)
    assert following.box.tolist() == [31.625, 10.0, 8.0, 6.0]


def test_a_find_is_weighed_with_how_far_it_reaches(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wider:
        def __init__(self, share: float, extractor: Any, target: Boxes) -> None:
            assert share == 0.75
            assert target.tolist() == TARGET.tolist()

        def weighed(self, extractor: Any, box: Boxes) -> Boxes:
            return box + np.array([-5.0, 0.0, 10.0, 0.0])

    monkeypatch.setattr(search, "Extent", Wider)
    following = started(make_config(extent_share=0.75, size_adaptation=0.5, centre_adaptation=0.5))
    told.finds = [find_of(TARGET, TARGET, True), find_of(TARGET, TARGET, False, score=5.0)]
    find, result = following.find(SCENE)
    assert find.box.tolist() == [15.0, 10.0, 18.0, 6.0]
    assert result.box.tolist() == [16.0, 10.0, 18.0, 6.0]  # steadied
    np.testing.assert_allclose(following.box, [18.0, 10.0, 12.0, 6.0])  # the root of 8 * 18
    _, result = following.find(SCENE)  # what is doubted is not
    assert result.box.tolist() == TARGET.tolist()


def test_a_lost_target_is_searched_ever_wider_where_it_was_last(told: Told) -> None:
    following = started()
    guess = np.array([50.0, 30.0, 8.0, 6.0])
    told.finds = [find_of(guess, guess, False, score=1.5)] * 4
    told.finds += [find_of(guess, guess, True), find_of(guess, guess, False)]
    states = []
    for number in range(1, 5):
        _, result = following.find(SCENE)
        np.testing.assert_array_equal(result.box, TARGET)
        assert following.failures == number
        states.append(result.state)
    assert states == [TrackState.UNCERTAIN] * 2 + [TrackState.LOST] * 2
    reaches = [0.5, 0.5 * SEARCH_GROWTH, 0.6, 0.6]
    assert [reach for _, reach, _ in told.asked] == pytest.approx(reaches)
    assert [failures for *_, failures in told.asked] == [0, 1, 2, 3]
    assert (told.confirmed, len(told.doubted)) == ([], 4)
    _, result = following.find(SCENE)
    assert (told.confirmed, len(told.doubted)) == ([4], 4)
    assert told.followed == [False]  # flow has nothing to start from
    assert result.state is TrackState.TRACKING
    assert following.failures == 0
    following.find(SCENE)
    assert told.asked[-1] == (guess.tolist(), 0.5, 0)


def test_what_is_likely_the_target_holds_the_search(told: Told) -> None:
    """It is looked for there, no wider, and the guess is published: as it is seen of the image."""
    following = started()
    seen = np.array([60.0, 44.0, 8.0, 6.0])
    refined = seen - [2.0, 0.0, 0.0, 0.0]
    told.finds = [find_of(seen, refined, False, score) for score in (1.4, 1.6, 0.0)]
    following.find(SCENE)
    _, result = following.find(SCENE)
    assert result.state is TrackState.UNCERTAIN
    np.testing.assert_array_equal(following.box, seen)
    np.testing.assert_array_equal(result.box, [58, 44, 6, 4])
    following.find(SCENE)
    assert told.asked[2] == (seen.tolist(), 0.5, 2)
    assert following.box.tolist() == seen.tolist()


@pytest.mark.parametrize(
    ("centre", "size", "expected"),
    [
        (0.0, 0.0, [24, 10, 8, 6]),
        (1.0, 1.0, [27, 13, 18, 24]),
        (1.0, 0.0, [32, 22, 8, 6]),
        (0.0, 0.5, [22, 7, 12, 12]),
    ],
)
def test_so_much_of_box_regression_is_carried_over(
    centre: float, size: float, expected: list[float]
) -> None:
    config = make_config(centre_adaptation=centre, size_adaptation=size)
    seen, refined = np.array([24.0, 10.0, 8.0, 6.0]), np.array([27.0, 13.0, 18.0, 24.0])
    np.testing.assert_allclose(carried_over(config, find_of(seen, refined, True)), expected)
