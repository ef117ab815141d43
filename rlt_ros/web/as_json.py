# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of trackers as what the browser gets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rlt_ros.messages.detections import centre_of, stamp_nanoseconds
from rlt_ros.msg import TrackerStatus
from rlt_ros.web import protocol

STATES = {
    TrackerStatus.IDLE: "IDLE",
    TrackerStatus.INITIALIZING: "INITIALIZING",
    TrackerStatus.TRACKING: "TRACKING",
    TrackerStatus.LOST: "LOST",
    TrackerStatus.UNCERTAIN: "UNCERTAIN",
}
_LEVELS = ("OK", "WARN", "ERROR", "STALE")


def status_text(tracker: str, status: Any) -> str:
    """Return an rlt_ros/TrackerStatus."""
    return protocol.text(
        "status",
        tracker=tracker,
        stamp=str(stamp_nanoseconds(status.header.stamp)),
        state=STATES.get(status.state, f"state {status.state}"),
        enabled=not status.disabled,
        target=status.target_id,
        score=status.score,
        latency=status.latency,
        trackingTime=status.tracking_time,
        received=status.frames_received,
        tracked=status.frames_tracked,
        dropped=status.frames_dropped,
        untargeted=status.frames_untargeted,
        waiting=status.frames_waiting,
        updates=status.updates_done,
        updateTime=status.last_update_time,
        model=status.model_version,
        message=status.message,
    )


def detections_text(tracker: str, header: Any, detections: Iterable[Any]) -> str:
    """Return what a tracker found in one frame: vision_msgs/Detection2D, one per target."""
    return protocol.text(
        "detections",
        tracker=tracker,
        stamp=str(stamp_nanoseconds(header.stamp)),
        targets=[_target(detection) for detection in detections],
    )


def _target(detection: Any) -> dict[str, Any]:
    centre, width, height = centre_of(detection), detection.bbox.size_x, detection.bbox.size_y
    found = detection.results[0].hypothesis if detection.results else None
    return {
        "id": detection.id,
        "box": [centre.x - width / 2, centre.y - height / 2, width, height],
        "score": None if found is None else found.score,  # without results it is lost
        "class": "" if found is None else found.class_id,
    }


def health_text(array: Any) -> str:
    """Return a diagnostic_msgs/DiagnosticArray."""
    return protocol.text(
        "health",
        entries=[
            {
                "name": one.name,
                "level": _level(one.level),
                "message": one.message,
                "values": [[pair.key, pair.value] for pair in one.values],
            }
            for one in array.status
        ],
    )


def _level(level: Any) -> str:
    number = level[0] if isinstance(level, bytes) else int(level)
    return _LEVELS[number] if number < len(_LEVELS) else "STALE"
