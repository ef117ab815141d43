# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The cameras of a machine, each with a tracker of its own, as a YAML file lists them."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rlt_ros.ros.interface.launch_arguments import LaunchArgumentError, check_names
from rlt_ros.ros.interface.parameters import fault
from rlt_ros.ros.interface.topics import IMAGES


@dataclass(frozen=True)
class Camera:
    """A camera and how its tracker runs.

    Attributes:
        namespace: of the tracker, without a slash before it where it is relative.
        image_topic: its images; a relative name is taken in the namespace.
        parameters: of the tracker, by name.
        cpu_threads: most that its process may have for one computation; 0: its share.
    """

    namespace: str
    image_topic: str = IMAGES.name
    parameters: Mapping[str, Any] = field(default_factory=dict)
    cpu_threads: int = 0


def cameras_of(text: str, *, one_process: bool = False) -> list[Camera]:
    """Return the cameras that a file lists; ``~`` is the home folder.

    Args:
        text: its path.
        one_process: whether all trackers share a process; then none has threads of its own.

    Raises:
        LaunchArgumentError: it cannot be read, or an entry is wrong; names file and entry.
    """
    content = _content(text)
    _check_keys(content, ("parameters", "cameras"), text)
    shared = _parameters(content.get("parameters"), f"{text}: parameters")
    entries = content.get("cameras")
    if not isinstance(entries, list) or not entries:
        raise LaunchArgumentError(
            f"{text}: cameras must be a list with an entry for each, such as"
            " - {namespace: front, image_topic: /front/image_raw}"
        )
    cameras: list[Camera] = []
    for number, entry in enumerate(entries, 1):
        camera = _camera(entry, shared, f"{text}: camera {number}")
        for other, before in enumerate(cameras, 1):
            if before.namespace.strip("/") == camera.namespace.strip("/"):
                raise LaunchArgumentError(
                    f"{text}: cameras {other} and {number} both have the namespace"
                    f" '{camera.namespace}': each tracker needs one of its own"
                )
        if one_process and camera.cpu_threads:
            raise LaunchArgumentError(
                f"{text}: camera {number} ({camera.namespace}): cpu_threads is for a process of its"
                " own; leave it out, or start without one_process"
            )
        cameras.append(camera)
    return cameras


def environments(cameras: Iterable[Camera]) -> list[dict[str, str]]:
    """Return what each tracker's process is to find in its environment, in order.

    The CPU's threads are divided among those that name no number. PyTorch, OpenVINO and PyPI's
    OpenCV take no more than that; else each process might take all, and wait for the others'.
    """
    named = [camera.cpu_threads for camera in cameras]
    left = len(os.sched_getaffinity(0)) - sum(named)
    share = max(1, left // max(1, named.count(0)))
    return [
        {"OMP_NUM_THREADS": str(number or share), "OPENCV_FOR_THREADS_NUM": str(number or share)}
        for number in named
    ]


def _content(text: str) -> dict[str, Any]:
    try:
        content = yaml.safe_load(Path(text).expanduser().read_text())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise LaunchArgumentError(f"cameras '{text}' cannot be read: {reason}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise LaunchArgumentError(f"cameras '{text}' is no YAML: {reason}") from error
    if not isinstance(content, dict):
        raise LaunchArgumentError(f"{text}: cameras is missing, the list of them")
    return content


def _camera(entry: Any, shared: Mapping[str, Any], where: str) -> Camera:
    if not isinstance(entry, dict):
        raise LaunchArgumentError(f"{where} must have a namespace, not be {entry!r}")
    _check_keys(entry, ("namespace", "image_topic", "parameters", "cpu_threads"), where)
    namespace = entry.get("namespace")
    if not isinstance(namespace, str) or not namespace:
        raise LaunchArgumentError(f"{where}: namespace must be a text, not {namespace!r}")
    where = f"{where} ({namespace})"
    image_topic = entry.get("image_topic", IMAGES.name)
    if not isinstance(image_topic, str):
        raise LaunchArgumentError(f"{where}: image_topic must be a text, not {image_topic!r}")
    try:
        check_names(f"/{namespace.lstrip('/')}", image_topic)
    except LaunchArgumentError as error:
        raise LaunchArgumentError(f"{where}: {error}") from error
    threads = entry.get("cpu_threads", 0)
    if type(threads) is not int or threads < 0:
        raise LaunchArgumentError(
            f"{where}: cpu_threads must be an integer from 0, which means its share, not"
            f" {threads!r}"
        )
    own = _parameters(entry.get("parameters"), f"{where}: parameters")
    return Camera(namespace, image_topic, {**shared, **own}, threads)


def _parameters(given: Any, where: str) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise LaunchArgumentError(f"{where} must be names and values, not {given!r}")
    for name, value in given.items():
        if wrong := fault(str(name), value):
            raise LaunchArgumentError(f"{where}: {wrong}")
    return given


def _check_keys(given: dict[Any, Any], known: tuple[str, ...], where: str) -> None:
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise LaunchArgumentError(f"{where}: there is no entry {key}; {hint}")
