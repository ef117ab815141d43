# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""sensor_msgs/Image <-> arrays: cv_bridge where it is installed, else rosbags-image."""

from __future__ import annotations

from typing import Any

import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from rlt_ros.messages.images import raw_to_rgb

try:
    from cv_bridge import CvBridge

    _convert = CvBridge().imgmsg_to_cv2
except ImportError:
    from rosbags.image import image_to_cvimage as _convert


def to_rgb(message: Image) -> np.ndarray:
    """Return the image as H x W x 3 uint8 RGB; unpadded rgb8 is a view of the message, not a copy.

    Raises:
        InvalidImageError: empty, an unknown encoding, or a buffer that does not fit the header.
    """
    return raw_to_rgb(message, _convert)


def to_image_message(image: np.ndarray, encoding: str, header: Header) -> Image:
    """Return an H x W (mono8) or H x W x 3 (rgb8) uint8 array as a message."""
    message: Any = Image(header=header, encoding=encoding)
    message.height, message.width = image.shape[:2]
    message.step = image.nbytes // image.shape[0]
    # Filled in place: assigning checks every byte in Python.
    message.data.frombytes(np.ascontiguousarray(image).data)
    return message
