# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trackers that a benchmark can run, all through ``init`` and ``track`` on RGB images."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.trackers.tracker_name import OURS, TrackerName, parse_tracker_name
from rlt_ros.installing import pip_line
from rlt_ros.pixels.files import quiet_opencv
from rlt_ros.tracking import Tracker, TrackResult, TrackState, WeightsError, make_config
from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.features.backbones.efficientnet_lite0 import embedded_weights
from rlt_ros.tracking.settings import Value


class Runner(Protocol):
    """One tracker on one sequence after another."""

    @property
    def score(self) -> float:
        """Probability 0..1 that the last box is the target; NaN if the tracker does not tell."""

    @property
    def state(self) -> str:
        """What it said last of itself, a value of ``TrackState``; "" if it does not tell."""

    def init(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """Learn the target at ``box`` ``(4,)`` in an RGB image."""

    def track(self, image: NDArray[np.uint8]) -> Boxes:
        """Return the target's box ``(4,)`` in the next RGB image."""


class RltRunner:
    """Our tracker.

    Attributes:
        tracker: itself.
        result: what it said last, with score and state.
    """

    result: TrackResult

    def __init__(self, config: TrackerConfig) -> None:
        self.tracker = Tracker(config)

    @property
    def score(self) -> float:
        """See ``Runner.score``."""
        return self.result.score

    @property
    def state(self) -> str:
        """See ``Runner.state``."""
        return self.result.state.value

    def init(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """See ``Runner.init``."""
        self.result = self.tracker.init(image, box)

    def track(self, image: NDArray[np.uint8]) -> Boxes:
        """See ``Runner.track``."""
        self.result = self.tracker.track(image)
        return self.result.box

    def close(self) -> None:
        """End its thread and free it."""
        self.tracker.close()


class OpenCvRunner:
    """One of OpenCV's trackers; where it reports failure the last box counts.

    Attributes:
        score: NaN; the trackers' own scores are no probabilities.
        state: lost where it reports failure.
    """

    score = math.nan
    state = TrackState.TRACKING.value

    def __init__(self, create: Callable[[], cv2.Tracker]) -> None:
        self._create = create

    def init(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """See ``Runner.init``."""
        with quiet_opencv():  # OpenCV 5 warns twice of each network that its engine is the new one
            self._tracker = self._create()
        x, y, width, height = (round(value) for value in box.tolist())
        self._tracker.init(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), (x, y, width, height))
        self._box = box
        self.state = TrackState.TRACKING.value

    def track(self, image: NDArray[np.uint8]) -> Boxes:
        """See ``Runner.track``."""
        found, box = self._tracker.update(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        self.state = (TrackState.TRACKING if found else TrackState.LOST).value
        if found:
            self._box = np.array(box, dtype=np.float64)
        return self._box


# Those that need nothing else, and those that need networks: setting -> the parameter's name.
OPENCV_TRACKERS = {"csrt": "TrackerCSRT", "kcf": "TrackerKCF", "mil": "TrackerMIL"}
OPENCV_NETWORK_TRACKERS = {
    "nano": ("TrackerNano", {"backbone": "backbone", "head": "neckhead"}),
    "vit": ("TrackerVit", {"net": "net"}),
}
OPENCV_FAMILIES = (*OPENCV_TRACKERS, *OPENCV_NETWORK_TRACKERS)


def make_runner(name: str, settings: Mapping[str, Value]) -> Runner:
    """Make a tracker by its name.

    Args:
        name: rlt, csrt, kcf, mil, nano or vit, with what ``parse_tracker_name`` allows behind it.
        settings: changed settings; those inside the name win. For rlt those of ``TrackerConfig``,
            for nano the ONNX files ``backbone`` and ``head``, for vit ``net``; others have none.

    Raises:
        ValueError: no such tracker, not in the installed OpenCV, or without its networks.
    """
    parsed = parse_tracker_name(name)
    if parsed.family == OURS:
        return RltRunner(rlt_config(parsed, settings))
    if parsed.family not in OPENCV_FAMILIES:
        known = ", ".join([OURS, "rlt:PRESET", *OPENCV_FAMILIES])
        raise ValueError(f"there is no tracker {parsed.family!r}; give one of {known}")
    if parsed.family in OPENCV_TRACKERS:
        if parsed.settings:
            raise ValueError(f"tracker {name!r}: {parsed.family} has no settings")
        return OpenCvRunner(_from_opencv(f"{OPENCV_TRACKERS[parsed.family]}_create"))
    return OpenCvRunner(_network_tracker(parsed, settings))


def rlt_config(name: TrackerName, settings: Mapping[str, Value]) -> TrackerConfig:
    """Return the configuration of rlt by a name; frames wait for updates, unless told otherwise.

    Raises:
        ConfigError: a setting is wrong.
    """
    changes = {"update_mode": "lockstep", **settings, **name.settings}
    return make_config(name.preset or "default", **changes)


def weight_files(name: TrackerName, settings: Mapping[str, Value]) -> list[Path]:
    """Return the files of networks that a tracker reads, whether they are there or not."""
    if name.family == OURS:
        config = rlt_config(name, settings)
        if config.backbone_weights:
            return [Path(config.backbone_weights).expanduser()]
        with suppress(WeightsError):  # making the tracker tells of it
            return [embedded_weights()]
        return []
    _, parameters = OPENCV_NETWORK_TRACKERS.get(name.family, ("", {}))
    return [Path(str(name.settings.get(key) or settings.get(key) or "")) for key in parameters]


def _network_tracker(name: TrackerName, settings: Mapping[str, Value]) -> Callable[[], cv2.Tracker]:
    class_name, parameter_names = OPENCV_NETWORK_TRACKERS[name.family]
    if unknown := sorted(set(name.settings) - set(parameter_names)):
        raise ValueError(
            f"tracker {name.full!r} has no setting {unknown[0]!r}; {name.family} has "
            + " and ".join(parameter_names)
        )
    parameters = _from_opencv(f"{class_name}_Params")()
    for key, parameter in parameter_names.items():
        path = str(name.settings.get(key) or settings.get(key) or "")
        if not path:
            form = ",".join(f"{one}=FILE.onnx" for one in parameter_names)
            raise ValueError(
                f"{name.family} needs its networks: --tracker {name.family},{form} "
                "or --peers-onnx FOLDER"
            )
        if not Path(path).is_file():
            raise ValueError(f"{name.family}: {path} does not exist")
        setattr(parameters, parameter, path)
    create = _from_opencv(f"{class_name}_create")
    return lambda: create(parameters)


def _from_opencv(name: str) -> Callable[..., Any]:
    found = getattr(cv2, name, None)
    if found is None:
        # Both packages write into the same folder: the other order leaves neither whole.
        remove = pip_line("uninstall -y opencv-python opencv-contrib-python")
        raise ValueError(
            f"the installed OpenCV has no {name.partition('_')[0]}; to exchange it: {remove} "
            f"&& {pip_line('install --no-deps opencv-contrib-python')}"
        )
    return found
