# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One replay: images into the tracker node in another process, its topics into a bag."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message
from vision_msgs.msg import Detection2D

from rlt_ros.bags.images import IMAGE
from rlt_ros.bags.reader import BagError, BagReader
from rlt_ros.bags.stamps import stamp_of
from rlt_ros.bags.writer import BagWriter
from rlt_ros.msg import TrackerStatus
from rlt_ros.progress import progress
from rlt_ros.replay.clock import ReplayClock
from rlt_ros.replay.errors import ReplayError
from rlt_ros.replay.message_types import installed_types
from rlt_ros.replay.node_process import NodeProcess
from rlt_ros.replay.player import DueMessage, Player
from rlt_ros.replay.recorder import BagRecorder
from rlt_ros.replay.spinning import SpinningNode

NAMESPACE = "/rlt"
INIT_BOX = f"{NAMESPACE}/init_box"
DETECTION = f"{NAMESPACE}/detection"
ATTENTION_MAP = f"{NAMESPACE}/attention_map"
ANNOTATED_IMAGE = f"{NAMESPACE}/annotated_image"
STATUS = f"{NAMESPACE}/status"
# The node draws pictures only for those who listen; without, its latency is that of tracking.
BARE_OUTPUTS = {DETECTION: "vision_msgs/msg/Detection2D", STATUS: "rlt_ros/msg/TrackerStatus"}
ALL_OUTPUTS = {**BARE_OUTPUTS, ATTENTION_MAP: IMAGE, ANNOTATED_IMAGE: IMAGE}

_MEMORY_INTERVAL = 1.0  # seconds between readings
_START, _LEARN, _FINISH, _PICTURES = 60.0, 3600.0, 60.0, 5.0  # seconds of patience


@dataclass(frozen=True)
class Images:
    """Images to replay.

    Attributes:
        topic: where they are published.
        messages: serialized sensor_msgs/msg/Image messages, in the order of their times.
        total: about how many there are.
    """

    topic: str
    messages: Iterable[DueMessage]
    total: int


@dataclass(frozen=True)
class Replayed:
    """What was sent.

    Attributes:
        sent: number of images.
        latest: the most that an image was published after its time, in seconds of wall time.
        problem: what broke the replay off; empty if nothing did.
        stop: the Ctrl-C that did.
        memory: (wall seconds since the target was learned, the node's resident MiB), about one for
            each second.
    """

    sent: int
    latest: float
    problem: str = ""
    stop: KeyboardInterrupt | None = None
    memory: list[tuple[float, float]] = field(default_factory=list)


def bag_images(bag: BagReader, topic: str) -> Images:
    """Return a topic's images as they lie in a bag, due when they were received.

    Raises:
        BagError: the bag lacks the topic.
    """
    messages = (DueMessage(each.stamp_ns, each.data) for each in bag.messages(topic))
    return Images(topic, messages, bag.counts.get(topic, 0))


def replay_into_node(
    images: Images,
    box: tuple[float, float, float, float],
    parameters: Mapping[str, bool | int | float | str],
    rate: float,
    outputs: Mapping[str, str],
    output_bag: Path,
    log: Path,
    *,
    params_file: Path | None = None,
    keep_partial: bool = False,
) -> Replayed:
    """Replay images into a node started for it and record what the node publishes.

    The first image goes out with the init box; once the target is learned, the others follow at
    their times. No image is lost between the processes; those that a busy tracker leaves out are
    counted in its status.

    Args:
        images: what to replay.
        box: the target on the first image; x, y, w, h in pixels.
        parameters: of the node, beyond those of the file.
        rate: 2.0 replays twice as fast as the times say.
        outputs: topics to record and their types; ``ALL_OUTPUTS`` or ``BARE_OUTPUTS``.
        output_bag: bag to write; times of receipt are on the clock of the images.
        log: file for the node's output.
        params_file: parameters of the node; None takes the package's config/tracker.yaml.
        keep_partial: once the target is learned, a replay that breaks off, by an error or by
            Ctrl-C, keeps its recording and returns the problem.

    Raises:
        ReplayError: there is no image, another tracker is in the way, or the node does not answer.
        NodeDiedError: the node ended; the message holds the end of its log.
        BagError: the images cannot be read.
    """
    types = installed_types("vision_msgs", "rlt_ros")
    messages = iter(images.messages)
    first = next(messages, None)
    if first is None:
        raise ReplayError(f"{images.topic} holds no image to replay")
    clock = ReplayClock(first.due_ns, rate)
    with BagWriter(output_bag, types) as recording, SpinningNode("rlt_replay") as ros:
        _refuse_company(ros)
        status = _StatusMonitor()
        latest = {topic: _LatestStamp() for topic in outputs if topic != STATUS}
        recorder = BagRecorder(ros.node, recording, outputs, clock, {STATUS: status, **latest})
        player = Player(ros.node, images.topic, IMAGE, chain([first], messages), clock)
        init_box = ros.node.create_publisher(Detection2D, INIT_BOX, QoSProfile(depth=1))
        arguments = _node_arguments(images.topic, parameters, params_file)
        with NodeProcess("rlt_ros.ros.tracker_node", arguments, log) as process:
            watch = _Watch(process, ros, log)
            watch.wait(
                lambda: (
                    player.subscribers > 0
                    and init_box.get_subscription_count() > 0
                    and not recorder.missing_publishers()
                ),
                _START,
                "the node did not come up",
                show="starting the node",
            )
            player.publish_next()
            init_box.publish(_detection(box, stamp_of(first.data)))
            watch.wait(
                status.has_target,
                _LEARN,
                "the target was not learned",
                show="learning the target",
            )
            watch.start_metering()
            problem, stop = "", None
            try:
                problem = _play(player, watch, clock, images.total, keep_partial)
                player.wait_for_delivery()

                def recorded() -> int:
                    return sum(recording.counts.values())

                # What got lost will never come: then this ends when nothing happens any more.
                watch.wait_while_it_goes_on(
                    lambda: (
                        status.accounted_for() >= player.sent
                        and recording.counts[DETECTION] >= status.tracked()
                    ),
                    recorded,
                    _FINISH,
                )
                # The last image has pictures, unless an unusable one came right behind it.
                watch.wait_while_it_goes_on(
                    lambda: len({one.stamp_ns for one in latest.values()}) == 1,
                    recorded,
                    _PICTURES,
                )
            except (ReplayError, KeyboardInterrupt) as error:
                if not keep_partial:
                    raise
                problem = str(error) or "stopped by Ctrl-C"
                stop = error if isinstance(error, KeyboardInterrupt) else None
        return Replayed(player.sent, player.latest, problem, stop, watch.memory)


def _play(player: Player, watch: _Watch, clock: ReplayClock, total: int, keep_partial: bool) -> str:
    """Publish all that is left; return what broke off the source of the images, if it may."""
    with progress(total=total, initial=1, unit="frame", what="replaying") as bar:
        clock.start()
        try:
            while player.publish_next():
                watch.check()
                bar.update()
        except BagError as error:
            if not keep_partial:
                raise
            return str(error)
    return ""


class _Watch:
    """Waits for things, and looks after the processes meanwhile.

    Attributes:
        memory: of the node, see ``Replayed``.
    """

    def __init__(self, process: NodeProcess, ros: SpinningNode, log: Path) -> None:
        self._process = process
        self._ros = ros
        self._log = log
        self.memory: list[tuple[float, float]] = []
        self._metering_since: float | None = None

    def start_metering(self) -> None:
        """Read the node's memory, now and every second from now on."""
        self._metering_since = time.monotonic()
        self._meter()

    def check(self) -> None:
        """Raise what went wrong in the node's process or in the recording."""
        self._process.check()
        self._ros.check()
        self._meter()

    def _meter(self) -> None:
        if self._metering_since is None:
            return
        seconds = time.monotonic() - self._metering_since
        if not self.memory or seconds - self.memory[-1][0] >= _MEMORY_INTERVAL:
            self.memory.append((seconds, self._process.memory()))

    def wait(self, until: Callable[[], bool], seconds: float, problem: str, show: str) -> None:
        """Wait until something is so, showing what and how long; else raise the problem."""
        deadline = time.monotonic() + seconds
        with progress(what=show) as line:
            while not until():
                self.check()
                if time.monotonic() > deadline:
                    raise ReplayError(f"{problem} within {seconds:g} s; see {self._log}")
                line.update(0)
                time.sleep(0.01)

    def wait_while_it_goes_on(
        self, until: Callable[[], bool], progress: Callable[[], int], seconds: float
    ) -> None:
        """Wait until something is so or there has been no progress for some seconds."""
        seen, since = progress(), time.monotonic()
        while not until() and time.monotonic() - since < seconds:
            self.check()
            if progress() != seen:
                seen, since = progress(), time.monotonic()
            time.sleep(0.01)


class _StatusMonitor:
    """The node's last status."""

    def __init__(self) -> None:
        self._last = TrackerStatus()
        self._problem = ""

    def __call__(self, data: bytes) -> None:
        status = deserialize_message(data, TrackerStatus)
        if (self._last.state, status.state) == (TrackerStatus.INITIALIZING, TrackerStatus.IDLE):
            self._problem = status.message
        self._last = status

    def has_target(self) -> bool:
        """Whether the node follows a target.

        Raises:
            ReplayError: it gave up learning it.
        """
        if self._problem:
            raise ReplayError(f"the target was not learned: {self._problem}")
        return self._last.state not in (TrackerStatus.IDLE, TrackerStatus.INITIALIZING)

    def tracked(self) -> int:
        """Return the number of frames that were tracked."""
        return int(self._last.frames_tracked)

    def accounted_for(self) -> int:
        """Return the number of frames that were tracked or dropped."""
        return self.tracked() + int(self._last.frames_dropped)


class _LatestStamp:
    """The stamp of a topic's latest message."""

    def __init__(self) -> None:
        self.stamp_ns = 0

    def __call__(self, data: bytes) -> None:
        self.stamp_ns = stamp_of(data)


def _refuse_company(ros: SpinningNode) -> None:
    """Make sure that the topics are ours alone."""
    time.sleep(1.0)  # discovery
    for topic in ALL_OUTPUTS:
        if ros.node.count_publishers(topic):
            raise ReplayError(
                f"somebody publishes {topic} already; stop that tracker, or set ROS_DOMAIN_ID to "
                "an unused number so that the two do not meet"
            )


def _node_arguments(
    image_topic: str,
    parameters: Mapping[str, bool | int | float | str],
    params_file: Path | None,
) -> list[str]:
    package = Path(get_package_share_directory("rlt_ros"))
    config = params_file or package / "config" / "tracker.yaml"
    arguments = ["--ros-args", "--params-file", str(config)]
    arguments += ["-r", f"__ns:={NAMESPACE}", "-r", f"image_raw:={image_topic}"]
    for name, value in {**parameters, "image_reliability": "reliable"}.items():
        # JSON is YAML, and keeps "5" a text and 5.0 a float.
        arguments += ["-p", f"{name}:={json.dumps(value)}"]
    return arguments


def _detection(box: tuple[float, float, float, float], stamp_ns: int) -> Detection2D:
    x, y, w, h = box
    detection = Detection2D()
    detection.header.stamp.sec, detection.header.stamp.nanosec = divmod(stamp_ns, 10**9)
    detection.bbox.center.position.x = x + w / 2
    detection.bbox.center.position.y = y + h / 2
    detection.bbox.size_x = w
    detection.bbox.size_y = h
    return detection
