# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which image of a bag a box belongs to, and when each image was taken.

A header's stamp says when the image was taken, and a box with the same stamp is of that image.
Careless recordings have no stamps (0), or the same ones again and again, or stamps that go back.
Then the order counts where there are as many boxes as images, and else the time of receipt.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from rlt_ros.bags.reader import BagReader
from rlt_ros.bags.stamps import stamp_of


class Times(NamedTuple):
    """Of a message, in nanoseconds: its header's stamp, 0 for none, and its time of receipt."""

    stamp_ns: int
    received_ns: int


def read_times(bag: BagReader, topic: str) -> list[Times]:
    """Return the times of a topic's messages; of a bag that breaks off, those before."""
    return [
        Times(stamp_of(message.data), message.stamp_ns)
        for message in bag.messages_until_it_breaks(topic)
    ]


@dataclass(frozen=True)
class Pairs:
    """Which of some messages belongs to which image.

    Attributes:
        partner: index of an image to that of its message; images without one are left out.
        how: what was gone by where stamps could not tell, for people; empty if they could.
    """

    partner: dict[int, int]
    how: str = ""


def pair(images: Sequence[Times], others: Sequence[Times]) -> Pairs:
    """Find the image to which each of some other messages belongs."""
    by_stamp: defaultdict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for which, messages in enumerate((images, others)):
        for index, times in enumerate(messages):
            by_stamp[times.stamp_ns][which].append(index)
    partner: dict[int, int] = {}
    how: set[str] = set()
    for stamp_ns, (mine, theirs) in by_stamp.items():
        if stamp_ns and len(mine) == len(theirs) == 1:
            partner[mine[0]] = theirs[0]
        elif stamp_ns and mine and theirs:
            how.add(_pair_without_stamps(images, others, mine, theirs, partner))
    # A box of another stamp belongs to no image of this bag; one without a stamp may.
    paired = set(partner.values())
    mine = [index for index in range(len(images)) if index not in partner]
    theirs = [index for index in range(len(others)) if index not in paired]
    unstamped = any(not images[index].stamp_ns for index in mine) or any(
        not others[index].stamp_ns for index in theirs
    )
    if unstamped and mine and theirs:
        how.add(_pair_without_stamps(images, others, mine, theirs, partner))
    return Pairs(partner, " and ".join(sorted(how)))


def _pair_without_stamps(
    images: Sequence[Times],
    others: Sequence[Times],
    mine: Sequence[int],
    theirs: Sequence[int],
    partner: dict[int, int],
) -> str:
    if len(mine) == len(theirs):
        partner.update(zip(mine, theirs, strict=True))
        return "their order"
    mine = sorted(mine, key=lambda index: images[index].received_ns)
    received = [images[index].received_ns for index in mine]
    gaps = [after - before for before, after in pairwise(received)]
    reach = float(np.median(gaps)) if gaps else 0.0
    taken: set[int] = set()
    for index in theirs:
        time = others[index].received_ns
        place = bisect_left(received, time)
        near = [each for each in (place - 1, place) if 0 <= each < len(mine) and each not in taken]
        best = min(near, key=lambda each: abs(received[each] - time), default=None)
        if best is not None and (not gaps or abs(received[best] - time) <= reach):
            taken.add(best)
            partner[mine[best]] = index
    return "their times of receipt"


def trouble_with_stamps(images: Sequence[Times]) -> str:
    """Return what is wrong with the stamps of images, for people; empty if nothing is."""
    stamps = [times.stamp_ns for times in images]
    missing = sum(stamp <= 0 for stamp in stamps)
    repeated = len(stamps) - len(set(stamps)) - max(0, stamps.count(0) - 1)
    back = sum(after < before for before, after in pairwise(stamps) if before > 0 < after)
    found = {"have none": missing, "repeat an earlier one": repeated, "go back": back}
    return ", ".join(f"{count} {what}" for what, count in found.items() if count)


def taken_at(images: Sequence[Times]) -> list[int]:
    """Return when images were taken, in nanoseconds: by their stamps, or else by their receipt."""
    by_receipt = bool(trouble_with_stamps(images))
    return [times.received_ns if by_receipt else times.stamp_ns for times in images]
