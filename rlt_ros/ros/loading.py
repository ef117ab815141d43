# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The making of trackers in the worker's thread, and who waits for the first of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from rlt_ros.ros.inputs.cv_bridge_check import check_cv_bridge
from rlt_ros.tracking import Tracker, TrackerConfig, TrackerStoppedError
from rlt_ros.tracking.networks import Networks

POLL_PERIOD = 0.1
"""Seconds after which a transition that waits looks whether ROS was shut down."""


class Loading:
    """The making of trackers in the worker's thread, for one who waits for the first."""

    def __init__(self, make: Callable[[], Tracker], *, awaited: bool) -> None:
        self._make = make
        self._done = threading.Event()
        self._error: Exception | None = None
        self.awaited = awaited

    def __call__(self) -> Tracker:
        """Make a tracker."""
        try:
            return self._make()
        except Exception as error:
            self._error = error
            raise
        finally:
            self._done.set()

    def wait(self, goes_on: Callable[[], bool]) -> None:
        """Wait until the first is made, and raise the error if there was one.

        Raises:
            TrackerStoppedError: it does not go on, and nobody need wait any more.
        """
        while not self._done.wait(POLL_PERIOD):
            if not goes_on():
                raise TrackerStoppedError("the node was stopped while it loaded the tracker")
        if self._error is not None:
            raise self._error


def tracker_maker(config: TrackerConfig, warn: Callable[[str], Any]) -> Callable[[], Tracker]:
    """Return what makes trackers that need to load nothing once images come or maps are looked at.

    The first call loads the networks that they share.
    """
    networks: list[Networks] = []

    def make() -> Tracker:
        if not networks:
            if problem := check_cv_bridge().problem:
                warn(problem)
            networks.append(Networks(config))
        tracker = Tracker(networks[0])
        tracker.prepare_attention_map()
        return tracker

    return make
