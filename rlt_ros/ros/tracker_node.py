# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 node: images and init boxes in; detections, pictures and status out.

Callbacks only hand messages to the worker (`tracking_worker`); everything else happens in its
thread, publishing included.
"""

from __future__ import annotations

# First: the other imports take seconds, and a signal may come meanwhile.
from rlt_ros.ros.stop_signals import handle_stop_signals, leave_stop_signals_to_ros

# isort: split
import contextlib
import functools
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import rclpy
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException
from rclpy.lifecycle import LifecyclePublisher, TransitionCallbackReturn
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from rclpy.timer import Timer
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from rlt_ros.complaints import Complaints
from rlt_ros.messages.detections import stamp_nanoseconds
from rlt_ros.pixels.intensity import parse_intensity_range
from rlt_ros.ros.box_sources import BoxSources
from rlt_ros.ros.error_texts import place
from rlt_ros.ros.inputs.image_conversion import ImageConverter
from rlt_ros.ros.inputs.image_subscription import COMPRESSED_TYPE, ImageSubscription
from rlt_ros.ros.interface.launch_arguments import NODE_NAME
from rlt_ros.ros.interface.parameters import NodeConfig, NodeParameters
from rlt_ros.ros.interface.topics import Topic
from rlt_ros.ros.life_cycle import ACTIVE, UNCONFIGURED, ManagedNode
from rlt_ros.ros.loading import POLL_PERIOD, Loading, tracker_maker
from rlt_ros.ros.outputs.diagnostics import Diagnostics, Inputs, Memory, Sample
from rlt_ros.ros.outputs.publications import Publications
from rlt_ros.ros.services.kept_targets import KeptTargets
from rlt_ros.ros.services.target_folder import target_folder
from rlt_ros.ros.services.target_services import TargetServices
from rlt_ros.ros.spinning import spin_until
from rlt_ros.ros.watching.input_watch import InputWatch
from rlt_ros.ros.worker.frames import MIB, Frame
from rlt_ros.ros.worker.tracking_worker import (
    CLOSE_SECONDS,
    Status,
    TrackedFrame,
    TrackingWorker,
)
from rlt_ros.tracking import (
    ConfigError,
    TrackerConfig,
)
from rlt_ros.tracking.compute.memory import memory_in_use, release_memory

STATUS_PERIOD = 1.0
"""Seconds after which the status is published again although nothing happened."""

UNLOAD_SECONDS = 20.0
"""Seconds that a deactivated node waits for the worker's thread."""


def _while_ros_lives(publish: Callable[..., None]) -> Callable[..., None]:
    """Leave a node's method out once ROS was shut down, which may happen in the middle of it."""

    @functools.wraps(publish)
    def checked(self: Node, *arguments: Any) -> None:
        try:
            if self.context.ok():
                publish(self, *arguments)
        except Exception:
            if self.context.ok():
                raise

    return checked


class _Log:
    """The node's logger; once ROS was shut down, one that does not try to publish to /rosout."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def _logger(self) -> Any:
        alive = self._node.context.ok()
        return self._node.get_logger() if alive else rclpy.logging.get_logger("tracker_node")

    def info(self, message: str, /) -> None:
        self._logger().info(message)

    def warning(self, message: str, /) -> None:
        self._logger().warning(message)


class TrackerNode(ManagedNode):
    """Node `tracker`; all topic names are relative to its namespace.

    Configured, it has the tracker loaded and its publishers made; active, it listens. Inactive
    again, it has no tracker: threads and memory are free, and the parameters may be changed.
    """

    def __init__(self, **options: Any) -> None:
        """`options` are rclpy's, where several are in one process (`tracker_nodes`)."""
        super().__init__(NODE_NAME, automatically_declare_parameters_from_overrides=True, **options)
        self.failed = False  # that is noticed within STATUS_PERIOD
        self._declared = NodeParameters(self)
        self._starting = False
        self._log = _Log(self)
        self._complaints = Complaints(self._log)

        self._settings: tuple[NodeConfig, TrackerConfig] | None = None  # of the worker
        self._loading: Loading | None = None
        self._worker: TrackingWorker | None = None
        self._publishing: list[LifecyclePublisher] = []
        self._images: ImageSubscription | None = None
        self._boxes: BoxSources | None = None
        self._watch: InputWatch | None = None
        self._timer: Timer | None = None
        self._kept = KeptTargets(self._log.warning)
        self._asked = TargetServices(self, self._active_worker, self._target_folder)

    def start(self) -> None:
        """Configure and activate the node, if its parameter `autostart` says so.

        Nobody waits for an answer here, so the tracker is loaded while the node listens already:
        boxes and frames that come meanwhile wait for it.
        """
        if not self.get_parameter("autostart").value:
            self.get_logger().info(
                f"{UNCONFIGURED}: waits for ros2 lifecycle set {self.get_fully_qualified_name()}"
                " configure, then activate"
            )
            return
        self._starting = True
        for trigger in (self.trigger_configure, self.trigger_activate):
            if trigger() != TransitionCallbackReturn.SUCCESS:
                self.failed = True
                return
        self._starting = False

    def close(self) -> None:
        """Stop what the worker does and end it; after a while, go on without that."""
        if self._worker is not None and not self._worker.close():
            self._log.warning(
                f"the tracker did not stop within {CLOSE_SECONDS} s; the process ends without it"
            )

    def complain_of(self, error: Exception) -> None:
        """Report an error that a callback ended with; the node goes on."""
        where = place(error)
        self._complaints.warn(
            where, f"a callback was left out: {type(error).__name__}: {error} ({where})"
        )

    # ---- the life cycle ------------------------------------------------------------------------

    def configure(self) -> None:
        """Read the parameters, make the publishers, load the tracker."""
        self._out = Publications(self._publisher)
        self._load()

    def activate(self) -> None:
        """Listen to images and boxes; load the tracker first where that is to be done again."""
        worker, settings, tracker = self._load()
        self._images = ImageSubscription(
            self,
            self._on_image,
            settings.image_reliability,
            keep_all=settings.queue == "all",
            transport=settings.image_transport,
        )
        self._boxes = BoxSources(self, lambda: self._worker, settings, self._complaints)
        self._kept.give(worker)
        self._health = Diagnostics(self.get_fully_qualified_name(), tracker.device)
        self._watch = InputWatch(self, self._images, self._boxes.topic)
        self.get_logger().info(f"images: {self._images.topic}, init boxes: {self._boxes.topic}")
        # Steady, so that a paused simulation still has a status.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = self.create_timer(STATUS_PERIOD, self._on_timer, clock=steady)

    def deactivate(self) -> None:
        """Listen no more, and free what the tracker holds."""
        if self._timer is not None:
            self.destroy_timer(self._timer)
        if self._boxes is not None:
            self._boxes.destroy()
        if self._images is not None:
            self._images.destroy()
        self._images = self._boxes = self._watch = self._timer = None
        self._asked.end()
        if self._worker is not None:
            self._kept.take(self._worker, self.context.ok)
        self._unload()

    def cleanup(self) -> None:
        """Leave nothing but the parameters."""
        self._unload()
        self._kept.forget()
        for publisher in self._publishing:
            self.destroy_lifecycle_publisher(publisher)
        self._publishing = []

    def transition_failed(self, text: str) -> None:
        """Log it; where the node starts by itself, that is its end."""
        log = self.get_logger()
        if self._starting:
            log.fatal(text.partition(" failed: ")[2] or text)
        else:
            log.error(text)

    def _active_worker(self) -> TrackingWorker | None:
        return self._worker if self.life_cycle_state == ACTIVE else None

    def _target_folder(self) -> Path:
        return target_folder(self.get_parameter("target_folder").value)

    def _publisher(self, topic: Topic) -> LifecyclePublisher:
        quality = QoSProfile(depth=topic.depth)
        publisher = self.create_lifecycle_publisher(topic.type, topic.name, quality)
        self._publishing.append(publisher)
        return publisher

    def _load(self) -> tuple[TrackingWorker, NodeConfig, TrackerConfig]:
        """See to it that there is a worker with a tracker as the parameters want it.

        Raises:
            ConfigError: names each wrong parameter and its allowed values.
            WeightsError: a file of weights cannot be used.
        """
        settings = self._declared.configs()
        node_config, tracker_config = settings
        if self._worker is not None and settings == self._settings:
            return self._worker, *settings
        self._unload()
        folder = target_folder(node_config.target_folder)
        loading = Loading(
            tracker_maker(tracker_config, self.get_logger().warning), awaited=not self._starting
        )
        self._settings, self._loading = settings, loading
        self._worker = TrackingWorker(
            loading,
            ImageConverter(
                parse_intensity_range(node_config.intensity_range), self.get_logger().warning
            ),
            self,
            self._log,
            keep_all=node_config.queue == "all",
            queue_size=node_config.queue_size,
            queue_bytes=node_config.queue_mib * MIB,
            buffer_size=node_config.frame_buffer_size,
            buffer_bytes=node_config.frame_buffer_mib * MIB,
            complaints=self._complaints,
            max_targets=node_config.max_targets,
            forget_on_jump=node_config.on_time_jump == "forget",
            clock=lambda: self.get_clock().now().nanoseconds,
            autosave_folder=self._autosave_folder(folder) if node_config.autosave_seconds else None,
            autosave_seconds=node_config.autosave_seconds,
        )
        self._worker.start()
        if loading.awaited:
            loading.wait(self.context.ok)
        return self._worker, *settings

    def _autosave_folder(self, folder: Path) -> Path:
        """Return a folder of this node's own: trackers of several cameras share ``folder``."""
        return folder.joinpath("autosave", *self.get_fully_qualified_name().strip("/").split("/"))

    def _unload(self) -> None:
        """End the worker, its threads with it, and give back its memory.

        Raises:
            TimeoutError: a native call goes on for too long; its thread ends when that does.
        """
        worker, self._worker, self._loading = self._worker, None, None
        if worker is None:
            return
        deadline = time.monotonic() + UNLOAD_SECONDS
        while not worker.close(POLL_PERIOD):
            if time.monotonic() > deadline or not self.context.ok():
                raise TimeoutError(f"the tracker did not stop within {UNLOAD_SECONDS:g} s")
        del worker
        release_memory()

    # ---- in: these return at once --------------------------------------------------------------

    def _on_image(self, message: Image | CompressedImage) -> None:
        header = message.header
        if self._worker is not None and self._boxes is not None:
            self._boxes.see_image(message)
            self._worker.submit_frame(
                message, stamp_nanoseconds(header.stamp), header.frame_id, len(message.data)
            )

    def _on_timer(self) -> None:
        if self._worker is None or self._images is None or self._watch is None:
            return
        self._images.adapt()
        self._watch.look(self._worker.status().state)
        self._complaints.catch_up()
        self._asked.look()
        status = self._worker.status()
        if self._out.status_age > STATUS_PERIOD / 2:  # the timer's, if nothing came since
            self.on_status(status, None)
        self._publish_health(status, self._images, self._watch.notice)

    def _publish_health(self, status: Status, images: ImageSubscription, notice: str) -> None:
        compressed = images.type_name == COMPRESSED_TYPE
        message = self._health.message(
            Sample(time.monotonic(), status, images.received, images.lost),
            Inputs(
                images.topic,
                "compressed" if compressed else "raw",
                "reliable" if images.reliable else "best effort",
                notice,
            ),
            Memory(*memory_in_use()),
            self.get_clock().now().to_msg(),
        )
        self._out.health(message)

    def set_parameters(self, parameter_list: list[Parameter]) -> list[SetParametersResult]:
        """Set parameters one by one."""
        return [self.set_parameters_atomically([parameter]) for parameter in parameter_list]

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """Set parameters; a refusal names the parameter, its allowed values and what to do."""
        try:
            active = self.life_cycle_state == ACTIVE
            prepared = self._declared.prepared(parameter_list, active=active)
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=str(error))
        result = super().set_parameters_atomically(prepared)
        if result.successful:
            self._declared.took(parameter_list)
            if active:
                self._adopt_live()
        return result

    def _adopt_live(self) -> None:
        """Go by what an active node's parameters are now: from the next frame and message on."""
        self._settings = self._declared.configs()
        if self._boxes is not None:
            self._boxes.adopt(self._settings[0])

    # ---- out: called by the worker -------------------------------------------------------------

    @_while_ros_lives
    def on_result(self, tracked: TrackedFrame, status: Status) -> None:
        """Publish a tracked frame: first what others wait for, then the pictures if watched."""
        class_id = self._settings[0].class_id if self._settings is not None else ""
        self._out.results(tracked, class_id)
        if self._boxes is not None:
            self._boxes.see_targets(tracked, status)
        self.on_status(status, tracked.frame)
        self._out.pictures(tracked)

    @_while_ros_lives
    def on_status(self, status: Status, frame: Frame | None) -> None:
        """Publish the status, stamped as its frame or else with the node's time."""
        notice = self._watch.notice if self._watch is not None else ""
        message = "; ".join(text for text in (status.message, notice) if text)
        now = Header(stamp=self.get_clock().now().to_msg())
        header = now if frame is None else frame.message.header
        self._out.status(replace(status, message=message), header)

    def on_fatal(self, error: Exception) -> None:
        """End the program: without a tracker there is nothing to do, unless somebody asked."""
        if self._loading is None or self._loading.awaited:
            return
        self.get_logger().fatal(f"no tracker: {error}")
        self.failed = True


def main(args: list[str] | None = None) -> NoReturn:
    """Run the node until it is interrupted; the exit code is 1 if it could not start, else 0.

    SIGINT and SIGTERM end it within 3 s, whatever it is doing.
    """
    run_in_ros("tracker_node", lambda: run_node(TrackerNode), args)


def run_in_ros(program: str, run: Callable[[], bool], args: list[str] | None = None) -> NoReturn:
    """Do what a program is for while ROS is up, and end the process; see ``main``.

    Args:
        program: its name, for messages.
        run: ends soon after ROS was shut down, and returns whether all went well.
        args: of the process; None takes its own.
    """
    handle_stop_signals()
    try:
        rclpy.init(args=args)
    except Exception as error:  # rclpy's errors share no public base: bad remaps, files, names
        print(f"{program}: {error}", file=sys.stderr)
        status = 1
    else:
        leave_stop_signals_to_ros()
        try:
            status = 0 if run() else 1
        finally:
            rclpy.try_shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # nobody reads it any more
            stream.flush()
    # Everything is closed by now. An ordinary end would take seconds to free the networks, and
    # wait for threads that did not stop.
    os._exit(status)


def run_node(make: Callable[[], TrackerNode]) -> bool:
    """Make a node and run it until it fails or ROS is shut down; return whether it did not fail."""
    node = None
    try:
        node = make()
        node.start()
        spin_until(node, lambda: node.failed, node.complain_of)
    except ExternalShutdownException:
        pass
    except Exception:
        if rclpy.ok():  # else a signal has shut ROS down while the node was being made
            traceback.print_exc()
            return False
    finally:
        if node is not None:
            node.close()
            node.destroy_node()
    return node is None or not node.failed


if __name__ == "__main__":
    main()
