# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Learning targets from init boxes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import numpy as np

from rlt_ros.complaints import Log
from rlt_ros.messages.frame_ids import fits
from rlt_ros.ros.worker.books import Books
from rlt_ros.ros.worker.following import Follower
from rlt_ros.ros.worker.frames import Fate, Frame
from rlt_ros.ros.worker.init_requests import InitRequest, Learning, other_camera
from rlt_ros.ros.worker.reporting import Reporter, refusal
from rlt_ros.ros.worker.targets import NoSuchTargetError, Target, Targets
from rlt_ros.tracking import InvalidBoxError, InvalidImageError, TrackerStoppedError


@dataclass
class _Attempt:
    """What came of the boxes of one frame.

    `learned`: also how many seconds each took. `without`: the frame is of no use for them.
    `broken_off`: learning one of them failed midway.
    """

    learned: list[tuple[InitRequest, Target, float]] = field(default_factory=list)
    refused: list[tuple[InitRequest, Exception]] = field(default_factory=list)
    without: list[tuple[InitRequest, Exception]] = field(default_factory=list)
    broken_off: bool = False


class TargetLearner:
    """Learns the targets that boxes name in a frame, one after the other; bad ones harm no other.

    For the worker's thread.
    """

    def __init__(self, books: Books, reporter: Reporter, follower: Follower, log: Log) -> None:
        self._books = books
        self._reporter = reporter
        self._follower = follower
        self._log = log
        self._places: dict[int, str] = {}  # of the boxes in hand, by number: their streams'

    def learn(self, targets: Targets, learning: Learning) -> None:
        """Learn what boxes name, and look for the other targets in the same frame."""
        frame = learning.frame
        requests = []
        for request in learning.requests:
            if fits(request.frame_id, frame.frame_id):
                requests.append(request)
            else:
                self._reporter.reject(other_camera(request, frame))
        if not requests:
            self._follower.follow_if_new(targets, frame)
            return
        self._begin(requests)
        self._reporter.announce(frame)
        start = time.perf_counter()
        attempt = _Attempt()
        try:
            self._books.check_open()
            anew = targets.are_replaced_by([request.target_id for request in requests])
            used = None if anew else self._follower.intensity
            image, intensity = self._follower.to_rgb(frame.message, used)
        except TrackerStoppedError:
            raise
        except Exception as error:
            attempt.without = [(request, error) for request in requests]
        else:
            for request in requests:
                self._learn_one(targets, request, frame, image, attempt)
        if attempt.learned:
            self._follower.intensity = intensity or used
            self._go_on(targets, learning, image, attempt, start)
        else:
            self._go_on_without(targets, frame, attempt)

    def break_off(self, targets: Targets) -> None:
        """Note that nothing is learned any more, and nothing came of the boxes in hand."""
        with self._books.wake:
            self._end({})
            self._follower.count(targets)

    def _begin(self, requests: list[InitRequest]) -> None:
        books, now = self._books, time.monotonic()
        with books.wake:
            books.learning = books.queue.target_wanted = True
            for request in requests:
                place = books.streams.place(request.target_id, books.target_ids)
                self._places[request.number] = place
                books.streams.of(place, now).begin_learning(request.box)

    def _end(self, learned: dict[int, tuple[Target, float]]) -> None:
        """Note what came of the boxes in hand, by number; with the lock."""
        now = time.monotonic()
        self._books.learning = False
        for number, place in self._places.items():
            target, seconds = learned.get(number, (None, None))
            self._books.streams.of(place, now).end_learning(now, seconds)
            if target is not None:
                self._books.streams.learned_as(place, target.target_id)
        self._places = {}

    def _learn_one(
        self,
        targets: Targets,
        request: InitRequest,
        frame: Frame,
        image: np.ndarray,
        attempt: _Attempt,
    ) -> None:
        target = None
        start = time.perf_counter()
        try:
            target = targets.for_init(request.target_id)
            self._books.check_open()
            result = target.tracker.init(image, request.box)
            target.take(result, image, frame.sequence)
        except TrackerStoppedError:
            raise
        except InvalidImageError as error:
            attempt.without.append((request, error))
        except (InvalidBoxError, NoSuchTargetError) as error:
            attempt.refused.append((request, error))
        except Exception as error:
            if target is not None:  # midway: the old target cannot be trusted any more
                self._follower.forget(targets, target)
            attempt.refused.append((request, error))
            attempt.broken_off = True
        else:
            self._follower.keep(targets, target)
            attempt.learned.append((request, target, time.perf_counter() - start))

    def _go_on(
        self,
        targets: Targets,
        learning: Learning,
        image: np.ndarray,
        attempt: _Attempt,
        start: float,
    ) -> None:
        for request, error in [*attempt.refused, *attempt.without]:
            self._reporter.reject(refusal(error, request))
        frame = learning.frame
        others, _ = self._follower.look_for(targets, frame, image)
        tracking_time = time.perf_counter() - start
        new = [target for _, target, _ in attempt.learned]
        learned = {one.number: (target, seconds) for one, target, seconds in attempt.learned}
        requests = tuple(request for request, _, _ in attempt.learned)

        def note() -> None:
            self._end(learned)
            self._books.queue.go_on_after(replace(learning, requests=requests))

        self._follower.deliver(targets, frame, image, [*new, *others], tracking_time, note)
        for request, target, _ in attempt.learned:
            x, y, w, h = (float(number) for number in target.box)
            self._log.info(
                f"new target {target.target_id}: x={x:.1f} y={y:.1f} w={w:.1f} h={h:.1f}"
            )
            request.reply.accept(target.target_id)

    def _go_on_without(self, targets: Targets, frame: Frame, attempt: _Attempt) -> None:
        """Nothing was learned: follow what there is, unless the frame itself is of no use."""
        self.break_off(targets)
        for request, error in attempt.refused:
            self._reporter.reject(refusal(error, request))
        if attempt.without:
            self._do_without(attempt.without, frame)
        elif attempt.broken_off and not len(targets):
            self._books.settle(frame, Fate.DROPPED)
        else:
            self._follower.follow_if_new(targets, frame)

    def _do_without(self, boxes: list[tuple[InitRequest, Exception]], frame: Frame) -> None:
        """Leave out a frame in which nothing can be learned; boxes may wait for the next."""
        waiting = [request for request, _ in boxes if request.stamp_ns == 0]
        if waiting:
            with self._books.wake:
                for request in waiting:
                    self._books.queue.wait_for_next(request)
            self._reporter.skip(frame, boxes[0][1], "; the init box waits for the next frame")
        else:
            self._books.settle(frame, Fate.DROPPED)
        for request, error in boxes:
            if request.stamp_ns != 0:
                self._reporter.reject(refusal(error, request, "its frame cannot be used: "))
