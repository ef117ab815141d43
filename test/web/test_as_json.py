# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of trackers as what the browser gets."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from rlt_ros.msg import TrackerStatus

from rlt_ros.web.as_json import status_text


@pytest.mark.parametrize("disabled", [False, True])
@pytest.mark.parametrize("message", ["", "tracking is disabled: enable it to go on", "no image"])
def test_whether_a_tracker_is_enabled_is_not_read_from_its_words(
    disabled: bool, message: str
) -> None:
    status = TrackerStatus(state=TrackerStatus.IDLE, disabled=disabled, message=message)
    told = json.loads(status_text("/rlt/tracker", status))
    assert (told["enabled"], told["message"]) == (not disabled, message)
    assert (told["state"], told["tracker"]) == ("IDLE", "/rlt/tracker")
