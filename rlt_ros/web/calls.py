# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Services of trackers, called from a thread that may wait; and how a box gets to a tracker."""

from __future__ import annotations

import importlib
import threading
import time
from typing import Any

from rclpy.node import Node
from vision_msgs.msg import Detection2D

from rlt_ros.closing import Closing
from rlt_ros.web.graph import Tracker

FIND_SECONDS, ANSWER_SECONDS = 5.0, 60.0
"""How long a service is looked for, and waited for: a box is answered once it is learned."""

Answer = tuple[bool, str, str]
"""Whether it went well, the target's id, and a message for people."""


class CallError(RuntimeError):
    """It cannot be done; the message says why."""


class ServiceCaller(Closing):
    """A client of one of a tracker's services."""

    def __init__(self, node: Node, tracker: Tracker, name: str) -> None:
        """Make the client; `name` is that of the service without the tracker's.

        Raises:
            CallError: the tracker has no such service, or its type is not installed here.
        """
        if name not in tracker.services:
            raise CallError(f"this tracker has no service ~/{name}")
        self._node = node
        self._name = name
        self._type = _service_class(tracker.services[name])
        self._client = node.create_client(self._type, f"{tracker.name}/{name}")

    def __call__(self, **fields: Any) -> Any:
        """Call the service with a request of these fields and return its response.

        Raises:
            CallError: it does not answer.
        """
        if not self._client.wait_for_service(FIND_SECONDS):
            raise CallError(f"~/{self._name} does not answer")
        request = self._type.Request()
        for name, value in fields.items():
            setattr(request, name, value)
        done = threading.Event()
        future = self._client.call_async(request)
        future.add_done_callback(lambda _: done.set())
        if not done.wait(ANSWER_SECONDS):
            raise CallError(f"~/{self._name} has not answered within {ANSWER_SECONDS:g} s")
        return future.result()

    def close(self) -> None:
        """End the client."""
        self._node.destroy_client(self._client)


class BoxSender(Closing):
    """Hands boxes to a tracker: by its service, or by the topic where it has none.

    Made before the first box, for it takes DDS a moment to connect, and frames do not wait.
    """

    def __init__(self, node: Node, tracker: Tracker) -> None:
        self._node = node
        self._topic = tracker.init_box
        self._init: ServiceCaller | None = None
        self._publisher: Any = None
        if "init" in tracker.services:
            self._init = ServiceCaller(node, tracker, "init")
        elif tracker.init_box:
            self._publisher = node.create_publisher(Detection2D, tracker.init_box, 10)

    def send(self, detection: Any) -> Answer:
        """Start a target with a vision_msgs/Detection2D.

        Raises:
            CallError: nobody takes it.
        """
        if self._init is not None:
            response = self._init(detection=detection)
            return bool(response.success), response.target_id, response.message
        if self._publisher is None:
            raise CallError("this tracker takes no boxes now")
        deadline = time.monotonic() + FIND_SECONDS
        while not self._publisher.get_subscription_count():
            if time.monotonic() > deadline:
                raise CallError(f"nobody listens to {self._topic}")
            time.sleep(0.005)
        self._publisher.publish(detection)
        return True, "", ""

    def close(self) -> None:
        """End client or publisher."""
        if self._init is not None:
            self._init.close()
        if self._publisher is not None:
            self._node.destroy_publisher(self._publisher)


def _service_class(kind: str) -> Any:
    package, _, name = kind.split("/")
    try:
        return getattr(importlib.import_module(f"{package}.srv"), name)
    except (ImportError, AttributeError):
        raise CallError(f"{kind} is not installed here") from None
