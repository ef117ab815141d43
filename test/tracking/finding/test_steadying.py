# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.finding import steadying
from rlt_ros.tracking.finding.steadying import Steadying

Image = NDArray[np.uint8]
TARGET: Boxes = np.array([100.0, 50.0, 40.0, 10.0])  # a side of 20 px, centred at 120, 55


def frame(number: int) -> Image:
    return np.full((8, 8, 3), number, np.uint8)


class Flow:
    """Stands for optical flow: its shift is what it is told, and it keeps what it is given."""

    def __init__(self) -> None:
        self.told: NDArray[np.float64] | None = None
        self.remembered: list[tuple[int, list[float]]] = []
        self.asked: list[int] = []

    def remember(self, image: Image, box: Boxes) -> None:
        self.remembered.append((int(image.max()), box.tolist()))

    def shift(self, image: Image) -> NDArray[np.float64] | None:
        self.asked.append(int(image.max()))
        return self.told


@pytest.fixture
def flow(monkeypatch: pytest.MonkeyPatch) -> Flow:
    result = Flow()
    monkeypatch.setattr(steadying, "OpticalFlow", lambda: result)
    return result


def test_the_flow_starts_at_the_box_that_was_published_last(flow: Flow) -> None:
    steady = Steadying(0.25, frame(1), TARGET)
    assert flow.remembered == [(1, TARGET.tolist())]
    flow.told = np.array([2.0, -4.0])
    # Found 6 px right of the target: a quarter is of the flow, at 122, 51, of the centre alone.
    found = np.array([106.0, 48.0, 40.0, 14.0])
    box = steady.steadied(found, frame(2), followed=True)
    np.testing.assert_allclose(box, [105.0, 47.0, 40.0, 14.0])
    assert flow.asked == [2]
    assert flow.remembered[1:] == [(2, box.tolist())]
    # From there, at 125, 54, on.
    flow.told = np.array([4.0, 0.0])
    again = steady.steadied(found, frame(3), followed=True)
    np.testing.assert_allclose(again, [106.75, 47.75, 40.0, 14.0])
    assert flow.remembered[2:] == [(3, again.tolist())]


def test_what_a_helper_has_begun_is_asked_once(flow: Flow) -> None:
    steady = Steadying(0.25, frame(1), TARGET)
    found = np.array([106.0, 48.0, 40.0, 14.0])
    with ThreadPoolExecutor(1) as helper:
        flow.told = np.array([2.0, -4.0])
        steady.begin(frame(2), helper)
        box = steady.steadied(found, frame(2), followed=True)
        np.testing.assert_allclose(box, [105.0, 47.0, 40.0, 14.0])
        assert flow.asked == [2]
        steady.begin(frame(3), helper)  # and then the target is not found
        steady.begin(frame(4), helper)
        flow.told = np.array([4.0, 0.0])
        steady.begin(frame(5), None)  # the next frame's is not begun
        steady.steadied(found, frame(5), followed=True)
    assert sorted(flow.asked) == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("shift", "share"),
    [((9.9, 0.0), 0.25), ((0.0, -9.9), 0.25), ((10.0, 0.0), 0.0), ((8.0, 8.0), 0.0)],
)
def test_flow_that_is_half_a_side_away_is_not_believed(
    flow: Flow, shift: tuple[float, float], share: float
) -> None:
    steady = Steadying(0.25, frame(1), TARGET)
    flow.told = np.array(shift)
    box = steady.steadied(TARGET, frame(2), followed=True)
    np.testing.assert_allclose(box, TARGET + share * np.array([*shift, 0.0, 0.0]))
    assert flow.remembered[1:] == [(2, box.tolist())]


def test_a_target_that_was_lost_or_has_no_flow_is_where_it_was_found(flow: Flow) -> None:
    steady = Steadying(0.25, frame(1), TARGET)
    flow.told = np.array([2.0, -4.0])
    found = TARGET + np.array([3.0, 1.0, 0.0, 0.0])
    np.testing.assert_array_equal(steady.steadied(found, frame(2), followed=False), found)
    assert flow.asked == []
    flow.told = None
    np.testing.assert_array_equal(steady.steadied(found, frame(3), followed=True), found)
    assert flow.remembered[1:] == [(2, found.tolist()), (3, found.tolist())]
    # The flow goes on from there.
    flow.told = np.array([2.0, 0.0])
    steadied = steady.steadied(found, frame(4), followed=True)
    np.testing.assert_allclose(steadied, found + np.array([0.5, 0.0, 0.0, 0.0]))


def test_without_a_share_there_is_no_flow(flow: Flow) -> None:
    steady = Steadying(0.0, frame(1), TARGET)
    found = TARGET + np.array([3.0, 1.0, 0.0, 0.0])
    assert steady.steadied(found, frame(2), followed=True) is found
    assert flow.remembered == []
    assert flow.asked == []
