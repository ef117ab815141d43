# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Results that have their name only when they are whole: files and folders.

They are written beside their place and moved there at the end. A full disk, an error or Ctrl-C
leaves the older result as it was, and no part of the new one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NotWrittenError(OSError):
    """A result that could not be written whole; the message names it and says why."""

    @classmethod
    def because(cls, path: Path, error: Exception) -> NotWrittenError:
        """Return the error for a result, with the reason that another error gives."""
        if isinstance(error, cls):
            return error
        reason = (isinstance(error, OSError) and error.strerror) or error
        text = " ".join(str(reason).split()) or type(error).__name__
        return cls(f"cannot write {path}: {text}")


class Part:
    """A result that is being written.

    Attributes:
        path: where it will be.
        place: where it is written until then; what an earlier run left there is removed.
    """

    def __init__(self, path: Path, place: Path | None = None) -> None:
        """Choose the place: by default the name with ".part" behind it.

        Raises:
            NotWrittenError: what is at the path is no result, such as /dev/null.
        """
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise NotWrittenError(f"cannot write {path}: it is a device or a pipe; name a file")
        self.path = path
        self.place = place or path.with_name(f"{path.name}.part")
        self.discard()

    def finish(self) -> None:
        """Give the result its name; it replaces an older one.

        Raises:
            OSError: it is not safely on the disk, or cannot be moved.
        """
        if self.place.is_dir():
            self._replace_folder()
            return
        with self.place.open("rb") as file:
            os.fsync(file.fileno())  # network disks and quotas complain this late
        self.place.replace(self.path)

    def _replace_folder(self) -> None:
        older = self.path.with_name(f".{self.path.name}.older")
        _remove(older)
        if self.path.exists():
            self.path.rename(older)
        self.place.rename(self.path)
        _remove(older)

    def discard(self) -> None:
        """Remove what is at the place, if anything."""
        _remove(self.place)


@contextmanager
def whole(path: Path, place: Path | None = None) -> Iterator[Path]:
    """Give the place to write a file or folder to; at the end of the block it gets its name.

    Raises:
        NotWrittenError: the block raised an OSError, or the result cannot be moved.
    """
    try:
        part = Part(path, place)
        try:
            yield part.place
            part.finish()
        finally:
            part.discard()
    except OSError as error:
        raise NotWrittenError.because(path, error) from error


def write_whole(path: Path, data: bytes, place: Path | None = None) -> None:
    """Write a file and make sure that it reads back.

    Raises:
        NotWrittenError: it does not; there is no part of it.
    """
    with whole(path, place) as part:
        part.write_bytes(data)
        if part.read_bytes() != data:
            raise OSError("it reads back otherwise than it was written")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
