# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Targets that outlive their tracker: what comes back, and what is refused whole."""

from __future__ import annotations

import copy
import json
import pickle
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from rlt_ros.tracking import InvalidTargetError, SavedTarget, Tracker, TrackState, make_config
from rlt_ros.tracking.boxes import iou
from rlt_ros.tracking.kept_settings import check_settings
from rlt_ros.tracking.state import Kept, as_array, generator_state, restored_generator
from rlt_ros.tracking.target_file import FORMAT, load_target, save_target
from rlt_ros.whole_files import NotWrittenError

Frames = list[tuple[NDArray[np.uint8], NDArray[np.float64]]]
MakeTracker = Callable[..., Tracker]


@pytest.fixture
def make_tracker(few: dict[str, Any]) -> Iterator[MakeTracker]:
    """Makes trackers that learn next to nothing, and closes them."""
    made: list[Tracker] = []

    def make(**settings: Any) -> Tracker:
        made.append(Tracker(make_config(**{**few, **settings})))
        return made[-1]

    yield make
    for tracker in made:
        tracker.close()


@pytest.fixture(scope="module")
def learned(few: dict[str, Any], frames: Frames) -> SavedTarget:
    """A target after some frames and updates."""
    with Tracker(make_config(**few)) as tracker:
        tracker.init(*frames[0])
        follow(tracker, frames[1:8])
        assert tracker.updates_done >= 1
        return tracker.saved_target("a target", {"low": 7.5})


@pytest.fixture
def file(learned: SavedTarget, tmp_path: Path) -> Path:
    path = tmp_path / "target.safetensors"
    save_target(path, learned)
    return path


def follow(tracker: Tracker, frames: Frames) -> list[tuple[Any, ...]]:
    """All that a tracker says of some frames, to the last bit."""
    results = [tracker.track(image) for image, _ in frames]
    return [(*result.box, result.score, result.state) for result in results]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"regression_samples": 0, "likeness": 0.0, "flow_share": 0.0, "background_swaps": 0},
        {"attention_module": "features", "attention_weight": 0.0, "background_swaps": 0},
    ],
    ids=["default", "plain", "module"],
)
def test_a_target_goes_on_as_if_nothing_had_happened(
    quick: dict[str, Any], frames: Frames, tmp_path: Path, settings: dict[str, Any]
) -> None:
    config = make_config(**{**quick, "update_interval": 3, **settings})
    path = tmp_path / "target"
    with Tracker(config) as tracker, Tracker(config) as other:
        tracker.init(*frames[0])
        follow(tracker, frames[1:7])
        tracker.save(str(path), "it")
        unbroken = follow(tracker, frames[7:11])
        assert unbroken[0][-1] is TrackState.TRACKING, "or the whole frame is searched"
        saved = other.load(str(path))
        assert (saved.target_id, other.model_version) == ("it", 1 + other.updates_done)
        assert follow(other, frames[7:11]) == unbroken
        assert other.updates_done == tracker.updates_done >= 3
        assert other.last_update_seconds > 0


def test_a_target_comes_back_with_its_name_and_notes(file: Path, learned: SavedTarget) -> None:
    found = load_target(file)
    assert (found.target_id, found.notes) == ("a target", {"low": 7.5})
    assert found.saved_by.startswith("0.")
    assert found.source == f"target file {file}"
    check_same(found.state, learned.state)


def check_same(found: Any, expected: Any) -> None:
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name in expected:
            check_same(found[name], expected[name])
    elif isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    else:
        assert (type(found), found) == (type(expected), expected)


def test_later_frames_do_not_change_what_was_saved(
    make_tracker: MakeTracker, frames: Frames
) -> None:
    tracker = make_tracker()
    tracker.init(*frames[0])
    saved = tracker.saved_target()
    before = copy.deepcopy(saved.state)
    follow(tracker, frames[1:8])
    check_same(saved.state, before)


def test_a_target_may_have_gone_anywhere_meanwhile(
    frames: Frames, gone: NDArray[np.uint8], thorough: dict[str, Any], tmp_path: Path
) -> None:
    height, width = 400, 600

    def scene(x: int, y: int) -> NDArray[np.uint8]:
        image: NDArray[np.uint8] = np.tile(gone, (3, 3, 1))[:height, :width].copy()
        image[y : y + 40, x : x + 32] = frames[0][0][40:80, 60:92]
        return image

    config = make_config(**thorough)
    with Tracker(config) as tracker:
        tracker.init(scene(60, 40), (60, 40, 32, 40))
        for step in range(3):
            assert tracker.track(scene(60 + step, 40)).state is TrackState.TRACKING
        tracker.save(tmp_path / "target")
    with Tracker(config) as tracker:
        tracker.load(tmp_path / "target")
        result = tracker.track(scene(400, 300))
        assert result.state is TrackState.TRACKING
        assert iou(result.box, np.array([400.0, 300.0, 32.0, 40.0])) > 0.5


def test_a_target_that_is_not_there_is_lost_at_once_and_found_later(
    frames: Frames, gone: NDArray[np.uint8], thorough: dict[str, Any], tmp_path: Path
) -> None:
    config = make_config(**thorough)
    with Tracker(config) as tracker:
        tracker.init(*frames[0])
        follow(tracker, frames[1:4])
        tracker.save(tmp_path / "target")
    with Tracker(config) as tracker:
        tracker.load(tmp_path / "target")
        assert [state for *_, state in follow(tracker, [(gone, frames[0][1])] * 2)] == [
            TrackState.LOST,
            TrackState.LOST,
        ]
        results = [tracker.track(frames[15][0]) for _ in range(10)]
        assert results[-1].state is TrackState.TRACKING
        assert iou(results[-1].box, frames[15][1]) > 0.5


def test_maps_wait_for_the_first_frame(
    make_tracker: MakeTracker, frames: Frames, file: Path
) -> None:
    tracker = make_tracker()
    tracker.init(*frames[0])
    assert tracker.load(file).target_id == "a target"
    for look in (tracker.attention_map, tracker.confidence_map):
        with pytest.raises(RuntimeError, match="no frame since the target was taken up"):
            look()
    tracker.track(frames[8][0])
    assert tracker.attention_map().max() == 255


def test_there_is_nothing_to_save_without_a_target(
    make_tracker: MakeTracker, tmp_path: Path
) -> None:
    with pytest.raises(RuntimeError, match="no target"):
        make_tracker().save(tmp_path / "target")
    assert list(tmp_path.iterdir()) == []


# ---- what is refused, and leaves the running target as it was ------------------------------------


class Running:
    """A tracker with a target, which must not notice that another was refused."""

    def __init__(self, tracker: Tracker, frames: Frames) -> None:
        self.tracker, self.frames = tracker, frames
        tracker.init(*frames[0])
        self.expected = follow(tracker, frames[1:6])
        tracker.init(*frames[0])

    def refuses(self, load: Callable[[Tracker], object], *words: str) -> None:
        with pytest.raises(InvalidTargetError) as caught:
            load(self.tracker)
        message = str(caught.value)
        assert "\n" not in message
        for word in words:
            assert word in message

    def check_unchanged(self) -> None:
        assert follow(self.tracker, self.frames[1:6]) == self.expected


@pytest.fixture
def running(make_tracker: MakeTracker, frames: Frames) -> Iterator[Running]:
    running = Running(make_tracker(), frames)
    yield running
    running.check_unchanged()


def test_a_damaged_file_is_refused(running: Running, file: Path) -> None:
    whole = file.read_bytes()
    rng = np.random.default_rng(0)
    places = [0, 1, 7, 8, 9, 40, *rng.integers(10, 3000, 20), *rng.integers(0, len(whole), 20)]
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.integers(8)
        file.write_bytes(damaged)
        running.refuses(lambda tracker: tracker.load(file), str(file))
    for length in (0, 1, 8, 100, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:length])
        running.refuses(lambda tracker: tracker.load(file), str(file), "is damaged", "new box")
    file.write_bytes(whole + b"\0")
    running.refuses(lambda tracker: tracker.load(file), str(file), "is damaged")


def test_what_is_no_target_file_is_refused(running: Running, tmp_path: Path) -> None:
    path = tmp_path / "target"
    running.refuses(lambda tracker: tracker.load(path), str(path), "does not exist")
    running.refuses(lambda tracker: tracker.load(tmp_path), str(tmp_path), "is no file")
    save_file({"weight": np.zeros(3)}, path)
    running.refuses(lambda tracker: tracker.load(path), str(path), "is no target file of rlt_ros")
    path.write_bytes(b"\xff\xd8\xff\xe0 a picture")
    running.refuses(lambda tracker: tracker.load(path), str(path), "is damaged")


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("it was executed",))


def test_nothing_in_a_file_is_executed(running: Running, tmp_path: Path) -> None:
    path = tmp_path / "target"
    path.write_bytes(pickle.dumps(Trap()))
    running.refuses(lambda tracker: tracker.load(path), str(path))


def test_a_newer_file_is_refused(running: Running, file: Path) -> None:
    save_file(load_file(file), file, {"format": FORMAT, "format_version": "2", "later": "yes"})
    running.refuses(lambda tracker: tracker.load(file), str(file), "format 2", "reads format 1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("features", "crops"),
        ("region_size", 128),
        ("region_target_size", 40.0),
        ("fine_grid", 4),
        ("coarse_grid", 2),
        ("regression_features", "classifier"),
        ("regression_samples", 0),
        ("hidden_units", 32),
        ("frame_positives", 7),
        ("frame_negatives", 15),
        ("frame_scale_negatives", 39),
        ("likeness", 0.0),
    ],
)
def test_a_target_of_other_settings_is_refused_by_their_name(
    few: dict[str, Any], learned: SavedTarget, name: str, value: Any
) -> None:
    kept, weights = Kept(learned.state["settings"]), learned.state["settings"]["weights_sha256"]
    check_settings(kept, make_config(**few), weights)
    was = learned.state["settings"][name]
    with pytest.raises(InvalidTargetError, match=f"learned with {name}: {was}, not {value}: set"):
        check_settings(kept, make_config(**{**few, name: value}), weights)


def test_a_tracker_of_other_settings_keeps_its_target(
    make_tracker: MakeTracker, frames: Frames, file: Path
) -> None:
    running = Running(make_tracker(hidden_units=32), frames)
    running.refuses(
        lambda tracker: tracker.load(file),
        f"target file {file} cannot be taken up: it was learned with hidden_units: 64, not 32",
    )
    running.check_unchanged()


def test_settings_that_do_not_matter_may_differ(
    make_tracker: MakeTracker, frames: Frames, learned: SavedTarget
) -> None:
    tracker = make_tracker(seed=3, long_term_frames=3, short_term_frames=2, flow_share=0.0)
    tracker.take_up(learned)
    for image, _ in frames[8:12]:
        assert tracker.track(image).state is not None
    assert tracker.updates_done > learned.state["learner"]["updates_done"]


def test_a_target_of_other_weights_is_refused(running: Running, learned: SavedTarget) -> None:
    other = changed(learned, ("settings", "weights_sha256"), "0" * 64)
    running.refuses(lambda tracker: tracker.take_up(other), "other weights of the backbone")


def changed(target: SavedTarget, path: tuple[str, ...], value: Any) -> SavedTarget:
    state: Any = copy.deepcopy(target.state)
    inner = state
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return SavedTarget(state, target.target_id)


def leaves(state: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in state.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name), value


def test_a_file_that_somebody_has_forged_is_refused(
    running: Running, learned: SavedTarget, file: Path
) -> None:
    """Its digest fits, and one value in it does not."""
    tried = 0
    for path, value in leaves(learned.state):
        if path[0] == "settings" or value is None:
            continue
        wrong: list[Any] = ["text", [1], -(10**40)]
        if isinstance(value, np.ndarray):
            wrong += [value.astype(np.float16), value[:0], value[None]]
        for bad in wrong:
            forged = changed(learned, path, bad)
            running.refuses(partial(Tracker.take_up, saved=forged), "cannot be taken up: ")
            tried += 1
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            for number, said in ((np.nan, "is not finite"), (-1e7, "has numbers beyond 1e+06")):
                bad = value.copy()
                bad.flat[-1] = number
                forged = changed(learned, path, bad)
                running.refuses(partial(Tracker.take_up, saved=forged), said)
    assert tried > 80
    save_target(file, changed(learned, ("learner", "frame"), -1))
    running.refuses(lambda tracker: tracker.load(file), str(file), "learner.frame")


def test_parts_that_are_missing_are_refused(running: Running, learned: SavedTarget) -> None:
    for part in learned.state:
        state = {name: value for name, value in learned.state.items() if name != part}
        running.refuses(partial(Tracker.take_up, saved=SavedTarget(state)), part)
        forged = changed(learned, (part,), 5)
        running.refuses(partial(Tracker.take_up, saved=forged), "is no part")


def test_a_header_that_is_no_target_of_ours_is_damaged(running: Running, file: Path) -> None:
    for text in ("", "[]", "{}", json.dumps({"state": 3, "notes": 1}), "[" * 100_000):
        about = {"format": FORMAT, "format_version": "1", "target": text, "sha256": "0"}
        save_file({"x": np.zeros(1)}, file, about)
        running.refuses(lambda tracker: tracker.load(file), str(file), "is damaged")


# ---- written whole or not at all -----------------------------------------------------------------


@pytest.fixture
def limit_file_size() -> Iterator[Callable[[int], None]]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied"), "cannot be read: Permission denied"),
        (OSError("on two\n lines"), "cannot be read: on two lines"),
        (ValueError("on two\n lines"), r"is damaged \(on two lines\)"),
        (ValueError(), r"is damaged \(ValueError\)"),
    ],
)
def test_why_a_file_cannot_be_read_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise error

    monkeypatch.setattr("rlt_ros.tracking.target_file.safe_open", fail)
    with pytest.raises(InvalidTargetError, match=said):
        load_target(file)


def test_what_no_json_holds_is_not_written(learned: SavedTarget, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        save_target(tmp_path / "one", replace(learned, notes={"low": float("nan")}))
    assert not list(tmp_path.iterdir())


def test_what_is_kept_of_a_tensor_is_a_copy() -> None:
    tensor = torch.ones(2, 3)
    kept = as_array(tensor)
    tensor += 1
    assert kept.tolist() == [[1.0] * 3] * 2


def test_random_numbers_go_on_where_they_were() -> None:
    rng = np.random.default_rng(3)
    rng.integers(5, dtype=np.uint32)  # the other half of 64 bits waits
    state = copy.deepcopy(generator_state(rng))
    assert state["has_uint32"] == 1
    again = restored_generator(Kept(state))
    assert again.integers(2**32, size=3, dtype=np.uint32).tolist() == (
        rng.integers(2**32, size=3, dtype=np.uint32).tolist()
    )
    with pytest.raises(InvalidTargetError, match="has_uint32 is not an integer from 0 to 1"):
        restored_generator(Kept({**state, "has_uint32": 2}))


def test_a_full_disk_leaves_the_older_file(
    learned: SavedTarget, file: Path, limit_file_size: Callable[[int], None]
) -> None:
    before = file.read_bytes()
    limit_file_size(100_000)
    with pytest.raises(NotWrittenError, match=f"cannot write {file}"):
        save_target(file, learned)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_a_folder_that_is_not_there_is_named(learned: SavedTarget, tmp_path: Path) -> None:
    path = tmp_path / "none" / "target"
    with pytest.raises(NotWrittenError, match=f"cannot write {path}: No such file"):
        save_target(path, learned)


HALF_A_SAVE = """
import sys, time
from pathlib import Path
from rlt_ros.tracking.target_file import load_target, save_target

def half(place, data):
    with open(place, "wb") as file:
        file.write(data[: len(data) // 2])
    print("half", flush=True)
    time.sleep(600)

path = Path(sys.argv[1])
target = load_target(path)
Path.write_bytes = half
save_target(path, target)
"""


def test_a_process_that_is_killed_while_saving_leaves_the_older_file(
    learned: SavedTarget, file: Path
) -> None:
    before = file.read_bytes()
    child = subprocess.Popen(
        [sys.executable, "-c", HALF_A_SAVE, str(file)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "half\n"
        child.kill()
    assert child.wait() == -signal.SIGKILL
    assert file.read_bytes() == before
    check_same(load_target(file).state, learned.state)
    save_target(file, learned)  # what the other left is no obstacle
    assert list(file.parent.iterdir()) == [file]
