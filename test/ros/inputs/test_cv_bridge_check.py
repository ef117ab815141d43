# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A cv_bridge that does not fit is found out where it does no harm."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from rlt_ros.messages.encodings import ENCODINGS
from rlt_ros.ros.inputs.cv_bridge_check import check_cv_bridge
from rlt_ros.ros.inputs.image_conversion import _cv_bridge_conversions

# Python modules that stand in for cv_bridge.
CRASHES = "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"
CRASHES_LATER = f"""
class CvBridge:
    def imgmsg_to_cv2(self, message, encoding):
        {CRASHES.replace(chr(10), "; ")}
"""
RAISES = "raise ImportError('numpy.core.multiarray failed to import')\n"
WRONG = """
import numpy
class CvBridge:
    def imgmsg_to_cv2(self, message, encoding):
        return numpy.zeros((message.height, message.width, 3), numpy.uint8)
"""
RIGHT_IN_PART = """
import cv2, numpy
class CvBridge:
    def imgmsg_to_cv2(self, message, encoding):
        assert encoding == "rgb8" and message.step * message.height == len(message.data)
        if message.encoding != "bgr8":
            raise RuntimeError("not a colour")
        shape = (message.height, message.width, 3)
        return cv2.cvtColor(numpy.frombuffer(message.data, "u1").reshape(shape), cv2.COLOR_BGR2RGB)
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that is imported as cv_bridge here and in child processes."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    for name in [name for name in sys.modules if name.split(".")[0] == "cv_bridge"]:
        monkeypatch.delitem(sys.modules, name)
    check_cv_bridge.cache_clear()
    _cv_bridge_conversions.cache_clear()
    yield tmp_path / "cv_bridge.py"
    check_cv_bridge.cache_clear()
    _cv_bridge_conversions.cache_clear()


@pytest.mark.parametrize(
    "source, problem",
    [
        (CRASHES, r"cv_bridge crashes \(signal 11\) beside numpy \d"),
        (CRASHES_LATER, r"cv_bridge crashes \(signal 11\) beside numpy \d"),
        (RAISES, r"cv_bridge fails beside numpy \d"),
        (WRONG, "cv_bridge converts no encoding rightly"),
    ],
)
def test_what_does_not_fit_is_not_used(installed: Path, source: str, problem: str) -> None:
    installed.write_text(source)
    found = check_cv_bridge()
    assert found.encodings == frozenset()

    assert re.match(problem, found.problem)
    assert "images are converted without it" in found.problem
    assert "cv_bridge" not in sys.modules


def test_one_that_does_not_answer_is_not_waited_for(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed.write_text("import time\ntime.sleep(60)\n" + RIGHT_IN_PART)
    monkeypatch.setattr("rlt_ros.ros.inputs.cv_bridge_check._SECONDS", 0.1)
    found = check_cv_bridge()
    assert found.encodings == frozenset()
    assert found.problem.startswith("cv_bridge does not answer beside numpy ")


def test_what_is_right_is_used_for_that(installed: Path) -> None:
    installed.write_text(RIGHT_IN_PART)
    assert check_cv_bridge() == (frozenset({"bgr8"}), "")
    assert "bgr8" in ENCODINGS
    conversions = _cv_bridge_conversions()
    assert conversions.keys() == {"bgr8"}
    blue = np.full((2, 3, 3), (255, 9, 0), np.uint8)
    np.testing.assert_array_equal(conversions["bgr8"](blue, "bgr8"), blue[..., ::-1])


def test_not_to_have_it_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlt_ros.ros.inputs.cv_bridge_check.find_spec", lambda name: None)
    check_cv_bridge.cache_clear()
    _cv_bridge_conversions.cache_clear()
    assert check_cv_bridge() == (frozenset(), "")
    assert _cv_bridge_conversions() == {}
    check_cv_bridge.cache_clear()
    _cv_bridge_conversions.cache_clear()
