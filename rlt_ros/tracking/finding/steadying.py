# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Published boxes steadied by optical flow: those of the classifier tremble from frame to frame."""

from __future__ import annotations

from concurrent.futures import Executor, Future

import numpy as np
from numpy.typing import NDArray

from rlt_ros.tracking.boxes import Boxes, centres, from_centres
from rlt_ros.tracking.finding.optical_flow import OpticalFlow
from rlt_ros.tracking.images import Image
from rlt_ros.tracking.state import Kept, State

# Where optical flow and box regression differ by this share of the target's side, or more, the flow
# has followed something else.
FLOW_TRUST = 0.5


class Steadying:
    """Moves published boxes towards where optical flow has the one before.

    Args:
        share: of optical flow in them, see ``flow_share``; 0 leaves them as they are.
        image: ``(H, W, 3)`` RGB, the first frame.
        target: ``(4,)`` in it.
    """

    def __init__(self, share: float, image: Image, target: Boxes) -> None:
        self._share = share
        self._published = target
        self._flow = OpticalFlow() if share else None
        if self._flow is not None:
            self._flow.remember(image, target)
        self._begun: Future[NDArray[np.float64] | None] | None = None

    def state(self) -> State:
        """Return what is remembered of the last box, for ``restored``."""
        flow = None if self._flow is None else self._flow.state()
        return {"published": self._published, "flow": flow}

    @classmethod
    def restored(cls, share: float, kept: Kept) -> Steadying:
        """Return one that remembers what was kept, see ``state``.

        Raises:
            InvalidTargetError: it is damaged.
        """
        self = cls.__new__(cls)
        self._share = share
        self._published = kept.box("published")
        self._begun = None
        self._flow = OpticalFlow() if share else None
        flow = kept.optional("flow")
        if self._flow is not None and flow is not None:
            self._flow.restore(flow)
        return self

    def begin(self, image: Image, helper: Executor | None) -> None:
        """Follow the box before in the next frame, ahead of ``steadied``.

        Args:
            image: ``(H, W, 3)`` RGB.
            helper: runs it; None leaves it to ``steadied``.
        """
        self._begun = None
        if self._flow is not None and helper is not None:
            self._begun = helper.submit(self._flow.shift, image)

    def steadied(self, box: Boxes, image: Image, followed: bool) -> Boxes:
        """Return the box ``(4,)`` to publish for a find.

        Args:
            box: ``(4,)`` of the find.
            image: ``(H, W, 3)`` RGB, the frame.
            followed: whether the target was found in the frame before, too.
        """
        if self._flow is None:
            return box
        begun, self._begun = self._begun, None
        shift = None
        if followed:
            shift = self._flow.shift(image) if begun is None else begun.result()
        elif begun is not None:
            begun.result()  # it reads what is remembered
        if shift is not None:
            moved = centres(self._published) + shift
            if np.linalg.norm(moved - centres(box)) < FLOW_TRUST * np.sqrt(box[2:].prod()):
                share = self._share
                box = from_centres(share * moved + (1.0 - share) * centres(box), box[2:])
        self._published = box
        self._flow.remember(image, box)
        return box
