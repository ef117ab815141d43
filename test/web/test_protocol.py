# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What goes over the socket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rlt_ros.web.protocol import (
    MAX_COMMAND,
    Ask,
    Clock,
    CommandError,
    Got,
    Start,
    Watch,
    parse_command,
    picture,
    text,
)


def test_commands_are_read() -> None:
    read = {
        '{"op": "watch", "trackers": ["/a", "/b"], "pictures": ["/a"], "attention": []}': Watch(
            frozenset({"/a", "/b"}), frozenset({"/a"}), frozenset()
        ),
        '{"op": "got", "stream": "image:/camera"}': Got("image:/camera"),
        '{"op": "clock", "sent": 1.5}': Clock(1.5),
        '{"op": "ask", "request": 3, "tracker": "/a", "action": "save", "name": "car"}': Ask(
            3, "/a", "save", "car", ""
        ),
    }
    assert {given: parse_command(given) for given in read} == read


def test_a_stamp_keeps_all_its_digits() -> None:
    stamp = "1795760443410393979"  # more than JavaScript's numbers hold
    given = {"op": "start", "request": 1, "tracker": "/a", "box": [1, 2.5, 3, 4], "stamp": stamp}
    assert parse_command(json.dumps(given)) == Start(1, "/a", (1.0, 2.5, 3.0, 4.0), int(stamp), "")


START = {"op": "start", "request": 1, "tracker": "/a", "box": [1, 2, 3, 4], "stamp": "0"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "JSON object"),
        ("[1]", "JSON object"),
        ("[" * 10_000, "JSON object"),
        ("x" * (MAX_COMMAND + 1), "16384 characters"),
        ({"op": "shutdown"}, "op must be one of"),
        ({"op": ["watch"]}, "op must be one of"),
        ({"op": "watch", "trackers": "/a"}, "trackers must be a list"),
        ({"op": "watch", "trackers": ["/a"] * 65}, "trackers must be a list of 64"),
        ({"op": "watch", "trackers": [1]}, "trackers must be a list"),
        ({"op": "got", "stream": "x" * 1025}, "stream must be a text of 1024"),
        ({"op": "clock", "sent": "now"}, "sent must be a finite number"),
        ({**START, "box": [1, 2, 3]}, "four finite numbers"),
        ({**START, "box": [1, 2, 3, True]}, "four finite numbers"),
        ('{"op": "start", "request": 1, "box": [1, 2, 3, NaN], "stamp": "0"}', "four finite"),
        ('{"op": "start", "request": 1, "box": [1, 2, 3, 1' + "0" * 400 + "]}", "four finite"),
        ({**START, "stamp": "-1"}, "nanoseconds in decimal digits"),
        ({**START, "stamp": "9" * 19}, "nanoseconds in decimal digits"),
        ({**START, "stamp": 5}, "stamp must be a text"),
        ({**START, "request": -1}, "request must be a number"),
        ({"op": "ask", "request": 1, "action": "format"}, "action must be one of"),
    ],
)
def test_what_is_no_command_is_refused_in_words(given: Any, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        parse_command(given if isinstance(given, str) else json.dumps(given))


def test_a_picture_bears_its_stamp_and_the_images_own_size() -> None:
    data = picture("image:/camera", 1795760443410393979, 1920, 1080, b"\xff\xd8...")
    length = int.from_bytes(data[:4], "big")
    assert json.loads(data[4 : 4 + length]) == {
        "stream": "image:/camera",
        "stamp": "1795760443410393979",
        "width": 1920,
        "height": 1080,
    }
    assert data[4 + length :] == b"\xff\xd8..."


def test_texts_are_json_that_browsers_read() -> None:
    given = {"score": float("nan"), "values": [1.0, float("inf"), (2, None)]}
    assert json.loads(text("status", **given), parse_constant=pytest.fail) == {
        "type": "status",
        "score": None,
        "values": [1.0, None, [2, None]],
    }
