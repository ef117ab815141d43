# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking import Tracker, TrackState, make_config
from rlt_ros.tracking.finding.verification import (
    FIRST_USUAL,
    LOOK_INTERVAL,
    LOOKS,
    Likenesses,
    Verifier,
)
from rlt_ros.tracking.learning.augmentation import turned
from rlt_ros.tracking.state import Kept

Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]

LEAST = Likenesses(steady=0.5, doubtful=0.65, jumped=1.0)
HERE, NEAR, FAR = (np.array([x, 0.0, 10.0, 10.0]) for x in (0.0, 2.0, 30.0))


def look(cosine: float, way: int = 1) -> Tensor:
    """Return features with that cosine to the target's first look."""
    features = torch.zeros(1, 4)
    features[0, 0] = cosine
    features[0, way] = (1 - cosine**2) ** 0.5
    return features


def verifier_with_usual(cosine: float) -> Verifier:
    verifier = Verifier(look(1.0), HERE, LEAST)
    for _ in range(3):  # fewer frames than there are between looks
        verifier.confirm(look(cosine), HERE, 1)
    return verifier


@pytest.mark.parametrize("usual", [0.4, 0.9])
def test_what_counts_is_likeness_against_the_usual_one(usual: float) -> None:
    verifier = verifier_with_usual(usual)
    for share, believed in ((1.0, True), (0.6, True), (0.45, False)):
        verdict = verifier.judge(look(share * usual, way=2), HERE, 0)
        assert verdict.likeness == pytest.approx(share, rel=1e-5)
        assert verdict.believed is believed


@pytest.mark.parametrize(
    ("share", "box", "frames_in_doubt", "believed"),
    [
        (0.6, HERE, 0, True),  # steady: 0.5 is asked
        (0.6, HERE, 1, False),  # after a doubt: 0.65
        (0.7, HERE, 1, True),
        (0.7, NEAR, 1, True),  # a fifth of its side is no jump
        (0.9, FAR, 1, False),  # three sides are
        (0.9, FAR, 0, False),
        (1.05, FAR, 1, True),
        (0.6, HERE, 15, True),  # the longer in doubt, the less is asked
        (0.9, FAR, 30, True),
    ],
)
def test_more_is_asked_after_doubts_and_jumps(
    share: float, box: NDArray[np.float64], frames_in_doubt: int, believed: bool
) -> None:
    verifier = verifier_with_usual(0.8)
    assert verifier.judge(look(share * 0.8, way=2), box, frames_in_doubt).believed is believed


def test_likeness_is_a_cosine_whatever_the_length_of_features() -> None:
    verifier = Verifier(torch.cat([3 * look(1.0), 0.2 * look(0.6, way=3)]), HERE, LEAST)
    for features in (look(1.0), 9 * look(1.0), 0.1 * look(0.6, way=3)):
        assert verifier.judge(features, HERE, 0).likeness * FIRST_USUAL == pytest.approx(1)
    # .28 x .6 + .96 x .8
    assert verifier.judge(5 * look(0.28, way=3), HERE, 0).likeness == pytest.approx(0.936 / 0.7)
    verifier.confirm(7 * look(1.0), HERE, 1)
    verifier.confirm(7 * look(0.9), HERE, LOOK_INTERVAL)
    assert verifier.judge(look(0.9), HERE, 0).likeness == pytest.approx(1 / 0.95)


def test_looks_are_some_frames_apart() -> None:
    verifier = Verifier(look(1.0), HERE, LEAST)
    looks = []
    for frames in (LOOK_INTERVAL - 1, 1, 1, LOOK_INTERVAL - 2, 1, LOOK_INTERVAL):
        verifier.confirm(look(0.95), HERE, frames)
        looks.append(len(verifier._looks))
    assert looks == [1, 2, 2, 2, 3, 4]


def test_the_first_confirmed_find_sets_the_usual_likeness() -> None:
    verifier = Verifier(look(1.0), HERE, LEAST)
    verifier.confirm(look(0.9), HERE, 1)
    assert verifier.judge(look(0.9, way=2), HERE, 0).likeness == pytest.approx(1)
    verifier.confirm(look(0.5), HERE, 1)  # then it is the mean of what was confirmed
    assert verifier.judge(look(0.7, way=2), HERE, 0).likeness == pytest.approx(1)


@pytest.mark.parametrize(("cosine", "looks"), [(0.7, 2), (0.5, 1)])
def test_a_look_less_like_the_target_than_usual_is_not_kept(cosine: float, looks: int) -> None:
    verifier = verifier_with_usual(0.8)
    # The usual likeness becomes .775 or .725: four fifths of that are .62 or .58.
    verifier.confirm(look(cosine), HERE, LOOK_INTERVAL)
    assert len(verifier._looks) == looks


def test_jumps_are_from_where_it_was_confirmed_last() -> None:
    verifier = verifier_with_usual(0.8)
    verifier.confirm(look(0.8), FAR, 1)
    near_far = FAR + np.array([2.0, 0.0, 0.0, 0.0])
    assert verifier.judge(look(0.9 * 0.8, way=2), near_far, 1).believed
    assert not verifier.judge(look(0.9 * 0.8, way=2), HERE, 1).believed


def test_distance_says_little_where_nobody_knows_how_the_camera_moved() -> None:
    """A target's side more is free with each such frame, until the target is confirmed again."""

    def stays(box: NDArray[np.float64]) -> NDArray[np.float64]:
        return box

    def jump(sides: float) -> bool:
        box = HERE + np.array([10.0 * sides, 0.0, 0.0, 0.0])
        return verifier.judge(look(0.9 * 0.8, way=2), box, 1).believed

    verifier = verifier_with_usual(0.8)
    verifier.carry(stays, is_guessed=False)
    assert jump(0.4) and not jump(1.0)
    verifier.carry(stays, is_guessed=True)
    assert jump(1.4) and not jump(2.0)
    verifier.carry(stays, is_guessed=True)
    assert jump(2.4) and not jump(3.0)
    verifier.confirm(look(0.8), HERE, 1)
    assert jump(0.4) and not jump(1.0)


def test_new_looks_are_learned_step_by_step_and_the_first_one_stays() -> None:
    verifier = Verifier(look(1.0), HERE, LEAST)
    angles = np.linspace(0, np.pi / 2, 40)
    for angle in angles:
        turned = torch.tensor([[np.cos(angle), np.sin(angle), 0.0, 0.0]]).float()
        assert verifier.judge(turned, HERE, 0).believed
        verifier.confirm(turned, HERE, 5)
    assert verifier.judge(look(1.0), HERE, 0).likeness > 0.95
    assert len(verifier._looks) == LOOKS + 1
    # At once, the same turn is not believed.
    other = Verifier(look(1.0), HERE, LEAST)
    other.confirm(look(0.95), HERE, 1)
    assert not other.judge(turned, HERE, 0).believed


def test_what_slides_over_the_target_is_not_learned(frames: Frames, quick: dict[str, Any]) -> None:
    """A cover that stops on the target, which the classifier alone comes to like."""
    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 255, (9, 9, 3), dtype=np.uint8)
    cover = cv2.resize(coarse, (60, 60), interpolation=cv2.INTER_CUBIC)
    image, box = frames[4]
    x, y = box[:2].astype(int)
    states = []
    with Tracker(make_config(**{**quick, "update_interval": 2})) as tracker:
        tracker.init(*frames[0])
        for shown, _ in frames[1:5]:
            assert tracker.track(shown).state is TrackState.TRACKING
        for step in range(20):
            covered = image.copy()
            left = max(x - 14, x + 46 - 6 * step)
            part = covered[y - 10 : y + 50, left : left + 60]
            part[:] = cover[: part.shape[0], : part.shape[1]]
            states.append(tracker.track(covered).state)
        assert states[0] is TrackState.TRACKING
        assert states[-6:] == [TrackState.LOST] * 6
        assert tracker.track(image).state is TrackState.TRACKING


def test_a_first_find_unlike_the_target_is_not_believed() -> None:
    verifier = Verifier(look(1.0), HERE, LEAST)
    assert verifier.judge(look(0.5), HERE, 0).believed
    assert not verifier.judge(look(0.2), HERE, 0).believed


def test_all_looks_of_the_first_frame_stay() -> None:
    verifier = Verifier(torch.cat([look(1.0), look(0.0, way=3)]), HERE, LEAST)
    for _ in range(2 * LOOKS):
        verifier.confirm(look(0.95), HERE, 5)
    assert len(verifier._looks) == LOOKS + 2
    assert verifier.judge(look(0.0, way=3), HERE, 0).likeness > 1.0


@pytest.mark.parametrize(("turned_looks", "likeness"), [(0, 0.8), (8, 0.95)])
def test_a_turned_target_is_like_the_turned_looks(
    frames: Frames, quick: dict[str, Any], turned_looks: int, likeness: float
) -> None:
    image, box = frames[0]
    for angle, mirrored in ((np.pi / 4, False), (np.pi, False), (0.0, True)):
        with Tracker(make_config(**{**quick, "turned_looks": turned_looks})) as tracker:
            tracker.init(image, box)
            piece, there = turned(image, box, angle, mirrored)
            extractor = tracker._extractor.glance(piece, there)
            assert tracker._search._detector._verifier is not None
            features = extractor.features(there[None])
            cosine = tracker._search._detector._verifier._cosine(features)
            assert (cosine > likeness) is (turned_looks > 0), (angle, mirrored, cosine)


def test_what_is_asked_falls_further_while_the_classifier_sees_what_is_followed() -> None:
    verifier = verifier_with_usual(0.9)
    find = look(0.45 * 0.9, way=2)  # 0.65 is asked, and 0.15 less after ten frames in doubt
    for frames in range(1, 30):
        verifier.doubt(is_success=True)
        verifier.doubt(is_success=False)
        assert not verifier.judge(find, HERE, 2 * frames).believed
    believed = []
    for frames in range(60, 80):
        believed.append(verifier.judge(find, HERE, frames).believed)
        verifier.doubt(is_success=True)
    assert believed.index(True) == 4  # four frames of 0.015 take 0.5 below 0.45
    assert all(believed[4:])
    # No further than by 0.1 in all.
    assert not verifier.judge(look(0.39 * 0.9, way=2), HERE, 80).believed
    # What was confirmed begins anew.
    verifier.confirm(find, HERE, 1)
    usual = verifier.judge(look(1.0), HERE, 0).likeness
    assert not verifier.judge(look(0.45 / usual, way=3), HERE, 60).believed


def test_a_verifier_keeps_for_how_long_it_was_followed() -> None:
    verifier = verifier_with_usual(0.9)
    for _ in range(6):
        verifier.doubt(is_success=True)
    restored = Verifier.restored(Kept(verifier.state()), 4, torch.device("cpu"), LEAST)
    find = look(0.45 * 0.9, way=2)
    assert restored.judge(find, HERE, 20).believed
    restored.doubt(is_success=False)
    assert not restored.judge(find, HERE, 20).believed
