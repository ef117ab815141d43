# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images of more than 8 bits as pictures: neither black for ever nor flickering."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from rlt_ros.web import exposure
from rlt_ros.web.encoder import jpeg_of, shrunk
from rlt_ros.web.exposure import Exposure


def ramp(low: int, high: int) -> NDArray[np.uint16]:
    return np.linspace(low, high, 64 * 48).reshape(48, 64).astype(np.uint16)


def test_a_camera_of_8_bits_is_shown_as_it_is() -> None:
    image = np.arange(48 * 64 * 3, dtype=np.uint32).reshape(48, 64, 3).astype(np.uint8)
    assert (Exposure()(image) == image).all()


def test_what_is_within_the_range_does_not_flicker() -> None:
    exposed = Exposure()
    exposed(ramp(1000, 5000))
    darker = exposed(ramp(1000, 3000))
    assert int(darker.max()) == pytest.approx(127, abs=2)


def test_the_range_follows_a_scene_that_stays_darker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposure, "PERIOD", 0.0)
    exposed = Exposure()
    exposed(ramp(1000, 60000))
    steps = [int(exposed(ramp(1000, 3000)).max()) for _ in range(30)]
    assert steps == sorted(steps)
    assert steps[0] < 20
    assert steps[-1] > 240


def test_a_scene_that_has_left_the_range_is_seen_at_once() -> None:
    exposed = Exposure()
    exposed(ramp(0, 300))  # with its cap on
    seen = exposed(ramp(20000, 24000))
    assert (int(seen.min()), int(seen.max())) == pytest.approx((0, 255), abs=2)


@pytest.mark.parametrize("kind", ["uint8", "int8", "uint16", "int16", "int32", "float32"])
def test_images_of_all_types_are_made_smaller(kind: str) -> None:
    image = np.arange(60 * 80).reshape(60, 80).astype(kind)
    small = shrunk(image, 40)
    assert small.shape == (30, 40)
    assert jpeg_of(Exposure()(small)).startswith(b"\xff\xd8")
