# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What goes over the socket: commands of viewers as JSON; texts and pictures for them.

A picture is four bytes with the length of its header (big-endian), the header as JSON, then the
JPEG. Stamps are nanoseconds in decimal digits, for JavaScript's numbers would round them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MAX_COMMAND = 16 * 1024
"""Bytes that a command may have."""

_MOST_NAMES = 64
_LONGEST_NAME = 1024  # of topics it is 255, but ids of targets are anybody's
_STAMP = re.compile(r"\d{1,19}")

Box = tuple[float, float, float, float]


class CommandError(ValueError):
    """A viewer sent what is no command; the message says what is wrong."""


@dataclass(frozen=True)
class Watch:
    """What a viewer wants to see from now on.

    Attributes:
        trackers: whose status and detections.
        pictures: of those trackers, whose camera images.
        attention: of those trackers, whose attention maps.
    """

    trackers: frozenset[str]
    pictures: frozenset[str]
    attention: frozenset[str]


@dataclass(frozen=True)
class Got:
    """A viewer has decoded a picture of a stream and is ready for another."""

    stream: str


@dataclass(frozen=True)
class Clock:
    """A viewer asks for the time; `sent` is its own, which is sent back."""

    sent: float


@dataclass(frozen=True)
class Start:
    """Start a target: box x, y, w, h in pixels on the frame stamped so, 0 for the next one."""

    request: int
    tracker: str
    box: Box
    stamp_ns: int
    target: str


@dataclass(frozen=True)
class Ask:
    """Ask something else of a tracker: one of `ACTIONS`."""

    request: int
    tracker: str
    action: str
    name: str
    target: str


Command = Watch | Got | Clock | Start | Ask
ACTIONS = ("enable", "disable", "reset", "reset_target", "save", "load")


def parse_command(text: str) -> Command:
    """Read a viewer's command.

    Raises:
        CommandError: it is none.
    """
    if len(text) > MAX_COMMAND:
        raise CommandError(f"a command may have {MAX_COMMAND} characters, not {len(text)}")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise CommandError("a command is a JSON object") from None
    if not isinstance(fields, dict):
        raise CommandError("a command is a JSON object")
    read = _READERS.get(str(fields.get("op")))
    if read is None:
        raise CommandError(f"op must be one of {', '.join(_READERS)}")
    return read(fields)


def _watch(fields: dict[str, Any]) -> Watch:
    return Watch(
        _names(fields, "trackers"), _names(fields, "pictures"), _names(fields, "attention")
    )


def _start(fields: dict[str, Any]) -> Start:
    box = fields.get("box")
    if not isinstance(box, list) or len(box) != 4 or not all(map(_is_finite, box)):
        raise CommandError("box must be [x, y, w, h], four finite numbers")
    stamp = _text(fields, "stamp")
    if not _STAMP.fullmatch(stamp) or int(stamp) >= 2**63:
        raise CommandError("stamp must be nanoseconds in decimal digits")
    x, y, w, h = map(float, box)
    return Start(
        _request(fields),
        _text(fields, "tracker"),
        (x, y, w, h),
        int(stamp),
        _text(fields, "target"),
    )


def _ask(fields: dict[str, Any]) -> Ask:
    action = _text(fields, "action")
    if action not in ACTIONS:
        raise CommandError(f"action must be one of {', '.join(ACTIONS)}")
    return Ask(
        _request(fields),
        _text(fields, "tracker"),
        action,
        _text(fields, "name"),
        _text(fields, "target"),
    )


def _clock(fields: dict[str, Any]) -> Clock:
    if not _is_finite(fields.get("sent")):
        raise CommandError("sent must be a finite number")
    return Clock(float(fields["sent"]))


_READERS: dict[str, Callable[[dict[str, Any]], Command]] = {
    "watch": _watch,
    "got": lambda fields: Got(_text(fields, "stream")),
    "clock": _clock,
    "start": _start,
    "ask": _ask,
}


def _is_finite(value: Any) -> bool:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _request(fields: dict[str, Any]) -> int:
    number = fields.get("request")
    if not isinstance(number, int) or not 0 <= number < 2**31:
        raise CommandError("request must be a number, which the answer bears")
    return number


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str) or len(value) > _LONGEST_NAME:
        raise CommandError(f"{name} must be a text of {_LONGEST_NAME} characters at most")
    return value


def _names(fields: dict[str, Any], name: str) -> frozenset[str]:
    values = fields.get(name, [])
    if (
        not isinstance(values, list)
        or len(values) > _MOST_NAMES
        or not all(isinstance(value, str) and len(value) <= _LONGEST_NAME for value in values)
    ):
        raise CommandError(f"{name} must be a list of {_MOST_NAMES} names at most")
    return frozenset(values)


def text(kind: str, **fields: Any) -> str:
    """Return a message for viewers; numbers that are not finite become null."""
    return json.dumps(_finite({"type": kind, **fields}), separators=(",", ":"))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    return value


def picture(stream: str, stamp_ns: int, width: int, height: int, jpeg: bytes) -> bytes:
    """Return a picture for viewers.

    Args:
        stream: which it belongs to.
        stamp_ns: of the message that it was made from.
        width, height: of that message's image, in whose pixels boxes are.
        jpeg: the encoded image, which may be smaller.
    """
    fields = {"stream": stream, "stamp": str(stamp_ns), "width": width, "height": height}
    header = json.dumps(fields, separators=(",", ":")).encode()
    return len(header).to_bytes(4, "big") + header + jpeg
