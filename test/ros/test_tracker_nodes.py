# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several tracker nodes in one process: each on its own, ended together."""

from __future__ import annotations

import copy
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from node_bench import QUICK, Client, NodeProcess, box_on, overlap

from rlt_ros.ros import tracker_nodes
from rlt_ros.ros.interface.cameras import Camera
from rlt_ros.ros.tracker_nodes import main

pytestmark = pytest.mark.usefixtures("ros")

SOON = 40.0  # three seconds on a machine that has time


@pytest.fixture
def connect() -> Iterator[Callable[[NodeProcess, str], Client]]:
    """Gives a client for one of a process's nodes."""
    clients: list[Client] = []

    def connect(process: NodeProcess, name: str) -> Client:
        node = copy.copy(process)
        node.namespace += f"/{name}"
        clients.append(Client(node))
        clients[-1].wait_for_node()
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


def started(folder: Path, cameras: list[dict[str, object]]) -> NodeProcess:
    file = folder / "cameras.yaml"
    file.write_text(yaml.safe_dump({"cameras": cameras}))

    class Nodes(NodeProcess):
        program = ("-m", "rlt_ros.ros.tracker_nodes", str(file))

    return Nodes(folder / "log", **QUICK)


def shut_down(client: Client) -> None:
    """End a node by its life cycle."""
    asked = client.node.create_client(ChangeState, "tracker/change_state")
    client.until(asked.service_is_ready)
    number = Transition.TRANSITION_ACTIVE_SHUTDOWN
    future = asked.call_async(ChangeState.Request(transition=Transition(id=number)))
    client.until(future.done)
    assert future.result().success


def test_one_that_fails_or_is_shut_down_ends_no_other(
    tmp_path: Path, connect: Callable[[NodeProcess, str], Client]
) -> None:
    process = started(
        tmp_path,
        [
            {"namespace": "broken", "parameters": {"backbone_weights": str(tmp_path / "none")}},
            {"namespace": "front", "parameters": {"class_id": "head"}},
            {"namespace": "rear"},
        ],
    )
    try:
        front, rear = connect(process, "front"), connect(process, "rear")
        broken = f"[{process.namespace.strip('/')}.broken.tracker]: no tracker: "
        front.until(lambda: broken in process.log())
        for client, class_id in ((front, "head"), (rear, "target")):
            client.follow(0)
            found = client.track(3)
            assert found.results[0].hypothesis.class_id == class_id
            assert overlap(found, box_on(3)) > 0.5
        assert len(front.detections) == len(rear.detections) == 2  # of its own camera

        shut_down(rear)
        assert overlap(front.track(6), box_on(6)) > 0.5
        rear.until(lambda: not rear.node.count_publishers("detection"))

        start = time.monotonic()
        assert process.stop(signal.SIGTERM) == 1, process.log()  # one could not start
        assert time.monotonic() - start < SOON
        assert "Traceback" not in process.log()
    finally:
        process.stop(signal.SIGKILL)


def test_a_node_has_its_cameras_names_and_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(tracker_nodes, "TrackerNode", lambda **given: made.append(given))
    camera = Camera("front", "/front/image_raw", {"class_id": "head", "max_targets": 2})
    for namespace, own, full in (
        ("/", "front", "/front"),
        ("/robot", "front", "/robot/front"),
        ("/robot/", "front", "/robot/front"),
        ("/robot", "/front", "/front"),
    ):
        tracker_nodes.tracker_of(replace(camera, namespace=own), namespace)
        rules = ["--ros-args", "-r", f"__ns:={full}", "-r", "image_raw:=/front/image_raw"]
        assert made[-1]["cli_args"] == rules
    given = {one.name: one.value for one in made[-1]["parameter_overrides"]}
    assert given == {"class_id": "head", "max_targets": 2}


def test_it_waits_for_all_and_fails_if_one_did(monkeypatch: pytest.MonkeyPatch) -> None:
    cameras = [Camera(name) for name in ("front", "rear", "left")]
    ended: list[str] = []
    all_there = threading.Barrier(len(cameras))
    monkeypatch.setattr(tracker_nodes, "tracker_of", lambda camera, namespace: camera.namespace)

    def run_node(make: Callable[[], str]) -> bool:
        all_there.wait(30)  # each in a thread of its own
        ended.append(make())
        return ended[-1] != failing

    monkeypatch.setattr(tracker_nodes, "run_node", run_node)
    for failing in ("", "rear"):
        ended.clear()
        assert tracker_nodes.run_nodes(cameras) is (failing == "")
        assert sorted(ended) == ["front", "left", "rear"]


@pytest.mark.parametrize(
    ("rules", "namespace"),
    [
        ((), "/"),
        (("-r", "__ns:=/robot"), "/robot"),
        (("-r", "image_raw:=x", "-r", "__ns:=/robot", "-r", "__ns:=/other"), "/other"),
    ],
)
def test_a_namespace_that_was_given_is_around_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rules: tuple[str, ...], namespace: str
) -> None:
    file = tmp_path / "cameras.yaml"
    file.write_text("cameras: [{namespace: front}, {namespace: rear}]")
    ran: list[tuple[list[str], str]] = []

    def run_nodes(cameras: Sequence[Camera], namespace: str) -> bool:
        ran.append(([camera.namespace for camera in cameras], namespace))
        return True

    def run_in_ros(name: str, run: Callable[[], bool], args: list[str]) -> None:
        assert (name, args) == ("tracker_nodes", given)
        sys.exit(not run())

    monkeypatch.setattr(tracker_nodes, "run_nodes", run_nodes)
    monkeypatch.setattr(tracker_nodes, "run_in_ros", run_in_ros)
    given = ["tracker_nodes", str(file), "--ros-args", *rules]
    with pytest.raises(SystemExit, match="False"):
        main(given)
    assert ran == [(["front", "rear"], namespace)]


def test_its_help_says_what_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["tracker_nodes", "--help"])
    assert ended.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("usage: tracker_nodes CAMERAS [--ros-args ...] Track in the images of")
    assert "YAML file that lists them, as cameras.launch.py has it" in said


def test_a_wrong_entry_is_told_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cameras.yaml"
    file.write_text("cameras: [{namespace: front}, {namespace: rear, cpu_threads: 2}]")
    with pytest.raises(SystemExit) as ended:
        main(["tracker_nodes", str(file), "--ros-args", "-p", "device:=cpu"])
    assert ended.value.code == 2
    wrong = f"{file}: camera 2 (rear): cpu_threads is for a process of its own; leave it out"
    assert f"tracker_nodes: error: {wrong}" in capsys.readouterr().err
