# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is asked of the node comes to the worker as it was asked, and its answer to who asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

import rclpy
from node_bench import NodeProcess
from rclpy.executors import SingleThreadedExecutor
from spinning_until import spin_until

from rlt_ros.ros.interface import services
from rlt_ros.ros.interface.services import Service
from rlt_ros.ros.services.target_services import NO_IMAGE, PATIENCE, TargetServices
from rlt_ros.ros.worker.replies import Answer

pytestmark = pytest.mark.usefixtures("ros")


class Worker:
    """Keeps what it is asked, with the function that takes the answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.answered: list[Any] = []

    def _keep(self, *asked: Any, answered: Any = None) -> None:
        self.asked.append(asked)
        self.answered.append(answered)

    def submit_init(
        self, box: Any, stamp_ns: int, frame_id: str, target_id: str, answered: Any
    ) -> None:
        self._keep("init", box, stamp_ns, frame_id, target_id, answered=answered)

    def enable(self, enabled: bool) -> None:
        self._keep("enable", enabled)

    def reset(self, target_id: str = "", answered: Any = None) -> None:
        self._keep("reset", target_id, answered=answered)

    def save_target(self, path: Path, target_id: str, answered: Any) -> None:
        self._keep("save", path, target_id, answered=answered)

    def load_target(self, path: Path, answered: Any) -> None:
        self._keep("load", path, answered=answered)


class Bench:
    """The services of a node with a worker that can be taken away, and clients of them."""

    def __init__(self, folder: Path) -> None:
        self.node = rclpy.create_node("tracker", namespace=NodeProcess.new_namespace())
        self.worker: Any = Worker()
        self.services = TargetServices(self.node, lambda: self.worker, lambda: folder)
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
        self._clients: dict[str, Any] = {}

    def ask(self, service: Service, request: Any = None) -> Any:
        """Send a request, and return the future of its answer once it has been received."""
        if service.name not in self._clients:
            self._clients[service.name] = self.node.create_client(service.type, service.name)
        client = self._clients[service.name]
        assert client.wait_for_service(20)
        count = len(self.worker.asked) if self.worker else 0
        future = client.call_async(request or service.type.Request())
        self.until(lambda: future.done() or (self.worker and len(self.worker.asked) > count))
        return future

    def until(self, condition: Callable[[], object]) -> None:
        spin_until(self.executor, condition)

    def answer_to(self, future: Any) -> tuple[Any, ...]:
        """Return success, message and, where there is one, the target of an answer."""
        self.until(future.done)
        response = future.result()
        rest = (response.target_id,) if hasattr(response, "target_id") else ()
        return response.success, response.message, *rest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "not" / "there"


@pytest.fixture
def bench(folder: Path) -> Iterator[Bench]:
    made = Bench(folder)
    yield made
    made.executor.shutdown()
    made.node.destroy_node()


def init_request() -> Any:
    request = services.INIT.type.Request()
    detection = request.detection
    detection.id = "head"
    detection.header.frame_id = "camera"
    detection.header.stamp.sec, detection.header.stamp.nanosec = 3, 25
    detection.bbox.center.position.x = 30.0
    detection.bbox.center.position.y = 40.0
    detection.bbox.size_x, detection.bbox.size_y = 20.0, 10.0
    return request


def test_init_hands_over_the_whole_box(bench: Bench) -> None:
    future = bench.ask(services.INIT, init_request())
    asked = ("init", (20.0, 35.0, 20.0, 10.0), 3_000_000_025, "camera", "head")
    assert bench.worker.asked == [asked]
    assert not future.done()
    bench.worker.answered[0](Answer(True, "head"))
    assert bench.answer_to(future) == (True, "", "head")
    future = bench.ask(services.INIT, init_request())
    bench.worker.answered[1](Answer(False, reason="no such frame"))
    assert bench.answer_to(future) == (False, "no such frame", "")


def test_a_box_that_is_none_is_the_answer(bench: Bench) -> None:
    request = init_request()
    request.detection.bbox.size_x = 0.0
    success, message, target = bench.answer_to(bench.ask(services.INIT, request))
    assert (success, target, bench.worker.asked) == (False, "", [])
    assert "must be above zero" in message


@pytest.mark.parametrize("enabled", [True, False])
def test_enable_is_answered_at_once(bench: Bench, enabled: bool) -> None:
    request = services.ENABLE.type.Request(data=enabled)
    assert bench.answer_to(bench.ask(services.ENABLE, request)) == (True, "")
    assert bench.worker.asked == [("enable", enabled)]


def test_reset_forgets_all_and_reset_target_one(bench: Bench) -> None:
    every = bench.ask(services.RESET)
    request = services.RESET_TARGET.type.Request(target_id="head")
    one = bench.ask(services.RESET_TARGET, request)
    assert bench.worker.asked == [("reset", ""), ("reset", "head")]
    bench.worker.answered[1](Answer(False, reason="there is no target 'head'"))
    bench.worker.answered[0](Answer(True))
    assert bench.answer_to(every) == (True, "")
    assert bench.answer_to(one) == (False, "there is no target 'head'")


def test_reset_target_needs_a_name(bench: Bench) -> None:
    """Whose variable is empty by mistake must not lose all targets."""
    said = "target_id is empty: name a target, or call ~/reset to forget all"
    assert bench.answer_to(bench.ask(services.RESET_TARGET)) == (False, said)
    assert bench.worker.asked == []


def test_save_answers_with_the_file_or_with_the_reason(bench: Bench, folder: Path) -> None:
    request = services.SAVE_TARGET.type.Request(name="face", target_id="head")
    future = bench.ask(services.SAVE_TARGET, request)
    path = folder / "face.safetensors"
    assert bench.worker.asked == [("save", path, "head")]
    assert folder.is_dir()
    bench.worker.answered[0](Answer(True, "head"))
    assert bench.answer_to(future) == (True, str(path))
    future = bench.ask(services.SAVE_TARGET, request)
    bench.worker.answered[1](Answer(False, reason="no space left"))
    assert bench.answer_to(future) == (False, "no space left")


def test_load_answers_with_the_target(bench: Bench, folder: Path) -> None:
    request = services.LOAD_TARGET.type.Request(name="face")
    future = bench.ask(services.LOAD_TARGET, request)
    assert bench.worker.asked == [("load", folder / "face.safetensors")]
    bench.worker.answered[0](Answer(True, "head"))
    assert bench.answer_to(future) == (True, "", "head")


@pytest.mark.parametrize("service", [services.SAVE_TARGET, services.LOAD_TARGET])
def test_a_name_with_folders_is_refused(bench: Bench, folder: Path, service: Service) -> None:
    success, message, *_ = bench.answer_to(bench.ask(service, service.type.Request(name="../x")))
    assert (success, bench.worker.asked, folder.exists()) == (False, [], False)
    assert "is no plain file name" in message


@pytest.mark.parametrize("service", services.SERVICES, ids=lambda one: str(one.name))
def test_a_node_without_worker_says_how_to_get_one(bench: Bench, service: Service) -> None:
    bench.worker = None
    success, message, *_ = bench.answer_to(bench.ask(service))
    assert not success
    name = f"{bench.node.get_namespace()}/tracker"
    assert message == f"the node is not active: ros2 lifecycle set {name} activate"


def test_who_has_waited_for_long_is_told_so_and_the_last_ones_at_the_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PATIENCE == 30
    later = 100.0
    clock = SimpleNamespace(monotonic=lambda: later)
    monkeypatch.setattr("rlt_ros.ros.services.deferred_service.time", clock)
    old = bench.ask(services.INIT, init_request())
    later += PATIENCE - 1
    new = bench.ask(services.INIT, init_request())
    bench.services.look()
    assert [len(one._waiting) for one in bench.services._services] == [2, 0, 0, 0, 0, 0]
    later += 1
    bench.services.look()
    assert bench.answer_to(old) == (False, NO_IMAGE, "")
    assert "nothing came of it within 30 s" in NO_IMAGE
    assert not new.done()
    bench.services.end()
    success, message, _ = bench.answer_to(new)
    assert not success
    assert message.startswith("the node is not active")
