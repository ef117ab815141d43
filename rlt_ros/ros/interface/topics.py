# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node's topics, declared once: name, type, depth, meaning.

Names are relative to the node's namespace. Subscriptions, publishers and docs/interfaces.md are
made from these declarations.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PointStamped
from sensor_msgs.msg import CompressedImage, Image
from vision_msgs.msg import Detection2D, Detection2DArray

from rlt_ros.msg import TrackerStatus

# Deep enough for a recorder that is busy for a moment.
_NUMBERS, _PICTURES = 100, 30


@dataclass(frozen=True)
class Topic:
    """A topic.

    Attributes:
        name: relative to the node's namespace, but for that which all nodes share.
        type: of its messages; None where the package that has it is not installed.
        depth: of its queue, in messages.
        about: what its messages hold and promise, as Markdown.
        always: whether an active node has it, whatever its parameters say.
        choice: the types that it may have, as on the page, where that is not always the same.
    """

    name: str
    type: Any
    depth: int
    about: str
    always: bool = True
    choice: str = ""

    @property
    def type_name(self) -> str:
        """The type as in ``sensor_msgs/Image``."""
        return f"{self.type.__module__.split('.')[0]}/{self.type.__name__}"


def _first_installed(*types: str) -> Any:
    """Return the first of some classes of messages whose package is installed, or None."""
    for name in types:
        package, _, kind = name.partition("/")
        try:
            return getattr(importlib.import_module(f"{package}.msg"), kind)
        except (ImportError, AttributeError):
            pass
    return None


IMAGES = Topic(
    "image_raw",
    Image,
    30,  # a second of a 30 Hz camera
    "launch argument `image_topic`; RGB, grey, Bayer and YUV encodings of 8 bits, 16 bits, floating"
    " point: [encodings.md](encodings.md)",
)
COMPRESSED_IMAGES = Topic(
    "image_raw/compressed",
    CompressedImage,
    IMAGES.depth,
    "in place of `image_raw`, as the parameter `image_transport` and the publishers say: JPEG, PNG,"
    " PNG of 16 bits, and what else OpenCV decodes; not `compressedDepth`",
    always=False,
)
INIT_BOX = Topic(
    "init_box",
    Detection2D,
    10,
    "centre and size in pixels; stamp 0 means the next frame, otherwise the newest frame with"
    " exactly that stamp, among the last 30 (128 MiB at most), those that wait, or still to come;"
    " `frame_id` empty or the image's. Boxes that come faster than they can be learned are left"
    " out, but for one now and then where the target is not; one that comes alone always starts"
    " anew (not so with `queue: all`, which learns every box)",
)
CLICKED_POINT = Topic(
    "clicked_point",
    PointStamped,
    10,
    "x and y in pixels of the newest image: a click starts a target, with a box of the side"
    " `click_size`, or grown from the image; `frame_id` empty or the image's",
)
DETECTIONS_IN = Topic(
    "detections_in",
    Detection2DArray,
    10,
    "a detector's, with the stamp of the image that they are from; what they are used for, say the"
    " parameters `detections_use`, `detections_find_lost`, `detections_min_score` and"
    " `detections_classes`",
    always=False,
)
DETECTION = Topic(
    "detection",
    Detection2D,
    _NUMBERS,
    "the image's header; `id` constant for one target, that of its init box or else new for each"
    " init; score 0..1. While lost, `results` is empty and `bbox` holds the best guess. One message"
    " for each target",
)
DETECTIONS = Topic(
    "detections",
    Detection2DArray,
    _NUMBERS,
    "all targets of a tracked image in one message, the oldest first, each as in `detection`; one"
    " that an init box has named late comes alone for the images in between",
)
ATTENTION_MAP = Topic(
    "attention_map",
    Image,
    _PICTURES,
    "mono8, size and header of the camera image; like `annotated_image` worked out only while"
    " somebody listens, and left out where the next image waits already (but for five a second, or"
    " with `queue: all`)",
)
ANNOTATED_IMAGE = Topic(
    "annotated_image",
    Image,
    _PICTURES,
    "rgb8, boxes and scores of all targets drawn on the camera image",
)
TARGET_IMAGE = Topic(
    "target_image",
    Image,
    _PICTURES,
    "rgb8, what is inside the box of the oldest target, as far as it lies in the camera image, with"
    " that one's header; none while the target is lost, and as seldom as the other pictures",
)
_ANNOTATIONS = ("foxglove_msgs/ImageAnnotations", "visualization_msgs/ImageMarker")
_ANNOTATIONS_TYPE = _first_installed(*_ANNOTATIONS)
ANNOTATIONS = Topic(
    "annotations",
    _ANNOTATIONS_TYPE,
    _PICTURES,
    "boxes of all targets, to be drawn over the camera image: with its stamp, and only while"
    " somebody listens; without a box once there is no target. Scores come with Foxglove's alone;"
    " of the two types that whose package is installed, the first if both are, and no topic if none"
    " is",
    always=_ANNOTATIONS_TYPE is not None,
    choice=" or ".join(_ANNOTATIONS),
)
STATUS = Topic(
    "status",
    TrackerStatus,
    _NUMBERS,
    "IDLE, INITIALIZING, TRACKING, UNCERTAIN or LOST, what is wrong now, counts (received = tracked"
    " + dropped + untargeted + waiting), latency, updates; per frame, and once a second when idle",
)
DIAGNOSTICS = Topic(
    "/diagnostics",
    DiagnosticArray,
    10,
    "health of images and tracker, once a second while the node is active:"
    " [node.md](node.md#diagnostics)",
)

SUBSCRIBED = (IMAGES, COMPRESSED_IMAGES, INIT_BOX, CLICKED_POINT, DETECTIONS_IN)
PUBLISHED = (
    DETECTION,
    DETECTIONS,
    ATTENTION_MAP,
    ANNOTATED_IMAGE,
    TARGET_IMAGE,
    ANNOTATIONS,
    STATUS,
    DIAGNOSTICS,
)
