# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether what the classifier found looks like the target so far.

The paper has nothing like it, and follows blindly: a classifier that goes on learning comes to
like whatever slid over the target, or the nearest look-alike once the target is gone. Here a find
is compared with looks that were confirmed before. Targets differ in how steady they look, so what
counts is the likeness against its usual value for this target.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes, centres
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.features.extractor import FeatureExtractor
from rlt_ros.tracking.state import Kept, State, as_array

# Confirmed looks that are kept beside the first ones, the frames between them, and the least
# relative likeness of a new one.
LOOKS, LOOK_INTERVAL, LOOK_LIKENESS = 20, 4, 0.8
# The usual likeness follows that of confirmed frames by this share.
USUAL_SHARE = 0.03
# The usual likeness before any was confirmed: of 210 finds right after a first frame (ten of each
# sequence of OTB) those on the target had .46 or more, half over .84; the one elsewhere .22.
FIRST_USUAL = 0.7
# The least usual likeness: below, cosines of features say nothing.
USUAL_FLOOR = 0.1
# Target sides that a find may lie away from the last confirmed box before that counts, those that
# come free with each frame since, and how fast it counts.
FREE_SIDES, FREE_SIDES_PER_FRAME, JUMP_RATE = 0.3, 0.2, 2.0
# Those that come free with each frame in which nobody knows how the camera has moved: from one of
# a drone's blurred frames to the next it takes targets away by their side or more.
FREE_SIDES_GUESSED = 1.0
# What is asked falls with the frames in doubt, since looks go on changing unseen, and further with
# those of them, up to the last, in which the classifier took what was followed for the target.
FALL_PER_FRAME, LARGEST_FALL, LARGEST_FALL_FOLLOWED = 0.015, 0.15, 0.1


@dataclass(frozen=True)
class Likenesses:
    """Least relative likeness of the target, see the same names in ``TrackerConfig``.

    Attributes:
        steady: while it is tracked.
        doubtful: after a frame in doubt, near where it was confirmed last.
        jumped: after a frame in doubt, far from there.
    """

    steady: float
    doubtful: float
    jumped: float


def likenesses(config: TrackerConfig) -> Likenesses:
    """Return those that the settings ask for."""
    return Likenesses(config.likeness, config.likeness_doubtful, config.likeness_jumped)


class Verdict(NamedTuple):
    """What verification says of a find.

    Attributes:
        likeness: largest cosine between its features and those of a confirmed look, over the usual
            one; about 1 for the target.
        believed: whether that is enough.
    """

    likeness: float
    believed: bool


class Verifier:
    """Remembers looks of one target.

    Args:
        features: ``(N, D)`` of looks of the target in the first frame, which are kept for good.
        box: ``(4,)`` where it is there, in pixels.
        least: what to ask of finds.
    """

    def __init__(self, features: Tensor, box: Boxes, least: Likenesses) -> None:
        self._least = least
        self._looks = F.normalize(features, dim=1)
        self._first = len(features)
        self._box = box
        self._usual = FIRST_USUAL
        self._confirmed = self._last_look = self._frame = self._followed = self._guessed = 0
        self._compared: tuple[Tensor, float] | None = None  # with the looks as they are

    def state(self) -> State:
        """Return what is remembered, for ``restored``."""
        return {
            "looks": as_array(self._looks),
            "first": self._first,
            "box": self._box,
            "usual": self._usual,
            "confirmed": self._confirmed,
            "last_look": self._last_look,
            "frame": self._frame,
            "followed": self._followed,
        }

    @classmethod
    def restored(
        cls, kept: Kept, features: int, device: torch.device, least: Likenesses
    ) -> Verifier:
        """Return a verifier that remembers what was kept.

        Args:
            kept: see ``state``.
            features: numbers per look, D.
            device: where to compare.
            least: what to ask of finds.

        Raises:
            InvalidTargetError: it is of other features.
        """
        looks = kept.tensor("looks", (None, features), device)
        self = cls(looks, kept.box("box"), least)
        self._looks = looks  # as they were: to normalise them again rounds again
        self._compared = None
        self._first = kept.integer("first", 1, len(looks))
        self._usual = kept.number("usual", -1.01, 1.01)
        self._confirmed = kept.integer("confirmed")
        self._last_look = kept.integer("last_look")
        self._frame = kept.integer("frame")
        self._followed = kept.integer("followed")
        return self

    def judge(self, features: Tensor, box: Boxes, frames_in_doubt: int) -> Verdict:
        """Compare a find with the looks so far.

        Args:
            features: ``(1, D)`` of it.
            box: ``(4,)`` where it is.
            frames_in_doubt: since the target was confirmed last; 0 if it was in the frame before.
        """
        likeness = self._cosine(features) / max(self._usual, USUAL_FLOOR)
        return Verdict(likeness, likeness > self._needed(box, frames_in_doubt))

    def carry(self, expected: Callable[[Boxes], Boxes], is_guessed: bool) -> None:
        """Take the next frame: what was at a box of the last one is expected elsewhere.

        Args:
            expected: says where.
            is_guessed: nobody knows how the camera has moved.
        """
        self._box = expected(self._box)
        self._guessed += is_guessed

    def confirm(self, features: Tensor, box: Boxes, frames: int) -> None:
        """Take a find for the target.

        Args:
            features, box: as for ``judge``.
            frames: since the last call, this one included.
        """
        cosine = self._cosine(features)
        self._followed = self._guessed = 0
        self._confirmed += 1
        self._frame += frames
        share = max(USUAL_SHARE, 1.0 / self._confirmed)
        self._usual += share * (cosine - self._usual)
        self._box = box
        fresh = self._frame - self._last_look >= LOOK_INTERVAL
        if fresh and cosine > LOOK_LIKENESS * self._usual:
            first, later = self._looks[: self._first], self._looks[self._first :][1 - LOOKS :]
            self._looks = torch.cat([first, later, F.normalize(features, dim=1)])
            self._last_look = self._frame
            self._compared = None

    def doubt(self, is_success: bool) -> None:
        """Take a frame for one in doubt, in which the classifier saw the target or did not."""
        self._followed = self._followed + 1 if is_success else 0

    def _cosine(self, features: Tensor) -> float:
        """Return the largest cosine with a look; a find is judged, and then confirmed or not."""
        if self._compared is None or self._compared[0] is not features:
            cosine = float((self._looks @ F.normalize(features, dim=1)[0]).max())
            self._compared = features, cosine
        return self._compared[1]

    def _needed(self, box: Boxes, frames_in_doubt: int) -> float:
        least = self._least
        base = least.doubtful if frames_in_doubt else least.steady
        moved = np.linalg.norm(centres(box) - centres(self._box))
        sides = float(moved) / math.sqrt(float(self._box[2:].prod()))
        free = FREE_SIDES + FREE_SIDES_PER_FRAME * frames_in_doubt
        free += FREE_SIDES_GUESSED * self._guessed
        beyond = max(0.0, sides - free)
        needed = base + (least.jumped - base) * min(1.0, JUMP_RATE * beyond)
        fall = min(FALL_PER_FRAME * frames_in_doubt, LARGEST_FALL)
        return needed - fall - min(FALL_PER_FRAME * self._followed, LARGEST_FALL_FOLLOWED)


def restored_verifier(config: TrackerConfig, extractor: FeatureExtractor, kept: Kept) -> Verifier:
    """Return a verifier as it was kept, see ``Verifier.restored``."""
    return Verifier.restored(kept, extractor.width, extractor.device, likenesses(config))
