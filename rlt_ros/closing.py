# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is to be closed after use, by ``with`` or by hand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import TypeVar

_Itself = TypeVar("_Itself", bound="Closing")


class Closing(ABC):
    """Something that holds files, threads or devices; a ``with`` block closes it at its end."""

    @abstractmethod
    def close(self) -> None:
        """Give back what it holds."""

    def __enter__(self: _Itself) -> _Itself:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Discarding(Closing):
    """A result that is being written: closed it is whole, left by an error it is discarded."""

    @abstractmethod
    def discard(self) -> None:
        """Stop and remove what was written."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()
