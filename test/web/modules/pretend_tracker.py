# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A node with a tracker's topics and services that says what a test has it say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rlt_ros.msg import TrackerStatus
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from std_srvs.srv import SetBool, Trigger
from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose

from rlt_ros.closing import Closing
from rlt_ros.replay.spinning import SpinningNode
from rlt_ros.ros.outputs.messages import to_image_message

Box = tuple[float, float, float, float]
FOUND = (TrackerStatus.TRACKING, TrackerStatus.UNCERTAIN)


@dataclass
class Says:
    """What it says of each image that comes.

    Attributes:
        state: one of TrackerStatus.
        targets: boxes x, y, w, h in pixels, by their ids.
        answers: whether it says anything.
        detects: whether it publishes detections, not the status alone.
    """

    state: int = TrackerStatus.IDLE
    targets: dict[str, Box] = field(default_factory=dict)
    score: float = 0.9
    latency: float = 0.03
    message: str = ""
    answers: bool = True
    detects: bool = True


class PretendTracker(Closing):
    """Node `name`, which tracks in a topic's images."""

    def __init__(
        self,
        name: str,
        topic: str,
        *,
        several: bool = False,
        services: bool = False,
        compressed: bool = False,
        init_service: Any = None,
    ) -> None:
        self.says = Says()
        self.asked: list[Any] = []
        self.boxes: list[Any] = []
        self.received = 0
        self._several = several
        self._ros = SpinningNode(name)
        node = self.node = self._ros.node
        self._status = node.create_publisher(TrackerStatus, f"{name}/status", 10)
        self._detection = node.create_publisher(Detection2D, f"{name}/detection", 10)
        self._attention = node.create_publisher(Image, f"{name}/attention_map", 5)
        self._health = node.create_publisher(DiagnosticArray, "/diagnostics", 5)
        if several:
            self._detections = node.create_publisher(Detection2DArray, f"{name}/detections", 10)
        node.create_subscription(Detection2D, f"{name}/init_box", self.boxes.append, 10)
        kind, callback = (CompressedImage, _nothing) if compressed else (Image, self._on_image)
        node.create_subscription(kind, topic, callback, 5)
        node.create_timer(0.5, self._on_timer)
        if services:
            node.create_service(SetBool, f"{name}/enable", self._on_enable)
            node.create_service(Trigger, f"{name}/reset", self._on_reset)
        if init_service is not None:
            node.create_service(init_service, f"{name}/init", self._on_init)

    @property
    def full_name(self) -> str:
        return f"/{self.node.get_name()}"

    def close(self) -> None:
        self._ros.close()

    def publish_health(self, *entries: tuple[bytes, str, str]) -> None:
        """Publish diagnostics: level, name and message of each entry."""
        values = [KeyValue(key="rate in", value="30.0 Hz"), KeyValue(key="dropped", value="0")]
        array = DiagnosticArray()
        array.status = [
            DiagnosticStatus(level=level, name=name, message=message, values=values)
            for level, name, message in entries
        ]
        self._health.publish(array)

    def _on_image(self, message: Any) -> None:
        self.received += 1
        says = self.says
        if not says.answers:
            return
        if says.detects and says.state in (*FOUND, TrackerStatus.LOST):
            found = [self._detection_of(one, message.header) for one in says.targets.items()]
            if self._several:
                self._detections.publish(Detection2DArray(header=message.header, detections=found))
            else:
                self._detection.publish(found[0])
            if self._attention.get_subscription_count():
                attention = glow(message.width, message.height, list(says.targets.values()))
                self._attention.publish(to_image_message(attention, "mono8", message.header))
        self._tell(message.header)

    def _on_timer(self) -> None:
        if self.says.answers:
            self._tell(Header())

    def _tell(self, header: Any) -> None:
        says, count = self.says, self.received
        ripple = 0.03 * np.sin(count / 7.0)
        self._status.publish(
            TrackerStatus(
                header=header,
                state=says.state,
                target_id=next(iter(says.targets), ""),
                score=float(np.clip(says.score + ripple, 0, 1)),
                latency=says.latency * (1 + 4 * float(ripple)),
                frames_received=count,
                frames_tracked=count - count // 40,
                frames_dropped=count // 40,
                updates_done=count // 30,
                message=says.message,
            )
        )

    def _detection_of(self, target: tuple[str, Box], header: Any) -> Any:
        target_id, (x, y, w, h) = target
        detection: Any = Detection2D(header=header, id=target_id)
        detection.bbox.center.position.x, detection.bbox.center.position.y = x + w / 2, y + h / 2
        detection.bbox.size_x, detection.bbox.size_y = w, h
        if self.says.state in FOUND:
            hypothesis = ObjectHypothesisWithPose()
            hypothesis.hypothesis.score = self.says.score
            detection.results.append(hypothesis)
        return detection

    def _on_enable(self, request: Any, response: Any) -> Any:
        self.asked.append(("enable", request.data))
        response.success = True
        return response

    def _on_reset(self, _: Any, response: Any) -> Any:
        self.asked.append(("reset",))
        response.success, response.message = True, "all targets are forgotten"
        return response

    def _on_init(self, request: Any, response: Any) -> Any:
        self.asked.append(("init", request.detection))
        response.success, response.target_id = False, ""
        response.message = "no frame is stamped so"
        return response


def _nothing(_: Any) -> None:
    """Take an image, and say nothing of it."""


def glow(width: int, height: int, boxes: list[Box]) -> np.ndarray:
    """Return an attention map (H, W) uint8 that is bright within the boxes."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    total = np.zeros((height, width), np.float32)
    for x, y, w, h in boxes:
        for dx, dy, strength in ((0.5, 0.4, 1.0), (0.35, 0.7, 0.6), (0.7, 0.2, 0.5)):
            away = ((columns - x - dx * w) / (0.25 * w)) ** 2 + (
                (rows - y - dy * h) / (0.2 * h)
            ) ** 2
            total = np.maximum(total, strength * np.exp(-away))
    return np.asarray(255 * total, np.uint8)
