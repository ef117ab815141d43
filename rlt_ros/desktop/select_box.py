# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``ros2 run rlt_ros select_box``: pick a tracker's target in a window with live images."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.utilities import remove_ros_args
from sensor_msgs.msg import CompressedImage, Image

from rlt_ros.cli.arguments import CommandParser
from rlt_ros.media.windows import ENTER, ESCAPE, SPACE, Window, WindowError
from rlt_ros.messages.detections import stamp_nanoseconds
from rlt_ros.replay.spinning import SpinningNode
from rlt_ros.ros.inputs.image_conversion import to_rgb
from rlt_ros.tracking.errors import InvalidImageError
from rlt_ros.web.calls import BoxSender, CallError
from rlt_ros.web.graph import IMAGE, Tracker, find_trackers
from rlt_ros.web.steering import to_detection

TITLE = "Drag a box, Enter: track it, Space: freeze, Esc: leave"
INSTEAD = "use the panel in a browser (rlt-panel), or publish the box on ~/init_box"
FIND_SECONDS, IMAGE_SECONDS = 10.0, 10.0
"""How long a tracker and its first image are waited for."""

EPILOG = """\
The box goes out with the stamp of the image that it was drawn on, so that a target that moves is
learned where it was. How old that image may be, the tracker's parameter frame_buffer_size says.
"""


class SelectionError(ValueError):
    """No box can be chosen; the message says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Let the user choose; 0 when the tracker took a box, 1 when it did not, 2 if misused."""
    given = [sys.argv[0], *(sys.argv[1:] if arguments is None else arguments)]
    options = _parser().parse_args(remove_ros_args(given)[1:])
    try:
        return select(options)
    except (SelectionError, WindowError) as error:
        print(f"select_box: error: {error}", file=sys.stderr)
        return 2
    except CallError as error:
        print(f"select_box: error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="select_box",
        description="Pick a tracker's target in a window that shows its camera's images.",
        epilog=EPILOG,
    )
    parser.add_argument("--tracker", help="its node's full name (default: the only one there is)")
    parser.add_argument("--target", default="", help="id of the target to start anew or to add")
    return parser


def select(options: argparse.Namespace) -> int:
    """Do what the options say.

    Raises:
        SelectionError, WindowError: nothing can be chosen.
        CallError: the tracker does not take the box.
    """
    with Window(TITLE, INSTEAD) as window, SpinningNode("select_box") as ros:
        tracker = wait_for_tracker(ros.node, options.tracker)
        camera = _Camera(ros.node, tracker)
        with BoxSender(ros.node, tracker) as sender:
            message = camera.first()
            while True:
                if not window.frozen:
                    message = camera.newest
                key = window.show(camera.picture(message))
                if key == ESCAPE and window.frozen:
                    window.forget_box()
                elif key == ESCAPE:
                    return 1
                elif key == SPACE:
                    window.frozen = not window.frozen
                elif key in ENTER and window.box is not None:
                    stamp_ns = stamp_nanoseconds(message.header.stamp)
                    detection = to_detection(window.box, stamp_ns, options.target)
                    ok, target, words = sender.send(detection)
                    print(words or (f"target {target}" if target else "the box was sent"))
                    return 0 if ok else 1


def wait_for_tracker(node: Node, name: str | None) -> Tracker:
    """Return the tracker of that name, or the only one.

    Raises:
        SelectionError: there is none, or more than one.
    """
    deadline = time.monotonic() + FIND_SECONDS
    while True:
        found = [one for one in find_trackers(node) if name in (None, one.name)]
        if len(found) > 1:
            names = ", ".join(one.name for one in found)
            raise SelectionError(f"there are several trackers, name one with --tracker: {names}")
        if found and found[0].images:
            return found[0]
        if time.monotonic() > deadline:
            raise SelectionError(
                f"there is no tracker {name or ''}".rstrip()
                + ": does it run, with the same ROS_DOMAIN_ID and middleware?"
            )
        time.sleep(0.1)


class _Camera:
    """The newest image of a tracker's camera."""

    def __init__(self, node: Node, tracker: Tracker) -> None:
        if tracker.image_type != IMAGE:
            raise SelectionError(
                f"{tracker.images} holds {CompressedImage.__name__}, which this window cannot"
                " show: use the panel in a browser (rlt-panel)"
            )
        self.newest: Any = None
        self._topic = tracker.images
        self._shown: tuple[Any, Any] = (None, None)
        quality = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        node.create_subscription(Image, tracker.images, self._take, quality)

    def first(self) -> Any:
        """Wait for an image."""
        deadline = time.monotonic() + IMAGE_SECONDS
        while self.newest is None:
            if time.monotonic() > deadline:
                raise SelectionError(
                    f"no image on {self._topic} for {IMAGE_SECONDS:g} s: does the camera run?"
                )
            time.sleep(0.05)
        return self.newest

    def picture(self, message: Any) -> Any:
        """Return a message's image as RGB; of one that cannot be read, the one before."""
        if self._shown[0] is not message:
            try:
                self._shown = (message, to_rgb(message)[0])
            except InvalidImageError as error:
                if self._shown[1] is None:
                    raise SelectionError(f"{self._topic}: {error}") from None
                self._shown = (message, self._shown[1])
        return self._shown[1]

    def _take(self, message: Any) -> None:
        self.newest = message


if __name__ == "__main__":
    sys.exit(main())
