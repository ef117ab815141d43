# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The targets that are tracked, each with a tracker of its own, and their names."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from rlt_ros.ros.worker.status import State, TargetStatus, TrackedTarget
from rlt_ros.tracking import (
    InvalidBoxError,
    InvalidImageError,
    SavedTarget,
    Tracker,
    TrackResult,
)
from rlt_ros.tracking.boxes import Boxes, BoxLike, validated_box


class NoSuchTargetError(ValueError):
    """A target that there is none of, or no room for; says what to do."""


class Target:
    """One target.

    `size`: width and height of its frames. `seen`: sequence number of the last frame that it was
    looked for in.
    """

    def __init__(self, tracker: Tracker, target_id: str) -> None:
        self.tracker = tracker
        self.target_id = target_id
        self.size = (0, 0)
        self.seen = -1
        self.state = State.IDLE
        self.result: TrackResult | None = None
        self.score = 0.0

    def take(self, result: TrackResult, image: np.ndarray, sequence: int) -> None:
        """Take what its tracker says of a frame."""
        self.score = float(result.score)
        self.state = State[result.state.name]
        self.result = result
        self.size = (image.shape[1], image.shape[0])
        self.seen = sequence

    def track(self, image: np.ndarray, sequence: int, suggested: Iterable[BoxLike] = ()) -> None:
        """Look for it in a frame, and where some boxes say if it is nowhere else.

        Boxes that are none are left out.

        Raises whatever its tracker does, and `InvalidImageError` for a frame of another size.
        """
        size = (image.shape[1], image.shape[0])
        if size != self.size:
            raise InvalidImageError(
                "the image size changed from {}x{} to {}x{}; the target waits until the old"
                " size is back or a new init box comes".format(*self.size, *size)
            )
        boxes = []
        for box in suggested:
            with contextlib.suppress(InvalidBoxError):
                boxes.append(validated_box(box, size))
        self.take(self.tracker.track(image, boxes), image, sequence)

    @property
    def box(self) -> Boxes:
        """Where it was in that frame, see `TrackResult`."""
        assert self.result is not None
        return self.result.box

    def tracked(self) -> TrackedTarget:
        """What to tell of it for the frame that it was looked for in last."""
        assert self.result is not None
        attention_map = self.tracker.attention_map
        return TrackedTarget(self.target_id, self.result, self.state, attention_map)

    def status(self) -> TargetStatus:
        """Its numbers."""
        return TargetStatus(
            target_id=self.target_id,
            state=self.state,
            score=self.score,
            updates_done=self.tracker.updates_done,
            last_update_time=self.tracker.last_update_seconds,
            model_version=self.tracker.model_version,
        )


class Targets:
    """All targets, the oldest first; at most `most`.

    With `most` 1, every box and every file replaces the target. With more, an id names the target
    that is meant, a new id adds one, and an empty one means the only target, or a new one where
    there are none or several.

    `make_tracker` makes as many trackers as there are targets at a time; they are used again.
    """

    def __init__(self, make_tracker: Callable[[], Tracker], most: int) -> None:
        self._make_tracker = make_tracker
        self._most = most
        self._trackers = [make_tracker()]  # all of them
        self._spare = list(self._trackers)
        self._targets: dict[str, Target] = {}

    def __len__(self) -> int:
        return len(self._targets)

    def __iter__(self) -> Iterator[Target]:
        return iter(list(self._targets.values()))

    @property
    def oldest(self) -> Target | None:
        """The one that is tracked the longest, if there is one."""
        return next(iter(self._targets.values()), None)

    def named(self, target_id: str) -> Target:
        """Return a target by its id; an empty one means the only one.

        Raises:
            NoSuchTargetError: there is none, or several.
        """
        if not self._targets:
            raise NoSuchTargetError("there is no target")
        if target_id in self._targets:
            return self._targets[target_id]
        if not target_id and len(self._targets) == 1:
            return next(iter(self))
        there = ", ".join(self._targets)
        if not target_id:
            raise NoSuchTargetError(f"there are several targets, name one of them: {there}")
        raise NoSuchTargetError(f"there is no target '{target_id}', only {there}")

    def for_init(self, target_id: str) -> Target:
        """Return the target that a box or a file with such an id is for, known or new.

        It is none of the targets yet if it is new, see `keep`.

        Raises:
            NoSuchTargetError: there are `most` already.
        """
        known = self._targets.get(target_id)
        if known is None and self._most == 1:
            known = self.oldest
        elif known is None and not target_id and len(self._targets) == 1:
            known, target_id = self.oldest, next(iter(self._targets))
        new_id = target_id or uuid.uuid4().hex
        if known is not None:
            return Target(known.tracker, new_id)
        if len(self._targets) >= self._most:
            there = ", ".join(self._targets)
            raise NoSuchTargetError(
                f"there are {self._most} targets already, as many as max_targets allows ({there}):"
                " use the id of one of them, reset one, or raise max_targets"
            )
        if not self._spare:
            self._spare.append(self._make_tracker())
            self._trackers += self._spare
        return Target(self._spare[-1], new_id)

    def are_replaced_by(self, target_ids: Sequence[str]) -> bool:
        """Whether boxes with such ids leave no target as it is, see `for_init`."""
        if not self._targets or self._most == 1:
            return True
        return len(self) == len(target_ids) == 1 and target_ids[0] in ("", *self._targets)

    def keep(self, target: Target) -> list[str]:
        """Track a target from now on in the place of the one whose tracker it has.

        Returns the ids that are no more.
        """
        gone = [old for old, other in self._targets.items() if other.tracker is target.tracker]
        self._spare = [spare for spare in self._spare if spare is not target.tracker]
        targets = list(self._targets.items())
        if gone:
            targets = [
                (target.target_id, target) if old == gone[0] else (old, other)
                for old, other in targets
            ]
        else:
            targets.append((target.target_id, target))
        self._targets = dict(targets)
        return [old for old in gone if old != target.target_id]

    def forget(self, target: Target) -> None:
        """Track a target no more, nor another one that has its tracker."""
        for old, other in list(self._targets.items()):
            if other.tracker is target.tracker:
                del self._targets[old]
        if target.tracker not in self._spare:
            target.tracker.forget()
            self._spare.append(target.tracker)

    def take_up(self, saved: SavedTarget) -> Target:
        """Return a target that a file has kept, for `keep`; until its next frame it is LOST.

        Raises:
            InvalidTargetError: its tracker refuses it, and keeps its own.
            NoSuchTargetError: see `for_init`.
        """
        target = self.for_init(saved.target_id)
        target.tracker.take_up(saved)
        target.size = target.tracker.image_size
        target.state = State.LOST
        return target

    def search_anew(self) -> None:
        """Look for all of them anywhere in the next frame."""
        for target in self:
            target.tracker.search_anew()

    def stop(self) -> None:
        """Have every tracker end what it does, from any thread."""
        for tracker in list(self._trackers):
            tracker.stop()

    def close(self) -> None:
        """Free the trackers."""
        for tracker in self._trackers:
            tracker.close()
