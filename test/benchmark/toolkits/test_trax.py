# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rlt-trax without VOT's toolkit."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from rlt_ros.benchmark.toolkits.trax import _read, main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tracker", "best"], "there is no tracker 'best'"),
        (["--set", "seed=x"], "seed must be an integer"),
        (["--tracker", "mil"], f"vot-trax is missing: {sys.executable} -m pip install vot-trax"),
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


@pytest.mark.parametrize("kind", ["memory", "path", "buffer"])
def test_a_clients_images_keep_their_depth(kind: str, tmp_path: Path) -> None:
    deep = np.arange(7000, 7024, dtype=np.uint16).reshape(4, 6)
    encoded = cv2.imencode(".png", deep)[1].tobytes()
    (tmp_path / "image.png").write_bytes(encoded)
    image = SimpleNamespace(
        MEMORY="memory",
        PATH="path",
        type=lambda: kind,
        array=lambda: deep[..., None],
        path=lambda: str(tmp_path / "image.png"),
        buffer=lambda: encoded,
    )
    pixels = _read(image)
    assert pixels.dtype == np.uint16
    np.testing.assert_array_equal(pixels if pixels.ndim == 2 else pixels[..., 1], deep)


def test_what_is_no_image_is_refused() -> None:
    image = SimpleNamespace(MEMORY=1, PATH=2, type=lambda: 3, buffer=lambda: b"no image")
    with pytest.raises(ValueError, match="not readable"):
        _read(image)
