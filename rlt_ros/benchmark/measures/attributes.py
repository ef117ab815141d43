# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Measures per attribute, such as occlusion or scale variation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.measures.one_pass import mean_measures, one_pass_measures
from rlt_ros.tracking.boxes import Boxes

Measures = dict[str, float]


def measures_by_attribute(
    boxes: Boxes, truth: Boxes, attributes: Mapping[str, NDArray[np.bool_]]
) -> dict[str, Measures]:
    """Return one sequence's measures on the frames of each attribute.

    Args:
        boxes: ``(N, 4)`` x, y, w, h in pixels.
        truth: the same; NaN where the target is not annotated.
        attributes: the frames ``(N,)`` that have the attribute; all True for an attribute of the
            whole sequence, which then gets the sequence's own measures, as in OTB.

    Returns:
        Measures by attribute, without attributes that no annotated frame has.
    """
    known = np.isfinite(truth).all(axis=1)
    return {
        name: one_pass_measures(boxes[flags & known], truth[flags & known])
        for name, flags in attributes.items()
        if (flags & known).any()
    }


def attribute_table(sequences: Iterable[Mapping[str, Measures]]) -> dict[str, Measures]:
    """Return the mean over sequences for each attribute.

    Args:
        sequences: what ``measures_by_attribute`` returned for each sequence.

    Returns:
        By attribute, in alphabetical order: the mean of each measure over the sequences that have
        the attribute, and their number as ``sequences``.
    """
    gathered: dict[str, list[Measures]] = defaultdict(list)
    for sequence in sequences:
        for name, measures in sequence.items():
            gathered[name].append(measures)
    return {
        name: {"sequences": float(len(every)), **mean_measures(every)}
        for name, every in sorted(gathered.items())
    }
