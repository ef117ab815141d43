# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Answers that come later: from another thread, in another order, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

import rclpy
from node_bench import NodeProcess
from rclpy.executors import SingleThreadedExecutor
from spinning_until import spin_until
from std_srvs.srv import SetBool

from rlt_ros.ros.services.deferred_service import Answer, DeferredService

pytestmark = pytest.mark.usefixtures("ros")


class ServiceBench:
    """A service whose requests are kept, and its client."""

    def __init__(self) -> None:
        self.node = rclpy.create_node("server", namespace=NodeProcess.new_namespace())
        self.requests: list[tuple[bool, Answer]] = []
        self.error: Exception | None = None
        self.service = DeferredService(self.node, SetBool, "~/ask", self._on_request)
        self._client = self.node.create_client(SetBool, "~/ask")
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        assert self._client.wait_for_service(20)

    def _on_request(self, request: SetBool.Request, answer: Answer) -> None:
        if self.error is not None:
            raise self.error
        self.requests.append((request.data, answer))

    def ask(self, data: bool = True) -> Any:
        """Send a request, and return the future of its answer once it has been received."""
        count = len(self.requests)
        future = self._client.call_async(SetBool.Request(data=data))
        self.until(lambda: len(self.requests) > count or future.done())
        return future

    def until(self, condition: Callable[[], object]) -> None:
        spin_until(self._executor, condition)

    def answer_to(self, future: Any) -> tuple[bool, str]:
        self.until(future.done)
        return future.result().success, future.result().message


@pytest.fixture
def bench() -> Iterator[ServiceBench]:
    made = ServiceBench()
    yield made
    made._executor.shutdown()
    made.node.destroy_node()


def test_answers_from_another_thread_and_in_another_order(bench: ServiceBench) -> None:
    first, second = bench.ask(True), bench.ask(False)
    assert [data for data, _ in bench.requests] == [True, False]
    assert not first.done() and not second.done()
    for (_, answer), text in zip(reversed(bench.requests), ("second", "first"), strict=True):
        thread = threading.Thread(target=answer, args=(True, text))
        thread.start()
        thread.join()
    assert bench.answer_to(second) == (True, "second")
    assert bench.answer_to(first) == (True, "first")


def test_the_first_answer_counts(bench: ServiceBench) -> None:
    future = bench.ask()
    ((_, answer),) = bench.requests
    answer(False, "no")
    answer(True, "but yes")
    assert bench.answer_to(future) == (False, "no")


def test_an_error_is_the_answer(bench: ServiceBench) -> None:
    bench.error = ValueError("surprise")
    success, message = bench.answer_to(bench.ask())
    assert not success
    assert message.startswith("ValueError: surprise (")


def test_who_has_waited_for_long_is_told(bench: ServiceBench) -> None:
    old, new = bench.ask(), bench.ask()
    bench.requests[0][1].asked -= 100
    bench.service.give_up("nothing came", older_than=50)
    assert bench.answer_to(old) == (False, "nothing came")
    assert not new.done()
    bench.service.give_up("the end")
    assert bench.answer_to(new) == (False, "the end")
    assert bench.service._waiting == []
