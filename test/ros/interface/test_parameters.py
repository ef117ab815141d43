# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parameters: declared once, described, checked; the shipped file agrees with them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter

from rlt_ros.ros.interface.parameters import DECLARED, NodeParameters, names, parameter_file
from rlt_ros.tracking import PRESETS, ConfigError, make_config
from rlt_ros.tracking.settings import checked

pytestmark = pytest.mark.usefixtures("ros")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def make_node() -> Iterator[Callable[..., Node]]:
    nodes: list[Node] = []

    def make(**given: Any) -> Node:
        nodes.append(
            rclpy.create_node(
                "parameters",
                parameter_overrides=[Parameter(name, value=given[name]) for name in given],
                automatically_declare_parameters_from_overrides=True,
            )
        )
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()


def test_every_parameter_tells_its_meaning_type_and_range(
    make_node: Callable[..., Node],
) -> None:
    node = make_node()
    node_config, tracker_config = NodeParameters(node).configs()
    for name in names():
        descriptor = node.describe_parameter(name)
        assert descriptor.description and descriptor.additional_constraints, name
        assert not descriptor.read_only, name  # for good, that is: some while it is active
        config = node_config if hasattr(node_config, name) else tracker_config
        assert node.get_parameter(name).value == getattr(config, name)
        assert node.get_parameter(name).type_.value == descriptor.type
    ranges = node.describe_parameter("candidates").integer_range
    assert [(item.from_value, item.to_value) for item in ranges] == [(8, 16384)]
    assert node.describe_parameter("attention_weight").floating_point_range


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_not_given_has_the_presets_value(
    make_node: Callable[..., Node], preset: str
) -> None:
    node = make_node(preset=preset, attention_weight=3, class_id="head")
    node_config, tracker_config = NodeParameters(node).configs()
    # 3 is as good as 3.0: nobody should have to know which parameters are floats.
    assert tracker_config == make_config(preset, attention_weight=3.0)
    assert node.get_parameter("attention_weight").value == 3.0
    assert node.get_parameter("features").value == make_config(preset).features
    assert node_config.class_id == "head"


def test_every_wrong_value_is_named_with_what_is_allowed(make_node: Callable[..., Node]) -> None:
    with pytest.raises(ConfigError) as error:
        NodeParameters(make_node(queue="most", candidates=1.5, queue_size=0, dropout=2.0)).configs()
    told = str(error.value)
    assert "queue must be one of newest, all, not 'most'" in told
    assert "candidates must be an integer from 8 to 16384, not 1.5" in told
    assert "queue_size must be an integer from 1 to 1000000, not 0" in told
    assert "dropout must be a number from 0 to 0.95, not 2.0" in told
    with pytest.raises(ConfigError, match="region_size must be a multiple of 16"):
        NodeParameters(make_node(region_size=100)).configs()


def test_a_wrong_value_counts_no_more_once_it_is_set_right(make_node: Callable[..., Node]) -> None:
    node = make_node(queue="most", candidates=1.5)
    parameters = NodeParameters(node)
    assert node.get_parameter("queue").value == "newest"
    for name, value, left in (("queue", "all", True), ("candidates", 512, False)):
        given = [Parameter(name, value=value)]
        node.set_parameters_atomically(parameters.prepared(given, active=False))
        parameters.took(given)
        if left:
            with pytest.raises(ConfigError) as error:
                parameters.configs()
            assert str(error.value) == "candidates must be an integer from 8 to 16384, not 1.5"
    node_config, tracker_config = parameters.configs()
    assert (node_config.queue, tracker_config.candidates) == ("all", 512)


def test_another_preset_changes_what_was_not_given(make_node: Callable[..., Node]) -> None:
    node = make_node(candidates=512)
    parameters = NodeParameters(node)
    given = [Parameter("preset", value="paper"), Parameter("dropout", value=0)]
    node.set_parameters_atomically(parameters.prepared(given, active=False))
    parameters.took(given)
    expected = make_config("paper", candidates=512, dropout=0.0)
    assert parameters.configs()[1] == expected
    for name in ("preset", "candidates", "dropout", "features", "regression_ridge"):
        assert node.get_parameter(name).value == getattr(expected, name), name


def test_a_misspelt_name_is_told_and_changes_nothing(
    make_node: Callable[..., Node], capfd: pytest.CaptureFixture[str]
) -> None:
    _, tracker_config = NodeParameters(make_node(attention_wieght=1.0)).configs()
    assert tracker_config == make_config()
    told = capfd.readouterr().err
    assert "attention_wieght does not exist" in told
    assert "did you mean attention_weight?" in told


@pytest.mark.parametrize("value", ["7000,8000", "-20.5,40", "auto"])
def test_an_intensity_range_is_auto_or_two_numbers(value: str) -> None:
    assert checked(DECLARED["intensity_range"], value) == value


@pytest.mark.parametrize("value", ["", "7000", "8000,7000", "low,high", 7000])
def test_what_is_no_intensity_range_is_refused(value: object) -> None:
    said = "intensity_range must be auto, or LOW,HIGH such as 7000,8000, not "
    with pytest.raises(ConfigError, match=said):
        checked(DECLARED["intensity_range"], value)


def test_the_parameter_file_is_up_to_date() -> None:
    shipped = (ROOT / "config" / "tracker.yaml").read_text()
    command = "python -m rlt_ros.ros.interface.parameters > config/tracker.yaml"
    assert shipped == parameter_file(), command


def test_what_a_user_may_touch_stands_first_in_the_parameter_file_on_one_screen() -> None:
    head, *rest = parameter_file().split("# ---- for experts: ")
    active = re.findall(r"^    #?(\w+): ", head, re.MULTILINE)
    assert {"image_reliability", "queue", "preset", "device", "lost_after"} <= set(active)
    assert len(active) <= 14 and head.count("\n") <= 60
    assert len(rest) > 8


def test_the_parameter_file_holds_every_parameter_and_changes_none(
    make_node: Callable[..., Node],
) -> None:
    node_config, tracker_config = NodeParameters(make_node()).configs()
    defaults = {**dataclasses.asdict(node_config), **dataclasses.asdict(tracker_config)}
    uncommented = re.sub(r"^( *)#(?=\w)", r"\1", parameter_file(), flags=re.MULTILINE)
    assert yaml.safe_load(uncommented)["/**"]["ros__parameters"] == defaults
    # What is not commented out must not stand in a preset's way.
    active = yaml.safe_load(parameter_file())["/**"]["ros__parameters"]
    assert all(active.keys().isdisjoint(changed) for changed in PRESETS.values())


def test_the_rviz_file_shows_the_nodes_topics() -> None:
    displays = yaml.safe_load((ROOT / "config" / "rlt.rviz").read_text())["Visualization Manager"]
    images = [item for item in displays["Displays"] if item["Class"].endswith("/Image")]
    topics = {item["Topic"]["Value"]: item["Topic"]["Reliability Policy"] for item in images}
    assert topics == {
        "/rlt/image_raw": "Best Effort",  # fits every camera
        "/rlt/annotated_image": "Reliable",
        "/rlt/attention_map": "Reliable",
    }
