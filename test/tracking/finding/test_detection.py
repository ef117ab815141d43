# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pretended_extractor import Computing

from rlt_ros.tracking import make_config
from rlt_ros.tracking.boxes import Boxes, centres, from_centres
from rlt_ros.tracking.finding import detection, redetection
from rlt_ros.tracking.finding.detection import SCAN_AFTER, Detector, Find, Scene
from rlt_ros.tracking.finding.redetection import frame_parts
from rlt_ros.tracking.finding.search import carried_over
from rlt_ros.tracking.finding.sighting import Sighting
from rlt_ros.tracking.finding.verification import Verdict
from rlt_ros.tracking.learning.box_regression import regression_features

START = np.array([100.0, 80.0, 40.0, 20.0])


class Regressor:
    """Moves boxes by (3, -2) pixels and makes them 1.1 times as large."""

    def refined_in(self, _: object, boxes: Boxes, __: bool) -> Boxes:
        return from_centres(centres(boxes) + np.array([3.0, -2.0]), 1.1 * boxes[:, 2:])


def refined(best_width: float, **settings: Any) -> Boxes:
    """START after box regression, by a classifier that likes boxes about ``best_width`` wide."""

    def features(boxes: Boxes) -> torch.Tensor:
        return torch.from_numpy(boxes)

    def classifier(boxes: torch.Tensor) -> torch.Tensor:
        score = -(boxes[:, 2] - best_width).abs()
        return torch.stack([torch.zeros_like(score), score], dim=1)

    extractor = Computing(area=np.array([0.0, 0.0, 640.0, 480.0]), features=features)
    config = make_config(**settings)
    regressor: Any = Regressor()
    detector = Detector(config, np.random.default_rng(0), START, regressor, None)
    seen = Sighting(START, START[None], features(START[None]), 1.0, 0.9)
    scene: Any = Scene(np.zeros((480, 640, 3), np.uint8), extractor, classifier)  # type: ignore[arg-type]
    return detector._refined(seen, scene)[0]


@pytest.mark.parametrize(
    ("best_width", "width"), [(10.0, 40.0), (43.0, 44.0), (48.0, 48.4), (100.0, 48.4)]
)
def test_boxes_move_in_full_and_are_resized_as_far_as_the_classifier_agrees(
    best_width: float, width: float
) -> None:
    box = refined(best_width)
    assert np.allclose(centres(box), centres(START) + np.array([6.0, -4.0]))
    assert np.allclose(box[2:], [width, width / 2])


def test_one_step_is_taken_whole_as_in_the_paper() -> None:
    box = refined(10.0, regression_steps=1)
    assert np.allclose(centres(box), centres(START) + np.array([3.0, -2.0]))
    assert np.allclose(box[2:], 1.1 * START[2:])


AREA, REGION = np.array([0.0, 0.0, 640.0, 480.0]), np.array([200.0, 160.0])
IMAGE = np.zeros((480, 640, 3), np.uint8)


class Extractor(Computing):
    """The features of boxes are the boxes; around START it sees 200 x 160 px."""

    def __init__(self, area: Boxes = AREA) -> None:
        self.area = area

    def features(self, boxes: Boxes) -> torch.Tensor:
        return torch.from_numpy(boxes)

    def region(self, box: Boxes) -> Boxes:
        return from_centres(centres(box), REGION * np.sqrt(box[2:].prod() / START[2:].prod()))

    def glance(self, image: NDArray[np.uint8], box: Boxes) -> Extractor:
        assert image is IMAGE
        return Extractor(self.region(box))


def liking(place: Boxes, top: float = 2.0, background: float = 0.0) -> Any:
    """Stand for a classifier: the target's score falls from ``top`` by .1 per pixel off a place."""

    def scores(boxes: torch.Tensor) -> torch.Tensor:
        middles = boxes[:, :2] + boxes[:, 2:] / 2
        distances = (middles - torch.from_numpy(place)).norm(dim=1)
        target = top - 0.1 * distances
        return torch.stack([torch.full_like(target, background), target], dim=1)

    return scores


class Judge:
    """Stands for a verifier; notes what it is asked and told."""

    def __init__(self, *believed: bool) -> None:
        self.believed = list(believed)
        self.judged: list[tuple[list[float], list[float], int]] = []
        self.confirmed: list[tuple[list[float], list[float], int]] = []

    def judge(self, features: torch.Tensor, box: Boxes, frames_in_doubt: int) -> Verdict:
        self.judged.append((features[0].tolist(), box.tolist(), frames_in_doubt))
        return Verdict(0.375, self.believed.pop(0))

    def confirm(self, features: torch.Tensor, box: Boxes, frames: int) -> None:
        self.confirmed.append((features[0].tolist(), box.tolist(), frames))


def detector_of(verifier: Judge | None = None, **settings: Any) -> Detector:
    off = {"motion_penalty": 0.0, "redetection_probability": 1.0, "scan_probability": 1.0}
    config = make_config(**{**off, **settings})
    fake: Any = verifier
    return Detector(config, np.random.default_rng(0), START, None, fake)


def scene_of(classifier: Any, extractor: Any = None) -> Scene:
    return Scene(IMAGE, extractor or cast(Any, Extractor()), classifier)


def test_what_is_nearby_is_found() -> None:
    place = centres(START) + np.array([9.0, -6.0])
    find = detector_of(candidates=2000).find(scene_of(liking(place)), START, 1.0, 0)
    np.testing.assert_allclose(centres(find.box), place, atol=1)
    assert (find.is_success, find.is_target, find.likeness) == (True, True, 1.0)
    assert find.seen.score == pytest.approx(2, abs=0.2)
    np.testing.assert_array_equal(find.features, find.seen.features[:1])
    assert len(find.seen.boxes) == 5


def test_candidates_reach_as_far_as_is_asked() -> None:
    far = centres(START) + np.array([40.0, 0.0])
    shifts = []
    for reach in (0.5, 2.0):  # of the mean side of 30 px
        find = detector_of(candidates=2000).find(scene_of(liking(far)), START, reach, 0)
        shifts.append((centres(find.box) - centres(START))[0])
    assert shifts[0] == pytest.approx(15, abs=1)
    assert shifts[1] == pytest.approx(40, abs=3)


def test_candidates_far_from_the_last_place_have_a_handicap() -> None:
    # .1 per pixel to the right for the score; the handicap is penalty x (sides away) squared, with
    # sides of sqrt(40 x 20) = 28.3 px: best where .1 = 2 x shift / 800.
    far = centres(START) + np.array([500.0, 0.0])
    detector = detector_of(candidates=4000, best_candidates=1, motion_penalty=1.0)
    find = detector.find(scene_of(liking(far, top=100.0)), START, 4.0, 0)
    assert (centres(find.box) - centres(START)) == pytest.approx([40, 0], abs=6)
    assert find.seen.score == pytest.approx(100 - 46, abs=1)  # without the handicap


@pytest.mark.parametrize(
    ("top", "background", "threshold", "success"),
    [
        (2.0, 0.0, 0.0, True),
        (2.0, 3.0, 0.0, False),
        (2.0, 0.0, 3.0, False),
        (-1.0, -3.0, 0.0, False),
    ],
)
def test_success_takes_score_and_probability(
    top: float, background: float, threshold: float, success: bool
) -> None:
    classifier = liking(centres(START), top=top, background=background)
    detector = detector_of(candidates=2000, success_threshold=threshold)
    find = detector.find(scene_of(classifier), START, 0.5, 0)
    assert (find.is_success, find.is_target) == (success, success)


@pytest.mark.parametrize(
    ("score", "probability", "success"),
    [(0.0, 0.9, False), (0.01, 0.51, True), (1.0, 0.5, False)],
)
def test_the_limits_themselves_are_no_success(
    score: float, probability: float, success: bool
) -> None:
    seen = sighting(130, probability, score)
    find = detector_of()._examined(seen, scene_of(liking(centres(START))), 0)
    assert find.is_success is success


class Noting:
    """Stands for a regressor: moves boxes by (4, 0), and notes what it is given."""

    def __init__(self) -> None:
        self.given: list[tuple[list[list[float]], list[list[float]]]] = []

    def refined(self, features: torch.Tensor, boxes: Boxes) -> Boxes:
        self.given.append((features.tolist(), boxes.tolist()))
        return boxes + np.array([4.0, 0.0, 0.0, 0.0])

    def refined_in(self, extractor: Any, boxes: Boxes, context: bool) -> Boxes:
        of = extractor.context_features if context else extractor.features
        return self.refined(of(boxes), boxes)


class Wide(Extractor):
    """The wider features of boxes are the boxes and 1000."""

    def context_features(self, boxes: Boxes) -> torch.Tensor:
        return torch.from_numpy(boxes + 1000)


def refined_by(regressor: Noting | None, classifier: Any, **settings: Any) -> Find:
    fake: Any = regressor
    detector = detector_of(**settings)
    detector._regressor = fake
    return detector.find(scene_of(classifier, Wide()), START, 0.5, 0)


@pytest.mark.parametrize("kind", ["context", "classifier"])
def test_one_step_is_the_mean_of_the_best_boxes_refined(kind: str) -> None:
    regressor = Noting()
    find = refined_by(
        regressor, liking(centres(START)), regression_steps=1, regression_features=kind
    )
    best = find.seen.boxes
    assert len(best) == 5
    assert regressor.given == [((best + 1000 * (kind == "context")).tolist(), best.tolist())]
    np.testing.assert_allclose(find.box, best.mean(axis=0) + np.array([4, 0, 0, 0]))


def test_steps_go_on_from_the_mean_and_features_are_those_of_the_box() -> None:
    regressor = Noting()
    judge = Judge(True)
    detector = detector_of(judge, regression_steps=2)
    detector._regressor = cast(Any, regressor)
    find = detector.find(scene_of(liking(centres(START)), Wide()), START, 0.5, 0)
    best = find.seen.boxes
    once = best.mean(axis=0) + np.array([4, 0, 0, 0])
    first, second = (boxes for _, boxes in regressor.given)
    assert first == best.tolist()
    np.testing.assert_allclose(second, [once])
    np.testing.assert_allclose(find.box, once + np.array([4, 0, 0, 0]))
    assert judge.judged == [(find.box.tolist(), find.box.tolist(), 0)]
    assert find.features.shape == (1, 4)


def test_three_steps_are_three() -> None:
    regressor = Noting()
    refined_by(regressor, liking(centres(START)), regression_steps=3)
    lefts = [np.mean(boxes, axis=0)[0] for _, boxes in regressor.given]
    np.testing.assert_allclose(np.diff(lefts), [4, 4])


@pytest.mark.parametrize(("per_pixel", "width"), [(0.001, 48.4), (0.0, 48.4), (-0.001, 40.0)])
def test_any_rise_or_none_is_agreement_with_a_size(per_pixel: float, width: float) -> None:
    detector = detector_of(regression_steps=2)
    detector._regressor = cast(Any, Regressor())

    def classifier(boxes: torch.Tensor) -> torch.Tensor:
        score = per_pixel * boxes[:, 2]
        return torch.stack([torch.zeros_like(score), score], dim=1)

    seen = Sighting(START, START[None], torch.from_numpy(START[None]), 1.0, 0.9)
    box, features = detector._refined(seen, scene_of(classifier, Wide()))
    assert box[2] == pytest.approx(width)
    assert features is not None
    np.testing.assert_array_equal(features, box[None])


def test_refined_boxes_stay_in_the_area() -> None:
    detector = detector_of()
    detector._regressor = cast(Any, Noting())
    extractor: Any = Wide(np.array([0.0, 0.0, 121.0, 480.0]))
    find = detector.find(scene_of(liking(np.array([121.0, 90.0])), extractor), START, 0.5, 0)
    assert find.is_success
    assert centres(find.box)[0] == 121


def test_only_what_the_classifier_takes_for_the_target_is_refined() -> None:
    for top, refined in ((2.0, True), (-1.0, False)):
        find = refined_by(Noting(), liking(centres(START), top=top))
        assert find.is_success is refined
        assert np.array_equal(find.box, find.seen.box) is not refined
    find = refined_by(None, liking(centres(START)))
    assert find.is_success
    np.testing.assert_array_equal(find.box, find.seen.box)


@pytest.mark.parametrize("believed", [True, False])
def test_a_find_is_verified(believed: bool) -> None:
    judge = Judge(believed)
    detector = detector_of(judge)
    find = detector.find(scene_of(liking(centres(START))), START, 0.5, 7)
    assert judge.judged == [(find.box.tolist(), find.box.tolist(), 7)]
    assert (find.likeness, find.is_success, find.is_target) == (0.375, True, believed)
    detector.confirm(find, 7)
    assert judge.confirmed == [(find.features[0].tolist(), find.box.tolist(), 8)]


def test_what_the_classifier_does_not_take_for_the_target_is_none() -> None:
    find = detector_of(Judge(True)).find(scene_of(liking(np.zeros(2), top=-9.0)), START, 0.5, 0)
    assert (find.is_success, find.is_target) == (False, False)


def looked(
    monkeypatch: pytest.MonkeyPatch, *sightings: Sighting | None
) -> list[tuple[list[float], list[float]]]:
    """Let looks all over see these; return the areas and target sizes that are looked for."""
    asked: list[tuple[list[float], list[float]]] = []
    left = list(sightings)

    def look_all_over(classifier: Any, extractor: Any, size: Any, rng: Any, best: int) -> Any:
        asked.append((extractor.area.tolist(), size.tolist()))
        return left.pop(0)

    monkeypatch.setattr(detection, "look_all_over", look_all_over)
    return asked


def sighting(x: float, probability: float, score: float = 1.0) -> Sighting:
    box = np.array([x, 80.0, 40.0, 20.0])
    return Sighting(box, box[None], torch.from_numpy(box[None]), score, probability)


NOTHING = liking(np.zeros(2), top=-9.0)  # nearby: a probability of almost 0


def test_elsewhere_is_looked_for_only_if_nothing_is_nearby(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = looked(monkeypatch, sighting(130, 0.9), sighting(130, 0.9))
    detector = detector_of(redetection_probability=0.6)
    assert detector.find(scene_of(liking(centres(START))), START, 0.5, 0).is_target
    assert asked == []
    find = detector.find(scene_of(NOTHING), START, 0.5, 1)
    assert asked == [(AREA.tolist(), [40, 20])]
    assert find.is_target
    np.testing.assert_array_equal(find.box, [130, 80, 40, 20])
    # The size looked for is that of what was found last.
    detector.confirm(find._replace(seen=find.seen._replace(box=np.array([0.0, 0, 50, 60]))), 0)
    detector.find(scene_of(NOTHING), START, 0.5, 1)
    assert asked[1:] == [(AREA.tolist(), [50, 60])]
    off = detector_of()
    assert not off.find(scene_of(NOTHING), START, 0.5, 99).is_target
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (None, False),
        (sighting(130, 0.7), False),  # no more than the least
        (sighting(130, 0.71), True),
        (sighting(130, 0.9, score=-0.1), False),  # no success
        (sighting(600, 0.9), True),  # verification asks more of what is far off
    ],
)
def test_a_find_elsewhere_must_be_likely(
    monkeypatch: pytest.MonkeyPatch, seen: Sighting | None, found: bool
) -> None:
    looked(monkeypatch, seen)
    detector = detector_of(redetection_probability=0.7)
    find = detector.find(scene_of(NOTHING), START, 0.5, 1)
    assert find.is_target is found
    assert (seen is not None and np.array_equal(find.box, seen.box)) is found
    assert found or centres(find.seen.box) == pytest.approx(centres(START), abs=20)


@pytest.mark.parametrize("believed", [True, False])
def test_a_find_elsewhere_is_verified(monkeypatch: pytest.MonkeyPatch, believed: bool) -> None:
    looked(monkeypatch, sighting(600, 0.9))
    judge = Judge(False, believed)
    detector = detector_of(judge, redetection_probability=0.7)
    find = detector.find(scene_of(liking(centres(START), top=9.0)), START, 0.5, 3)
    assert find.is_target is believed
    assert [one[1:] for one in judge.judged][1] == ([600, 80, 40, 20], 3)


def test_the_rest_of_the_frame_is_scanned_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    # Parts of the shorter side, 160 px, of the frame of 640 x 480, nearest first and over again.
    parts = frame_parts((640, 480), 160.0, START)
    monkeypatch.setattr(redetection, "CLOSE_PARTS", len(parts))
    areas = [from_centres(one, REGION).tolist() for one in centres(parts)]
    failures = [0, SCAN_AFTER - 1, SCAN_AFTER, SCAN_AFTER + 1, SCAN_AFTER + len(parts)]
    asked = looked(monkeypatch, *[None] * 7, sighting(130, 0.75), sighting(130, 0.85))
    detector = detector_of(scan_probability=0.8)
    for count in failures:
        assert not detector.find(scene_of(NOTHING), START, 0.5, count).is_target
    assert [area for area, _ in asked] == [areas[0], areas[1], areas[0]]
    both = detector_of(redetection_probability=0.6, scan_probability=0.8)
    find = both.find(scene_of(NOTHING), START, 0.5, SCAN_AFTER + 2)
    assert [area for area, _ in asked[3:]] == [AREA.tolist(), areas[2]]
    assert find.extractor.area.tolist() == AREA.tolist()
    asked.clear()
    looks = looked(monkeypatch, sighting(130, 0.75), sighting(130, 0.85))
    assert not detector.find(scene_of(NOTHING), START, 0.5, SCAN_AFTER + 3).is_target
    find = detector.find(scene_of(NOTHING), START, 0.5, SCAN_AFTER + 3)
    assert find.is_target
    assert find.extractor.area.tolist() == looks[1][0] == areas[3]


def test_a_frame_of_many_parts_is_scanned_from_afar(monkeypatch: pytest.MonkeyPatch) -> None:
    # Regions of twice 160 px, and closely, what looks like the target there.
    parts = frame_parts((640, 480), 320.0, START)
    afar = [from_centres(one, 2.0 * REGION).tolist() for one in centres(parts)]
    closely = from_centres(np.array([170.0, 90.0]), REGION).tolist()
    nearest = from_centres(centres(frame_parts((640, 480), 160.0, START)[0]), REGION).tolist()
    unsure = sighting(130, 0.5), sighting(150, 0.51), sighting(130, 0.79)
    asked = looked(monkeypatch, None, *unsure, sighting(130, 0.7))
    detector = detector_of(scan_probability=0.8)
    for count in range(4):
        found = detector.find(scene_of(NOTHING), START, 0.5, SCAN_AFTER + count)
        assert not found.is_target
    assert [area for area, _ in asked] == [*afar[:3], closely, nearest]
    assert all(size == START[2:].tolist() for _, size in asked)
    looked(monkeypatch, sighting(150, 0.6), sighting(130, 0.85))
    find = detector.find(scene_of(NOTHING), START, 0.5, SCAN_AFTER)
    assert find.is_target and find.seen.box[0] == 130
    assert find.extractor.area.tolist() == closely


def test_parts_are_as_wide_as_the_shorter_side_of_a_region(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Tall(Extractor):
        def region(self, box: Boxes) -> Boxes:
            return from_centres(centres(box), REGION[::-1])

    monkeypatch.setattr(redetection, "CLOSE_PARTS", len(frame_parts((640, 480), 160.0, START)))
    part = detector_of()._next_part(scene_of(NOTHING, Tall()), SCAN_AFTER)
    nearest = frame_parts((640, 480), 160.0, START)[0]
    assert part is not None
    np.testing.assert_allclose(centres(part.area), centres(nearest))


@pytest.mark.parametrize("kind", ["context", "classifier"])
def test_box_regression_sees_what_is_set(kind: str) -> None:
    extractor: Any = SimpleNamespace(features=lambda _: "own", context_features=lambda _: "wide")
    config = make_config(regression_features=kind)
    found = regression_features(config, extractor, START[None])
    assert found == {"context": "wide", "classifier": "own"}[kind]


def test_the_next_frame_takes_over_a_share() -> None:
    seen = Sighting(START, START[None], torch.zeros(1, 4), 1.0, 0.9)
    box = from_centres(centres(START) + np.array([4.0, 2.0]), 16.0 * START[2:])
    extractor: Any = None
    find = Find(seen, box, torch.zeros(1, 4), 1.0, True, True, extractor)
    for shares, move, size in (((0.5, 0.25), (2.0, 1.0), 2.0), ((0.0, 0.0), (0.0, 0.0), 1.0)):
        adaptation: dict[str, Any] = dict(
            zip(("centre_adaptation", "size_adaptation"), shares, strict=True)
        )
        box_kept = carried_over(make_config(**adaptation), find)
        assert np.allclose(centres(box_kept), centres(START) + np.array(move))
        assert np.allclose(box_kept[2:], size * START[2:])


@pytest.mark.parametrize(("penalty", "chosen"), [(0.0, 45.0), (0.5, 45.0), (2.0, 5.0), (3.0, 0.0)])
def test_candidates_pay_for_their_distance(
    monkeypatch: pytest.MonkeyPatch, penalty: float, chosen: float
) -> None:
    """The score of a candidate is less by the penalty times its squared distance in mean sides."""
    # Target scores by the pixels that candidates lie to the right.
    gains = {0.0: 0.0, 5.0: 0.07, 45.0: 4.0}
    side = 30.0
    wide = np.array([100.0, 80.0, side, side])
    candidates = np.array([wide + np.array([shift, 0.0, 0.0, 0.0]) for shift in gains])

    def features(boxes: Boxes) -> torch.Tensor:
        return torch.from_numpy(boxes - wide)

    def classifier(shifts: torch.Tensor) -> torch.Tensor:
        score = torch.tensor([gains[round(shift, 6)] for shift in shifts[:, 0].tolist()])
        return torch.stack([-score - 1.0, score + 1.0], dim=1)

    monkeypatch.setattr(
        "rlt_ros.tracking.finding.detection.sampling.gaussian_boxes", lambda *_: candidates
    )
    extractor: Any = Computing(area=np.array([0.0, 0.0, 640.0, 480.0]), features=features)
    config = make_config(motion_penalty=penalty, best_candidates=1)
    detector = Detector(config, np.random.default_rng(0), wide, None, None)
    scene: Any = Scene(np.zeros((480, 640, 3), np.uint8), extractor, classifier)  # type: ignore[arg-type]
    find = detector.find(scene, wide, 0.8, 0)
    # Of 4 - 2.25 p, 0.07 - p / 36 and 0 the largest wins.
    assert find.seen.box[0] - wide[0] == chosen
    # What the classifier says of it is left as it is.
    assert find.seen.score == pytest.approx(gains[chosen] + 1.0)
