# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The panel's ROS side: it subscribes to what somebody watches, and to nothing else.

Everything here runs in the node's thread, pictures in that of the ``Encoder``. What comes out goes
to an ``Audience``, which has to take it from any thread and return at once.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.srv import GetParameters
from rclpy.clock import Clock, ClockType
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CompressedImage, Image
from vision_msgs.msg import Detection2D, Detection2DArray

from rlt_ros.closing import Closing
from rlt_ros.complaints import Complaints
from rlt_ros.messages.detections import stamp_nanoseconds
from rlt_ros.messages.images import compressed_pixels, raw_pixels
from rlt_ros.msg import TrackerStatus
from rlt_ros.ros.spinning import Executor
from rlt_ros.web import protocol
from rlt_ros.web.as_json import detections_text, health_text, status_text
from rlt_ros.web.calls import BoxSender
from rlt_ros.web.encoder import MAX_SIDE, Encoder, jpeg_of, jpeg_size, shrunk
from rlt_ros.web.exposure import Exposure
from rlt_ros.web.graph import (
    COMPRESSED_IMAGE,
    Tracker,
    find_trackers,
    why_camera_silent,
    why_tracker_silent,
)
from rlt_ros.web.hub import Demand

LOOK_PERIOD = 1.0
"""Seconds between looks at the graph."""

REMEMBERED = 600.0
"""Seconds that a tracker which has ended is spoken of."""

MAX_TARGETS = "max_targets"
"""The parameter of trackers that says how many targets they take at most."""

_ATTENTION_SIDE = 320  # pixels: the maps are coarse, and are shown smoothly
_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
_NUMBERS = QoSProfile(depth=30)


class Audience(Protocol):
    """Who is told what trackers say; see ``Hub``."""

    def on_graph(self, text: str) -> None:
        """What is there, once a second."""

    def on_text_for_all(self, text: str) -> None:
        """Something that is nobody's in particular."""

    def on_text(self, tracker: str, text: str) -> None:
        """What a tracker says."""

    def on_picture(self, stream: str, trackers: frozenset[str], picture: bytes) -> None:
        """What the camera of some trackers sees."""

    def on_attention(self, stream: str, tracker: str, picture: bytes) -> None:
        """What a tracker attends to."""


class PanelNode(Closing):
    """Node ``panel`` in a context and a thread of its own.

    Attributes:
        node: for those who ask something of trackers.
    """

    def __init__(self, audience: Audience, arguments: list[str] | None = None) -> None:
        """Start ROS with these arguments of a command line, and the threads.

        Raises:
            Exception: rclpy's, if the arguments are wrong.
        """
        self._audience = audience
        self._context = Context()
        rclpy.init(
            args=arguments, context=self._context, signal_handler_options=SignalHandlerOptions.NO
        )
        self.node = Node("rlt_panel", context=self._context)
        self._complaints = Complaints(self.node.get_logger())
        self._encoder = Encoder(self._complain)
        self._demand = Demand()
        self._trackers: dict[str, Tracker] = {}
        self._seen: dict[str, float] = {}
        self._links: dict[str, _TrackerLink] = {}
        self._cameras: dict[str, _Camera] = {}
        self._health: Any = None
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.node.create_timer(LOOK_PERIOD, self._look, clock=steady)
        self._news = self.node.create_guard_condition(self._look)
        self._over = False
        self._thread = threading.Thread(target=self._spin, name="panel callbacks", daemon=True)
        self._thread.start()

    def set_demand(self, demand: Demand) -> None:
        """Watch this from now on. Returns at once; from any thread."""
        self._demand = demand
        self._news.trigger()

    def tracker(self, name: str) -> Tracker | None:
        """Return a tracker that is there; from any thread."""
        return self._trackers.get(name) if self._is_present(name) else None

    def box_sender(self, name: str) -> BoxSender | None:
        """Return what hands boxes to a tracker that is watched; from any thread."""
        link = self._links.get(name)
        return None if link is None else link.boxes

    def now(self) -> float:
        """Return the node's time in seconds."""
        return float(self.node.get_clock().now().nanoseconds) / 1e9

    def close(self) -> None:
        """End the threads and ROS."""
        self._over = True
        self._news.trigger()
        self._thread.join()
        self._encoder.close()
        self._complaints.catch_up(everything=True)
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)

    def _spin(self) -> None:
        executor = Executor(context=self._context)
        executor.add_node(self.node)
        while not self._over:
            try:
                executor.spin_once()
            except ExternalShutdownException:
                return
            except Exception as error:  # whatever a message holds, the panel goes on
                self._complain("callback", error)
        executor.shutdown()

    def _complain(self, what: str, error: Exception) -> None:
        if self._context.ok():
            self._complaints.warn(what, f"{what} is left out: {type(error).__name__}: {error}")

    def _is_present(self, name: str) -> bool:
        return self._seen.get(name, -1.0) >= self._looked

    # ---- once a second, and when something else is watched -------------------------------------

    _looked = 0.0

    def _look(self) -> None:
        now = time.monotonic()
        demand = self._demand
        for tracker in find_trackers(self.node):
            self._trackers[tracker.name] = tracker
            self._seen[tracker.name] = now
        self._looked = now
        for name in [one for one, seen in self._seen.items() if now - seen > REMEMBERED]:
            del self._seen[name], self._trackers[name]
        self._connect(demand)
        self._audience.on_graph(
            protocol.text(
                "graph",
                trackers=[self._describe(one, now) for one in sorted(self._trackers)],
                viewers=demand.viewers,
            )
        )
        self._complaints.catch_up()

    def _connect(self, demand: Demand) -> None:
        """Make and end subscriptions, so that they are those which the demand wants."""
        wanted = {name: self._trackers[name] for name in demand.trackers & self._trackers.keys()}
        for name, link in list(self._links.items()):
            if name in wanted and wanted[name].ends == link.tracker.ends:
                link.tracker = wanted[name]
            else:
                self._links.pop(name).close()
        for name in wanted.keys() - self._links.keys():
            self._links[name] = _TrackerLink(self.node, wanted[name], self._audience, self._encoder)
        for name, link in self._links.items():
            link.show_attention(name in demand.attention)
            link.ask_for_targets(present=self._is_present(name))

        shown: dict[tuple[str, str], set[str]] = {}
        for name in demand.pictures & wanted.keys():
            tracker = wanted[name]
            if tracker.images:
                shown.setdefault((tracker.images, tracker.image_type), set()).add(name)
        for topic in [one for one, camera in self._cameras.items() if camera.key not in shown]:
            self._cameras.pop(topic).close()
        for (topic, kind), names in shown.items():
            if topic not in self._cameras:
                camera = _Camera(self.node, topic, kind, self._audience, self._encoder)
                self._cameras[topic] = camera
            self._cameras[topic].trackers = frozenset(names)

        if bool(demand.viewers) != (self._health is not None):
            if self._health is not None:
                self.node.destroy_subscription(self._health)
                self._health = None
            else:
                self._health = self.node.create_subscription(
                    DiagnosticArray,
                    "/diagnostics",
                    lambda array: self._audience.on_text_for_all(health_text(array)),
                    _NUMBERS,
                )

    def _describe(self, name: str, now: float) -> dict[str, Any]:
        tracker, present = self._trackers[name], self._is_present(name)
        link, camera = self._links.get(name), self._cameras.get(tracker.images)
        camera_quiet = now - camera.last if camera else 0.0
        tracker_quiet = now - link.last if link else 0.0
        silent = why_tracker_silent(tracker, present=present, seconds=tracker_quiet)
        return {
            "name": name,
            "images": tracker.images,
            "present": present,
            "several": bool(tracker.detections) and (link is None or link.targets != 1),
            "services": sorted(tracker.services),
            "attention": bool(tracker.attention),
            "trackerSilent": silent,
            "cameraSilent": (
                why_camera_silent(self.node, tracker, camera_quiet) if present else ""
            ),
        }


class _TrackerLink:
    """The subscriptions to one tracker that somebody watches.

    Attributes:
        last: time of its last status, or of the beginning.
        boxes: hands boxes to it.
        targets: how many it takes at most; 0 while that is not known.
    """

    def __init__(self, node: Node, tracker: Tracker, audience: Audience, encoder: Encoder) -> None:
        self.tracker = tracker
        self.last = time.monotonic()
        self._node = node
        self._audience = audience
        self._encoder = encoder
        self._attention: Any = None
        self.boxes = BoxSender(node, tracker)
        self.targets = 0
        self._asked = False
        self._parameters = node.create_client(GetParameters, f"{tracker.name}/get_parameters")
        self._subscriptions = [
            node.create_subscription(TrackerStatus, tracker.status, self._on_status, _NUMBERS)
        ]
        if tracker.detections:
            self._subscribe(Detection2DArray, tracker.detections, self._on_detections)
        elif tracker.detection:
            self._subscribe(Detection2D, tracker.detection, self._on_detection)

    def show_attention(self, wanted: bool) -> None:
        """Subscribe to attention maps, or no more: the tracker works them out for who listens."""
        if wanted and self._attention is None and self.tracker.attention:
            self._attention = self._node.create_subscription(
                Image, self.tracker.attention, self._on_attention, _NEWEST
            )
        elif not wanted and self._attention is not None:
            self._node.destroy_subscription(self._attention)
            self._attention = None

    def ask_for_targets(self, *, present: bool) -> None:
        """Ask how many targets it takes, once whenever it has started. Returns at once."""
        if not present:
            self.targets, self._asked = 0, False
        elif not self._asked and self._parameters.service_is_ready():
            self._asked = True
            request = GetParameters.Request(names=[MAX_TARGETS])
            self._parameters.call_async(request).add_done_callback(self._on_targets)

    def _on_targets(self, future: Any) -> None:
        response = future.result()  # none where the client has been ended meanwhile
        if response is not None and response.values:  # none of a parameter that it has not
            self.targets = response.values[0].integer_value

    def close(self) -> None:
        """End the subscriptions."""
        self.show_attention(False)
        self._node.destroy_client(self._parameters)
        self.boxes.close()
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def _subscribe(self, kind: Any, topic: str, callback: Callable[[Any], None]) -> None:
        self._subscriptions.append(self._node.create_subscription(kind, topic, callback, _NUMBERS))

    def _on_status(self, status: Any) -> None:
        self.last = time.monotonic()
        self._audience.on_text(self.tracker.name, status_text(self.tracker.name, status))

    def _on_detection(self, detection: Any) -> None:
        name = self.tracker.name
        self._audience.on_text(name, detections_text(name, detection.header, [detection]))

    def _on_detections(self, array: Any) -> None:
        name = self.tracker.name
        self._audience.on_text(name, detections_text(name, array.header, array.detections))

    def _on_attention(self, message: Any) -> None:
        stream = f"attention:{self.tracker.name}"
        self._encoder.submit(stream, functools.partial(self._encode, stream, message))

    def _encode(self, stream: str, message: Any) -> None:
        jpeg = jpeg_of(shrunk(raw_pixels(message), _ATTENTION_SIDE))
        height, width = message.height, message.width
        stamp_ns = stamp_nanoseconds(message.header.stamp)
        data = protocol.picture(stream, stamp_ns, width, height, jpeg)
        self._audience.on_attention(stream, self.tracker.name, data)


class _Camera:
    """The subscription to one topic of images that somebody watches.

    Attributes:
        key: topic and type.
        trackers: that track in these images and are watched.
        last: time of the last image, or of the beginning.
    """

    def __init__(
        self, node: Node, topic: str, kind: str, audience: Audience, encoder: Encoder
    ) -> None:
        self.key = (topic, kind)
        self.trackers: frozenset[str] = frozenset()
        self.last = time.monotonic()
        self._node = node
        self._audience = audience
        self._encoder = encoder
        self._exposure = Exposure()
        compressed = kind == COMPRESSED_IMAGE
        self._read = self._compressed if compressed else self._raw
        self._subscription = node.create_subscription(
            CompressedImage if compressed else Image, topic, self._on_image, _NEWEST
        )

    def close(self) -> None:
        """End the subscription."""
        self._node.destroy_subscription(self._subscription)

    def _on_image(self, message: Any) -> None:
        self.last = time.monotonic()
        stream = f"image:{self.key[0]}"
        self._encoder.submit(stream, functools.partial(self._encode, stream, message))

    def _encode(self, stream: str, message: Any) -> None:
        jpeg, width, height = self._read(message)
        stamp_ns = stamp_nanoseconds(message.header.stamp)
        data = protocol.picture(stream, stamp_ns, width, height, jpeg)
        self._audience.on_picture(stream, self.trackers, data)

    def _raw(self, message: Any) -> tuple[bytes, int, int]:
        return self._jpeg_of(raw_pixels(message))

    def _compressed(self, message: Any) -> tuple[bytes, int, int]:
        data = bytes(message.data)
        size = jpeg_size(data)
        if size is not None and max(size) <= MAX_SIDE:
            return data, *size  # as it is
        return self._jpeg_of(compressed_pixels(message))

    def _jpeg_of(self, pixels: Any) -> tuple[bytes, int, int]:
        # Smaller before all else: what follows costs as much as there are pixels.
        return jpeg_of(self._exposure(shrunk(pixels))), pixels.shape[1], pixels.shape[0]


def in_loop(audience: Any, loop: Any) -> Any:
    """Return an audience that hands everything to one which lives in an event loop."""
    return _InLoop(audience, loop)


class _InLoop:
    def __init__(self, audience: Any, loop: Any) -> None:
        self._audience = audience
        self._loop = loop

    def __getattr__(self, name: str) -> Callable[..., None]:
        method = getattr(self._audience, name)

        def hand_over(*arguments: Any) -> None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(method, *arguments)

        return hand_over
