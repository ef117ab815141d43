# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Wrong launch arguments, each named."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from rlt_ros.ros.interface.launch_arguments import (
    LaunchArgumentError,
    as_bool,
    check_log_level,
    check_names,
    check_port,
    checked_parameter_file,
    misspelt,
    unheard_parameters,
)


def test_a_port_is_a_number() -> None:
    check_port("web_port", "8765")
    for text in ("http", "-1", "65536", ""):
        with pytest.raises(LaunchArgumentError, match="web_port must be a number up to 65535"):
            check_port("web_port", text)


def test_truth_is_told_in_several_ways() -> None:
    assert [as_bool("rviz", text) for text in ("true", "True", "1")] == [True] * 3
    assert [as_bool("rviz", text) for text in ("false", "False", "0")] == [False] * 3
    with pytest.raises(LaunchArgumentError, match=r"^rviz must be true or false, not 'maybe'$"):
        as_bool("rviz", "maybe")


def test_log_levels() -> None:
    for good in ("debug", "WARN", "rlt.tracker:=debug"):
        check_log_level(good)
    for bad in ("loud", "", "rlt.tracker:=loud"):
        with pytest.raises(LaunchArgumentError, match=r"^log_level must be one of debug, info,"):
            check_log_level(bad)


@pytest.mark.parametrize("topic", ["image_raw", "/camera/image_raw", "~/image", "a_1/b"])
@pytest.mark.parametrize("namespace", ["/rlt", "/", "/robot1/rlt"])
def test_good_names(namespace: str, topic: str) -> None:
    check_names(namespace, topic)


@pytest.mark.parametrize(
    "namespace, topic, said",
    [
        ("/bad-name", "image_raw", "namespace '/bad-name' is no ROS name: .* other than alphanum"),
        ("/rlt/", "image_raw", "namespace '/rlt/' is no ROS name: .* must not end with a '/'"),
        ("/rlt", "", "image_topic '' is no ROS name: topic name must not be empty"),
        ("/rlt", "my camera", "image_topic 'my camera' is no ROS name: .* other than alphanum"),
        ("/rlt", "a//b", "image_topic 'a//b' is no ROS name: .* repeated '/'"),
    ],
)
def test_wrong_names(namespace: str, topic: str, said: str) -> None:
    with pytest.raises(LaunchArgumentError, match=f"^{said}[^\n]*$"):
        check_names(namespace, topic)


def test_a_parameter_file_has_to_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        LaunchArgumentError, match=r"^params_file 'no.yaml' cannot be read: No such"
    ):
        checked_parameter_file("no.yaml")
    with pytest.raises(LaunchArgumentError, match="cannot be read: Is a directory"):
        checked_parameter_file(str(tmp_path))
    (tmp_path / "mine.yaml").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert checked_parameter_file("~/mine.yaml") == tmp_path / "mine.yaml"


@pytest.mark.parametrize(
    "name", ["/**", "/rlt/tracker", "rlt/tracker", "/*/tracker", "/**/tracker"]
)
def test_parameters_for_the_node_are_heard(tmp_path: Path, name: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"{name}:\n  ros__parameters:\n    queue: all\n")
    assert unheard_parameters(file, "/rlt") == ""
    file.write_text("rlt:\n  tracker:\n    ros__parameters:\n      queue: all\n")
    assert unheard_parameters(file, "/rlt") == ""


def test_parameters_for_others_are_not(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("tracker_node:\n  ros__parameters:\n    queue: all\n")
    assert unheard_parameters(file, "/rlt") == (
        f"params_file {file} sets nothing for /rlt/tracker, but for /tracker_node:"
        " use /** or /rlt/tracker"
    )
    file.write_text("queue: all\n")
    assert "sets nothing for /tracker, but for no node" in unheard_parameters(file, "/")


def test_a_parameter_file_that_is_none_is_left_to_the_node(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    for content in (b"tracker: [", b"\xff\xfe"):
        file.write_bytes(content)
        assert unheard_parameters(file, "/rlt") == ""


def test_misspelt_arguments_are_named() -> None:
    given = ["image_topics", "rviz", "camera_name"]  # the last may be an including file's
    assert list(misspelt(given, ["image_topic", "rviz"])) == [
        "there is no launch argument image_topics: did you mean image_topic?"
    ]
