# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import torch

from rlt_ros.tracking import ConfigError
from rlt_ros.tracking.compute.devices import resolved_device


def seeing(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


@pytest.mark.parametrize(
    ("name", "count", "expected"),
    [
        ("auto", 0, "cpu"),
        ("auto", 2, "cuda"),
        ("cpu", 0, "cpu"),
        ("cpu", 2, "cpu"),
        ("cuda", 1, "cuda"),
        ("cuda:0", 1, "cuda:0"),
        ("cuda:1", 2, "cuda:1"),
    ],
)
def test_a_device_that_is_there_is_taken(
    monkeypatch: pytest.MonkeyPatch, name: str, count: int, expected: str
) -> None:
    seeing(monkeypatch, count)
    assert resolved_device(name) == torch.device(expected)


@pytest.mark.parametrize(
    ("name", "count"), [("cuda", 0), ("cuda:0", 0), ("cuda:1", 1), ("cuda:2", 2)]
)
def test_a_device_that_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, count: int
) -> None:
    seeing(monkeypatch, count)
    said = f"^device {name} is not there: PyTorch sees {count} CUDA device\\(s\\); set device to "
    with pytest.raises(ConfigError, match=said):
        resolved_device(name)
