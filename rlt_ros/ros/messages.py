# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Boxes, results and status <-> messages. Boxes are x, y, w, h; messages hold centre and size."""

from __future__ import annotations

import math

from builtin_interfaces.msg import Time
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D, ObjectHypothesisWithPose

from rlt_ros.msg import TrackerStatus
from rlt_ros.ros.tracking_worker import Box, State, Status
from rlt_ros.tracking import InvalidBoxError, TrackResult


def stamp_nanoseconds(stamp: Time) -> int:
    """Return a stamp as one number; 0 stands for no stamp."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def box_of(detection: Detection2D) -> Box:
    """Return the box of a detection in pixels; its angle is ignored.

    Raises:
        InvalidBoxError: a number is not finite, or a side is not above zero.
    """
    centre, width, height = (
        detection.bbox.center.position,
        detection.bbox.size_x,
        detection.bbox.size_y,
    )
    if not all(math.isfinite(number) for number in (centre.x, centre.y, width, height)):
        raise InvalidBoxError(
            f"centre ({centre.x:g}, {centre.y:g}) and size {width:g}x{height:g} must be finite"
        )
    if width <= 0 or height <= 0:
        raise InvalidBoxError(f"size {width:g}x{height:g} must be above zero")
    return (centre.x - width / 2, centre.y - height / 2, width, height)


def to_detection(
    result: TrackResult, state: State, target_id: str, class_id: str, header: Header
) -> Detection2D:
    """Return a result as a message with the image's own header.

    In state LOST `results` is empty: nothing was detected. `bbox` then holds the last box.
    """
    x, y, w, h = (float(number) for number in result.box)
    detection = Detection2D(header=header, id=target_id)
    detection.bbox.center.position.x = x + w / 2
    detection.bbox.center.position.y = y + h / 2
    detection.bbox.size_x = w
    detection.bbox.size_y = h
    if state != State.LOST:
        hypothesis = ObjectHypothesisWithPose()
        hypothesis.hypothesis.class_id = class_id
        hypothesis.hypothesis.score = float(result.score)
        detection.results.append(hypothesis)
    return detection


def to_status(status: Status, header: Header) -> TrackerStatus:
    """Return the worker's status as a message."""
    return TrackerStatus(
        header=header,
        state=int(status.state),
        target_id=status.target_id,
        score=status.score,
        latency=status.latency,
        tracking_time=status.tracking_time,
        frames_received=status.frames_received,
        frames_tracked=status.frames_tracked,
        frames_dropped=status.frames_dropped,
        updates_done=status.updates_done,
        last_update_time=status.last_update_time,
        model_version=status.model_version,
        message=status.message,
    )
