# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tells an observer when the tracker enters and leaves its stages."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, Protocol

from rlt_ros.benchmark.studies.speed.stages import TRAIN, WATCHED, StageError


class StageObserver(Protocol):
    """Is told of stages, which lie within each other like brackets."""

    def enter(self, stage: str) -> None:
        """A stage begins."""

    def leave(self) -> None:
        """The innermost stage ends."""


class StageHooks:
    """While this context lasts, the observer is told of all trackers' stages in this thread.

    What training calls is not told apart, see ``WATCHED``.

    Args:
        observer: is told.

    Raises:
        StageError: on entering; a function in ``WATCHED`` does not exist.
    """

    def __init__(self, observer: StageObserver) -> None:
        self._observer = observer
        self._thread = 0
        self._in_training = False
        self._originals: list[tuple[Any, str, Callable[..., Any]]] = []

    def __enter__(self) -> StageHooks:
        self._thread = threading.get_ident()
        for stage, owner, name in WATCHED:
            if name not in vars(owner):
                raise StageError(f"stage {stage!r}: {owner.__name__} has no function {name!r}")
        for stage, owner, name in WATCHED:
            function = vars(owner)[name]
            self._originals.append((owner, name, function))
            setattr(owner, name, self._told(stage, function))
        return self

    def __exit__(self, *_: object) -> None:
        while self._originals:
            setattr(*self._originals.pop())

    def _told(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def told(*args: Any, **kwargs: Any) -> Any:
            if self._in_training or threading.get_ident() != self._thread:
                return function(*args, **kwargs)
            self._in_training = stage == TRAIN
            self._observer.enter(stage)
            try:
                return function(*args, **kwargs)
            finally:
                self._observer.leave()
                self._in_training = False

        return told
