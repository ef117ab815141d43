# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``make panel``: a video over and over through the real node, with the panel beside it."""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from rlt_ros.cli.arguments import CommandParser
from rlt_ros.closing import Closing
from rlt_ros.media.sample_video import sample_video
from rlt_ros.media.sources import open_source
from rlt_ros.replay.errors import ReplayError
from rlt_ros.replay.node_process import NodeProcess
from rlt_ros.replay.session import NAMESPACE
from rlt_ros.replay.spinning import SpinningNode
from rlt_ros.ros.outputs.messages import to_image_message
from rlt_ros.web.serving import PORT, Settings, SettingsError, serve

TOPIC = "/camera/image_raw"
MOST_BYTES = 512 * 2**20
"""Memory for the video's frames; the rest of a longer video is left out."""

KEPT_FRAMES = 900
"""Frames that the node keeps, so that drawing on a frozen picture may take its time."""

Picture = NDArray[np.uint8]
_Item = TypeVar("_Item")


class VideoCamera(Closing):
    """Publishes frames at their rate, forwards and backwards in turn so that nothing jumps.

    Attributes:
        showing: whether it sends anything.
        covered: whether it sends darkness in place of the frames.
    """

    def __init__(self, frames: Sequence[Picture], fps: float, topic: str = TOPIC) -> None:
        """Start to publish RGB frames, (H, W, 3) uint8."""
        self.showing = True
        self.covered = False
        self._frames = frames
        self._period = 1 / fps
        self._ros = SpinningNode("demo_camera")
        self._publisher = self._ros.node.create_publisher(Image, topic, QoSProfile(depth=5))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo camera", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._over.set()
        self._thread.join()
        self._ros.close()

    def _run(self) -> None:
        black = np.zeros_like(self._frames[0])
        due = time.monotonic()
        for frame in itertools.cycle(there_and_back(self._frames)):
            due = max(due + self._period, time.monotonic() - self._period)
            if self._over.wait(max(0.0, due - time.monotonic())):
                return
            if self.showing:
                stamp = self._ros.node.get_clock().now().to_msg()
                header = Header(stamp=stamp, frame_id="camera")
                image = black if self.covered else frame
                self._publisher.publish(to_image_message(image, "rgb8", header))


def there_and_back(frames: Sequence[_Item]) -> Iterator[_Item]:
    """Yield frames forwards and then backwards, the two at the ends once."""
    yield from frames
    yield from reversed(frames[1:-1])


def read_frames(video: str | Path) -> tuple[list[Picture], float]:
    """Return the frames of a video, as many as fit in ``MOST_BYTES``, and its rate.

    Raises:
        ValueError, OSError: it cannot be read.
    """
    frames, size = [], 0
    with open_source(video) as source:
        for frame in source:
            size += frame.image.nbytes
            if size > MOST_BYTES:
                break
            frames.append(frame.image)
        return frames, source.fps


def node_arguments(topic: str = TOPIC, namespace: str = NAMESPACE) -> list[str]:
    """Return the arguments of a tracker node that tracks in the demo's images."""
    arguments = ["--ros-args", "-r", f"__ns:={namespace}", "-r", f"image_raw:={topic}"]
    return [*arguments, "-p", f"frame_buffer_size:={KEPT_FRAMES}"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C; 0 then, 1 if the node failed, 2 if misused."""
    options = _parser().parse_args(arguments)
    try:
        frames, fps = read_frames(options.video or sample_video())
        with tempfile.TemporaryDirectory(prefix="rlt_panel_") as folder:
            log = Path(folder, "node.log")
            with (
                NodeProcess("rlt_ros.ros.tracker_node", node_arguments(), log) as node,
                VideoCamera(frames, fps),
            ):
                serve(Settings(port=options.port), _tell)
                node.check()
    except ReplayError as error:
        print(f"panel: error: {error}", file=sys.stderr)
        return 1
    except (SettingsError, ValueError, OSError) as error:
        print(f"panel: error: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m rlt_ros.demo.panel",
        description="Play a video over and over into the tracker node, and serve the panel.",
    )
    parser.add_argument("--video", help="video file or folder of images (default: a sample)")
    parser.add_argument(
        "--port", type=int, default=PORT, help="0 takes a free one (default: %(default)s)"
    )
    return parser


def _tell(address: str) -> None:
    print(f"open {address} in a browser and drag a box around something; Ctrl-C ends", flush=True)


if __name__ == "__main__":
    from rlt_ros.cli.start import run

    sys.exit(run("rlt_ros.demo.panel"))
