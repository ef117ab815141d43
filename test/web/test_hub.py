# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Viewers: what each of them gets, and that a slow one costs nobody else anything."""

from __future__ import annotations

import asyncio

import pytest

from rlt_ros.web.hub import WAITING_TEXTS, WINDOW, Demand, Hub, TooManyViewersError, Viewer
from rlt_ros.web.protocol import Got, Watch

STREAM = "image:/camera"
TRACKER = frozenset({"/rlt/tracker"})
NONE: frozenset[str] = frozenset()
EVERYTHING = Watch(TRACKER, TRACKER, TRACKER)


def taken(viewer: Viewer) -> list[str | bytes]:
    """Take what can be sent now."""
    return list(iter(viewer.take, None))


def watching(hub: Hub, watches: Watch = EVERYTHING) -> Viewer:
    viewer = hub.add()
    hub.watch(viewer, watches)
    return viewer


def show(hub: Hub, number: int) -> None:
    hub.on_picture(STREAM, TRACKER, b"%d" % number)


def test_a_viewer_who_keeps_up_gets_every_picture() -> None:
    hub = Hub(2)
    viewer = watching(hub)
    for number in range(10):
        show(hub, number)
        assert taken(viewer) == [b"%d" % number]
        viewer.got(Got(STREAM))


def test_a_slow_viewer_gets_the_newest_picture_and_others_all_of_them() -> None:
    hub = Hub(2)
    slow, quick = watching(hub), watching(hub)
    received = []
    for number in range(20):
        show(hub, number)
        received += taken(quick)
        quick.got(Got(STREAM))
        if number < WINDOW:
            assert taken(slow) == [b"%d" % number]
        else:
            assert taken(slow) == []  # WINDOW pictures are on their way
    assert received == [b"%d" % number for number in range(20)]
    slow.got(Got(STREAM))
    assert taken(slow) == [b"19"]


def test_streams_take_turns() -> None:
    hub = Hub(1)
    viewer = watching(hub)
    for number in range(3):
        show(hub, number)
        hub.on_attention("attention:/rlt/tracker", "/rlt/tracker", b"map %d" % number)
    assert taken(viewer) == [b"2", b"map 2"]


def test_of_texts_the_oldest_go_and_none_holds_up_a_picture_for_ever() -> None:
    hub = Hub(1)
    viewer = watching(hub)
    for number in range(2 * WAITING_TEXTS):
        hub.on_text("/rlt/tracker", str(number))
    show(hub, 0)
    found = taken(viewer)
    assert found == [*map(str, range(WAITING_TEXTS, 2 * WAITING_TEXTS)), b"0"]


def test_each_viewer_gets_what_it_watches() -> None:
    hub = Hub(3)
    all_of_it = watching(hub)
    texts_only = watching(hub, Watch(TRACKER, NONE, NONE))
    another = watching(hub, Watch(frozenset({"/other"}), frozenset({"/other"}), NONE))
    hub.on_text("/rlt/tracker", "status")
    show(hub, 1)
    hub.on_attention("attention:/rlt/tracker", "/rlt/tracker", b"map")
    hub.on_text_for_all("health")
    assert taken(all_of_it) == ["status", "health", b"1", b"map"]
    assert taken(texts_only) == ["status", "health"]
    assert taken(another) == ["health"]


def test_what_is_watched_is_the_union_and_ends_with_the_viewers() -> None:
    hub = Hub(100)
    demands: list[Demand] = []
    hub.on_demand = demands.append
    viewers = [watching(hub, Watch(TRACKER, NONE, NONE)) for _ in range(99)]
    viewers.append(watching(hub, Watch(NONE, TRACKER, frozenset({"/other"}))))
    assert demands[-1] == Demand(100, TRACKER, TRACKER, frozenset({"/other"}))
    for viewer in viewers:
        hub.remove(viewer)
    assert demands[-1] == Demand()
    assert hub.viewers == 0


def test_one_viewer_too_many_is_told_so() -> None:
    hub = Hub(2)
    first, _ = hub.add(), hub.add()
    with pytest.raises(TooManyViewersError, match="2 viewers are here"):
        hub.add()
    hub.remove(first)
    hub.add()


def test_who_comes_later_is_told_at_once_what_is_there() -> None:
    hub = Hub(2)
    hub.on_graph("old")
    hub.on_graph("new")
    assert taken(hub.add()) == ["new"]


def test_who_waits_is_woken_by_what_comes_and_by_room_for_pictures() -> None:
    async def story() -> None:
        hub = Hub(1)
        viewer = watching(hub)
        waiting = asyncio.create_task(viewer.next())
        await asyncio.sleep(0)
        hub.on_text("/rlt/tracker", "status")
        assert await waiting == "status"
        for number in range(WINDOW):
            show(hub, number)
            assert await viewer.next() == b"%d" % number
        show(hub, WINDOW)
        waiting = asyncio.create_task(viewer.next())
        await asyncio.sleep(0)
        assert not waiting.done()
        viewer.got(Got(STREAM))
        assert await waiting == b"%d" % WINDOW

    asyncio.run(story())
