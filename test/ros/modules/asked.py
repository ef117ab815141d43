# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Waiting for the worker's answers, and making it wait."""

from __future__ import annotations

import threading

import numpy as np
from worker_bench import TIMEOUT

from rlt_ros.ros.worker.replies import Answer


class Asked:
    """Waits for the answers to one request."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self._came = threading.Event()

    def __call__(self, answer: Answer) -> None:
        self.answers.append(answer)
        self._came.set()

    def answer(self) -> Answer:
        assert self._came.wait(TIMEOUT)
        (answer,) = self.answers
        return answer

    def refused(self, words: str) -> None:
        answer = self.answer()
        assert not answer.accepted
        assert answer.target_id == ""
        assert words in answer.reason


class Blocked:
    """A hook of the tracker that waits."""

    def __init__(self) -> None:
        self.busy, self.go_on = threading.Event(), threading.Event()

    def __call__(self, image: np.ndarray) -> None:
        self.busy.set()
        assert self.go_on.wait(TIMEOUT)
