# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the node's tests share: a tracker node in a process of its own, and a client to talk to it.

Nothing here waits for a time to pass: it waits for something to happen, up to a generous limit.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import rclpy
from builtin_interfaces.msg import Time
from forked_program import ForkedProgram, started
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rlt_ros.msg import TrackerStatus
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D

TIMEOUT = 60.0
LOADING_TIMEOUT = 240.0  # of a tracker, on a machine that is busy with other things
RELIABLE = QoSProfile(history=HistoryPolicy.KEEP_ALL)
BEST_EFFORT = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)

# A real tracker, made quick: the tests are about the node.
QUICK = {
    "device": "cpu",
    "backbone_runtime": "pytorch",  # OpenVINO takes seconds to convert the networks
    "initial_iterations": 10,
    "initial_positives": 60,
    "initial_negatives": 400,
    "initial_scale_negatives": 40,
    "background_swaps": 1,
    "turned_looks": 1,
    "region_size": 160,
    "regression_samples": 0,
    "mining_pool": 64,
    "candidates": 128,
    "update_iterations": 2,
}
LOSSLESS = {"queue": "all", "image_reliability": "reliable"}

WIDTH, HEIGHT = 160, 120
BOX = (40.0, 30.0, 28.0, 24.0)  # of the target on frame 0, as x, y, w, h


def box_on(index: int) -> tuple[float, float, float, float]:
    """Return the target's box on a frame of the synthetic video."""
    x, y, w, h = BOX
    return (x + index % 60, y + 0.5 * (index % 60) // 1, w, h)


def picture(index: int) -> np.ndarray:
    """Return a frame of the synthetic video: a textured patch moves over a textured ground."""
    rng = np.random.default_rng(7)
    ground = rng.integers(90, 150, (HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8)
    image = ground.repeat(8, axis=0).repeat(8, axis=1)
    x, y, w, h = (int(number) for number in box_on(index))
    patch = rng.integers(0, 255, (h // 4, w // 4, 3), dtype=np.uint8)
    image[y : y + h, x : x + w] = patch.repeat(4, axis=0).repeat(4, axis=1)
    return image


_numbers = itertools.count()


class NodeProcess:
    """``tracker_node`` in a process of its own.

    Attributes:
        program: as for ``python``.
        fresh: see ``FreshNode``.
    """

    fresh = False
    program: tuple[str, ...] = ("-m", "rlt_ros.ros.tracker_node")

    def __init__(self, log: Path, *arguments: str, **parameters: object) -> None:
        self.namespace = self.new_namespace()
        command = [*self.program, "--ros-args", "-r", f"__ns:={self.namespace}", *arguments]
        for name, value in parameters.items():
            command += ["-p", f"{name}:={value}"]
        self._log = log
        self._process = (started if self.fresh else ForkedProgram)(command, log)

    @staticmethod
    def new_namespace() -> str:
        """Return a namespace that no other test uses."""
        return f"/rlt_{os.getpid()}_{next(_numbers)}"

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def log(self) -> str:
        return self._log.read_text()

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Interrupt the node and return its exit status."""
        if self.running:
            self._process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        try:
            return self._process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise


class FreshNode(NodeProcess):
    """One for which Python is started anew, as for users."""

    fresh = True


class Client:
    """Publishes images and init boxes, and keeps what the node publishes."""

    def __init__(self, process: NodeProcess, images: QoSProfile | None = RELIABLE) -> None:
        """`images`: how the camera publishes; None: there is no camera yet."""
        self._process = process
        self.node: Node = rclpy.create_node("client", namespace=process.namespace)
        self.detections: list[Detection2D] = []
        self.statuses: list[TrackerStatus] = []
        self._images: Publisher | None = None
        if images is not None:
            self.start_camera(images)
        self._boxes = self.node.create_publisher(Detection2D, "init_box", 10)
        self._ids: set[str] = set()  # of all targets that were ever heard of
        self.node.create_subscription(Detection2D, "detection", self._on_detection, RELIABLE)
        self.listen(TrackerStatus, "status", self.statuses)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._executor.spin)
        self._thread.start()

    def _on_detection(self, message: Detection2D) -> None:
        self._ids.add(message.id)
        self.detections.append(message)

    def start_camera(self, images: QoSProfile) -> None:
        """Publish images so from now on; a camera that was there before ends."""
        self.end_camera()
        self._images = self.node.create_publisher(Image, "image_raw", images)

    def end_camera(self) -> None:
        """Publish images no more."""
        if self._images is not None:
            self.node.destroy_publisher(self._images)
        self._images = None

    def listen(self, kind: type, topic: str, into: list, quality: QoSProfile = RELIABLE) -> None:
        """Keep a topic's messages in a list."""
        self.node.create_subscription(kind, topic, into.append, quality)

    def wait_for_node(self) -> None:
        """Wait until node and client have found each other both ways."""
        ends = [end for end in (self._images, self._boxes) if end is not None]
        self.until(lambda: all(end.get_subscription_count() for end in ends))
        self.until(lambda: self.node.count_publishers("detection"))
        self.until(
            lambda: self.statuses and "loading" not in self.statuses[-1].message,
            LOADING_TIMEOUT,
        )

    def until(self, condition: Callable[[], object], timeout: float = TIMEOUT) -> None:
        """Wait until a condition on what has been received holds."""
        deadline = time.monotonic() + timeout
        while not condition():
            last = self.statuses[-1] if self.statuses else None
            assert self._process.running, self._process.log()
            assert time.monotonic() < deadline, f"waited in vain; last status: {last}"
            time.sleep(0.005)

    def send(self, index: int, frame_id: str = "camera") -> Header:
        """Publish a frame of the synthetic video and return its header."""
        return self.send_message(image_message(picture(index), frame_id))

    def send_message(self, message: Image, stamp: Time | None = None) -> Header:
        """Publish an image, stamped with the time that it is, and return its header."""
        message.header.stamp = stamp or self.node.get_clock().now().to_msg()
        assert self._images is not None, "there is no camera"
        self._images.publish(message)
        return message.header

    def send_until_received(self, index: int) -> int:
        """Send a frame until the node has received one; return how often it was sent.

        For a camera and a node that may be about to agree on another QoS.
        """
        before = self.statuses[-1].frames_received

        def has_come() -> bool:
            return bool(self.statuses[-1].frames_received > before)

        sent = 0
        while not has_come():
            self.send(index)
            sent += 1
            patience = time.monotonic() + 0.2
            while time.monotonic() < patience and not has_come():
                time.sleep(0.005)
            assert self._process.running, self._process.log()
            assert sent < 5 * TIMEOUT, f"sent in vain; last status: {self.statuses[-1]}"
        return sent

    def choose(self, box: tuple[float, ...], header: Header | None = None) -> None:
        """Publish an init box: x, y, w, h on the frame with that header, else on the next one."""
        x, y, w, h = map(float, box)
        message = Detection2D(header=header or Header())
        message.bbox.center.position.x = x + w / 2
        message.bbox.center.position.y = y + h / 2
        message.bbox.size_x = w
        message.bbox.size_y = h
        self._boxes.publish(message)

    def follow(self, index: int = 0) -> str:
        """Start a target on a frame of the video and return its id."""
        return self.learn(box_on(index), self.send(index))

    def learn(self, box: tuple[float, ...], header: Header) -> str:
        """Start a target on a frame that was sent and return its id."""
        # The last status may be older than the last detection: they travel apart.
        old = {"", self.statuses[-1].target_id, *self._ids}
        self.choose(box, header)
        # Box and frame travel apart: the frame may be tracked for the old target first.
        self.until(lambda: self.statuses[-1].target_id not in old)
        self.until(lambda: self.detections and self.detections[-1].id not in old)
        assert self.detections[-1].header == header
        return str(self.detections[-1].id)

    def track(self, index: int) -> Detection2D:
        """Send a frame of the video and return its detection."""
        return self.detection_of(self.send(index))

    def track_message(self, message: Image) -> Detection2D:
        """Send an image and return its detection."""
        return self.detection_of(self.send_message(message))

    def detection_of(self, header: Header) -> Detection2D:
        """Return the newest detection, once it is that of a frame; its status may come later."""
        self.until(lambda: self.detections and self.detections[-1].header == header)
        return self.detections[-1]

    def status_of(self, header: Header) -> TrackerStatus:
        """Return what was said of a frame last, once that has come; others may come after it."""
        self.until(lambda: any(status.header == header for status in self.statuses))
        return [status for status in self.statuses if status.header == header][-1]

    def close(self) -> None:
        self._executor.shutdown()
        self._thread.join(TIMEOUT)
        self.node.destroy_node()


_Process = TypeVar("_Process", bound=NodeProcess)


def lent(process: _Process) -> Iterator[_Process]:
    """Yield a node, as a fixture does; then it has to end well, and without a traceback."""
    yield process
    assert process.stop() == 0, process.log()
    assert "Traceback" not in process.log()


def connected(process: NodeProcess) -> Iterator[Client]:
    """Yield a client that has found its node, as a fixture does, and close it then."""
    client = Client(process)
    client.wait_for_node()
    yield client
    client.close()


def image_message(image: np.ndarray, frame_id: str = "camera") -> Image:
    """Return RGB as a message."""
    message = Image(encoding="rgb8", height=image.shape[0], width=image.shape[1])
    message.header.frame_id = frame_id
    message.step = 3 * image.shape[1]
    message.data.frombytes(image.tobytes())
    return message


def overlap(detection: Detection2D, box: tuple[float, float, float, float]) -> float:
    """Return the intersection over union of a detection's box and another."""
    w, h = detection.bbox.size_x, detection.bbox.size_y
    x = detection.bbox.center.position.x - w / 2
    y = detection.bbox.center.position.y - h / 2
    wide = max(0.0, min(x + w, box[0] + box[2]) - max(x, box[0]))
    high = max(0.0, min(y + h, box[1] + box[3]) - max(y, box[1]))
    return wide * high / (w * h + box[2] * box[3] - wide * high)
