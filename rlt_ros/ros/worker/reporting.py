# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the worker tells its listener and the log, and what is wrong at present."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlt_ros.complaints import Complaints
from rlt_ros.ros.error_texts import in_words, place
from rlt_ros.ros.worker.books import Books
from rlt_ros.ros.worker.frames import Fate, Frame
from rlt_ros.ros.worker.init_requests import InitRequest, Problem
from rlt_ros.ros.worker.status import Listener, TrackedFrame


class Reporter:
    """Tells what happened; any thread may call. No error of a listener leaves."""

    def __init__(self, books: Books, listener: Listener, complaints: Complaints) -> None:
        self._books = books
        self._complaints = complaints
        self.listener = listener

    def announce(self, frame: Frame | None = None) -> None:
        """Tell the status; `frame`: what it is about, if anything."""
        self._tell(self.listener.on_status, self._books.status(), frame)

    def deliver(self, tracked: TrackedFrame) -> None:
        """Tell what was found in a frame."""
        self._tell(self.listener.on_result, tracked, self._books.status())

    def tell_problem(self, kind: str, text: str, frame: Frame) -> None:
        """Tell what is wrong with a frame; `kind` as in `Complaints`."""
        with self._books.wake:
            self._books.problem = Problem(kind, text)
        self._complaints.warn(kind, text)
        self.announce(frame)

    def tell_problems(self, problems: list[Problem]) -> None:
        """Tell what the queue says."""
        for problem in problems:
            if problem.box_refused:
                self.reject(problem)
            else:
                self._complaints.warn(problem.kind, problem.text)

    def skip(self, frame: Frame, error: Exception, and_then: str = "") -> None:
        """Drop a frame, and tell why."""
        self._books.settle(frame, Fate.DROPPED)
        text = f"frame skipped: {in_words(error)}{and_then}"
        self.tell_problem(f"frame skipped: {place(error)}", text, frame)

    def reject(self, reason: Problem) -> None:
        """Refuse an init box, and tell why."""
        books = self._books
        with books.wake:
            several = len(books.last.targets) > 1
            kept = "the targets are kept" if several else "the target is kept"
            kept = kept if books.last.targets else "nothing is tracked"
            problem = reason._replace(text=f"init box refused, {kept}: {reason.text}")
            before, books.problem = books.problem, problem
        self._complaints.warn(problem.kind, problem.text)
        if reason.request is not None:
            reason.request.reply.refuse(reason.text)
        self.announce()
        with books.wake:
            if books.queue.boxes and books.problem is problem:
                books.problem = before  # another box waits: that is the state of things now

    def warn(self, kind: str, text: str) -> None:
        """Log a warning, see `Complaints`."""
        self._complaints.warn(kind, text)

    def _tell(self, method: Callable[..., None], *arguments: Any) -> None:
        try:
            method(*arguments)
        except Exception as error:
            if not self._books.stopping:
                text = f"a result could not be published: {in_words(error)}"
                self._complaints.warn("not published", text)


def refusal(error: Exception, request: InitRequest | None = None, before: str = "") -> Problem:
    """Return the problem that an error is for an init box; `before`: what its text begins with."""
    kind = f"init box refused: {place(error)}"
    return Problem(kind, f"{before}{in_words(error)}", True, request)
