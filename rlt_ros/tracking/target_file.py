# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A learned target as a safetensors file: it outlives the process that learned it.

Arrays and one JSON text, whose digest tells damage. Nothing in such a file is ever executed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save

from rlt_ros.tracking.errors import InvalidTargetError
from rlt_ros.tracking.state import State
from rlt_ros.version import package_version
from rlt_ros.whole_files import whole

FORMAT = "rlt_ros target"
FORMAT_VERSION = 1
_ANEW = "give a new box, and save the target again"


@dataclass(frozen=True)
class SavedTarget:
    """A target as it is kept in a file.

    Attributes:
        state: all that its tracker knows of it.
        target_id: what its owner calls it.
        notes: numbers and texts that its owner wants back.
        saved_by: version of the package that has written the file.
        source: where it comes from, in messages.
    """

    state: State
    target_id: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)
    saved_by: str = ""
    source: str = "the target"


def save_target(path: Path, target: SavedTarget) -> None:
    """Write a file, whole or not at all: an older one of the name stays until the end.

    Raises:
        NotWrittenError: it cannot be written; the message names it and says why.
    """
    arrays: dict[str, NDArray[Any]] = {}
    values = _separated(target.state, "", arrays)
    text = json.dumps(
        {
            "saved_by": package_version(),
            "target_id": target.target_id,
            "notes": dict(target.notes),
            "state": values,
        },
        allow_nan=False,
    )
    about = {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION),
        "target": text,
        "sha256": _digest(text, arrays),
    }
    with whole(path) as part:
        part.write_bytes(save(arrays, about))  # the library's own files would stay when killed


def load_target(path: Path) -> SavedTarget:
    """Read a file.

    Raises:
        InvalidTargetError: it is missing, damaged, foreign or newer; the message names it.
    """
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise InvalidTargetError(
            f"target file {path} {what}: name one that save_target has written"
        )
    try:
        with safe_open(path, framework="np") as file:
            about = file.metadata() or {}
            if about.get("format") != FORMAT:
                raise InvalidTargetError(
                    f"{path} is no target file of rlt_ros: name one that save_target has written"
                )
            if (version := about.get("format_version")) != str(FORMAT_VERSION):
                raise InvalidTargetError(
                    f"target file {path} has format {version!s:.20}, and this rlt_ros reads format "
                    f"{FORMAT_VERSION}: use the rlt_ros that wrote it, or {_ANEW}"
                )
            text = about["target"]
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if _digest(text, arrays) != about["sha256"]:
            raise ValueError("its content does not have its digest")
        values = json.loads(text)
        return SavedTarget(
            _joined(values["state"], "", arrays),
            str(values["target_id"]),
            dict(values["notes"]),
            str(values["saved_by"]),
            f"target file {path}",
        )
    except InvalidTargetError:
        raise
    except OSError as error:
        reason = error.strerror or " ".join(f"{error}".split())
        raise InvalidTargetError(f"target file {path} cannot be read: {reason}") from error
    except Exception as error:  # a damaged file fails wherever the reader happens to be
        reason = " ".join(f"{error}".split()) or type(error).__name__
        raise InvalidTargetError(
            f"target file {path} is damaged ({reason:.200}): {_ANEW}"
        ) from error


def _separated(state: State, where: str, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Return a state's plain values; its arrays go to ``arrays`` by their paths."""
    values: dict[str, Any] = {}
    for name, value in state.items():
        if isinstance(value, Mapping):
            values[name] = _separated(value, f"{where}{name}/", arrays)
        elif isinstance(value, np.ndarray):
            arrays[f"{where}{name}"] = np.ascontiguousarray(value)
        else:
            values[name] = value
    return values


def _joined(values: Mapping[str, Any], where: str, arrays: dict[str, NDArray[Any]]) -> State:
    """Return what ``_separated`` has taken apart."""
    state: dict[str, Any] = {
        name: _joined(value, f"{where}{name}/", arrays) if isinstance(value, dict) else value
        for name, value in values.items()
    }
    for path, array in arrays.items():
        folder, _, name = path.rpartition("/")
        if folder == where.rstrip("/"):
            state[name] = array
    return state


def _digest(text: str, arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for piece in _pieces(text, arrays):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(text: str, arrays: Mapping[str, NDArray[Any]]) -> Iterator[Any]:
    yield text.encode()
    for name in sorted(arrays):
        array = arrays[name]
        yield f"\n{name} {array.dtype} {array.shape}\n".encode()
        yield np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
