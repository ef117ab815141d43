# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which topics of a bag hold the images, the init box and the ground truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlt_ros.bags.images import COMPRESSED_IMAGE, IMAGE
from rlt_ros.bags.reader import BagError, BagReader
from rlt_ros.bags.vision_msgs import DETECTION

INIT_BOX, GROUND_TRUTH = "init_box", "ground_truth"


@dataclass(frozen=True)
class Topics:
    """Topics of a bag; None for what it does not have.

    Attributes:
        image: of sensor_msgs/msg/Image or CompressedImage.
        init: of vision_msgs/msg/Detection2D; its name ends in init_box unless it was given.
        truth: of the same type; its name ends in ground_truth unless it was given.
    """

    image: str
    init: str | None
    truth: str | None


def choose_topics(
    bag: BagReader,
    image: str | None = None,
    init: str | None = None,
    truth: str | None = None,
) -> Topics:
    """Check the topics that were given and find the others.

    Raises:
        BagError: a topic is missing, empty or of another type, or there are several to choose
            from; names them.
    """
    images = _choose(bag, image, (IMAGE, COMPRESSED_IMAGE), "", "--image-topic")
    if images is None:
        held = ", ".join(f"{name} ({kind})" for name, kind in bag.topics.items()) or "nothing"
        raise BagError(f"the bag {bag.path} has no images; it has {held}")
    return Topics(
        images,
        _choose(bag, init, (DETECTION,), INIT_BOX, "--init-topic"),
        _choose(bag, truth, (DETECTION,), GROUND_TRUTH, "--truth-topic"),
    )


def _choose(
    bag: BagReader, given: str | None, kinds: Sequence[str], ending: str, option: str
) -> str | None:
    found = {name: kind for name, kind in bag.topics.items() if kind in kinds and bag.counts[name]}
    if given is not None:
        if given not in bag.topics:
            raise BagError(
                f"the bag {bag.path} has no topic {given}; it has {', '.join(bag.topics)}"
            )
        if bag.topics[given] not in kinds:
            raise BagError(
                f"{option} {given} is of type {bag.topics[given]}; give one of {' or '.join(kinds)}"
            )
        if not bag.counts[given]:
            raise BagError(f"{option} {given} holds no message")
        return given
    matching = [name for name in found if name.endswith(ending)]
    if len(matching) > 1:
        raise BagError(
            f"the bag {bag.path} has several such topics; give one of {', '.join(matching)} "
            f"with {option}"
        )
    return matching[0] if matching else None
