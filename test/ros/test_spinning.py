# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import gc
import sys
import threading
import time
from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

import rclpy
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.task import Future

from rlt_ros.ros.spinning import Executor, spin_until

CALLBACKS = 600


@pytest.fixture
def node() -> Iterator[Node]:
    """A node whose timer always has something to do."""
    context = Context()
    rclpy.init(context=context)
    result = Node("busy", context=context)
    yield result
    result.destroy_node()
    rclpy.try_shutdown(context=context)


def kept_objects(node: Node, future: Future | None) -> int:
    """Return how many objects the later of many callbacks leave behind."""
    counts: list[int] = []

    def call() -> None:
        calls[0] += 1
        if calls[0] in (CALLBACKS // 2, CALLBACKS):
            gc.collect()
            counts.append(len(gc.get_objects()))
        if calls[0] == CALLBACKS and future is not None:
            future.set_result(True)

    calls = [0]
    node.create_timer(1e-4, call)
    if future is None:
        spin_until(node, lambda: calls[0] == CALLBACKS)
    else:
        executor = SingleThreadedExecutor(context=node.context)
        rclpy.spin_until_future_complete(node, future, executor)
    return counts[1] - counts[0]


def test_callbacks_leave_nothing_behind(node: Node) -> None:
    assert kept_objects(node, None) < CALLBACKS / 20


def test_what_it_stands_in_for_leaves_something(node: Node) -> None:
    if kept_objects(node, Future()) < CALLBACKS / 20:
        pytest.skip("this rclpy is mended: spin_until could go")


def test_it_ends_when_it_is_told_to(node: Node) -> None:
    start = time.monotonic()
    node.create_timer(0.05, lambda: None)
    spin_until(node, lambda: time.monotonic() - start > 0.1)


def test_it_ends_with_ros(node: Node) -> None:
    node.create_timer(0.05, node.context.try_shutdown)
    spin_until(node, lambda: False)


def test_it_ends_with_ros_though_nothing_wakes_it() -> None:
    """As where a signal's wake-up comes before the end that it is for."""
    context = Context()
    rclpy.init(context=context)
    quiet = Node("quiet", context=context)
    ends = threading.Timer(0.3, context.handle.shutdown)  # tells nobody
    ends.start()
    with contextlib.suppress(ExternalShutdownException):
        spin_until(quiet, lambda: False)
    assert not context.ok()
    ends.join()
    quiet.destroy_node()


def test_a_callback_that_raises_does_not_end_the_others(node: Node) -> None:
    calls: list[str] = []

    def raise_() -> None:
        calls.append("bad")
        raise ValueError("surprise")

    node.create_timer(0.01, raise_)
    node.create_timer(0.01, lambda: calls.append("good"))
    errors: list[Exception] = []
    spin_until(node, lambda: min(map(calls.count, ("bad", "good"))) >= 3, errors.append)
    assert [str(error) for error in errors] == ["surprise"] * calls.count("bad")
    with pytest.raises(ValueError, match="surprise"):
        spin_until(node, lambda: False)


def test_the_end_of_ros_by_a_signal_is_no_callbacks_fault(node: Node) -> None:
    def end() -> None:
        raise ExternalShutdownException

    node.create_timer(0.01, end)
    errors: list[Exception] = []
    with pytest.raises(ExternalShutdownException):
        spin_until(node, lambda: bool(errors), errors.append)
    assert errors == []


def test_an_executor_that_comes_after_the_end_of_ros_leaves_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = Context()
    rclpy.init(context=context)
    rclpy.shutdown(context=context)
    ignored: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    try:
        Executor(context=context)
    except Exception:  # rclpy's own, without a public name
        gc.collect()
    else:
        pytest.fail("an executor could be made")
    assert ignored == []
