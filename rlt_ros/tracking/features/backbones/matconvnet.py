# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Filters and biases from MatConvNet's .mat files.

SciPy reads such files by native code, which some damaged ones crash: so another process reads them.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def read_convolutions(path: Path, indices: Iterable[int]) -> dict[int, tuple[Array, Array]]:
    """Return filters and biases of those of the layers that have both, by index.

    Raises:
        ValueError: not such a file; says why, on one line.
    """
    # In a session of its own: a Ctrl-C that ends the caller says nothing about the file.
    command = [sys.executable, __file__, str(path), *map(str, indices)]
    read = subprocess.run(command, capture_output=True, start_new_session=True)
    if read.returncode < 0:
        raise ValueError(f"SciPy crashes at it, by signal {-read.returncode}")
    if read.returncode > 0:
        said = read.stderr.decode(errors="replace").split("\n")
        raise ValueError(next((line for line in reversed(said) if line.strip()), "no reason given"))
    with np.load(io.BytesIO(read.stdout)) as arrays:
        found = [name.removeprefix("filters") for name in arrays if name.startswith("filters")]
        return {
            int(index): (arrays["filters" + index], arrays["biases" + index]) for index in found
        }


def main() -> None:
    """Write the arrays of a file to standard output, as NumPy's .npz."""
    import scipy.io

    path, *indices = sys.argv[1:]
    layers = np.atleast_1d(
        scipy.io.loadmat(path, squeeze_me=True, struct_as_record=False)["layers"]
    )
    arrays: dict[str, Any] = {}
    for index in indices:
        try:
            filters, biases = (
                np.asarray(array, dtype=np.float32) for array in layers[int(index)].weights
            )
        except (IndexError, AttributeError, TypeError, ValueError):
            continue
        arrays.update({f"filters{index}": filters, f"biases{index}": biases})
    np.savez(sys.stdout.buffer, **arrays)


if __name__ == "__main__":
    main()
