# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What viewers ask of a tracker: by its services, or by the topic of init boxes where it has none.

Each request waits in a thread of its own, so that neither viewers nor messages wait for it.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.duration import Duration
from vision_msgs.msg import Detection2D

from rlt_ros.messages.detections import centre_of
from rlt_ros.web.graph import Tracker
from rlt_ros.web.panel_node import PanelNode
from rlt_ros.web.protocol import Ask, Box, Start

FIND_SECONDS, ANSWER_SECONDS = 5.0, 30.0
"""How long a service is looked for and waited for."""

Answer = tuple[bool, str, str]
"""Whether it went well, the target's id, and a message for people."""


class SteeringError(RuntimeError):
    """It cannot be done; the message says why."""


class Steering:
    """Carries out commands of viewers on trackers."""

    def __init__(self, panel: PanelNode) -> None:
        """Prepare."""
        self._panel = panel

    def now(self) -> float:
        """Return the time on the clock of stamps, in seconds."""
        return self._panel.now()

    async def answer(self, command: Start | Ask) -> Answer:
        """Carry out a command."""
        return await asyncio.to_thread(self._answer, command)

    def _answer(self, command: Start | Ask) -> Answer:
        tracker = self._panel.tracker(command.tracker)
        if tracker is None:
            return False, "", f"there is no tracker {command.tracker} now"
        try:
            if isinstance(command, Start):
                return self._start(tracker, command)
            return self._ask(tracker, command)
        except SteeringError as error:
            return False, "", str(error)
        except Exception as error:  # the viewer has to get an answer
            return False, "", f"{type(error).__name__}: {error}"

    def _start(self, tracker: Tracker, command: Start) -> Answer:
        detection = to_detection(command.box, command.stamp_ns, command.target)
        if "init" in tracker.services:
            response = self._call(
                tracker, "init", lambda request: _set(request, detection=detection)
            )
            return bool(response.success), response.target_id, response.message
        if not tracker.init_box:
            raise SteeringError("this tracker takes no boxes now")
        self._publish(tracker.init_box, detection)
        return True, "", ""

    def _ask(self, tracker: Tracker, command: Ask) -> Answer:
        name, target = command.name, command.target
        calls: dict[str, tuple[str, dict[str, Any]]] = {
            "enable": ("enable", {"data": True}),
            "disable": ("enable", {"data": False}),
            "reset": ("reset", {}),
            "reset_target": ("reset_target", {"target_id": target}),
            "save": ("save_target", {"name": name, "target_id": target}),
            "load": ("load_target", {"name": name}),
        }
        service, fields = calls[command.action]
        response = self._call(tracker, service, lambda request: _set(request, **fields))
        return bool(response.success), getattr(response, "target_id", ""), response.message

    def _call(self, tracker: Tracker, name: str, fill: Callable[[Any], Any]) -> Any:
        kind = tracker.services.get(name)
        if kind is None:
            raise SteeringError(f"this tracker has no service ~/{name}")
        service = _service_class(kind)
        node = self._panel.node
        client = node.create_client(service, f"{tracker.name}/{name}")
        try:
            if not client.wait_for_service(FIND_SECONDS):
                raise SteeringError(f"~/{name} does not answer")
            done = threading.Event()
            future = client.call_async(fill(service.Request()))
            future.add_done_callback(lambda _: done.set())
            if not done.wait(ANSWER_SECONDS):
                raise SteeringError(f"~/{name} has not answered within {ANSWER_SECONDS:g} s")
            return future.result()
        finally:
            node.destroy_client(client)

    def _publish(self, topic: str, detection: Any) -> None:
        node = self._panel.node
        publisher = node.create_publisher(Detection2D, topic, 10)
        try:
            deadline = time.monotonic() + FIND_SECONDS
            while not publisher.get_subscription_count():
                if time.monotonic() > deadline:
                    raise SteeringError(f"nobody listens to {topic}")
                time.sleep(0.005)
            publisher.publish(detection)
            publisher.wait_for_all_acked(Duration(seconds=FIND_SECONDS))
        finally:
            node.destroy_publisher(publisher)


def to_detection(box: Box, stamp_ns: int, target: str) -> Any:
    """Return a box x, y, w, h as a vision_msgs/Detection2D."""
    x, y, w, h = box
    detection: Any = Detection2D(id=target)
    detection.header.stamp.sec, detection.header.stamp.nanosec = divmod(stamp_ns, 10**9)
    centre = centre_of(detection)
    centre.x, centre.y = x + w / 2, y + h / 2
    detection.bbox.size_x, detection.bbox.size_y = w, h
    return detection


def _set(request: Any, **fields: Any) -> Any:
    for name, value in fields.items():
        setattr(request, name, value)
    return request


def _service_class(kind: str) -> Any:
    package, _, name = kind.split("/")
    try:
        return getattr(importlib.import_module(f"{package}.srv"), name)
    except (ImportError, AttributeError):
        raise SteeringError(f"{kind} is not installed here") from None
