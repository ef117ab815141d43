# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where saved targets lie, and what may be a name of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlt_ros.ros.services.target_folder import TargetNameError, target_file, target_folder

FOLDER = Path("/somewhere")


def test_the_folder_is_the_one_named_or_that_of_ros(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/robot")
    monkeypatch.delenv("ROS_HOME", raising=False)
    assert target_folder("/data/targets") == Path("/data/targets")
    assert target_folder("~/targets") == Path("/home/robot/targets")
    assert target_folder("") == Path("/home/robot/.ros/rlt_ros")
    monkeypatch.setenv("ROS_HOME", "/var/ros")
    assert target_folder("") == Path("/var/ros/rlt_ros")
    monkeypatch.setenv("ROS_HOME", "")
    assert target_folder("") == Path("/home/robot/.ros/rlt_ros")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("head", "head.safetensors"),
        ("head.safetensors", "head.safetensors"),
        ("head.v2", "head.v2.safetensors"),
        ("my head", "my head.safetensors"),
        ("Kopf-für-ä", "Kopf-für-ä.safetensors"),
        ("x" * 200, "x" * 200 + ".safetensors"),
    ],
)
def test_a_plain_name_is_a_file_in_it(name: str, file: str) -> None:
    assert target_file(FOLDER, name) == FOLDER / file


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../head",
        "a/b",
        "head/",
        "/tmp/x",
        ".hidden",
        "two\nlines",
        "bell\a",
        201 * "x",
        101 * "ä",
    ],
)
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(TargetNameError) as error:
        target_file(FOLDER, name)
    assert str(error.value) == (
        f"the name {name[:50]!r} is no plain file name: give one without folders that does not"
        " begin with a dot, such as head"
    )
