# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node's publishers, and what goes out on each: results, status, and pictures if watched."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.lifecycle import LifecyclePublisher
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

from rlt_ros.media.drawing import draw_result
from rlt_ros.ros.interface.topics import (
    ANNOTATED_IMAGE,
    ANNOTATIONS,
    ATTENTION_MAP,
    DETECTION,
    DETECTIONS,
    DIAGNOSTICS,
    STATUS,
    TARGET_IMAGE,
    Topic,
)
from rlt_ros.ros.outputs.annotations import to_annotations
from rlt_ros.ros.outputs.messages import inside_box, to_detection, to_image_message, to_status
from rlt_ros.ros.worker.tracking_worker import State, Status, TrackedFrame, TrackedTarget

PICTURE_PERIOD = 0.2
"""Seconds after which pictures are published although the next frame waits."""


class Publications:
    """What the node says; the worker's thread calls, and the timer's for status and health."""

    def __init__(self, make_publisher: Callable[[Topic], LifecyclePublisher]) -> None:
        self._detection = make_publisher(DETECTION)
        self._detections = make_publisher(DETECTIONS)
        self._attention_map = make_publisher(ATTENTION_MAP)
        self._annotated_image = make_publisher(ANNOTATED_IMAGE)
        self._target_image = make_publisher(TARGET_IMAGE)
        self._annotations = None if ANNOTATIONS.type is None else make_publisher(ANNOTATIONS)
        self._status = make_publisher(STATUS)
        self._diagnostics = make_publisher(DIAGNOSTICS)
        self._annotated = False  # something stands in whoever's picture
        self._pictures_published = -math.inf
        self._status_published = time.monotonic()

    @property
    def status_age(self) -> float:
        """Seconds since the status was published."""
        return time.monotonic() - self._status_published

    def results(self, tracked: TrackedFrame, class_id: str) -> None:
        """Publish what others wait for: where each target is."""
        header = tracked.frame.message.header
        detections = [
            to_detection(target.result, target.state, target.target_id, class_id, header)
            for target in tracked.targets
        ]
        for detection in detections:
            self._detection.publish(detection)
        self._detections.publish(Detection2DArray(header=header, detections=detections))
        self._annotate(header, tracked.targets)

    def pictures(self, tracked: TrackedFrame) -> None:
        """Publish the pictures that somebody watches.

        They make room for a frame that waits: who looks on must not disturb tracking.
        """
        now = time.monotonic()
        if now - self._pictures_published < PICTURE_PERIOD and tracked.is_late():
            return
        self._pictures_published = now
        header = tracked.frame.message.header
        if self._attention_map.get_subscription_count():
            attention = tracked.attention_map()
            self._attention_map.publish(to_image_message(attention, "mono8", header))
        if self._annotated_image.get_subscription_count():
            annotated = tracked.image
            for target in tracked.targets:
                annotated = draw_result(annotated, target.result)
            self._annotated_image.publish(to_image_message(annotated, "rgb8", header))
        if self._target_image.get_subscription_count() and tracked.targets[0].state != State.LOST:
            inside = inside_box(tracked.image, tracked.result.box)
            if inside.size:
                self._target_image.publish(to_image_message(inside, "rgb8", header))

    def status(self, status: Status, header: Header) -> None:
        """Publish the status; without a target, the boxes drawn before go away."""
        self._status.publish(to_status(status, header))
        self._status_published = time.monotonic()
        if self._annotated and not status.targets:
            self._annotate(header, ())

    def health(self, message: DiagnosticArray) -> None:
        """Publish what `Diagnostics` made."""
        self._diagnostics.publish(message)

    def _annotate(self, header: Header, targets: Sequence[TrackedTarget]) -> None:
        publisher = self._annotations
        if publisher is not None and publisher.get_subscription_count():
            publisher.publish(to_annotations(ANNOTATIONS.type, header, targets))
            self._annotated = bool(targets)
