# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
import torch

from rlt_ros.tracking.errors import InvalidTargetError
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.learning.memory import RememberedSamples, SampleMemory
from rlt_ros.tracking.state import Kept


def of(frame: int, count: int) -> Samples:
    images = torch.full((count, 3, 2, 2), frame, dtype=torch.uint8)
    return Samples(torch.full((count, 2), float(frame)), images)


def frames_in(samples: RememberedSamples) -> dict[int, int]:
    """Return the number of samples by frame."""
    chosen = samples[torch.arange(len(samples))]
    assert chosen.images is not None
    assert (chosen.images[:, 0, 0, 0] == chosen.features[:, 0]).all()
    values, counts = chosen.features[:, 0].unique(return_counts=True)
    return dict(zip(values.int().tolist(), counts.tolist(), strict=True))


def test_the_latest_frames_are_remembered() -> None:
    memory = SampleMemory(long_term=4, short_term=2, positives=3, negatives=5)
    memory.add(of(0, 10), of(0, 20))
    for frame in range(1, 9):
        memory.add(of(frame, 3 - frame % 2), of(frame, 5))
        snapshot = memory.snapshot(long_term=True)
        assert snapshot is not None
        positives, negatives = (frames_in(one) for one in snapshot)
        memory.release()
        assert list(positives) == list(range(max(0, frame - 3), frame + 1))
        assert list(negatives) == [frame - 1, frame]
        assert positives[frame] == 3 - frame % 2
    short = memory.snapshot(long_term=False)
    assert short is not None
    assert frames_in(short[0]) == {7: 2, 8: 3}


def test_a_snapshot_stays_as_it_is_until_it_is_released() -> None:
    memory = SampleMemory(long_term=2, short_term=2, positives=2, negatives=2)
    memory.add(of(0, 2), of(0, 2))
    memory.add(of(1, 2), of(1, 2))
    held = memory.snapshot(long_term=True)
    assert held is not None
    for frame in (2, 3, 4):
        memory.add(of(frame, 2), of(frame, 2))
        assert frames_in(held[0]) == frames_in(held[1]) == {0: 2, 1: 2}
    memory.release()
    fresh = memory.snapshot(long_term=True)
    assert fresh is not None
    assert frames_in(fresh[0]) == {3: 2, 4: 2}


def test_frames_without_samples_change_nothing() -> None:
    memory = SampleMemory(long_term=3, short_term=2, positives=2, negatives=2)
    memory.add(of(0, 2), of(0, 0))
    assert memory.snapshot(long_term=True) is None
    memory.add(of(1, 0), of(1, 2))
    snapshot = memory.snapshot(long_term=True)
    assert snapshot is not None
    assert frames_in(snapshot[0]) == {0: 2}
    assert frames_in(snapshot[1]) == {1: 2}


def test_what_waited_is_remembered_as_what_it_was() -> None:
    memory = SampleMemory(long_term=4, short_term=4, positives=2, negatives=3)
    memory.add(of(0, 2), of(100, 3))
    assert memory.snapshot(long_term=True) is not None
    memory.add(of(1, 2), of(101, 3))
    memory.add(of(2, 1), of(102, 2))
    memory.release()
    snapshot = memory.snapshot(long_term=True)
    assert snapshot is not None
    assert frames_in(snapshot[0]) == {0: 2, 1: 2, 2: 1}
    assert frames_in(snapshot[1]) == {100: 3, 101: 3, 102: 2}


def test_short_updates_take_the_last_frames_of_many() -> None:
    memory = SampleMemory(long_term=9, short_term=2, positives=1, negatives=1)
    for frame in range(7):
        memory.add(of(frame, 1), of(frame, 1))
    snapshot = memory.snapshot(long_term=False)
    assert snapshot is not None
    assert frames_in(snapshot[0]) == frames_in(snapshot[1]) == {5: 1, 6: 1}


def test_one_frame_can_be_remembered() -> None:
    memory = SampleMemory(long_term=1, short_term=1, positives=2, negatives=2)
    for frame in range(3):
        memory.add(of(frame, 2), of(frame, 1))
        snapshot = memory.snapshot(long_term=True)
        assert snapshot is not None
        assert (frames_in(snapshot[0]), frames_in(snapshot[1])) == ({frame: 2}, {frame: 1})
        memory.release()


def remembered(memory: SampleMemory) -> list[dict[int, int]]:
    snapshots = [memory.snapshot(long_term) for long_term in (True, False)]
    memory.release()
    return [frames_in(one) for snapshot in snapshots if snapshot for one in snapshot]


@pytest.mark.parametrize("frames", range(1, 9))
def test_what_was_kept_is_remembered_and_forgotten_in_the_same_order(frames: int) -> None:
    sizes = {"long_term": 4, "short_term": 2, "positives": 3, "negatives": 5}
    memory, other = SampleMemory(**sizes), SampleMemory(**sizes)
    memory.add(of(0, 10), of(0, 20))
    for frame in range(1, frames):
        memory.add(of(frame, 3 - frame % 2), of(frame, 5))
    assert memory.snapshot(long_term=True) is not None  # an update runs: what follows waits
    memory.add(of(frames, 2), of(frames, 0))
    other.restore(Kept(memory.state()), of(0, 0))
    memory.release()
    for frame in range(frames + 1, frames + 7):
        assert remembered(other) == remembered(memory)
        memory.add(of(frame, 3), of(frame, 4))
        other.add(of(frame, 3), of(frame, 4))


def test_nothing_is_kept_of_an_empty_memory() -> None:
    memory = SampleMemory(long_term=4, short_term=2, positives=3, negatives=5)
    memory.restore(Kept(memory.state()), of(0, 0))
    assert memory.snapshot(long_term=True) is None


@pytest.mark.parametrize("counts", [[2, 4], [0, 6], [-1, 7], [6, -(2**63), 2**63 - 1, 1]])
def test_frames_that_do_not_fit_are_refused(counts: list[int]) -> None:
    memory = SampleMemory(long_term=4, short_term=2, positives=3, negatives=5)
    memory.add(of(0, 6), of(0, 6))
    kept = dict(memory.state())
    kept["positives"] = {**kept["positives"], "frames": np.array(counts, np.int64)}
    with pytest.raises(InvalidTargetError, match=r"positives\.frames"):
        memory.restore(Kept(kept), of(0, 0))
