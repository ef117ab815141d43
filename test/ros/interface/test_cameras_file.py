# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The list of cameras: what it gives, and what is wrong with it, by name."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from rlt_ros.ros.interface.cameras import Camera, cameras_of, environments
from rlt_ros.ros.interface.launch_arguments import LaunchArgumentError

EXAMPLE = Path(__file__).parents[3] / "config" / "cameras.yaml"


def listed(folder: Path, text: str) -> list[Camera]:
    file = folder / "cameras.yaml"
    file.write_text(text)
    return cameras_of(str(file))


def test_the_example() -> None:
    front, rear = cameras_of(str(EXAMPLE))
    assert front == Camera("front", "/front/image_raw", {"on_time_jump": "go_on"})
    assert (rear.namespace, rear.image_topic) == ("rear", "/rear/image_raw")
    assert rear.parameters == {"on_time_jump": "go_on", "max_targets": 2}


def test_a_camera_may_have_what_all_have_otherwise(tmp_path: Path) -> None:
    cameras = listed(
        tmp_path,
        "parameters: {device: cpu, class_id: '7'}\n"
        "cameras:\n"
        "  - namespace: a/b\n"
        "  - {namespace: /c, parameters: {class_id: head}, cpu_threads: 3}\n",
    )
    assert cameras == [
        Camera("a/b", "image_raw", {"device": "cpu", "class_id": "7"}),
        Camera("/c", "image_raw", {"device": "cpu", "class_id": "head"}, 3),
    ]


@pytest.mark.parametrize(
    ("cores", "named", "threads"),
    [
        (8, (0, 0), (4, 4)),
        (8, (0, 0, 0), (2, 2, 2)),
        (2, (0, 0, 0), (1, 1, 1)),
        (8, (2, 0, 0), (2, 3, 3)),
        (4, (3, 3), (3, 3)),
        (4, (4, 0), (4, 1)),
    ],
)
def test_threads_are_divided(
    monkeypatch: pytest.MonkeyPatch,
    cores: int,
    named: tuple[int, ...],
    threads: tuple[int, ...],
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    given = environments([Camera(f"c{i}", cpu_threads=one) for i, one in enumerate(named)])
    assert [int(each["OMP_NUM_THREADS"]) for each in given] == list(threads)
    assert [int(each["OPENCV_FOR_THREADS_NUM"]) for each in given] == list(threads)


def test_a_process_for_all_has_no_threads_for_one(tmp_path: Path) -> None:
    file = tmp_path / "cameras.yaml"
    file.write_text("cameras: [{namespace: a}, {namespace: b, cpu_threads: 1}]")
    assert [one.cpu_threads for one in cameras_of(str(file))] == [0, 1]
    with pytest.raises(LaunchArgumentError, match=r"camera 2 \(b\): cpu_threads is for a process"):
        cameras_of(str(file), one_process=True)


GOOD = "{namespace: front}"
WRONG = {
    "no YAML": ("cameras: [", "is no YAML: while parsing"),
    "nothing": ("", ": cameras is missing, the list of them"),
    "a list": (f"- {GOOD}", ": cameras is missing"),
    "no cameras": ("parameters: {}", ": cameras must be a list"),
    "empty": ("cameras: []", ": cameras must be a list"),
    "mapping": (f"cameras: {GOOD}", ": cameras must be a list"),
    "misspelt": (f"camera: [{GOOD}]", "there is no entry camera; did you mean cameras"),
    "unknown": (f"rate: 3\ncameras: [{GOOD}]", "no entry rate; there are parameters, cameras"),
    "text": ("cameras: [front]", "camera 1 must have a namespace, not be 'front'"),
    "no namespace": (
        f"cameras: [{GOOD}, {{image_topic: a}}]",
        "camera 2: namespace must be a text, not None",
    ),
    "number": ("cameras: [{namespace: 1}]", "camera 1: namespace must be a text, not 1"),
    "bad namespace": ("cameras: [{namespace: a-b}]", r"camera 1 \(a-b\): namespace '/a-b' is no"),
    "bad topic": (
        "cameras: [{namespace: a, image_topic: a b}]",
        r"camera 1 \(a\): image_topic 'a b' is no ROS name",
    ),
    "topic": ("cameras: [{namespace: a, image_topic: 3}]", "image_topic must be a text, not 3"),
    "key": (
        "cameras: [{namespace: a, image: b}]",
        "camera 1: there is no entry image; did you mean image_topic",
    ),
    "twice": (
        "cameras: [{namespace: a}, {namespace: b}, {namespace: /a}]",
        "cameras 1 and 3 both have the namespace '/a'",
    ),
    "threads": ("cameras: [{namespace: a, cpu_threads: two}]", "cpu_threads must be an integer"),
    "negative": ("cameras: [{namespace: a, cpu_threads: -1}]", "cpu_threads must be an integer"),
    "true": ("cameras: [{namespace: a, cpu_threads: true}]", "cpu_threads must be an integer"),
    "parameters": (
        "cameras: [{namespace: a, parameters: [3]}]",
        r"camera 1 \(a\): parameters must be names and values, not \[3\]",
    ),
    "parameter": (
        "cameras: [{namespace: a, parameters: {queu: all}}]",
        r"camera 1 \(a\): parameters: parameter queu does not exist and .* did you mean queue",
    ),
    "value": (
        "cameras: [{namespace: a, parameters: {max_targets: 0}}]",
        "max_targets must be an integer from 1 to 100, not 0",
    ),
    "shared value": (
        f"parameters: {{device: gpu}}\ncameras: [{GOOD}]",
        "parameters: device must be auto, cpu, cuda or cuda:N, not 'gpu'",
    ),
}


@pytest.mark.parametrize("text, said", WRONG.values(), ids=WRONG)
def test_a_wrong_entry_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(LaunchArgumentError, match=said) as caught:
        listed(tmp_path, text)
    assert str(tmp_path / "cameras.yaml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(LaunchArgumentError, match=r"^cameras 'no\.yaml' cannot be read: No such"):
        cameras_of("no.yaml")
