# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who names targets by topics: init boxes, a detector, a person who clicks into the image."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from geometry_msgs.msg import PointStamped
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CompressedImage, Image
from vision_msgs.msg import Detection2D, Detection2DArray

from rlt_ros.complaints import Complaints
from rlt_ros.messages.detections import Box, box_of, check_numbers, stamp_nanoseconds
from rlt_ros.pixels.intensity import parse_intensity_range
from rlt_ros.ros.inputs.detector_boxes import chosen_boxes, parse_classes
from rlt_ros.ros.inputs.grown_box import box_around, grown_box
from rlt_ros.ros.inputs.image_conversion import ImageConverter
from rlt_ros.ros.interface.parameters import NodeConfig
from rlt_ros.ros.interface.topics import CLICKED_POINT, DETECTIONS_IN, INIT_BOX, Topic
from rlt_ros.ros.worker.replies import Answer
from rlt_ros.ros.worker.status import TargetStatus
from rlt_ros.ros.worker.suggestions import without_targets
from rlt_ros.ros.worker.tracking_worker import State, Status, TrackedFrame, TrackingWorker
from rlt_ros.tracking import InvalidBoxError, InvalidImageError
from rlt_ros.tracking.boxes import BoxLike


class BoxSources:
    """Subscribes to what names targets, and asks the worker to follow them.

    Callbacks run in the executor's thread and do little more than hand over; growing a box from a
    click takes some 10 ms.

    `worker` returns the one that works now. (The executor holds subscriptions for a while after
    they were destroyed, and with them whatever they know.)
    """

    def __init__(
        self,
        node: Node,
        worker: Callable[[], TrackingWorker | None],
        settings: NodeConfig,
        complaints: Complaints,
    ) -> None:
        self._node = node
        self._worker = worker
        self._settings = settings
        self._complaints = complaints
        intensity = parse_intensity_range(settings.intensity_range)
        self._to_rgb = ImageConverter(intensity, lambda _: None)  # the worker's says what is wrong
        self._image: Image | CompressedImage | None = None
        self._targets: dict[str, BoxLike] = {}  # where each was seen last
        self._refused: Sequence[Box] = ()  # detections that are none of the targets that are lost
        self._asked = False  # for a detection's target, and not answered yet
        self._subscriptions = [
            self._subscribe(INIT_BOX, self._on_init_box),
            self._subscribe(CLICKED_POINT, self._on_click),
        ]
        self._detections: Any = None  # the subscription, while they are of use
        self.adopt(settings)

    @property
    def topic(self) -> str:
        """The full name of the init boxes' topic."""
        return str(self._subscriptions[0].topic_name)

    def adopt(self, settings: NodeConfig) -> None:
        """Go by other settings from the next message on: those about detections and clicks."""
        self._settings = settings
        if settings.detections_use == "nothing" and not settings.detections_find_lost:
            self._stop_detections()
        elif self._detections is None:
            self._detections = self._subscribe(DETECTIONS_IN, self._on_detections)

    def destroy(self) -> None:
        """Listen no more."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._stop_detections()
        self._image = None

    def _stop_detections(self) -> None:
        if self._detections is not None:
            self._node.destroy_subscription(self._detections)
        self._detections = None

    def see_image(self, message: Image | CompressedImage) -> None:
        """Keep the newest image, for a click."""
        self._image = message

    def see_targets(self, tracked: TrackedFrame, status: Status) -> None:
        """Keep where the targets are; from the worker's thread."""
        # A box that names a frame which was tracked already has nothing but its own target there.
        seen = {target.target_id: target.result.box for target in tracked.targets}
        known = {**self._targets, **seen}
        there = [target.target_id for target in status.targets]
        self._targets = {name: known[name] for name in there if name in known}
        self._refused = tracked.refused or self._refused

    def _subscribe(self, topic: Topic, callback: Callable[[Any], None]) -> Any:
        quality = QoSProfile(depth=topic.depth)
        return self._node.create_subscription(topic.type, topic.name, callback, quality)

    def _on_init_box(self, message: Detection2D) -> None:
        worker = self._worker()
        if worker is None:
            return
        try:
            box = box_of(message)
        except InvalidBoxError as error:
            worker.refuse(error)
            return
        if message.bbox.center.theta != 0:
            self._complaints.warn("rotated", "the init box is rotated; its angle is ignored")
        stamp, frame_id = stamp_nanoseconds(message.header.stamp), message.header.frame_id
        worker.submit_init(box, stamp, frame_id, target_id=message.id)

    def _on_click(self, message: PointStamped) -> None:
        worker = self._worker()
        if worker is None:
            return
        x, y, side = message.point.x, message.point.y, self._settings.click_size
        try:
            check_numbers(f"the clicked point ({x:g}, {y:g})", x, y)
            if side:
                box, stamp = box_around(x, y, side), 0
            elif self._image is None:
                raise InvalidBoxError(
                    "no image has come yet, in which a box could grow round the clicked point"
                )
            else:
                box = grown_box(self._to_rgb(self._image, None)[0], x, y)
                stamp = stamp_nanoseconds(self._image.header.stamp)
        except (InvalidBoxError, InvalidImageError) as error:
            worker.refuse(error)
            return
        worker.submit_init(box, stamp, message.header.frame_id)

    def _on_detections(self, message: Detection2DArray) -> None:
        worker, settings = self._worker(), self._settings
        if worker is None or self._asked:
            return
        boxes = chosen_boxes(
            message.detections,
            settings.detections_min_score,
            parse_classes(settings.detections_classes),
            lambda error: self._complaints.warn("detection", f"a detection is left out: {error}"),
        )
        status = worker.status()
        stamp, frame_id = stamp_nanoseconds(message.header.stamp), message.header.frame_id
        lost = [target for target in status.targets if target.state == State.LOST]
        if lost and settings.detections_find_lost:
            seen = self._places(target for target in status.targets if target not in lost)
            free = without_targets(boxes, seen)
            refused, self._refused = self._refused, ()
            worker.suggest(free, stamp, frame_id)
            # A target of its own is only what was there before, and was none of those lost.
            boxes = [box for box in free if not without_targets([box], refused)]
        if settings.detections_use == "nothing":
            return
        if settings.detections_use == "first" or not status.targets:
            if status.state != State.IDLE:
                return
        else:
            if len(status.targets) >= settings.max_targets:
                return
            boxes = without_targets(boxes, self._places(status.targets))
        if boxes:
            self._asked = True
            # A name of its own: an empty one would mean the only target.
            name = uuid.uuid4().hex
            worker.submit_init(boxes[0], stamp, frame_id, target_id=name, answered=self._answered)

    def _places(self, targets: Iterable[TargetStatus]) -> list[BoxLike]:
        """Return where targets were seen last, of those that were."""
        known = self._targets
        return [known[target.target_id] for target in targets if target.target_id in known]

    def _answered(self, _: Answer) -> None:
        self._asked = False
