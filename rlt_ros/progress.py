# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far something is: a bar on a terminal, elsewhere (files, CI) a plain line every 10 s."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Protocol, TypeVar

from tqdm import tqdm

SECONDS = 10.0  # between two lines

_Item = TypeVar("_Item")


class Progress(Protocol):
    """What is told of how far it is; a context, too.

    Attributes:
        n: how many are done.
    """

    n: float

    def update(self, count: float = 1) -> object:
        """Say that so many more are done."""

    def __enter__(self) -> Progress: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> object: ...


def progress(
    *, total: int | None = None, unit: str = "", what: str = "", initial: int = 0
) -> Progress:
    """Show on standard error how far something is, until the context is left.

    Args:
        total: how many there are to do; None where nobody knows.
        unit: one of them, for example "frame"; "" where there is only to wait.
        what: is being done.
        initial: how many are done already.
    """
    if sys.stderr.isatty() and not unit:
        return tqdm(desc=what, bar_format="{desc}: {elapsed}", miniters=0, mininterval=1.0)
    if sys.stderr.isatty():
        return tqdm(total=total, unit=unit, desc=what, initial=initial)
    return _PlainLines(total, unit, what, initial)


def followed(
    items: Iterable[_Item], *, total: int | None = None, unit: str, what: str = ""
) -> Iterator[_Item]:
    """Yield items and show how many were taken; see ``progress``."""
    with progress(total=total, unit=unit, what=what) as shown:
        for item in items:
            yield item
            shown.update()


def say(text: str, *, error: bool = False) -> None:
    """Print a line, on standard error if it tells of one, above a bar that is shown."""
    tqdm.write(text, file=sys.stderr if error else sys.stdout)


class _PlainLines:
    """Says every 10 s how far it is, also while nothing gets done."""

    def __init__(self, total: int | None, unit: str, what: str, initial: int) -> None:
        self._total = total
        self._unit = unit
        self._what = what
        self.n: float = initial
        self._over = threading.Event()
        self._since = time.monotonic()
        self._thread = threading.Thread(target=self._talk, daemon=True)

    def update(self, count: float = 1) -> None:
        self.n += count

    def __enter__(self) -> _PlainLines:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _talk(self) -> None:
        while not self._over.wait(SECONDS):
            seconds = time.monotonic() - self._since
            line = f"{self._how_far()}, {seconds:.0f} s"
            print(line, file=sys.stderr, flush=True)

    def _how_far(self) -> str:
        if not self._unit:
            return self._what
        of = "" if self._total is None else f" of {self._total}"
        what = f"{self._what}: " if self._what else ""
        return f"{what}{self.n:g}{of} {self._unit}s"
