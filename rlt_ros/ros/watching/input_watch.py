# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Says what is wrong with what should come in: no images, lost images, boxes sent elsewhere.

Once a second it looks at what has come and who is there. What is wrong now is the `notice`, which
stands in the status; the log says it when it begins and, while somebody waits for it, once in
`REPEAT_SECONDS` again.
"""

from __future__ import annotations

import time
from collections import deque
from typing import NamedTuple

from rclpy.node import Node

from rlt_ros.ros.inputs.image_subscription import ImageSubscription
from rlt_ros.ros.watching.misconnections import misconnections
from rlt_ros.ros.watching.missing_images import remedy_for_loss, why_no_image
from rlt_ros.ros.worker.tracking_worker import State

PATIENCE = 5.0
"""Seconds without an image, or with a misconnection, that are nothing to speak of."""

REPEAT_SECONDS = 30.0
"""The log repeats what is still wrong once in so many seconds."""

LOSS_WINDOW = 10.0
"""Seconds over which lost images are counted."""

LEAST_LOST = 5
LEAST_LOST_SHARE = 0.2
"""From so many lost images, and such a share of those sent, on there is something to say."""


class _Count(NamedTuple):
    time: float
    received: int
    lost: int


class InputWatch:
    """Watches a node's images and init boxes. All in one thread but for `notice`.

    Loss is what the middleware reports: a DDS reader sees from the numbers of a publisher's samples
    which have never come. So neither an irregular camera, nor a replay at another rate, nor one
    that pauses is taken for loss; a middleware that reports none is never complained of.
    """

    def __init__(self, node: Node, images: ImageSubscription, boxes_topic: str) -> None:
        self._node = node
        self._images = images
        self._boxes_topic = boxes_topic
        self._wanted_since: float | None = None
        self._counts = deque([_Count(time.monotonic(), 0, 0)])
        self._silence = ""
        self._received_in_silence = -1
        self._others = ""
        self._suspects: dict[str, float] = {}
        self._logged: dict[str, float] = {}
        self._told_idle = False

    @property
    def notice(self) -> str:
        """What is wrong now, in one line; empty if nothing is. From any thread."""
        silent = self._images.received == self._received_in_silence
        parts = [self._silence if silent else "", self._others]
        return "; ".join(part for part in parts if part)

    def look(self, state: State) -> None:
        """Look at what has come; to be called once a second."""
        now = time.monotonic()
        if state == State.IDLE:
            self._wanted_since = None
        elif self._wanted_since is None:
            self._wanted_since = now
        loss = self._loss(now)
        if loss:
            self._warn("loss", loss, now, repeat=True)
        self._look_for_images(now, state, lossy=bool(loss))
        wrong = self._lasting_misconnections(now, state)
        for text in wrong:
            self._warn(text, text, now, repeat=False)
        self._others = "; ".join([loss, *wrong] if loss else wrong)

    def _look_for_images(self, now: float, state: State, *, lossy: bool) -> None:
        images = self._images
        if lossy or now - images.last_received < PATIENCE:
            self._silence = ""
            self._logged.pop("silence", None)
            return
        ever = f"for {PATIENCE:g} s" if images.received else "yet"
        problem = f"no image on {images.topic} {ever}: {why_no_image(self._node, images)}"
        self._silence, self._received_in_silence = problem, images.received
        if self._wanted_since is not None:
            if now - max(self._wanted_since, images.last_received) >= PATIENCE:
                # A target whose camera has ended, such as a bag, is worth no repetition.
                self._warn("silence", problem, now, repeat=state == State.INITIALIZING)
        elif not images.received and not self._told_idle:
            self._told_idle = True
            self._node.get_logger().info(problem)

    def _loss(self, now: float) -> str:
        images = self._images
        self._counts.append(_Count(now, images.received, images.lost))
        while now - self._counts[0].time > LOSS_WINDOW:
            self._counts.popleft()
        lost = images.lost - self._counts[0].lost
        sent = lost + images.received - self._counts[0].received
        if lost < LEAST_LOST or lost < LEAST_LOST_SHARE * sent:
            return ""
        return (
            f"{lost} of {sent} images on {images.topic} were lost on the way in the last"
            f" {LOSS_WINDOW:g} s: {remedy_for_loss(images)}"
        )

    def _lasting_misconnections(self, now: float, state: State) -> list[str]:
        found = misconnections(self._node, self._boxes_topic, idle=state == State.IDLE)
        for gone in self._suspects.keys() - set(found):
            self._logged.pop(gone, None)
        self._suspects = {text: self._suspects.get(text, now) for text in found}
        return [text for text, since in self._suspects.items() if now - since >= PATIENCE]

    def _warn(self, kind: str, text: str, now: float, *, repeat: bool) -> None:
        last = self._logged.get(kind)
        if last is None or (repeat and now - last >= REPEAT_SECONDS):
            self._logged[kind] = now
            self._node.get_logger().warning(text)
