# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a seed and pictures to a made sequence: who plays in it, where, and in what light."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.datasets.scenarios.motion import knot_times, shake, wander
from rlt_ros.benchmark.datasets.scenarios.pictures import Image, Pictures, Rectangle
from rlt_ros.benchmark.datasets.scenarios.scene import Scene
from rlt_ros.benchmark.datasets.scenarios.script import (
    CONTROL,
    DISTRACTORS,
    LONGEST,
    Script,
    Stage,
    write_script,
)
from rlt_ros.benchmark.datasets.scenarios.sprite import ROUNDED, Sprite, cut_texture

SIZES = ((320, 240), (400, 300), (480, 360), (640, 480))
# Frames with the whole target at both ends, and how long it is gone.
VISIBLE, SHORTEST_ABSENCE, LONGEST_ABSENCE = 40, 15, 40
# Least share of the target that is seen at both ends, and in all of a control.
_WHOLE, _MOSTLY = 0.98, 0.5
_TRIES = 400
# Of the target: its side in image heights were it square, and the square root of width by height.
# Larger ones would leave too little room for coming back elsewhere.
_TARGET_SIDES, _RATIOS = (0.14, 0.21), (0.7, 1.4)

_Thing = TypeVar("_Thing")


def cast(kind: str, seed: Sequence[int], pictures: Pictures) -> Scene:
    """Return the sequence of a kind that belongs to a seed.

    Random sequences are drawn until one does what its kind promises: the whole target is seen in
    the first and last 40 frames, and in between it is gone once, for 15 to 40 frames; in a control
    at least half of it is seen always.

    Args:
        kind: one of ``script.KINDS``.
        seed: numbers, 0 or more.
        pictures: to take everything from.

    Raises:
        ValueError: none of many did; a picture cannot be read.
    """
    rng = np.random.default_rng(list(seed))
    for _ in range(_TRIES):
        scene = _draw_scene(kind, rng, pictures)
        if _is_as_promised(kind, scene.visible_shares()):
            return scene
    raise ValueError(f"no {kind} sequence came out of seed {tuple(seed)}; give another seed")


def _is_as_promised(kind: str, shares: NDArray[np.float64]) -> bool:
    if kind == CONTROL:
        return bool(shares[0] >= _WHOLE and (shares >= _MOSTLY).all())
    gone = np.flatnonzero(shares == 0)
    if not SHORTEST_ABSENCE <= len(gone) <= LONGEST_ABSENCE or gone[-1] - gone[0] >= len(gone):
        return False
    ends = np.concatenate([shares[:VISIBLE], shares[-VISIBLE:]])
    # On its way to and fro it may be covered once, and no more.
    between = np.concatenate([shares[: gone[0]], shares[gone[-1] + 1 :]])
    return bool((ends >= _WHOLE).all() and (between < _MOSTLY).sum() <= 20)


def _draw_scene(kind: str, rng: np.random.Generator, pictures: Pictures) -> Scene:
    names = [name for name, objects in pictures.objects.items() if objects]
    star = _any_of(rng, names)
    others = [name for name in pictures.objects if name != star]
    size = _any_of(rng, SIZES)
    scenery = _any_of(rng, others)
    background, camera = _backdrop(rng, pictures.image(scenery), size)
    # What is cut from the background's own picture would be hard to tell from it, if avoidable.
    others = [name for name in others if name != scenery] or others

    objects = pictures.objects[star]
    box = _any_of(rng, objects)
    side = rng.uniform(*_TARGET_SIDES) * size[1]
    sides = _sides(box, side)
    scales = np.exp(wander(rng, LONGEST, -0.25, 0.25, 35))
    angles = wander(rng, LONGEST, -0.25, 0.25, 30)
    stage = Stage(size, camera, 0.6 * max(sides) * float(scales.max()))
    script = write_script(kind, rng, stage)
    frames = script.frames
    target = Sprite(
        cut_texture(pictures.image(star), box, _enlarged(sides)),
        sides,
        script.centres,
        scales[:frames],
        angles[:frames],
    )
    return Scene(
        size,
        background,
        camera[:frames],
        _distractors(kind, rng, pictures, others, stage, target),
        target,
        _occluders(kind, rng, pictures, others, stage, script),
        _light(rng, frames),
        rng.uniform(-0.3, 0.3, 2),
        wander(rng, frames, 0.3, 0.9, 30) * wander(rng, frames, 0.4, 2.0, 12) * size[1] / 300,
        rng.uniform(1.5, 4.0),
        int(rng.integers(2**31)),
    )


def _backdrop(
    rng: np.random.Generator, image: Image, size: tuple[int, int]
) -> tuple[Image, NDArray[np.float64]]:
    """Return a background, larger than the image, and the camera's way over it."""
    room = rng.uniform(1.25, 1.7)
    factor = room * max(size[0] / image.shape[1], size[1] / image.shape[0])
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    background = np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=kind))
    slack = np.array([background.shape[1] - size[0], background.shape[0] - size[1]])
    # Slow, whatever the picture's shape leaves room for.
    reach = np.minimum(slack, 0.5 * np.array(size))
    start = rng.uniform(0, slack - reach)
    pan = np.stack([wander(rng, LONGEST, 0, one, 40) for one in reach], axis=1)
    hand = shake(rng, LONGEST, rng.uniform(0, 0.004) * size[1])
    return background.astype(np.uint8), np.clip(start + pan + hand, 0, slack)


def _any_of(rng: np.random.Generator, things: Sequence[_Thing]) -> _Thing:
    return things[int(rng.integers(len(things)))]


def _light(rng: np.random.Generator, frames: int) -> NDArray[np.float64]:
    return wander(rng, frames, 0.65, 1.25, 40)


def _sides(box: Rectangle, side: float) -> tuple[float, float]:
    """Return width and height of a box at the size at which it is as large as a square."""
    ratio = np.clip(np.sqrt(box[2] / box[3]), *_RATIOS)
    return float(side * ratio), float(side / ratio)


def _enlarged(sides: tuple[float, float]) -> tuple[float, float]:
    """Return the size of a texture that stays sharp where it is shown larger."""
    return 1.3 * sides[0], 1.3 * sides[1]


def _occluders(
    kind: str,
    rng: np.random.Generator,
    pictures: Pictures,
    others: Sequence[str],
    stage: Stage,
    script: Script,
) -> tuple[Sprite, ...]:
    """Return what hides the target where its script says so, or half of it in a control."""
    hiding, cover = script.hiding, (1.2, 1.6)
    if kind == CONTROL and rng.integers(2):
        when = int(rng.integers(50, script.frames - 20))
        hiding = ((script.centres[when] + rng.uniform(-0.5, 0.5, 2) * stage.reach, when),)
        cover = (0.4, 0.7)
    camera = stage.camera[: script.frames]
    found = []
    for place, when in hiding:
        sides = tuple((2 * stage.reach * rng.uniform(*cover, 2)).tolist())
        found.append(
            Sprite(
                _any_patch(rng, pictures.image(_any_of(rng, others)), sides),
                sides,
                place + camera[when] - camera,
                np.ones(script.frames),
                np.full(script.frames, rng.uniform(-0.2, 0.2)),
                ROUNDED,
            )
        )
    return tuple(found)


def _distractors(
    kind: str,
    rng: np.random.Generator,
    pictures: Pictures,
    others: Sequence[str],
    stage: Stage,
    target: Sprite,
) -> tuple[Sprite, ...]:
    """Return patches of the target's size that move near it, some of them nearly its copies."""
    count = int(rng.integers(2, 5) if kind == DISTRACTORS else rng.integers(0, 3))
    copies = int(rng.integers(1, 3)) if kind == DISTRACTORS else int(rng.integers(0, 2))
    frames = len(target.centres)
    found = []
    for number in range(count):
        sides = tuple((np.array(target.sides) * rng.uniform(0.8, 1.2)).tolist())
        if number < copies:
            texture = _look_alike(rng, target.texture)
        else:
            texture = _other_object(rng, pictures, others, sides)
        times = knot_times(rng, 0, frames - 1, 16)
        places = [
            stage.near(
                rng, target.centres[min(round(time), frames - 1)], 2 * stage.reach, 5 * stage.reach
            )
            for time in times
        ]
        found.append(
            Sprite(
                texture,
                sides,
                stage.path(times, places, np.arange(frames)),
                np.exp(wander(rng, frames, -0.15, 0.15, 35)),
                wander(rng, frames, -0.25, 0.25, 30),
            )
        )
    return tuple(found)


def _look_alike(rng: np.random.Generator, texture: Image) -> Image:
    """Return a texture mirrored, in another hue and a little lighter or darker."""
    hls = cv2.cvtColor(np.ascontiguousarray(texture[:, ::-1]), cv2.COLOR_RGB2HLS).astype(int)
    sign = 1 if rng.integers(2) else -1
    hls[..., 0] = (hls[..., 0] + sign * rng.integers(15, 45)) % 180
    hls[..., 1] = np.clip(hls[..., 1] * rng.uniform(0.75, 1.25), 0, 255)
    return np.asarray(cv2.cvtColor(hls.astype(np.uint8), cv2.COLOR_HLS2RGB), np.uint8)


def _other_object(
    rng: np.random.Generator, pictures: Pictures, others: Sequence[str], sides: tuple[float, ...]
) -> Image:
    name = _any_of(rng, others)
    image, objects = pictures.image(name), pictures.objects[name]
    if objects and rng.integers(2):
        return cut_texture(image, _any_of(rng, objects), (sides[0], sides[1]))
    return _any_patch(rng, image, sides)


def _any_patch(rng: np.random.Generator, image: Image, sides: tuple[float, ...]) -> Image:
    """Return the texture of some part of a picture."""
    rows, columns = image.shape[:2]
    largest = min(columns / sides[0], rows / sides[1])
    factor = largest * rng.uniform(0.35, 0.8)
    width, height = factor * sides[0], factor * sides[1]
    x, y = rng.uniform(0, columns - width), rng.uniform(0, rows - height)
    return cut_texture(image, (x, y, width, height), (sides[0], sides[1]))
