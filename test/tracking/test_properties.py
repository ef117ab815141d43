# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever images, boxes and calls come, in whatever order: the library's promises hold.

See ``random_cases`` for runs with more cases and with the default's settings.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from random_cases import DEFAULT_SETTINGS, random_cases

from rlt_ros.tracking import (
    ConfigError,
    InvalidBoxError,
    InvalidImageError,
    Tracker,
    TrackerConfig,
    TrackResult,
    TrackState,
    make_config,
)
from rlt_ros.tracking import config as tracker_settings
from rlt_ros.tracking.boxes import validated_box
from rlt_ros.tracking.compute.devices import resolved_device
from rlt_ros.tracking.settings import checked

# Learns next to nothing, at once: what a target looks like does not matter here.
QUICK: dict[str, Any] = {
    "device": "cpu",
    "update_mode": "lockstep",
    "threads": 1,
    "hidden_units": 32,
    "region_size": 96,
    "region_target_size": 32,
    "initial_positives": 16,
    "initial_negatives": 40,
    "initial_scale_negatives": 8,
    "regression_samples": 14,
    "mining_pool": 32,
    "batch_positives": 4,
    "batch_negatives": 4,
    "initial_iterations": 2,
    "update_iterations": 2,
    "update_interval": 2,
    "frame_positives": 8,
    "frame_negatives": 16,
    "frame_scale_negatives": 4,
    "candidates": 24,
    "background_swaps": 1,
    "turned_looks": 1,
}
LOCKSTEP: dict[str, Any] = {"device": "cpu", "update_mode": "lockstep"}


class Trackers(NamedTuple):
    """Both with the same settings: one gets all calls, the other only those that count."""

    tried: Tracker
    repeated: Tracker


@pytest.fixture(scope="module")
def trackers() -> Iterator[Trackers]:
    config = make_config(**(LOCKSTEP if DEFAULT_SETTINGS else QUICK))
    with Tracker(config) as tried, Tracker(config) as repeated:
        yield Trackers(tried, repeated)


# ---- images --------------------------------------------------------------------------------------

Size = tuple[int, int]


def picture(size: Size, content: str, seed: int) -> NDArray[np.uint8]:
    """Return an image of width and height, ``(H, W, 3)``."""
    width, height = size
    rng = np.random.default_rng(seed)
    if content == "noise":
        return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = np.full((height, width, 3), rng.integers(0, 256, 3), dtype=np.uint8)
    if content == "gradient":
        image[:] = (np.linspace(0, 255, width)[:, None] * rng.random(3)).astype(np.uint8)
    elif content == "patch":
        left, top = rng.integers(0, size)
        image[top : top + 1 + height // 3, left : left + 1 + width // 3] = rng.integers(0, 256, 3)
    return image


def strided(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(np.repeat(image, 2, axis=0), 3, axis=1)[::2, ::3]


def read_only(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    image.flags.writeable = False
    return image


def of_one_colour(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.broadcast_to(image[:1, :1], image.shape)  # read-only, all strides 0


GOOD_FORMS: list[Callable[[NDArray[np.uint8]], Any]] = [
    lambda image: image,
    lambda image: image[..., 0],
    lambda image: image[..., :1],
    lambda image: image[::-1, ::-1, ::-1],
    np.asfortranarray,
    strided,
    read_only,
    of_one_colour,
]
BAD_FORMS: list[Callable[[NDArray[np.uint8]], Any]] = [
    lambda image: None,
    lambda image: "image.png",
    lambda image: image.tolist(),
    lambda image: image.tobytes(),
    lambda image: image.astype(np.float32) / 255,
    lambda image: image.astype(np.uint16),
    lambda image: image.astype(np.int8),
    lambda image: image > 128,
    lambda image: image.astype(object),
    lambda image: image[0, 0],
    lambda image: image[None],
    lambda image: image[..., :2],
    lambda image: np.concatenate([image, image[..., :1]], axis=2),
    lambda image: image[:0],
    lambda image: image[:, :0],
    lambda image: np.empty((0, 0, 3), np.uint8),
    lambda image: image[..., :0],
    lambda image: image[..., None],
    lambda image: np.uint8(3),
]
SIDES = st.integers(1, 200)
SIZES = st.tuples(SIDES, SIDES)
CONTENTS = st.sampled_from(["noise", "flat", "gradient", "patch"])


@dataclass
class Picture:
    """What makes an image: the same one, in memory of its own, each time it is called."""

    size: Size
    content: str
    seed: int
    form: Callable[[NDArray[np.uint8]], Any]

    def __call__(self) -> Any:
        return self.form(picture(self.size, self.content, self.seed))


def images(sizes: st.SearchStrategy[Size], good: bool = True) -> st.SearchStrategy[Picture]:
    forms = st.sampled_from(GOOD_FORMS if good else BAD_FORMS)
    return st.builds(Picture, sizes, CONTENTS, st.integers(0, 99), forms)


# ---- boxes ---------------------------------------------------------------------------------------

NUMBERS = st.floats() | st.sampled_from(
    [0.0, 1.0, -1.0, 1e-300, 1e300, 2.0**31, 0.999999, 1.000001]
)
NO_NUMBERS = st.one_of(
    NUMBERS,
    st.integers(),
    st.sampled_from([10**400, -(10**400)]),
    st.text(max_size=5),
    st.none(),
    st.complex_numbers(),
    st.binary(max_size=3),
    st.booleans(),
    st.lists(NUMBERS, max_size=2),
)
ANY_BOXES: st.SearchStrategy[Any] = st.one_of(
    st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    st.lists(NO_NUMBERS, max_size=6),
    NO_NUMBERS,
    st.dictionaries(st.text(max_size=2), NUMBERS, max_size=4),
)
BOX_FORMS: list[Callable[[tuple[float, ...]], Any]] = [
    lambda box: box,
    list,
    np.array,
    lambda box: np.array(box, np.float32),
    lambda box: np.array(box, object),
    lambda box: np.array([box, box])[:, ::-1][0, ::-1],
    lambda box: tuple(round(value) for value in box),
    lambda box: [Decimal(value) for value in box],
    lambda box: [Fraction(value) for value in box],
    lambda box: [str(value) for value in box],
]


@st.composite
def near_boxes(draw: st.DrawFn, size: Size) -> Any:
    """Draw a box that is mostly seen, or mostly not, in an image of width and height."""
    share = st.floats(-1.5, 1.5)
    sides = [max(1.0, draw(st.floats(0.0, 2.0)) * side) for side in size]
    corner = [draw(share) * side for side in size]
    return draw(st.sampled_from(BOX_FORMS))((*corner, *sides))


# ---- calls ---------------------------------------------------------------------------------------


@dataclass
class Call:
    """One call of a tracker: init where there is a box, else track, or a look that shows a map."""

    make: Picture
    box: Any = None
    kind: str = "track"


@st.composite
def calls(draw: st.DrawFn) -> list[Call]:
    size = draw(SIZES)
    same, other = images(st.just(size)), images(SIZES)
    usual = st.builds(Call, same, near_boxes(size), st.just("init"))
    kinds = st.one_of(
        usual,
        usual,
        *[st.builds(Call, same)] * 5,
        st.builds(Call, other),
        st.builds(Call, images(SIZES, good=False)),
        st.builds(Call, same | other, ANY_BOXES, st.just("init")),
        st.builds(Call, other, near_boxes(size), st.just("init")),
        st.builds(Call, images(SIZES, good=False), near_boxes(size), st.just("init")),
        st.builds(Call, same, st.none(), st.sampled_from(["attention_map", "confidence_map"])),
    )
    begin = draw(st.lists(usual, max_size=1))
    return begin + draw(st.lists(kinds, min_size=1, max_size=12))


def run(tracker: Tracker, call: Call, image: Any) -> Any:
    if call.kind == "init":
        return tracker.init(image, call.box)
    if call.kind == "track":
        return tracker.track(image)
    return getattr(tracker, call.kind)()


def check_result(result: TrackResult, size: Size) -> None:
    assert result.box.shape == (4,) and result.box.dtype == np.float64
    assert np.isfinite(result.box).all()
    assert (result.box[:2] >= 0).all() and (result.box[2:] > 0).all()
    assert (result.box[:2] + result.box[2:] <= np.array(size) + 1e-9).all()
    assert isinstance(result.score, float) and 0 <= result.score <= 1
    assert isinstance(result.state, TrackState)


def check_map(found: Any, kind: str, size: Size) -> None:
    if kind == "attention_map":
        assert found.shape == size[::-1] and found.dtype == np.uint8
    else:
        assert ((found.probability >= 0) & (found.probability <= 1)).all()


@random_cases(100)
@given(calls())
def test_properties_of_any_calls_in_any_order(trackers: Trackers, sequence: list[Call]) -> None:
    """Each is answered as documented or refused in words, and what was refused changes nothing."""
    trackers.tried._image_size = None  # as a new tracker: making one takes longer than all the rest
    target: Size | None = None
    accepted: list[tuple[Call, TrackResult]] = []  # since the target's init, that included
    for call in sequence:
        image = call.make()
        before = image.copy() if isinstance(image, np.ndarray) else None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                found = run(trackers.tried, call, image)
        except (InvalidImageError, InvalidBoxError, RuntimeError) as error:
            check_refusal(error, call, has_target=target is not None)
        else:
            assert call.kind == "init" or target is not None
            if call.kind in ("init", "track"):
                assert isinstance(image, np.ndarray)
                size = (image.shape[1], image.shape[0])
                check_result(found, size)
                if call.kind == "init":
                    np.testing.assert_array_equal(found.box, validated_box(call.box, size))
                    target, accepted = size, []
                assert target == size
                kept = TrackResult(found.box.copy(), found.score, found.state)
                accepted.append((call, kept))
                found.box[:] = np.nan  # the caller's to do with as it likes
            elif target is not None:
                check_map(found, call.kind, target)
        if before is not None:
            np.testing.assert_array_equal(image, before)
            if image.flags.writeable:
                image[...] = 0  # callers read into the same memory again
    for call, expected in accepted:
        again = run(trackers.repeated, call, call.make())
        np.testing.assert_array_equal(again.box, expected.box)
        assert (again.score, again.state) == (expected.score, expected.state)


def check_refusal(error: Exception, call: Call, has_target: bool) -> None:
    text = str(error)
    assert text and text.isprintable(), text
    if not isinstance(error, InvalidImageError | InvalidBoxError):
        assert text.startswith("no target: call init") and not has_target and call.kind != "init"
    assert not isinstance(error, InvalidBoxError) or call.kind == "init"


# ---- settings ------------------------------------------------------------------------------------

NAMES = list(TrackerConfig.__dataclass_fields__)
ANY_VALUES: st.SearchStrategy[Any] = st.one_of(
    st.floats(),
    st.integers(),
    st.sampled_from([10**400, 2**63, -(2**63), True, False, "auto", "cuda:99999999999", "cpu "]),
    st.text(max_size=10),
    st.none(),
    st.binary(max_size=3),
    st.lists(st.integers(), max_size=2),
)


def declared_values(name: str) -> st.SearchStrategy[Any]:
    """Return what a setting may hold, and what lies just beside it."""
    declared = TrackerConfig.__dataclass_fields__[name].metadata
    low, high = declared["minimum"], declared["maximum"]
    if declared["type"] is int:
        return st.integers(low - 1, high + 1)
    if declared["type"] is float:
        return st.floats(low, high) | st.integers(int(low), int(high) + 1)
    return st.sampled_from(declared["choices"] or ["", "cpu", "auto", "cuda", "cuda:7", "x.pth"])


@st.composite
def given_settings(draw: st.DrawFn) -> dict[str, Any]:
    names = st.sampled_from(NAMES) | st.text(max_size=8)
    found = {}
    for name in draw(st.lists(names, max_size=6, unique=True)):
        values = declared_values(name) if name in NAMES else ANY_VALUES
        found[name] = draw(st.one_of(values, values, values, ANY_VALUES))
    return found


@random_cases(200)
@given(given_settings())
def test_properties_of_any_settings(settings: dict[str, Any]) -> None:
    """They make a configuration of the declared types and ranges, or the wrong one is named."""
    try:
        config = make_config(**settings)
    except ConfigError as error:
        text = str(error)
        assert text and text.isprintable()
        assert any(repr(name) in text or name in text for name in settings)
        return
    for name in NAMES:
        value = getattr(config, name)
        declared = TrackerConfig.__dataclass_fields__[name].metadata
        assert type(value) is declared["type"]
        if declared["minimum"] is not None:
            assert declared["minimum"] <= value <= declared["maximum"]
        if name in settings:
            assert value == settings[name]
    try:
        assert resolved_device(config.device).type in ("cpu", "cuda")
    except ConfigError as error:
        assert "is not there" in str(error)


@random_cases(100)
@given(st.text() | st.builds("{}={}".format, st.sampled_from(NAMES), ANY_VALUES))
def test_properties_of_any_setting_as_text(text: str) -> None:
    try:
        name, value = tracker_settings.parse_setting(text)
    except ConfigError as error:
        assert str(error).isprintable()
    else:
        assert checked(tracker_settings.declaration(name), value) == value
