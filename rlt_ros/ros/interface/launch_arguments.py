# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the launch arguments may hold. A launch file would hand wrong ones on without a word."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from rclpy.exceptions import NameValidationException
from rclpy.expand_topic_name import expand_topic_name
from rclpy.validate_full_topic_name import validate_full_topic_name
from rclpy.validate_namespace import validate_namespace
from rclpy.validate_topic_name import validate_topic_name

NODE_NAME = "tracker"
LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


class LaunchArgumentError(ValueError):
    """A launch argument has a wrong value; the text names it and what it may hold."""


def as_bool(name: str, text: str) -> bool:
    """Return whether an argument is true.

    Raises:
        LaunchArgumentError: it is neither true nor false.
    """
    if text.lower() in (*_TRUE, *_FALSE):
        return text.lower() in _TRUE
    raise LaunchArgumentError(f"{name} must be true or false, not '{text}'")


def check_log_level(text: str) -> None:
    """Check a log level, of the node or as LOGGER:=LEVEL of one of its loggers.

    Raises:
        LaunchArgumentError: there is no such level.
    """
    if text.split(":=")[-1].lower() not in LOG_LEVELS:
        raise LaunchArgumentError(f"log_level must be one of {', '.join(LOG_LEVELS)}, not '{text}'")


def check_port(name: str, text: str) -> None:
    """Check the number of a port.

    Raises:
        LaunchArgumentError: it is none.
    """
    if not text.isdecimal() or int(text) > 65535:
        raise LaunchArgumentError(f"{name} must be a number up to 65535, not '{text}'")


def check_names(namespace: str, image_topic: str) -> None:
    """Check a full namespace, and the topic of the images as it is given in there.

    Raises:
        LaunchArgumentError: one of them is no name in ROS.
    """
    try:
        validate_namespace(namespace)
    except NameValidationException as error:
        raise _no_name("namespace", namespace, error) from error
    try:
        validate_topic_name(image_topic)
        validate_full_topic_name(expand_topic_name(image_topic, NODE_NAME, namespace))
    except NameValidationException as error:
        raise _no_name("image_topic", image_topic, error) from error


def checked_parameter_file(text: str) -> Path:
    """Return the parameter file; ``~`` is the home folder.

    Raises:
        LaunchArgumentError: it is not there or cannot be read.
    """
    file = Path(text).expanduser()
    try:
        with file.open():
            return file
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise LaunchArgumentError(f"params_file '{text}' cannot be read: {reason}") from error


def unheard_parameters(file: Path, namespace: str) -> str:
    """Return a warning if a parameter file has nothing for the node, else nothing."""
    try:
        content = yaml.safe_load(file.read_text())
    except (yaml.YAMLError, UnicodeDecodeError):
        return ""  # the node says where
    node = f"{namespace.rstrip('/')}/{NODE_NAME}"
    named = sorted(_node_names(content, ""))
    # fnmatch's * reaches over slashes, as ** does in ROS.
    if any(fnmatch.fnmatchcase(node, name.replace("/**", "*")) for name in named):
        return ""
    named_here = ", ".join(named) if named else "no node"
    return f"params_file {file} sets nothing for {node}, but for {named_here}: use /** or {node}"


def misspelt(given: Iterable[str], declared: Iterable[str]) -> Iterator[str]:
    """Yield a warning for each argument that is unknown but much like one that is known."""
    known = list(declared)
    for name in given:
        if name not in known and (near := difflib.get_close_matches(name, known, 1, 0.75)):
            yield f"there is no launch argument {name}: did you mean {near[0]}?"


def _node_names(content: Any, prefix: str) -> Iterator[str]:
    if not isinstance(content, dict):
        return
    for key, value in content.items():
        if key == "ros__parameters":
            yield prefix
        else:
            yield from _node_names(value, f"{prefix}/{str(key).strip('/')}")


def _no_name(argument: str, text: str, error: NameValidationException) -> LaunchArgumentError:
    reason = str(error).splitlines()[0].removesuffix(":").split(": ", 1)[-1]
    return LaunchArgumentError(f"{argument} '{text}' is no ROS name: {reason}")
