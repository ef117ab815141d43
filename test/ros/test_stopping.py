# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM end the node's process soon and quietly, whatever it is doing."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from node_bench import LOSSLESS, QUICK, TIMEOUT, Client, FreshNode, NodeProcess, box_on
from rlt_ros.msg import TrackerStatus

pytestmark = pytest.mark.usefixtures("ros")

# Three seconds on a machine that has time; what the node was doing would take minutes.
SOON = 40.0
ENDLESS = {**QUICK, "mining_interval": 1, "mining_pool": 1024}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., NodeProcess]]:
    processes: list[NodeProcess] = []

    def start(**parameters: object) -> NodeProcess:
        processes.append(FreshNode(tmp_path / f"log{len(processes)}", **parameters))
        return processes[-1]

    yield start
    for process in processes:
        process.stop(signal.SIGKILL)


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def connect(node: NodeProcess) -> Client:
        clients.append(Client(node))
        clients[-1].wait_for_node()
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


def assert_it_ends(node: NodeProcess, *signals: signal.Signals) -> None:
    assert node.running, node.log()
    start = time.monotonic()
    for number in signals[:-1]:
        node._process.send_signal(number)
    assert node.stop(signals[-1]) == 0, node.log()
    assert time.monotonic() - start < SOON
    assert "Traceback" not in node.log()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_it_imports(start: Callable[..., NodeProcess], number: signal.Signals) -> None:
    node = start()
    maps = Path(f"/proc/{node._process.pid}/maps")
    if not maps.exists():
        pytest.skip("there is no /proc to see what a process has loaded")
    until(lambda: "numpy" in maps.read_text())  # far from the last one
    assert_it_ends(node, number)
    assert node.log() == ""


def test_while_it_loads_the_tracker(start: Callable[..., NodeProcess]) -> None:
    node = start(device="cpu")
    until(lambda: "init boxes:" in node.log())
    assert_it_ends(node, signal.SIGINT, signal.SIGINT)
    lines = [line for line in node.log().splitlines() if "no image on" not in line]
    assert len(lines) <= 2, node.log()


def test_while_it_learns(start: Callable[..., NodeProcess], connect: Callable[..., Client]) -> None:
    node = start(**{**ENDLESS, "initial_iterations": 10_000})
    client = connect(node)
    client.choose(box_on(0))
    client.until(lambda: client.statuses[-1].state == TrackerStatus.INITIALIZING)
    header = client.send(0)
    assert client.status_of(header).state == TrackerStatus.INITIALIZING
    assert_it_ends(node, signal.SIGTERM)


def test_in_an_update_and_with_a_backlog(
    start: Callable[..., NodeProcess], connect: Callable[..., Client]
) -> None:
    settings = {"update_interval": 1, "update_iterations": 10_000, "update_mode": "lockstep"}
    node = start(**{**ENDLESS, **settings}, **LOSSLESS)
    client = connect(node)
    client.follow(0)
    for index in range(1, 30):
        client.send(index)
    client.until(lambda: client.statuses[-1].frames_waiting >= 28)
    assert_it_ends(node, signal.SIGINT, signal.SIGTERM)
