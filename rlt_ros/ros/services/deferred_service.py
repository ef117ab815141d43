# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A service whose answer is given later, from any thread.

Rclpy answers with what the callback returns. A callback that waits would hold up everything else,
and a coroutine is called again and again by the executor until its future is done.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node

from rlt_ros.ros.error_texts import in_words


class Answer:
    """What a request is answered with; the first call counts."""

    def __init__(self, send: Callable[[Any], None], response: Any) -> None:
        self._send = send
        self._response = response
        self._lock = threading.Lock()
        self.asked = time.monotonic()
        self.given = False

    def __call__(self, success: bool, message: str = "", **fields: Any) -> None:
        """Answer; ``fields`` are those that the service has beside success and message."""
        with self._lock:
            if self.given:
                return
            self.given = True
        self._response.success = success
        self._response.message = message
        for name, value in fields.items():
            setattr(self._response, name, value)
        self._send(self._response)


class DeferredService:
    """A service of a node.

    ``on_request`` is called with a request and its answer in the executor's thread, and returns at
    once. Whatever it raises becomes the answer.
    """

    def __init__(
        self, node: Node, kind: Any, name: str, on_request: Callable[[Any, Answer], None]
    ) -> None:
        self._node = node
        self._on_request = on_request
        self._waiting: list[Answer] = []
        self._service = node.create_service(
            kind, name, lambda request, response: (request, response)
        )
        self._send = self._service.send_response
        # The executor calls it with what the callback returned, and with what an answer needs.
        self._service.send_response = self._take

    def give_up(self, reason: str, older_than: float = 0.0) -> None:
        """Answer requests that have waited for so many seconds, and still do, with a reason."""
        now = time.monotonic()
        for answer in self._waiting:
            if now - answer.asked >= older_than:
                answer(False, reason)
        self._waiting = [answer for answer in self._waiting if not answer.given]

    def _take(self, taken: tuple[Any, Any], header: Any) -> None:
        request, response = taken

        def send(answer: Any) -> None:
            if self._node.context.ok():
                self._send(answer, header)

        answer = Answer(send, response)
        try:
            self._on_request(request, answer)
        except Exception as error:  # whatever it is, who asks must hear of it
            answer(False, in_words(error))
        if not answer.given:
            self._waiting.append(answer)
