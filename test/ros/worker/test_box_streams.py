# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Each target's stream of init boxes, kept apart from the others'."""

from __future__ import annotations

import pytest

from rlt_ros.ros.worker.box_streams import BoxStreams

HERE = (100.0, 100.0, 50.0, 50.0)


def learned(several: bool) -> BoxStreams:
    """Return streams in which a box of no id was learned at 10 s, in 1 s, as target "one"."""
    streams = BoxStreams(several)
    place = streams.place("", [])
    assert place == ""
    stream = streams.of(place, 9.0)
    stream.add(HERE, 9.0)
    stream.begin_learning(HERE)
    stream.end_learning(10.0, 1.0)
    streams.learned_as(place, "one")
    return streams


@pytest.mark.parametrize("several", [False, True])
def test_where_a_target_lies_is_told_to_its_stream_alone(several: bool) -> None:
    streams = learned(several)
    stream = streams.of(streams.place("one", ["one"]), 12.0)
    assert stream.wait_for(HERE, came=13.0, now=13.0) == 0.0  # tracking had its three seconds
    streams.see_target("one", HERE)
    assert stream.wait_for(HERE, came=13.0, now=13.0) == 1.0
    if several:
        streams.see_target("two", None)  # has no stream, and gets none
        assert stream.wait_for(HERE, came=13.0, now=13.0) == 1.0
    streams.see_target("one", None)
    assert stream.wait_for(HERE, came=13.0, now=13.0) == 0.0


def test_the_stream_of_a_target_that_is_there_is_kept() -> None:
    streams = learned(several=True)
    stream = streams.of("one", 100.0)
    streams.of("two", 100.0).add(HERE, 100.0)
    assert streams.of("one", 100.0) is stream
    streams.see_targets(["two"])
    streams.of("three", 100.0)
    assert streams.of("one", 100.0) is not stream
