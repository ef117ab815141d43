# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What becomes of each image of a camera at 30 Hz, how late results are, and what memory it takes.

Run ``python test/ros/modules/node_load.py [SECONDS [RUN ...]]``: ten minutes each of `vga` (640 x
480), `hd` (1920 x 1080) and `two` (640 x 480, two targets) where nothing is given. Camera, node and
client are three processes, joined by DDS as README says; the node has its default settings. The
camera shows moving pictures, forwards and backwards in turn, and counts them.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rclpy
from rclpy.qos import QoSProfile
from rlt_ros.msg import TrackerStatus
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

from rlt_ros.benchmark.runs.provenance import machine, versions
from rlt_ros.demo.panel import there_and_back
from rlt_ros.media.sample_video import BOX, sample_video
from rlt_ros.media.sources import open_source
from rlt_ros.replay.node_process import NodeProcess
from rlt_ros.replay.spinning import SpinningNode
from rlt_ros.ros.client import TrackerClient
from rlt_ros.ros.outputs.messages import to_image_message

ROOT = Path(__file__).resolve().parents[3]
NAMESPACE = "/load"
FPS = 30.0
UNTARGETED = 30  # images before there is a target
PATIENCE = 240.0  # seconds for whatever is waited for
QUIET = 5.0  # seconds without another image: the others have been lost


@dataclass(frozen=True)
class Run:
    """What the camera shows, and what is tracked in it.

    Attributes:
        size: of its images, which are cut off below.
        video: beside the sample.
        frames: the first, and how many.
        boxes: x, y, w, h of the targets in the first, in pixels of the video.
    """

    size: tuple[int, int]
    video: str
    frames: tuple[int, int]
    boxes: tuple[tuple[float, ...], ...]


HEAD, TIE = BOX, (70.0, 104.0, 30.0, 14.0)
CARPHONE = sample_video().name
RUNS = {
    "vga": Run((640, 480), CARPHONE, (0, 120), (HEAD,)),
    # README's. "Big Buck Bunny", (c) 2008 Blender Foundation, CC BY 3.0.
    "hd": Run((1920, 1080), "bigbuckbunny.mp4", (14, 30), ((370.0, 255.0, 135.0, 175.0),)),
    "two": Run((640, 480), CARPHONE, (0, 120), (HEAD, TIE)),
}


def main() -> None:
    if sys.argv[1:2] == ["--camera"]:
        play(RUNS[sys.argv[2]])
        return
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    os.environ["ROS_DOMAIN_ID"] = str(1 + os.getpid() % 100)
    os.environ["FASTRTPS_DEFAULT_PROFILES_FILE"] = str(ROOT / "config" / "fastdds.xml")
    print(f"python {' '.join(sys.argv)}: {FPS:g} Hz for {seconds:g} s each")
    print(f"{machine()}, load before {os.getloadavg()[0]:.1f}")
    print(", ".join(f"{name} {version}" for name, version in versions().items()))
    for name in sys.argv[2:] or RUNS:
        measure(name, RUNS[name], seconds)


class Listener:
    """Hears what the node publishes, and when.

    Attributes:
        delays: seconds from an image's stamp until all its detections had come.
        latencies: the node's own, of each tracked image.
        states: of the oldest target, one for each tracked image.
        status: the last.
    """

    def __init__(self, ros: SpinningNode) -> None:
        self.delays: list[float] = []
        self.latencies: list[float] = []
        self.states: list[int] = []
        self.status = TrackerStatus()
        self._clock = ros.node.get_clock()
        ros.node.create_subscription(
            Detection2DArray, f"{NAMESPACE}/detections", self._on_detections, 100
        )
        ros.node.create_subscription(TrackerStatus, f"{NAMESPACE}/status", self._on_status, 100)

    def _on_detections(self, message: Any) -> None:
        stamp = rclpy.time.Time.from_msg(message.header.stamp)
        self.delays.append((self._clock.now() - stamp).nanoseconds / 1e9)

    def _on_status(self, status: Any) -> None:
        if status.frames_tracked > self.status.frames_tracked:
            self.latencies.append(status.latency)
            self.states.append(status.state)
        self.status = status

    def clear(self) -> None:
        """Forget what was measured."""
        for numbers in (self.delays, self.latencies, self.states):
            numbers.clear()


def measure(name: str, run: Run, seconds: float) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ros = stack.enter_context(SpinningNode("node_load"))
        heard = Listener(ros)
        arguments = ["--ros-args", "-r", f"__ns:={NAMESPACE}", "-p", "device:=cpu"]
        arguments += ["-p", f"max_targets:={len(run.boxes)}"]
        node = NodeProcess("rlt_ros.ros.tracker_node", arguments, folder / "node.log")
        stack.enter_context(node)
        command = [sys.executable, __file__, "--camera", name]
        camera = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        stack.callback(camera.kill)

        def until(condition: Callable[[], object]) -> None:
            deadline = time.monotonic() + PATIENCE
            while not condition():
                node.check()
                assert time.monotonic() < deadline, heard.status
                time.sleep(0.01)

        until(lambda: heard.status.frames_untargeted >= UNTARGETED and not heard.status.message)
        tracker = stack.enter_context(TrackerClient(f"{NAMESPACE}/tracker", timeout=PATIENCE))
        scale = run.size[0] / video_width(run)
        for number, box in enumerate(run.boxes):
            x, y, w, h = (scale * side for side in box)
            tracker.init((x, y, w, h), target_id=f"target {number}")
        until(lambda: not heard.status.frames_waiting)
        heard.clear()
        learning = heard.status.frames_dropped
        camera.send_signal(signal.SIGUSR1)
        before = node.memory()
        time.sleep(seconds)
        after = node.memory()
        camera.send_signal(signal.SIGINT)
        assert camera.stdout is not None
        published = int(camera.stdout.readline())
        await_the_last(heard, published)
        tell(name, run, heard, published, learning, (before, after))


def await_the_last(heard: Listener, published: int) -> None:
    """Wait until the node has done with all images that have come, or will come."""
    received, since = -1, time.monotonic()
    while heard.status.frames_received < published or heard.status.frames_waiting:
        if heard.status.frames_received != received:
            received, since = heard.status.frames_received, time.monotonic()
        if time.monotonic() - since > QUIET and not heard.status.frames_waiting:
            return
        time.sleep(0.05)


def tell(
    name: str, run: Run, heard: Listener, published: int, learning: int, memory: tuple[float, float]
) -> None:
    status = heard.status
    parts = (status.frames_tracked, status.frames_dropped, status.frames_untargeted)
    sure = heard.states.count(TrackerStatus.TRACKING) / max(1, len(heard.states))
    width, height = run.size
    print(f"\n{name}: {width} x {height}, targets: {len(run.boxes)}")
    print(f"  images published {published}, received {status.frames_received}")
    print(
        "  received = tracked {} + dropped {} + before any target {}".format(*parts)
        + ("" if sum(parts) == status.frames_received else f": NOT SO, {sum(parts)}")
        + f"; {learning} dropped while targets were learned"
    )
    print(f"  images with detections {len(heard.delays)}, in TRACKING {100 * sure:.1f} %")
    for what, numbers in (("stamp to client", heard.delays), ("the node's own", heard.latencies)):
        middle, late, latest = 1000 * np.percentile(numbers, (50, 95, 99))
        print(
            f"  latency, {what}: median {middle:.1f} ms, 95 % {late:.1f} ms, 99 % {latest:.1f} ms"
        )
    print(f"  updates {status.updates_done}, resident {memory[0]:.0f} to {memory[1]:.0f} MiB")
    print(f"  load {os.getloadavg()[0]:.1f}", flush=True)


# ---- the camera's process ----------------------------------------------------------------------


def play(run: Run) -> None:
    """Show the first frame, from SIGUSR1 on all of them, and after SIGINT tell how many."""
    moving, over = threading.Event(), threading.Event()
    messages = [to_image_message(frame, "rgb8", Header()) for frame in read(run)]
    with SpinningNode("camera") as ros:
        signal.signal(signal.SIGUSR1, lambda *_: moving.set())
        signal.signal(signal.SIGINT, lambda *_: over.set())
        publisher = ros.node.create_publisher(Image, f"{NAMESPACE}/image_raw", QoSProfile(depth=5))
        while not publisher.get_subscription_count() and not over.wait(0.05):
            pass
        published, due = 0, time.monotonic()
        frames = itertools.cycle(there_and_back(messages))
        message = next(frames)
        while not over.wait(max(0.0, due - time.monotonic())):
            message.header = Header(stamp=ros.node.get_clock().now().to_msg(), frame_id="camera")
            publisher.publish(message)
            published += 1
            due += 1 / FPS
            if moving.is_set():
                message = next(frames)
        print(published, flush=True)
        time.sleep(2 * QUIET)  # what is on its way arrives only while the camera is there


def read(run: Run) -> list[np.ndarray]:
    """Return the frames, as large as the camera's images."""
    first, count = run.frames
    width, height = run.size
    with open_source(sample_video().parent / run.video) as source:
        frames = [frame.image for frame in itertools.islice(source, first, first + count)]
    rows = round(frames[0].shape[1] * height / width)
    return [
        np.asarray(cv2.resize(frame[:rows], run.size, interpolation=cv2.INTER_CUBIC), np.uint8)
        for frame in frames
    ]


def video_width(run: Run) -> int:
    """Return how wide the frames are in the video."""
    with open_source(sample_video().parent / run.video) as source:
        return int(next(iter(source)).image.shape[1])


if __name__ == "__main__":
    main()
