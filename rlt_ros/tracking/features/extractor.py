# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From boxes in a frame to the numbers that the classifier sees: what both ways have in common.

``CropFeatures`` resizes every box to an image sample of its own and runs the backbone on each, as
in the paper; ``SharedFeatures`` runs it once on a search region and crops the feature maps.
"""

from __future__ import annotations

import abc
import copy
from collections.abc import Callable, Hashable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes, centres, from_centres
from rlt_ros.tracking.compute.runner import Function, Input, Runner
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.state import Kept, State

# Box regression sees the box with half its sides of surroundings: that a box is too small shows
# only outside it.
CONTEXT = 1.5


def with_surroundings(boxes: Boxes) -> Boxes:
    """Return boxes ``(N, 4)`` with what box regression sees around them."""
    return from_centres(centres(boxes), CONTEXT * boxes[:, 2:])


class FeaturePart(NamedTuple):
    """A run of a box's features: ``bins`` x ``channels`` numbers, the channels of a bin together.

    Attributes:
        channels: of the feature map that they come from.
        bins: places in the box, row by row.
    """

    channels: int
    bins: int


class View(NamedTuple):
    """The pixels behind the features of one box.

    Attributes:
        area: ``(4,)`` the part of the frame that they show, in pixels.
        features: ``(1, D)`` of the box.
        pulled: from derivatives ``(1, D)`` of something by the features to those by the backbone's
            input ``(1, 3, S, S)``.
    """

    area: Boxes
    features: Tensor
    pulled: Callable[[Tensor], Tensor]


class FeatureExtractor(abc.ABC):
    """Features of boxes in the frame last observed.

    Attributes:
        area: ``(4,)`` the part of the frame in which boxes have features, in pixels.
        parts: what a box's features are, in order.
        context_width: numbers of a box with its surroundings, the E of ``context_features``.
        place_width: numbers of a single place, the F of ``places``; 0 where there are none.
        weights_sha256: of the backbone.
        device: where it computes.
        runner: runs what is computed from features.
    """

    runner: Runner
    area: Boxes
    parts: tuple[FeaturePart, ...]
    context_width: int
    place_width: int
    weights_sha256: str
    device: torch.device

    @property
    def width(self) -> int:
        """Numbers of a box, the D of ``features``."""
        return sum(part.channels * part.bins for part in self.parts)

    @abc.abstractmethod
    def start(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """Observe a first frame (H, W, 3) RGB with the target at ``box`` (4,)."""

    @abc.abstractmethod
    def observe(self, image: NDArray[np.uint8], box: Boxes) -> None:
        """Take the next frame; the target is expected near ``box``, whose size sets the scale."""

    @abc.abstractmethod
    def samples(self, boxes: Boxes) -> Samples:
        """Return the samples of boxes ``(N, 4)`` inside ``area``, to train on."""

    @abc.abstractmethod
    def features(self, boxes: Boxes) -> Tensor:
        """Return features ``(N, D)`` of boxes ``(N, 4)`` inside ``area``."""

    @abc.abstractmethod
    def context_features(self, boxes: Boxes) -> Tensor:
        """Return features ``(N, E)`` of boxes ``(N, 4)`` with their surroundings."""

    def computed(
        self,
        key: Hashable,
        function: Function,
        boxes: Boxes,
        *inputs: Input,
        context: bool = False,
    ) -> tuple[Tensor, ...]:
        """Return what a function makes of the features of boxes, see ``Runner.run``.

        Args:
            key: names it.
            function: of features ``(N, D)`` and the inputs.
            boxes: ``(N, 4)``.
            inputs: see there.
            context: give it ``context_features`` in their place.
        """
        features = self.context_features(boxes) if context else self.features(boxes)
        with torch.no_grad():
            return self.runner.run(key, function, features, *inputs)

    @abc.abstractmethod
    def places(self, area: Boxes, count: int) -> Tensor:
        """Return features ``(count ** 2, F)`` of single places: of a grid over an area, by rows.

        Args:
            area: ``(4,)`` in pixels.
            count: of places per side.

        Raises:
            NotImplementedError: there are none.
        """

    def computed_of_places(
        self, key: Hashable, function: Function, area: Boxes, count: int, *inputs: Input
    ) -> tuple[Tensor, ...]:
        """Return what a function makes of ``places(area, count)``, as ``computed`` does.

        Args:
            key, inputs: see there.
            function: of features ``(count ** 2, F)`` and the inputs.
            area, count: see ``places``.
        """
        features = self.places(area, count)
        with torch.no_grad():
            return self.runner.run(key, function, features, *inputs)

    @abc.abstractmethod
    def region(self, box: Boxes) -> Boxes:
        """Return the part ``(4,)`` of a frame, and beyond, that ``observe`` takes for ``box``."""

    def glance(self, image: NDArray[np.uint8], box: Boxes) -> FeatureExtractor:
        """Return a like extractor that observes ``image`` around ``box``; this one stays as it is.

        See ``observe``.
        """
        other = copy.copy(self)
        other.observe(image, box)
        return other

    @abc.abstractmethod
    def no_samples(self) -> Samples:
        """Return what ``samples`` returns for no boxes, of whatever frame."""

    def state(self) -> State:
        """Return what ``start`` has fixed for the target, for ``restored``."""
        return {}

    def restored(self, kept: Kept) -> FeatureExtractor:
        """Return a like extractor for a target that was kept, see ``state``; this one stays.

        It has observed nothing yet.

        Raises:
            InvalidTargetError: it is of another kind of extractor.
        """
        return copy.copy(self)

    @abc.abstractmethod
    def view(self, box: Boxes) -> View:
        """Return the pixels that the features of ``box`` ``(4,)`` are computed from.

        It is good until the next frame is observed.
        """

    @abc.abstractmethod
    def prepare_view(self) -> None:
        """Load what ``view`` needs, ahead of its first use.

        Raises:
            ConfigError: it cannot be loaded.
        """
