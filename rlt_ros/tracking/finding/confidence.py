# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a find is worth: a probability that means what it says."""

from __future__ import annotations

import math

# Above, math.exp overflows; the score is 0 to any precision long before.
LARGEST_EXPONENT = 700.0


def log_odds(probability: float) -> float:
    """Return log p / (1 - p), finite; NaN counts as 0."""
    bounded = min(max(1e-4, probability), 1.0 - 1e-4)
    return math.log(bounded / (1.0 - bounded))


def calibrated(
    probability: float, likeness: float, slope: float, likeness_slope: float, offset: float
) -> float:
    """Return the probability that a box is right, from what classifier and verification say.

    The classifier's own is that of its training samples. Here its log odds and the likeness are
    scaled and shifted (Platt, "Probabilistic outputs for support vector machines", 1999).

    Args:
        probability: the classifier's, 0..1.
        likeness: see ``Verdict``; what exceeds 1 counts as 1.
        slope, likeness_slope, offset: see the settings ``score_slope`` and so on.
    """
    odds = slope * log_odds(probability) + likeness_slope * (min(likeness, 1.0) - 1.0) + offset
    return 1.0 / (1.0 + math.exp(min(-odds, LARGEST_EXPONENT)))
