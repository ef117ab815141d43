# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a target is expected in the next frame: moved with the picture, and on by itself.

The paper searches around the last box. A camera that swings moves all of them; a target that goes
on against the background, followed by a camera or not, is where both together take it. Where a
frame is too blurred to tell, or all waves, the camera goes on as it did.
"""

from __future__ import annotations

import numpy as np

from rlt_ros.tracking.boxes import Boxes, centres, from_centres
from rlt_ros.tracking.finding.camera_motion import STILL, CameraMotion
from rlt_ros.tracking.images import Image
from rlt_ros.tracking.state import Kept, State

# Share of the newest move in the target's velocity.
NEWEST = 0.5


class Expectation:
    """Follows the camera, and a target's velocity against the background.

    Args:
        inertia: share of the velocity that is expected to go on, see ``inertia``; 0 expects
            everything where it was, whatever the camera does.

    Attributes:
        is_guessed: nobody could tell how the camera has moved since the last frame.
    """

    def __init__(self, inertia: float) -> None:
        self._inertia = inertia
        self._camera = CameraMotion() if inertia else None
        self._moved = STILL
        self._swing = np.zeros(2)  # of the picture, where the target was
        self.is_guessed = False
        self._size = np.full(2, np.inf)
        self._velocity = np.zeros(2)

    def state(self) -> State:
        """Return the target's velocity and the camera's last frame, for ``restored``."""
        camera = None if self._camera is None else self._camera.state()
        return {"velocity": self._velocity, "camera": camera}

    @classmethod
    def restored(cls, inertia: float, kept: Kept) -> Expectation:
        """Return one that goes on from what was kept, see ``state``.

        Raises:
            InvalidTargetError: it is damaged.
        """
        self = cls(inertia)
        self._velocity = kept.array("velocity", (2,), np.float64)
        camera = kept.optional("camera")
        if self._camera is not None and camera is not None:
            self._camera = CameraMotion.restored(camera)
        return self

    def next_frame(self, image: Image, target: Boxes) -> None:
        """See how the camera has moved.

        Args:
            image: ``(H, W, 3)`` RGB, the next frame, or the first one.
            target: ``(4,)`` where the target was.
        """
        self._size = np.array([image.shape[1], image.shape[0]])
        if self._camera is None:
            return
        moved = self._camera.next_frame(image, target)
        self.is_guessed = moved is None
        if moved is None:
            self._swing = self._inertia * self._swing
            self._moved = np.column_stack([np.eye(2), self._swing])
        else:
            self._moved = moved
            self._swing = self.carried(target)[:2] - target[:2]

    def carried(self, box: Boxes) -> Boxes:
        """Return where in this frame ``(4,)`` what was in a box of the last one is, if it rests."""
        centre = self._moved[:, :2] @ centres(box) + self._moved[:, 2]
        return from_centres(centre, box[2:])

    def expected(self, target: Boxes) -> Boxes:
        """Return where ``(4,)`` the target is expected that was in a box of the last frame.

        What leaves the image is expected at its border.
        """
        centre = centres(self.carried(target)) + self._inertia * self._velocity
        return from_centres(np.clip(centre, 0, self._size), target[2:])

    def found(self, before: Boxes, now: Boxes) -> None:
        """Take over how the target has moved; a jump elsewhere says nothing of that.

        Args:
            before: ``(4,)`` where it was in the last frame.
            now: ``(4,)`` where it is in this one.
        """
        change = centres(now) - centres(self.carried(before)) - self._velocity
        if np.linalg.norm(change) > np.sqrt(before[2:].prod()):
            self.missed()
        else:
            self._velocity = self._velocity + NEWEST * change

    def missed(self) -> None:
        """Say that the target was not found: its velocity is known the less."""
        self._velocity = self._inertia * self._velocity
