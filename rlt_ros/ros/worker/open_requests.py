# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What was asked of the worker and has no answer yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from rlt_ros.ros.worker.books import Books
from rlt_ros.ros.worker.init_requests import InitRequest, Problem
from rlt_ros.ros.worker.replies import REPLACED_BY_NEWER, Reply
from rlt_ros.ros.worker.targets import Targets


class Job(NamedTuple):
    """Something to do between two frames, and whom to tell that it cannot be done."""

    run: Callable[[Targets], None]
    reply: Reply


class OpenRequests:
    """Sees to it that each request is answered, whatever becomes of it; any thread may call.

    `in_hand`: the boxes that are being learned.
    """

    def __init__(self, books: Books) -> None:
        self._books = books
        self.in_hand: tuple[InitRequest, ...] = ()
        self._boxes: list[Reply] = []
        self._reading: list[Reply] = []  # of files
        self._jobs: deque[Job] = deque()
        self._ended = ""

    @property
    def ended(self) -> str:
        """Why nothing can be asked any more; empty while it can."""
        return self._ended

    def add_box(self, reply: Reply) -> None:
        """Note that an init box waits for its answer."""
        with self._books.wake:
            self._boxes.append(reply)

    def add_job(self, job: Callable[[Targets], None], reply: Reply) -> None:
        """Have something done between two frames."""
        with self._books.wake:
            ended = self._ended
            if not ended:
                self._jobs.append(Job(job, reply))
                self._books.wake.notify()
        if ended:
            reply.refuse(ended)

    def next_job(self) -> Job | None:
        """Return what is to be done next, if anything."""
        with self._books.wake:
            return self._jobs.popleft() if self._jobs else None

    def begin_reading(self, reply: Reply) -> None:
        """Note that a file is being read."""
        with self._books.wake:
            self._reading.append(reply)

    def end_reading(self, reply: Reply) -> None:
        """Note that it has been read."""
        with self._books.wake:
            self._reading = [other for other in self._reading if other is not reply]

    def answer_the_replaced(self, reason: str = REPLACED_BY_NEWER) -> None:
        """Refuse the boxes that neither wait nor are being learned any more."""
        with self._books.wake:
            if not self._boxes:
                return
            boxes = [*self._books.queue.boxes, *self.in_hand]
            known = {id(box.reply) for box in boxes}
            lost = [reply for reply in self._boxes if id(reply) not in known]
            self._boxes = [reply for reply in self._boxes if id(reply) in known]
        for reply in lost:
            reply.refuse(reason)

    def end(self, reason: str) -> None:
        """Refuse all that was asked, and whatever will be."""
        with self._books.wake:
            self._ended = self._ended or reason
            replies = [*self._boxes, *self._reading, *(job.reply for job in self._jobs)]
            self._boxes, self._reading = [], []
            self._jobs.clear()
        for reply in replies:
            reply.refuse(self._ended)


def with_reasons(problems: list[Problem]) -> list[Problem]:
    """Return problems, after noting them where they cost a box that waits for its answer."""
    for problem in problems:
        if problem.request is not None:
            problem.request.reply.reason = problem.text
    return problems
