# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node's services: what is asked becomes the worker's, and what it answers a response."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rclpy.node import Node

from rlt_ros.messages.detections import box_of, stamp_nanoseconds
from rlt_ros.ros.interface.services import (
    ENABLE,
    INIT,
    LOAD_TARGET,
    RESET,
    RESET_TARGET,
    SAVE_TARGET,
)
from rlt_ros.ros.services.deferred_service import Answer, DeferredService
from rlt_ros.ros.services.target_folder import target_file
from rlt_ros.ros.worker.replies import Answer as Reply
from rlt_ros.ros.worker.tracking_worker import TrackingWorker

PATIENCE = 30.0
"""Seconds after which somebody who asks for something that waits for an image is told so."""

NO_IMAGE = (
    f"nothing came of it within {PATIENCE:g} s: does an image with that stamp come? The request"
    " waits on; message in the status says for what"
)


class TargetServices:
    """Makes the services of a node.

    Args:
        node: whose they are.
        worker: returns the one that works now; None while the node is not active.
        folder: returns where saved targets lie.
    """

    def __init__(
        self,
        node: Node,
        worker: Callable[[], TrackingWorker | None],
        folder: Callable[[], Path],
    ) -> None:
        self._node = node
        self._worker = worker
        self._folder = folder
        handlers = (
            (INIT, self._init),
            (ENABLE, self._enable),
            (RESET, self._reset),
            (RESET_TARGET, self._reset_target),
            (SAVE_TARGET, self._save),
            (LOAD_TARGET, self._load),
        )
        self._services = [
            DeferredService(node, service.type, service.name, self._while_active(handler))
            for service, handler in handlers
        ]

    def look(self) -> None:
        """Answer who has waited for long; to be called now and then."""
        for service in self._services:
            service.give_up(NO_IMAGE, older_than=PATIENCE)

    def end(self) -> None:
        """Answer who waits still, as the node is active no more."""
        for service in self._services:
            service.give_up(self._inactive())

    def _while_active(
        self, handler: Callable[[TrackingWorker, Any, Answer], None]
    ) -> Callable[[Any, Answer], None]:
        def handle(request: Any, answer: Answer) -> None:
            worker = self._worker()
            if worker is None:
                answer(False, self._inactive())
            else:
                handler(worker, request, answer)

        return handle

    def _inactive(self) -> str:
        name = self._node.get_fully_qualified_name()
        return f"the node is not active: ros2 lifecycle set {name} activate"

    def _init(self, worker: TrackingWorker, request: Any, answer: Answer) -> None:
        detection = request.detection
        worker.submit_init(
            box_of(detection),
            stamp_nanoseconds(detection.header.stamp),
            detection.header.frame_id,
            target_id=detection.id,
            answered=_with_id(answer),
        )

    def _enable(self, worker: TrackingWorker, request: Any, answer: Answer) -> None:
        worker.enable(request.data)
        answer(True)

    def _reset(self, worker: TrackingWorker, request: Any, answer: Answer) -> None:
        worker.reset(answered=lambda reply: answer(reply.accepted, reply.reason))

    def _reset_target(self, worker: TrackingWorker, request: Any, answer: Answer) -> None:
        if not request.target_id:
            answer(False, "target_id is empty: name a target, or call ~/reset to forget all")
            return
        worker.reset(request.target_id, answered=lambda reply: answer(reply.accepted, reply.reason))

    def _save(self, worker: TrackingWorker, request: Any, answer: Answer) -> None:
        path = target_file(self._folder(), request.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        worker.save_target(
            path,
            request.target_id,
            answered=lambda reply: answer(reply.accepted, reply.reason or str(path)),
        )

    def _load(self, worker: TrackingWorker, request: Any, answer: Answer) -> None:
        worker.load_target(target_file(self._folder(), request.name), answered=_with_id(answer))


def _with_id(answer: Answer) -> Callable[[Reply], None]:
    return lambda reply: answer(reply.accepted, reply.reason, target_id=reply.target_id)
