# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Names of trackers in benchmarks: ``family[:preset][,key=value...]``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rlt_ros.tracking.config import parse_setting
from rlt_ros.tracking.settings import Value

OURS = "rlt"

# Chance plays a part in these. OpenCV's MIL takes no seed, so repeating it is all one can do.
_SEEDED = (OURS, "mil")

FORM = "NAME[:PRESET][,KEY=VALUE...], for example rlt:paper,attention_weight=0"


@dataclass(frozen=True)
class TrackerName:
    """A tracker's name taken apart.

    Attributes:
        full: as it was given.
        family: rlt, csrt, ...
        preset: of rlt; "" where none is named.
        settings: those inside the name.
    """

    full: str
    family: str
    preset: str = ""
    settings: dict[str, Value] = field(default_factory=dict)

    @property
    def seeded(self) -> bool:
        """Whether chance plays a part, so that several runs tell more than one."""
        return self.family in _SEEDED

    @property
    def folder(self) -> str:
        """The name as a folder's."""
        return folder_name(self.full)


def folder_name(name: str) -> str:
    """Return a name without what file systems dislike."""
    return re.sub(r"[:/\\\s]", "_", name)


def parse_tracker_name(text: str) -> TrackerName:
    """Take a tracker's name apart; whether there is such a tracker is not its business.

    Raises:
        ValueError: not of that form, or, for rlt, a setting that does not exist.
    """
    head, *rest = text.split(",")
    family, colon, preset = head.partition(":")
    if colon and not preset:
        raise ValueError(f"tracker {text!r} names no preset after the colon; give {FORM}")
    if preset and family != OURS:
        raise ValueError(f"tracker {text!r}: only rlt has presets")
    settings: dict[str, Value] = {}
    for part in rest:
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not key or not equals:
            raise ValueError(f"tracker {text!r}: {part!r} is not KEY=VALUE; give {FORM}")
        if family == OURS:
            key, settings[key] = parse_setting(part)
        else:
            settings[key] = value
    if "seed" in settings:
        raise ValueError(f"tracker {text!r}: seeds are chosen with --seeds and --set seed=N")
    return TrackerName(text, family, preset, settings)
