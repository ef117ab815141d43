# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the installed cv_bridge can be used here, found out in a process of its own.

Built for another numpy or OpenCV than the installed ones, it does not say so: it ends the process
at the first image. So it is tried where that hurts nobody, once, on every encoding that it is to
convert; only those count whose pixels come out as the table of encodings has them.

Nothing here may import what loads the tracker: the process has to be a quick one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import lru_cache
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.messages.encodings import ENCODINGS

# What it converts without a loss. rgb8 needs no converting, and 16 bits must stay such.
_CANDIDATES = (
    *("bgr8", "rgba8", "bgra8", "mono8", "yuv422", "yuv422_yuy2"),
    *(f"bayer_{pattern}8" for pattern in ("rggb", "bggr", "gbrg", "grbg")),
)
_SECONDS = 60.0


class CvBridgeCheck(NamedTuple):
    """The encodings that cv_bridge converts rightly here, and what is wrong with it, if so."""

    encodings: frozenset[str]
    problem: str


@lru_cache(maxsize=1)
def check_cv_bridge() -> CvBridgeCheck:
    """Try cv_bridge in another process, the first time; not to have it is no problem."""
    if find_spec("cv_bridge") is None:
        return CvBridgeCheck(frozenset(), "")
    try:
        # In a session of its own: a Ctrl-C that ends the node says nothing about cv_bridge.
        tried = subprocess.run(
            [sys.executable, "-m", __name__],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            start_new_session=True,
        )
        found = json.loads(tried.stdout.splitlines()[-1]) if tried.returncode == 0 else []
        how = "converts no encoding rightly" if tried.returncode == 0 else "fails"
        how = f"crashes (signal {-tried.returncode})" if tried.returncode < 0 else how
    except (OSError, subprocess.TimeoutExpired, IndexError, ValueError):
        found, how = [], "does not answer"
    problem = (
        f"cv_bridge {how} beside numpy {np.__version__} and OpenCV {cv2.__version__}, probably "
        "because it was built for others (numpy 1 with Humble and Jazzy: pip install 'numpy<2'); "
        "images are converted without it, to the same pixels"
    )
    return CvBridgeCheck(frozenset(found), "" if found else problem)


def by_cv_bridge(bridge: Any, rows: NDArray[np.uint8], encoding: str) -> NDArray[np.uint8]:
    """Return (H, W, channels) of an 8-bit encoding as (H, W, 3) RGB, converted by a CvBridge."""
    height, width = rows.shape[:2]
    message = SimpleNamespace(
        height=height,
        width=width,
        step=rows.nbytes // height,
        encoding=encoding,
        is_bigendian=0,
        data=rows.data.cast("B"),
    )
    return np.asarray(bridge.imgmsg_to_cv2(message, "rgb8"))


def _try() -> list[str]:
    """Return the encodings that cv_bridge converts as the table does."""
    from cv_bridge import CvBridge

    bridge = CvBridge()
    random = np.random.default_rng(0)
    right = []
    for name in _CANDIDATES:
        encoding = ENCODINGS[name]
        rows = random.integers(0, 256, (32, 48, encoding.channels), dtype=np.uint8)
        try:
            found = by_cv_bridge(bridge, rows, name)
        except Exception:  # whatever it is, cv_bridge does not serve for this one
            continue
        expected = encoding.convert(rows)
        expected = np.dstack([expected] * 3) if expected.ndim == 2 else expected
        if found.dtype == np.uint8 and np.array_equal(found, expected):
            right.append(name)
    return right


if __name__ == "__main__":
    print(json.dumps(_try()))
