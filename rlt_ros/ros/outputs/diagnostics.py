# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node's health for /diagnostics: rates, latency, losses, memory, and a level for each part.

Written by hand, as diagnostic_updater is not to be had everywhere.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from rlt_ros.ros.worker.tracking_worker import State, Status

OK, WARN, ERROR, STALE = (
    DiagnosticStatus.OK,
    DiagnosticStatus.WARN,
    DiagnosticStatus.ERROR,
    DiagnosticStatus.STALE,
)

WINDOW = 5.0
"""Seconds over which rates and shares are taken; so long without an image is STALE."""

DROPPED_SHARE = 0.5
"""More frames dropped than this share of those received is a WARN."""

SLOW_LATENCY = 0.25
"""Seconds of latency, on average in the window, above which there is a WARN."""


class Sample(NamedTuple):
    """What is known at one moment. `lost`: on the way, as far as the middleware tells."""

    time: float
    status: Status
    received: int
    lost: int


class Inputs(NamedTuple):
    """Where images come from: the topic, how, and what is wrong with it in words."""

    topic: str
    transport: str
    reliability: str
    notice: str


class Memory(NamedTuple):
    """Bytes in use: of the process, and on the device; None where the CPU is the device."""

    host: int
    device: int | None


class Diagnostics:
    """Keeps samples of the last seconds, and makes the message of them.

    Args:
        name: of the node, with its namespace.
        hardware: what the tracker computes on.
    """

    def __init__(self, name: str, hardware: str) -> None:
        self._name = name.strip("/")
        self._hardware = hardware
        self._samples: deque[Sample] = deque()

    def message(self, sample: Sample, inputs: Inputs, memory: Memory, stamp: Time) -> Any:
        """Return the message for now; to be called once a second."""
        self._samples.append(sample)
        while sample.time - self._samples[0].time > WINDOW:
            self._samples.popleft()
        array = DiagnosticArray()
        array.header.stamp = stamp
        array.status = [self._images(sample, inputs), self._tracker(sample, memory)]
        return array

    def _images(self, now: Sample, inputs: Inputs) -> DiagnosticStatus:
        first = self._samples[0]
        received, lost = now.received - first.received, now.lost - first.lost
        whole_window = now.time - first.time > WINDOW - 1.5
        level, said = OK, "images come" if received else "waiting for images"
        if received == 0 and whole_window:
            level, said = STALE, inputs.notice or f"no image for {WINDOW:g} s"
        elif inputs.notice:
            level, said = WARN, inputs.notice
        return self._part(
            "images",
            level,
            said,
            {
                "topic": inputs.topic,
                "transport": inputs.transport,
                "reliability": inputs.reliability,
                "rate [Hz]": f"{self._rate(received):.1f}",
                "received": now.received,
                "lost on the way in the window": lost,
            },
        )

    def _tracker(self, now: Sample, memory: Memory) -> DiagnosticStatus:
        status, first = now.status, self._samples[0].status
        received = status.frames_received - first.frames_received
        tracked = status.frames_tracked - first.frames_tracked
        dropped = status.frames_dropped - first.frames_dropped
        latencies = [one.status.latency for one in self._samples if one.status.latency > 0]
        latency = sum(latencies) / len(latencies) if tracked and latencies else 0.0
        level, said = OK, status.state.name.lower()
        stuck = status.target_id != "" and dropped > 0 and tracked == 0
        if stuck and status.message:
            level, said = ERROR, f"no frame is tracked: {status.message}"
        elif status.state == State.LOST:
            level, said = WARN, "the target is lost"
        elif received and dropped > DROPPED_SHARE * received:
            level, said = WARN, f"{dropped} of {received} frames dropped in {WINDOW:g} s"
        elif latency > SLOW_LATENCY:
            level, said = WARN, f"results come {latency:.2f} s after their images"
        elif status.message:
            level, said = WARN, status.message
        values: dict[str, object] = {
            "state": status.state.name,
            "disabled": str(status.disabled).lower(),
            "target": status.target_id,
            "score": f"{status.score:.2f}",
            "rate [Hz]": f"{self._rate(tracked):.1f}",
            "latency [s]": f"{latency:.3f}",
            "tracking time [s]": f"{status.tracking_time:.3f}",
            "frames received": status.frames_received,
            "frames tracked": status.frames_tracked,
            "frames dropped": status.frames_dropped,
            "frames untargeted": status.frames_untargeted,
            "updates": status.updates_done,
            "last update [s]": f"{status.last_update_time:.2f}",
            "memory [MiB]": memory.host >> 20,
        }
        if memory.device is not None:
            values["device memory [MiB]"] = memory.device >> 20
        return self._part("tracker", level, said, values)

    def _rate(self, count: int) -> float:
        seconds = self._samples[-1].time - self._samples[0].time
        return count / seconds if seconds > 0 else 0.0

    def _part(self, name: str, level: Any, message: str, values: Any) -> DiagnosticStatus:
        return DiagnosticStatus(
            name=f"{self._name}: {name}",
            hardware_id=self._hardware,
            level=level,
            message=message,
            values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
        )
