# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finding the ONNX files of OpenCV's trackers in a folder."""

from __future__ import annotations

from pathlib import Path

# What the names of OpenCV's own files and of their releases have in common.
_PATTERNS = {
    "nano": {"backbone": "*backbone*.onnx", "head": "*head*.onnx"},
    "vit": {"net": "*vit*.onnx"},
}


def peer_networks(family: str, folder: Path | None) -> dict[str, str]:
    """Return the network files of a tracker, as settings for ``make_runner``.

    Args:
        family: nano or vit; others have none.
        folder: searched with what is below it; None finds nothing.

    Raises:
        ValueError: the folder has none or several that fit.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder; give one that holds the trackers' ONNX files")
    settings = {}
    for key, pattern in _PATTERNS.get(family, {}).items():
        found = sorted(folder.rglob(pattern))
        if len(found) != 1:
            names = ", ".join(str(path) for path in found) or "none"
            raise ValueError(
                f"{folder} must hold one {pattern} for {family}, and there is {names}; "
                f"or name it: --tracker {family},{key}=FILE.onnx,..."
            )
        settings[key] = str(found[0].resolve())
    return settings
