# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A running tracker node from Python: give it targets, hear where they are.

It has a ROS node and thread of its own, so it may be used anywhere: in a plain script, and in the
callbacks of another node. It loads none of the tracker's libraries.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import Any

import rclpy
from builtin_interfaces.msg import Time
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.qos import QoSProfile
from std_srvs.srv import SetBool, Trigger
from vision_msgs.msg import Detection2D

from rlt_ros.closing import Closing
from rlt_ros.srv import InitTarget, LoadTarget, ResetTarget, SaveTarget

Box = tuple[float, float, float, float]
"""x, y, w, h in pixels: top-left corner and size."""


class TrackerRefusedError(RuntimeError):
    """The node did not do what it was asked for; the text is its reason."""


class TrackerClient(Closing):
    """Asks a tracker node, and hears its detections.

    Args:
        name: of the node, with its namespace.
        timeout: seconds to wait for the node, and for each of its answers.

    Every method raises `TrackerRefusedError` where the node refuses, TimeoutError where it does not
    answer in time, and RuntimeError once the client is closed.
    """

    def __init__(self, name: str = "/rlt/tracker", *, timeout: float = 60.0) -> None:
        self._name = name.rstrip("/")
        self._timeout = timeout
        self._context = Context()
        rclpy.init(args=[], context=self._context)
        # Without /rosout: nothing is logged, and a second client would be warned of by rcl.
        self._node = rclpy.create_node("tracker_client", context=self._context, enable_rosout=False)
        self._clients: dict[str, Any] = {}
        self._heard: queue.SimpleQueue[Detection2D | None] | None = None
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, name="tracker_client", daemon=True)
        self._thread.start()

    def init(self, box: Box, *, stamp: Time | None = None, target_id: str = "") -> str:
        """Follow what is inside a box, and return the target's id once it is learned.

        Args:
            box: x, y, w, h in pixels.
            stamp: of the image that the box is meant for; None: the next one.
            target_id: a known target is started anew, another one added; empty: the only one.
        """
        x, y, w, h = (float(number) for number in box)
        detection = Detection2D(id=target_id)
        if stamp is not None:
            detection.header.stamp = stamp
        centre = detection.bbox.center
        centre = getattr(centre, "position", centre)
        centre.x, centre.y = x + w / 2, y + h / 2
        detection.bbox.size_x, detection.bbox.size_y = w, h
        return str(self._ask(InitTarget, "init", detection=detection).target_id)

    def enable(self, enabled: bool = True) -> None:
        """Track, or count frames only and keep the targets."""
        self._ask(SetBool, "enable", data=enabled)

    def reset(self, target_id: str = "") -> None:
        """Forget a target; all of them where none is named."""
        if target_id:
            self._ask(ResetTarget, "reset_target", target_id=target_id)
        else:
            self._ask(Trigger, "reset")

    def save_target(self, name: str, target_id: str = "") -> str:
        """Write a target to a file in the node's folder, and return the file's path.

        Args:
            name: of the file, without a folder.
            target_id: empty: the only target.
        """
        return str(self._ask(SaveTarget, "save_target", name=name, target_id=target_id).message)

    def load_target(self, name: str) -> str:
        """Go on with a target from a file in the node's folder, and return its id."""
        return str(self._ask(LoadTarget, "load_target", name=name).target_id)

    def detections(self) -> Iterator[Detection2D]:
        """Yield every detection from the first call on, until the client is closed."""
        self._check_open()
        if self._heard is None:
            self._heard = queue.SimpleQueue()
            topic = self._name.rpartition("/")[0] + "/detection"
            self._node.create_subscription(
                Detection2D, topic, self._heard.put, QoSProfile(depth=100)
            )
        while (detection := self._heard.get()) is not None:
            yield detection
        self._heard.put(None)  # for whoever else iterates

    def close(self) -> None:
        """End the thread and leave ROS; ``detections`` end, too."""
        self._executor.shutdown()
        self._thread.join()
        self._node.destroy_node()
        self._context.try_shutdown()
        if self._heard is not None:
            self._heard.put(None)

    def _check_open(self) -> None:
        if not self._context.ok():
            raise RuntimeError("the client is closed; make a new one")

    def _ask(self, kind: Any, service: str, **fields: Any) -> Any:
        self._check_open()
        name = f"{self._name}/{service}"
        if service not in self._clients:
            self._clients[service] = self._node.create_client(kind, name)
        client = self._clients[service]
        if not client.wait_for_service(self._timeout):
            raise TimeoutError(
                f"{name} is not there: is the node's name {self._name}, and does it run?"
                " (ros2 node list)"
            )
        answered = threading.Event()
        future = client.call_async(kind.Request(**fields))
        future.add_done_callback(lambda _: answered.set())
        if not answered.wait(self._timeout):
            client.remove_pending_request(future)
            raise TimeoutError(f"{name} did not answer within {self._timeout:g} s")
        answer = future.result()
        if not answer.success:
            raise TrackerRefusedError(answer.message)
        return answer

    def _spin(self) -> None:
        with contextlib.suppress(ExternalShutdownException):
            self._executor.spin()
