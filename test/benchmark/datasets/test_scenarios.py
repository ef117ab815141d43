# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pictured_dataset import write_pictures

from rlt_ros.benchmark.datasets import DatasetError, ScenarioSpec, open_dataset, write_spec
from rlt_ros.benchmark.datasets.exporting import write_plain
from rlt_ros.benchmark.datasets.scenarios import pictures
from rlt_ros.benchmark.datasets.scenarios.casting import cast
from rlt_ros.benchmark.datasets.scenarios.pictures import FirstFrames, Photos, Pictures
from rlt_ros.benchmark.datasets.scenarios.scene import Scene
from rlt_ros.benchmark.datasets.scenarios.script import CONTROL, KINDS, OCCLUSION, OUT_OF_VIEW
from rlt_ros.tracking.boxes import centres


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_pictures(tmp_path / "source")
    return tmp_path / "source"


@pytest.fixture
def frames(source: Path) -> Pictures:
    dataset = open_dataset(source)
    return FirstFrames(dataset, tuple(dataset.names))


def seen_of(scene: Scene, frame: int) -> NDArray[np.float64]:
    """How much of each pixel shows the target: what changes where it turns from black to white."""
    count = len(scene)
    images = []
    for grey in (0, 255):
        target = dataclasses.replace(scene.target, texture=np.full_like(scene.target.texture, grey))
        even = dataclasses.replace(
            scene,
            target=target,
            light=np.ones(count),
            slope=np.zeros(2),
            blur=np.zeros(count),
            noise=0.0,
        )
        images.append(next(even.read(range(frame, frame + 1))).astype(np.float64))
    return (images[1] - images[0])[:, :, 0] / 255


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_kind_promises(frames: Pictures, kind: str) -> None:
    scene = cast(kind, (0, 1), frames)
    shares, boxes = scene.visible_shares(), scene.boxes()
    assert 120 <= len(scene) <= 160
    assert (np.isnan(boxes).all(axis=1) == (shares == 0)).all()
    if kind == CONTROL:
        assert shares.min() >= 0.5
        return
    assert min(shares[:40].min(), shares[-40:].min()) >= 0.98
    gone = np.flatnonzero(shares == 0)
    assert 15 <= len(gone) <= 40
    assert gone[-1] - gone[0] == len(gone) - 1
    far = np.linalg.norm(np.diff(centres(boxes[[gone[0] - 1, gone[-1] + 1]]), axis=0))
    if kind == OCCLUSION:
        # Out from behind the same occluder, which has gone along with the background.
        turned = scene.camera[gone[-1] + 1] - scene.camera[gone[0] - 1]
        moved = scene.before[0].centres[gone[-1] + 1] - scene.before[0].centres[gone[0] - 1]
        np.testing.assert_allclose(moved, -turned, atol=1e-9)
    else:
        assert far > 0.25 * np.hypot(*scene.size)


@pytest.mark.parametrize("kind", KINDS)
def test_the_truth_is_what_is_drawn(frames: Pictures, kind: str) -> None:
    scene = cast(kind, (1, 2), frames)
    shares, boxes = scene.visible_shares(), scene.boxes()
    last = len(scene) - 1
    edges = np.flatnonzero(np.diff(shares == 0)).tolist()
    partly = np.flatnonzero((shares > 0) & (shares < 0.9))[::3].tolist()
    for frame in sorted({0, 30, last, *edges, *(edge + 1 for edge in edges), *partly}):
        seen = seen_of(scene, frame)
        if shares[frame] == 0:
            assert not seen.any()
            continue
        rows, columns = np.nonzero(seen)
        x, y, w, h = boxes[frame]
        rim = scene.target.softness
        assert x - rim <= columns.min() < columns.max() + 1 <= x + w + rim
        assert y - rim <= rows.min() < rows.max() + 1 <= y + h + rim
        whole = seen_of(dataclasses.replace(scene, before=()), frame)
        if not (0 < x < x + w < scene.size[0] and 0 < y < y + h < scene.size[1]):
            continue
        assert seen.sum() / whole.sum() == pytest.approx(shares[frame], abs=0.005)
        rows, columns = np.nonzero(whole >= 0.5)
        outline = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose(outline, [x, y, x + w, y + h], atol=1.0)


def test_what_touches_nothing_of_the_target_covers_nothing_of_it(frames: Pictures) -> None:
    apart = 0
    for seed in range(4):
        scene = cast(OCCLUSION, [seed], frames)
        for frame in range(0, len(scene), 5):
            region = scene.target.region(frame)
            for sprite in scene.before:
                covered = sprite.coverage(frame, region).max()
                assert covered == 0 or sprite.touches(frame, region)
                apart += not sprite.touches(frame, region)
    assert apart > 20


def test_a_target_at_the_edge_shows_the_part_inside(frames: Pictures) -> None:
    scene = cast(OUT_OF_VIEW, (3, 0), frames)
    shares = scene.visible_shares()
    partly = np.flatnonzero((shares > 0.1) & (shares < 0.9)).tolist()
    assert partly
    middle = np.array(scene.size) / 2
    for frame in partly:
        centred = dataclasses.replace(
            scene.target, centres=scene.target.centres - scene.target.centres[frame] + middle
        )
        whole = seen_of(dataclasses.replace(scene, target=centred), frame)
        assert seen_of(scene, frame).sum() / whole.sum() == pytest.approx(shares[frame], abs=0.01)


def test_the_same_seed_gives_the_same_bytes(source: Path, tmp_path: Path) -> None:
    spec = ScenarioSpec(2, 5, str(source))
    one, other = (open_dataset(write_spec(spec, tmp_path / name)) for name in "ab")
    first, second = one.read(one.names[1]), other.read(one.names[1])
    np.testing.assert_array_equal(first.boxes, second.boxes)
    forwards = list(first.frames(10, 14))
    for image, again in zip(forwards[::-1], second.frames(13, 9, -1), strict=True):
        np.testing.assert_array_equal(image, again)
    changed = open_dataset(write_spec(dataclasses.replace(spec, seed=6), tmp_path / "a"))
    third = next(changed.read(one.names[1]).frames(10))
    assert third.shape != forwards[0].shape or (third != forwards[0]).any()


def test_a_file_belongs_to_its_frames(source: Path, tmp_path: Path) -> None:
    spec = ScenarioSpec(2, 0, str(source))
    path = write_spec(spec, tmp_path)
    assert write_spec(dataclasses.replace(spec, cases=7), tmp_path) == path
    assert write_spec(dataclasses.replace(spec, sequences=("Picture0", "Picture1")), tmp_path) != (
        path
    )
    names = open_dataset(path).names
    assert names[:5] == [f"{kind}-{number:03d}" for number, kind in enumerate(KINDS)]
    assert len(names) == 7


def test_a_head_keeps_the_visible_shares(source: Path, tmp_path: Path) -> None:
    dataset = open_dataset(write_spec(ScenarioSpec(1, 0, str(source)), tmp_path))
    head = dataset.read(dataset.names[0]).head(9)
    assert head.visible_shares is not None
    assert len(head.visible_shares) == len(list(head.frames())) == 9


def test_written_sequences_are_read_as_they_were(source: Path, tmp_path: Path) -> None:
    made = open_dataset(write_spec(ScenarioSpec(1, 0, str(source)), tmp_path))
    write_plain(made, tmp_path / "written")
    name = made.names[0]
    written, sequence = open_dataset(tmp_path / "written").read(name), made.read(name)
    np.testing.assert_allclose(written.boxes, sequence.boxes, atol=1e-4)
    np.testing.assert_array_equal(next(written.frames(70)), next(sequence.frames(70)))
    assert sequence.visible_shares is not None
    shares = np.loadtxt(tmp_path / "written" / name / "visible.txt")
    assert np.abs(shares - sequence.visible_shares).max() < 1e-6


def test_what_cannot_be_made(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DatasetError, match="1 case or more"):
        ScenarioSpec(0)
    with pytest.raises(DatasetError, match="no kind of case 'fog'"):
        ScenarioSpec(1, kinds=("fog",))
    one = write_spec(ScenarioSpec(1, 0, str(source), sequences=("Picture0",)), tmp_path)
    with pytest.raises(DatasetError, match="two sequences or more"):
        open_dataset(one).read("occlusion-000")
    broken = tmp_path / "broken.scenarios.json"
    broken.write_text("{}")
    with pytest.raises(DatasetError, match="does not describe made sequences"):
        open_dataset(broken)
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    with pytest.raises(DatasetError, match="pip install scikit-image"):
        open_dataset(write_spec(ScenarioSpec(1), tmp_path)).read("occlusion-000")


def test_the_photos_have_what_is_said_of_them() -> None:
    try:
        photos = Photos()
    except DatasetError as error:
        pytest.skip(str(error))
    for name, objects in photos.objects.items():
        height, width = photos.image(name).shape[:2]
        for x, y, w, h in objects:
            assert 0 <= x < x + w <= width
            assert 0 <= y < y + h <= height
    assert len(cast(CONTROL, (0, 0), photos)) >= 120
