# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What viewers ask of trackers.

Each request waits in a thread of its own, so that neither viewers nor messages wait for it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from vision_msgs.msg import Detection2D

from rlt_ros.messages.detections import centre_of
from rlt_ros.web.calls import Answer, CallError, ServiceCaller
from rlt_ros.web.graph import Tracker
from rlt_ros.web.panel_node import PanelNode
from rlt_ros.web.protocol import Ask, Box, Start


class Steering:
    """Carries out commands of viewers on trackers."""

    def __init__(self, panel: PanelNode) -> None:
        self._panel = panel

    def now(self) -> float:
        """Return the time on the clock of stamps, in seconds."""
        return self._panel.now()

    async def answer(self, command: Start | Ask) -> Answer:
        """Carry out a command."""
        return await asyncio.to_thread(self._answer, command)

    def _answer(self, command: Start | Ask) -> Answer:
        tracker = self._panel.tracker(command.tracker)
        if tracker is None:
            return False, "", f"there is no tracker {command.tracker} now"
        try:
            if isinstance(command, Start):
                return self._start(command)
            return self._ask(tracker, command)
        except CallError as error:
            return False, "", str(error)
        except Exception as error:  # the viewer has to get an answer
            return False, "", f"{type(error).__name__}: {error}"

    def _start(self, command: Start) -> Answer:
        sender = self._panel.box_sender(command.tracker)
        if sender is None:
            raise CallError(f"nobody watches {command.tracker}; watch it before you start a target")
        return sender.send(to_detection(command.box, command.stamp_ns, command.target))

    def _ask(self, tracker: Tracker, command: Ask) -> Answer:
        name, target = command.name, command.target
        calls: dict[str, tuple[str, dict[str, Any]]] = {
            "enable": ("enable", {"data": True}),
            "disable": ("enable", {"data": False}),
            "reset": ("reset", {}),
            "reset_target": ("reset_target", {"target_id": target}),
            "save": ("save_target", {"name": name, "target_id": target}),
            "load": ("load_target", {"name": name}),
        }
        service, fields = calls[command.action]
        with ServiceCaller(self._panel.node, tracker, service) as call:
            response = call(**fields)
        return bool(response.success), getattr(response, "target_id", ""), response.message


def to_detection(box: Box, stamp_ns: int, target: str) -> Any:
    """Return a box x, y, w, h as a vision_msgs/Detection2D."""
    x, y, w, h = box
    detection: Any = Detection2D(id=target)
    detection.header.stamp.sec, detection.header.stamp.nanosec = divmod(stamp_ns, 10**9)
    centre = centre_of(detection)
    centre.x, centre.y = x + w / 2, y + h / 2
    detection.bbox.size_x, detection.bbox.size_y = w, h
    return detection
