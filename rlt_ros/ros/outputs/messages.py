# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Results, pictures and status as messages. Boxes are x, y, w, h; messages hold centre and size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D, ObjectHypothesisWithPose

from rlt_ros.msg import TrackerStatus
from rlt_ros.ros.worker.tracking_worker import State, Status
from rlt_ros.tracking import TrackResult


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
        disabled=status.disabled,
        target_id=status.target_id,
        score=status.score,
        latency=status.latency,
        tracking_time=status.tracking_time,
        frames_received=status.frames_received,
        frames_tracked=status.frames_tracked,
        frames_dropped=status.frames_dropped,
        frames_untargeted=status.frames_untargeted,
        frames_waiting=status.frames_waiting,
        updates_done=status.updates_done,
        last_update_time=status.last_update_time,
        model_version=status.model_version,
        message=status.message,
    )


def inside_box(image: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Return the part of an H x W x 3 image that a box x, y, w, h covers, in whole pixels.

    Empty where the box lies outside.
    """
    x, y, w, h = (float(number) for number in box)
    height, width = image.shape[:2]
    left, top = max(0, math.floor(x)), max(0, math.floor(y))
    right, bottom = min(width, math.ceil(x + w)), min(height, math.ceil(y + h))
    return image[top : max(top, bottom), left : max(left, right)]


def to_image_message(image: np.ndarray, encoding: str, header: Header) -> Image:
    """Return an H x W (mono8) or H x W x 3 (rgb8) uint8 array as a message."""
    message: Any = Image(header=header, encoding=encoding)
    message.height, message.width = image.shape[:2]
    message.step = image.nbytes // image.shape[0]
    # Filled in place: assigning checks every byte in Python.
    message.data.frombytes(np.ascontiguousarray(image).data)
    return message
