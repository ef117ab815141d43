# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every parameter of the node, declared once.

The tracker's parameters are the fields of `TrackerConfig`; the node's own are those of
`NodeConfig`. Description, type and range of each become its ROS descriptor. Which of them an active
node can change is `live`; the others wait until it is not.

``python -m rlt_ros.ros.interface.parameters > config/tracker.yaml`` writes the parameter file anew.
"""

from __future__ import annotations

import dataclasses
import difflib
import textwrap
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node
from rclpy.parameter import Parameter

from rlt_ros.pixels.intensity import AUTO, parse_intensity_range
from rlt_ros.tracking import ConfigError, TrackerConfig, make_config
from rlt_ros.tracking.config import preset_settings
from rlt_ros.tracking.settings import Setting, allowed_values, checked, in_groups, setting

# Declared by rclpy itself on every node.
_FOREIGN = {"use_sim_time", "start_type_description_service"}

_life_cycle = partial(setting, "the node's life cycle")
_images_in = partial(setting, "images and init boxes that come in")
_targets = partial(setting, "targets")
_results_out = partial(setting, "what goes out")


@dataclass(frozen=True)
class NodeConfig:
    """The node's own settings, in the form of `TrackerConfig`'s."""

    autostart: bool = _life_cycle(
        True,
        "the node configures and activates itself; false leaves that to ros2 lifecycle, a launch"
        " file or Nav2's life-cycle manager",
    )
    image_transport: str = _images_in(
        "auto",
        "images taken: raw on image_raw, compressed on image_raw/compressed (or on image_raw, where"
        " that is such a topic); auto: what is published there, raw first",
        choices=("auto", "raw", "compressed"),
    )
    image_reliability: str = _images_in(
        "auto",
        "delivery asked of the image publisher: reliable loses nothing and needs a reliable "
        "publisher, best_effort fits every camera; auto: reliable as long as every publisher "
        "offers it, else best_effort",
        choices=("auto", "reliable", "best_effort"),
        for_users=True,
    )
    queue: str = _images_in(
        "newest",
        "frames that wait for the tracker: newest drops the older one, all keeps every frame "
        "in order, for recordings",
        choices=("newest", "all"),
        for_users=True,
    )
    queue_size: int = _images_in(
        1000, "frames that may wait when queue is all", minimum=1, maximum=1_000_000
    )
    queue_mib: int = _images_in(
        2048, "memory that those frames may take [MiB]", minimum=1, maximum=1_000_000
    )
    frame_buffer_size: int = _images_in(
        30, "received frames kept for init boxes with a stamp", minimum=1, maximum=10_000
    )
    frame_buffer_mib: int = _images_in(
        128,
        "memory that frames kept for init boxes may take [MiB]; the last one is always kept",
        minimum=1,
        maximum=1_000_000,
    )
    intensity_range: str = _images_in(
        AUTO,
        "what becomes black and white of images of more than 8 bits; auto takes it from the image "
        "on which the target is chosen, and keeps it for that target",
        form="auto, or LOW,HIGH such as 7000,8000",
        parse=parse_intensity_range,
        for_users=True,
    )
    max_targets: int = _targets(
        1,
        "targets that may be tracked at the same time; with 1, a new one replaces the old one",
        minimum=1,
        maximum=100,
        for_users=True,
    )
    target_folder: str = _targets(
        "",
        "folder for saved targets, ~ for the home folder; empty: $ROS_HOME/rlt_ros, ~/.ros/rlt_ros",
    )
    autosave_seconds: float = _targets(
        0.0,
        "save every target so often while it is tracked, in target_folder/autosave and there in a"
        " folder of the node's namespace and name, and go on with those that lie there after a"
        " restart; 0: never",
        minimum=0.0,
        maximum=86_400.0,
        unit="s",
    )
    on_time_jump: str = _targets(
        "go_on",
        "where the images' stamps go back by more than a second, as a bag's do that starts again:"
        " look for the targets, or forget them",
        choices=("go_on", "forget"),
    )
    detections_use: str = _targets(
        "nothing",
        "what detections_in is for: first starts a target while there is none; add starts others,"
        " too, up to max_targets, where no target is",
        choices=("nothing", "first", "add"),
        live=True,
    )
    detections_find_lost: bool = _targets(
        False,
        "look for a target that is lost where detections_in has something, too; it goes on under"
        " its id if it looks like the target",
        live=True,
    )
    detections_min_score: float = _targets(
        0.5, "least score of a detection that counts", minimum=0.0, maximum=1.0, live=True
    )
    detections_classes: str = _targets(
        "", "class_ids of detections that count, with commas between them; empty: all", live=True
    )
    click_size: int = _targets(
        0,
        "side of the box that a click on clicked_point starts; 0: grown from the image",
        minimum=0,
        maximum=10_000,
        unit="px",
        live=True,
    )
    class_id: str = _results_out(
        "target", "class_id of published detections", for_users=True, live=True
    )


_NODE_FIELDS = {field.name: field for field in dataclasses.fields(NodeConfig)}
_TRACKER_FIELDS = {field.name: field for field in dataclasses.fields(TrackerConfig)}
# Every parameter by its name.
DECLARED: dict[str, Setting] = {**_NODE_FIELDS, **_TRACKER_FIELDS}


def names() -> list[str]:
    """Return the names of all parameters."""
    return list(DECLARED)


def refusal(name: str, value: object, *, active: bool, node: str = "/rlt/tracker") -> str:
    """Return why a running node cannot set a parameter to a value; empty if it can.

    Args:
        name: of the parameter.
        value: that it is to have.
        active: whether the node is.
        node: its full name, for what to do.
    """
    if wrong := fault(name, value):
        return wrong
    if name == "autostart" or (active and name in DECLARED and not DECLARED[name].metadata["live"]):
        return _read_only(DECLARED[name], node)
    return ""


def fault(name: str, value: object) -> str:
    """Return what is wrong with a parameter, whenever it is given; empty if nothing is."""
    if name in _FOREIGN:
        return ""
    if name not in DECLARED:
        return _unknown(name)
    try:
        checked(DECLARED[name], value)
    except ConfigError as error:
        return str(error)
    return ""


class NodeParameters:
    """A node's parameters: declared, checked, and looked up when the node is configured.

    What the user gave stays apart from what follows from it: a tracker's parameter that was not
    given has the value of the user's preset, and gets another when the preset is changed.

    A parameter with a wrong value has its default, and stands in the way of `configs` until it is
    set to a right one.
    """

    def __init__(self, node: Node) -> None:
        """Declare all parameters with the values that the user gave.

        The node must have been made with ``automatically_declare_parameters_from_overrides``.
        """
        self._node = node
        self._given: dict[str, Any] = {}
        self._wrong: dict[str, str] = {}
        # rclpy declared what the user gave, of any type; declared again below, with our
        # descriptors, so that the errors are ours and 5 is a fine value for a float.
        given = {
            name: parameter.value
            for name, parameter in node.get_parameters_by_prefix("").items()
            if name not in _FOREIGN
        }
        for name in given:
            node.undeclare_parameter(name)
        for name in sorted(given.keys() - DECLARED.keys()):
            node.get_logger().warning(_unknown(name))
        for name in given.keys() & DECLARED.keys():
            try:
                self._given[name] = checked(DECLARED[name], given[name])
            except ConfigError as error:
                self._wrong[name] = str(error)
        values = self._values()
        for name, field in DECLARED.items():
            node.declare_parameter(name, values[name], _descriptor(field), ignore_override=True)

    def configs(self) -> tuple[NodeConfig, TrackerConfig]:
        """Return the settings that the parameters make.

        Raises:
            ConfigError: names each wrong parameter and its allowed values.
        """
        if self._wrong:
            raise ConfigError("; ".join(sorted(self._wrong.values())))
        node_config = NodeConfig(**{k: v for k, v in self._given.items() if k in _NODE_FIELDS})
        return node_config, make_config(
            **{k: v for k, v in self._given.items() if k in _TRACKER_FIELDS}
        )

    def prepared(self, parameters: list[Parameter], *, active: bool) -> list[Parameter]:
        """Return parameters as they are to be set, with all that follows from them.

        Raises:
            ConfigError: one of them cannot be set now; says why, and what to do.
        """
        path = self._node.get_fully_qualified_name()
        for one in parameters:
            if reason := refusal(one.name, one.value, active=active, node=path):
                raise ConfigError(reason)
        own = [one for one in parameters if one.name not in _FOREIGN]
        taken = {one.name: checked(DECLARED[one.name], one.value) for one in own}
        before, self._given = self._given, {**self._given, **taken}
        values = self._values()
        self._given = before
        foreign = [one for one in parameters if one.name in _FOREIGN]
        changed = [
            Parameter(name, value=value)
            for name, value in values.items()
            if name in taken or value != self._node.get_parameter(name).value
        ]
        return foreign + changed

    def took(self, parameters: list[Parameter]) -> None:
        """Note what the user has set; each was `prepared`."""
        for parameter in parameters:
            if declared := DECLARED.get(parameter.name):
                self._given[parameter.name] = checked(declared, parameter.value)
                self._wrong.pop(parameter.name, None)

    def _values(self) -> dict[str, Any]:
        """Return what each parameter holds; those that do not go together as they were given."""
        preset = self._given.get("preset", _TRACKER_FIELDS["preset"].default)
        values = {name: field.default for name, field in DECLARED.items()}
        backbone = self._given.get("backbone", _TRACKER_FIELDS["backbone"].default)
        return {**values, **preset_settings(preset, backbone), **self._given}


def parameter_file() -> str:
    """Return the text of config/tracker.yaml: every parameter, what it means and its default."""
    lines = [
        "# Copyright 2026 rlt_ros authors",
        "# SPDX-License-Identifier: Apache-2.0",
        "#",
        "# Parameters of the tracker node, with their defaults; written by",
        "# python -m rlt_ros.ros.interface.parameters > config/tracker.yaml",
        "#",
        "# Remove the # before a name to set it. A setting that is not given has its preset's",
        "# value, which the running node tells: ros2 param get /rlt/tracker NAME",
        "/**:",
        "  ros__parameters:",
    ]
    for title, fields in in_groups(DECLARED.values()).items():
        lines += ["", f"    # ---- {title} ".ljust(99, "-")]
        for field in fields:
            text = f"{_description(field)} ({allowed_values(field)})"
            active = "" if field.name in _NODE_FIELDS or field.name in ("preset", "device") else "#"
            lines += textwrap.wrap(text, 95, initial_indent="    # ", subsequent_indent="    # ")
            lines += [f"    {active}{field.name}: {_yaml(field.default)}"]
    return "\n".join(lines) + "\n"


def _yaml(value: object) -> str:
    # On one line, and without the document's end that YAML puts after a lone scalar.
    return str(yaml.safe_dump(value, width=1000)).removesuffix("...\n").strip()


def _description(field: Setting) -> str:
    unit = field.metadata["unit"]
    return str(field.metadata["description"]) + (f" [{unit}]" if unit else "")


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name, DECLARED, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"parameter {name} does not exist and has no effect{hint}"


def _read_only(declared: Setting, node: str) -> str:
    allowed = f"it may be {allowed_values(declared)}"
    if declared.name == "autostart":
        return (
            f"autostart is read-only, as it counts when the node starts; {allowed}: set it in the"
            " parameter file or with -p, and start again"
        )
    return (
        f"{declared.name} is read-only while the node is active; {allowed}: first ros2 lifecycle"
        f" set {node} deactivate, then set it, then ros2 lifecycle set {node} activate"
    )


def _descriptor(field: Setting) -> ParameterDescriptor:
    low, high = field.metadata["minimum"], field.metadata["maximum"]
    descriptor = ParameterDescriptor(
        description=_description(field),
        additional_constraints=allowed_values(field),
    )
    if low is not None and high is not None:
        if isinstance(field.default, float):
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=float(low), to_value=float(high))
            ]
        else:
            descriptor.integer_range = [IntegerRange(from_value=low, to_value=high, step=1)]
    return descriptor


if __name__ == "__main__":
    print(parameter_file(), end="")
