# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-trax without VOT's toolkit."""

from __future__ import annotations

import sys

import pytest

from rlt_ros.benchmark.toolkits.trax import main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tracker", "best"], "there is no tracker 'best'"),
        (["--set", "seed=x"], "seed must be an integer"),
        (["--tracker", "mil"], "vot-trax is missing: pip install rlt_ros[vot]"),
    ],
)
def test_what_is_wrong_is_one_line(
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "trax", None)  # as if it were not installed
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"rlt-trax: error: {message}")
    assert error.count("\n") == 1
