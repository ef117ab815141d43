# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images as JPEG: the newest of each stream, and the size that a header tells."""

from __future__ import annotations

import functools
import threading

import cv2
import numpy as np
import pytest

from rlt_ros.web.encoder import Encoder, jpeg_of, jpeg_size, shrunk

RED = np.full((60, 80, 3), (250, 10, 10), np.uint8)


def test_while_one_is_encoded_the_newest_of_each_stream_waits() -> None:
    done: list[str] = []
    busy, go_on, over = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        busy.set()
        go_on.wait(30)

    with Encoder(lambda stream, error: None) as encoder:
        encoder.submit("a", hold)
        assert busy.wait(30)
        for number in range(5):
            encoder.submit("a", functools.partial(done.append, f"a{number}"))
        encoder.submit("b", functools.partial(done.append, "b"))
        encoder.submit("c", over.set)
        go_on.set()
        assert over.wait(30)
    assert done == ["a4", "b"]


def encode_nothing() -> None:
    jpeg_of(np.zeros((0, 0, 3), np.uint8))


def test_a_bad_image_is_told_of_and_does_not_end_the_others() -> None:
    told: list[tuple[str, str]] = []
    done = threading.Event()
    with Encoder(lambda stream, error: told.append((stream, str(error)))) as encoder:
        encoder.submit("bad", encode_nothing)
        encoder.submit("good", done.set)
        assert done.wait(30)
    assert [stream for stream, _ in told] == ["bad"]


def test_colours_survive() -> None:
    read = cv2.imdecode(np.frombuffer(jpeg_of(RED), np.uint8), cv2.IMREAD_COLOR)
    assert read is not None
    assert read.shape == RED.shape
    assert read[30, 40].astype(int) == pytest.approx((10, 10, 250), abs=12)  # BGR


@pytest.mark.parametrize(("side", "shape"), [(40, (30, 40)), (80, (60, 80)), (500, (60, 80))])
def test_large_images_are_made_smaller_and_small_ones_left(
    side: int, shape: tuple[int, int]
) -> None:
    read = cv2.imdecode(
        np.frombuffer(jpeg_of(shrunk(RED[..., 0], side)), np.uint8), cv2.IMREAD_UNCHANGED
    )
    assert read is not None
    assert read.shape == shape


@pytest.mark.parametrize("progressive", [0, 1])
def test_a_header_tells_the_size(progressive: int) -> None:
    options = [cv2.IMWRITE_JPEG_PROGRESSIVE, progressive]
    data = cv2.imencode(".jpg", RED, options)[1].tobytes()
    assert jpeg_size(data) == (80, 60)
    for length in range(0, len(data) - 1, 7):
        assert jpeg_size(data[:length]) in (None, (80, 60))
    assert jpeg_size(cv2.imencode(".png", RED)[1].tobytes()) is None
    assert jpeg_size(b"") is None
