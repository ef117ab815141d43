# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where targets are expected that move, before cameras that move."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rlt_ros.tracking.finding import expectation
from rlt_ros.tracking.finding.expectation import NEWEST, Expectation

IMAGE = np.zeros((48, 64, 3), np.uint8)
BOX = np.array([20.0, 10.0, 8.0, 6.0])  # centre 24, 13


class Camera:
    """Stands for the camera's motion: that of the test."""

    moved: NDArray[np.float64] | None = np.eye(2, 3)

    def next_frame(self, image: Any, target: Any) -> NDArray[np.float64] | None:
        assert image is IMAGE
        return self.moved


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> type[Camera]:
    monkeypatch.setattr(expectation, "CameraMotion", Camera)
    monkeypatch.setattr(Camera, "moved", np.eye(2, 3))
    return Camera


def expected(one: Expectation, box: NDArray[np.float64]) -> list[float]:
    result: list[float] = one.expected(box).tolist()
    return result


def test_what_rests_goes_with_the_picture(camera: type[Camera]) -> None:
    one = Expectation(0.8)
    camera.moved = np.array([[0.0, -1.0, 40.0], [1.0, 0.0, -4.0]])  # a quarter turn, and a shift
    one.next_frame(IMAGE, BOX)
    # The centre goes to 40 - 13, 24 - 4; the box stays upright.
    assert expected(one, BOX) == [23.0, 17.0, 8.0, 6.0]
    one.found(BOX, np.array([23.0, 17.0, 8.0, 6.0]))
    camera.moved = np.eye(2, 3)
    one.next_frame(IMAGE, BOX)
    assert expected(one, BOX) == BOX.tolist()


def test_a_velocity_is_against_the_background(camera: type[Camera]) -> None:
    """A camera that follows a target sees it rest, and the background move."""
    one = Expectation(1.0)
    camera.moved = np.array([[1.0, 0.0, -4.0], [0.0, 1.0, 0.0]])
    for _ in range(40):
        one.next_frame(IMAGE, BOX)
        one.found(BOX, BOX)
    one.next_frame(IMAGE, BOX)
    assert expected(one, BOX) == pytest.approx(BOX.tolist())
    camera.moved = np.eye(2, 3)  # the camera stops; the target goes on
    one.next_frame(IMAGE, BOX)
    assert expected(one, BOX) == pytest.approx([24.0, 10.0, 8.0, 6.0])


def test_a_velocity_is_learned_and_forgotten(camera: type[Camera]) -> None:
    one = Expectation(0.5)
    one.next_frame(IMAGE, BOX)
    one.found(BOX, BOX + np.array([6.0, 0.0, 0.0, 0.0]))
    assert expected(one, BOX)[0] == 20.0 + 0.5 * NEWEST * 6.0
    one.missed()
    assert expected(one, BOX)[0] == 20.0 + 0.5 * NEWEST * 3.0


def test_a_jump_is_no_velocity(camera: type[Camera]) -> None:
    one = Expectation(0.5)
    one.next_frame(IMAGE, BOX)
    side = 48**0.5
    one.found(BOX, BOX + np.array([0.0, -0.9 * side, 0.0, 0.0]))
    velocity = -0.9 * NEWEST * side
    assert expected(one, BOX)[1] == pytest.approx(10.0 + 0.5 * velocity)
    one.found(BOX, BOX + np.array([0.0, velocity - 1.01 * side, 0.0, 0.0]))
    assert expected(one, BOX)[1] == pytest.approx(10.0 + 0.5 * velocity / 2)


def test_a_camera_that_nobody_can_follow_goes_on_as_it_did(camera: type[Camera]) -> None:
    """Blur comes with the fastest swings: to expect a rest there is to lose what was followed."""
    one, guessed = Expectation(0.5), []

    def next_one(moved: NDArray[np.float64] | None) -> list[float]:
        camera.moved = moved
        one.next_frame(IMAGE, BOX)
        guessed.append(one.is_guessed)
        return expected(one, BOX)

    # A zoom about the middle of the box, and a shift: what is there moves by the shift alone.
    next_one(np.array([[1.5, 0.0, -12.0 + 8.0], [0.0, 1.5, -6.5 - 4.0]]))
    assert next_one(None) == pytest.approx([24.0, 8.0, 8.0, 6.0])
    assert next_one(None) == pytest.approx([22.0, 9.0, 8.0, 6.0])
    one.found(BOX, BOX + np.array([2.0, -1.0, 0.0, 0.0]))  # as it was guessed: it rests
    assert next_one(np.eye(2, 3)) == BOX.tolist()
    assert next_one(None) == BOX.tolist(), "the swing is over"
    assert guessed == [False, True, True, False, True]


def test_nothing_is_expected_outside_of_the_image(camera: type[Camera]) -> None:
    one = Expectation(0.8)
    camera.moved = np.array([[1.0, 0.0, -500.0], [0.0, 1.0, 500.0]])
    one.next_frame(IMAGE, BOX)
    assert expected(one, BOX) == [-4.0, 45.0, 8.0, 6.0]


def test_without_inertia_everything_stays_where_it_was(camera: type[Camera]) -> None:
    one = Expectation(0.0)
    camera.moved = np.array([[1.0, 0.0, -4.0], [0.0, 1.0, 0.0]])
    one.next_frame(IMAGE, BOX)
    one.found(BOX, BOX + np.array([8.0, 0.0, 0.0, 0.0]))
    assert expected(one, BOX) == BOX.tolist()
