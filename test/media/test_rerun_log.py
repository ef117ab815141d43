# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rerun recordings: what is in them, and that they have their names only when they are whole."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from rlt_ros.media.rerun_log import FILE, NoRerunError, RerunLog, rerun_log

FRAME = np.full((24, 32, 3), 90, np.uint8)


def test_a_recording_holds_frames_boxes_states_attention_and_scores(tmp_path: Path) -> None:
    pytest.importorskip("rerun", reason="rerun-sdk is not installed")
    path = tmp_path / FILE
    attention = np.zeros((24, 32), np.uint8)
    with RerunLog(path) as log:
        log.add(1, 0.0, FRAME, (1, 2, 3, 4), 0.9, "TRACKING", attention)
        log.add(2, 0.1, FRAME, (2, 2, 3, 4), 0.1, "LOST", attention)
        log.add(3, 0.2, FRAME, (2, 2, 3, 4), float("nan"), "TRACKING")
        assert not path.exists()
    assert [file.name for file in tmp_path.iterdir()] == [FILE]
    data = path.read_bytes()
    assert data[:3] == b"RRF"
    for name in (b"camera", b"target", b"state", b"attention", b"score"):
        assert name in data, name


def test_an_interrupted_recording_leaves_nothing(tmp_path: Path) -> None:
    pytest.importorskip("rerun", reason="rerun-sdk is not installed")
    with pytest.raises(KeyboardInterrupt), RerunLog(tmp_path / FILE) as log:
        log.add(1, 0.0, FRAME, (1, 2, 3, 4), 0.9, "TRACKING")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_without_the_package_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rerun", None)
    with pytest.raises(NoRerunError, match="pip install rerun-sdk"):
        rerun_log(True, tmp_path)
    with rerun_log(False, tmp_path) as log:
        assert log is None
    assert list(tmp_path.iterdir()) == []


def test_a_package_that_does_not_work_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rerun.py").write_text("raise ImportError('pyarrow requires NumPy 2.0')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "rerun", raising=False)
    with pytest.raises(NoRerunError, match=r'requires NumPy 2\.0.*pip install "pyarrow<26"'):
        rerun_log(True, tmp_path)
